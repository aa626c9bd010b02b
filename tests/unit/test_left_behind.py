"""Whether data stays behind when a service goes: by what it mounts, and by who else does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from difykit.core import yaml
from difykit.release.render import plan_environment
from difykit.release.render.left_behind import left_behind, places_of
from tests.unit.test_render_plan import make_inputs, overlay

COMPOSE = """\
services:
  api: {image: 'langgenius/dify-api:1', volumes: ['./volumes/app/storage:/app']}
  api_websocket: {image: 'langgenius/dify-api:1', volumes: ['./volumes/app/storage:/app'], profiles: [ws]}
  worker: {image: 'langgenius/dify-api:1', volumes: ['./volumes/app/storage:/app']}
  beat: {image: 'langgenius/dify-api:1'}
  redis: {image: redis, volumes: ['./volumes/redis/data:/data']}
  db: {image: postgres, volumes: [{type: bind, source: ./volumes/db/data, target: /data}]}
  sandbox: {image: sandbox, volumes: ['./volumes/sandbox/conf:/conf', './volumes/sandbox/dependencies:/deps']}
  nginx: {image: nginx, volumes: ['./nginx/conf.d:/etc/nginx', './volumes/certbot/conf/live:/live']}
  certbot: {image: certbot, profiles: [certbot], volumes: ['./volumes/certbot/conf:/conf', './volumes/certbot/logs:/l']}
  weaviate: {image: weaviate, volumes: ['./volumes/weaviate:/data']}
"""
TRACKED = {
    "volumes/sandbox/conf/config.yaml": ("100644", b"a: 1\n"),
    "volumes/sandbox/dependencies/.gitkeep": ("100644", b""),
    "nginx/conf.d/default.conf.template": ("100644", b""),
}


def warnings(*removed: str, files: dict[str, str] | None = None, user_env: str = "", **changes: Any) -> list[str]:
    upstream = yaml.load("docker-compose.yaml", COMPOSE).value
    part = overlay("own", files, compose={"remove": list(removed), "files": list(files or {})})
    facts = {"docker": TRACKED, "leaving": removed, "overlays": (part,), "user_env": user_env, **changes}
    inputs = make_inputs(**facts)
    return left_behind(inputs, upstream, plan_environment(inputs, upstream))


@pytest.mark.parametrize(
    ("removed", "behind"),
    [
        (["api_websocket"], []),
        (["beat"], []),
        (["worker"], []),
        (["api", "worker"], ["app/storage"]),
        (["redis"], ["redis/data"]),
        (["db"], ["db/data"]),
        (["nginx"], ["certbot/conf/live"]),
        (["certbot"], ["certbot/logs"]),
        (["sandbox"], ["sandbox/dependencies"]),
        (["redis", "weaviate"], ["redis/data", "weaviate"]),
    ],
)
def test_data_is_what_nothing_else_that_runs_mounts(removed: list[str], behind: list[str]) -> None:
    places = re.findall(r"/srv/my data/volumes/([\w/]+)", " ".join(warnings(*removed)))
    assert sorted(set(places)) == behind


@pytest.mark.parametrize(
    ("mount", "behind"),
    [
        ("'${DIFY_DATA:?}/weaviate:/data'", False),
        ("'${DIFY_DATA}/weaviate:/data:ro'", False),
        ("{type: bind, source: '${DIFY_DATA:?}/weaviate', target: /data}", False),
        ("{type: bind, source: '${DIFY_DATA:?}/weaviate/', target: /data}", False),
        ("'${DIFY_DATA:?}/weaviate/part:/data'", False),
        ("'${DIFY_DATA:?}/weaviate2:/data'", True),
        ("'weaviate:/data'", True),
        ("'/weaviate:/data'", True),
    ],
)
def test_an_overlays_service_takes_data_over_however_it_mounts_it(mount: str, behind: bool) -> None:
    text = f"services: {{own: {{image: o, volumes: [{mount}]}}}}\n"
    assert bool(warnings("weaviate", files={"compose.yaml": text})) == behind


def test_a_place_that_nobody_filled_holds_no_data() -> None:
    assert warnings("weaviate")
    assert not warnings("weaviate", empty=frozenset({"weaviate"}))
    assert "redis/data" in " ".join(warnings("redis", "weaviate", empty=frozenset({"weaviate"})))


def test_who_does_not_run_takes_nothing_over() -> None:
    assert warnings("nginx")
    assert not warnings("nginx", user_env="COMPOSE_PROFILES=certbot\n")


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("${DIFY_DATA:?}/a/b", ["a/b"]),
        ("${DIFY_DATA}/a/", ["a"]),
        ("./volumes/a", ["a"]),
        ("./a", []),
        ("/a", []),
        ("${OTHER}/a", []),
    ],
)
def test_a_place_is_named_by_what_stands_behind_the_data_folder(source: str, places: list[str]) -> None:
    assert list(places_of([source])) == places
