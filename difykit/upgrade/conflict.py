"""A conflict as git has it: a work tree with markers and unmerged paths, which any tool can resolve."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from difykit.errors import Damaged, DifyKitError
from difykit.git import Changes, Store, WorkTree
from difykit.git.apart import Apart
from difykit.git.call import git
from difykit.git.damage import describe, tree_faults
from difykit.merge import INVALID, UNFIT
from difykit.patch import blob_id
from difykit.upgrade.journal import Clash, Places, Stop
from difykit.upgrade.resolutions import Memory
from difykit.upgrade.staging import read_blob


def lay(places: Places, store: Store, stop: Stop, memory: Memory) -> None:
    """Make the work tree of a conflict: the new source so far, with the merge on it; what is known is resolved.

    Whatever an earlier conflict left there goes.
    """
    work = WorkTree(places.work, store)
    work.move(stop.ours, discard=True)
    _lend_memory(work.git_dir, memory)
    work.set_config({"merge.conflictStyle": "zdiff3"})
    with work.apart() as apart:
        apart.begin(stop.ours)
        apart.git("read-tree", "--reset", "-u", stop.tree)
        lines = [_gone(clash.path) + "".join(_stages(clash)) for clash in stop.clashes]
        apart.git("update-index", "-z", "--index-info", stdin="".join(lines).encode("utf-8", "surrogateescape"))
        for path, blob in memory.known(stop.clashes).items():
            place = places.work / path
            if blob is None:
                place.unlink(missing_ok=True)
            else:
                _write(place, *blob)
            apart.git("add", "--all", "--force", "--", f":(literal){path}")
        apart.git("-c", "rerere.enabled=true", "rerere")
        apart.publish()


def _write(place: Path, mode: str, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.unlink(missing_ok=True)
    if mode == "120000":
        place.symlink_to(os.fsdecode(content))
    else:
        place.write_bytes(content)
        place.chmod(0o755 if mode == "100755" else 0o644)


def _lend_memory(git_dir: Path, memory: Memory) -> None:
    memory.rr_cache.mkdir(parents=True, exist_ok=True)
    link = git_dir / "rr-cache"
    if not link.is_symlink():
        shutil.rmtree(link, ignore_errors=True)
        link.symlink_to(os.path.relpath(memory.rr_cache, git_dir))


def _gone(path: str) -> str:
    return f"0 {'0' * 40}\t{path}\0"


def _stages(clash: Clash) -> Iterator[str]:
    for number, side in enumerate((clash.base, clash.ours, clash.theirs), 1):
        if side:
            yield f"{side.mode} {side.oid} {number}\t{clash.path}\0"


def unresolved(places: Places, stop: Stop) -> list[str]:
    """What is left to do in the work tree, each with its place and what to do about it."""
    _check_there(places)
    unmerged = _unmerged(places)
    left: list[str] = []
    for clash in stop.clashes:
        place = places.work / clash.path
        if lines := _marked(place, stop.labels):
            left += [f"{place}:{line}: a conflict" for line in lines]
        elif clash.kind == UNFIT:
            if os.path.lexists(place) and _untouched(places, stop, clash):
                left.append(f"{place}: {clash.note}")
        elif clash.path in unmerged and clash.kind == INVALID:
            if _untouched(places, stop, clash):
                left.append(f"{place}: {clash.note}; mend it; keep it as it is: git add {clash.path}")
        elif clash.path in unmerged and not clash.hunks and os.path.lexists(place):
            left.append(f"{place}: {_says(clash)}; keep it: git add {clash.path}; drop it: git rm {clash.path}")
    others = sorted(unmerged - {clash.path for clash in stop.clashes})
    return [*left, *(f"{places.work / path}: is unmerged: git add {path}, or git rm {path}" for path in others)]


def _untouched(places: Places, stop: Stop, clash: Clash) -> bool:
    """Whether a file without marks, which a person has to mend, is as git merged it."""
    blob = read_blob(places.work / clash.path)
    laid_out = _run(places, "rev-parse", f"{stop.tree}:{clash.path}").decode().strip()
    return blob is not None and blob_id(blob[1]) == laid_out


def _says(clash: Clash) -> str:
    if clash.kind in {"modify/delete", "rename/delete"}:
        return "the release has it no more, and yours changes it" if clash.theirs else "yours deletes it"
    return f"a conflict ({clash.kind})"


def _marked(place: Path, labels: Sequence[str]) -> list[int]:
    """The lines of the markers that git put into a file."""
    blob = read_blob(place)
    if blob is None or blob[0] == "120000":
        return []
    start, end = (f"{mark} {label}".encode() for mark, label in zip(("<" * 7, ">" * 7), labels, strict=True))
    rows = list(enumerate(BytesIO(blob[1]).readlines(), 1))
    starts = [number for number, line in rows if line.startswith(start)]
    return starts or [number for number, line in rows if line.startswith(end)]


def _unmerged(places: Places) -> set[str]:
    raw = _run(places, "ls-files", "--unmerged", "-z").decode("utf-8", "surrogateescape")
    return {record.partition("\t")[2] for record in raw.split("\0") if record}


def harvest(places: Places, stop: Stop, memory: Memory) -> Changes:
    """What the resolved work tree changes in the new source, remembered file by file."""
    remember(places, stop, memory)
    with _apart(places) as apart:
        apart.git("add", "--update")  # what a merge tool leaves beside the files is not part of the patch
        tree = apart.git("write-tree").text.strip()
        apart.publish()
    with Store(places.work / ".git") as resolved:
        there = resolved.tree(tree)
        changed = resolved.changed(stop.ours, tree)
        resolved.prefetch(there.entries[path].oid for _, path in changed if path in there.entries)
        if links := [path for _, path in changed if path in there.entries and there.entries[path].mode == "160000"]:
            raise DifyKitError(
                f"{places.work / links[0]} is a repository of its own, which no patch can hold",
                hint="move it away, then: difykit upgrade.continue",
            )
        return {path: there.read(path) for _, path in changed}


def remember(places: Places, stop: Stop, memory: Memory) -> None:
    """Keep what is resolved of a conflict so far; nothing where there is no work tree."""
    if not (places.work / ".git" / "HEAD").is_file():
        return
    with _apart(places) as apart:
        apart.git("-c", "rerere.enabled=true", "rerere")
        apart.publish()
    unmerged = _unmerged(places)
    for clash in stop.clashes:
        place = places.work / clash.path
        decided = clash.path not in unmerged or clash.hunks or not os.path.lexists(place)
        if not decided and clash.kind == INVALID:
            decided = not _untouched(places, stop, clash)
        if decided and not _marked(place, stop.labels):
            memory.keep_file(clash, read_blob(place))


@contextmanager
def _apart(places: Places) -> Iterator[Apart]:
    """Git's work on the work tree as it stands, under git's own locks."""
    with Store(places.work / ".git") as store:
        work = WorkTree(places.work, store)
        work.recover()
        with work.apart() as apart:
            apart.begin(work.head() or "")
            yield apart


def untracked(places: Places) -> list[str]:
    """The files in the work tree that git was not told of, and that are therefore in no resolution."""
    raw = _run(places, "ls-files", "--others", "--exclude-standard", "-z").decode("utf-8", "surrogateescape")
    return [path for path in raw.split("\0") if path]


def damage(places: Places) -> str:
    """What is broken in the work tree's repository, "" for nothing: then no answer of git's would be true."""
    store = Store(places.top.parent / "upstream.git")
    return describe(tree_faults(WorkTree(places.work, store, only_look=True), store))


def _check_there(places: Places) -> None:
    if fault := damage(places):
        raise Damaged(
            f"{places.work} is damaged: {fault}",
            hint="difykit upgrade.abort puts it aside, with what you resolved in it; then start again",
        )
    if not (places.work / ".git" / "HEAD").is_file():
        raise DifyKitError(
            f"{places.work} is gone, with what was resolved in it",
            hint="difykit upgrade.abort, then start again; what was resolved before comes back by itself",
        )


def _run(places: Places, *args: str, stdin: bytes = b"") -> bytes:
    return git(*args, git_dir=places.work / ".git", work_tree=places.work, stdin=stdin).stdout
