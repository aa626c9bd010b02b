"""BuildKit's cache in a registry: what one engine has done, another one does not do again."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.registry import Registry, may_write
from tests.support.builds import Bench, Told, write
from tests.support.clusters import docker as run
from tests.support.fault_registry import REGISTRY
from tests.support.hosts import Host
from tests.support.registries import PASSWORD, USER, own_registry

pytestmark = pytest.mark.docker


@pytest.fixture
def base(docker: None, images: str) -> str:  # noqa: ARG001 - the engine must be there
    """An image that is in the registry and on no engine, so that each knows it by the same digest."""
    made = f"{REGISTRY}/{images}/base:1"
    for argv in (["tag", "busybox:latest", made], ["push", "--quiet", made], ["rmi", made]):
        run(*argv)
    return made


def bench(folder: Path, name: str, base: str, cache: str) -> Bench:
    """A workspace whose web is built from source."""
    made = Bench(folder, name, base, base)
    write(
        made.workspace.root,
        {"difykit.yaml": f"version: 1\nupstream: {{ref: 1.0.0}}\nimages: {{prefix: {name}/, cache: {cache!r}}}\n"},
    )
    made.sync(mine={"web/app/page.tsx": f"of {name}\n"})
    return made


def forget(name: str) -> None:
    """Take from an engine all that it has of these images, and all steps."""
    for each in run("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*").split():
        run("rmi", "--force", each)
    run("builder", "prune", "--all", "--force")


def cached(told: Told) -> bool:
    """Whether the step that builds web's pages was not run."""
    (number,) = {line.split()[0] for line in told.lines if "RUN for page" in line and line.startswith("#")}
    return f"{number} CACHED" in told.lines


@pytest.mark.hosts
def test_steps_of_one_engine_are_found_by_another_and_by_one_that_can_only_read(
    store: Host, base: str, tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"{REGISTRY}/{images}/cache"
    with monkeypatch.context() as there:
        there.setenv("DOCKER_HOST", store.engine)
        one = bench(tmp_path / "one", images, base, place)
        built, told = one.build()
        assert built["web"].strategy == "source"
        assert not cached(told)
        assert (told.warns, told.skips) == ([], [])
        assert Registry(REGISTRY, {}).manifest(f"{images}/cache", "web")
        forget(images)
        two = bench(tmp_path / "two", images, base, place)
        again, told = two.build()
        assert cached(told)
        assert again["web"].reference == built["web"].reference
        forget(images)
        without = bench(tmp_path / "without", images, base, "none")
        plain, told = without.build()
        assert not cached(told)
        assert plain["web"].reference == built["web"].reference  # a cache is no input
    three = bench(tmp_path / "three", images, base, place)
    _, told = three.build()
    assert cached(told)
    assert len(told.skips) == 1
    assert f"the cache {place} is only read: the engine's image store, the classic one, cannot" in told.skips[0]


@pytest.mark.hosts
def test_a_cache_that_is_away_costs_a_warning(
    store: Host, base: str, tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", store.engine)
    made = bench(tmp_path, images, base, "127.0.0.1:9/team/cache")
    built, told = made.build()
    assert built["web"].strategy == "source"
    assert told.warns == [
        "the cache 127.0.0.1:9/team/cache is not written: the registry 127.0.0.1:9 cannot be reached (ConnectionError)"
    ]


def test_who_may_write_is_asked_and_nothing_stays(tmp_path: Path) -> None:
    with own_registry(tmp_path / "registry") as registry:
        assert not may_write(Registry(registry.host, {}), "team/cache")
        assert may_write(Registry(registry.host, {"username": USER, "password": PASSWORD}), "team/cache")
        assert not list(registry.folder.rglob("_uploads/*/data"))
