"""Files below docker/volumes and the services that read them: what changed is read again, and goes back with a release.

The service stands for Dify's sandbox, which reads its files when it starts.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.core.errors import Unhealthy
from difykit.release.data_files import DataRecord, read_record
from difykit.release.data_files.record import write_record
from difykit.release.render import folder_of
from difykit.targets import deploy, plan_deploy
from tests.support.deployed import Deployed, deployed
from tests.support.trees import Content, write_tree
from tests.support.workspaces import RecordingProgress

pytestmark = pytest.mark.docker

SERVICE = """\
services:
  reader:
    image: busybox:latest
    command: ["sh", "-c", "cat /conf/first.txt; exec sleep 100000"]
    init: true
    stop_grace_period: 1s
    volumes: ["${DIFY_DATA:?}/reader/conf:/conf:ro"]
    networks: [default]
"""
BROKEN = "api: {blueprints: ['controllers.broken:bp']}\n"
FIRST = "tree/docker/volumes/reader/conf/first.txt"


@pytest.fixture(scope="module")
def stack(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - the engine must be there
    with deployed(tmp_path_factory.mktemp("data-files"), "data-files", ref="1.99.0", overlays=()) as made:
        yield made


@pytest.fixture
def reader(stack: Deployed) -> Deployed:
    """It runs with the reader's first file, as shipped."""
    tree: dict[str, Content] = {FIRST: "one\n", "compose.yaml": SERVICE}
    stack.overlays = ()
    stack.overlay("reader", tree, "compose: {files: [compose.yaml]}\n")
    place(stack).unlink(missing_ok=True)
    stack.run()
    return stack


def place(stack: Deployed) -> Path:
    return stack.data / "volumes" / "reader" / "conf" / "first.txt"


def change(stack: Deployed, text: str) -> None:
    write_tree(stack.folder / "overlays" / "reader", {FIRST: text})


def said(stack: Deployed) -> list[str]:
    """What the reader has read, the last start last."""
    done = subprocess.run(["docker", "logs", stack.containers()["reader"]], check=True, capture_output=True, text=True)
    return done.stdout.split()


def test_a_changed_file_is_read_again_and_nobody_else_is_disturbed(reader: Deployed) -> None:
    before = reader.containers()
    change(reader, "two\n")
    reader.make()
    plan = plan_deploy(reader.workspace)
    assert plan.services == {"reader": "restarted"}
    assert [(file.path, file.action.value) for file in plan.data_files] == [("reader/conf/first.txt", "change")]
    deploy(reader.workspace, progress := RecordingProgress())
    assert said(reader)[-1] == "two"
    assert reader.containers() == before
    assert (
        progress.texts("ok").count("reader: started again, since files of the data folder changed that it reads") == 1
    )
    deploy(reader.workspace, again := RecordingProgress())
    assert not [text for text in again.texts("ok") if "started again" in text]
    assert plan_deploy(reader.workspace).services == {}


def test_a_deployment_that_was_cut_off_before_the_restart_is_made_up_for(reader: Deployed) -> None:
    count = len(said(reader))
    folder = folder_of(reader.workspace)
    place(reader).write_text("cut off\n")  # as a killed difykit leaves it: written, noted as unread, and nobody told
    record = read_record(folder.record_file)
    write_record(folder.record_file, DataRecord(record.files, frozenset({"reader/conf/first.txt"})))
    assert plan_deploy(reader.workspace).services == {}
    deploy(reader.workspace, RecordingProgress())
    assert said(reader)[count:] == ["cut", "off"]
    assert folder.unread() == ()


def test_what_the_user_changed_stays_through_a_deployment(reader: Deployed) -> None:
    place(reader).write_text("mine\n")
    change(reader, "three\n")
    reader.make()
    deploy(reader.workspace, progress := RecordingProgress())
    assert place(reader).read_text() == "mine\n"
    (text,) = [text for text in progress.texts("warn") if "stays as you changed it" in text]
    assert text.splitlines()[-2:] == ["-mine", "+three"]


def test_a_release_that_does_not_come_up_takes_its_files_back(reader: Deployed) -> None:
    change(reader, "of the broken one\n")
    reader.overlay("broken", {"tree/api/controllers/broken.py": "import no_such_module\n"}, BROKEN)
    with pytest.raises(Unhealthy, match="which ran before, runs again"):
        reader.run()
    assert place(reader).read_text() == "one\n"
    assert said(reader)[-1] == "one"
    place(reader).write_text("mine\n")
    with pytest.raises(Unhealthy):
        reader.run()
    assert place(reader).read_text() == "mine\n"


BROKEN = "api: {blueprints: ['controllers.broken:bp']}\n"
