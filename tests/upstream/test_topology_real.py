"""The picture of real releases: everything is in it once, and nothing lies on anything else."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from difykit.release.render import OverlayPart, plan_render
from difykit.topology import FolderFacts, Topology, svg, topology_of
from tests.support.drawn_topology import sound
from tests.support.real_render import PLACE, ROUTED, config, make_inputs, releases, settled, write_plan

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
    pytest.mark.skipif(not shutil.which("docker"), reason="no docker: Compose reads the release folder"),
]


def drawn(release: str, folder: Path, **changes: Any) -> tuple[Topology, dict[str, Any]]:
    inputs = make_inputs(release, folder / "data", **changes)
    inputs = replace(inputs, user_env=settled(inputs))
    place = write_plan(plan_render(inputs), folder / "release")
    read = config(place / "compose.yaml")
    manifest = json.loads((place / "manifest.json").read_text())
    facts = FolderFacts(
        release=release,
        project="dify",
        overlays=tuple(manifest["overlays"]),
        images={one["reference"]: (one["name"], one["replaces"]) for one in manifest["images"]},
        template=(place / "nginx/conf.d/default.conf.template").read_text(),
    )
    return topology_of(read, facts), read


def removing(*names: str) -> OverlayPart:
    return OverlayPart(
        "less", ROUTED.model_copy(update={"compose": ROUTED.compose.model_copy(update={"remove": names})}), {}
    )


@pytest.mark.parametrize("release", releases())
def test_every_service_is_there_once_and_nothing_overlaps(release: str, tmp_path: Path) -> None:
    topology, read = drawn(release, tmp_path)
    assert Counter(one.name for one in topology.running) == Counter(list(read["services"]))
    picture = svg(sound(topology))
    links = {(link.source, link.target) for link in topology.links}
    database = "db_postgres" if "db_postgres" in read["services"] else "db"
    assert {("nginx", "api"), ("nginx", "web"), ("api", database), ("worker", "redis")} <= links
    assert {("api", "weaviate"), ("api", "sandbox"), ("sandbox", "ssrf_proxy"), ("api", "plugin_daemon")} <= links
    assert [one.name for one in topology.services if one.mark == "external"] == ["the internet"]
    for secret in ("made-", "difyai123456", "sk-"):
        assert secret not in picture


@pytest.mark.parametrize("release", ["1.0.0", "1.8.1", "1.12.1", "1.15.0"])
def test_what_is_outside_is_drawn_outside(release: str, tmp_path: Path) -> None:
    gone = ("redis", "db_postgres" if release in {"1.12.1", "1.15.0"} else "db")
    outside = {
        "DB_HOST": "pg.example.org",
        "REDIS_HOST": "cache.example.org",
        "CELERY_BROKER_URL": "redis://u:p@ss/w@cache.example.org:6379/1",
    }
    outside |= {"VECTOR_STORE": "qdrant", "QDRANT_URL": "https://vectors.example.org:6333", "COMPOSE_PROFILES": "none"}
    outside |= {"STORAGE_TYPE": "s3", "S3_ENDPOINT": "https://s3.example.org"}
    topology, read = drawn(release, tmp_path, settings_env=outside, overlays=(removing(*gone),))
    assert not {*gone, "weaviate", "qdrant"} & read["services"].keys()
    assert {one.name for one in topology.services if one.mark == "external"} == {
        "cache.example.org",
        "pg.example.org",
        "s3.example.org",
        "the internet",
        "vectors.example.org",
    }
    assert "file storage" not in {one.name for one in topology.services}
    sound(topology)


@pytest.mark.parametrize(
    "profiles", ["weaviate,qdrant,postgresql,certbot", "milvus,postgresql", "opensearch,postgresql,chroma"]
)
def test_several_vector_stores_have_their_places(profiles: str, tmp_path: Path) -> None:
    chosen = profiles.partition(",")[0]
    settings = {"COMPOSE_PROFILES": profiles, "VECTOR_STORE": chosen, "MILVUS_URI": "http://milvus-standalone:19530"}
    topology, read = drawn("1.15.0", tmp_path, settings_env=settings)
    assert {one.name for one in topology.running} == set(read["services"])
    layout = sound(topology)
    assert {region.name for region in layout.regions} >= {"default", "ssrf_proxy_network"}
