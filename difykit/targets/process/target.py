"""What the process target does for each verb."""

from __future__ import annotations

from collections.abc import Callable

from difykit.core.progress import Progress
from difykit.dify import services
from difykit.git import Store
from difykit.release.render import (
    RenderInputs,
    RenderPlan,
    check_begun,
    check_data_files,
    plan_render,
    read_inputs,
    render,
)
from difykit.targets import (
    DeploymentPlan,
    DeploymentStatus,
    RunningRelease,
    ServiceStatus,
    changed_files,
    check_folder,
    check_parts,
    hold_data_folder,
)
from difykit.targets.process import processes
from difykit.workspace.state import BuiltImages, Source, need_source
from difykit.workspace.workspace import Workspace

_SERVICES = (services.API, services.WORKER, services.WEB, "gateway")


class ProcessTarget:
    """api, worker and web as processes, behind a gateway; the release folder is `.difykit/release` itself."""

    uses_images = False
    uses_engine = False

    def images(self, workspace: Workspace, source: Source) -> BuiltImages:
        return BuiltImages(source=source.commit, images=())

    def plan_release(self, inputs: RenderInputs) -> RenderPlan:
        return plan_render(inputs, stock=True)

    def plan(self, workspace: Workspace, images: BuiltImages) -> DeploymentPlan:
        check_parts(workspace.data)
        source = need_source(workspace.derived, workspace.settings.upstream.ref)
        with Store(workspace.store) as store:
            plan = self.plan_release(read_inputs(workspace, source, images, store))
        check_begun(plan.missing, workspace.data)
        folder = workspace.release if workspace.release.is_dir() else None
        data_files = check_data_files(workspace, plan).files
        return DeploymentPlan(workspace.settings.deploy.project, folder, changed_files(folder, plan), {}, data_files)

    def start(self, workspace: Workspace, images: BuiltImages, progress: Progress) -> RunningRelease:
        check_folder(workspace.data)
        with hold_data_folder(workspace, "difykit deploy", progress):
            render(workspace, progress, images=images, planner=self.plan_release)
            processes.prepare(workspace, progress)
            port = processes.start(workspace, progress)
        return RunningRelease(workspace.release, f"http://localhost:{port}" if port != 80 else "http://localhost")

    def is_deployed(self, workspace: Workspace) -> bool:
        return True

    def status(self, workspace: Workspace) -> DeploymentStatus:
        state = "running" if processes.alive(workspace) else "stopped"
        return DeploymentStatus(tuple(ServiceStatus(name, state, "", "(process)", "") for name in _SERVICES), "")

    def logs(
        self,
        workspace: Workspace,
        services: tuple[str, ...],
        on_line: Callable[[str], None],
        *,
        follow: bool,
        tail: int,
    ) -> None:
        processes.logs(workspace, services, on_line, follow=follow, tail=tail)

    def stop(self, workspace: Workspace, progress: Progress) -> bool:
        return processes.stop(workspace)
