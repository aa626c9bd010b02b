"""The standing answer to a patch that takes files away: they stay deleted, in this release and in every later one."""

from __future__ import annotations

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.core.progress import Progress
from difykit.porting.apply import journal
from difykit.porting.apply.journal import UpgradeJournal
from difykit.porting.apply.staging import digest, listed
from difykit.porting.conflicts import work_tree
from difykit.porting.plan.merging import Workbench
from difykit.source.patch import STAY_DELETED, with_trailer
from difykit.workspace.workspace import Workspace


def answer(workspace: Workspace, bench: Workbench, upgrade: UpgradeJournal, progress: Progress) -> UpgradeJournal:
    """Write the answer into the patch that waits; the upgrade, with nothing waiting.

    The patch comes first: cut off after it, the upgrade says that the workspace was changed, and another start has it.
    Raises DifyKitError where no patch waits for a file that it takes away.
    """
    stop = upgrade.stop
    paths = [clash.path for clash in stop.clashes if clash.theirs is None and clash.ours] if stop else []
    if stop is None or stop.kind != "patch" or not paths:
        raise DifyKitError(
            "--stay-deleted: no patch waits for a file that it takes away", hint="see what does: difykit upgrade.status"
        )
    work_tree.keep_resolved(bench.places, stop, bench.memory, progress)
    path = workspace.patches / stop.name
    raw = files.read_bytes(path, limit=files.PATCH)
    files.write(path, with_trailer(raw, STAY_DELETED, "yes"), mode=path.stat().st_mode & 0o7777)
    progress.ok(f"patches/{stop.name}: {STAY_DELETED}: yes: it takes away {', '.join(paths)} in every release")
    upgrade = upgrade.model_copy(update={"stop": None, "inputs": digest(listed(workspace.root))})
    journal.write(bench.places.journal, upgrade)
    return upgrade
