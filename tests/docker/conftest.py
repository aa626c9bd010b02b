"""What tests with a real engine share."""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from difykit import docker as engine
from tests.support.bundled_stack import Small
from tests.support.clusters import docker as run
from tests.support.fault_registry import REGISTRY, registry_answers
from tests.support.hosts import NO_HOSTS, Host
from tests.support.stores import containerd, need_containerd
from tests.support.tcp_proxy import Tap, tap


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where DIFYKIT_REQUIRE_DOCKER is 1, a test that is skipped for want of anything but hosts has failed."""
    report = yield
    why = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
    if report.skipped and os.environ.get("DIFYKIT_REQUIRE_DOCKER") == "1" and NO_HOSTS not in why:
        report.outcome = "failed"
        report.longrepr = f"DIFYKIT_REQUIRE_DOCKER=1, but this was left out: {why}"
    return report


@pytest.fixture(scope="session")
def docker() -> None:
    """A Docker engine; where there is none the test is skipped, or fails if DIFYKIT_REQUIRE_DOCKER is 1."""
    if reason := engine.available():
        if os.environ.get("DIFYKIT_REQUIRE_DOCKER") == "1":
            pytest.fail(f"DIFYKIT_REQUIRE_DOCKER=1, but {reason}")
        pytest.skip(reason)


@pytest.fixture(scope="session")
def store(docker: None) -> Iterator[Host]:  # noqa: ARG001 - the engine must be there
    """Another engine, with containerd's image store; the test is skipped where none can be made."""
    need_containerd()
    with containerd(["busybox:latest"]) as made:
        yield made


@pytest.fixture
def images(docker: None) -> Iterator[str]:  # noqa: ARG001 - the engine must be there
    """A name of its own for every image that a test makes (`<name>/…`); they are removed afterwards."""
    name = f"difykit-test-{uuid.uuid4().hex[:10]}"
    yield name
    argv = ["docker", "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"]
    for names in (f"{name}/*", f"{name}/*/*", f"*/{name}/*"):  # any of them; a registry's has its host before it
        argv += ["--filter", f"reference={names}"]
    found = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    if found:
        subprocess.run(["docker", "image", "rm", "--force", *found], capture_output=True, check=False)


@pytest.fixture
def door(docker: None) -> Iterator[Tap]:  # noqa: ARG001 - the engine must be there
    """A door before the registry of this machine, which counts."""
    if not registry_answers():
        if os.environ.get("DIFYKIT_REQUIRE_DOCKER") == "1":
            pytest.fail(f"DIFYKIT_REQUIRE_DOCKER=1, but there is no registry at {REGISTRY}")
        pytest.skip(f"there is no registry at {REGISTRY}")
    with tap(REGISTRY) as made:
        yield made


@pytest.fixture(scope="module")
def small(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:  # noqa: ARG001 - the engine must be there
    """A small stack, synced and built."""
    one = Small(tmp_path_factory.mktemp("small"), f"difykit-test-{uuid.uuid4().hex[:8]}")
    try:
        one.make()
        yield one
    finally:
        one.forget()


@pytest.fixture(scope="module")
def saved(small: Small) -> Path:
    """A bundle of the small stack, without the toolkit."""
    place = small.root / "small.tar"
    small.run("bundle.save", str(place), "--no-wheels")
    return place


@pytest.fixture
def taken_away(small: Small, saved: Path) -> Iterator[dict[str, str]]:  # noqa: ARG001 - it is made with the images there
    """The small stack's images by their ids; the engine has none of them, and has them again afterwards."""
    before = small.ids()
    run("save", "--output", str(small.root / "all.tar"), *before)
    small.forget()
    yield {name: oid for name, oid in before.items() if "/dify-" not in name or "-custom:" in name}
    run("load", "--quiet", "--input", str(small.root / "all.tar"))
