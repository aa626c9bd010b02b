"""The files of a finish on their way into the workspace, and what the work tree that they came from is settled on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from difykit.authoring.collect import unmark
from difykit.authoring.rebuild import FileWrite
from difykit.core import transaction
from difykit.core.progress import Progress
from difykit.core.transaction import Change, Journal
from difykit.git import Store, WorkTree, settle
from difykit.workspace.workspace import Workspace

SETTINGS = "difykit.yaml"
_COMMIT = re.compile(r"[0-9a-f]{40}")


def write_down(
    workspace: Workspace, writes: Sequence[FileWrite], *, tree: Path | None = None, head: str = "", commit: str = ""
) -> Journal:
    """Begin to write files; they come from a work tree at `head`, whose edits are in `commit`, if from any.

    Raises OSError, with nothing changed, where the disk does not take it.
    """
    changes = [_change(workspace, write) for write in writes]
    note = {"tree": str(tree) if tree else None, "head": head, "commit": commit}
    return transaction.begin(workspace.root, changes, transaction.FINISH, note)


def _change(workspace: Workspace, write: FileWrite) -> Change:
    """`difykit.yaml` may be a link, and keeps its mode and its mark."""
    if write.path == SETTINGS and write.blob:
        return transaction.settings(workspace.root, write.blob[1])
    return transaction.as_git(workspace.root, write.path, write.blob)


def end(journal: Journal, store: Store) -> None:
    """Let the work tree that the edits came from have them taken in, if it is still there; then the journal goes."""
    tree, head, commit = (journal.note[key] for key in ("tree", "head", "commit"))
    if tree and Path(tree).is_dir():
        edited = WorkTree(Path(tree), store)
        edited.ensure()
        if edited.head() == head and _COMMIT.fullmatch(commit):
            settle(edited, commit)
        unmark(edited)
    transaction.end(journal)


def write(workspace: Workspace, writes: Sequence[FileWrite], progress: Progress) -> None:
    """Write files that come from no work tree. Raises what `write_down` and `transaction.forward` raise."""
    journal = write_down(workspace, writes)
    transaction.forward(journal, progress)
    transaction.end(journal)
