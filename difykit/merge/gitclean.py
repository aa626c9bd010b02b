"""Files that git merged by their lines without a conflict: which they are, and which of them may not stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from difykit.git import Entry, Store
from difykit.merge.guard import LIMIT, Unjudged, judged
from difykit.merge.refused import judges, refused

Entries = Mapping[str, Entry]


@dataclass(frozen=True)
class MergedFile:
    """A file that git made of changes of both sides, and its three sides."""

    path: str
    merged: Entry
    base: Entry | None
    ours: Entry | None
    theirs: Entry | None


def merged_files(
    written: Mapping[str, Entry | None], base: Entries, ours: Entries, theirs: Entries
) -> Iterator[MergedFile]:
    """Those of what a merge writes into ours that are neither side's file; a moved one's sides are where it was."""
    for path, entry in written.items():
        if entry is None or not judges(path) or entry.mode not in {"100644", "100755"}:
            continue
        was, mine, other = base.get(path), ours.get(path), theirs.get(path)
        if mine is None:  # the customised side moved it: ours loses the old name
            gone = [old for old, now in written.items() if now is None and old in base and old in ours]
            old = _nearest(path, gone)
            was, mine = (was or base.get(old), ours.get(old))
        if other is None:  # upstream moved it
            gone = [old for old in theirs if old in base and old not in ours] if mine and was is None else []
            old = _nearest(path, gone)
            was, other = (was or base.get(old), theirs.get(old))
        if mine and other and entry.oid not in {mine.oid, other.oid}:
            yield MergedFile(path, entry, was, mine, other)


def _nearest(path: str, among: list[str]) -> str:
    """The one of the paths that a file most likely had before; "" where there are none."""
    name, folders = path.rpartition("/")[2], set(path.split("/"))
    return max(
        among,
        key=lambda old: (old.rpartition("/")[2] == name, len(folders & set(old.split("/")))),
        default="",
    )


def refusal(store: Store, file: MergedFile) -> str | None:
    """Why the language of a file refuses what git merged, or None.

    What cannot be judged at all, such as a file of a newer language, is git's to merge as it always was.
    Raises DifyKitError when the store lacks an object.
    """
    entries = [entry for entry in (file.merged, file.ours, file.theirs) if entry]
    blobs = [store.blob(entry.oid) for entry in entries]
    if any(b"\0" in blob[:8000] or len(blob) > LIMIT for blob in blobs):
        return None
    merged, *sides = (blob.decode("utf-8", "surrogateescape") for blob in blobs)
    try:
        reason = judged(lambda: refused(file.path, merged, sides))
    except Unjudged as error:
        reason = str(error)
    return f"git merges its lines, but {reason}" if reason else None
