"""What `sync` does about damage below `.difykit`: it is made again; what may hold work is put aside first."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from difykit.core import transaction
from difykit.core.errors import CommandFailed, Damaged, DifyKitError, in_line
from difykit.core.progress import Progress
from difykit.git import (
    RepositoryFault,
    Store,
    WorkTree,
    broken_objects,
    describe,
    lacks_objects,
    lost_commits,
    mend_frame,
    mend_index,
    mend_store,
    mostly_gone,
    object_files,
    release_ref,
    restore_missing,
    store_faults,
    tree_faults,
)
from difykit.workspace import damage, derived, state
from difykit.workspace.lock import Lock
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace


@dataclass
class Repair:
    """The repair of one workspace, by the `sync` that holds its lock."""

    workspace: Workspace
    store: Store
    tree: WorkTree
    progress: Progress
    lock: Lock | None
    faults: list[RepositoryFault] = field(default_factory=list)
    """What was broken; empty where nothing was."""
    opaque: bool = False
    """Whether git cannot say what was edited in the work tree."""

    def begin(self) -> None:
        """Look for damage and make again what needs no upstream. Raises DifyKitError for what is not difykit's."""
        self._state_files()
        self._store_path()
        if faults := self._store_faults(deep=False):
            self._mend_store(faults)
        self.store.ensure()
        self._restore_pin()
        self._tree()

    def deeper(self, error: Exception) -> bool:
        """After a sync failed: look at everything, and make it again; False where nothing is broken."""
        if isinstance(error, DifyKitError) and not isinstance(error, CommandFailed | Damaged):
            return False
        before = list(self.faults)
        if faults := self._store_faults(deep=True):
            self._mend_store(faults)
            self.store.ensure()
        source = state.read_source(self.workspace.derived)
        if source and lacks_objects(self.store.path, [source.commit]):
            self.faults.append(RepositoryFault("source.json", "names commits that are lost"))
        self._tree()
        if self._tree_unreadable():
            self.opaque = True
            self.faults.append(RepositoryFault(str(self.tree.git_dir), "cannot be read"))
        return self.faults != before

    def note_state(self) -> None:
        """Note how the store looks now that it is sound: the next sync reads only what differs."""
        state.write_store_files(self.workspace.derived, _look(self.store.path))

    def before(self) -> Source | None:
        """What the last sync made, if the store has all of it."""
        source = state.read_source(self.workspace.derived)
        if source is None:
            return None
        commits = [source.base, source.commit, *(layer.commit for layer in source.layers)]
        lost = lost_commits(self.store, commits) or (self.faults and lacks_objects(self.store.path, commits))
        return None if lost else source

    def restore_missing(self, *, forced: bool) -> None:
        """Write the work tree's missing files again, where they went with what was broken, or nearly all are gone."""
        if (forced and self.faults) or mostly_gone(self.tree):
            paths = restore_missing(self.tree)
            if paths:
                self.faults.append(RepositoryFault(str(self.tree.path), "lacked files"))
                self.progress.warn(f"files of the work tree were gone, and are there again: {in_line(paths, 5)}")

    def _state_files(self) -> None:
        top = self.workspace.derived
        for name in damage.unreadable(top):
            path = top / name
            if path.is_file():
                path.replace(path.with_name(f"{name}.damaged"))
            else:
                derived.put_aside(path, top, "it stood where difykit keeps a file")
            by_sync = name in {"source.json", state.STORE_FILES}
            again = "this sync makes it again" if by_sync else "difykit build makes it again"
            self.progress.warn(f"{path} could not be read; {again}")
        for name in damage.no_folders(top):
            new = derived.put_aside(top / name, top, "it stood where difykit keeps a folder")
            self.progress.warn(f"{top / name} is not a folder: it was put aside, as {new}")
        transaction.tidy(self.workspace.root)
        try:
            transaction.pending(self.workspace.root)
        except transaction.Broken as broken:
            new = derived.put_aside(broken.folder, top, broken.message)
            self.progress.warn(f"{broken.message}: what it had begun was put aside in {new}")
            self.progress.hint(
                "your edits are still in .difykit/source; see with git what changed in patches/ and overlays/, put it"
                f" back{broken.again}"
            )

    def _store_path(self) -> None:
        if os.path.lexists(self.store.path) and not self.store.path.is_dir():
            new = derived.put_aside(self.store.path, self.workspace.derived, "it stood where difykit keeps its store")
            self.progress.warn(f"{self.store.path} is not a folder: it was put aside, as {new}")

    def _store_faults(self, *, deep: bool) -> list[RepositoryFault]:
        path = self.store.path
        if not path.is_dir() or not any(path.iterdir()):
            return []
        faults = store_faults(path)
        record = None if deep else state.read_store_files(self.workspace.derived)
        look = _look(path)
        faults += broken_objects(path, record)
        if faults:
            return faults
        if record is None or not record.keys() <= look.keys():
            faults += (
                [RepositoryFault("objects/", "lacks some that are needed")] if lacks_objects(self.store.path) else []
            )
        return faults

    def _mend_store(self, faults: list[RepositoryFault]) -> None:
        path = self.store.path
        self.faults += faults
        self.progress.warn(f"{path} is damaged: {describe(faults)}")
        refs = {}
        if self.lock:
            refs[release_ref(self.lock.upstream.ref)] = self.lock.upstream.commit
        if source := state.read_source(self.workspace.derived):
            refs |= {release_ref(source.release): source.base, "refs/difykit/source": source.commit}
        with self.progress.step("make it again from what is sound in it"):
            mend_store(self.store, refs)
        self.progress.ok(f"{path} is sound; what it lacks comes from the upstream")

    def _restore_pin(self) -> None:
        """The pinned release may be whole though its ref is lost: then the upstream is not asked."""
        ref = self.workspace.settings.upstream.ref
        if not self.lock or self.lock.upstream.ref != ref or self.store.release(ref):
            return
        commit = self.lock.upstream.commit
        if self.store.resolve(commit) and not lacks_objects(self.store.path, [commit]):
            self.store.keep(release_ref(ref).removeprefix("refs/difykit/"), commit)

    def _tree(self) -> None:
        tree = self.tree
        faults = tree_faults(tree, self.store)
        if any(fault.path == ".git" for fault in faults):
            if not os.path.lexists(self.workspace.derived / "source.json") and not self.lock:
                tree.check_place()  # nothing was ever made there
            self.opaque = True
        else:
            tree.check_place()
        if not faults:
            return
        self.faults += faults
        self.progress.warn(f"{tree.path} is damaged: {describe(faults)}")
        tree.check_alone()
        if self.opaque:
            return
        mend_frame(tree, self.store)
        tree.ensure()
        if self.head_is_whole():
            mend_index(tree, self.store)

    def head_is_whole(self) -> bool:
        """Whether the commit that is checked out can be read; all of it, where something was broken."""
        head = self.tree.head()
        return head is not None and not (self.faults and lacks_objects(self.tree.git_dir, [head]))

    def _tree_unreadable(self) -> bool:
        if not self.tree.git_dir.is_dir():
            return False
        if broken_objects(self.tree.git_dir):
            return True
        try:
            self.tree.dirty()
        except CommandFailed:
            return True
        return False


def _look(path: Path) -> dict[str, list[int]]:
    look = object_files(path)
    shallow = path / "shallow"
    return look | ({"../shallow": [shallow.stat().st_size, 0]} if shallow.is_file() else {})
