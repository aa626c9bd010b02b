"""P2 and P5 of the budgets, on images of a real release: `DIFYKIT_UPSTREAM=… python -m tests.bench.images`.

Each figure is a ratio, or a difference, of commands run in turn in one session; the median of the runs is printed, and
their spread beside it. P5 rests on stand-ins, as the output says too:

* The official api image is `tests/support/real_image.py`'s, with the release's own distributions (2 GB).
* Upstream's own api/Dockerfile is not what difykit is compared with: it takes node, and data of nltk and tiktoken,
  from servers that a bench cannot depend on. It is the stand-in's Dockerfile, with upstream's steps in upstream's order
  but for those downloads: a cold build by upstream's own takes longer. What follows the COPY of the source, all that
  runs again with a warm cache, is upstream's to the letter.
* A cold machine has no build cache, which is `--no-cache` for upstream's. difykit's image has one step, whose bytes are
  new with each change, so that it never comes out of a cache; but a cold machine has to pull the official image first.
  That is a figure of its own: the pull from a registry on this machine, of one layer with all that is in the image.

Each cold build leaves 5 GB in BuildKit's cache; `docker buildx prune` takes them.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from difykit import docker
from difykit.core import files
from difykit.core.process import run
from tests.bench.source import compiled, difykit, seconds
from tests.support.fault_registry import REGISTRY, registry_answers
from tests.support.real_image import OFFICIAL, build_api, find_upstream, make_official, make_workspace, own_images

RUNS, COLD_RUNS = 7, 3
MINE = "overlays/mine/tree/api/mine.py"


@dataclass(frozen=True)
class Times:
    """How long one piece of work took, run by run."""

    runs: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.runs)

    def __str__(self) -> str:
        return f"{self.median:7.2f}s ({min(self.runs):.2f}-{max(self.runs):.2f})"


def in_turn(*works: Callable[[], object], runs: int, before: int = 1) -> list[Times]:
    """Pieces of work, one after the other, again and again; the first `before` rounds do not count."""
    rounds = [[seconds(work) for work in works] for _ in range(before + runs)][before:]
    return [Times(tuple(column)) for column in zip(*rounds, strict=True)]


def row(name: str, ours: Times, theirs: Times, beside: str, bound: str, *, holds: bool | None) -> None:
    mark = {True: "holds", False: "MISSED", None: ""}[holds]
    ratio = theirs.median / ours.median
    sys.stdout.write(f"{name:32}{ours!s:>22}{theirs!s:>24}{ratio:8.2f}  {beside}, {bound} {mark}\n")


class Bench:
    """A synced workspace with one file of its own, and its images."""

    def __init__(self, folder: Path, upstream: Path, name: str) -> None:
        self.name, self.scratch = name, folder / "scratch"
        self.root = folder / "workspace"
        files.write(self.root / "overlays/mine/overlay.yaml", "version: 1\ndescription: one file\n")
        self.edit()
        self.workspace = make_workspace(self.root, upstream, name, "hello-endpoint", "hello-console", "mine")

    def edit(self) -> None:
        # Never twice the same: an earlier bench has left its steps in BuildKit's cache.
        files.write(self.root / MINE, f"X = '{uuid.uuid4().hex}'\n")

    def ours(self, *words: str) -> None:
        difykit(self.root, *words)

    def change(self, *flags: str, runs: int, before: int = 1) -> list[Times]:
        """One file changed; then sync, build, and the same source built as upstream does it."""
        reference = f"{self.name}/upstream"

        def sync() -> None:
            self.edit()
            self.ours("sync")

        def theirs() -> None:
            build_api(reference, self.workspace.source / "api", self.scratch, *flags)

        build, forget = partial(self.ours, "build"), partial(docker.untag, reference)
        return in_turn(sync, build, theirs, forget, runs=runs, before=before)[:3]


@contextmanager
def published(scratch: Path) -> Iterator[str]:
    """The stand-in in the registry of this machine as an image that the engine does not have.

    One layer, made outside of BuildKit: what its cache holds would not be pulled.
    """
    reference = f"{REGISTRY}/{OFFICIAL}"
    container = run(["docker", "create", OFFICIAL]).text.strip()
    archive = scratch / "official.tar"
    try:
        run(["docker", "export", "--output", str(archive), container])
        run(["docker", "import", str(archive), reference])
        run(["docker", "push", "--quiet", reference])
        yield reference
    finally:
        run(["docker", "rm", container])
        archive.unlink(missing_ok=True)
        docker.untag(reference)


def pull(reference: str) -> Times:
    def again() -> float:
        docker.untag(reference)
        return seconds(lambda: run(["docker", "pull", "--quiet", reference]))

    return Times(tuple(again() for _ in range(COLD_RUNS)))


def warm(bench: Bench) -> None:
    """P2, and P5 where everything that can be cached is."""
    bench.ours("sync", "build")
    nothing, listing = in_turn(partial(bench.ours, "sync", "build"), partial(bench.ours, "--list"), runs=RUNS)
    more = nothing.median - listing.median
    row("P2 warm sync build", nothing, listing, "difykit --list", f"{more:+.2f} s, <= 0.5 s", holds=more <= 0.5)

    sync, build, theirs = bench.change(runs=RUNS)
    both = Times(tuple(sum(pair) for pair in zip(sync.runs, build.runs, strict=True)))
    fast = theirs.median >= 3 * build.median
    row("P5 one file changed, build", build, theirs, "upstream's steps, warm", ">= 3 x", holds=fast)
    row("   sync and build", both, theirs, "the same", "", holds=None)


def cold(bench: Bench) -> None:
    """P5 on a machine that has cached nothing."""
    _, build, theirs = bench.change("--no-cache", runs=COLD_RUNS, before=0)
    fast = theirs.median >= 20 * build.median
    row("P5 the same, nothing cached", build, theirs, "upstream's steps, --no-cache", ">= 20 x", holds=fast)
    if registry_answers():
        with published(bench.scratch) as reference:
            pulled = pull(reference)
        whole = Times(tuple(sum(pair) for pair in zip(pulled.runs, build.runs, strict=True)))
        row("   official image pulled first", whole, theirs, "the same", f"of it the pull {pulled!s}", holds=None)


def main() -> int:
    try:
        upstream = find_upstream()
    except LookupError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="difykit-bench-") as folder, own_images() as name:
        compiled(Path(folder))
        scratch = Path(folder) / "official"
        scratch.mkdir()
        make_official(upstream, scratch)
        sys.stdout.write(f"{'':32}{'difykit':>22}{'other':>24}{'ratio':>8}  beside, bound\n")
        bench = Bench(Path(folder), upstream, name)
        warm(bench)
        cold(bench)
    sys.stdout.write(
        f"The official image is a stand-in, {OFFICIAL}. Upstream's steps are those of its api/Dockerfile without node,"
        " nltk's and tiktoken's data, which cannot be had here.\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
