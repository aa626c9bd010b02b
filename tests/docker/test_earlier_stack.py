"""A stack that an earlier difykit built and deployed goes on under this one: nothing is built, nothing restarted."""

from __future__ import annotations

import json
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit.core.loopback import free_port
from difykit.docker import remove_tree
from tests.support import earlier
from tests.support.cli import Ran, difykit
from tests.support.clusters import docker
from tests.support.deployed import officially

pytestmark = pytest.mark.docker


def well(ran: Ran) -> Ran:
    assert ran.code == 0, ran.err
    return ran


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """The fixture's workspace as a project of its own, without what only the engine of its first day had."""
    root = earlier.unpack(tmp_path)
    settings = root / "difykit.yaml"
    text = settings.read_text().replace("difykit-early", f"early-{uuid.uuid4().hex[:8]}")
    settings.write_text(text.replace("18098", str(free_port())).replace("18099", str(free_port())))
    subprocess.run(
        ["rm", "-r", root / "data", root / ".difykit" / "upgrade", root / ".difykit" / "images.json"], check=True
    )
    officially("1.98.0", root / ".difykit")
    yield root
    difykit("down", cwd=root)
    remove_tree(root / "data")


def containers(root: Path) -> dict[str, tuple[str, str]]:
    """Each container of the project: its id, and when it was started."""
    project = next(line for line in (root / "difykit.yaml").read_text().split() if line.startswith("early-"))
    ids = docker(
        "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label=com.docker.compose.project={project.rstrip(',')}"
    )
    shown = json.loads(docker("inspect", *ids.split()))
    return {
        each["Config"]["Labels"]["com.docker.compose.service"]: (each["Id"], each["State"]["StartedAt"])
        for each in shown
        if each["State"]["Running"]
    }


def test_nothing_is_built_and_nothing_is_restarted(root: Path, tmp_path: Path) -> None:
    for verb in (("sync", "--discard"), ("build",), ("deploy",)):
        well(earlier.old_difykit(tmp_path / "toolkit", *verb, cwd=root))
    before, made = containers(root), json.loads((root / ".difykit" / "images.json").read_bytes())
    assert len(before) == 7

    well(difykit("sync", cwd=root))
    assert json.loads(well(difykit("build", "--json", cwd=root)).out)["source"] == earlier.SOURCE
    well(difykit("deploy", cwd=root))

    assert containers(root) == before
    after = json.loads((root / ".difykit" / "images.json").read_bytes())
    assert {each["image_id"] for each in after["images"]} == {each["image_id"] for each in made["images"]}
    status = json.loads(well(difykit("status", "--json", cwd=root)).out)
    assert [row["service"] for row in status["services"] if not row["current"]] == []
    assert not status["unknown"]
