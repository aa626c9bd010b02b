"""A release that the upstream does not have: which one may be meant, and which is the newest."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable

from packaging.version import InvalidVersion, Version

from difykit.core.errors import DifyKitError, NoRelease
from difykit.git.remote import list_tags
from difykit.git.store import Store


def fetch_release(store: Store, url: str, ref: str, on_line: Callable[[str], None], *, again: str) -> str:
    """Fetch what somebody named on the command line, as `Store.fetch` does; `again` is how to name another one.

    Raises DifyKitError as that does; where there is no such release it names the nearest and the newest.
    """
    try:
        return store.fetch(url, ref, on_line)
    except NoRelease as error:
        raise _instead(error, ref, list_tags(url), again) from error


def _instead(error: NoRelease, ref: str, tags: Iterable[str], again: str) -> DifyKitError:
    near, last = nearest(ref, tags), newest(tags)
    if not last and not near:
        return DifyKitError(f"{error.message}, and no other", hint="is upstream.url in difykit.yaml Dify?")
    if near in {"", last}:
        words = f"the {'nearest and ' if near else ''}newest is {last}"
    else:
        words = f"the nearest is {near}" + (f", the newest is {last}" if last else "")
    return DifyKitError(f"{error.message}; {words}", hint=again.format(near or last))


def newest(tags: Iterable[str]) -> str:
    """The newest final release among tags, else the newest of all; "" where none is a version."""
    versions = _final(_versions(tags))
    return max(versions, key=lambda tag: versions[tag], default="")


def nearest(ref: str, tags: Iterable[str]) -> str:
    """The tag that is meant by a name that is none: the version next to it, else the name most like it; or ""."""
    ref = ref.rpartition("/")[2]  # as in refs/tags/1.15.0
    versions, version = _versions(tags), _version(ref)
    if version is None or not versions:
        matches = difflib.get_close_matches(ref, [*tags], n=1)
        return matches[0] if matches else ""
    versions = versions if version.is_prerelease else _final(versions)
    below = max((tag for tag in versions if versions[tag] <= version), key=lambda tag: versions[tag], default="")
    above = min((tag for tag in versions if versions[tag] >= version), key=lambda tag: versions[tag], default="")
    sides = [tag for tag in (below, above) if tag]
    return min(sides, key=lambda tag: _distance(version, versions[tag]))


def _distance(first: Version, second: Version) -> tuple[int, ...]:
    return tuple(abs(ours - theirs) for ours, theirs in zip(_parts(first), _parts(second), strict=True))


def _parts(version: Version) -> tuple[int, ...]:
    return (*version.release, 0, 0, 0)[:3]


def _final(versions: dict[str, Version]) -> dict[str, Version]:
    """Those that are no pre-releases; all of them where there is no other."""
    return {tag: version for tag, version in versions.items() if not version.is_prerelease} or versions


def _versions(tags: Iterable[str]) -> dict[str, Version]:
    return {tag: version for tag in tags if (version := _version(tag))}


def _version(text: str) -> Version | None:
    try:
        return Version(re.sub(r"-fix\.?(\d+)$", r".post\1", text))
    except InvalidVersion:
        return None
