"""The Dockerfiles of every release with caches, mirrors and the build platform in them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from difykit import docker
from difykit.core.process import run
from difykit.images.definition import BuildMirrors, generate, on_build_platform, with_heap
from difykit.images.definition.dockerfile import parse
from difykit.images.definition.stages import lineage, read_stages
from tests.upstream.test_all_releases import PLACE, releases

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
BOTH = ("linux/amd64", "linux/arm64")
ALL = BuildMirrors("m:5000", "http://m/debian", "http://m/alpine", "http://m/simple", "http://m/npm", "none")


def dockerfile(release: str, part: str) -> str:
    return run(["git", "-C", PLACE, "show", f"{release}:{part}/Dockerfile"]).text


def steps(text: str, word: str) -> list[str]:
    return [
        each.instruction.arguments
        for stage in read_stages(text)
        for each in stage.runs
        if word in str(each.instruction)
    ]


@pytest.mark.parametrize("release", releases())
def test_web_keeps_its_store_and_nexts_cache_outside_of_the_image(release: str) -> None:
    old = dockerfile(release, "web")
    text = generate(old, {}, caches="ws", mirrors=True)
    stages = read_stages(text)
    kept = lineage(stages)
    (install,) = steps(text, "id=ws-pnpm,target=/pnpm/store")
    (build,) = steps(text, "id=ws-next,target=/app/web/.next/cache")
    assert "pnpm install --frozen-lockfile" in install
    assert "pnpm build" in build
    assert not any("type=cache" in str(each.instruction) for at in kept for each in stages[at].runs)
    assert [copy for copy in parse(text).copies if not copy.used] == [
        copy for copy in parse(old).copies if not copy.used
    ]
    assert len(ALL.contexts(old, {})) == 1


@pytest.mark.parametrize("release", releases())
def test_web_is_built_once_for_all_platforms_where_its_pnpm_can(release: str) -> None:
    old = dockerfile(release, "web")
    text = on_build_platform(old, {}, BOTH)
    if text is None:
        assert "corepack" not in old
        return
    stages = {stage.name: stage for stage in read_stages(text)}
    assert stages["base"].start.flags == stages["production"].start.flags == ()
    assert stages["base-on-build-platform"].start.flags == ("--platform=$BUILDPLATFORM",)
    assert stages["packages"].base == stages["builder"].base == "base-on-build-platform"
    assert steps(text, "pnpm install --os=linux --cpu=x64 --cpu=arm64 --libc=musl --libc=glibc --frozen-lockfile")
    assert parse(text).copies == parse(old).copies


@pytest.mark.parametrize("release", releases())
def test_memory_reaches_every_build_of_the_web(release: str) -> None:
    text = generate(with_heap(dockerfile(release, "web"), 3072) or "", {}, caches="ws")
    builds = [each for stage in read_stages(text) for each in stage.runs if "pnpm build" in each.instruction.arguments]
    assert [each.env["NODE_OPTIONS"] for each in builds] == ["--max-old-space-size=3072"]


@pytest.mark.parametrize("release", releases())
def test_api_keeps_uvs_cache(release: str) -> None:
    old = dockerfile(release, "api")
    text = generate(old, {}, caches="ws", mirrors=True)
    assert len(steps(text, "id=ws-uv,target=/root/.cache/uv")) == ("uv sync" in old)
    assert len(steps(text, "begin.sh")) >= 3
    assert on_build_platform(old, {}, BOTH) == old


@pytest.mark.docker
@pytest.mark.parametrize("release", releases())
def test_buildkit_reads_them(release: str, tmp_path: Path) -> None:
    if reason := docker.available():
        pytest.skip(reason)
    for part in ("api", "web"):
        old = dockerfile(release, part)
        text = generate(on_build_platform(old, {}, BOTH) or old, {}, caches="ws", mirrors=True)
        (tmp_path / "Dockerfile").write_text(text)
        # It reads all of the file before it looks for the target.
        argv = ["docker", "buildx", "build", "--target", "no-such-stage", str(tmp_path)]
        done = subprocess.run(argv, check=False, capture_output=True, text=True)
        assert "target stage" in done.stderr
        assert "could not be found" in done.stderr
