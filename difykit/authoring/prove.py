"""The proof: with the files as they are to be, difykit's own sync makes exactly what was edited."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from packaging.version import Version

from difykit.authoring.chain import TOP, LayerRanks
from difykit.authoring.plan import FinishPlan
from difykit.authoring.rebuild import NOBODY, FileWrite
from difykit.core import files, transaction
from difykit.core.errors import ConfigError, DifyKitError, PatchConflict, in_rows
from difykit.git import Commit, Store, write_chain
from difykit.source.patch import printable
from difykit.source.sync import make_chain, read_inputs
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace


def proved(chain: LayerRanks, writes: Sequence[FileWrite]) -> Source:
    """The source that a sync makes once the workspace's files are these; nothing of the workspace changes.

    Raises PatchConflict, ConfigError or DifyKitError for what does not fit.
    """
    with _scratch(chain.workspace, writes) as scratch:
        return built_source(scratch, chain.store, chain.source, chain.release)


def proved_fit(chain: LayerRanks, writes: Sequence[FileWrite]) -> Source:
    """As `proved`, for verbs that only rearrange. Raises DifyKitError that says what would not fit."""
    try:
        return proved(chain, writes)
    except (PatchConflict, ConfigError) as error:
        raise DifyKitError(
            f"nothing was changed; then this would not fit:\n{error.message}", hint=error.hint
        ) from error


def built_source(workspace: Workspace, store: Store, before: Source, release: Version | None) -> Source:
    """The source that the workspace describes, made in the object database only; what `before` has is not made again.

    Raises PatchConflict, ConfigError or DifyKitError for what does not fit.
    """
    built = make_chain(store, before.base, release, read_inputs(workspace, release), before)
    return Source(release=before.release, base=before.base, commit=built.tip, layers=built.layers)


def check_edited(chain: LayerRanks, plan: FinishPlan, built: Source) -> None:
    """Raises DifyKitError, with the paths, when a source is not what the plan makes of the one that is there."""
    tops = {path: weave.at(TOP) for path, weave in plan.weaves.items()}
    [expected] = write_chain(chain.store, chain.source.commit, [Commit("wanted\n", NOBODY, NOBODY, tops)])
    check_same(chain.store, expected, built.commit, "the source")


def check_same(store: Store, expected: str, built: str, subject: str) -> None:
    """Raises DifyKitError, with the paths, when two commits have different files."""
    if store.tree_id(expected) == store.tree_id(built):
        return
    paths = [printable(path) for _, path in store.changed(expected, built)]
    raise DifyKitError(
        f"nothing was changed: {subject} would not be what you edited, in:{in_rows(paths, 10)}",
        hint="difykit finish --check shows where each edit goes; give those of these files to one new patch",
    )


def _write(root: Path, file_write: FileWrite) -> None:
    target = root / file_write.path
    if os.path.lexists(target):
        transaction.remove(target)
        files.prune_empty(target, root)
    if file_write.blob:
        target.parent.mkdir(parents=True, exist_ok=True)
        transaction.store(transaction.as_git(root, file_write.path, file_write.blob), target)


@contextmanager
def _scratch(workspace: Workspace, writes: Sequence[FileWrite]) -> Iterator[Workspace]:
    """The workspace as it is to be, in a folder of its own; overlays that stay as they are, by links."""
    workspace.derived.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="proof-", dir=workspace.derived) as folder:
        root = Path(folder)
        files.copy(workspace.root / "difykit.yaml", root / "difykit.yaml")
        if workspace.patches.is_dir():
            files.copy_tree(workspace.patches, root / "patches")
        changed = {file_write.path.split("/")[1] for file_write in writes if file_write.path.startswith("overlays/")}
        (root / "overlays").mkdir()
        for overlay_folder in sorted((workspace.root / "overlays").glob("*/")):
            if overlay_folder.name in changed:
                files.copy_tree(overlay_folder, root / "overlays" / overlay_folder.name)
            else:
                (root / "overlays" / overlay_folder.name).symlink_to(overlay_folder)
        for file_write in writes:
            _write(root, file_write)
        yield Workspace.open(root)
