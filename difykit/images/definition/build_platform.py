"""A Dockerfile whose JavaScript is built once, on the machine's own platform, for every platform of the image.

What a build of Next.js makes is JavaScript, the same on each; emulated it would take many times as long. The stages
that the image is made of stay on its platform. What both stand on is there twice, once for each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from difykit.images.definition.generated import builds_next
from difykit.images.definition.stages import DockerfileStage, lineage, read_stages

_BUILD = "$BUILDPLATFORM"
_BRACED = "--platform=${BUILDPLATFORM}"
_SUFFIX = "-on-build-platform"
_COREPACK = re.compile(r"\bcorepack install\b")
_INSTALL = re.compile(r"(\bpnpm install\b)")
_RUN = re.compile(r"\s*RUN\s", re.IGNORECASE)
# As node calls the processors that BuildKit calls otherwise.
_PROCESSORS = {"amd64": "x64", "386": "ia32"}
_FROM = re.compile(r"(\s*FROM\s+)(\S+)(?:(\s+AS\s+)(\S+))?(.*)", re.IGNORECASE | re.DOTALL)


def on_build_platform(text: str, args: Mapping[str, str], platforms: Iterable[str]) -> str | None:
    """The Dockerfile with the stages that build on `$BUILDPLATFORM`, for images on these platforms.

    What is built once holds the native modules of every platform (sharp's, at run time one of them is loaded): pnpm
    installs those of all processors then. None where that cannot be: the pnpm of releases before 1.8.0, without
    corepack, has no such option. A Dockerfile that builds no Next.js is as it was.
    """
    stages = read_stages(text, args)
    ancestry = lineage(stages)
    if not builds_next(text, args) or any(stage.start.flags for stage in stages):
        return text
    if not any(_COREPACK.search(run.instruction.arguments) for stage in stages for run in stage.runs):
        return None
    lines = text.splitlines()
    shared = _shared(stages, ancestry)
    options = _options(platforms)
    rewritten: list[str] = lines[: stages[0].start.first]
    for number, stage in enumerate(stages):
        own = lines[stage.start.first : stage.end]
        if number in ancestry:
            rewritten += own
            if number in shared:
                rewritten += ["", *_moved(own, stage, stages, shared)]
        else:
            moved = _moved(own, stage, stages, shared, name=stage.name)
            rewritten += [_INSTALL.sub(rf"\1 {options}", line) if _RUN.match(line) else line for line in moved]
    return "\n".join(rewritten) + "\n"


def runs_on_target(text: str, args: Mapping[str, str]) -> str:
    """The first program that is run on the image's own platform, in any stage; "" where all are on the build's."""
    stages = read_stages(text, args)
    for stage in stages:
        root = stage
        while root.parent >= 0:
            root = stages[root.parent]
        if stage.runs and not any(flag in {f"--platform={_BUILD}", _BRACED} for flag in root.start.flags):
            return stage.runs[0].instruction.arguments
    return ""


def _options(platforms: Iterable[str]) -> str:
    """What pnpm is told to install for: these processors, with either C library."""
    names = dict.fromkeys(_PROCESSORS.get(platform.split("/")[1], platform.split("/")[1]) for platform in platforms)
    return " ".join(["--os=linux", *(f"--cpu={name}" for name in names), "--libc=musl --libc=glibc"])


def _shared(stages: tuple[DockerfileStage, ...], ancestry: frozenset[int]) -> frozenset[int]:
    """The stages of the image that others stand on."""
    parents: set[int] = set()
    for number in set(range(len(stages))) - ancestry:
        parent = stages[number].parent
        while parent >= 0:
            if parent in ancestry:
                parents.add(parent)
            parent = stages[parent].parent
    return frozenset(parents)


def _moved(
    own: list[str],
    stage: DockerfileStage,
    stages: tuple[DockerfileStage, ...],
    shared: frozenset[int],
    name: str | None = None,
) -> list[str]:
    """A stage's lines, on the build platform; `name` is what it is called then, its own with a suffix without it."""
    match = _FROM.fullmatch(own[0])
    assert match
    base = stages[stage.parent].name + _SUFFIX if stage.parent in shared else match[2]
    platform = "" if stage.parent >= 0 else "--platform=$BUILDPLATFORM "
    called = stage.name + _SUFFIX if name is None else name
    return [f"{match[1]}{platform}{base}" + (f" AS {called}" if called else "") + match[5], *own[1:]]
