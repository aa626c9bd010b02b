"""A patch for people to read: how much it changes, its message, its diff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from difykit.core.errors import DifyKitError
from difykit.core.terminal import Lines
from difykit.source.patch.model import FileChange, Patch
from difykit.source.patch.paths import printable

_COLOURS = (("diff --git ", "1"), ("+++ ", "1"), ("--- ", "1"), ("@@ ", "36"), ("+", "32"), ("-", "31"))
_BAR = 40


@dataclass(frozen=True)
class FileStat:
    """How many lines a patch adds to a file and takes from it; both None for a binary one."""

    path: str
    added: int | None
    removed: int | None


def stats(patch: Patch) -> tuple[FileStat, ...]:
    """The size of each change of the patch."""
    return tuple(_stat(change) for change in patch.changes)


def pick(patches: Sequence[Patch], word: str) -> Patch:
    """The patch with this name, or the only one with this in its name.

    Raises DifyKitError with the names to choose from.
    """
    name = pick_name([patch.name for patch in patches], word)
    return next(patch for patch in patches if patch.name == name)


def pick_name(names: Sequence[str], word: str) -> str:
    """The name that is `word`, or the only one that has it in it. Raises DifyKitError with the names to choose from."""
    matches = [name for name in names if name == word] or [name for name in names if word in name]
    if len(matches) == 1:
        return matches[0]
    shown = "\n".join(f"  {printable(name)}" for name in matches or names)
    if matches:
        raise DifyKitError(f"{len(matches)} patches have {word} in their names:\n{shown}", hint="give more of the name")
    if not names:
        raise DifyKitError(f"there is no patch {word}: patches/series names none", hint="see patches/series")
    raise DifyKitError(f"no patch has {word} in its name; there are:\n{shown}", hint="give a part of one of these")


def shown(patch: Patch, raw: bytes, *, colour: bool) -> Lines:
    """The patch as `patch.show` prints it: who and why, the diffstat, the diff of the file's bytes `raw`."""
    who = f"{patch.author} <{patch.email}>" if patch.email else patch.author
    head = [f"patches/{patch.name}", patch.subject, *filter(None, (who, patch.date))]
    text = [*head, "", *patch.body.split("\n"), "", *diffstat(stats(patch)), ""]
    lines = raw.decode("utf-8", "backslashreplace").split("\n")
    start = next((number for number, line in enumerate(lines) if line.startswith("diff --git ")), len(lines))
    return Lines([*text, painted(lines[start:], colour=colour)])


def painted(diff: Sequence[str], *, colour: bool) -> Lines:
    """The lines of a diff for a terminal, without anything that it could obey but colours."""
    return Lines(diff, paint=_painted) if colour else Lines(diff)


def diffstat(file_stats: Sequence[FileStat]) -> list[str]:
    """The lines of a diffstat, much as git prints it."""
    width = max((len(stat.path) for stat in file_stats), default=0)
    most = max(((stat.added or 0) + (stat.removed or 0) for stat in file_stats), default=0)
    scale = min(1.0, _BAR / most) if most else 1.0
    lines = [f" {stat.path:<{width}} | {_bar(stat, scale)}" for stat in file_stats]
    added, removed = (sum(getattr(stat, part) or 0 for stat in file_stats) for part in ("added", "removed"))
    files = "1 file" if len(file_stats) == 1 else f"{len(file_stats)} files"
    return [*lines, f" {files} changed, {added} added, {removed} removed"]


def _bar(stat: FileStat, scale: float) -> str:
    if stat.added is None or stat.removed is None:
        return "Bin"
    signs = _signs("+", stat.added, scale) + _signs("-", stat.removed, scale)
    return f"{stat.added + stat.removed} {signs}".rstrip()


def _signs(sign: str, count: int, scale: float) -> str:
    return sign * max(1, round(count * scale)) if count else ""


def _stat(change: FileChange) -> FileStat:
    path = change.path if change.kind not in ("rename", "copy") else f"{change.old_path} => {change.new_path}"
    if change.binary is not None:
        return FileStat(printable(path), None, None)
    lines = [line[:1] for hunk in change.hunks for line in hunk.lines]
    return FileStat(printable(path), lines.count(b"+"), lines.count(b"-"))


def _painted(line: str) -> str:
    code = next((code for start, code in _COLOURS if line.startswith(start)), "")
    return f"\033[{code}m{line}\033[m" if code else line
