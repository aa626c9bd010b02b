"""What `doctor --stack` makes of answers: each thing that is wrong is told once, with what mends it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from difykit.checks import Finding, not_judged, ok
from difykit.checks.deployment.certificate import Certificate, judge_certificate
from difykit.checks.deployment.inside import (
    Inside,
    judge_clock,
    judge_database,
    judge_plugins,
    judge_redis,
    judge_settings,
    judge_storage,
    judge_vector,
    judge_worker,
)
from difykit.checks.deployment.isolation import judge_proxy, judge_sandbox
from difykit.checks.deployment.live import Live
from difykit.checks.deployment.programs import answers, program
from difykit.checks.deployment.published import judge_published
from difykit.checks.deployment.sandbox import Escapes
from difykit.checks.deployment.services import judge_release, judge_services
from difykit.docker import EngineNetwork, Placed, ProjectContainer, Published
from difykit.docker.project import Stack
from difykit.workspace.workspace import Workspace
from tests.support.checks import judged, word

DATABASE = {"name": "database", "host": "db:5432", "kind": "postgresql", "version": "15.4", "at": 100.0, "here": 100.0}
CLOSED = {"driver_opts": {"com.docker.network.bridge.inhibit_ipv4": "true"}}


def inside(**given: dict[str, Any]) -> Inside:
    return Inside({name.replace("__", " ").replace("_at_", ":"): one for name, one in given.items()} | {"end": {}})


def placed(service: str, *ports: Published, environment: dict[str, str] | None = None, network: str = "in") -> Placed:
    here = {network: ("172.20.0.9",)}
    return Placed(service, f"{service:0<64}", "sha256:1", here, (80,), ports, environment or {})


def container(service: str, state: str = "running", health: str = "", **more: Any) -> ProjectContainer:
    given: dict[str, Any] = {
        "id": f"{service:0<64}",
        "name": service,
        "service": service,
        "image": "i",
        "image_id": "sha256:1",
        "state": state,
        "health": health,
        "exit_code": 0,
        "restarts": 0,
        "started": "",
        "stays": True,
        "check": (),
        "ports": (),
        "mounts": (),
        "folder": "/data",
    }
    return ProjectContainer(**given | more)


def live(
    *standing: Placed,
    containers: tuple[ProjectContainer, ...] = (),
    services: dict[str, Any] | None = None,
    network: dict[str, Any] | None = None,
) -> Live:
    given = services or {one.service: {} for one in standing}
    config = {"services": given, "networks": {"ssrf_proxy_network": {"name": "in", **(network or {})}}}
    here = {"in": EngineNetwork("in", internal=True, gateways=("172.20.0.1",), options={})}
    stack = Stack(Path("/data"), "dify", config)
    return Live("dify", Path("/data"), stack, containers, standing, here, public=frozenset({"difyai123456"}))


def one(said: tuple[Finding, ...]) -> Finding:
    assert len(said) == 1, said
    return said[0]


def test_services_that_are_up_are_one_line() -> None:
    ended = container("init", "exited", stays=False)
    here = live(containers=(container("api", health="healthy"), ended), services={"api": {}, "init": {}})
    assert one(judged(judge_services, here)) == ok("all 2 are up")


@pytest.mark.parametrize(
    ("given", "state", "text"),
    [
        (container("api", "exited", exit_code=137), "fail", "api is exited (exit code 137)"),
        (container("api", "paused"), "fail", "api is paused"),
        (container("api", health="unhealthy"), "fail", "api is unhealthy"),
        (container("api", restarts=7), "warn", "api ended and was started again 7 times"),
        (container("api", health="starting"), "warn", "api is still starting"),
        (container("other"), "fail", "api is not there"),
    ],
)
def test_a_service_that_is_not_well_is_named(given: ProjectContainer, state: str, text: str) -> None:
    said = one(judged(judge_services, live(containers=(given,), services={"api": {}})))
    assert (word(said), said.text) == (state, text)
    assert "api" in said.hint or "deploy" in said.hint


def test_nothing_is_asked_where_api_does_not_run() -> None:
    nothing = Inside(problem="needs api, which does not run")
    assert word(one(judged(judge_settings, nothing))) == "fail"
    assert {
        word(one(judged(judge, nothing))) for judge in (judge_database, judge_redis, judge_storage, judge_vector)
    } == {"skip"}


def test_what_did_not_answer_in_time_is_told() -> None:
    assert "no answer within" in one(judged(judge_database, inside())).text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"problem": "refused"}, "does not reach"),
        ({"follows": True}, "is a standby"),
        ({"read_only": True}, "takes no writes"),
    ],
)
def test_a_database_that_takes_no_writes_is_a_failure(given: dict[str, Any], text: str) -> None:
    said = one(judged(judge_database, inside(database=DATABASE | given)))
    assert word(said) == "fail"
    assert text in said.text
    assert said.hint


def test_a_store_is_named_with_its_settings() -> None:
    assert "REDIS_HOST" in one(judged(judge_redis, inside(redis={"problem": "refused"}))).hint
    assert "volumes/app/storage" in one(judged(judge_storage, inside(storage={"problem": "Permission denied"}))).hint
    assert "STORAGE_TYPE" in one(judged(judge_storage, inside(storage={"problem": "NoSuchBucket"}))).hint
    assert "VECTOR_STORE" in one(judged(judge_vector, inside(vector={"problem": "401"}))).hint
    assert one(judged(judge_vector, inside())) == not_judged("VECTOR_STORE is not set")


def test_a_worker_of_this_deployment_must_be_among_those_that_answer() -> None:
    here = live(placed("worker"))
    name = here.placed[0].id[:12]
    assert word(one(judged(judge_worker, here, inside(worker={"workers": [name]})))) == "ok"
    assert word(one(judged(judge_worker, here, inside(worker={"workers": ["elsewhere"]})))) == "warn"
    assert word(one(judged(judge_worker, here, inside(worker={"workers": []})))) == "fail"


def test_the_plugin_daemon_is_asked_where_there_is_one() -> None:
    assert word(one(judged(judge_plugins, live(), inside()))) == "skip"
    here = live(placed("plugin_daemon"))
    assert word(one(judged(judge_plugins, here, inside(plugins={"problem": "404"})))) == "fail"
    assert word(one(judged(judge_plugins, here, inside(plugins={"host": "plugin_daemon:5002"})))) == "ok"


def test_clocks_that_are_apart_are_told() -> None:
    assert word(one(judged(judge_clock, inside(database=DATABASE)))) == "ok"
    assert "behind" in one(judged(judge_clock, inside(database=DATABASE | {"at": 40.0}))).text


def escapes(*found: dict[str, Any], given: tuple[str, ...] = ()) -> Escapes:
    return Escapes(({"kind": "end"}, *found), "the sandbox", given)


@pytest.mark.parametrize(
    ("found", "state", "text"),
    [
        ({"kind": "route", "to": "1.1.1.1"}, "fail", "a way to the internet past the proxy"),
        ({"kind": "route", "to": "169.254.169.254"}, "fail", "a way to the clouds' metadata"),
        ({"kind": "route", "to": "2001:db8::1"}, "fail", "a way to IPv6"),
        ({"kind": "dns", "to": "example.com"}, "fail", "names outside are resolved"),
        ({"kind": "host", "to": "172.20.0.1", "port": 22, "state": "open"}, "fail", "the ports 22"),
        ({"kind": "host", "to": "172.20.0.1", "port": 22, "state": "refused"}, "warn", "reaches this host"),
        ({"kind": "service", "to": "172.20.0.9", "port": 6379, "state": "open"}, "fail", "redis:6379"),
        ({"kind": "name", "to": "db_postgres"}, "fail", "db_postgres"),
    ],
)
def test_each_way_out_of_the_sandbox_is_named(found: dict[str, Any], state: str, text: str) -> None:
    said = one(judged(judge_sandbox, live(placed("redis")), escapes(found)))
    assert word(said) == state
    assert text in said.text
    assert said.hint


def test_what_the_host_gives_the_sandbox_is_named() -> None:
    said = one(judged(judge_sandbox, live(), escapes(given=("the engine's socket /var/run/docker.sock",))))
    assert word(said) == "fail"
    assert "docker.sock" in said.text


def test_the_overlay_closes_the_host_and_a_network_from_before_it_must_be_made_anew() -> None:
    reached = escapes({"kind": "host", "to": "172.20.0.1", "port": 22, "state": "open"})
    assert "overlay.enable sandbox-isolation" in one(judged(judge_sandbox, live(), reached)).hint
    assert "down deploy" in one(judged(judge_sandbox, live(network=CLOSED), reached)).hint


def test_a_proxy_that_tries_is_a_proxy_that_lets_through() -> None:
    here = live(placed("ssrf_proxy"))
    refused = {"kind": "proxy", "to": "GET 10.255.255.1", "state": "refused"}
    assert word(one(judged(judge_proxy, here, escapes(refused)))) == "ok"
    said = one(
        judged(judge_proxy, here, escapes(refused, {"kind": "proxy", "to": "GET redis:6379", "state": "status 503"}))
    )
    assert word(said) == "fail"
    assert "GET redis:6379" in said.text
    assert "10.255" not in said.text
    assert "sandbox-isolation" in said.hint


def test_private_addresses_that_the_settings_allow_are_a_warning() -> None:
    def said(value: str) -> Finding:
        proxy = {"environment": {"SSRF_PROXY_ALLOW_PRIVATE_IPS": value}}
        here = live(placed("ssrf_proxy"), services={"ssrf_proxy": proxy})
        return one(judged(judge_proxy, here, escapes({"kind": "proxy", "to": "GET 10.255.255.1", "state": "tried"})))

    assert word(said("10.0.0.0/8")) == "warn"
    assert word(said("")) == word(said("255.255.255.255")) == "fail"


def test_a_proxy_that_is_not_there_is_named() -> None:
    gone = {"kind": "no-proxy", "to": "ssrf_proxy:3128", "problem": "refused"}
    assert "does not answer" in one(judged(judge_proxy, live(placed("ssrf_proxy")), escapes(gone))).text


WORLD, LOCAL = Published("0.0.0.0", 6379, 6379), Published("127.0.0.1", 6379, 6379)


def test_only_the_gateway_is_for_the_world() -> None:
    gateway = placed("nginx", Published("::", 80, 80), WORLD)
    assert one(judged(judge_published, live(gateway, placed("redis", LOCAL)))).text == "the gateway alone: 80, 6379"


@pytest.mark.parametrize(
    ("environment", "state", "text"),
    [
        ({"PASSWORD": "difyai123456"}, "fail", "PASSWORD is the password that Dify ships for everyone"),
        ({"AUTHENTICATION_ANONYMOUS_ACCESS_ENABLED": "true"}, "fail", "lets everyone in"),
        ({"PASSWORD": "its-own"}, "warn", "none but Dify needs it"),
    ],
)
def test_a_published_store_is_named_with_the_line_that_closes_it(
    environment: dict[str, str], state: str, text: str
) -> None:
    said = one(judged(judge_published, live(placed("redis", WORLD, environment=environment))))
    assert word(said) == state
    assert text in said.text
    assert "its-own" not in said.text
    assert 'redis: {ports: !override ["127.0.0.1:6379:6379"]}' in said.hint


def test_the_debugging_port_of_plugins_is_closed_by_a_setting() -> None:
    port = Published("0.0.0.0", 5003, 5003)
    said = one(judged(judge_published, live(placed("plugin_daemon", port))))
    assert word(said) == "warn"
    assert "EXPOSE_PLUGIN_DEBUGGING_PORT=127.0.0.1:5003" in said.hint


def test_a_certificate_near_its_end_is_told() -> None:
    states = [
        word(one(judged(judge_certificate, each)))
        for each in (Certificate(days=90), Certificate(days=3), Certificate(problem="expired"))
    ]
    assert states == ["ok", "warn", "fail"]


def test_a_program_holds_what_it_is_asked_and_its_answers_are_read_among_other_lines() -> None:
    text = program("inside", {"postgres": ['it\'s "one"']})
    compile(text, "inside", "exec")
    assert b"ASK: dict = json.loads(" in text
    assert answers(b'noise\ndifyk: x\ndifykit: {"name": "a"}\ndifykit: {"na') == [{"name": "a"}]


def test_a_folder_that_only_begins_like_the_data_folder_is_another(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_text("version: 1\nupstream: {url: 'https://x.invalid/d.git', ref: 1.0.0}\n")
    workspace = Workspace.open(tmp_path)
    ours = container("api", folder=str(workspace.data / "releases" / "current"))
    assert word(one(judged(judge_release, workspace, live(containers=(ours,))))) == "ok"
    other = container("api", folder=f"{workspace.data}2/releases/current")
    assert (
        f"was started from {workspace.data}2/" in one(judged(judge_release, workspace, live(containers=(other,)))).text
    )
