"""Every shipped overlay without files of Dify's, on every release it is for: what Compose and the api make of it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from difykit.checks.settings.check import findings
from difykit.checks.settings.configured import look_at
from difykit.checks.settings.release import read_release
from difykit.git import Store
from difykit.release.render import OverlayPart, RenderInputs, plan_render
from difykit.release.render.inputs import _parts
from difykit.workspace import state
from difykit.workspace.manifest import OverlayManifest, read_manifest
from difykit.workspace.workspace import Overlay, presets
from tests.support.real_render import IMAGES, PLACE, config, make_inputs, releases, settled, write_plan

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]

ADDRESSES = {
    "WEAVIATE_GRPC_ENDPOINT": "grpc://far.example.com:50051",
    **{f"{name}_NODE_{number}": f"10.9.0.{number}" for name in ("PATRONI", "SENTINEL") for number in (1, 2, 3)},
}
TOGETHER = {
    "all": ("postgres-patroni", "redis-sentinel", "milvus-external", "storage-aliyun-oss"),
    "all by opendal": ("postgres-patroni", "redis-sentinel", "milvus-external", "storage-oss-opendal"),
    "all elsewhere": ("external-postgres", "external-redis", "qdrant-external", "storage-s3"),
    "all on hosts": ("external-patroni", "external-sentinel", "weaviate-external", "storage-oss-opendal"),
}
REPLACED = {
    "postgres-patroni": {"db", "db_postgres"},
    "postgres-replica": {"db", "db_postgres"},
    "external-postgres": {"db", "db_postgres"},
    "external-patroni": {"db", "db_postgres"},
    "redis-sentinel": {"redis"},
    "external-redis": {"redis"},
    "external-sentinel": {"redis"},
    "milvus": {"weaviate", "qdrant", "pgvector"},
    "qdrant": {"weaviate", "milvus-standalone", "pgvector"},
    "pgvector": {"weaviate", "milvus-standalone", "qdrant"},
    "milvus-external": {"weaviate", "milvus-standalone", "etcd", "minio"},
    "qdrant-external": {"weaviate", "qdrant"},
    "weaviate-external": {"weaviate"},
}
"""The bundled services that may not run with an overlay."""


@cache
def source_free() -> dict[str, tuple[Path, OverlayManifest]]:
    found: dict[str, tuple[Path, OverlayManifest]] = {}
    for path in sorted((presets() / "overlays").glob("*/overlay.yaml")):
        manifest = read_manifest(OverlayManifest, path, path.parent.name)
        if not manifest.edits and not any((path.parent / each.source).is_dir() for each in manifest.trees):
            found[path.parent.name] = path.parent, manifest
    return found


def sets() -> Iterator[tuple[str, tuple[str, ...]]]:
    yield from ((name, (name,)) for name in source_free())
    yield from TOGETHER.items()


def cases() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for label, names in sets():
        if missing := [name for name in names if name not in source_free()]:
            raise AssertionError(f"{label}: no such overlay: {missing}")
        ranges = SpecifierSet(",".join(source_free()[name][1].requires.dify for name in names))
        yield from (
            (release, label, names)
            for release in releases()
            if Version(release) >= Version("1.5.1") and ranges.contains(release)
        )


def parts_of(release: str, names: tuple[str, ...], store: Store) -> tuple[OverlayPart, ...]:
    overlays = tuple(Overlay(name, *source_free()[name]) for name in names)
    parts, problems = _parts(overlays, store.tree(release), Version(release))
    assert not problems
    return parts


def env_of(parts: tuple[OverlayPart, ...]) -> str:
    """What the user has to set."""
    keys = {need.key for part in parts for need in part.manifest.requires.settings}
    return "".join(f"{key}={ADDRESSES.get(key) or _value(key)}\n" for key in sorted(keys))


def _value(key: str) -> str:
    if key.endswith(("URL", "URI", "ENDPOINT")):
        return "https://far.example.com"
    return "far.example.com" if key.endswith("HOST") else f"given-{key.lower().replace('_', '-')}"


def made(release: str, names: tuple[str, ...], store: Store, data: Path) -> RenderInputs:
    parts = parts_of(release, names, store)
    own = [image for part in parts for image in part.manifest.images]
    images = (*IMAGES, *(_image(name) for name in own))
    inputs = make_inputs(release, data, overlays=parts, images=images, user_env=env_of(parts))
    return make_inputs(release, data, overlays=parts, images=images, user_env=settled(inputs))


def _image(name: str) -> state.Image:
    reference = f"dify-{name}-custom:1-c"
    return state.Image(name=name, replaces="", strategy="own", reference=reference, image_id="sha256:c")


@pytest.mark.parametrize(("release", "label", "names"), list(cases()))
def test_compose_takes_the_folder_and_nothing_replaced_runs(
    release: str, label: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    with Store(Path(PLACE)) as store:
        inputs = made(release, names, store, tmp_path / "data")
        said = [str(each) for each in findings(look_at(read_release(release, store.tree(release)), inputs))]
    plan = plan_render(inputs)
    services = config(write_plan(plan, tmp_path / "ours") / "compose.yaml")["services"]
    idle = {name for each in names for name in REPLACED.get(each, set())} & services.keys()
    assert not idle, f"{label}: {idle}"
    waits = {other for service in services.values() for other in service.get("depends_on") or {}}
    assert waits <= services.keys() | _inactive(tmp_path / "ours"), label
    assert not [warning for warning in plan.warnings if "nobody sets" in warning or "removes" in warning]
    assert said == [], label
    _check_reach(inputs, plan.origins, services, label)


def _inactive(folder: Path) -> set[str]:
    """Services of profiles that are off: Compose takes a wait for one that need not be there."""
    argv = ["docker", "compose", "--profile", "*", "-f", str(folder / "compose.yaml"), "config", "--services"]
    return set(subprocess.run(argv, check=True, capture_output=True, text=True, cwd="/").stdout.split())


def _check_reach(
    inputs: RenderInputs, origins: Mapping[str, str], services: Mapping[str, dict[str, object]], label: str
) -> None:
    """Each setting of the overlays that api's own code names is in api's and worker's environment."""
    for part in inputs.overlays:
        for key in part.manifest.env:
            if key.startswith(("PLUGIN_", "COMPOSE_", "POSTGRES_")) or origins.get(key) != f"overlay {part.name}":
                continue
            for name in ("api", "worker"):
                given = services[name].get("environment")
                assert isinstance(given, dict)
                assert key in given, f"{label}: {key} does not reach {name}"
