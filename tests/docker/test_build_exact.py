"""The same inputs give the same image: another folder, another umask, another home, another day, no cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from difykit import docker
from difykit.workspace.workspace import Workspace
from tests.support.builds import Bench

pytestmark = pytest.mark.docker


def rebuilt(bench: Bench, folder: Path, name: str) -> str:
    """The id of the image as a copy of the workspace makes it, without BuildKit's cache."""
    shutil.copytree(bench.workspace.root, folder, symlinks=True)
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (1_000_000_000, 1_000_000_000))
            if ".git" not in path.parts:
                path.chmod(0o600 if not path.stat().st_mode & 0o100 else 0o700)
    derived = Workspace.open(folder).derived
    home = folder / "home"
    shutil.copytree(Path.home() / ".docker", home / ".docker", dirs_exist_ok=True) if (
        Path.home() / ".docker"
    ).is_dir() else home.mkdir()
    env = {**os.environ, "HOME": str(home), "TZ": "Asia/Tokyo"}
    argv = ["docker", "buildx", "bake", "--no-cache", "--file", "build/bake.json", name]
    subprocess.run(
        ["sh", "-c", 'umask 077; exec "$@"', "sh", *argv], cwd=derived, env=env, check=True, capture_output=True
    )
    tag = bench.plan()[name].reference + "-unproved"
    info = docker.inspect(tag)
    assert info
    docker.untag(tag)
    return info.id


def test_a_layer_is_the_same_wherever_and_whenever_it_is_built(tmp_path: Path, images: str) -> None:
    bench = Bench(tmp_path / "one", images)
    bench.sync(mine={"api/app.py": "print('mine')\n", "api/new/deep.py": "x = 1\n"})
    built, _ = bench.build()
    time.sleep(1.1)  # the clock of the engine has moved on by a second, which a date would show
    assert rebuilt(bench, tmp_path / "two", "api") == built["api"].image_id


def test_what_else_is_in_the_source_is_not_in_the_image(tmp_path: Path, images: str) -> None:
    bench = Bench(tmp_path / "one", images)
    bench.sync(mine={"api/app.py": "print('mine')\n"})
    first, _ = bench.build()
    docker.untag(first["api"].reference)
    bench.sync(mine={"api/app.py": "print('mine')\n"}, other={"web/app/page.tsx": "other\n"})
    second, _ = bench.build()
    assert first["api"].reference == second["api"].reference
    assert first["api"].image_id == second["api"].image_id
