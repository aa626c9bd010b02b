"""The commit of upstream's branches that a fork's files are nearest to: a fork need not share a commit with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from difykit.adopt.model import Entries
from difykit.git import CommitChanges

_SAME_DISTANCE = 200
"""So many commits that are as near are looked at closer."""


def nearest(fork: Entries, commits: Iterable[CommitChanges]) -> list[str]:
    """The commits that differ from the fork in the fewest files, the oldest first.

    `commits` are all of a history, parents before their children. A file counts as in `fork_base.ranked`: it differs
    where both have it, is missing from the fork, or is of another commit. So what a commit did to its parent is enough.
    """
    distances: dict[str, int] = {}
    best: list[str] = []
    for commit in commits:
        distance = distances.get(commit.parent, 0)
        for change in commit.changes:
            own = fork.get(change.path)
            if change.old:
                distance += (own is not None) - (own != change.old)
            if change.new:
                distance += (own != change.new) - (own is not None)
        distances[commit.oid] = distance
        if best and distance < distances[best[0]]:
            best = []
        if not best or distance == distances[best[0]]:
            best.append(commit.oid)
    return best


def settled(
    fork: Entries,
    tied: Sequence[str],
    entries_of: Callable[[str], Entries],
    lines: Callable[[str], Counter[bytes]],
    own_line: Iterable[str],
) -> str:
    """Of commits that are as near, the one whose lines are: then one of upstream's own branch, then the oldest.

    An older base makes a patch repeat what upstream did since, a newer one makes it take that back. `lines` counts the
    lines of a file by its entry.
    """
    compared = [(oid, entries_of(oid)) for oid in tied[:_SAME_DISTANCE]]
    paths = {path for _, entries in compared for path in entries.keys() ^ compared[0][1].keys()}
    paths |= {path for _, entries in compared for path in entries if entries[path] != compared[0][1].get(path)}
    main = set(own_line)

    def distance(entries: Entries) -> int:
        pairs = [(fork[path], entries[path]) for path in paths if path in fork and path in entries]
        return sum(((lines(own) - lines(other)) + (lines(other) - lines(own))).total() for own, other in pairs)

    ranks = [(distance(entries), oid not in main, number) for number, (oid, entries) in enumerate(compared)]
    return compared[min(ranks)[2]][0]
