"""A target that runs nothing: it notes what it is asked to do, in the workspace's data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from difykit.core.progress import Progress
from difykit.release.render import RenderInputs, RenderPlan, plan_render, render
from difykit.targets import DeploymentPlan, DeploymentStatus, RunningRelease, ServiceStatus
from difykit.workspace.state import BuiltImages, Source
from difykit.workspace.workspace import Workspace


class NoteTarget:
    uses_images = False
    uses_engine = False

    def images(self, workspace: Workspace, source: Source) -> BuiltImages:
        return BuiltImages(source=source.commit, images=())

    def plan_release(self, inputs: RenderInputs) -> RenderPlan:
        return plan_render(inputs, stock=True)

    def plan(self, workspace: Workspace, images: BuiltImages) -> DeploymentPlan:
        return DeploymentPlan("noted", None, ("note",), {"note": "added"})

    def start(self, workspace: Workspace, images: BuiltImages, progress: Progress) -> RunningRelease:
        render(workspace, progress, images=images, planner=self.plan_release)
        self._note(workspace).write_text("started\n")
        return RunningRelease(workspace.release, "note://started")

    def is_deployed(self, workspace: Workspace) -> bool:
        return self._note(workspace).exists()

    def status(self, workspace: Workspace) -> DeploymentStatus:
        return DeploymentStatus((ServiceStatus("note", "running", "", "(none)", ""),), "")

    def logs(
        self,
        workspace: Workspace,
        services: tuple[str, ...],
        on_line: Callable[[str], None],
        *,
        follow: bool,
        tail: int,
    ) -> None:
        on_line(f"note | {self._note(workspace).read_text()}")

    def stop(self, workspace: Workspace, progress: Progress) -> bool:
        self._note(workspace).unlink()
        return True

    def _note(self, workspace: Workspace) -> Path:
        workspace.data.mkdir(exist_ok=True)
        return workspace.data / "note"


TARGET = NoteTarget()
