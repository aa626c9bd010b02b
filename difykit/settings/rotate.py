"""`env.rotate`: a new secret in `.env`, and where a server keeps it, in an order that no kill can break.

The new secret is kept in the data folder before anything is changed: when the run is cut off, the next one goes on with
the same, whichever of the two places has it already.
"""

from __future__ import annotations

import os
from pathlib import Path

from difykit import engine, env, files, pipes, redact
from difykit.errors import CommandFailed, ConfigError, DifyKitError
from difykit.git import Store
from difykit.manifest.load import read_user_env
from difykit.progress import Progress
from difykit.settings.edit import assign
from difykit.settings.given import USER, look
from difykit.settings.rotation import Rotation, plan_rotation
from difykit.workspace import Workspace

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
        made = check_rotation(workspace, key)
        place = Path(os.path.realpath(workspace.env_file))  # a link to a file elsewhere stays one
        pipes.check_keeps(workspace.env_file, key)
        text = read_user_env(workspace.env_file)
        if problems := env.faults(USER, text):
            raise ConfigError(problems, hint="correct these lines, then rotate it again")
        container = _server(workspace, made) if made.stored else ""
        kept = workspace.data / f".rotate-{made.key}"
        value = _pending(kept) or env.generate(key=made.key)
        if made.stored:
            files.write(kept, value.encode(), mode=0o600)
            _change(container, made, value)
            progress.ok(f"{made.stored}: has the new {made.key}")
        for each in (made.key, *(pair for pair in made.also if pair in _set(text))):
            text = assign(text, each, value)
        files.write(place, text, mode=0o600)
        kept.unlink(missing_ok=True)
        progress.ok(f".env: a new {made.key}")
    return made


def _set(text: str) -> set[str]:
    return {each.key for each in env.assignments(text)}


def _pending(kept: Path) -> str:
    try:
        return files.read_text(kept)
    except FileNotFoundError:
        return ""


def _server(workspace: Workspace, made: Rotation) -> str:
    engine.need_engine()
    found = {one.service: one for one in engine.project_containers(workspace.settings.deploy.project)}
    if not workspace.used:
        raise DifyKitError(
            f"nothing is stored with {made.key} yet: it can simply be made anew",
            hint=f"take {made.key} out of .env; the next render makes another one",
        )
    if made.stored not in found or found[made.stored].state != "running":
        raise DifyKitError(
            f"{made.stored} keeps {made.key} too and does not run, so it cannot be told the new one",
            hint="invoke deploy, then rotate it again",
        )
    return found[made.stored].id


def _change(container: str, made: Rotation, value: str) -> None:
    # Letters and digits alone: what `generate` makes needs no escape. It goes by standard input, never as an argument.
    statement = f"ALTER ROLE CURRENT_USER PASSWORD '{value}';\n"
    program = _LEADER if made.stored.startswith("patroni") else _PSQL
    try:
        engine.feed(container, ("sh", "-c", program), statement.encode())
    except CommandFailed as error:
        said = error.output.strip().replace(value, redact.HIDDEN).splitlines()
        raise DifyKitError(
            f"{made.stored} does not take a new password: {said[-1] if said else 'it says nothing'}",
            hint=f"difykit logs --service {made.stored}; nothing in .env was changed",
        ) from error
