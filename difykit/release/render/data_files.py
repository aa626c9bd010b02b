"""What a rendered release has for the data folder, and bringing it there."""

from __future__ import annotations

from difykit.core.progress import Progress
from difykit.git import Store
from difykit.release import data_files, history
from difykit.release.data_files import DataPlan, VolumesFolder
from difykit.release.render.plan import RenderPlan
from difykit.workspace.workspace import Workspace


def plan_data_files(workspace: Workspace, plan: RenderPlan, store: Store) -> DataPlan:
    """What the release would change below the data folder. Raises Unreadable for a record that is none.

    For data that is older than its record the release folders of before are looked at, so ask before one is replaced.
    """
    shipped = {target: plan.files[source] for source, target in plan.seeds.items()}
    earlier = data_files.earlier_files((*history.numbered(workspace.data), workspace.release), store)
    return folder_of(workspace).plan(shipped, earlier, release=str(plan.manifest.get("release", "")))


def folder_of(workspace: Workspace) -> VolumesFolder:
    """The part of the workspace's data folder that services mount."""
    return VolumesFolder.of(workspace.data / "volumes")


def bring_data_files(workspace: Workspace, plan: DataPlan, release: str, progress: Progress, *, deploys: bool) -> None:
    """Bring the files of the release `release` into the data folder, and say so.

    Where a release is live its services read what is there: then only what is missing is added, and the rest waits for
    the deployment, which goes on to do it where `deploys` is set.
    Raises DifyKitError where the data folder may not be written.
    """
    folder, live = folder_of(workspace), history.current(workspace.data) is not None
    data_files.tell_done(folder.carry_out(plan, only_new=live), release, progress)
    if not (live and deploys):
        data_files.tell_kept(plan.kept, folder.files, release, progress)
    if live and not deploys:
        data_files.tell_later(plan.work, progress)
