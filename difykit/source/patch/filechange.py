"""One `diff --git` block: its header lines, then hunks or a binary patch."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from difykit.git import blob_id
from difykit.source.patch.binary import parse_binary
from difykit.source.patch.hunks import check_context, parse_hunks
from difykit.source.patch.model import BinaryHunk, FileChange, Hunk, Kind, Malformed
from difykit.source.patch.paths import checked, from_header, link_fault, same_name, unquote

_HEADER = re.compile(
    rb"(old mode|new mode|deleted file mode|new file mode|copy from|copy to|rename from|rename to"
    rb"|similarity index|dissimilarity index|index|---|\+\+\+) (.*)",
    re.DOTALL,
)
_INDEX = re.compile(r"([0-9a-f]{4,40})\.\.([0-9a-f]{4,40})(?: (\d{6}))?")
_MODES = ("100644", "100755", "120000")
_KINDS: tuple[tuple[str, str, Kind], ...] = (
    ("new file mode", "new file mode", "add"),
    ("deleted file mode", "deleted file mode", "delete"),
    ("rename from", "rename to", "rename"),
    ("copy from", "copy to", "copy"),
    ("old mode", "new mode", "modify"),
)
_TAIL = (b"base-commit: ", b"prerequisite-patch-id: ")


@dataclass
class _Headers:
    """The header lines of one block by their keyword, with the line each stands in."""

    line: int
    values: dict[str, bytes] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        return None if value is None else value.decode("ascii", "replace")

    def at(self, key: str) -> int:
        return self.lines.get(key, self.line)


def parse_change(lines: Sequence[bytes], first: int, *, last: bool) -> FileChange:
    """Read the block whose `diff --git` line is `lines[0]`, line `first` of the patch; raises Malformed."""
    names = _text(lines[0], first)[len(b"diff --git ") :]
    headers, at = _headers(lines, first)
    kind = _kind(headers)
    old_path, new_path = _paths(kind, names, headers)
    old_id, new_id, shared = _ids(kind, headers)
    old_mode, new_mode = _modes(kind, headers, shared)
    hunks: tuple[Hunk, ...] = ()
    binary: tuple[BinaryHunk, BinaryHunk | None] | None = None
    if at < len(lines) and lines[at].startswith(b"@@"):
        _check_names(headers, old_path, new_path)
        hunks, at = parse_hunks(lines, at, first)
        check_context(kind, hunks, identified=new_id is not None)
    elif "---" in headers.values or "+++" in headers.values:
        raise Malformed(first + at, "a hunk is missing after the `---` and `+++` lines")
    elif at < len(lines) and lines[at] == b"GIT binary patch\n":
        _check_full_ids(headers)
        binary, at = parse_binary(lines, at, first)
    _check_tail(lines, at, first, last=last)
    change = FileChange(kind, old_path, new_path, old_mode, new_mode, old_id, new_id, hunks, binary, first)
    _check_does_something(change, headers)
    if new_path and new_mode == "120000" and old_path is None and binary is None:
        target = b"".join(line for hunk in hunks for line in hunk.new)
        if fault := link_fault(new_path, target):
            raise Malformed(first, fault)
    return change


def _text(line: bytes, number: int) -> bytes:
    if line.endswith((b"\r\n", b"\r")):
        raise Malformed(number, "the line ends of this patch file were changed to CRLF: restore it (`* -text`)")
    return line.removesuffix(b"\n")


def _headers(lines: Sequence[bytes], first: int) -> tuple[_Headers, int]:
    headers = _Headers(first)
    at = 1
    while at < len(lines) and (match := _HEADER.match(lines[at])):
        key = match[1].decode()
        if key in headers.values:
            raise Malformed(first + at, f"a second `{key}` line for one file")
        headers.values[key] = _text(match[2], first + at)
        headers.lines[key] = first + at
        at += 1
        if key == "+++":
            break
    return headers, at


def _kind(headers: _Headers) -> Kind:
    kinds_named = [kind for first, second, kind in _KINDS if first in headers.values or second in headers.values]
    for first, second, _ in _KINDS:
        if (first in headers.values) != (second in headers.values):
            raise Malformed(headers.line, f"`{first}` and `{second}` come in pairs, one is missing")
    kinds = [kind for kind in kinds_named if kind != "modify"]
    if len(kinds) > 1 or (len(kinds_named) > 1 and kinds[0] in ("add", "delete")):
        raise Malformed(headers.line, f"one file cannot have all of these changes: {', '.join(kinds_named)}")
    return kinds[0] if kinds else "modify"


def _paths(kind: Kind, header: bytes, headers: _Headers) -> tuple[str | None, str | None]:
    if kind in ("rename", "copy"):
        keys = (f"{kind} from", f"{kind} to")
        old, new = (checked(unquote(headers.values[key], headers.at(key)), headers.at(key)) for key in keys)
        if old == new:
            raise Malformed(headers.line, f"a {kind} of a file to itself")
        return old, new
    path = from_header(header, headers.line)
    return (None if kind == "add" else path), (None if kind == "delete" else path)


def _ids(kind: Kind, headers: _Headers) -> tuple[str | None, str | None, str | None]:
    text = headers.text("index")
    if text is None:
        return None, None, None
    match = _INDEX.fullmatch(text)
    if match is None:
        raise Malformed(headers.at("index"), "the index line must hold two hexadecimal ids of 4 to 40 digits")
    old, new = (None if set(name) == {"0"} else name for name in (match[1], match[2]))
    if (old is None) != (kind == "add") or (new is None) != (kind == "delete"):
        raise Malformed(headers.at("index"), f"only a file that is not there has the id 0; this change is: {kind}")
    return old, new, match[3]


def _modes(kind: Kind, headers: _Headers, shared: str | None) -> tuple[str | None, str | None]:
    old = headers.text("deleted file mode" if kind == "delete" else "old mode")
    new = headers.text("new file mode" if kind == "add" else "new mode")
    modes = [mode for mode in (old, new, shared) if mode is not None]
    for mode in modes:
        if mode == "160000":
            raise Malformed(headers.line, "a submodule (mode 160000) cannot be patched: add its files instead")
        if mode not in _MODES:
            raise Malformed(headers.line, f"unknown file mode {mode!r}: only {', '.join(_MODES)} exist")
    if shared is not None and any(mode != shared for mode in modes):
        raise Malformed(headers.at("index"), "the mode of the index line is not the one of the lines above")
    if kind == "add":
        return None, new
    if kind == "delete":
        return old, None
    if old is not None and new is not None and (old == "120000") != (new == "120000"):
        raise Malformed(headers.line, "a file becomes a symlink, or a symlink a file, by a delete and an add")
    return (old, new) if old is not None else (shared, shared)


def _check_names(headers: _Headers, old_path: str | None, new_path: str | None) -> None:
    for key, path, prefix in (("---", old_path, "a/"), ("+++", new_path, "b/")):
        if key not in headers.values:
            raise Malformed(headers.line, f"the `{key}` line before the hunks is missing")
        same_name(headers.values[key], path, prefix, headers.at(key))


def _check_full_ids(headers: _Headers) -> None:
    match = _INDEX.match(headers.text("index") or "")
    if match is None or len(match[1]) != 40 or len(match[2]) != 40:
        raise Malformed(headers.at("index"), "a binary patch needs a full index line: `git format-patch --binary`")


def _check_tail(lines: Sequence[bytes], at: int, first: int, *, last: bool) -> None:
    """What is left over may be a mail's signature; anything else would be a change that nobody applies."""
    for number in range(at, len(lines)):
        line = lines[number]
        if line.startswith((b"Binary files ", b"Files ")):
            raise Malformed(first + number, "the content is missing: export it with `git format-patch --binary`")
        if line.rstrip(b"\r\n") in (b"-- ", b"--"):
            if not last:
                raise Malformed(first + number, "a patch file holds one commit: the next one belongs in its own file")
            stray = next((after for after in range(number, len(lines)) if lines[after].startswith(b"@@ -")), None)
            if stray is not None:
                raise Malformed(first + stray, "a hunk after the end of the patch")
            return
        if line.strip() and not line.startswith(_TAIL):
            raise Malformed(first + number, "this line belongs to no hunk (is the count in the hunk header too low?)")


def _check_does_something(change: FileChange, headers: _Headers) -> None:
    if change.hunks or change.binary is not None:
        return
    if "index" in headers.values:
        empty = blob_id(b"")
        old, new = change.old_id or empty, change.new_id or empty
        if not old.startswith(new) and not new.startswith(old):
            raise Malformed(change.patch_line, "the hunks are missing: the index line says that the content changes")
    if change.kind == "modify" and change.old_mode == change.new_mode:
        raise Malformed(change.patch_line, "this changes nothing")
