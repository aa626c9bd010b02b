"""Which releases a forecast is for, and getting those of them that are not here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.git import Store, commit_dates, fetch_release, fetch_tags, kept_releases, list_tags, tag_dates
from difykit.source.overlay import release_version

_HINT = "difykit upgrade.forecast --to 1.15.0, or --all, or --since 2026-01-31"


@dataclass(frozen=True)
class Wish:
    """Which releases are asked for; without any, the final ones after the pin."""

    to: tuple[str, ...] = ()
    every: bool = False
    since: dt.date | None = None


@dataclass(frozen=True)
class FetchedRelease:
    """A release that is here."""

    ref: str
    commit: str
    version: Version | None
    date: int


def wish_of(to: Sequence[str], since: str, *, every: bool) -> Wish:
    """The wish that the options say. Raises DifyKitError for a date that is none, and for options at odds."""
    if to and (every or since):
        raise DifyKitError("--to names the releases itself; --all and --since choose among all", hint=_HINT)
    try:
        day = dt.date.fromisoformat(since) if since else None
    except ValueError:
        raise DifyKitError(f"--since: {since!r} is not a day such as 2026-01-31", hint=_HINT) from None
    return Wish(tuple(dict.fromkeys(to)), every, day)


def choose(wish: Wish, versions: Mapping[str, Version | None], pin: Version | None) -> list[str]:
    """The refs that are wished for, oldest first; pre-releases, and what is no version, only where they are named."""
    if wish.to:
        return list(wish.to)
    candidates = {ref: version for ref, version in versions.items() if version and not version.is_prerelease}
    newer = pin if not wish.every and wish.since is None else None
    return sorted(
        (ref for ref in candidates if newer is None or candidates[ref] > newer), key=lambda ref: candidates[ref]
    )


def get_releases(
    store: Store, url: str, wish: Wish, pin: Version | None, progress: Progress
) -> tuple[tuple[FetchedRelease, ...], str]:
    """The releases wished for, fetched in one go as far as they are missing; and what the user must know.

    Where the upstream cannot be reached, those that are here.
    Without a wish they may be none: the pin is the newest. Raises DifyKitError when a release is named that neither
    has, or when there are none of those that are asked for.
    """
    local = kept_releases(store)
    offered, note = _offered(url, progress)
    chosen = choose(wish, {ref: release_version(ref, store, None) for ref in (*offered, *local)}, pin)
    if wish.since and offered:
        chosen = _recent({ref: local.get(ref) for ref in chosen}, wish.since, store, url, progress)
    missing = [ref for ref in chosen if ref not in local]
    if missing and not note:
        _fetch(store, url, missing, set(offered), progress)
        local = kept_releases(store)
    if note and (lacking := [ref for ref in wish.to if ref not in local]):
        raise DifyKitError(f"{note}; {', '.join(lacking)} was never fetched", hint="run it again when it is reached")
    releases = _local_releases(store, {ref: local[ref] for ref in chosen if ref in local})
    if wish.since:
        releases = [release for release in releases if _day(release.date) >= wish.since]
    if not releases and (note or wish != Wish()):
        raise DifyKitError(_nothing(wish, pin, note), hint=_HINT)
    return tuple(releases), note


def _offered(url: str, progress: Progress) -> tuple[tuple[str, ...], str]:
    try:
        with progress.step(f"list the releases of {url}"):
            return list_tags(url), ""
    except DifyKitError as error:
        note = f"{error.message}: the forecast is for the releases that were fetched before"
        progress.warn(note)
        return (), note


def _recent(refs: Mapping[str, str | None], since: dt.date, store: Store, url: str, progress: Progress) -> list[str]:
    """Those of the refs that are as young; the dates of missing ones come without their files, where upstream can."""
    dates_by_commit = commit_dates(store, [commit for commit in refs.values() if commit])
    dates = {ref: dates_by_commit[commit] for ref, commit in refs.items() if commit}
    if missing := [ref for ref, commit in refs.items() if not commit]:
        with progress.step(f"ask for the dates of {len(missing)} releases"):
            dates |= tag_dates(url, missing, progress.line)
    return [ref for ref in refs if ref in dates and _day(dates[ref]) >= since]


def _fetch(store: Store, url: str, missing: Sequence[str], offered: set[str], progress: Progress) -> None:
    tags = [ref for ref in missing if ref in offered]
    if tags:
        shown = tags[0] if len(tags) == 1 else f"{len(tags)} releases ({tags[0]} to {tags[-1]})"
        with progress.step(f"fetch {shown} from {url}"):
            fetch_tags(store, url, tags, progress.line)
        progress.ok(f"fetched {shown}")
    for ref in missing:
        if ref not in offered:  # a branch or a commit, or nothing: `fetch` tells
            with progress.step(f"fetch {ref} from {url}"):
                fetch_release(store, url, ref, progress.line, again="name the release: --to {}")


def _local_releases(store: Store, commits: Mapping[str, str]) -> list[FetchedRelease]:
    dates = commit_dates(store, list(commits.values()))
    return [
        FetchedRelease(ref, commit, release_version(ref, store, commit), dates[commit])
        for ref, commit in commits.items()
    ]


def _day(seconds: int) -> dt.date:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).date()


def _nothing(wish: Wish, pin: Version | None, note: str) -> str:
    if wish.since:
        reason = f"no release is of {wish.since} or later"
    elif wish.every:
        reason = "there are no releases"
    else:
        reason = f"no release is newer than the pin {pin}"
    return f"{note}; {reason} here" if note else reason
