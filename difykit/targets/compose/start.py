"""Bringing a release folder up, and touching nothing of what runs that did not change."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from difykit import docker
from difykit.core import files, process
from difykit.core.errors import CommandFailed
from difykit.core.progress import Progress
from difykit.docker import ProjectContainer
from difykit.docker.project import Stack, quieter, refused, starts, unhealthy, wait
from difykit.release import compose
from difykit.targets.compose.database_revision import reason

_LOGS = "difykit logs --service"


def start(
    stack: Stack, custom: Collection[str], progress: Progress, log: Path, hold: tuple[int, ...], *, first: str = ""
) -> tuple[ProjectContainer, ...]:
    """Bring the folder up, wait until all is healthy, and return the containers.

    `custom` names the images of Dify that take no other service along when they change. `hold` are open files that are
    kept until the folder is up, also when this process is killed: the hands that do it go on. The service `first`, if
    any, must end well before what runs is touched.
    Raises Unhealthy with the last lines of the services that do not come up.
    """
    before = docker.project_containers(stack.project)
    files.write(log, b"")
    argv = [
        sys.executable,
        "-m",
        "difykit.targets.compose.bring_up",
        str(stack.folder),
        stack.project,
        first,
        *sorted(custom),
    ]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[3])}
    try:
        process.outlive(argv, quieter(progress), log=log, env=env, hold=hold)
    except CommandFailed as error:
        raise refused(stack, error, log, see=_LOGS, explain=_explain) from error
    if failed := wait(stack.project, stack.services, progress, before=starts(before)):
        raise unhealthy(stack, failed, see=_LOGS, explain=_explain)
    return docker.project_containers(stack.project)


def _explain(container: ProjectContainer, log_lines: Sequence[str]) -> str:
    return f": {reason(list(log_lines))}" if container.service == compose.MIGRATE else ""
