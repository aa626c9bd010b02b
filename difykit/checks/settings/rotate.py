"""`env.rotate`: a new secret in `.env`, and where a server keeps it, in an order that no kill can break.

The new secret is kept in the data folder before anything is changed: when the run is cut off, the next one goes on with
the same, whichever of the two places has it already.
"""

from __future__ import annotations

from pathlib import Path

from difykit import docker
from difykit.checks.settings.configured import look
from difykit.checks.settings.edit import assign, open_env
from difykit.checks.settings.rotation import Rotation, plan_rotation
from difykit.core import files, redact
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.core.progress import Progress
from difykit.dify import default_secrets
from difykit.git import Store
from difykit.workspace import dotenv
from difykit.workspace.workspace import Workspace

# As in the containers: their own sockets ask for no password; Patroni's leader is behind one address.
_PSQL = 'exec psql -XqU "$POSTGRES_USER" -d postgres -v ON_ERROR_STOP=1'
_LEADER = (
    'PGPASSWORD="$PATRONI_SUPERUSER_PASSWORD" exec psql -Xqh postgres -U "$PATRONI_SUPERUSER_USERNAME" -d postgres'
    " -v ON_ERROR_STOP=1"
)


def check_rotation(workspace: Workspace, key: str) -> Rotation:
    """What `rotate` would do. Raises what `plan_rotation` raises, DifyKitError without a source."""
    with Store(workspace.store) as store:
        return plan_rotation(look(workspace, store), key)


def rotate(workspace: Workspace, key: str, progress: Progress) -> Rotation:
    """Make a new secret and put it wherever it belongs; services get it with the next deploy.

    Raises what `check_rotation` raises, DifyKitError when the server that keeps it does not run or refuses.
    """
    with files.locked(workspace.derived / "lock", "difykit env.rotate"):
        rotation = check_rotation(workspace, key)
        path, text = open_env(workspace, key, "rotate")
        container = _server(workspace, rotation) if rotation.stored else ""
        pending = workspace.data / f".rotate-{rotation.key}"
        value = _pending(pending) or dotenv.generate(_length(rotation.key), rotation.key)
        if rotation.stored:
            files.write(pending, value.encode(), mode=0o600)
            _change(container, rotation, value)
            progress.ok(f"{rotation.stored}: has the new {rotation.key}")
        for name in (rotation.key, *(pair for pair in rotation.also if pair in _set(text))):
            text = assign(text, name, value)
        files.write(path, text, mode=0o600)
        pending.unlink(missing_ok=True)
        progress.ok(f".env: a new {rotation.key}")
    return rotation


def _length(key: str) -> int:
    lengths = (default.length for default in default_secrets.DEFAULTS if key in default.names)
    return next(lengths, default_secrets.LENGTH)


def _set(text: str) -> set[str]:
    return {assignment.key for assignment in dotenv.assignments(text)}


def _pending(path: Path) -> str:
    try:
        return files.read_text(path)
    except FileNotFoundError:
        return ""


def _server(workspace: Workspace, rotation: Rotation) -> str:
    docker.need_engine()
    containers = {
        container.service: container for container in docker.project_containers(workspace.settings.deploy.project)
    }
    if not workspace.used:
        raise DifyKitError(
            f"nothing is stored with {rotation.key} yet: it can simply be made anew",
            hint=f"take {rotation.key} out of .env; the next render makes another one",
        )
    if rotation.stored not in containers or containers[rotation.stored].state != "running":
        raise DifyKitError(
            f"{rotation.stored} keeps {rotation.key} too and does not run, so it cannot be told the new one",
            hint="invoke deploy, then rotate it again",
        )
    return containers[rotation.stored].id


def _change(container: str, rotation: Rotation, value: str) -> None:
    # Letters and digits alone: what `generate` makes needs no escape. It goes by standard input, never as an argument.
    statement = f"ALTER ROLE CURRENT_USER PASSWORD '{value}';\n"
    program = _LEADER if rotation.stored.startswith("patroni") else _PSQL
    try:
        docker.feed(container, ("sh", "-c", program), statement.encode())
    except CommandFailed as error:
        output = error.output.strip().replace(value, redact.HIDDEN).splitlines()
        raise DifyKitError(
            f"{rotation.stored} does not take a new password: {output[-1] if output else 'it says nothing'}",
            hint=f"difykit logs --service {rotation.stored}; nothing in .env was changed",
        ) from error
