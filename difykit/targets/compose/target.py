"""What the compose target does for each verb."""

from __future__ import annotations

from collections.abc import Callable

from difykit.progress import Progress
from difykit.render import Inputs, RenderPlan, plan_render
from difykit.state import Images, Source, need_images
from difykit.targets.base import DeploymentPlan, DeploymentStatus, Running
from difykit.targets.compose import look, preflight, releases, stack
from difykit.targets.compose.rollout import rollout
from difykit.targets.folder import check_folder
from difykit.targets.hold import hold_data_folder
from difykit.workspace import Workspace


class ComposeTarget:
    """Containers, as Docker Compose runs them from a numbered release folder."""

    uses_images = True
    uses_engine = True

    def images(self, workspace: Workspace, source: Source) -> Images:
        return need_images(workspace.derived, source)

    def plan_release(self, inputs: Inputs) -> RenderPlan:
        return plan_render(inputs)

    def plan(self, workspace: Workspace, images: Images) -> DeploymentPlan:
        return look.plan_deploy(workspace, images)

    def start(self, workspace: Workspace, images: Images, progress: Progress) -> Running:
        stack.check_tools()
        check_folder(workspace.data)
        with hold_data_folder(workspace, "difykit deploy", progress) as lock:
            folder, port = rollout(workspace, images, progress, lock)
        return Running(folder, f"http://localhost:{port}" if port != 80 else "http://localhost")

    def is_deployed(self, workspace: Workspace) -> bool:
        return releases.current(workspace.data) is not None

    def status(self, workspace: Workspace) -> DeploymentStatus:
        stack.check_tools()
        return look.stack_status(workspace, releases.need_live(workspace.data))

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
        stack.logs(workspace, releases.need_live(workspace.data), services, on_line, follow=follow, tail=tail)

    def stop(self, workspace: Workspace, progress: Progress) -> bool:
        stack.check_tools()
        preflight.check_owner(workspace)
        if not workspace.data.is_dir():
            return False
        with hold_data_folder(workspace, "difykit down", progress):
            return stack.down(workspace, releases.live_folder(workspace.data), progress)
