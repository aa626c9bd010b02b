"""What a container's state means to a deployment that waits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from difykit.docker import ProjectContainer
from difykit.docker.project.watch import Watch, starts

RUNNING = ProjectContainer(
    id="1",
    name="p-api-1",
    service="api",
    image="i",
    image_id="sha256:1",
    state="running",
    health="",
    exit_code=0,
    restarts=0,
    started="t0",
    stays=True,
    check=(),
    ports=(),
    mounts=(),
    folder="/f",
)


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"health": "healthy"}, "up"),
        ({"health": "unhealthy"}, "failed"),
        ({"health": "starting"}, "waits"),
        ({"state": "exited", "stays": False}, "up"),
        ({"state": "exited", "stays": False, "exit_code": 1}, "failed"),
        ({"state": "exited"}, "waits"),  # between two starts
        ({"state": "restarting", "restarts": 1}, "waits"),
        ({"state": "restarting", "restarts": 2}, "failed"),
        ({"restarts": 2, "health": "starting"}, "failed"),
        ({"state": "created"}, "waits"),
        ({"state": "dead"}, "failed"),
    ],
)
def test_a_state_and_what_it_means(changes: dict[str, object], verdict: str) -> None:
    assert Watch().verdict(replace(RUNNING, **changes), 10) == verdict  # type: ignore[arg-type]


def test_without_a_check_a_service_is_up_once_it_has_stayed_up() -> None:
    watch = Watch()
    assert watch.verdict(RUNNING, 10.0) == "waits"
    assert watch.verdict(RUNNING, 11.0) == "waits"
    assert watch.verdict(replace(RUNNING, started="t1", restarts=1), 12.1) == "waits"
    assert watch.verdict(RUNNING, 12.1) == "up"


def test_what_ran_before_has_settled() -> None:
    assert Watch(before=starts([RUNNING])).verdict(RUNNING, 0) == "up"


def test_its_own_check_counts_for_one_start_only() -> None:
    starting = replace(RUNNING, health="starting")
    watch = Watch(passed={("1", "t0")})
    assert watch.verdict(starting, 0) == "up"
    assert watch.verdict(replace(starting, started="t1"), 0) == "waits"
