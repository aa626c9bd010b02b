"""Waiting until a project's services are up: what each container's state means, and how long it may take.

`docker compose up --wait` is not used: it fails on a service whose check is disabled and on a one-shot service that
ended well (Compose 2.26), it waits a whole interval for the first check (30 s for Dify's worker), and it does not
notice a service that restarts again and again.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from difykit import engine
from difykit.engine import ProjectContainer
from difykit.progress import Progress

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
    seen: dict[tuple[str, str], float] = field(default_factory=dict)
    asked: dict[str, float] = field(default_factory=dict)
    passed: set[tuple[str, str]] = field(default_factory=set)

    def verdict(self, one: ProjectContainer, now: float) -> str:
        """`up`, `failed` or `waits`."""
        start = (one.id, one.started)
        first = self.seen.setdefault(start, now)
        if one.state == "exited" and not one.stays:
            return "up" if one.exit_code == 0 else "failed"
        if one.restarts >= _RESTARTS or one.health == "unhealthy" or one.state == "dead":
            return "failed"
        if one.state != "running":
            return "waits"
        if one.health == "starting":
            return "up" if start in self.passed else "waits"
        settled = one.health == "healthy" or start in self.before or now - first >= _SETTLES
        return "up" if settled else "waits"

    def ask(self, one: ProjectContainer, now: float) -> None:
        """Run the service's own check, when its turn with the engine has not come and ours has."""
        if one.health != "starting" or one.state != "running" or now - self.asked.get(one.id, 0) < _OWN_CHECK_EVERY:
            return
        if engine.check_passes(one, seconds=_OWN_CHECK_TAKES):
            self.passed.add((one.id, one.started))
        self.asked[one.id] = time.monotonic()


def starts(found: Sequence[ProjectContainer]) -> frozenset[tuple[str, str]]:
    """Which container was started when, of those that run now."""
    return frozenset((one.id, one.started) for one in found if one.state == "running")


def wait(
    project: str, wanted: Collection[str], progress: Progress, *, before: Collection[tuple[str, str]] = ()
) -> tuple[ProjectContainer, ...]:
    """Wait until each of the services `wanted` is up; return the containers that are not, () when all are.

    Ends at the first that failed, or after ten minutes.
    """
    watch, until, told = Watch(before), time.monotonic() + PATIENCE, ""
    while True:
        found = [one for one in engine.project_containers(project) if one.service in wanted]
        now = time.monotonic()
        verdicts = {one.id: watch.verdict(one, now) for one in found}
        if failed := tuple(one for one in found if verdicts[one.id] == "failed"):
            return failed
        waiting = tuple(one for one in found if verdicts[one.id] == "waits")
        if not waiting or now > until:
            return waiting
        names = ", ".join(sorted({one.service for one in waiting}))
        if names != told:
            told = names
            progress.line(f"waiting for {names}")
        for one in waiting:
            watch.ask(one, now)
        time.sleep(0.5)
