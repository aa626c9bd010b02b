"""`lock.refresh`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from invoke.collection import Collection
from invoke.context import Context

from difykit.cli.screen import Screen, document, result
from difykit.cli.task import command, find_workspace
from difykit.core.terminal import Lines

if TYPE_CHECKING:
    from difykit.images.build import Refresh


@command(check="only say what would change in difykit.lock", json="print the outcome as one line of JSON")
def refresh(_: Context, check: bool = False, json: bool = False) -> None:
    """Bring the image digests in difykit.lock up to date."""
    from difykit.images.build import refresh as verb

    screen = Screen()
    refreshed = verb(find_workspace(), screen, check=check)
    if json:
        document(refreshed.describe())
    elif check:
        result(Lines(text for _, text in _words(refreshed, check=True)) or "nothing would change")
    else:
        _tell(screen, refreshed)


def _tell(screen: Screen, refreshed: Refresh) -> None:
    say = {"ok": screen.ok, "skip": screen.skip, "warn": screen.warn}
    for word, text in _words(refreshed, check=False):
        say[word](text)
    if refreshed.changes:
        screen.hint("commit difykit.lock, then: invoke build deploy")
    else:
        screen.skip("difykit.lock: nothing to change")


def _words(refreshed: Refresh, *, check: bool) -> Iterator[tuple[str, str]]:
    be, move = ("would be", "would move") if check else ("is", "moved")
    for name, (old, new) in refreshed.moved.items():
        yield "ok", f"{name} {move}: {_short(old)} → {_short(new)}"
    for name, digest in refreshed.new.items():
        yield "ok", f"{name} {be} new in difykit.lock: {_short(digest)}"
    for name in refreshed.same:
        yield "skip", f"{name} is as before: {_short(refreshed.digests[name])}"
    for name in refreshed.unknown:
        yield "warn", f"{name} is in no registry that the engine asks: difykit.lock cannot hold a digest of it"
    for name in refreshed.dropped:
        why = "its registry does not have it" if name in refreshed.unknown else "no image stands on it any more"
        yield "ok", f"{name} {be} dropped from difykit.lock: {why}"


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:12]


collection = Collection("lock")
collection.add_task(refresh, name="refresh")
