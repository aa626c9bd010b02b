"""A workspace that an earlier difykit synced, built, deployed and half upgraded is taken over as it is."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.support import earlier
from tests.support.cli import Ran, difykit


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return earlier.unpack(tmp_path)


def well(ran: Ran) -> Ran:
    assert ran.code == 0, ran.err
    return ran


def git(root: Path, *args: str) -> str:
    return subprocess.run(["git", *args], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def release_folder(root: Path) -> dict[str, bytes]:
    """The files of the folder that `render` wrote, the workspace's own path taken out."""
    folder = root / ".difykit" / "release"
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(str(root).encode(), earlier.ROOT.encode())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_edits_in_the_source_are_no_less_safe(root: Path) -> None:
    refused = difykit("sync", cwd=root)
    assert refused.code == 1
    for path, text in earlier.EDITS.items():
        assert path in refused.err
        assert text in (root / ".difykit" / "source" / path).read_bytes()


def test_sync_makes_nothing_anew(root: Path) -> None:
    ran = well(difykit("sync", "--discard", "--json", cwd=root))
    assert json.loads(ran.out)["commit"] == earlier.SOURCE
    assert "9 layers on Dify 1.98.0, all as before" in ran.err
    assert not git(root, "status", "--porcelain")


def test_a_source_from_nothing_is_the_same(root: Path) -> None:
    for path in (root / ".difykit").iterdir():
        subprocess.run(["rm", "-r", path], check=True)
    assert json.loads(well(difykit("sync", "--json", cwd=root)).out)["commit"] == earlier.SOURCE


def test_finish_folds_the_edits_in(root: Path) -> None:
    well(difykit("upgrade.abort", cwd=root))
    well(difykit("finish", "--into", "ours", "--new-patch", "Notes", "--why", "to see it", cwd=root))
    well(difykit("patch.check", "--fresh", cwd=root))
    assert (root / "overlays/ours/tree/api/services/notes.py").read_bytes() == earlier.EDITS["api/services/notes.py"]


def test_the_images_of_the_last_build_are_those_of_its_source(root: Path) -> None:
    before = release_folder(root)
    well(difykit("sync", "--discard", cwd=root))
    well(difykit("render", cwd=root))
    assert release_folder(root) == before


def test_the_release_folder_and_the_secrets_stay(root: Path) -> None:
    live, secrets = root / "data" / "releases", (root / ".env").read_bytes()
    before = {path: path.read_bytes() for path in live.rglob("*") if path.is_file()}
    well(difykit("sync", "--discard", cwd=root))
    well(difykit("render", cwd=root))
    assert (root / ".env").read_bytes() == secrets
    assert {path: path.read_bytes() for path in live.rglob("*") if path.is_file()} == before


def test_the_upgrade_goes_on_and_ends_as_it_would_have(root: Path) -> None:
    waits = json.loads(well(difykit("upgrade.status", "--json", cwd=root)).out)
    assert waits["state"] == "conflict"
    assert waits["conflict"]["layer"] == "patch 0003-say-hello-in-the-log.patch"
    earlier.resolve(root)
    well(difykit("upgrade.continue", cwd=root))
    assert git(root, "rev-parse", "difykit/upgrade-1.99.0^{tree}") == earlier.UPGRADED_TREE
    ran = well(difykit("sync", "--discard", "--json", cwd=root))
    assert json.loads(ran.out)["commit"] == earlier.UPGRADED_SOURCE


def test_the_upgrade_can_be_given_up(root: Path) -> None:
    head = git(root, "rev-parse", "HEAD")
    well(difykit("upgrade.abort", cwd=root))
    assert (git(root, "rev-parse", "HEAD"), git(root, "branch", "--format=%(refname:short)")) == (head, "main")
    assert not git(root, "status", "--porcelain")
    assert json.loads(well(difykit("sync", "--discard", "--json", cwd=root)).out)["commit"] == earlier.SOURCE
