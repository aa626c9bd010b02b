"""What a series of patches lacks: broken files, orphans, trailers that are missing or say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from difykit.core.errors import ConfigError, Problem
from difykit.source.patch.listing import pick_name
from difykit.source.patch.model import FILL_IN, STAY_DELETED, Patch, stays_deleted
from difykit.source.patch.paths import printable
from difykit.source.patch.series import SERIES, _entries, _read, _usable, check_place, load

_WANTED = {
    "Why": "the message has no `Why:` trailer: say what it is for, to whoever has to carry it on",
    "Upstream": "the message has no `Upstream:` trailer: a link, or why it was not sent",
    "Made-for": "the message has no `Made-for:` trailer: the Dify release that it was made for",
}


def check(folder: Path) -> tuple[Problem, ...]:
    """Everything that is wrong with the series in `folder` and with the messages of its patches."""
    problems: list[Problem] = []
    try:
        load(folder)
    except ConfigError as error:
        problems += error.problems
    return (*problems, *(problem for patch in readable(folder) for problem in _message_problems(patch)))


def readable(folder: Path) -> tuple[Patch, ...]:
    """The patches of the series that can be read, in its order, whatever is wrong with the others."""
    ignored: list[Problem] = []
    if folder.is_symlink() or (folder / "series").is_symlink():
        return ()
    entries = _usable(_entries(folder, ignored), ignored)
    return tuple(patch for name, line in entries if (patch := _read(folder, name, line, ignored)))


def named(folder: Path, word: str) -> Patch:
    """The patch of the series with this name, or the only one with this in it, whatever is wrong with the others.

    Raises ConfigError with what is wrong with that one, or with the series; DifyKitError with the names to choose from.
    """
    check_place(folder)
    unreadable: list[Problem] = []
    entries = _entries(folder, unreadable)
    if unreadable:
        raise ConfigError(unreadable)
    lines = dict(_usable(entries, []))
    name = pick_name([*lines], word)
    problems: list[Problem] = []
    patch = _read(folder, name, lines[name], problems)
    if patch is None:
        raise ConfigError(problems, hint=f"mend the file, or remove it and its line of {SERIES}")
    return patch


def _message_problems(patch: Patch) -> Iterator[Problem]:
    label = f"patches/{printable(patch.name)}"
    for key, text in _WANTED.items():
        if not patch.trailer(key):
            yield Problem(label, 0, text)
    for key in ("Made-for", "Until"):
        if (value := patch.trailer(key)) and not _is(Version, value):
            yield Problem(label, 0, f"{key}: {printable(value)!r} is not a Dify version such as 1.15.0 (PEP 440)")
    if (value := patch.trailer("Applies-to")) and not _is(SpecifierSet, value):
        yield Problem(label, 0, f"Applies-to: {printable(value)!r} is not a version range such as >=1.13,<2 (PEP 440)")

    if (value := patch.trailer(STAY_DELETED)) and not stays_deleted(patch):
        yield Problem(label, 0, f"{STAY_DELETED}: {printable(value)!r} is not yes, and has no effect")
    elif value and not any(change.kind == "delete" for change in patch.changes):
        yield Problem(label, 0, f"{STAY_DELETED}: the patch takes no file away")
    if (value := patch.trailer("Why")) and value.startswith(FILL_IN):
        yield Problem(label, 0, "Why: is still to be filled in: say what it is for, to whoever has to carry it on")


def _is(kind: type[Version | SpecifierSet], text: str) -> bool:
    try:
        kind(text)
    except (InvalidVersion, InvalidSpecifier):
        return False
    return True
