"""Commands that difykit names, run as a user would: literally, by a shell, in the workspace."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.workspaces import WorkspaceFixture


def run_hint(space: WorkspaceFixture, command: str) -> str:
    """Run it, then sync; the tree of the source."""
    bin_folder = os.path.dirname(sys.executable)  # noqa: PTH120 - links stay: it is where difykit is installed
    env = {**os.environ, "PATH": f"{bin_folder}{os.pathsep}{os.environ['PATH']}"}
    lines = (command,) if "patch.drop" in command else (command, "difykit sync")  # a drop syncs by itself
    for line in lines:
        done = subprocess.run(
            ["bash", "-c", line], cwd=space.root, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return space.git("rev-parse", "HEAD^{tree}")
