"""A conflict as git has it: a work tree with markers and unmerged paths, which any tool can resolve."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from difykit.core import files
from difykit.core.errors import Damaged, DifyKitError
from difykit.core.progress import Progress
from difykit.git import Apart, Changes, Store, WorkTree, describe, git, tree_faults
from difykit.porting.apply.journal import Places, Stop, UnresolvedPath
from difykit.porting.apply.staging import read_blob
from difykit.porting.conflicts.judgement import Examiner, Judgement, clash_flaws, marked
from difykit.porting.conflicts.resolutions import Memory, about, how_of

_HUNKS = "difykit-hunks"
"""Which of git's memories of a hunk is about which path; git itself forgets it once the hunk is resolved."""


def lay(places: Places, store: Store, stop: Stop, memory: Memory, remembered: Changes) -> tuple[str, ...]:
    """Make the work tree of a conflict: the new source so far, with the merge on it; what is known is resolved.

    Whatever an earlier conflict left there goes. What git remembers of a hunk and may not stand is forgotten, and
    told with its place.
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
        for path, blob in remembered.items():
            file = places.work / path
            if blob is None:
                file.unlink(missing_ok=True)
            else:
                _write(file, *blob)
            apart.git("add", "--all", "--force", "--", f":(literal){path}")
        apart.git("-c", "rerere.enabled=true", "rerere")
        refused = tuple(_doubted(places, store, stop, apart, remembered))
        apart.publish()
    files.write(work.git_dir / _HUNKS, files.read_bytes_if_there(work.git_dir / "MERGE_RR") or b"")
    return refused


def _doubted(places: Places, store: Store, stop: Stop, apart: Apart, remembered: Changes) -> Iterator[str]:
    """What rerere put in the place of hunks and may not stand; git's own conflict is there again afterwards."""
    checkout = store.tree(stop.tree)
    for clash in stop.clashes:
        file, blob = places.work / clash.path, checkout.read(clash.path)
        current = read_blob(file)
        if not clash.hunks or clash.path in remembered or not blob or not current or marked(current, stop.labels):
            continue
        if wrong := clash_flaws(store, clash, current):
            yield from (flaw.at(clash.path) for flaw in wrong)
            apart.git("-c", "rerere.enabled=true", "rerere", "forget", "--", f":(literal){clash.path}")
            _write(file, *blob)


def _write(path: Path, mode: str, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if mode == "120000":
        path.symlink_to(os.fsdecode(content))
    else:
        path.write_bytes(content)
        path.chmod(0o755 if mode == "100755" else 0o644)


def _lend_memory(git_dir: Path, memory: Memory) -> None:
    memory.rr_cache.mkdir(parents=True, exist_ok=True)
    link = git_dir / "rr-cache"
    if not link.is_symlink():
        shutil.rmtree(link, ignore_errors=True)
        link.symlink_to(os.path.relpath(memory.rr_cache, git_dir))


def _gone(path: str) -> str:
    return f"0 {'0' * 40}\t{path}\0"


def _stages(clash: UnresolvedPath) -> Iterator[str]:
    for number, side in enumerate((clash.base, clash.ours, clash.theirs), 1):
        if side:
            yield f"{side.mode} {side.oid} {number}\t{clash.path}\0"


def examine(places: Places, stop: Stop, accept: Collection[str] = ()) -> Judgement:
    """What is left to do in the work tree; where a person insists, at `accept`, what is there is taken.

    Raises DifyKitError where there is no work tree, Damaged where git cannot say what is in it.
    """
    _check_there(places)
    return Examiner(places, stop, accept).examine()


def harvest(places: Places, stop: Stop, memory: Memory, judgement: Judgement) -> Changes:
    """What the resolved work tree changes in the new source, remembered file by file."""
    remember(places, stop, memory, judgement)
    with _apart(places) as apart:
        apart.git("add", "--update")  # what a merge tool leaves beside the files is not part of the patch
        tree = apart.git("write-tree").text.strip()
        apart.publish()
    with Store(places.work / ".git") as resolved:
        resolved_tree = resolved.tree(tree)
        changed = resolved.changed(stop.ours, tree)
        resolved_tree.prefetch(path for _, path in changed)
        if links := [
            path
            for _, path in changed
            if path in resolved_tree.entries and resolved_tree.entries[path].mode == "160000"
        ]:
            raise DifyKitError(
                f"{places.work / links[0]} is a repository of its own, which no patch can hold",
                hint="move it away, then: difykit upgrade.continue",
            )
        return {path: resolved_tree.read(path) for _, path in changed}


def remember(places: Places, stop: Stop, memory: Memory, judgement: Judgement) -> None:
    """Keep what is resolved of a conflict so far, but for what may not stand."""
    hunks = _hunks(places)
    _withhold(places, judgement.open)
    with _apart(places) as apart:
        apart.git("-c", "rerere.enabled=true", "rerere")
        apart.publish()
    for clash in stop.clashes:
        if clash.path not in judgement.open:
            memories = memory.keep_file(clash, read_blob(places.work / clash.path))
            note = about(stop, clash, how_of(judgement, clash.path))
            hunk_keys = tuple(key for key in hunks.get(clash.path, ()) if memory.notebook.holds(key))
            memory.notebook.write(note.model_copy(update={"memories": (*memories, *hunk_keys)}))


def _hunks(places: Places) -> dict[str, tuple[str, ...]]:
    """The memories of hunks by the path that git laid them out at."""
    raw = files.read_bytes_if_there(places.work / ".git" / _HUNKS) or b""
    hunks: dict[str, tuple[str, ...]] = {}
    for record in raw.decode("utf-8", "surrogateescape").split("\0"):
        name, _, path = record.partition("\t")
        if path:
            hunks[path] = (*hunks.get(path, ()), f"rr-cache/{name.partition('.')[0]}")
    return hunks


def _withhold(places: Places, paths: Collection[str]) -> None:
    """Let git's rerere not learn from these paths."""
    path = places.work / ".git" / "MERGE_RR"
    if raw := files.read_bytes_if_there(path):
        records = [record for record in raw.split(b"\0") if record]
        allowed = [record for record in records if os.fsdecode(record.partition(b"\t")[2]) not in paths]
        files.write(path, b"".join(record + b"\0" for record in allowed))


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


def keep_resolved(places: Places, stop: Stop, memory: Memory, progress: Progress) -> None:
    """Remember what was resolved so far, and say what was not, since it may not stand."""
    if not (places.work / ".git" / "HEAD").is_file():
        return
    judgement = examine(places, stop)
    remember(places, stop, memory, judgement)
    for text in judgement.unsound:
        progress.warn(f"not remembered: {text}")
