"""P7 of the budgets, on the web of a real release: `DIFYKIT_UPSTREAM=… python -m tests.bench.web`.

Builds by `difykit build` in one workspace: from nothing, after one page was edited, and with nothing changed. The first
rests on no cache: the workspace is new, and so are its caches, and the base image is made for this run, so that no step
on it has run before. It takes minutes and 5 GB of memory, so that there is one of it.

A machine that does other work at the same time makes all of it slower, so that the seconds of processor time that the
build's own processes took stand beside the seconds of the clock. Memory is theirs together, at its highest.

Stand-ins: the image node:24-alpine, made of Debian with node's own binary of that version; and no Google Fonts.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from difykit.core import files
from difykit.core.process import run
from tests.bench.source import compiled, difykit, seconds
from tests.support.real_image import RELEASE, find_upstream, own_images
from tests.support.real_web import PAGE, base_image, make_workspace, page

_TICK = os.sysconf("SC_CLK_TCK")
_PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Watch:
    """The processes of steps that run in /app, seen from outside: what they took."""

    used: dict[int, float] = field(default_factory=dict)
    peak: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self.stop.wait(0.5):
            together = 0
            for place in Path("/proc").glob("[0-9]*"):
                with suppress(OSError, ValueError):
                    if str((place / "cwd").readlink()).startswith("/app"):
                        words = (place / "stat").read_text().rpartition(")")[2].split()
                        self.used[int(place.name)] = (int(words[11]) + int(words[12])) / _TICK
                        together += int(words[21]) * _PAGE_SIZE
            self.peak = max(self.peak, together)


@dataclass(frozen=True)
class Took:
    """What one build took: seconds of the clock, of processors, and bytes."""

    clock: float
    processor: float
    memory: int

    def __str__(self) -> str:
        return f"{self.clock:8.1f} s {self.processor:8.1f} s {self.memory / (1 << 30):6.1f} GiB"


def measured(work: Callable[[], object]) -> Took:
    watch = Watch()
    thread = threading.Thread(target=watch.look)
    thread.start()
    try:
        clock = seconds(work)
    finally:
        watch.stop.set()
        thread.join()
    return Took(clock, sum(watch.used.values()), watch.peak)


def references(name: str) -> set[str]:
    listed = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={name}/*"]
    return set(run(listed).text.split())


def bench(root: Path, name: str) -> None:
    def build() -> None:
        difykit(root, "build")

    difykit(root, "sync")
    cold = measured(build)
    sys.stdout.write(f"{'from nothing':28}{cold}\n")
    for _ in range(2):
        files.write(root / PAGE, page(uuid.uuid4().hex))
        difykit(root, "sync")
        warm = measured(build)
        ratio = f"{cold.clock / warm.clock:5.1f} x, {cold.processor / max(warm.processor, 0.1):5.1f} x"
        mark = "holds" if cold.clock >= 2 * warm.clock else "MISSED"
        sys.stdout.write(f"{'P7 after one page edit':28}{warm}  {ratio}, >= 2 x {mark}\n")
    before = references(name)
    none = measured(build)
    mark = "holds" if references(name) == before and none.processor == 0 else "MISSED"
    sys.stdout.write(f"{'P7 nothing changed':28}{none}  no build at all {mark}\n")


def main() -> int:
    try:
        upstream = find_upstream()
    except LookupError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="difykit-bench-") as folder, own_images() as name, base_image(name) as base:
        compiled(Path(folder))
        root = Path(folder) / "workspace"
        make_workspace(root, upstream, name, base)
        sys.stdout.write(f"{f'web of {RELEASE}':28}{'clock':>10} {'processors':>10} {'memory':>10}\n")
        bench(root, name)
        sys.stdout.write("The base image is a stand-in, and no font is fetched.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
