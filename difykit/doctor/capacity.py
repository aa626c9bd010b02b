"""Memory and disk: for a build of web, for images, for the data."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from difykit import files
from difykit.dify import containers, layout
from difykit.doctor.finding import Said, fail, ok, skip, warn
from difykit.doctor.space import Space
from difykit.engine import EngineFacts

GIB = 1 << 30
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
_DATA = 5 * GIB
_FULL = GIB


@dataclass(frozen=True)
class Capacity:
    """Free bytes, None where they cannot be seen from here."""

    swap: int = 0
    images_free: int | None = None
    data: str = ""
    data_free: int | None = None
    data_problem: str = ""
    builds_twice: bool = False


def look_at_capacity(space: Space, engine: EngineFacts) -> Capacity:
    """Ask the file systems, and read how the source builds web."""
    problem = _data_problem(space.data) if space.data else ""
    return Capacity(
        swap=_swap() if engine.local else 0,
        images_free=_free(Path(engine.root)) if engine.local and engine.root else None,
        data=str(space.data or ""),
        data_free=_free(space.data) if space.data else None,
        data_problem=problem,
        builds_twice=_builds_twice(space),
    )


def _swap() -> int:
    try:
        found = re.search(r"(?m)^SwapTotal:\s+(\d+) kB", files.read_text(Path("/proc/meminfo"), encoding="ascii"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _nearest(place: Path) -> Path:
    """The folder, or the nearest one above that is there; one that is closed to us counts as there."""
    for folder in (place, *place.parents):
        try:
            folder.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:
            return folder
        return folder
    return Path("/")


def _free(place: Path) -> int | None:
    try:
        return shutil.disk_usage(_nearest(place)).free
    except OSError:
        return None


def _data_problem(data: Path) -> str:
    if bad := sorted(set(str(data)) & set(":$\n\r")):
        return f"{data} has {' '.join(map(repr, bad))} in its path, where Compose would cut it off"
    folder = _nearest(data)
    if not folder.is_dir():
        return f"{folder} is not a folder"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"{folder} cannot be written by this user"
    return ""


def _builds_twice(space: Space) -> bool:
    if space.source is None:
        return False
    try:
        return containers.builds_web_twice(files.read_text(space.source / layout.WEB_DOCKERFILE, errors="replace"))
    except OSError:
        return False


def size(count: int) -> str:
    """Bytes as GiB."""
    return f"{count / GIB:.1f} GiB"


def memory_said(engine: EngineFacts, capacity: Capacity) -> list[Said]:
    """Enough for a build of web, swap included."""
    if engine.problem:
        return [skip("needs an engine")]
    swap = f" and {size(capacity.swap)} of swap" if capacity.swap else ""
    here = f"the engine has {size(engine.memory)}{swap}"
    more = "give Docker's virtual machine more" if engine.virtual else "add memory or swap (fallocate, mkswap, swapon)"
    if engine.memory < _RUNNING * 0.95:  # a machine of 4 GiB tells of a little less
        return [warn(f"{here}: Dify asks for 4 GiB to run, a build of web for more", more)]
    needed = _TWO_WEB_BUILDS if capacity.builds_twice else _WEB_BUILD
    if engine.memory + capacity.swap < needed * 0.95:
        text = f"{here}: a build of web may be killed, it wants {size(needed)}; without a change to web there is none"
        return [warn(text, more)]
    return [ok(here)]


def disk_said(engine: EngineFacts, capacity: Capacity) -> list[Said]:
    """Room for images and builds, where the engine keeps them."""
    if engine.problem:
        return [skip("needs an engine")]
    if capacity.images_free is None:
        return [skip("the engine's disk cannot be seen from here; it says itself: docker system df")]
    here = f"{size(capacity.images_free)} free in {engine.root}"
    mend = "docker system df, then docker builder prune and docker image prune"
    if capacity.images_free < _FEW_IMAGES:
        return [fail(f"{here}: Dify's images alone want more than {size(_FEW_IMAGES)}", mend)]
    if capacity.images_free < _IMAGES:
        return [warn(f"{here}: images and a build of api and web want {size(_IMAGES)}", mend)]
    return [ok(here)]


def data_said(capacity: Capacity) -> list[Said]:
    """The data folder can be made and written, and has room."""
    if not capacity.data:
        return [skip("no workspace")]
    if capacity.data_problem:
        return [
            fail(
                capacity.data_problem,
                f"sudo chown $(id -u) {shlex.quote(capacity.data)}, or set deploy.data in difykit.yaml",
            )
        ]
    if capacity.data_free is None:
        return [skip(f"{capacity.data}: its disk cannot be seen from here")]
    here = f"{capacity.data}, {size(capacity.data_free)} free"
    mend = "make room, or set deploy.data in difykit.yaml to a folder on another disk before the first deploy"
    if capacity.data_free < _FULL:
        return [fail(f"{here}: databases stop on a full disk", mend)]
    return [warn(f"{here}: little for databases and uploads", mend) if capacity.data_free < _DATA else ok(here)]
