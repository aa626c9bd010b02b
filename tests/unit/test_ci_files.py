"""The shipped pipelines, checked as their systems would: references lead somewhere, nothing is filled into scripts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import inv
from tests.support.pipelines import GITHUB, GITLAB, expressions, read, scripts

JOB_KEYS = {
    *("if", "runs-on", "timeout-minutes", "permissions", "defaults", "outputs", "steps", "env", "needs", "strategy"),
}
STEP_KEYS = {"name", "id", "if", "env", "run", "uses", "with"}


def workflow() -> dict[str, Any]:
    return read(GITHUB)


def test_jobs_and_steps_have_what_a_runner_wants() -> None:
    for name, job in workflow()["jobs"].items():
        assert job.keys() <= JOB_KEYS, name
        assert {"runs-on", "timeout-minutes", "permissions", "steps"} <= job.keys(), name
        for step in job["steps"]:
            assert step.keys() <= STEP_KEYS, step
            assert ("run" in step) != ("uses" in step), step
            if "uses" in step:
                assert re.fullmatch(r"[\w-]+/[\w-]+(/[\w-]+)*@(v\d+|[0-9a-f]{40})", step["uses"]), step["uses"]


def test_nothing_is_filled_into_a_script() -> None:
    """What a branch or a title is called would be run; it comes by the environment."""
    assert [script for script in scripts() if "${{" in script] == []


def test_every_reference_leads_somewhere() -> None:
    flow = workflow()
    inputs = flow["on"]["workflow_call"]["inputs"].keys() | flow["on"]["workflow_dispatch"]["inputs"].keys()
    secrets = flow["on"]["workflow_call"]["secrets"].keys() | {"GITHUB_TOKEN"}
    text = " ".join(expressions(flow))
    assert set(re.findall(r"inputs\.(\w+)", text)) <= inputs
    assert set(re.findall(r"secrets\.(\w+)", text)) <= secrets
    for job in flow["jobs"].values():
        ids = {step["id"] for step in job["steps"] if "id" in step}
        assert set(re.findall(r"steps\.(\w+)", " ".join(expressions(job)))) <= ids
        assert set(job.get("needs", [])) <= flow["jobs"].keys()


def test_only_what_publishes_may_write() -> None:
    flow = workflow()
    assert flow["permissions"] == {"contents": "read"}
    assert {name: job["permissions"] for name, job in flow["jobs"].items()} == {
        "images": {"contents": "read", "packages": "write"},
        "forecast": {"contents": "read", "issues": "write"},
    }
    login = next(step for step in flow["jobs"]["images"]["steps"] if "REGISTRY_PASSWORD" in str(step.get("env")))
    assert login["if"] == "github.event_name != 'pull_request'"
    assert "--password-stdin" in login["run"]


CALLS = sorted({(call, flags) for text in scripts() for call, flags in re.findall(r"difykit ([\w.]+)([^|>\n]*)", text)})


@pytest.mark.parametrize(("call", "flags"), CALLS)
def test_every_command_of_difykit_is_one(call: str, flags: str, tmp_path: Path) -> None:
    shown = inv("--help", call, cwd=tmp_path).out
    assert "Usage:" in shown, call
    for flag in re.findall(r"--[a-z-]+", flags):
        assert flag in shown, f"{call} {flag}"


# GitLab's keywords, as far as a pipeline of difykit's may use them.
GITLAB_GLOBAL = {"default", "include", "stages", "variables", "workflow"}
GITLAB_DEFAULT = {"after_script", "artifacts", "before_script", "cache", "image", "interruptible", "retry", "services"}
GITLAB_JOB = {*GITLAB_DEFAULT, "allow_failure", "needs", "rules", "script", "stage", "tags", "timeout", "variables"}
GITLAB_RULE = {"allow_failure", "changes", "exists", "if", "variables", "when"}
GITLAB_ARTIFACTS = {"exclude", "expire_in", "expose_as", "name", "paths", "reports", "untracked", "when"}
# Predefined, or named in the pipeline's first lines.
GITLAB_GIVEN = {
    *("CI_API_V4_URL", "CI_COMMIT_BRANCH", "CI_COMMIT_TAG", "CI_OPEN_MERGE_REQUESTS", "CI_PIPELINE_SOURCE"),
    *("CI_PROJECT_DIR", "CI_PROJECT_ID", "CI_REGISTRY", "CI_REGISTRY_IMAGE", "CI_REGISTRY_PASSWORD"),
    "CI_REGISTRY_USER",
}


def test_gitlab_s_keywords_are_gitlab_s() -> None:
    flow = read(GITLAB)
    jobs = {name: job for name, job in flow.items() if isinstance(job, dict) and "script" in job}
    assert flow.keys() - jobs.keys() <= GITLAB_GLOBAL
    assert flow["default"].keys() <= GITLAB_DEFAULT
    assert all(isinstance(value, str) for value in flow["variables"].values())
    rules = [*flow["workflow"]["rules"]]
    assert flow["workflow"].keys() <= {"name", "rules", "auto_cancel"}
    for name, job in jobs.items():
        assert job.keys() <= GITLAB_JOB, name
        assert job["artifacts"].keys() <= GITLAB_ARTIFACTS, name
        assert job["artifacts"]["when"] in {"on_success", "on_failure", "always"}
        assert re.fullmatch(r"\d+ (hour|day|week)s?|never", job["artifacts"]["expire_in"])
        rules += job["rules"]
    for rule in rules:
        assert rule.keys() <= GITLAB_RULE
        assert rule.get("when", "on_success") in {"on_success", "on_failure", "always", "manual", "never", "delayed"}


def test_gitlab_s_variables_are_given_or_explained() -> None:
    text = GITLAB.read_text("utf-8")
    head, _, rest = text.partition("stages:")
    used = set(re.findall(r"\$\{?([A-Z][A-Z0-9_]+)", rest)) | set(re.findall(r"environ\['(\w+)'\]", rest))
    explained = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)*\b", head))
    assert used - GITLAB_GIVEN - {"PATH"} <= explained


def test_gitlab_s_jobs_have_a_stage_and_rules() -> None:
    flow = read(GITLAB)
    jobs = {name: job for name, job in flow.items() if isinstance(job, dict) and "script" in job}
    assert jobs.keys() == {"images", "forecast"}
    for job in jobs.values():
        assert job["stage"] in flow["stages"]
        assert job["rules"]
        assert all(isinstance(line, str) for line in job["script"])
