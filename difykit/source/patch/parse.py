"""From the bytes of a patch file to a `Patch`."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from itertools import pairwise

from difykit.core import redact
from difykit.core.errors import ConfigError, Problem
from difykit.source.patch.filechange import parse_change
from difykit.source.patch.mail import Message, read_message
from difykit.source.patch.model import FileChange, Malformed, Patch
from difykit.source.patch.paths import printable

_START = b"diff --git "
MOST_LINES = 3_000_000
"""How many lines a patch may have: a diff of all of Dify has 2,300,000."""


def parse(name: str, data: bytes) -> Patch:
    """Read one patch file, completely or not at all; raises ConfigError with every problem found in it."""
    if (count := data.count(b"\n")) > MOST_LINES:
        text = f"has {count:,} lines; difykit reads patches of up to {MOST_LINES:,}"
        raise ConfigError([Problem(f"patches/{name}", 0, text)])
    lines = BytesIO(data).readlines()  # splits at \n only: a lone \r is content
    # Nothing inside a hunk or a binary patch can start like this, so a bad block does not hide the next one.
    starts = [number for number, line in enumerate(lines) if line.startswith(_START)]
    problems: list[Malformed] = []
    message = Message(name, "", "", "", "", ())
    try:
        _check_preamble(lines[: starts[0]] if starts else lines, empty=not starts)
        message = read_message(name, lines[: starts[0]])
        _check_credentials(lines[: starts[0]], message)
    except Malformed as error:
        problems.append(error)
    changes: list[FileChange] = []
    for begin, end in pairwise([*starts, len(lines)]):
        try:
            changes.append(parse_change(lines[begin:end], begin + 1, last=end == len(lines)))
        except Malformed as error:
            problems.append(error)
    problems += _clashes(changes)
    if problems:
        raise ConfigError([Problem(f"patches/{name}", error.line, error.text) for error in problems])
    who = (message.subject, message.author, message.email, message.date)
    return Patch(name, *who, message.body, message.trailers, tuple(changes))


def _check_preamble(lines: Sequence[bytes], *, empty: bool) -> None:
    for number, line in enumerate(lines, 1):
        if line.startswith((b"diff --cc ", b"diff --combined ")):
            raise Malformed(number, "combined diffs (of a merge) cannot be applied: export the commits one by one")
        if line.startswith(b"@@ -"):
            raise Malformed(number, "a hunk without a `diff --git` line: write the file with `git format-patch`")
    if empty:
        raise Malformed(len(lines), "this patch changes no file: it has no `diff --git` line")


def _check_credentials(lines: Sequence[bytes], message: Message) -> None:
    """Refuse a login in a URL of the message: it would be in the commit, and in every report on the patch."""
    texts = [line.decode("utf-8", "replace") for line in lines]
    for number, text in [*enumerate(texts, 1), (1, f"{message.subject}\n{message.body}")]:
        if fault := redact.fault(text, passed={"bare"}):
            raise Malformed(number, f"the message {fault}: take it out, the link works without")


def _clashes(changes: Sequence[FileChange]) -> list[Malformed]:
    """Find two changes to one path; only a file that makes way for another of its name has two."""
    clashes: list[Malformed] = []
    new_paths: dict[str, FileChange] = {}
    gone: dict[str, FileChange] = {}
    for change in changes:
        if change.new_path is not None:
            if (earlier := new_paths.setdefault(change.new_path, change)) is not change:
                clashes.append(_second(change, change.new_path, earlier))
            elif change.kind == "modify" and change.new_path in gone:
                clashes.append(_second(change, change.new_path, gone[change.new_path]))
        if change.kind in ("delete", "rename") and change.old_path is not None:
            path = change.old_path
            if (earlier := gone.setdefault(path, change)) is not change:
                clashes.append(_second(change, path, earlier))
            elif path in new_paths and (change.kind == "delete" or new_paths[path].kind == "modify"):
                clashes.append(_second(change, path, new_paths[path]))
    for path, change in new_paths.items():
        parts = path.split("/")
        folders = ("/".join(parts[:count]) for count in range(1, len(parts)))
        clashes += [_second(change, folder, new_paths[folder]) for folder in folders if folder in new_paths]
    return clashes


def _second(change: FileChange, path: str, earlier: FileChange) -> Malformed:
    text = f"two changes to one path in one patch: {printable(path)} is changed at line {earlier.patch_line} already"
    return Malformed(change.patch_line, text)
