"""The services: all there, healthy, and as the workspace describes them; from the live release folder."""

from __future__ import annotations

from pathlib import Path

from difykit.checks import Finding, error, ok, warning
from difykit.checks.deployment.live import Live
from difykit.docker import ProjectContainer
from difykit.release import history
from difykit.targets import DeploymentStatus
from difykit.workspace.workspace import Workspace

_RESTARTS = 3


def judge_services(live: Live) -> list[Finding]:
    """Every service of the release folder runs and is healthy; what runs once has ended well."""
    names = {container.service for container in live.containers}
    settled = (
        container
        for container in live.containers
        if container.service in live.services and container.id not in live.passing
    )
    findings = [finding for container in settled for finding in _ill(container)]
    findings += [
        error(f"{name} is not there", "start it: invoke deploy") for name in sorted(live.services) if name not in names
    ]
    count = len(live.services)
    return findings or [ok(f"all {count} are up" if count != 1 else "1 is up")]


def _ill(container: ProjectContainer) -> list[Finding]:
    logs = f"difykit logs --service {container.service}"
    if container.state == "exited" and not container.stays and container.exit_code == 0:
        return []
    if container.state != "running":
        ended = f" (exit code {container.exit_code})" if container.state in {"exited", "dead", "restarting"} else ""
        return [error(f"{container.service} is {container.state}{ended}", f"{logs} says why; invoke deploy starts it")]
    if container.health == "unhealthy":
        return [error(f"{container.service} is unhealthy", logs)]
    if container.restarts >= _RESTARTS:
        return [warning(f"{container.service} ended and was started again {container.restarts} times", logs)]
    if container.health == "starting":
        return [warning(f"{container.service} is still starting", f"wait, or see {logs}")]
    return []


def judge_described(status: DeploymentStatus) -> list[Finding]:
    """What runs is what the workspace describes."""
    findings = [
        warning(
            f"{service.service}: {_WORDS.get(service.differs, service.differs)}",
            "invoke deploy --check, then: invoke deploy",
        )
        for service in status.services
        if service.differs and service.state != "absent"
    ]
    if status.unknown:
        findings.append(warning(f"this cannot be compared with the workspace: {status.unknown}", "invoke sync build"))
    return findings or [ok("every service is as the workspace describes it")]


_WORDS = {
    "left over": "it is not in the release that is live",
    "not as deployed": "its container is not what was deployed: somebody made or changed it by hand",
}


def judge_release(workspace: Workspace, live: Live) -> list[Finding]:
    """The live release folder came up whole, and everything runs from it."""
    data, name = workspace.data, live.folder.name
    strangers = sorted(
        {
            container.folder
            for container in live.containers
            if container.folder and not _ours(container.folder, workspace)
        }
    )
    if strangers:
        text = f"{live.project} was started from {', '.join(strangers)}, not from {history.live_folder(data)}"
        return [error(text, "stop that one: docker compose down in it; then: invoke deploy")]
    good = history.good(data)
    if good and good != live.folder:
        text = f"release folder {name} is live and has not come up whole; {good.name} is the last that did"
        return [warning(text, "invoke deploy ends what was cut off")]
    return [ok(f"release folder {name} is live")]


def _ours(folder: str, workspace: Workspace) -> bool:
    return Path(folder).is_relative_to(workspace.data)
