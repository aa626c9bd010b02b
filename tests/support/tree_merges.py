"""Three whole trees merged as `upgrade` merges them: by git, then by the strategies."""

from __future__ import annotations

from dataclasses import dataclass

from difykit.git import Store, Tree
from difykit.porting.strategies import (
    Completer,
    Conflict,
    Merger,
    Remark,
    Solved,
    Trees,
    WholeTrees,
    marked_files,
    write_tree,
)


@dataclass(frozen=True)
class MergeOutcome:
    """A merged tree in the store; files in conflict hold git's zdiff3 markers in it."""

    tree: str
    solved: tuple[Solved, ...]
    conflicts: tuple[Conflict, ...]
    remarks: tuple[Remark, ...] = ()

    @property
    def clean(self) -> bool:
        """Whether nothing is left to a person."""
        return not self.conflicts


def three_way(
    store: Store,
    base: str,
    ours: str,
    theirs: str,
    *,
    labels: tuple[str, str] = ("upstream", "yours"),
    own: Tree | None = None,
) -> MergeOutcome:
    """Merge what turned `base` into `ours` with what turned it into `theirs`; all of them commits or trees in `store`.

    `labels` name ours and theirs in the markers of a file that is left in conflict. `own` is what the customised side
    adds and changes in all, where this merge brings only a part of it.
    Raises CommandFailed when git cannot merge at all, DifyKitError when the store lacks an object.
    """
    job = WholeTrees(store.tree_id(base), store.tree_id(ours), store.tree_id(theirs))
    trees = Trees(store.tree(base), store.tree(ours), store.tree(theirs), own)
    completed = Completer(store).complete(Merger(store).run([job]).items(), trees)
    writes = {**completed.writes, **marked_files(store, completed.conflicts, labels)}
    conflicts = tuple(clash.conflict for clash in completed.conflicts)
    return MergeOutcome(write_tree(store, job.ours, writes), completed.solved, conflicts, completed.remarks)
