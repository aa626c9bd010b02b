"""What the two servers are at now, asked inside their containers, where no password is needed."""

from __future__ import annotations

from dataclasses import dataclass

from difykit import docker
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.release import history
from difykit.workspace import dotenv
from difykit.workspace.manifest import read_text, read_user_env
from difykit.workspace.workspace import Workspace

OVERLAY = "postgres-replica"
KEY = "POSTGRES_PRIMARY"
NAMES = ("postgres-a", "postgres-b")


_LAG = (
    "SELECT application_name, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::bigint"
    " FROM pg_stat_replication WHERE state = 'streaming'"
)


@dataclass(frozen=True)
class Servers:
    """The primary as it was deployed, and the standby."""

    primary: str
    standby: str
    answers: bool
    """Whether the primary takes statements."""
    follows: bool
    """Whether the standby has a copy and replays it."""
    behind: int | None
    """The bytes of the primary's log that the standby does not have; None where the primary cannot be asked."""
    last: str
    """When the last transaction that the standby has was made, by the primary's clock; "" where it knows of none."""
    containers: dict[str, str]
    """The containers' ids by service."""
    deployed_primary: str
    """The primary by the workspace's `.env`: another one where a promotion was cut off."""


def look(workspace: Workspace) -> Servers:
    """Ask both servers.

    Raises DifyKitError when the overlay does not run here, MissingTool without an engine.
    """
    if OVERLAY not in workspace.settings.overlays:
        raise DifyKitError(f"the overlay {OVERLAY} is not enabled", hint=f"difykit overlay.enable {OVERLAY}")
    docker.need_engine()
    live = history.need_live(workspace.data)
    values = dotenv.plain(read_text(live / ".env", ".env"))
    primary = values.get(KEY, "")
    if primary not in NAMES:
        raise DifyKitError(f"what runs was deployed without {OVERLAY}", hint="invoke deploy, then again")
    standby = next(name for name in NAMES if name != primary)
    containers = {
        container.service: container for container in docker.project_containers(workspace.settings.deploy.project)
    }
    up = {name: containers[name].id for name in NAMES if name in containers and containers[name].state == "running"}
    answers = primary in up and _ask(up[primary], "SELECT pg_is_in_recovery()") == "f"
    recovering = _ask(up[standby], "SELECT pg_is_in_recovery()") if standby in up else ""
    return Servers(
        primary=primary,
        standby=standby,
        answers=answers,
        follows=recovering == "t" and bool(_ask(up[standby], "SELECT pg_last_wal_replay_lsn()")),
        behind=_behind(up[primary], standby) if answers else None,
        last=_ask(up[standby], "SELECT pg_last_xact_replay_timestamp()") if recovering == "t" else "",
        containers={name: containers[name].id for name in NAMES if name in containers},
        deployed_primary=_deployed_primary(workspace) or primary,
    )


def _deployed_primary(workspace: Workspace) -> str:
    text = read_user_env(workspace.env_file)
    return dotenv.plain(text).get(KEY, "")


def _behind(container: str, standby: str) -> int | None:
    rows = _ask(container, _LAG)
    lag = dict(line.split("|") for line in rows.splitlines() if "|" in line).get(standby, "")
    return int(lag) if lag.lstrip("-").isdigit() else None


def _ask(container: str, query: str) -> str:
    """What a server answers, "" when it does not."""
    argv = ("sh", "-c", 'exec timeout 10 psql -XAtqU "$POSTGRES_USER" -d postgres -c "$0"', query)
    try:
        return docker.run_in(container, argv).text.strip()
    except CommandFailed:
        return ""
