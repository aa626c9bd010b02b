"""Whether `.difykit` may be deleted: what in it could not be made again from the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from difykit.core import transaction
from difykit.core.errors import Damaged, DifyKitError, DirtyTree
from difykit.git import Store, WorkTree, other_commits
from difykit.source.sync.plan import check_frame, known_commits
from difykit.workspace.derived import asides, check_derived
from difykit.workspace.workspace import Workspace


@dataclass(frozen=True)
class Safety:
    """Why deleting `.difykit` would lose something, () where it would not; and what would merely be forgotten."""

    reasons: tuple[str, ...]
    forgets: tuple[str, ...] = ()

    @property
    def safe(self) -> bool:
        return not self.reasons

    def describe(self) -> dict[str, object]:
        return {"safe_to_delete": self.safe, "reasons": list(self.reasons), "forgets": list(self.forgets)}

    def words(self) -> str:
        """The answer in a line."""
        if self.reasons:
            return ".difykit is NOT safe to delete: " + "; ".join(self.reasons)
        return ".difykit is safe to delete" + (f"; it would forget {', '.join(self.forgets)}" if self.forgets else "")


def safety(workspace: Workspace) -> Safety:
    """Look at all that `.difykit` may hold of the user's; what cannot be told is a reason. Nothing is changed."""
    try:
        check_derived(workspace.derived)
        reasons = (*_edits(workspace), *_under_way(workspace.derived), *_other_reasons(workspace.derived))
    except (DifyKitError, OSError) as error:
        return Safety((f"it cannot be told what is in it: {_line(error)}",))
    memory = workspace.derived / "upgrade" / "resolutions"
    has_resolutions = any(path.is_file() and path.name != "preimage" for path in memory.rglob("*"))
    return Safety(reasons, ("how you resolved conflicts in earlier upgrades",) if has_resolutions else ())


def _edits(workspace: Workspace) -> Iterator[str]:
    with Store(workspace.store) as store:
        tree = WorkTree(workspace.source, store, only_look=True)
        if not tree.path.is_dir() or not any(tree.path.iterdir()):
            return
        try:
            tree.check_place()
            check_frame(workspace, store, tree)
            if tree.head() is None:
                raise Damaged(f"the commit that {tree.path} is at is lost")
            commits = known_commits(workspace, store, tree)
            tree.check_clean(commits)
        except DirtyTree as error:
            yield f"source/ has edits or commits of yours ({_line(error)}): difykit finish folds them in"
        except DifyKitError as error:
            yield f"it cannot be told whether source/ has edits of yours: {_line(error)}; difykit sync mends it"
        else:
            if names := other_commits(tree, store, commits):
                yield f"source/ has commits of yours in {', '.join(names[:5])}"


def _under_way(derived: Path) -> Iterator[str]:
    upgrade = derived / "upgrade"
    if any((upgrade / name).exists() for name in ("journal.json", "work", "mend")):
        yield "an upgrade is under way: difykit upgrade.status"
    try:
        begun = transaction.pending(derived.parent)
    except Damaged as error:
        yield _line(error)
    else:
        if begun:
            yield f"{begun.owner.doing} was cut off between two files: the next command ends it"


def _other_reasons(derived: Path) -> Iterator[str]:
    yield from (f"{path} was put aside, it may hold work of yours" for path in asides(derived))
    if (derived / "upgrade" / "before").is_dir():
        yield f"{derived / 'upgrade' / 'before'} has your files as they were before the last upgrade"
    if (derived / "demo" / "difykit.yaml").exists():
        yield f"{derived / 'demo'} is a workspace of its own, which difykit demo --keep made"


def _line(error: DifyKitError | OSError) -> str:
    text = error.message if isinstance(error, DifyKitError) else f"{error.filename}: {error.strerror}"
    first, *details = text.splitlines()
    return (
        first
        if not details
        else f"{first} {', '.join(line.strip() for line in details[:3])}" + (", …" if details[3:] else "")
    )
