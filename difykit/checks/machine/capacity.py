"""Memory and disk: for a build of web, for images."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from difykit.checks.finding import Finding, NotJudged, error, ok, warning
from difykit.checks.machine.tools import need_engine
from difykit.checks.workspace.data import GIB, free, size
from difykit.checks.workspace.space import Space, text_of
from difykit.dify import containers, layout
from difykit.docker import EngineFacts

# `next build` of 1.12.1 took 4.5 GB at its peak (facts §9); the engine and the system want the rest.
_WEB_BUILD = 6 * GIB
# From 1.14.0 web is built twice in one step; a runner of 7.75 GB was killed in it (langgenius/dify#41306).
_TWO_WEB_BUILDS = 8 * GIB
# What Dify itself asks for, to run.
_RUNNING = 4 * GIB
# An api build holds its 2.0 GB of packages (facts §9) twice, in the stage that installs them and in the image; web's
# node_modules and output are about as much; the official images of Dify and its neighbours are some 6 GB.
_IMAGES = 15 * GIB
_FEW_IMAGES = 5 * GIB


@dataclass(frozen=True)
class Capacity:
    """Bytes of swap and on the images' disk; None where they cannot be seen from here."""

    swap: int = 0
    images_free: int | None = None
    builds_twice: bool = False


def look_at_capacity(space: Space, engine: EngineFacts) -> Capacity:
    """Ask the file systems, and read how the source builds web."""
    return Capacity(
        swap=_swap() if engine.local else 0,
        images_free=free(Path(engine.root)) if engine.local and engine.root else None,
        builds_twice=containers.builds_web_twice(text_of(space.source / layout.WEB_DOCKERFILE) if space.source else ""),
    )


def _swap() -> int:
    row = re.search(r"(?m)^SwapTotal:\s+(\d+) kB", text_of(Path("/proc/meminfo")))
    return int(row[1]) * 1024 if row else 0


def judge_memory(engine: EngineFacts, capacity: Capacity) -> list[Finding]:
    """Enough for a build of web, swap included."""
    need_engine(engine)
    swap = f" and {size(capacity.swap)} of swap" if capacity.swap else ""
    text = f"the engine has {size(engine.memory)}{swap}"
    more = "give Docker's virtual machine more" if engine.virtual else "add memory or swap (fallocate, mkswap, swapon)"
    if engine.memory < _RUNNING * 0.95:  # a machine of 4 GiB tells of a little less
        return [warning(f"{text}: Dify asks for 4 GiB to run, a build of web for more", more)]
    needed = _TWO_WEB_BUILDS if capacity.builds_twice else _WEB_BUILD
    if engine.memory + capacity.swap < needed * 0.95:
        text += f": a build of web may be killed, it wants {size(needed)}; without a change to web there is none"
        return [warning(text, more)]
    return [ok(text)]


def judge_disk(engine: EngineFacts, capacity: Capacity) -> list[Finding]:
    """Room for images and builds, where the engine keeps them."""
    need_engine(engine)
    if capacity.images_free is None:
        raise NotJudged("the engine's disk cannot be seen from here; it says itself: docker system df")
    text = f"{size(capacity.images_free)} free in {engine.root}"
    hint = "docker system df, then docker builder prune and docker image prune"
    if capacity.images_free < _FEW_IMAGES:
        return [error(f"{text}: Dify's images alone want more than {size(_FEW_IMAGES)}", hint)]
    if capacity.images_free < _IMAGES:
        return [warning(f"{text}: images and a build of api and web want {size(_IMAGES)}", hint)]
    return [ok(text)]
