"""Builds from source for several platforms: JavaScript once, on the machine's own, and one tag for all of them."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core.errors import DifyKitError
from difykit.images.publish import publish
from difykit.registry import INDEX, Held, Registry
from tests.support.builds import Bench, Told, docker_build, write
from tests.support.clusters import docker as run
from tests.support.fault_registry import REGISTRY
from tests.support.hosts import Host

pytestmark = pytest.mark.docker

AMD, ARM = "linux/amd64", "linux/arm64"
# What stands for pnpm: it says what it was told to install, and builds something that is never the same twice.
PNPM = """\
#!/bin/sh
case $1 in
  install) echo "$@" >installed ;;
  build) mkdir -p .next/standalone/web/.next/server/app && cp installed .next/standalone/
    date +%s%N >.next/standalone/when && cp app/mine/page.tsx .next/standalone/web/.next/server/app/page.js
    mkdir -p .next/standalone/web/.next/server/app/mine
    cp app/mine/page.tsx .next/standalone/web/.next/server/app/mine/page.js ;;
esac
"""
WEB = """\
FROM BASE AS base
FROM base AS packages
WORKDIR /app/web
COPY web/package.json .
RUN corepack install
RUN pnpm install --frozen-lockfile
FROM base AS builder
WORKDIR /app/web
COPY --from=packages /app/web/ .
COPY web .
RUN pnpm build
FROM base AS production
WORKDIR /app/web
COPY --from=builder /app/web/.next/standalone ./
"""


@pytest.fixture
def base(docker: None, images: str, tmp_path: Path) -> str:  # noqa: ARG001 - the engine must be there
    """An image for two platforms in the registry, of which only this machine's holds programs."""
    registry, repository, entries = Registry(REGISTRY, {}), f"{images}/base", []
    write(tmp_path / "base", {"pnpm": PNPM, "corepack": "#!/bin/sh\n"})
    for platform, stands in ((AMD, "busybox"), (ARM, "scratch")):
        tag = f"{REGISTRY}/{repository}:{platform.replace('/', '-')}"
        text = f"FROM {stands}\nCOPY --chmod=755 pnpm corepack /usr/bin/\n"
        write(tmp_path / "base", {"Dockerfile": text})
        docker_build(tag, "--platform", platform, str(tmp_path / "base"))
        run("push", "--quiet", tag)
        run("rmi", tag)
        one = registry.manifest(repository, tag.rpartition(":")[2])
        assert one
        where = dict(zip(("os", "architecture"), platform.split("/"), strict=True))
        entries.append({"mediaType": one.kind, "digest": one.digest, "size": len(one.body), "platform": where})
    body = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
    registry.put(repository, "1", Held.of(body, INDEX))
    return f"{REGISTRY}/{repository}:1"


def bench(folder: Path, name: str, base: str, more: str = "") -> Bench:
    """A workspace whose web, its only image, is built from source for two platforms."""
    made = Bench(folder, name, base, base)
    write(made.workspace.root / "images/api", {"image.yaml": "version: 1\n"})  # of one's own, and idle
    settings = f"images: {{prefix: {name}/, platforms: [{AMD}, {ARM}]}}"
    write(made.workspace.root, {"difykit.yaml": f"version: 1\nupstream: {{ref: 1.0.0}}\n{settings}\n"})
    made.sync(mine={"web/Dockerfile": WEB.replace("BASE", base) + more, "web/app/mine/page.tsx": "mine\n"})
    made.workspace = made.workspace.open(made.workspace.root)
    return made


def files_of(registry: Registry, repository: str, held: Held) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for layer in held.value["layers"]:
        if int(layer["size"]) > 1 << 20:
            continue
        with tarfile.open(fileobj=io.BytesIO(registry.blob(repository, layer["digest"]))) as archive:
            pairs = ((each.name, archive.extractfile(each)) for each in archive)
            found |= {name: content.read() for name, content in pairs if content}
    return found


@pytest.mark.hosts
def test_javascript_is_built_once_and_published_for_every_platform(
    store: Host, base: str, tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", store.engine)
    made = bench(tmp_path, images, base)
    _, told = made.build()
    reference, repository = made.plan()["web"].reference, f"{images}/dify-web-custom"
    assert told.warns == []
    assert [line.partition(";")[0] for line in told.oks] == [
        f"web: {reference} (source) for {AMD}",
        f"web: {reference} (source) for {ARM}",
    ]
    assert all("1 new page in the built server" in line for line in told.oks)
    assert [engine.has_platform(reference, each) for each in (AMD, ARM, "linux/s390x")] == [True, True, False]
    to = f"{REGISTRY}/{images}/"
    (done,) = publish(made.workspace, to, ["stable"], told)
    assert done.platforms == (AMD, ARM)
    registry = Registry(REGISTRY, {})
    held = registry.manifest(repository, "stable")
    assert held
    found = {}
    for platform in (AMD, ARM):
        one = registry.image_for(repository, held, platform)
        assert one
        assert one[1]["config"]["Labels"]["io.difykit.overlays"] == "mine"
        found[platform] = files_of(registry, repository, one[0])
        assert found[platform]["app/web/installed"].decode().split()[1:] == [
            *("--os=linux", "--cpu=x64", "--cpu=arm64", "--libc=musl", "--libc=glibc", "--frozen-lockfile"),
        ]
    assert found[AMD]["app/web/when"] == found[ARM]["app/web/when"]  # one build
    (again,) = publish(made.workspace, to, ["stable"], told)
    assert (again.digest, again.pushed) == (done.digest, 0)
    run("pull", "--quiet", done.reference)
    made.build()  # nothing is missing
    assert told.steps.count("build web") == 0


@pytest.mark.hosts
def test_the_registry_s_image_is_taken_only_when_it_is_there_for_all_of_them(
    store: Host, base: str, tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", store.engine)
    monkeypatch.setenv("DIFYKIT_REUSE", f"{REGISTRY}/{images}/")
    made = bench(tmp_path, images, base)
    made.build()
    reference = made.plan()["web"].reference
    (one,) = publish(made.workspace, f"{REGISTRY}/{images}/", [], Told(), platforms=[AMD])
    assert one.platforms == (AMD,)
    engine.untag(reference)
    _, told = made.build()
    assert [line for line in told.warns if f"is not there for {ARM}; so it is built" in line]
    (both,) = publish(made.workspace, f"{REGISTRY}/{images}/", [], Told())
    assert both.platforms == (AMD, ARM)  # the other has joined
    engine.untag(reference)
    _, told = made.build()
    assert told.warns == []
    assert not [step for step in told.steps if step.startswith("build ")]
    (same,) = publish(made.workspace, f"{REGISTRY}/{images}/", [], Told())
    assert (same.digest, same.pushed) == (both.digest, 0)


@pytest.mark.hosts
def test_a_program_in_the_image_itself_wants_emulation_and_that_is_said_before_anything_is_built(
    store: Host, base: str, tmp_path: Path, images: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", store.engine)
    made = bench(tmp_path, images, base, "RUN echo in the image >/word\n")
    _, told = made.build()
    (said,) = [line for line in told.skips if line.startswith("web")]
    assert "web is made for this engine's platform alone: `RUN echo in the image >/word` is run for each" in said
    assert f"this machine runs nothing for {ARM} (docker run --privileged --rm tonistiigi/binfmt" in said
    with pytest.raises(DifyKitError, match=rf"web is there for {AMD} alone, from its own Dockerfile.*nothing was push"):
        publish(made.workspace, f"{REGISTRY}/{images}/", [], told)
    assert Registry(REGISTRY, {}).manifest(f"{images}/dify-web-custom", made.plan()["web"].tag) is None


def test_the_classic_store_keeps_one_platform_and_that_is_said(base: str, tmp_path: Path, images: str) -> None:
    if engine.engine_facts().store != "classic":
        pytest.skip("the engine has containerd's store")
    made = bench(tmp_path, images, base)
    _, told = made.build()
    (said,) = [line for line in told.skips if line.startswith("web")]
    assert "web is made for this engine's platform alone: the engine's image store, the classic one" in said
    with pytest.raises(DifyKitError, match=f"web is there for {AMD} alone"):
        publish(made.workspace, f"{REGISTRY}/{images}/", [], told)
