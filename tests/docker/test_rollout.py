"""A release that fails, one that migrates the database, and what keeps a deployment from beginning."""

from __future__ import annotations

import gzip
import os
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit.core import files
from difykit.core.errors import DifyKitError, Unhealthy
from difykit.core.progress import Silent
from difykit.release.history import numbered
from difykit.targets import deploy, down, plan_deploy, status
from difykit.targets.compose.backup import how_to_restore
from difykit.workspace import state
from tests.support.deployed import Deployed
from tests.support.workspaces import RecordingProgress

pytestmark = pytest.mark.docker

OLD, NEW = "1.98.0", "1.99.0"
BROKEN = "import no_such_module\n"
HELLO = "Hello from custom API!"


@contextmanager
def running(folder: Path) -> Iterator[Deployed]:
    one = Deployed(folder / "ws", f"difykit-test-{uuid.uuid4().hex[:8]}", ref=OLD)
    try:
        one.run()
        yield one
    finally:
        one.remove()


@pytest.fixture(scope="module")
def shared(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - the engine must be there
    """The older release, deployed, for all tests that stay with it."""
    with running(tmp_path_factory.mktemp("rollout")) as one:
        yield one


@pytest.fixture
def old(shared: Deployed) -> Deployed:
    """It runs what its workspace says, and that is what ships."""
    shared.settings()
    shared.own("hello-endpoint")
    shared.run()
    return shared


@pytest.fixture
def own(docker: None, tmp_path: Path) -> Iterator[Deployed]:  # noqa: ARG001 - the engine must be there
    """The older release, deployed for one test, which leaves it."""
    with running(tmp_path) as one:
        yield one


def module(old: Deployed) -> Path:
    return old.own("hello-endpoint") / "tree/api/controllers/hello.py"


def heads(old: Deployed) -> str:
    return old.sql("select version_num from alembic_version")


def test_a_broken_overlay_is_named_and_the_release_before_answers_again(old: Deployed) -> None:
    before, right, live = old.containers(), module(old).read_text(), (old.data / "releases" / "current").resolve()
    module(old).write_text(BROKEN + right)
    with pytest.raises(Unhealthy) as caught:
        old.run()
    assert "overlay hello-endpoint: cannot import controllers.hello" in caught.value.message
    assert "ModuleNotFoundError: No module named 'no_such_module'" in caught.value.message
    assert caught.value.message.endswith(f"release {live.name}, which ran before, runs again")
    assert HELLO in old.get("/custom-endpoint")
    after = old.containers()
    assert {name: after[name] for name in ("db_postgres", "redis", "nginx", "web")} == {
        name: before[name] for name in ("db_postgres", "redis", "nginx", "web")
    }
    assert (old.data / "releases" / "current").resolve() == live
    assert {row.service: row.differs for row in status(old.workspace).services}["api"] == "deploy changes it"
    module(old).write_text(right)
    old.run()
    assert old.containers() == after


def test_another_source_of_a_port_is_told_and_nothing_is_touched(old: Deployed) -> None:
    before, releases = old.containers(), numbered(old.data)
    argv = ["docker", "run", "--detach", "--rm", "--publish", "127.0.0.1::80", "busybox", "sleep", "300"]
    other = subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()
    try:
        shown = subprocess.run(["docker", "port", other, "80"], check=True, capture_output=True, text=True).stdout
        taken = shown.strip().rpartition(":")[2]
        old.settings(port=taken)
        with pytest.raises(DifyKitError, match=f"port {taken}, which nginx publishes, is taken by ") as caught:
            deploy(old.workspace, Silent())
        assert "set EXPOSE_NGINX_PORT to another port" in caught.value.hint
        assert old.containers() == before
        assert numbered(old.data) == releases
    finally:
        subprocess.run(["docker", "rm", "--force", other], check=True, capture_output=True)
        old.settings()


def test_another_project_and_another_data_folder_are_refused(old: Deployed, tmp_path: Path) -> None:
    old.settings(project="difykit-test-other")
    with pytest.raises(DifyKitError, match=f"belongs to the project {old.project}"):
        deploy(old.workspace, Silent())
    twin = Deployed(tmp_path / "twin", old.project, ref=OLD)
    twin.make()
    with pytest.raises(DifyKitError, match=f"a project {old.project} runs already, from {old.data}"):
        deploy(twin.workspace, Silent())
    with pytest.raises(DifyKitError, match=f"a project {old.project} runs already"):
        down(twin.workspace, Silent())
    old.settings()
    assert HELLO in old.get("/custom-endpoint")


def test_an_image_that_is_not_the_one_that_was_built_is_refused(old: Deployed) -> None:
    images = state.read_images(old.workspace.derived)
    assert images
    api = next(one for one in images.images if one.name == "api")
    engine.tag("busybox:latest", api.reference)
    try:
        with pytest.raises(DifyKitError, match=f"the image {api.reference} is not the one that was built"):
            deploy(old.workspace, Silent())
    finally:
        engine.tag(api.image_id, api.reference)
    deploy(old.workspace, Silent())


def test_of_two_deployments_at_once_one_waits(old: Deployed) -> None:
    inside, heard = threading.Event(), RecordingProgress()

    def hold() -> None:
        with files.locked(old.data / ".lock", "difykit deploy"):
            inside.set()
            time.sleep(1)

    other = threading.Thread(target=hold)
    other.start()
    assert inside.wait(30)
    deploy(old.workspace, heard)
    other.join()
    who = f"difykit deploy (process {os.getpid()})"
    assert f"{who} is at work on the data folder {old.data}: waiting for it" in heard.texts("skip")


def test_status_says_what_is_not_as_the_workspace_describes(old: Deployed) -> None:
    assert {row.differs for row in status(old.workspace).services} == {""}
    subprocess.run(["docker", "rm", "--force", old.containers()["web"]], check=True, capture_output=True)
    found = {row.service: row for row in status(old.workspace).services}
    assert (found["web"].state, found["web"].differs) == ("absent", "absent")
    deploy(old.workspace, Silent())
    assert {row.differs for row in status(old.workspace).services} == {""}


def test_a_plan_says_which_services_would_start_anew(old: Deployed) -> None:
    old.settings(port=str(old.ssl_port), ssl_port=str(old.port))
    plan = plan_deploy(old.workspace)
    assert ".env" in plan.changed
    assert plan.services["nginx"] == "changed"
    assert "web" not in plan.services
    old.settings()
    assert plan_deploy(old.workspace).changed == ()


def test_a_new_release_that_fails_after_its_migrations_stays_goes_on_mended_and_the_way_back_leads_back(
    own: Deployed,
) -> None:
    before = heads(own)
    own.sql("create table mine (words text); insert into mine values ('kept')")
    right = module(own).read_text()
    module(own).write_text(BROKEN + right)
    own.pin(NEW)
    with pytest.raises(Unhealthy) as caught:
        own.run()
    assert "is not brought back: the new release may have migrated the database" in caught.value.message
    (dump,) = (own.data / "backups").iterdir()
    assert str(dump) in caught.value.message
    assert dump.stat().st_mode & 0o777 == 0o600
    text = gzip.decompress(dump.read_bytes()).decode()
    assert before in text
    assert "kept" in text
    assert f"gunzip -c {dump} | docker compose -f {own.data}/releases/000" in caught.value.hint
    assert (own.data / "releases" / "current" / "dify.yaml").read_text().count(NEW)
    module(own).write_text(right)  # mended it goes on
    heard = RecordingProgress()
    own.run(heard)
    assert HELLO in own.get("/custom-endpoint")
    assert not [text for text in heard.texts("step") if "dump" in text]
    assert list((own.data / "backups").iterdir()) == [dump]
    assert heads(own) not in text  # and the way back that was said leads back
    first = numbered(own.data)[0]
    assert OLD in (first / "dify.yaml").read_text()
    assert down(own.workspace, Silent())
    for command in how_to_restore(first, (dump,)):
        subprocess.run(["bash", "-o", "pipefail", "-c", command], check=True, capture_output=True)
    own.pin(OLD)
    own.run()
    assert HELLO in own.get("/custom-endpoint")
    assert own.sql("select words from mine") == "kept"
    assert heads(own) in text
