"""Files that git merged by their lines without a conflict: which they are, and which of them may not stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from difykit.git import GitEntry, Store
from difykit.porting.strategies.bounded_judgement import LIMIT, Unjudged, judged
from difykit.porting.strategies.merge_findings import has_quiet_side, judge
from difykit.porting.strategies.model import FindingWeight, MergeTexts
from difykit.porting.strategies.refused import judges

Entries = Mapping[str, GitEntry]


@dataclass(frozen=True)
class MergedFile:
    """A file that git made of changes of both sides, and its three sides."""

    path: str
    merged: GitEntry
    base: GitEntry | None
    ours: GitEntry | None
    theirs: GitEntry | None


def merged_files(
    written: Mapping[str, GitEntry | None], base: Entries, ours: Entries, theirs: Entries
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


@dataclass(frozen=True)
class MergeVerdict:
    """Why a file that git merged may not stand, or None; and what a reader should know of one that may."""

    reason: str | None = None
    remarks: tuple[str, ...] = ()


def verdict(store: Store, file: MergedFile) -> MergeVerdict:
    """What there is to say of what git merged: only what is wrong for sure is a reason against it.

    What cannot be judged at all, such as a file of a newer language, is git's to merge as it always was.
    Raises DifyKitError when the store lacks an object.
    """
    blobs = [store.blob(entry.oid) if entry else b"" for entry in (file.base, file.ours, file.theirs, file.merged)]
    if any(b"\0" in blob[:8000] or len(blob) > LIMIT for blob in blobs):
        return MergeVerdict()
    base, ours, theirs, merged = (blob.decode("utf-8", "surrogateescape") for blob in blobs)
    sides = MergeTexts(file.path, base, ours, theirs)
    try:
        findings = judged(lambda: [] if has_quiet_side(sides, merged) else judge(sides, merged))
    except Unjudged as error:
        return MergeVerdict(f"git merges its lines, but {error}")
    if findings and findings[0].weight is FindingWeight.SURE:
        return MergeVerdict(f"git merges its lines, but {findings[0].text}")
    return MergeVerdict(None, tuple(finding.text for finding in findings))
