"""P8 of the budgets, on the real releases: `DIFYKIT_UPSTREAM=… python -m tests.bench.forecast`.

The three hello overlays and fifty patches of one file each, over every release of the upstream, on two cores. The
patches are made here, from the pinned release's own files. The releases are fetched before: that is measured apart.
"""

from __future__ import annotations

import difflib
import os
import resource
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from difykit.core import files
from difykit.core.progress import Silent
from difykit.git import Store, blob_id
from difykit.porting import Forecast, Wish, forecast
from difykit.workspace.workspace import Workspace

PIN = "1.12.1"
PATCHES = 50
CORES = 2
RUNS = 3
BOUND = 15.0
_TEXT = (".py", ".ts", ".tsx")


def one_file_patches(store: Store, commit: str, count: int) -> dict[str, bytes]:
    """A patch for each of `count` files, spread evenly over api's and web's; each changes one line in three."""
    tree = store.tree(commit)
    paths = [path for path in sorted(tree.entries) if path.startswith(("api/", "web/")) and path.endswith(_TEXT)]
    long = list(
        _long_ones(store, paths[:: max(1, len(paths) // (count * 4))], {p: e.oid for p, e in tree.entries.items()})
    )
    chosen = long[:: max(1, len(long) // count)][:count]
    assert len(chosen) == count, f"{len(chosen)} files of {len(paths)} are long enough"
    return {f"{number:04d}.patch": _patch(path, text) for number, (path, text) in enumerate(chosen, 1)}


def _long_ones(store: Store, paths: list[str], oids: dict[str, str]) -> Iterator[tuple[str, list[str]]]:
    store.prefetch(oids[path] for path in paths)
    for path in paths:
        text = store.blob(oids[path]).decode("utf-8", "replace")
        if text.count("\n") >= 60 and text.endswith("\n") and "\r" not in text:
            yield path, text.splitlines(keepends=True)


def _patch(path: str, lines: list[str]) -> bytes:
    mark = "#" if path.endswith(".py") else "//"
    places = {len(lines) // 4, len(lines) // 2, 3 * len(lines) // 4}
    new = [
        piece for at, line in enumerate(lines) for piece in ((f"{mark} ours {at}\n", line) if at in places else (line,))
    ]
    ids = [blob_id("".join(side).encode()) for side in (lines, new)]
    head = "From: Somebody <somebody@example.invalid>\nDate: Sun, 22 Nov 2026 12:00:00 +0000\n"
    head += f"Subject: [PATCH] mark {path}\n\nWhy: to be carried\n---\n"
    diff = f"diff --git a/{path} b/{path}\nindex {ids[0]}..{ids[1]} 100644\n"
    return (head + diff + "".join(difflib.unified_diff(lines, new, f"a/{path}", f"b/{path}"))).encode()


def workspace(folder: Path, url: str) -> Workspace:
    names = "[hello-endpoint, hello-console, hello-page]"
    files.write(folder / "difykit.yaml", f'version: 1\nupstream: {{url: "{url}", ref: {PIN}}}\noverlays: {names}\n')
    here = Workspace.open(folder)
    with Store(here.store) as store:
        store.ensure()
        commit = store.fetch(url, PIN, lambda _: None)
        patches = one_file_patches(store, commit, PATCHES)
    for name, text in patches.items():
        files.write(folder / "patches" / name, text)
    files.write(folder / "patches/series", "".join(f"{name}\n" for name in patches))
    return here


def measured(work: Callable[[], Forecast]) -> tuple[Forecast, float, float]:
    """What it gives, the seconds it takes, and those of all processors together."""
    used = _used()
    started = time.perf_counter()
    found = work()
    return found, time.perf_counter() - started, _used() - used


def _used() -> float:
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in both)


def main() -> int:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        sys.stderr.write("DIFYKIT_UPSTREAM names no repository of Dify's releases\n")
        return 2
    with tempfile.TemporaryDirectory(prefix="difykit-bench-") as folder:
        here = workspace(Path(folder), Path(place).resolve().as_uri())

        def work() -> Forecast:
            return forecast(here, Wish(every=True), Silent(), processes=CORES)

        _, cold, cold_cpu = measured(work)
        runs = [measured(work) for _ in range(RUNS)]
    found = runs[-1][0]
    wall, cpu = statistics.median(run[1] for run in runs), statistics.median(run[2] for run in runs)
    states = Counter(str(cell.state) for one in found.outlooks for cell in one.cells)
    sys.stdout.write(f"{len(found.rows)} customisations on {len(found.outlooks)} releases from {PIN}: {dict(states)}\n")
    sys.stdout.write(f"with the fetch of the releases   {cold:7.2f} s  processors {cold_cpu:7.2f} s\n")
    mark = "holds" if wall <= BOUND else "MISSED"
    sys.stdout.write(
        f"P8 forecast                      {wall:7.2f} s  processors {cpu:7.2f} s  <= {BOUND:.0f} s: {mark}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
