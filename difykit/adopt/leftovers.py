"""What bad merges left in a fork: markers, copies, files that came back, files that went away; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from packaging.version import Version

from difykit.adopt.model import BaseCandidate, Entries, ForkFinding, ForkSplit
from difykit.adopt.split import is_merge_copy

_MARK = re.compile(rb"^<{7} .+$", re.MULTILINE)
_REST = (re.compile(rb"^={7}\r?$", re.MULTILINE), re.compile(rb"^>{7} .+$", re.MULTILINE))
_MAY_BE_YOURS = "it may hold work of yours"
_LEFT_BY_TOOLS = (".orig", ".rej")


def markers(paths: Iterable[str], new: Callable[[str], bytes], old: Callable[[str], bytes]) -> Iterator[ForkFinding]:
    """Conflict markers that the fork has and the release has not; `new` and `old` read a file, b"" for none."""
    for path in paths:
        content = new(path)
        matches = list(_MARK.finditer(content))
        if not matches or not all(pattern.search(content) for pattern in _REST) or _MARK.search(old(path)):
            continue
        line = content.count(b"\n", 0, matches[0].start()) + 1
        text = f"{len(matches)} conflicts were committed as they stood; without them Dify's own lines are there"
        yield ForkFinding("conflict markers", path, text, line)


def copies(split: ForkSplit, base: Entries, fork: Entries) -> Iterator[ForkFinding]:
    """Files that a merge put beside another: `AGENTS.md~upstream_main`, `app.py.orig`."""
    all_paths = {*base, *fork}
    for path in split.overlay:
        original = is_merge_copy(path, all_paths)
        tool = next((end for end in _LEFT_BY_TOOLS if path.endswith(end) and path.removesuffix(end) in all_paths), "")
        if original:
            gone = "" if original in fork else ", which the fork has no longer"
            same = " and is Dify's file" if base.get(original) == fork[path] else ""
            yield ForkFinding("merge copy", path, f"git put it beside {original} in a merge{gone}{same}")
        elif tool:
            yield ForkFinding("merge copy", path, f"a tool put it beside {path.removesuffix(tool)}")


def strays(
    split: ForkSplit, base: BaseCandidate, fork: Entries, releases: Sequence[BaseCandidate]
) -> Iterator[ForkFinding]:
    """Files that only other releases have, and files whose content is that of another release."""
    older, newer = _sides(base, releases)
    for path in (*split.overlay, *split.unfit):
        if path in base.entries:  # too large for a patch
            yield from _other_content(path, fork[path], older, newer)
            continue
        had = [release for release in older if path in release.entries]
        if had:
            yield _stale(path, fork[path], had, older, base)
        elif containing := [release for release in newer if path in release.entries]:
            same = next((release for release in containing if release.entries[path] == fork[path]), None)
            description = f"{containing[0].ref} has a file of this name, with other content: {_MAY_BE_YOURS}"
            yield ForkFinding("newer", path, f"it is the file of {same.ref}" if same else description, mixed=not same)
    for path in split.patched:
        if path in base.entries and path in fork:
            yield from _other_content(path, fork[path], older, newer)


def _sides(base: BaseCandidate, releases: Sequence[BaseCandidate]) -> tuple[list[BaseCandidate], list[BaseCandidate]]:
    """The releases before the base and those after it, the nearest first."""
    base_version = base.version or Version("0")
    versioned = sorted(
        (release for release in releases if release.version), key=lambda release: release.version or base_version
    )
    older = [release for release in versioned if release.version and release.version < base_version]
    return older[::-1], [release for release in versioned if release.version and release.version > base_version]


def _stale(
    path: str, entry: str, had: Sequence[BaseCandidate], older: Sequence[BaseCandidate], base: BaseCandidate
) -> ForkFinding:
    last = had[0]
    after = older[older.index(last) - 1] if older.index(last) else base
    same = next((release for release in had if release.entries[path] == entry), None)
    text = f"Dify had it up to {last.ref}, and took it away in {after.ref}"
    whose = f"it is the file of {same.ref}" if same else f"the fork's content is another: {_MAY_BE_YOURS}"
    return ForkFinding("stale", path, f"{text}; {whose}", mixed=not same)


def _other_content(
    path: str, entry: str, older: Sequence[BaseCandidate], newer: Sequence[BaseCandidate]
) -> Iterator[ForkFinding]:
    if same := next((release for release in older if release.entries.get(path) == entry), None):
        yield ForkFinding("old content", path, f"it is the file of {same.ref}: what Dify changed since is lost")
    elif same := next((release for release in newer if release.entries.get(path) == entry), None):
        yield ForkFinding("newer", path, f"it is the file of {same.ref}")


def deletions(
    split: ForkSplit, fork: Entries, base: BaseCandidate, releases: Sequence[BaseCandidate]
) -> Iterator[ForkFinding]:
    """Files of the release that the fork does not have: nobody can see whether that was meant."""
    _, newer = _sides(base, releases)
    for path in split.deleted:
        copy = next((copy for copy in fork if is_merge_copy(copy, {path})), "")
        later = newer[-1].ref if newer and path in newer[-1].entries else ""
        text = f"Dify {base.ref} has it" + (f", and so has {later}" if later else "")
        if copy:
            text += f"; a merge left it as {copy}"
        yield ForkFinding("deleted", path, f"{text}: did somebody mean to take it away?")


def carried(split: ForkSplit) -> Iterator[ForkFinding]:
    """Added files that are in a patch."""
    for path, why in split.unfit.items():
        yield ForkFinding("taken along", path, why)
