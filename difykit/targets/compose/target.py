"""What the compose target does for each verb."""

from __future__ import annotations

from collections.abc import Callable

from difykit.core.progress import Progress
from difykit.images.build import check_built
from difykit.release import history
from difykit.release.render import RenderInputs, RenderPlan, plan_render
from difykit.targets import (
    DeploymentPlan,
    DeploymentStatus,
    RunningRelease,
    check_folder,
    hold_data_folder,
    need_built,
)
from difykit.targets.compose import look, preflight, stack
from difykit.targets.compose.rollout import rollout
from difykit.workspace.state import BuiltImages, Source, need_images
from difykit.workspace.workspace import Workspace


class ComposeTarget:
    """Containers, as Docker Compose runs them from a numbered release folder."""

    uses_images = True
    uses_engine = True

    def images(self, workspace: Workspace, source: Source) -> BuiltImages:
        images = need_images(workspace.derived, source)
        check_built(workspace, source)
        return images

    def plan_release(self, inputs: RenderInputs) -> RenderPlan:
        return plan_render(inputs)

    def plan(self, workspace: Workspace, images: BuiltImages) -> DeploymentPlan:
        return look.plan_deploy(workspace, images)

    def start(self, workspace: Workspace, images: BuiltImages, progress: Progress) -> RunningRelease:
        need_built(images.images)
        stack.check_tools()
        check_folder(workspace.data)
        with hold_data_folder(workspace, "difykit deploy", progress) as lock:
            folder, port = rollout(workspace, images, progress, lock)
        return RunningRelease(folder, f"http://localhost:{port}" if port != 80 else "http://localhost")

    def is_deployed(self, workspace: Workspace) -> bool:
        return history.current(workspace.data) is not None

    def status(self, workspace: Workspace) -> DeploymentStatus:
        stack.check_tools()
        return look.stack_status(workspace, history.need_live(workspace.data))

    def logs(
        self,
        workspace: Workspace,
        services: tuple[str, ...],
        on_line: Callable[[str], None],
        *,
        follow: bool,
        tail: int,
    ) -> None:
        stack.check_tools()
        stack.logs(workspace, history.need_live(workspace.data), services, on_line, follow=follow, tail=tail)

    def stop(self, workspace: Workspace, progress: Progress) -> bool:
        stack.check_tools()
        preflight.check_owner(workspace)
        if not workspace.data.is_dir():
            return False
        with hold_data_folder(workspace, "difykit down", progress):
            return stack.down(workspace, history.live_folder(workspace.data), progress)
