"""A target that runs nothing: it notes what it is asked to do, in the workspace's data folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from difykit.progress import Progress
from difykit.render import Inputs, RenderPlan, plan_render, render
from difykit.state import Images, Source
from difykit.targets import DeploymentPlan, DeploymentStatus, Running, ServiceStatus
from difykit.workspace import Workspace


class NoteTarget:
    uses_images = False
    uses_engine = False

    def images(self, workspace: Workspace, source: Source) -> Images:
        return Images(source=source.commit, images=())

    def plan_release(self, inputs: Inputs) -> RenderPlan:
        return plan_render(inputs, stock=True)

    def plan(self, workspace: Workspace, images: Images) -> DeploymentPlan:
        return DeploymentPlan("noted", None, ("note",), {"note": "added"})

    def start(self, workspace: Workspace, images: Images, progress: Progress) -> Running:
        render(workspace, progress, images=images, planner=self.plan_release)
        self._note(workspace).write_text("started\n")
        return Running(workspace.release, "note://started")

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
