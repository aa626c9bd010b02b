"""P1 to P4 of the budgets, on a real release: `DIFYKIT_UPSTREAM=… python -m tests.bench.source`.

Each figure is a ratio, or a difference, of commands run in turn in one session; the median of the runs is printed.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from difykit.core import files
from difykit.git import Store, write_chain
from difykit.source.sync.layers import LayerCommits
from difykit.source.sync.plan import layer_plans, read_inputs
from difykit.workspace.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
RELEASE, NEXT = "1.12.1", "1.13.0"
PATCHES = 175
RUNS = 5


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    name: str
    ours: float
    theirs: float
    what: str
    bound: str
    holds: bool


def run(*argv: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> bytes:
    env = {key: value for key, value in os.environ.items() if key != "CI"} | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(list(map(str, argv)), cwd=cwd, env=env, input=stdin, check=True, capture_output=True).stdout


def compiled(folder: Path) -> None:
    """Let Python keep what it compiles in `folder`, as it does for an installed difykit; some machines forbid it."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")


def difykit(here: Path, *words: str) -> None:
    run(sys.executable, "-m", "difykit", *words, cwd=here)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def paired(ours: Callable[[], object], theirs: Callable[[], object], runs: int = RUNS) -> tuple[float, float]:
    """The medians of two pieces of work, run in turn after one run each that does not count."""
    ours(), theirs()
    pairs = [(seconds(ours), seconds(theirs)) for _ in range(runs)]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def workspace(folder: Path, url: str, release: str, patches: dict[str, bytes] | None = None) -> Path:
    settings = f'version: 1\nupstream: {{url: "{url}", ref: {release}}}\noverlays: [mine]\n'
    files.write(folder / "difykit.yaml", settings)
    files.write(folder / "overlays/mine/overlay.yaml", "version: 1\ndescription: one file\n")
    files.write(folder / "overlays/mine/tree/api/mine.py", "X = 1\n")
    for name, text in (patches or {}).items():
        files.write(folder / "patches" / name, text)
    files.write(folder / "patches/series", "".join(f"{name}\n" for name in patches or {}))
    return folder


def one_file_patches(upstream: Path) -> dict[str, bytes]:
    """A patch for each of the first text files that the next release changes."""
    names = run("git", "-C", upstream, "diff", "--numstat", "--diff-filter=M", "--no-renames", RELEASE, NEXT).decode()
    paths = [line.split("\t")[2] for line in names.splitlines() if not line.startswith("-")]
    plain = [path for path in paths if '"' not in path][:PATCHES]
    who = b"From: Somebody <somebody@example.invalid>\nDate: Sun, 22 Nov 2026 12:00:00 +0000\n"
    return {
        f"{number:04d}.patch": who
        + b"Subject: [PATCH] %s\n\n---\n" % path.encode()
        + run("git", "-C", upstream, "diff", "--full-index", RELEASE, NEXT, "--", path)
        for number, path in enumerate(plain, 1)
    }


def cold(scratch: Path, url: str) -> Row:
    """P1: everything from nothing, beside a clone of one commit."""

    def ours() -> None:
        difykit(workspace(Path(tempfile.mkdtemp(dir=scratch)), url, "1.15.0"), "sync")

    def theirs() -> None:
        folder = tempfile.mkdtemp(dir=scratch)
        run("git", "clone", "--quiet", "--depth", "1", "--branch", "1.15.0", url, folder)

    a, b = paired(ours, theirs, runs=3)
    return Row("P1 cold sync", a, b, "git clone --depth 1", "<= 1.15 x", a <= 1.15 * b)


def warm(scratch: Path, url: str) -> Row:
    """P2: nothing to do, beside listing the tasks."""
    here = workspace(scratch / "warm", url, "1.15.0")
    difykit(here, "sync")
    a, b = paired(lambda: difykit(here, "sync"), lambda: difykit(here, "--list"))
    return Row("P2 warm sync", a, b, "difykit --list", "<= 0.5 s more", a - b <= 0.5)


def one_change(scratch: Path, url: str, patches: dict[str, bytes]) -> Row:
    """P3: one overlay file changed, behind all the patches."""
    here = workspace(scratch / "change", url, RELEASE, patches)
    difykit(here, "sync")
    count = iter(range(10**6))

    def ours() -> None:
        files.write(here / "overlays/mine/tree/api/mine.py", f"X = {next(count) + 2}\n")
        difykit(here, "sync")

    a, b = paired(ours, lambda: difykit(here, "--list"))
    return Row(f"P3 one file changed, {len(patches)} patches", a, b, "difykit --list", "<= 1.0 s", a <= 1.0)


def all_patches(scratch: Path, url: str, upstream: Path, patches: dict[str, bytes]) -> list[Row]:
    """P4: all patches from nothing, one commit each, beside git with their sum and quilt one by one."""
    here = workspace(scratch / "patches", url, RELEASE, patches)
    difykit(here, "sync")
    store, total = here / ".difykit/upstream.git", b"".join(patches.values())
    base = run("git", "-C", store, "rev-parse", f"refs/difykit/releases/{RELEASE}").decode().strip()
    index = scratch / "index"

    opened, version = Workspace.open(here), Version(RELEASE)

    def in_process() -> None:
        with Store(store) as source:
            inputs = read_inputs(opened, version)
            plans = layer_plans(inputs, base, version, None)
            write_chain(source, base, LayerCommits(source, base, version, inputs, []).commits(plans))

    def git_apply() -> None:
        for words in (("read-tree", base), ("apply", "--cached"), ("write-tree",)):
            argv = ["env", f"GIT_INDEX_FILE={index}", "git", "-C", str(store), *words]
            run(*argv, stdin=total if words[0] == "apply" else None)

    own, b = paired(in_process, git_apply)
    rows = [Row(f"P4 {len(patches)} patches, a commit each", own, b, "one git apply", "<= 2.5 x", own <= 2.5 * b)]
    if shutil.which("quilt"):
        tree = scratch / "quilt"
        tree.mkdir()
        subprocess.run(["tar", "-x", "-C", str(tree)], input=run("git", "-C", upstream, "archive", RELEASE), check=True)
        shutil.copytree(here / "patches", tree / "patches")

        c = seconds(lambda: run("quilt", "push", "-a", "-q", cwd=tree))
        rows.append(Row("P4 the same", own, c, "quilt push -a", ">= 10 x faster", c >= 10 * own))
    return rows


def main() -> int:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        sys.stderr.write("DIFYKIT_UPSTREAM names no repository of Dify's releases\n")
        return 2
    upstream = Path(place).resolve()
    patches = one_file_patches(upstream)
    with tempfile.TemporaryDirectory(prefix="difykit-bench-") as folder:
        scratch, url = Path(folder), upstream.as_uri()
        compiled(scratch)
        rows = [cold(scratch, url), warm(scratch, url), one_change(scratch, url, patches)]
        rows += all_patches(scratch, url, upstream, patches)
    sys.stdout.write(f"{'':34}{'difykit':>9}{'other':>9}{'ratio':>8}  beside, bound\n")
    for row in rows:
        mark = "holds" if row.holds else "MISSED"
        figures = f"{row.ours:8.3f}s{row.theirs:8.3f}s{row.ours / row.theirs:8.2f}"
        sys.stdout.write(f"{row.name:34}{figures}  {row.what}, {row.bound}: {mark}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
