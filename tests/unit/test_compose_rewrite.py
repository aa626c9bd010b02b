"""Rewriting Compose files, as values."""

from __future__ import annotations

import copy
from typing import Any

from difykit.core import yaml
from difykit.release.compose import (
    ComposeRewrite,
    Replacement,
    carried,
    closure_faults,
    defaults,
    interpolated,
    joined,
    overruled,
    repository,
    rewrite,
    secret_files,
    seeds,
    stamped,
    unknown_services,
)

API = Replacement("registry.test/dify-api-custom:1@sha256:0", local=False)
WEB = Replacement("dify-web-custom:1", local=True)
IMAGES = {"langgenius/dify-api": API, "langgenius/dify-web": WEB}

UPSTREAM = """\
x-shared-env: &shared
  LOG_LEVEL: ${LOG_LEVEL:-INFO}
services:
  api:
    image: langgenius/dify-api:1.0.0
    environment:
      <<: *shared
      SENTRY_DSN: ${API_SENTRY_DSN:-}
      MODE: api
    depends_on: [db, redis]
    volumes: ['./volumes/app/storage:/app/api/storage']
  worker:
    image: docker.io/langgenius/dify-api:1.0.0
    environment: {<<: *shared, MODE: worker}
    depends_on:
      redis: {condition: service_started}
  web:
    image: langgenius/dify-web:1.0.0
  redis:
    image: redis:6
    command: redis-server --requirepass ${REDIS_PASSWORD:-public} $${NOT_A_VARIABLE}
  db:
    image: postgres:15
    volumes:
      - ${PLACE:-./volumes/db/data}:/data:rw
      - {type: bind, source: ./volumes/more, target: /more}
      - {type: volume, source: named, target: /named}
      - named:/again
  nginx:
    image: nginx
    depends_on: [web]
    volumes: ['./nginx/conf.d:/etc/nginx/conf.d', './nginx/ssl:/etc/ssl', './vast/lic:/lic']
"""
TRACKED = (
    ".env.example",
    "nginx/conf.d/default.conf.template",
    "nginx/ssl/.gitkeep",
    "volumes/sandbox/conf/config.yaml",
    "README.md",
    "tools/x.sh",
)


def upstream() -> dict[str, Any]:
    value: dict[str, Any] = yaml.load("docker-compose.yaml", UPSTREAM).value
    return value


def services(**wanted: Any) -> dict[str, Any]:
    found: dict[str, Any] = rewrite(upstream(), ComposeRewrite(tracked=TRACKED, **wanted))["services"]
    return found


def test_an_image_is_known_by_its_name_alone() -> None:
    assert repository("langgenius/dify-api:1.15.0@sha256:ab") == "langgenius/dify-api"
    assert repository("docker.io/library/redis:6") == "redis"
    assert repository("localhost:5000/x/dify-api") == "localhost:5000/x/dify-api"


def test_every_service_on_a_replaced_image_is_switched() -> None:
    found = services(images=IMAGES)
    assert [found[name]["image"] for name in ("api", "worker")] == [API.reference] * 2
    assert found["web"]["image"] == WEB.reference
    assert found["web"]["pull_policy"] == "never"
    assert "pull_policy" not in found["api"]
    assert not closure_faults(upstream(), {"services": found}, IMAGES)


def test_a_service_left_on_stock_is_a_fault() -> None:
    found = rewrite(upstream(), ComposeRewrite(images={"langgenius/dify-web": WEB}, tracked=TRACKED))
    faults = closure_faults(upstream(), found, {"langgenius/dify-web": WEB})
    assert faults == [
        "service api is left on langgenius/dify-api:1.0.0",
        "service worker is left on docker.io/langgenius/dify-api:1.0.0",
    ]


def test_an_image_behind_a_variable_is_left_on_stock_too() -> None:
    file = {
        "services": {"api": {"image": "${IMAGE:-langgenius/dify-api}:1"}, "own": {"image": "langgenius/dify-api-x:1"}}
    }
    assert closure_faults(file, file, {}) == ["service api is left on ${IMAGE:-langgenius/dify-api}:1"]


def test_a_replacement_that_meets_no_service_is_a_fault() -> None:
    images = IMAGES | {"langgenius/dify-sandbox": API}
    found = rewrite(upstream(), ComposeRewrite(images=images, tracked=TRACKED))
    assert closure_faults(upstream(), found, images) == ["no service of this release runs langgenius/dify-sandbox"]


def test_upstreams_value_is_not_changed_and_nothing_is_shared() -> None:
    given = upstream()
    before = copy.deepcopy(given)
    found = rewrite(given, ComposeRewrite(images=IMAGES, forward=("A",), remove={"redis": ""}, tracked=TRACKED))
    assert given == before
    assert "x-shared-env" not in found
    assert "&id" not in yaml.dump(found)


def test_a_removed_service_is_gone_from_every_depends_on() -> None:
    found = services(remove={"redis": ""})
    assert "redis" not in found
    assert found["api"]["depends_on"] == ["db"]
    assert "depends_on" not in found["worker"]
    assert unknown_services(upstream(), ["redis", "db_postgres"]) == ["db_postgres"]


def test_what_waited_for_a_removed_service_waits_for_the_one_in_its_place() -> None:
    found = services(remove={"redis": "proxy", "db": "proxy"})
    assert found["api"]["depends_on"] == {"proxy": {"condition": "service_healthy"}}
    one = services(remove={"redis": "proxy"})
    assert one["api"]["depends_on"] == {
        "db": {"condition": "service_started"},
        "proxy": {"condition": "service_healthy"},
    }


def test_data_moves_and_configuration_stays() -> None:
    found = services()
    assert found["api"]["volumes"] == ["${DIFY_DATA:?}/app/storage:/app/api/storage"]
    assert found["db"]["volumes"] == [
        "${PLACE:-${DIFY_DATA}/db/data}:/data:rw",
        {"type": "bind", "source": "${DIFY_DATA:?}/more", "target": "/more"},
        {"type": "volume", "source": "named", "target": "/named"},
        "named:/again",
    ]
    assert found["nginx"]["volumes"] == [
        "./nginx/conf.d:/etc/nginx/conf.d",
        "${DIFY_DATA:?}/nginx/ssl:/etc/ssl",
        "${DIFY_DATA:?}/vast/lic:/lic",
    ]


def test_what_is_mounted_travels_and_what_is_data_is_seeded() -> None:
    assert carried({"services": services()}, TRACKED) == ["nginx/conf.d/default.conf.template"]
    assert seeds(TRACKED) == {
        "nginx/ssl/.gitkeep": "nginx/ssl/.gitkeep",
        "volumes/sandbox/conf/config.yaml": "sandbox/conf/config.yaml",
    }


def test_a_folder_that_is_built_from_travels() -> None:
    found = rewrite({"services": {"x": {"build": "./tools"}}}, ComposeRewrite(tracked=TRACKED))
    assert carried(found, TRACKED) == ["tools/x.sh"]


def test_a_certificate_in_the_source_stays_in_the_folder() -> None:
    found = rewrite(upstream(), ComposeRewrite(tracked=(*TRACKED, "nginx/ssl/dify.crt")))
    assert "./nginx/ssl:/etc/ssl" in found["services"]["nginx"]["volumes"]


def test_the_label_follows_what_is_mounted() -> None:
    def label(content: bytes) -> str:
        found = {"services": services()}
        stamped(found, {"nginx/conf.d/default.conf.template": content, "other": b""})
        assert "labels" not in found["services"]["api"]
        text: str = found["services"]["nginx"]["labels"]["difykit.files"]
        return text

    assert label(b"a") == label(b"a") != label(b"b")


def test_checks_are_added_where_none_is() -> None:
    found = services()
    assert found["api"]["healthcheck"]["test"][:2] == ["CMD", "curl"]
    assert found["web"]["healthcheck"]["test"][:2] == ["CMD", "node"]
    assert found["worker"]["healthcheck"]["test"][:2] == ["CMD", "python"]
    compile(found["worker"]["healthcheck"]["test"][3], "ping", "exec")
    assert not interpolated([found[name]["healthcheck"] for name in ("api", "worker", "web")])
    assert "healthcheck" not in found["redis"]


def test_the_releases_own_ping_is_used_where_it_is() -> None:
    test = services(own_ping=True)["worker"]["healthcheck"]["test"]
    assert test == ["CMD-SHELL", "celery -A celery_healthcheck.celery inspect ping -d celery@$$HOSTNAME"]


def test_a_shipped_check_stays_but_counts() -> None:
    check = {"test": ["CMD", "true"], "interval": "1s", "disable": "${OFF:-true}"}
    file = {"services": {name: {"image": "x", "healthcheck": dict(check)} for name in ("worker", "worker_beat")}}
    found = rewrite(file, ComposeRewrite())["services"]
    assert found["worker"]["healthcheck"] == {"test": ["CMD", "true"], "interval": "1s"}
    assert found["worker_beat"]["healthcheck"] == check  # it stays switched off, as Dify has it


def test_a_variable_that_would_be_dropped_is_handed_to_api() -> None:
    found = services(forward=("ADMIN_API_KEY", "LOG_LEVEL", "REDIS_PASSWORD"))
    assert found["api"]["environment"]["ADMIN_API_KEY"] is None
    assert found["worker"]["environment"]["ADMIN_API_KEY"] is None
    assert found["api"]["environment"]["LOG_LEVEL"] == "${LOG_LEVEL:-INFO}"
    assert "REDIS_PASSWORD" not in found["api"]["environment"]  # it is interpolated for redis
    assert "environment" not in found["web"]


def test_an_env_file_or_a_list_is_understood() -> None:
    image = "langgenius/dify-api:1"
    by_file = {"image": image, "env_file": [{"path": "./envs/a.env", "required": False}, "./.env"]}
    listed = {"image": image, "environment": ["A=1", "B"], "env_file": "./envs/a.env"}
    found = rewrite({"services": {"a": by_file, "b": listed}}, ComposeRewrite(forward=("NEW", "A")))["services"]
    assert "environment" not in found["a"]
    assert found["b"]["environment"] == {"A": "1", "B": None, "NEW": None}


def test_variables_are_found_wherever_they_stand() -> None:
    assert interpolated({"a": ["${A:-${B}}", "$C-d"], "b": "$$D ${E:?why}"}) == {"A", "B", "C", "E"}
    assert defaults(upstream()) == {"LOG_LEVEL": "INFO", "REDIS_PASSWORD": "public", "PLACE": "./volumes/db/data"}


def test_a_variable_that_the_file_fills_from_another_one_has_no_effect() -> None:
    assert overruled(upstream(), ["SENTRY_DSN", "LOG_LEVEL", "UNKNOWN"]) == {"SENTRY_DSN": "API_SENTRY_DSN"}


def test_files_are_joined_in_their_order() -> None:
    assert yaml.load("c", joined("dify", ["dify.yaml", "overlays/a/compose.yaml"])).value == {
        "name": "dify",
        "include": [{"path": ["dify.yaml", "overlays/a/compose.yaml"]}],
    }
    assert yaml.load("c", joined("dify", ["dify.yaml"], [".env", "secrets/compose.env"])).value["include"] == [
        {"path": ["dify.yaml"], "env_file": [".env", "secrets/compose.env"]}
    ]
    assert yaml.load("s", secret_files({"worker": "secrets/worker.env"}, {"worker": ["T"], "api": ["T"]})).value == {
        "services": {"worker": {"env_file": ["./secrets/worker.env"], "environment": {"T": "${T}"}}}
    }


def test_a_secret_of_an_overlay_is_unset_for_those_it_is_not_for() -> None:
    found = services(secrets={"LOG_LEVEL": {"api"}, "REDIS_PASSWORD": {"api", "worker"}})
    assert found["api"]["environment"]["LOG_LEVEL"] == "${LOG_LEVEL:-INFO}"
    assert found["worker"]["environment"]["LOG_LEVEL"] == "INFO"
    assert found["redis"]["command"] == "redis-server --requirepass public $${NOT_A_VARIABLE}"


def test_an_image_that_only_an_overlay_runs_is_met() -> None:
    images = IMAGES | {"haproxy": API}
    found = rewrite(upstream(), ComposeRewrite(images=images, tracked=TRACKED))
    assert not closure_faults(upstream(), found, images, ["docker.io/library/haproxy:3"])
