"""Whether upstream has a patch's change already."""

from __future__ import annotations

from collections.abc import Iterable

from difykit.git import blob_id
from difykit.source.patch.apply import Blob, Read
from difykit.source.patch.model import FileChange, Hunk, Patch


def unapplied(patch: Patch, read: Read) -> dict[str, Blob | None] | None:
    """The files as they were before the patch, None where `read` does not give them as the patch makes them.

    Lines are found also at other places of their file. A binary that cannot be taken back stays as it is.
    """
    before: dict[str, Blob | None] = {}
    for change in patch.changes:
        current = read(change.path)
        undone = _undone(change, current, read)
        if undone is None:
            return None
        before |= undone
    return before


def _undone(change: FileChange, current: Blob | None, read: Read) -> dict[str, Blob | None] | None:
    if change.kind == "delete":
        gone = b"".join(line for hunk in change.hunks for line in hunk.old)
        return {change.path: (change.old_mode or "100644", gone)} if current is None else None
    if current is None or change.new_mode not in {None, current[0]}:
        return None
    if change.kind == "add":
        return {change.path: None} if _is_added(change, current[1]) else None
    if change.kind == "rename" and change.old_path and read(change.old_path) is not None:
        return None
    content = _binary_undone(change, current[1]) if change.binary else _undo(change.hunks, current[1])
    if content is None:
        return None
    old: dict[str, Blob | None] = {} if change.kind == "modify" else {change.path: None}
    return {
        **old,
        **({} if change.kind == "copy" else {change.old_path or "": (change.old_mode or current[0], content)}),
    }


def _is_added(change: FileChange, content: bytes) -> bool:
    if change.binary:
        return change.new_id is not None and blob_id(content) == change.new_id
    return content == b"".join(line for hunk in change.hunks for line in hunk.new)


def _binary_undone(change: FileChange, content: bytes) -> bytes | None:
    return content if change.new_id is not None and blob_id(content) == change.new_id else None


def _undo(hunks: Iterable[Hunk], content: bytes) -> bytes | None:
    """The content with the new lines of all hunks, and those around them, found in their order and turned back."""
    restored, remainder = b"", b"\n" + content
    for hunk in hunks:
        needle = b"\n" + b"".join(hunk.new)
        ends = not needle.endswith(b"\n")
        position = (
            len(remainder) - len(needle)
            if ends and remainder.endswith(needle)
            else -1
            if ends
            else remainder.find(needle)
        )
        if position < 0:
            return None
        restored += remainder[:position] + b"\n" + b"".join(hunk.old)
        remainder = remainder[position + len(needle) :]
        if not ends:  # the end of the last line is the start of the next hunk's search
            restored, remainder = restored.removesuffix(b"\n"), b"\n" + remainder
    return (restored + remainder)[1:]
