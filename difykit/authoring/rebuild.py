"""From a plan to files: patches that no longer give their commit are written anew, overlays' files are changed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path

from difykit.authoring.chain import LayerRanks
from difykit.authoring.line_history import Weave
from difykit.authoring.plan import FinishPlan, NewPatch
from difykit.core import files
from difykit.core.errors import PatchConflict
from difykit.git import Blob, Changes, Commit, Person, Tree, diff, write_chain
from difykit.source.patch import Patch, added, apply, dropped, file_name, read_series, write_patch

_NUMBER = re.compile(r"(\d+)-")
NOBODY = Person("difykit", "difykit@localhost", 0)


@dataclass(frozen=True)
class FileWrite:
    """A file of the workspace as it is to be; None takes it away."""

    path: str
    blob: Blob | None


@dataclass(frozen=True)
class Rebuilt:
    """What the workspace's files become, and which patches that is, in words for people."""

    writes: tuple[FileWrite, ...]
    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Layer:
    """A patch of the chain to be: its file as it is now, if it is not new, and what it does to the files."""

    name: str
    changes: Changes
    patch: Patch | None
    new: NewPatch | None = None
    exact: bool = False


def rebuild(chain: LayerRanks, plan: FinishPlan, *, after: int, maker: Person) -> Rebuilt:
    """The files that carry the plan out; `maker` is who makes new patches, and when. Only objects are written."""
    layers, parent = _layers(chain, plan)
    diffs = _diffs(chain, layers, parent)
    before = series = read_text(chain.workspace.patches / "series")
    writes: list[FileWrite] = []
    new: list[str] = []
    last = chain.strata[after].name if after else None
    taken_names = {entry for entry, _ in read_series(before)}
    for layer in layers:
        if layer.name not in diffs:
            continue
        if layer.new:
            name = free_name(layer.new.subject, taken_names)
            taken_names.add(name)
            series, last = added(series, name, after=last), name
            new.append(name)
            writes.append(patch_file(name, _message(layer.new, maker) + diffs[layer.name]))
        else:
            head = kept_head(files.read_bytes(chain.workspace.patches / layer.name, limit=files.PATCH))
            writes.append(patch_file(layer.name, head + diffs[layer.name]))
    gone = tuple(layer.name for layer in layers if layer.patch and not layer.changes)
    for name in gone:
        series = dropped(series, name)
        writes.append(FileWrite(f"patches/{name}", None))
    if series != before:
        writes.append(FileWrite("patches/series", ("100644", series.encode())))
    changed = tuple(layer.name for layer in layers if layer.patch and layer.name in diffs)
    writes += _overlay_files(chain, plan)
    writes.sort(key=lambda file_write: file_write.blob is not None)  # a file may become a folder
    return Rebuilt(tuple(writes), tuple(new), changed, gone)


def kept_head(raw: bytes) -> bytes:
    """The message of a patch file as it is written there: only the diff is made anew."""
    lines = raw.splitlines(keepends=True)
    start = next((at for at, line in enumerate(lines) if line.startswith(b"diff --git ")), len(lines))
    end = next((at + 1 for at, line in enumerate(lines[:start]) if line.rstrip() == b"---"), start)
    return b"".join(lines[:end])


def _layers(chain: LayerRanks, plan: FinishPlan) -> tuple[list[_Layer], str]:
    """The patches from the first that changes on, each with what it does; and the commit that they stand on."""
    old_rank = {patch.rank: patch.rank for patch in chain.patches}
    if plan.moved:
        old_rank[plan.moved[1]] = old_rank.pop(plan.moved[0])
    news = {new_patch.rank: new_patch for new_patch in plan.new_patches}
    patches = {patch.name: patch for patch in chain.inputs.patches}
    before = {path: chain.weave(path) for path in plan.weaves}
    parent, tree, applied = chain.source.base, chain.base, Changes()
    layers: list[_Layer] = []
    for below, rank in pairwise(sorted([0, *old_rank, *news])):
        as_before = old_rank.get(rank) == rank and all(_same(before[path], plan.weaves[path], rank) for path in before)
        if not layers and as_before:
            parent = chain.commit[rank]
            continue
        if not layers:
            tree = chain.store.tree(parent)
        changes = _changes(chain, plan.weaves, rank, below)
        if new := news.get(rank):
            layers.append(_Layer(f"new {rank}", changes, None, new))
        else:
            patch = patches[chain.strata[old_rank[rank]].name]
            layers.append(_Layer(patch.name, changes, patch, exact=gives(patch, tree.with_changes(applied), changes)))
        applied.update(changes)
    return layers, parent


def _same(old: Weave, new: Weave, rank: int) -> bool:
    return old.at(rank) == new.at(rank)


def _changes(chain: LayerRanks, weaves: Mapping[str, Weave], rank: int, below: int) -> Changes:
    """What the layer does: as before to files that nobody edited, by their weaves to the others."""
    changes: Changes = {}
    for path, (_, entry) in chain.touched.get(rank, {}).items():
        if path not in weaves:
            changes[path] = (entry.mode, chain.store.blob(entry.oid)) if entry else None
    for path, weave in weaves.items():
        if (blob := weave.at(rank)) != weave.at(below):
            changes[path] = blob
    return changes


def gives(patch: Patch, tree: Tree, changes: Changes) -> bool:
    """Whether the patch as it stands in its file does just this to the tree."""
    try:
        result = apply(patch, tree.read)
    except PatchConflict:
        return False
    paths = result.keys() | changes.keys()
    return all(result.get(path, tree.read(path)) == changes.get(path, tree.read(path)) for path in paths)


def _diffs(chain: LayerRanks, layers: list[_Layer], parent: str) -> dict[str, bytes]:
    """The diff of each layer that has to be written, between its commits in a chain made for that."""
    if all(layer.exact or not layer.changes for layer in layers):
        return {}
    commits = [Commit(f"{layer.name}\n", NOBODY, NOBODY, layer.changes) for layer in layers]
    ids = [parent, *write_chain(chain.store, parent, commits)]
    return {
        layer.name: diff(chain.store, old, new)
        for layer, (old, new) in zip(layers, pairwise(ids), strict=True)
        if not layer.exact and layer.changes
    }


def _message(new: NewPatch, maker: Person) -> bytes:
    who = new.author or maker
    body = new.body.strip("\n")
    return write_patch(subject=new.subject, author=who.name, email=who.email, date=date_text(who), body=body, diff=b"")


def date_text(who: Person) -> str:
    """A person's time as mails write it."""
    sign = -1 if who.zone.startswith("-") else 1
    shift = timedelta(hours=int(who.zone[-4:-2]), minutes=int(who.zone[-2:])) * sign
    zone = timezone(shift) if shift else UTC
    return format_datetime(datetime.fromtimestamp(who.seconds, zone))


def patch_file(name: str, raw: bytes) -> FileWrite:
    """A patch as it is to be in the workspace."""
    return FileWrite(f"patches/{name}", ("100644", raw))


def read_text(series: Path) -> str:
    """The text of `patches/series`, "" where there is none."""
    return files.read_bytes(series).decode() if series.exists() else ""


def free_name(subject: str, taken_names: set[str]) -> str:
    """A name for a new patch: the number after the highest one, and words of its subject."""
    numbers = [int(match[1]) for name in taken_names if (match := _NUMBER.match(name.rpartition("/")[2]))]
    return f"{max(numbers, default=0) + 1:04}-{file_name(subject)}"


def _overlay_files(chain: LayerRanks, plan: FinishPlan) -> Iterator[FileWrite]:
    """The whole files of overlays that the plan changes, makes or takes away."""
    root = chain.workspace.root
    for path, weave in sorted(plan.weaves.items()):
        before = chain.weave(path)
        for rank in sorted({*weave.wholes, *before.wholes}):
            old = before.at(rank) if rank in before.wholes else None
            new = weave.at(rank) if rank in weave.wholes else None
            if old == new:
                continue
            file_path = chain.place_for(rank, path)
            # A file that goes would come back from another of the overlay's trees.
            places = chain.wholes[rank][path] if new is None else [file_path]
            yield from (FileWrite(file_path.relative_to(root).as_posix(), new) for file_path in places)
