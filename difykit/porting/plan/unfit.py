"""What merges, and yet cannot stand on the release: a migration whose parent is no longer the head, two spellings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from difykit.dify import layout
from difykit.git import GitEntry, Store, clash_text, write_blobs
from difykit.porting.plan.change import Entries, PinnedChange
from difykit.porting.plan.replay import Replay
from difykit.porting.strategies import UNFIT, ConflictedPath, Row
from difykit.source.migrations import DIFY, MigrationChain, Revision, line_of, read_chain, read_revision

_NEEDED = "yours takes the file away, and the release needs it"


@dataclass(frozen=True)
class _Fault:
    """Why a file cannot stand, and what is taken for it until a person has said."""

    path: str
    reason: str
    resolved: GitEntry | None


def unfit(change: PinnedChange, replay: Replay, writes: Entries) -> Iterator[ConflictedPath]:
    """The files of what a customisation writes on the release that a person must change; it is asked before it is laid.

    `replay` has all that comes before it.
    """
    faults = {fault.path: fault for fault in (*_spelled(replay, writes), *_migrations(change, replay, writes))}
    for path, fault in sorted(faults.items()):
        entry, why, resolved = writes[path], fault.reason, fault.resolved
        row = Row(path, change.base.get(path), replay.entries.get(path), entry)
        if entry:
            yield ConflictedPath(path, UNFIT, why, row, marked=entry, resolved=resolved, note=why)
        else:
            yield ConflictedPath(path, "modify/delete", _NEEDED, row, marked=resolved, resolved=resolved, note=why)


def _spelled(replay: Replay, writes: Entries) -> Iterator[_Fault]:
    added = sorted(path for path, entry in writes.items() if entry and path not in replay.entries)
    gone = {path for path, entry in writes.items() if entry is None}
    for path, name, other in replay.spelled(added, gone):
        yield _Fault(path, clash_text(name, other), writes[path])


@dataclass(frozen=True)
class _Migration:
    """A migration as a customisation writes it, and whether it followed the head of Dify's at the pin."""

    revision: Revision
    entry: GitEntry
    content: bytes
    at_head: bool


def _migrations(change: PinnedChange, replay: Replay, writes: Entries) -> Iterator[_Fault]:
    """Migrations in Dify's own chain that followed its head at the pin, and do not on the release; or are needed."""
    store = change.before.store
    paths = {path: entry for path, entry in writes.items() if path.startswith(layout.CHAIN)}
    if not paths:
        return
    yield from _lost(replay, paths)
    without = replay.tree.with_changes({path: None for path, entry in paths.items() if not entry})
    heads, now = read_chain(change.before, DIFY).heads, read_chain(without, DIFY)
    own: list[_Migration] = []
    for path, entry in ((path, entry) for path, entry in paths.items() if entry):
        content, pinned = store.blob(entry.oid), change.after.read(path)
        followed = read_revision(path, pinned[1]).follows if pinned else ()
        at_head = any(parent in heads for parent in followed)
        own.append(_Migration(read_revision(path, content), entry, content, at_head))
    together = {migration.revision.id for migration in own}
    for migration in own:
        if fault := _fault(store, migration, now, together):
            yield fault


def _lost(replay: Replay, paths: Entries) -> Iterator[_Fault]:
    """Migrations that a customisation takes away or calls otherwise, and that others of the release follow."""
    old = {path: blob[1] for path in paths if (blob := replay.tree.read(path))}
    if not old:
        return
    store = replay.tree.store
    blobs = {path: (entry.mode, store.blob(entry.oid)) if entry else None for path, entry in paths.items()}
    followers = {parent: revision for revision, parent in read_chain(replay.tree.with_changes(blobs), DIFY).lost()}
    for path, content in old.items():
        revision = read_revision(path, content)
        if follower := followers.get(revision.id):
            why = (
                f"the migration {revision.id} goes with it, and {follower.id} follows that, in {follower.path}: keep it"
            )
            yield _Fault(path, why, replay.entries[path])


def _fault(store: Store, migration: _Migration, now: MigrationChain, together: Collection[str]) -> _Fault | None:
    """Why a migration cannot follow what it follows, and what to write instead; None where it can.

    One that did not follow the head at the pin need not do so here.
    """
    revision, line = migration.revision, f"line {line_of(migration.content, 'down_revision')}: "
    duplicates = [other.path for other in now.revisions if other.id == revision.id and other.path != revision.path]
    if not revision.id:
        return None
    if duplicates:
        reason = f"{line}the migration {revision.id} is in {duplicates[0]} too: take one of them away"
        return _Fault(revision.path, reason, None)
    for parent in revision.follows:
        if parent in together or parent in now.heads or (parent in now.ids and not migration.at_head):
            continue
        why = "is no longer the head of Dify's migrations" if parent in now.ids else "is not in this release"
        reason = f'{line}down_revision = "{parent}": {parent} {why}{_instead(now)}'
        return _Fault(revision.path, reason, _following(store, migration, parent, now))
    return None


def _following(store: Store, migration: _Migration, parent: str, now: MigrationChain) -> GitEntry:
    """The migration as it would follow the head; as it is where there is not one head."""
    if len(now.heads) != 1:
        return migration.entry
    pattern = rb"(?m)^(down_revision[^\n]*)" + re.escape(parent.encode())
    text = re.sub(pattern, lambda match: match[1] + now.heads[0].encode(), migration.content, count=1)
    return GitEntry(migration.entry.mode, write_blobs(store, [text])[0])


def _instead(now: MigrationChain) -> str:
    if len(now.heads) == 1:
        return f': write down_revision = "{now.heads[0]}"'
    return f": make it follow one of the heads, {', '.join(now.heads)}" if now.heads else ""
