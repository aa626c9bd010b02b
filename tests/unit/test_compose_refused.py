"""What Compose refuses in an overlay's file, told with the line in it, by what difykit knows of Compose files."""

from __future__ import annotations

from typing import Any

import pytest

from difykit.core.errors import ConfigError
from difykit.release.compose import read_overlay_file, reference_faults, schema_faults
from difykit.release.render import plan_render
from tests.unit.test_render_plan import make_inputs, overlay

DIFY: dict[str, Any] = {
    "services": {"api": {"image": "a"}, "worker": {"image": "a"}, "milvus": {"image": "m", "profiles": ["milvus"]}},
    "networks": {"ssrf": {}},
    "volumes": {"data": None},
}


def references(text: str, *profiles: str) -> list[str]:
    file = read_overlay_file("o.yaml", text)
    return [str(problem) for problem in reference_faults([file], DIFY, str, profiles)]


UNDEFINED = [
    (
        "networks:\n      - nope",
        "o.yaml:4: services.api.networks: there is no network nope; define it under `networks`",
    ),
    ("networks:\n      srf: {}", "o.yaml:4: services.api.networks: there is no network srf; did you mean ssrf?"),
    ("secrets: [nope]", "o.yaml:3: services.api.secrets: there is no secret nope; define it under `secrets`"),
    (
        "secrets:\n      - {source: s, target: t}",
        "o.yaml:4: services.api.secrets: there is no secret s; define it under",
    ),
    ("configs: [{source: c}]", "o.yaml:3: services.api.configs: there is no config c; define it under `configs`"),
    (
        "volumes:\n      - /anon\n      - v:/x:ro",
        "o.yaml:5: services.api.volumes: there is no volume v; define it under",
    ),
    ("volumes:\n      - {type: volume, source: v, target: /x}", "o.yaml:4: services.api.volumes: there is no volume v"),
    ("network_mode: service:nope", "o.yaml:3: services.api.network_mode: there is no service nope"),
    ("pid: service:nope", "o.yaml:3: services.api.pid: there is no service nope"),
    ("ipc: service:nope", "o.yaml:3: services.api.ipc: there is no service nope"),
    ("links: ['nope:x']", "o.yaml:3: services.api.links: there is no service nope"),
    ("volumes_from: ['nope:ro']", "o.yaml:3: services.api.volumes_from: there is no service nope"),
    ("extends: {service: worker}", "o.yaml:3: services.api.extends: worker: Compose looks for it in this file alone"),
    ("extends: worker", "o.yaml:3: services.api.extends: worker: Compose looks for it in this file alone"),
    ("extends: api", "o.yaml:3: services.api.extends: api: a service does not extend itself"),
]
DEFINED = [
    "networks: [default, ssrf]",
    "networks: {ssrf: {aliases: [x]}}",
    "volumes: ['data:/x', /anon, './x:/x', '/x:/x', '~/x:/x', {type: bind, source: x, target: /x}]",
    "volumes: [{type: tmpfs, target: /x}]",
    "network_mode: host",
    "network_mode: service:worker",
    "links: [worker]",
    "volumes_from: ['container:x']",
    "networks:",
]


@pytest.mark.parametrize(("body", "line"), UNDEFINED, ids=[body for body, _ in UNDEFINED])
def test_a_name_that_stands_for_nothing_is_told(body: str, line: str) -> None:
    (problem,) = references(f"services:\n  api:\n    {body}\n")
    assert problem.startswith(line)


@pytest.mark.parametrize("body", DEFINED)
def test_a_name_that_stands_for_something_is_right(body: str) -> None:
    assert references(f"services:\n  api:\n    {body}\n") == []


def test_what_the_file_defines_itself_is_right() -> None:
    text = (
        "services:\n  base: {image: x}\n  mine: {extends: base, networks: [n], volumes: ['v:/x'], secrets: [s],"
        " configs: [c]}\nnetworks: {n: }\nvolumes: {v: }\nsecrets: {s: {file: ./s}}\nconfigs: {c: {content: x}}\n"
    )
    assert references(text) == []


def test_a_service_that_does_not_run_may_name_anything() -> None:
    text = "services:\n  milvus: {networks: [nope]}\n"
    assert references(text) == []
    assert len(references(text, "milvus")) == 1


def doubts(text: str) -> list[str]:
    file = read_overlay_file("o.yaml", text)
    return [f"{'.'.join(map(str, path))}: {why}" for path, why in schema_faults(file.value)]


WRONG = [
    (
        "services: {api: {enviroment: {}}}",
        "services.api.enviroment: is no key that Compose knows here; did you mean env",
    ),
    ("servces: {}\nservices: {}", "servces: is no key that Compose knows here; did you mean services?"),
    ("services: {'a b': {image: x}}", "services.a b: is no key that Compose knows here"),
    ("services: {api: {image: 5}}", "services.api.image: must be a string"),
    ("services: {api: {ports: 5}}", "services.api.ports: must be a list"),
    ("services: {api: {command: [1]}}", "services.api.command.0: must be a string"),
    ("services: {api: {build: {dockerfle: x}}}", "services.api.build.dockerfle: is no key that Compose knows here"),
    ("services: {api: {healthcheck: {tests: x}}}", "services.api.healthcheck.tests: is no key that Compose knows here"),
    ("services: {api: {depends_on: {x: {condition: up}}}}", "services.api.depends_on.x.condition: 'up' is none of"),
    ("services: {api: {ulimits: {nofile: {soft: 1}}}}", "services.api.ulimits.nofile: must have `hard`"),
    ("networks: {n: {drivr: x}}", "networks.n.drivr: is no key that Compose knows here; did you mean driver?"),
    ("volumes: {v: {extrnal: true}}", "volumes.v.extrnal: is no key that Compose knows here; did you mean external?"),
]
KNOWN = [
    "x-a: &a {image: x}\nservices: {a: {<<: *a, x-b: 1, labels: {a: 1, b: true}, environment: [A=1, B]}}",
    "services: {a: {command: , ports: ['${P}:80', 8080, {target: 80, published: '80'}], privileged: '${Q}'}}",
    "services: {a: {deploy: {resources: {limits: {cpus: '1', memory: 1g}}}, cpus: 1.5, mem_limit: 5, user: '1'}}",
    "services: {a: {healthcheck: {test: [CMD, x], interval: 5s, disable: true}, gpus: all, env_file: [{path: x}]}}",
    "services: {a: {depends_on: [b]}, b: {depends_on: {a: {condition: service_healthy, required: false}}}}",
    "services: {a: {labels: !reset {}, ports: !override ['80:80']}}\nnetworks: {n: {external: true}, m: }",
    "services: {}\nsecrets: {s: {environment: X}}\nconfigs: {c: {content: x}}\nvolumes: {v: {driver_opts: {a: 1}}}",
]


@pytest.mark.parametrize(("text", "line"), WRONG, ids=[text for text, _ in WRONG])
def test_what_compose_does_not_know_is_told(text: str, line: str) -> None:
    (doubt,) = doubts(text)
    assert doubt.startswith(line)


@pytest.mark.parametrize("policy", ["sometimes", "On-Failure", "on-failure:x", "true"])
def test_a_restart_policy_that_the_engine_does_not_take_is_refused_with_its_line(policy: str) -> None:
    with pytest.raises(ConfigError, match=r"^o\.yaml:3: services\.a\.restart: the engine takes no, always, unless"):
        read_overlay_file("o.yaml", f"services:\n  a:\n    restart: '{policy}'\n")


@pytest.mark.parametrize(
    "policy", ["no", "'no'", "always", "unless-stopped", "on-failure", "on-failure:3", "${R:-no}", ""]
)
def test_a_restart_policy_of_the_engines_is_right(policy: str) -> None:
    assert read_overlay_file("o.yaml", f"services:\n  a:\n    restart: {policy}\n").services


@pytest.mark.parametrize("text", KNOWN)
def test_what_compose_knows_is_right(text: str) -> None:
    assert doubts(text) == []


def test_a_plan_has_the_doubts_with_their_lines_and_does_not_end_there() -> None:
    text = "services:\n  worker:\n    enviroment: {A: b}\n"
    plan = plan_render(make_inputs(overlays=(overlay("own", {"compose.yaml": text}),)))
    assert [str(doubt) for doubt in plan.doubts] == [
        (
            "overlays/own/compose.yaml:3: services.worker.enviroment: is no key that Compose knows here; did you mean"
            " environment?"
        )
    ]
