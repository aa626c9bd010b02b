"""Patches carried to another release, one after the other, in the object database."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from packaging.specifiers import SpecifierSet

from difykit.errors import PatchConflict
from difykit.git import Changes, Entry, Tree, diff, write_chain
from difykit.patch import Patch, apply, blob_id, write_patch
from difykit.upgrade.chain import Chain, Link, Release
from difykit.upgrade.journal import NOTHING_LEFT, Carried, CarriedList, State, Stop, read_carried, write
from difykit.upgrade.merging import Sides, Workbench, merged
from difykit.upgrade.objects import commit_with, entries_at, laid

_MADE_FOR = re.compile(r"(?mi)^Made-for[ \t]*:.*$")


@dataclass(frozen=True)
class Ported:
    """A patch on the new release: the commit after it, and its file where that is another one than before."""

    patch: Patch
    state: State
    commit: str
    note: str = ""
    content: bytes | None = None


def carried_before(bench: Workbench, patches: tuple[Patch, ...]) -> list[Ported]:
    """The first of the patches as an earlier run of this upgrade has carried them."""
    found = [
        Ported(patch, each.state, each.commit, each.note, base64.b64decode(each.content) if each.content else None)
        for patch, each in zip(patches, read_carried(bench.places), strict=False)
        if patch.name == each.name
    ]
    return found if found and bench.store.resolve(found[-1].commit) else []


def keep_carried(bench: Workbench, ported: Iterable[Ported]) -> None:
    """Write down what is carried, for the run that goes on from here."""
    rows = tuple(
        Carried(
            name=each.patch.name,
            state=each.state,
            commit=each.commit,
            note=each.note,
            content=base64.b64encode(each.content or b"").decode(),
        )
        for each in ported
    )
    write(bench.places.carried, CarriedList(patches=rows))


class Porter:
    """The new chain of patches as it grows: its tip, its files, and patches that fit exactly but have no commit yet."""

    def __init__(self, bench: Workbench, old: Chain, target: Release, tip: str) -> None:
        self._bench = bench
        self._store = bench.store
        self._old = old
        self._target = target
        self._fitting = {patch.name for patch in old.inputs.patches}
        self._tip = tip
        self._now = bench.store.tree(tip)
        self._waiting: list[tuple[Patch, Changes]] = []

    def port(self, patches: tuple[Patch, ...]) -> Iterator[Ported | Stop]:
        """Each patch in its order; ends with the first that waits for a person.

        Raises PatchConflict for one that is only for the target, and does not fit it.
        """
        for patch in patches:
            link = self._old.link("patch", patch.name) if patch.name in self._fitting else None
            if link and _is_for(patch, self._target) and (changes := self._same(patch, link)) is not None:
                self._waiting.append((patch, changes))
                self._now = _with(self._now, changes)
                continue
            yield from self._commit()
            done = self._one(patch, link)
            yield done
            if isinstance(done, Stop):
                return
            self._move(done.commit)
        yield from self._commit()

    def _one(self, patch: Patch, link: Link | None) -> Ported | Stop:
        if not _is_for(patch, self._target):
            return Ported(patch, "left out", self._tip, f"its Applies-to is {patch.trailer('Applies-to')}")
        return self._carried(patch, link) if link else self._fresh(patch)

    def _move(self, commit: str) -> None:
        if commit != self._tip:
            self._tip, self._now = commit, self._store.tree(commit)

    def _commit(self) -> Iterator[Ported]:
        """Commit the patches that wait for it, all at once."""
        waiting, self._waiting = self._waiting, []
        commits = [commit_with(patch.subject, changes) for patch, changes in waiting]
        for (patch, _), commit in zip(waiting, write_chain(self._store, self._tip, commits), strict=True):
            self._tip = commit
            yield Ported(patch, "untouched", commit)

    def _same(self, patch: Patch, link: Link) -> Changes | None:
        """What the patch changes, where its files are on the target as it knows them; else None."""
        paths = sorted({path for change in patch.changes for path in (change.old_path, change.new_path) if path})
        before = entries_at(self._store, link.parent, paths)
        if any(before.get(path) != self._now.entries.get(path) for path in paths):
            return None
        return self._exact(patch)

    def _exact(self, patch: Patch) -> Changes | None:
        """What the patch changes as `sync` would apply it, or None where it would refuse."""
        try:
            return apply(patch, self._now.read)
        except PatchConflict:
            return None

    def _fresh(self, patch: Patch) -> Ported:
        """A patch that was left out so far, and has no commit to merge from: it fits as it is, or not at all."""
        try:
            changes = apply(patch, self._now.read)
        except PatchConflict as error:
            raise PatchConflict(
                f"{error.message}\n  it is not for the present pin (its Applies-to), so there is nothing to merge it"
                " from",
                hint=f"make it fit Dify {self._target.ref}, or narrow its Applies-to; then start again",
            ) from error
        commit = laid(self._store, self._tip, changes, patch.subject)
        return Ported(patch, "untouched", commit, "applies from this release on")

    def _carried(self, patch: Patch, link: Link) -> Ported | Stop:
        store, tip, to = self._store, self._tip, self._target.ref
        labels = (f"Dify {to}", f"patches/{patch.name}")
        sides = Sides("patch", patch.name, patch.trailer("Why"), link.parent, tip, link.commit, labels)
        done = merged(self._bench, sides)
        if isinstance(done, Stop):
            return done
        tree = store.tree_id(done.commit)
        by_hand = any(note.startswith("resolved ") for note in done.notes)
        if tree == store.tree_id(tip):
            notes = ", ".join((*done.notes, NOTHING_LEFT) if by_hand else done.notes)
            return Ported(patch, "dropped", tip, notes or f"already in Dify {to}")
        notes = ", ".join(done.notes)
        exact = self._exact(patch)
        if exact is not None and store.tree_id(laid(store, tip, exact, patch.subject)) == tree:
            return Ported(patch, "untouched", done.commit, notes if by_hand else "")
        return Ported(patch, "ported", done.commit, notes, rewritten(patch, to, diff(store, tip, done.commit)))


def _is_for(patch: Patch, release: Release) -> bool:
    wanted = SpecifierSet(patch.trailer("Applies-to"))
    return release.version is None or wanted.contains(release.version, prereleases=True)


def _with(tree: Tree, changes: Changes) -> Tree:
    """The tree with these changes in its entries; they are no commit yet."""
    entries = dict(tree.entries)
    for path, blob in changes.items():
        entries.pop(path, None)
        if blob:
            entries[path] = Entry(blob[0], blob_id(blob[1]))
    return Tree(tree.store, entries, {**(tree.laid or {}), **changes})


def rewritten(patch: Patch, release: str, changes: bytes) -> bytes:
    """The file of a patch with another diff, made for another release; all else that it says stays."""
    return write_patch(
        subject=patch.subject,
        author=patch.author,
        email=patch.email,
        date=patch.date,
        body=made_for(patch.body, release),
        diff=changes,
    )


def made_for(body: str, release: str) -> str:
    """The message with the trailer `Made-for` of this release; one is added to trailers that have none."""
    *above, last = re.split(r"(\n[ \t]*\n)", body.rstrip())
    trailer = f"Made-for: {release}"
    if _MADE_FOR.search(last):
        return "".join([*above, _MADE_FOR.sub(lambda _: trailer, last, count=1)])
    if re.search(r"(?mi)^(Why|Upstream|Applies-to|Until|Signed-off-by)[ \t]*:", last):
        return f"{body.rstrip()}\n{trailer}"
    return f"{body.rstrip()}\n\n{trailer}".lstrip("\n")
