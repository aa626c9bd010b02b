"""Ways out of the sandbox's network, tried on a deployed miniature with sandbox-isolation: all fail but the proxy's."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.support.deployed import Deployed
from tests.support.sandbox_network import PYTHON, address, docker, internet, look, network, on_this_host, server

pytestmark = pytest.mark.docker

PROXY = "http://ssrf_proxy:3128"
SANDBOX = """\
services:
  sandbox: {{image: {image}, command: [sleep, infinity], init: true, networks: [ssrf_proxy_network], dns: ["{dns}"]}}
"""


@dataclass(frozen=True)
class Yard:
    """A deployed Dify with a sandbox, and what is around it."""

    one: Deployed
    sandbox: str
    public: str
    outside: str
    host: int
    other: str
    """A server of another project."""
    redis: str
    postgres: str
    gateways: tuple[str, ...]

    def look(self, *asked: tuple[object, ...]) -> list[str]:
        return look(f"container:{self.sandbox}", *asked)


@pytest.fixture(scope="module")
def yard(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:  # noqa: ARG001 - must be there
    with ExitStack() as held:
        outside, elsewhere = held.enter_context(internet()), held.enter_context(network())
        public = address(held.enter_context(server(outside)), outside)
        other = address(held.enter_context(server(elsewhere)), elsewhere)
        folder = tmp_path_factory.mktemp("isolation") / "ws"
        overlays = ("hello-endpoint", "sandbox-isolation")
        one = Deployed(folder, f"isolation-{uuid.uuid4().hex[:8]}", ref="1.99.0", overlays=overlays)
        one.overlay(
            "a-sandbox",
            {"compose.yaml": SANDBOX.format(image=PYTHON, dns=public), "tree/api/isolation.txt": "mine\n"},
            "compose: {files: [compose.yaml]}\n",
        )
        held.callback(one.remove)
        one.run()
        ids = one.containers()
        subprocess.run(["docker", "network", "connect", outside, ids["ssrf_proxy"]], check=True)
        yield Yard(
            one=one,
            sandbox=ids["sandbox"],
            public=public,
            outside=outside,
            host=held.enter_context(on_this_host()),
            other=other,
            redis=address(ids["redis"], f"{one.project}_default"),
            postgres=address(ids["db_postgres"], f"{one.project}_default"),
            gateways=tuple(gateway(f"{one.project}_{name}") for name in ("ssrf_proxy_network", "default")),
        )


def gateway(name: str) -> str:
    return docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", name)


def test_what_must_not_be_reached_is_there(yard: Yard) -> None:
    free = f"{yard.one.project}_default"
    assert look(yard.outside, ("reach", yard.public, 80), ("name", "x.example"), options=("--dns", yard.public)) == [
        "open",
        "203.0.113.9",
    ]
    reached = look(
        free,
        ("reach", yard.gateways[1], yard.host),
        ("reach", yard.redis, 6379),
        ("reach", yard.postgres, 5432),
        ("route", "169.254.169.254"),
    )
    assert reached == ["open", "open", "open", "a way"]


def test_no_way_leads_to_the_internet_nor_to_the_metadata(yard: Yard) -> None:
    asked = [
        ("reach", yard.public, 80),
        ("route", "1.1.1.1"),
        ("route", "169.254.169.254"),
        ("route", "100.100.100.200"),
    ]
    assert yard.look(*asked) == [""] * 4


def test_no_name_outside_is_resolved(yard: Yard) -> None:
    assert yard.look(("name", "x.example"), ("name", "stolen-data.attacker.example")) == ["", ""]


def test_this_host_is_not_reached(yard: Yard) -> None:
    ports = (yard.host, yard.one.port, 22, 2375, 2376)
    asked = [("reach", place, port) for place in (*yard.gateways, "host.docker.internal") for port in ports]
    assert yard.look(*asked) == [""] * len(asked)


def test_the_engine_s_socket_is_not_in_the_sandbox(yard: Yard) -> None:
    found = subprocess.run(["docker", "exec", yard.sandbox, "sh", "-c", "ls /run/docker.sock"], check=False)
    assert found.returncode != 0


def test_redis_and_postgresql_are_reached_neither_by_address_nor_by_name(yard: Yard) -> None:
    asked = [
        ("reach", yard.redis, 6379),
        ("reach", yard.postgres, 5432),
        ("reach", "redis", 6379),
        ("name", "db_postgres"),
    ]
    assert yard.look(*asked) == [""] * 4


def test_another_project_is_not_reached(yard: Yard) -> None:
    assert yard.look(("reach", yard.other, 80), ("get", PROXY, f"http://{yard.other}/")) == [
        "",
        "403 ERR_ACCESS_DENIED",
    ]


def test_there_is_no_ipv6(yard: Yard) -> None:
    assert yard.look(("route", "2001:db8::1"), ("route", "fd00::1"), ("reach", "fe80::1", 80)) == ["", "", ""]


@pytest.mark.parametrize(
    "place",
    [
        "10.255.255.1",
        "172.31.255.1",
        "192.168.255.1",
        "100.64.255.1",
        "127.0.0.1",
        "0.0.0.0",
        "169.254.169.254",
        "[::1]",
        "localhost",
        "redis:80",
        "db_postgres:80",
        "api:80",
        "{gateway}",
        "{public}/?to=http://{redis}:80",
    ],
)
def test_the_proxy_goes_to_no_private_address(yard: Yard, place: str) -> None:
    where = place.format(gateway=yard.gateways[1], redis=yard.redis, public=yard.public)
    (said,) = yard.look(("get", PROXY, f"http://{where}"))
    assert said == "403 ERR_ACCESS_DENIED"


def test_the_proxy_makes_no_tunnel_to_a_private_address(yard: Yard) -> None:
    places = ("10.255.255.1:443", "127.0.0.1:443", "redis:6379", "redis:443", f"{yard.postgres}:5432", "api:443")
    assert yard.look(*(("connect", PROXY, place) for place in places)) == ["403"] * len(places)


def test_the_internet_is_reached_by_the_proxy(yard: Yard) -> None:
    assert yard.look(("get", PROXY, f"http://{yard.public}/")) == ["the internet"]
