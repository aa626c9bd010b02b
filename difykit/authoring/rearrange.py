"""Patches and overlays that are only arranged in another way: the source stays what it is, or nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from difykit.authoring.chain import LayerRanks
from difykit.authoring.collect import gather, tree_at
from difykit.authoring.prove import check_same, proved_fit
from difykit.authoring.rebuild import FileWrite, Rebuilt
from difykit.authoring.writing import write
from difykit.core.errors import DifyKitError, DirtyTree
from difykit.core.files import locked
from difykit.core.progress import Progress
from difykit.git import Store
from difykit.source.sync import sync
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace


def rearranged(
    workspace: Workspace,
    progress: Progress,
    doing: str,
    change: Callable[[LayerRanks], Rebuilt],
    *,
    check: bool = False,
    proof: Callable[[LayerRanks, Source], None] | None = None,
) -> Rebuilt:
    """Write what `change` makes of the layers, once it is proved that a sync of it gives the same files as before.

    Another `proof` may say what it is to give. With `check` nothing is written.
    Raises DifyKitError, with nothing changed, where the proof fails; DirtyTree for edits in the work tree.
    """

    def proved(chain: LayerRanks) -> Rebuilt:
        rebuilt = change(chain)
        with progress.step("prove what a sync of it gives"):
            built = proved_fit(chain, rebuilt.writes)
            if proof:
                proof(chain, built)
            else:
                check_same(chain.store, chain.source.commit, built.commit, "the source")
        return rebuilt

    return rebuilt_layers(workspace, progress, doing, proved, check=check)


def rebuilt_layers(
    workspace: Workspace,
    progress: Progress,
    doing: str,
    change: Callable[[LayerRanks], Rebuilt],
    *,
    check: bool = False,
) -> Rebuilt:
    """Write what `change` makes of the layers, and has proved; with `check` nothing is written.

    Raises DirtyTree for edits in the work tree, and whatever `change` does, with nothing changed.
    """
    if not check:
        sync(workspace, progress)  # which refuses where there are edits to lose
    with locked(workspace.derived / "lock", doing, on_wait=progress.skip), Store(workspace.store) as store:
        tree = tree_at(workspace, store, None)
        gathered = gather(workspace, store, tree)
        if gathered.steps:
            raise DirtyTree(f"{tree.path} was edited meanwhile", hint="take the edits in first: difykit finish")
        rebuilt = change(gathered.chain)
        if check:
            return rebuilt
        tree.check_alone()  # the sync at the end moves it
        write(workspace, rebuilt.writes, progress)
    sync(Workspace.open(workspace.root), progress)
    return rebuilt


def rank_of(chain: LayerRanks, name: str) -> int:
    """The rank of a patch. Raises DifyKitError for one that no source is made with."""
    for patch in chain.patches:
        if patch.name == name:
            return patch.rank
    raise DifyKitError(
        f"patches/{name} is not for Dify {chain.source.release}, so nothing can be proved of it",
        hint="difykit patch.list shows which are",
    )


def parent_of(chain: LayerRanks, rank: int) -> str:
    """The commit that a layer stands on."""
    return next(commit for layer, commit in reversed(chain.commit.items()) if layer < rank)


def series_write(before: str, after: str) -> Sequence[FileWrite]:
    """The series as it is to be, if it is another one."""
    return [FileWrite("patches/series", ("100644", after.encode()))] if after != before else []
