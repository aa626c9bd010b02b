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


def scripts() -> list[str]:
    """What the jobs of both pipelines hand to a shell."""
    jobs = read(GITHUB)["jobs"].values()
    runs = [step["run"] for job in jobs for step in job["steps"] if "run" in step]
    return runs + [line for job in read(GITLAB).values() if isinstance(job, dict) for line in job.get("script", [])]


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


@dataclass
class GitLab:
    """A job of GitLab's: what it is given, and where its checkout is."""

    checkout: Path
    given: dict[str, str]
    """The variables that GitLab and the project's settings give."""
    shell: str = "sh"
    said: str = ""

    def __post_init__(self) -> None:
        self.flow = read(self.checkout / ".gitlab-ci.yml")

    def jobs(self) -> set[str]:
        """The jobs of the pipeline that these variables start; none where it is not to be made."""
        if not _rules_hold(self.flow["workflow"]["rules"], self.given):
            return set()
        jobs = {name: job for name, job in self.flow.items() if isinstance(job, dict) and "script" in job}
        return {name for name, job in jobs.items() if _rules_hold(job["rules"], self.given)}

    def run(self, name: str) -> None:
        """All lines of a job in one shell, as the runner makes one script of them; the first that fails ends it."""
        job, default = self.flow[name], self.flow["default"]
        head = ["if set -o | grep pipefail >/dev/null; then set -o pipefail; fi", "set -o errexit", "set +o noclobber"]
        script = "\n".join([*head, *default["before_script"], *job["script"]])
        env = {**self.flow["variables"], **job.get("variables", {}), **self.given}
        argv = [self.shell, "-c", script]
        done = subprocess.run(argv, cwd=self.checkout, env=env, capture_output=True, text=True, check=False)
        self.said += done.stdout + done.stderr
        assert done.returncode == 0, f"{name}: {done.stdout}\n{done.stderr}"


def _rules_hold(rules: list[dict[str, str]], given: dict[str, str]) -> bool:
    """The first rule that applies decides."""
    applying = next((rule for rule in rules if _holds(rule["if"], given)), None)
    return applying is not None and applying.get("when") != "never"


def _holds(expression: str, given: dict[str, str]) -> bool:
    return any(all(_term(each.strip(), given) for each in part.split("&&")) for part in expression.split("||"))


def _term(text: str, given: dict[str, str]) -> bool:
    found = re.fullmatch(r'\$(\w+)(?: (==|!=) "([^"]*)")?', text)
    assert found, text
    value = given.get(found[1], "")
    return bool(value) if not found[2] else (value == found[3]) is (found[2] == "==")


def expressions(value: object) -> list[str]:
    """Every `${{ … }}` in a part of a workflow."""
    if isinstance(value, str):
        return [found.strip() for found in re.findall(r"\$\{\{(.*?)\}\}", value, re.DOTALL)]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for each in inner for found in expressions(each)]
