"""The services: all there, healthy, and as the workspace describes them; from the live release folder."""

from __future__ import annotations

from pathlib import Path

from difykit import targets
from difykit.doctor import Said, fail, ok, skip, warn
from difykit.engine import ProjectContainer
from difykit.stack.live import Live
from difykit.targets.compose import releases
from difykit.workspace import Workspace

_RESTARTS = 3


def services_said(live: Live) -> list[Said]:
    """Every service of the release folder runs and is healthy; what runs once has ended well."""
    found = {one.service for one in live.containers}
    settled = (one for one in live.containers if one.service in live.services and one.id not in live.passing)
    said = [each for one in settled for each in _ill(one)]
    said += [
        fail(f"{name} is not there", "start it: invoke deploy") for name in sorted(live.services) if name not in found
    ]
    count = len(live.services)
    return said or [ok(f"all {count} are up" if count != 1 else "1 is up")]


def _ill(one: ProjectContainer) -> list[Said]:
    logs = f"difykit logs --service {one.service}"
    if one.state == "exited" and not one.stays and one.exit_code == 0:
        return []
    if one.state != "running":
        ended = f" (exit code {one.exit_code})" if one.state in {"exited", "dead", "restarting"} else ""
        return [fail(f"{one.service} is {one.state}{ended}", f"{logs} says why; invoke deploy starts it")]
    if one.health == "unhealthy":
        return [fail(f"{one.service} is unhealthy", logs)]
    if one.restarts >= _RESTARTS:
        return [warn(f"{one.service} ended and was started again {one.restarts} times", logs)]
    if one.health == "starting":
        return [warn(f"{one.service} is still starting", f"wait, or see {logs}")]
    return []


def described_said(status: targets.DeploymentStatus | str) -> list[Said]:
    """What runs is what the workspace describes."""
    if isinstance(status, str):
        return [skip(status)]
    said = [
        warn(f"{one.service}: {_WORDS.get(one.differs, one.differs)}", "invoke deploy --check, then: invoke deploy")
        for one in status.services
        if one.differs and one.state != "absent"
    ]
    if status.unknown:
        said.append(warn(f"this cannot be compared with the workspace: {status.unknown}", "invoke sync build"))
    return said or [ok("every service is as the workspace describes it")]


_WORDS = {
    "left over": "it is not in the release that is live",
    "not as deployed": "its container is not what was deployed: somebody made or changed it by hand",
}


def release_said(workspace: Workspace, live: Live) -> list[Said]:
    """The live release folder came up whole, and everything runs from it."""
    data, name = workspace.data, live.folder.name
    strangers = sorted({one.folder for one in live.containers if one.folder and not _ours(one.folder, workspace)})
    if strangers:
        text = f"{live.project} was started from {', '.join(strangers)}, not from {releases.live_folder(data)}"
        return [fail(text, "stop that one: docker compose down in it; then: invoke deploy")]
    good = releases.good(data)
    if good and good != live.folder:
        text = f"release folder {name} is live and has not come up whole; {good.name} is the last that did"
        return [warn(text, "invoke deploy ends what was cut off")]
    return [ok(f"release folder {name} is live")]


def _ours(folder: str, workspace: Workspace) -> bool:
    return Path(folder).is_relative_to(workspace.data)
