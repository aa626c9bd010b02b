"""The picture of made-up stacks: nothing lies on anything else, nothing is lost, nothing breaks out of the drawing."""

from __future__ import annotations

import json
import random
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from difykit.topology import FolderFacts, Topology, lay_out, page, svg, text, topology_of
from difykit.topology.model import APP, BACK, CUSTOM, DEEP, OUTSIDE, STORE
from tests.support.drawn_topology import faults, sound

EVIL = "</style><script>alert(1)</script>\"'&\x00\x1b\u202e"
SECRET = "s3cr3t-Hunter2"
FACTS = FolderFacts(
    release="1.99.0",
    project="dify",
    images={
        "dify-api-custom:1-a": ("api", "langgenius/dify-api"),
        "dify-web-custom:1-b": ("web", "langgenius/dify-web"),
    },
    parts={"api": ("hello-endpoint", "0001-fix.patch"), "web": ()},
    template="location /api { proxy_pass http://api:5001; }\nlocation / { proxy_pass http://web:3000; }\n",
)


def service(image: str, *networks: str, **more: Any) -> dict[str, Any]:
    return {"image": image, "networks": dict.fromkeys(networks or ("default",)), **more}


def stack(**more: Mapping[str, Any]) -> dict[str, Any]:
    """Dify's services, with Redis and a database outside as long as `more` brings none."""
    environment = {
        "DB_HOST": "pg",
        "DB_PORT": "5432",
        "DB_PASSWORD": SECRET,
        "REDIS_HOST": "redis",
        "CELERY_BROKER_URL": f"redis://:{SECRET}@redis:6379/1",
        "CODE_EXECUTION_ENDPOINT": "http://sandbox:8194",
        "SSRF_PROXY_HTTP_URL": "http://ssrf_proxy:3128",
        "PLUGIN_DAEMON_URL": "http://plugin_daemon:5002",
        "VECTOR_STORE": "weaviate",
        "WEAVIATE_ENDPOINT": "http://weaviate:8080",
    }
    both = ("default", "ssrf_proxy_network")
    api = service("dify-api-custom:1-a", *both, environment=environment)
    services: dict[str, Any] = {
        "nginx": service("nginx:latest", ports=[{"published": "80", "target": 80, "protocol": "tcp"}]),
        "web": service("dify-web-custom:1-b"),
        "api": api,
        "worker": {**api, "depends_on": {"migrate-first": {}}},
        "migrate-first": service("busybox:1"),
        "plugin_daemon": service("langgenius/dify-plugin-daemon:1", *both, environment=environment),
        "sandbox": service(
            "langgenius/dify-sandbox:1", "ssrf_proxy_network", environment={"HTTP_PROXY": "http://ssrf_proxy:3128"}
        ),
        "ssrf_proxy": service("ubuntu/squid:latest", *both),
    }
    networks = {"default": {}, "ssrf_proxy_network": {"internal": True}, "data": {"internal": True}}
    return {"services": services | more, "networks": networks}


def ha() -> dict[str, Any]:
    """Patroni, etcd, HAProxy, Sentinel and Milvus, each in their own network too."""
    more: dict[str, Any] = {
        "pg": service("haproxy:3", "default", "data", depends_on={f"patroni{n}": {} for n in (1, 2, 3)}),
        "redis": service("redis:7", "default"),
        "weaviate": service("milvus:2", "default", depends_on={"minio": {}}),
        "minio": service("minio:1", "default"),
    }
    for n in (1, 2, 3):
        more[f"patroni{n}"] = service("patroni:1", "data", depends_on={f"etcd{m}": {} for m in (1, 2, 3)})
        more[f"etcd{n}"] = service("etcd:3", "data")
        more[f"sentinel{n}"] = service("redis:7", "default", depends_on={"redis": {}})
    return stack(**more)


def test_a_stack_with_everything_outside_is_sound() -> None:
    topology = topology_of(stack(), FACTS)
    sound(topology)
    outside = {one.name: one.title for one in topology.services if one.tier == OUTSIDE}
    assert outside == {
        "pg": "database",
        "redis": "Redis, task queue",
        "weaviate": "vector store weaviate",
        "the internet": "public addresses only",
    }


def test_a_stack_for_high_availability_is_sound() -> None:
    topology = topology_of(ha(), FACTS)
    sound(topology)
    tiers = {one.name: one.tier for one in topology.services}
    assert (tiers["pg"], tiers["patroni1"], tiers["etcd3"], tiers["api"]) == (STORE, BACK, DEEP, APP)
    assert not [one.name for one in topology.services if one.tier == OUTSIDE and one.name != "the internet"]


@pytest.mark.parametrize("seed", range(60))
def test_any_stack_is_sound(seed: int) -> None:
    dice = random.Random(seed)
    names = [f"s{number}" for number in range(dice.randint(1, 14))]
    nets = ["default", "data", "ssrf_proxy_network", "side"]
    more = {
        name: service(
            dice.choice(["dify-api-custom:1-a", "some/very-long-repository-name/with/parts:and-a-long-tag-1.2.3", "x"]),
            *dice.sample(nets, dice.randint(1, 3)),
            depends_on={each: {} for each in dice.sample([*names, "api", "web", "nginx"], dice.randint(0, 3))},
            environment={"DB_HOST": dice.choice([*names, "pg.example.org", "api"]), "REDIS_HOST": dice.choice(names)},
            ports=[{"published": str(8000 + port), "target": port} for port in range(1, dice.randint(1, 4))],
        )
        for name in names
    }
    config = stack(**more)
    for name in dice.sample(sorted(config["services"]), dice.randint(0, 6)):
        del config["services"][name]
    for body in config["services"].values():
        body["depends_on"] = {name: {} for name in body.get("depends_on", {}) if name in config["services"]}
    sound(topology_of(config, FACTS))


def test_a_fault_would_be_seen() -> None:
    layout = lay_out(topology_of(stack(), FACTS))
    first, second, *rest = layout.boxes
    moved = replace(layout, boxes=(first, replace(second, x=first.x + 10), *rest))
    assert any("overlaps" in fault for fault in faults(moved))
    across = replace(layout, boxes=(*layout.boxes[:-1], replace(layout.boxes[-1], x=layout.boxes[-1].x - 40)))
    assert any("crosses" in fault for fault in faults(across))
    assert any("no line for" in fault for fault in faults(replace(layout, wires=layout.wires[2:])))
    wire = layout.wires[1]
    torn = replace(wire, segments=wire.segments[1:])
    assert any("is broken" in fault for fault in faults(replace(layout, wires=(torn, *layout.wires[2:]))))


def test_the_same_stack_gives_the_same_bytes_in_any_order() -> None:
    one, other = ha(), ha()
    other["services"] = dict(reversed(other["services"].items()))
    pictures = [lay_out(topology_of(config, FACTS)) for config in (one, other)]
    assert svg(pictures[0]) == svg(pictures[1])
    assert page(pictures[0]) == page(pictures[1])


def everything(topology: Topology) -> list[str]:
    layout = lay_out(topology)
    return [svg(layout), page(layout), text(topology), json.dumps(topology.describe())]


def test_no_secret_is_in_it() -> None:
    assert [SECRET in shown for shown in everything(topology_of(ha(), FACTS))] == [False] * 4


def test_hostile_names_stay_text() -> None:
    hostile = stack(redis=service(EVIL, "default", EVIL, container_name=EVIL))
    topology = topology_of(
        hostile, replace(FACTS, release=EVIL, project=EVIL, parts={"api": (EVIL,)}, overlays=(EVIL,))
    )
    picture, whole, words, _ = everything(topology)
    root = ET.fromstring(picture)
    assert {one.tag.rpartition("}")[2] for one in root.iter()} <= {
        *("svg", "title", "style", "rect", "text", "g", "path", "circle", "line")
    }
    assert "<script>alert" not in whole
    assert not {"\x00", "\x1b", "\u202e"} & set(picture + whole + words)


def test_what_is_customised_is_marked() -> None:
    topology = topology_of(stack(), FACTS)
    assert {one.name for one in topology.services if one.mark == CUSTOM} == {"api", "worker", "web"}
    assert topology.service("api").parts == ("hello-endpoint", "0001-fix.patch")
    shown = svg(lay_out(topology))
    assert shown.count("+ 0001-fix.patch") == 1  # once for each image, not for each service


def test_nothing_is_asked_of_the_network() -> None:
    shown = page(lay_out(topology_of(ha(), FACTS)))
    assert "default-src 'none'" in shown
    assert shown.count("http") == shown.count("http://www.w3.org/2000/svg") + shown.count("http-equiv")
