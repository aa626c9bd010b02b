"""Waiting until a project's services are up: what each container's state means, and how long it may take.

`docker compose up --wait` is not used: it fails on a service whose check is disabled and on a one-shot service that
ended well (Compose 2.26), it waits a whole interval for the first check (30 s for Dify's worker), and it does not
notice a service that restarts again and again.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from difykit import docker
from difykit.core.progress import Progress
from difykit.docker import ProjectContainer

# The real Dify migrates its database first, and imports for half a minute on a small machine.
PATIENCE = 600.0
# Once may be bad luck, such as a database that was not there yet.
_RESTARTS = 2
# A service without a check counts as up when it has stayed up for so long.
_SETTLES = 2.0
_OWN_CHECK_EVERY = 3.0
_OWN_CHECK_TAKES = 30.0


@dataclass
class Watch:
    """What was seen of the containers so far."""

    before: Collection[tuple[str, str]] = ()
    """The starts (container id, time) that were there before: what ran then has settled."""
    first_seen: dict[tuple[str, str], float] = field(default_factory=dict)
    last_asked: dict[str, float] = field(default_factory=dict)
    passed: set[tuple[str, str]] = field(default_factory=set)

    def verdict(self, container: ProjectContainer, now: float) -> str:
        """`up`, `failed` or `waits`."""
        start = (container.id, container.started)
        first = self.first_seen.setdefault(start, now)
        if container.state == "exited" and not container.stays:
            return "up" if container.exit_code == 0 else "failed"
        if container.restarts >= _RESTARTS or container.health == "unhealthy" or container.state == "dead":
            return "failed"
        if container.state != "running":
            return "waits"
        if container.health == "starting":
            return "up" if start in self.passed else "waits"
        settled = container.health == "healthy" or start in self.before or now - first >= _SETTLES
        return "up" if settled else "waits"

    def ask(self, container: ProjectContainer, now: float) -> None:
        """Run the service's own check, when its turn with the engine has not come and ours has."""
        if (
            container.health != "starting"
            or container.state != "running"
            or now - self.last_asked.get(container.id, 0) < _OWN_CHECK_EVERY
        ):
            return
        if docker.check_passes(container, seconds=_OWN_CHECK_TAKES):
            self.passed.add((container.id, container.started))
        self.last_asked[container.id] = time.monotonic()


def starts(containers: Sequence[ProjectContainer]) -> frozenset[tuple[str, str]]:
    """Which container was started when, of those that run now."""
    return frozenset((container.id, container.started) for container in containers if container.state == "running")


def wait(
    project: str, services: Collection[str], progress: Progress, *, before: Collection[tuple[str, str]] = ()
) -> tuple[ProjectContainer, ...]:
    """Wait until each of `services` is up; return the containers that are not, () when all are.

    Ends at the first that failed, or after ten minutes.
    """
    watch, until, shown = Watch(before), time.monotonic() + PATIENCE, ""
    while True:
        containers = [container for container in docker.project_containers(project) if container.service in services]
        now = time.monotonic()
        verdicts = {container.id: watch.verdict(container, now) for container in containers}
        if failed := tuple(container for container in containers if verdicts[container.id] == "failed"):
            return failed
        waiting = tuple(container for container in containers if verdicts[container.id] == "waits")
        if not waiting or now > until:
            return waiting
        names = ", ".join(sorted({container.service for container in waiting}))
        if names != shown:
            shown = names
            progress.line(f"waiting for {names}")
        for container in waiting:
            watch.ask(container, now)
        time.sleep(0.5)
