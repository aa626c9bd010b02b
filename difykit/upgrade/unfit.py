"""What merges, and yet cannot stand on the release: a migration whose parent is no longer the head, two spellings."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from difykit.git import Tree, clash_text
from difykit.merge import UNFIT, Clash, Row
from difykit.migrations import DIFY, Chain, Revision, line_of, read_chain, read_revision
from difykit.upgrade.change import Change, Entries
from difykit.upgrade.replay import Replay

CHAIN = f"{DIFY}/versions/"


def unfit(change: Change, replay: Replay, writes: Entries) -> Iterator[Clash]:
    """The files of what a customisation writes on the release that a person must change; it is asked before it is laid.

    `replay` has all that comes before it.
    """
    faults = dict(_spelled(replay, writes))
    faults |= _migrations(change, replay, writes)
    for path, reason in sorted(faults.items()):
        entry = writes[path]
        row = Row(path, change.base.get(path), replay.entries.get(path), entry)
        yield Clash(path, UNFIT, reason, row, marked=entry, resolved=entry, note=reason)


def _spelled(replay: Replay, writes: Entries) -> Iterator[tuple[str, str]]:
    added = sorted(path for path, entry in writes.items() if entry and path not in replay.entries)
    gone = {path for path, entry in writes.items() if entry is None}
    for path, name, other in replay.spelled(added, gone):
        yield path, clash_text(name, other)


def _migrations(change: Change, replay: Replay, writes: Entries) -> Iterator[tuple[str, str]]:
    """Migrations in Dify's own chain that followed its head at the pin, and do not on the release."""
    paths = [path for path, entry in writes.items() if entry and path.startswith(CHAIN)]
    if not paths:
        return
    before, now = read_chain(change.before, DIFY), read_chain(replay.tree, DIFY)
    written = Tree(change.before.store, {path: entry for path, entry in writes.items() if entry})
    own: list[tuple[str, Revision, bytes]] = []
    for path in paths:
        blob = written.read(path)
        content = blob[1] if blob else b""
        own.append((path, read_revision(path, content), content))
    ids = {revision.id for _, revision, _ in own}
    for path, revision, content in own:
        if revision.id and (reason := _reason(revision, before, now, ids)):
            yield path, f"line {line_of(content, 'down_revision')}: {reason}"


def _reason(revision: Revision, before: Chain, now: Chain, together: Collection[str]) -> str:
    """Why a migration cannot follow what it follows, and what to write instead; "" where it can."""
    others = [each.path for each in now.revisions if each.id == revision.id and each.path != revision.path]
    if others:
        return f"the migration {revision.id} is in {others[0]} too: take one of them away"
    for parent in revision.follows:
        if parent in together or parent in now.heads:
            continue
        if parent in now.ids and parent not in before.heads:  # it stood beside the head at the pin, too
            continue
        why = "is no longer the head of Dify's migrations" if parent in now.ids else "is not in this release"
        return f'down_revision = "{parent}": {parent} {why}{_instead(now)}'
    return ""


def _instead(now: Chain) -> str:
    if len(now.heads) == 1:
        return f': write down_revision = "{now.heads[0]}"'
    return f": make it follow one of the heads, {', '.join(now.heads)}" if now.heads else ""
