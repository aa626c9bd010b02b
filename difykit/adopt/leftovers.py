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
        found = list(_MARK.finditer(content))
        if not found or not all(each.search(content) for each in _REST) or _MARK.search(old(path)):
            continue
        line = content.count(b"\n", 0, found[0].start()) + 1
        text = f"{len(found)} conflicts were committed as they stood; without them Dify's own lines are there"
        yield ForkFinding("conflict markers", path, text, line)


def copies(split: ForkSplit, base: Entries, fork: Entries) -> Iterator[ForkFinding]:
    """Files that a merge put beside another: `AGENTS.md~upstream_main`, `app.py.orig`."""
    known = {*base, *fork}
    for path in split.overlay:
        beside = is_merge_copy(path, known)
        tool = next((end for end in _LEFT_BY_TOOLS if path.endswith(end) and path.removesuffix(end) in known), "")
        if beside:
            gone = "" if beside in fork else ", which the fork has no longer"
            same = " and is Dify's file" if base.get(beside) == fork[path] else ""
            yield ForkFinding("merge copy", path, f"git put it beside {beside} in a merge{gone}{same}")
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
        had = [each for each in older if path in each.entries]
        if had:
            yield _stale(path, fork[path], had, older, base)
        elif has := [each for each in newer if path in each.entries]:
            same = next((each for each in has if each.entries[path] == fork[path]), None)
            other = f"{has[0].ref} has a file of this name, with other content: {_MAY_BE_YOURS}"
            yield ForkFinding("newer", path, f"it is the file of {same.ref}" if same else other, mixed=not same)
    for path in split.patched:
        if path in base.entries and path in fork:
            yield from _other_content(path, fork[path], older, newer)


def _sides(base: BaseCandidate, releases: Sequence[BaseCandidate]) -> tuple[list[BaseCandidate], list[BaseCandidate]]:
    """The releases before the base and those after it, the nearest first."""
    here = base.version or Version("0")
    known = sorted((each for each in releases if each.version), key=lambda each: each.version or here)
    older = [each for each in known if each.version and each.version < here]
    return older[::-1], [each for each in known if each.version and each.version > here]


def _stale(
    path: str, entry: str, had: Sequence[BaseCandidate], older: Sequence[BaseCandidate], base: BaseCandidate
) -> ForkFinding:
    last = had[0]
    after = older[older.index(last) - 1] if older.index(last) else base
    same = next((each for each in had if each.entries[path] == entry), None)
    text = f"Dify had it up to {last.ref}, and took it away in {after.ref}"
    whose = f"it is the file of {same.ref}" if same else f"the fork's content is another: {_MAY_BE_YOURS}"
    return ForkFinding("stale", path, f"{text}; {whose}", mixed=not same)


def _other_content(
    path: str, entry: str, older: Sequence[BaseCandidate], newer: Sequence[BaseCandidate]
) -> Iterator[ForkFinding]:
    if same := next((each for each in older if each.entries.get(path) == entry), None):
        yield ForkFinding("old content", path, f"it is the file of {same.ref}: what Dify changed since is lost")
    elif same := next((each for each in newer if each.entries.get(path) == entry), None):
        yield ForkFinding("newer", path, f"it is the file of {same.ref}")


def deletions(
    split: ForkSplit, fork: Entries, base: BaseCandidate, releases: Sequence[BaseCandidate]
) -> Iterator[ForkFinding]:
    """Files of the release that the fork does not have: nobody can see whether that was meant."""
    _, newer = _sides(base, releases)
    for path in split.deleted:
        copy = next((each for each in fork if is_merge_copy(each, {path})), "")
        later = newer[-1].ref if newer and path in newer[-1].entries else ""
        text = f"Dify {base.ref} has it" + (f", and so has {later}" if later else "")
        if copy:
            text += f"; a merge left it as {copy}"
        yield ForkFinding("deleted", path, f"{text}: did somebody mean to take it away?")


def carried(split: ForkSplit) -> Iterator[ForkFinding]:
    """Added files that are in a patch."""
    for path, why in split.unfit.items():
        yield ForkFinding("taken along", path, why)
