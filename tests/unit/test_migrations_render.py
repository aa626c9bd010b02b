"""The one-shot service in the release folder: it is api but for what it runs, and api waits for it."""

from __future__ import annotations

from typing import Any

from difykit.core import yaml
from difykit.release.compose import MIGRATE, ComposeRewrite, as_api, rewrite
from difykit.release.render import plan_render
from difykit.release.render.inputs import OverlayPart
from tests.unit.test_render_plan import make_inputs, overlay

TABLES = {"migrations": {"folder": "orders/migrations"}}
DONE = {"condition": "service_completed_successfully"}


def services(*overlays: OverlayPart, name: str = "dify.yaml", **changes: Any) -> dict[str, Any]:
    plan = plan_render(make_inputs(overlays=overlays, **changes))
    found: dict[str, Any] = yaml.load(name, plan.files[name][1].decode()).value["services"]
    return found


def test_it_is_api_but_for_what_it_runs() -> None:
    found = services(overlay(api=TABLES))
    mine, api = found[MIGRATE], found["api"]
    assert mine["entrypoint"] == ["python", "-m", "difykit_overlays.migrate"]
    assert mine["restart"] == "no"
    same = ("image", "pull_policy", "environment", "env_file", "networks", "volumes")
    assert {key: mine.get(key) for key in same} == {key: api.get(key) for key in same}
    assert not {"healthcheck", "ports", "command"} & mine.keys()


def test_all_on_difys_api_image_wait_for_it_and_it_for_what_they_wait() -> None:
    upstream = {
        "services": {
            "api": {"image": "langgenius/dify-api:1", "depends_on": ["db", "redis"]},
            "worker": {"image": "langgenius/dify-api:1", "depends_on": {"redis": {"condition": "service_healthy"}}},
            "beat": {"image": "docker.io/langgenius/dify-api:1", "profiles": ["x"]},
            "web": {"image": "langgenius/dify-web:1"},
            "db": {"image": "postgres"},
            "redis": {"image": "redis"},
        }
    }
    found = rewrite(upstream, ComposeRewrite(migrate="m"))["services"]
    started = {"condition": "service_started"}
    assert found[MIGRATE]["depends_on"] == ["db", "redis"]
    assert found["api"]["depends_on"] == {"db": started, "redis": started, MIGRATE: DONE}
    assert found["worker"]["depends_on"] == {"redis": {"condition": "service_healthy"}, MIGRATE: DONE}
    assert found["beat"]["depends_on"] == {MIGRATE: DONE}
    assert "depends_on" not in found["web"]
    without = rewrite(upstream, ComposeRewrite(migrate="m", remove={"db": ""}))["services"]
    assert without[MIGRATE]["depends_on"] == ["redis"]


def test_without_tables_there_is_none() -> None:
    assert MIGRATE not in services(overlay())
    assert MIGRATE not in services()


def test_what_an_overlay_says_of_api_holds_for_it() -> None:
    text = """\
services:
  api:
    environment: [DB_HOST=proxy, MORE=1]
    extra_hosts: ["proxy:10.0.0.1"]
    labels: {x: "1"}
    depends_on: {proxy: {condition: service_healthy}}
  proxy: {image: haproxy}
"""
    part = overlay("ha", {"compose.yaml": text})
    tables = overlay("orders", api=TABLES)
    assert services(part, tables, name="migrate.yaml")[MIGRATE] == {
        "environment": ["DB_HOST=proxy", "MORE=1"],
        "extra_hosts": ["proxy:10.0.0.1"],
        "depends_on": {"proxy": {"condition": "service_healthy"}},
    }
    joined = yaml.load("c", plan_render(make_inputs(overlays=(part, tables))).files["compose.yaml"][1].decode())
    assert "migrate.yaml" in joined.value["include"][0]["path"]


def test_what_several_overlays_say_adds_up_as_compose_would_add_it() -> None:
    assert as_api(
        [
            {"environment": {"A": "1", "B": "1"}, "networks": ["one"], "volumes": ["a:/a"]},
            {
                "environment": ["B=2"],
                "networks": {"two": {"aliases": ["x"]}},
                "volumes": ["b:/b", "a:/a"],
                "ports": ["1"],
            },
            {"depends_on": ["db"], "image": "other", "pull_policy": None},
            {"depends_on": {"db": {"condition": "service_healthy"}, MIGRATE: DONE}},
        ]
    ) == {
        "environment": {"A": "1", "B": "2"},
        "networks": {"one": None, "two": {"aliases": ["x"]}},
        "volumes": ["a:/a", "b:/b"],
        "depends_on": {"db": {"condition": "service_healthy"}},
        "image": "other",
    }


def test_an_image_that_an_overlay_gives_to_api_is_its_image_too() -> None:
    part = overlay("own", {"compose.yaml": "services: {api: {image: registry.test/mine:1}}\n"}, api=TABLES)
    assert services(part, name="migrate.yaml")[MIGRATE]["image"] == "registry.test/mine:1"


def test_a_secret_for_api_reaches_it_and_one_for_worker_does_not() -> None:
    secrets = {"MINE": {"generate": 20, "to": ["api"]}, "OTHER": {"generate": 20, "to": ["worker"]}}
    inputs = make_inputs(overlays=(overlay(api=TABLES, secrets=secrets),), user_env="MINE=a\nOTHER=b\n")
    plan = plan_render(inputs)
    assert plan.files[f"secrets/{MIGRATE}.env"][1] == b"MINE=a\n"
    assert plan.files["secrets/worker.env"][1] == b"OTHER=b\n"


def test_the_manifest_says_where_each_overlay_leaves_the_database() -> None:
    plan = plan_render(make_inputs(overlays=(overlay(api=TABLES),), overlay_migrations={"own": ("o2",)}))
    assert plan.manifest["overlay_migrations"] == {"own": ["o2"]}
