"""Put a patch on a tree: exactly, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

from difykit.core.errors import PatchConflict
from difykit.git import blob_id
from difykit.source.patch.binary import BadDelta, apply_delta, inflate
from difykit.source.patch.conflict import UPSTREAM_TOOK, Misfit, describe, hunk_misfit
from difykit.source.patch.model import BinaryHunk, FileChange, Hunk, Malformed, Patch
from difykit.source.patch.paths import link_fault, printable

Blob = tuple[str, bytes]  # mode, content
Read = Callable[[str], Blob | None]


def apply(patch: Patch, read: Read) -> dict[str, Blob | None]:
    """Give the new blob of each path the patch changes, None where it goes away; `read` gives the tree before.
    Hunks fit at their line or not at all, and what comes out has the ids that the patch states.
    Raises PatchConflict with everything that does not fit.
    """
    gone = {change.old_path for change in patch.changes if change.kind in ("delete", "rename") and change.old_path}
    result: dict[str, Blob | None] = dict.fromkeys(gone)
    misfits: list[Misfit] = []
    for change in patch.changes:
        try:
            blob = _change(change, read, gone)
        except Misfit as misfit:
            misfits.append(misfit)
        else:
            if change.new_path is not None:
                result[change.new_path] = blob
    if misfits:
        message, hint = describe(patch, misfits)
        raise PatchConflict(message, hint=hint)
    return result


def _change(change: FileChange, read: Read, gone: set[str]) -> Blob:
    before = _source(change, read)
    if change.kind in ("add", "rename", "copy"):
        _check_room(change, read, gone)
    data = b"" if before is None else before[1]
    if change.binary is not None:
        data = _binary(change, change.binary[0], data)
    elif change.hunks:
        data = _hunks(change, data)
    if change.kind == "delete" and data:
        raise Misfit(change, "the patch deletes an empty file, in the release it has content")
    _check_ids(change, b"" if before is None else before[1], data)
    mode = change.new_mode or (before[0] if before is not None else "100644")
    if mode == "120000" and (fault := link_fault(change.path, data)):
        raise Misfit(change, fault)
    return mode, data


def _source(change: FileChange, read: Read) -> Blob | None:
    path = change.old_path
    if path is None:
        return None
    before = read(path)
    if before is None:
        raise Misfit(change, f"the release has no {printable(path)}{_already_gone(change, read)}")
    if change.old_mode is not None and before[0] != change.old_mode:
        text = f"the patch expects mode {change.old_mode}, the release has {before[0]}"
        already_changed = before[0] == change.new_mode and not change.hunks and change.binary is None
        raise Misfit(change, text + (f"; {UPSTREAM_TOOK}" if already_changed else ""))
    return before


def _already_gone(change: FileChange, read: Read) -> str:
    if change.kind == "delete":
        return f"; {UPSTREAM_TOOK}"
    if change.kind != "rename" or change.new_path is None:
        return ""
    existing = read(change.new_path)
    if existing is None:
        return ""
    same = change.new_id is None or blob_id(existing[1]).startswith(change.new_id)
    return f"; {UPSTREAM_TOOK}" if same else f", but it has {printable(change.new_path)}, with other content"


def _check_room(change: FileChange, read: Read, gone: set[str]) -> None:
    path = change.path
    existing = None if path in gone else read(path)
    if existing is not None:
        text = f"the patch makes this file, but the release has it, in mode {existing[0]}"
        if _is_result(change, existing):
            raise Misfit(change, f"the release has this very file; {UPSTREAM_TOOK}")
        raise Misfit(change, text)
    parts = path.split("/")
    for count in range(1, len(parts)):
        folder = "/".join(parts[:count])
        if folder not in gone and read(folder) is not None:
            raise Misfit(change, f"in the release {printable(folder)} is a file or a symlink, not a folder")


def _is_result(change: FileChange, existing: Blob) -> bool:
    if change.new_mode not in (None, existing[0]):
        return False
    if change.new_id is not None:
        return blob_id(existing[1]).startswith(change.new_id)
    return change.kind == "add" and existing[1] == b"".join(line for hunk in change.hunks for line in hunk.new)


def _hunks(change: FileChange, data: bytes) -> bytes:
    lines = BytesIO(data).readlines()  # splits at \n only, in C
    result: list[bytes] = []
    copied_until = 0
    for number, hunk in enumerate(change.hunks, 1):
        begin, old = hunk.old_index, hunk.old
        end = begin + len(old)
        fits = begin <= len(lines) and lines[begin:end] == old
        if not fits or (_ends_the_file(change, hunk, data) and end != len(lines)):
            raise hunk_misfit(change, number, lines, data)
        result += lines[copied_until:begin]
        result += hunk.new
        copied_until = end
    result += lines[copied_until:]
    return b"".join(result)


def _ends_the_file(change: FileChange, hunk: Hunk, data: bytes) -> bool:
    """Less context after a change than before it says that the file ends there.
    With `git diff -W` it does not; then the ids vouch for the place, and only a hunk without any is held to it.
    """
    before, after = hunk.context
    complete = all(line.endswith(b"\n") for line in hunk.lines)
    vouched = change.new_id is not None and not _is_other(change, data)
    return not after or not complete or (after < before and not vouched)


def _binary(change: FileChange, hunk: BinaryHunk, data: bytes) -> bytes:
    if change.old_id is not None and blob_id(data) != change.old_id:
        took = f"; {UPSTREAM_TOOK}" if blob_id(data) == change.new_id else ""
        raise Misfit(change, f"a binary patch made for blob {change.old_id[:12]}, the release has {_short(data)}{took}")
    try:
        content = inflate(hunk)
        return content if hunk.method == "literal" else apply_delta(data, content)
    except (Malformed, BadDelta):
        raise Misfit(change, f"the binary patch of patch line {hunk.patch_line} is damaged") from None


def _check_ids(change: FileChange, before: bytes, after: bytes) -> None:
    """The index line proves the result; without a result (a deleted file) it proves what is deleted.
    A patch made for another content of the file has no say about this one: there its lines decide, at their place.
    """
    expected, data = (change.old_id, before) if change.kind == "delete" else (change.new_id, after)
    if expected is None or blob_id(data).startswith(expected):
        return
    if change.kind != "delete" and change.hunks and _is_other(change, before):
        return
    if change.old_id is not None and _is_other(change, before):
        raise Misfit(change, f"the patch was made for blob {change.old_id[:12]}, the release has {_short(before)}")
    text = f"the result is blob {_short(after)}, the patch says {expected[:12]}: was the patch edited by hand?"
    raise Misfit(change, text + " Then remove its `index` line")


def _is_other(change: FileChange, before: bytes) -> bool:
    return change.old_id is not None and not blob_id(before).startswith(change.old_id)


def _short(data: bytes) -> str:
    return blob_id(data)[:12]
