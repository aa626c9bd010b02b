"""A workflow file read, and its steps run as a runner runs them, but for what only the runner's own actions do."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github" / "workflows" / "publish.yml"
GITLAB = ROOT / "docs" / "ci" / "gitlab-ci.yml"


def read(path: Path) -> dict[str, Any]:
    """A pipeline; GitHub's `on` is a truth to YAML 1.1."""
    found: dict[Any, Any] = yaml.safe_load(path.read_text("utf-8"))
    return {"on" if key is True else key: value for key, value in found.items()}


@dataclass
class Runner:
    """A folder that holds the checkout, and what steps hand to later ones."""

    workspace: Path
    scratch: Path
    given: dict[str, str]
    """The variables of the runner, of the workflow's `env`, and of secrets, as they would be filled in."""
    outputs: dict[str, str] = field(default_factory=dict)
    said: str = ""

    def __post_init__(self) -> None:
        self.scratch.mkdir(exist_ok=True)
        for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT"):
            (self.scratch / name).write_text("")

    def env(self) -> dict[str, str]:
        """What the next step sees."""
        files = {name: str(self.scratch / name) for name in ("GITHUB_ENV", "GITHUB_PATH", "GITHUB_OUTPUT")}
        later = dict(
            line.split("=", 1) for line in (self.scratch / "GITHUB_ENV").read_text().splitlines() if "=" in line
        )
        path = ":".join([*(self.scratch / "GITHUB_PATH").read_text().split(), os.environ["PATH"]])
        return {"RUNNER_TEMP": str(self.scratch), **files, **self.given, **later, "PATH": path}

    def run(self, job: dict[str, Any]) -> None:
        """Every step of a job that runs a script, in order; the first that fails ends it."""
        for step in job["steps"]:
            if "run" not in step:
                continue
            argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(argv, cwd=self.workspace, env=self.env(), capture_output=True, text=True, check=False)
            self.said += done.stdout + done.stderr
            assert done.returncode == 0, f"{step.get('name')}: {done.stdout}\n{done.stderr}"
            text = (self.scratch / "GITHUB_OUTPUT").read_text()
            self.outputs |= dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def expressions(value: object) -> list[str]:
    """Every `${{ … }}` in a part of a workflow."""
    if isinstance(value, str):
        return [found.strip() for found in re.findall(r"\$\{\{(.*?)\}\}", value, re.DOTALL)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for each in inner for found in expressions(each)]
