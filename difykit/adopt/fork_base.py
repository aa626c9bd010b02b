"""Which release a fork stands on, found by its files: subjects and ids do not survive every merge."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from packaging.version import Version

from difykit.adopt.model import BaseCandidate, Candidate, Entries
from difykit.core.errors import DifyKitError

# Below this share of files that are alike, it is no fork of that release.
_ALIKE = 0.5
# dify-plus differs in 2 to 3 of 100 of its base's files, and in 11 of the nearest release where that is another.
_FAR = 0.06


def ranked(fork: Entries, releases: Sequence[BaseCandidate]) -> tuple[Candidate, ...]:
    """How far the fork is from each release, the nearest first; of two that are as near, the newer one.

    Files that no release has are the fork's own, and tell nothing.
    """
    released_paths = {path for release in releases for path in release.entries}
    strays = released_paths & fork.keys()
    candidates = [_measure(fork, strays, release) for release in releases]
    newest_first = sorted(candidates, key=lambda candidate: candidate.release.version or Version("0"), reverse=True)
    return tuple(sorted(newest_first, key=lambda candidate: candidate.differs))


def _measure(fork: Entries, strays: Iterable[str], release: BaseCandidate) -> Candidate:
    same = sum(1 for path, entry in release.entries.items() if fork.get(path) == entry)
    missing = sum(1 for path in release.entries if path not in fork)
    changed = len(release.entries) - same - missing
    return Candidate(release, changed, missing, sum(1 for path in strays if path not in release.entries), same)


def chosen(candidates: Sequence[Candidate], merged: Collection[str] = ()) -> Candidate:
    """The nearest one; of those that are as near, the one whose commit is `merged`: it is in the fork's history.

    Raises DifyKitError where none is near, or where it cannot be told which.
    """
    if not candidates:
        raise DifyKitError("the upstream has no release to compare the fork with", hint="name its base: --base REF")
    best = candidates[0]
    if best.same < len(best.release.entries) * _ALIKE:
        raise DifyKitError(
            f"no release of Dify is near to the fork:\n{in_words(candidates)}",
            hint="is it a fork of Dify, and upstream.url the Dify that it came from? If so, name its base: --base REF",
        )
    rivals = [candidate for candidate in candidates if candidate.differs == best.differs]
    merged_rivals = [candidate for candidate in rivals if candidate.release.commit in merged]
    if len(merged_rivals) == 1:
        return merged_rivals[0]
    if any(candidate.release.entries != best.release.entries for candidate in rivals):
        raise DifyKitError(
            f"{len(rivals)} releases of Dify are as near to the fork:\n{in_words(candidates)}",
            hint=f"name the one that it was made from, such as: --base {best.release.ref}",
        )
    return best


def with_commit(fork: Entries, candidates: Sequence[Candidate], commit: BaseCandidate) -> tuple[Candidate, ...]:
    """The candidates with a commit of upstream's that is no release, where it is nearer than all of them.

    A release that is as near goes before it: it has images, and a name.
    """
    widened = ranked(fork, [*(candidate.release for candidate in candidates), commit])
    first = widened[0]
    is_nearer = first.release is commit and (len(widened) == 1 or first.differs < widened[1].differs)
    return widened if is_nearer else tuple(candidates)


def is_far(candidates: Sequence[Candidate]) -> bool:
    """Whether so much of upstream's files differs that the fork may stand on a commit between releases."""
    return candidates[0].differs > len(candidates[0].release.entries) * _FAR


def in_words(candidates: Sequence[Candidate], *, most: int = 4) -> str:
    """The nearest candidates with their numbers, one a line."""
    lines = [
        f"  {candidate.release.ref} ({candidate.release.commit[:12]}): {candidate.differs} of upstream's files differ"
        f" ({candidate.changed} changed, {candidate.missing} missing, {candidate.stray} of other releases),"
        f" {candidate.same} alike"
        for candidate in candidates[:most]
    ]
    return "\n".join(lines)
