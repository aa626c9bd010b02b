"""The compose target: the release folder's services as containers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from difykit import engine
from difykit.errors import DifyKitError, Unhealthy
from difykit.progress import Progress
from difykit.workspace import Workspace

# The real Dify migrates its database first, and imports for half a minute on a small machine.
_PATIENCE = 600
# Compose says three lines for every step of every container; the last of them is enough.
_PASSING = re.compile(r" (?:Creating|Starting|Stopping|Removing|Waiting|Created|Stopped|Recreate|Exited|Running)\b")


def check_tools() -> None:
    """Raises MissingTool when the engine or Compose is absent or too old."""
    engine.need_engine()
    engine.need_compose()


def up(workspace: Workspace, folder: Path, progress: Progress) -> int:
    """Start what changed, wait until all is healthy, and return the gateway's port on this host.

    Raises Unhealthy with the last lines of the services that do not come up.
    """
    project = workspace.settings.deploy.project
    workspace.logs.mkdir(parents=True, exist_ok=True)
    log = workspace.logs / "deploy.log"
    with progress.step(f"start the services of {project}"):
        code = engine.compose_up(folder, project, _quieter(progress), wait=_PATIENCE, log=log, check=False)
    found = engine.compose_ps(folder, project)
    failed = [each for each in found if not _is_up(each)]
    if code or failed:
        blamed = log.read_text(errors="replace").splitlines()[-1:]  # a service that restarts is up for moments
        failed = failed or [each for each in found if any(f"{each.container} " in line for line in blamed)]
        raise _unhealthy(project, folder, failed, log)
    ports = {target: published for each in found if each.service == "nginx" for published, target in each.ports}
    return ports.get(80) or min(ports.values(), default=80)


def _is_up(service: engine.ComposeService) -> bool:
    done = service.state == "exited" and service.exit_code == 0
    return done or (service.state == "running" and service.health in {"", "healthy"})


def _quieter(progress: Progress) -> Callable[[str], None]:
    return lambda line: None if _PASSING.search(line) else progress.line(line)


def _unhealthy(project: str, folder: Path, failed: list[engine.ComposeService], log: Path) -> DifyKitError:
    if not failed:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-8:])
        return Unhealthy(f"the services of {project} did not start:\n{tail}", hint=f"the whole output is in {log}")
    parts = []
    for each in failed:
        said: list[str] = []
        engine.compose_logs(folder, project, said.append, services=(each.service,), tail=15)
        state = each.health or f"{each.state} with exit code {each.exit_code}"
        parts.append(f"{each.service} is {state}; its last lines:\n" + "\n".join(f"  {line}" for line in said))
    return Unhealthy("\n".join(parts), hint=f"see all of it: difykit logs --service {failed[0].service}")


def services(workspace: Workspace, folder: Path) -> tuple[engine.ComposeService, ...]:
    """The containers of the project. Raises MissingTool without an engine."""
    check_tools()
    return engine.compose_ps(folder, workspace.settings.deploy.project)


def logs(
    workspace: Workspace,
    folder: Path,
    names: tuple[str, ...],
    on_line: Callable[[str], None],
    *,
    follow: bool,
    tail: int,
) -> None:
    """Hand on what the containers said. Raises DifyKitError when there is no such service."""
    check_tools()
    _check_names(workspace, folder, names)
    engine.compose_logs(folder, workspace.settings.deploy.project, on_line, services=names, follow=follow, tail=tail)


def _check_names(workspace: Workspace, folder: Path, names: tuple[str, ...]) -> None:
    done = engine.compose(folder, workspace.settings.deploy.project, "config", "--format", "json")
    known = sorted(json.loads(done.stdout)["services"])
    if unknown := [name for name in names if name not in known]:
        raise DifyKitError(f"there is no service {', '.join(unknown)}", hint=f"there are: {', '.join(known)}")


def down(workspace: Workspace, folder: Path, progress: Progress) -> bool:
    """Stop and remove the containers and networks of the project, never its data; False when there were none."""
    check_tools()
    project = workspace.settings.deploy.project
    if not engine.compose_ps(folder, project):
        return False
    with progress.step(f"stop the services of {project}"):
        engine.compose_down(folder, project, _quieter(progress))
    return True
