"""The first step of each pipeline: it hands pip exactly what `toolkit` in `difykit.yaml` says, or stops."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.pipelines import GITHUB, GITLAB, read, scripts

COMMIT = "0123456789abcdef0123456789abcdef01234567"
WHEEL = "difykit-0.1.0-py3-none-any.whl"
CONTENT = b"a wheel"
HASH = f"#sha256={hashlib.sha256(CONTENT).hexdigest()}"
GIT = f"git+https://example.com/us/difykit.git@{COMMIT}"
# Stands for Python's venv: its pip notes what it is given.
PYTHON = """#!/bin/sh
mkdir -p "$3/bin"
printf '#!/bin/sh\\nprintf "%%s\\\\n" "$@" >"$ASKED"\\n' >"$3/bin/pip"
chmod +x "$3/bin/pip"
"""


class Step(NamedTuple):
    """What the step did: its exit code, what it said, what pip was given."""

    code: int
    said: str
    asked: list[str]


def steps() -> dict[str, tuple[str, str]]:
    """By a name: the shell, and the script that installs difykit."""
    jobs = read(GITHUB)["jobs"]
    found = {
        f"github {name}": ("bash -eo pipefail", step["run"])
        for name, job in jobs.items()
        for step in job["steps"]
        if step.get("name") == "Install difykit"
    }
    found["gitlab"] = ("sh -e", "\n".join(read(GITLAB)["default"]["before_script"]))
    return found


STEPS = steps()


def run(folder: Path, name: str, settings: str, **given: str) -> Step:
    shell, script = STEPS[name]
    (folder / "bin").mkdir(exist_ok=True)
    for program, text in (("python", PYTHON), ("python3", PYTHON), ("apk", "#!/bin/sh\n")):
        (folder / "bin" / program).write_text(text)
        (folder / "bin" / program).chmod(0o755)
    ws = folder / "a workspace"
    (ws / "wheels").mkdir(parents=True, exist_ok=True)
    (ws / "wheels" / WHEEL).write_bytes(CONTENT)
    (ws / "difykit.yaml").write_text(settings)
    env = {
        "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "RUNNER_TEMP": str(folder),
        "CI_PROJECT_DIR": str(ws),
        "GITHUB_PATH": str(folder / "path"),
        "ASKED": str(folder / "asked"),
        **given,
    }
    done = subprocess.run([*shell.split(), "-c", script], cwd=ws, env=env, capture_output=True, text=True, check=False)
    asked = (folder / "asked").read_text().splitlines() if (folder / "asked").exists() else []
    return Step(done.returncode, done.stdout + done.stderr, asked)


def test_each_pipeline_installs_in_each_job() -> None:
    assert STEPS.keys() == {"github images", "github forecast", "gitlab"}


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        (f"toolkit: {GIT}", GIT),
        (f"toolkit:   {GIT}   # which difykit", GIT),
        (f'toolkit: "{GIT}"', GIT),
        (f"toolkit: '{GIT}' # ours", GIT),
        (f"toolkit: {GIT}\r", GIT),
        (f"toolkit: https://example.com/{WHEEL}{HASH}", f"https://example.com/{WHEEL}{HASH}"),
        (f"toolkit: wheels/{WHEEL}{HASH}", "…"),
    ],
)
def test_what_is_exact_goes_to_pip_as_it_is(tmp_path: Path, name: str, line: str, wanted: str) -> None:
    done = run(tmp_path, name, f"version: 1\n{line}\ndeploy: {{}}\n")
    assert done.code == 0, done.said
    wanted = str(tmp_path / "a workspace" / "wheels" / WHEEL) if wanted == "…" else wanted
    assert done.asked == ["install", "--quiet", wanted]


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize(
    "line",
    [
        "",
        f"# toolkit: {GIT}",
        f"  toolkit: {GIT}",
        "toolkit:",
        "toolkit: difykit",
        "toolkit: difykit==0.1.0",
        f"toolkit: {GIT[:-1]}",
        f"toolkit: {GIT}0",
        "toolkit: git+https://example.com/us/difykit.git@main",
        f"toolkit: git+http://example.com/us/difykit.git@{COMMIT}",
        f"toolkit: https://example.com/{WHEEL}",
        f"toolkit: wheels/{WHEEL}",
        f"toolkit: --index-url=https://evil.example.com {GIT}",
        f"toolkit: {GIT}\ntoolkit: {GIT}",
        f"toolkit: difykit\ntoolkit: {GIT}",
    ],
)
def test_what_is_not_exact_ends_the_job_in_words(tmp_path: Path, name: str, line: str) -> None:
    done = run(tmp_path, name, f"version: 1\n{line}\n")
    assert done.code == 1
    assert "difykit.yaml has no line `toolkit` that says exactly which difykit" in done.said
    assert done.asked == []


@pytest.mark.parametrize("name", STEPS)
def test_a_wheel_with_another_content_ends_the_job(tmp_path: Path, name: str) -> None:
    done = run(tmp_path, name, f"version: 1\ntoolkit: wheels/{WHEEL}#sha256={'0' * 64}\n")
    assert done.code != 0
    assert done.asked == []


@pytest.mark.parametrize("name", STEPS)
def test_the_variable_may_name_what_is_there_and_never_a_name(tmp_path: Path, name: str) -> None:
    refused = run(tmp_path, name, f"version: 1\ntoolkit: {GIT}\n", DIFYKIT="difykit==1.2")
    assert (refused.code, refused.asked) == (1, [])
    assert "DIFYKIT must be a folder or a wheel here" in refused.said
    (tmp_path / "a workspace" / "difykit").mkdir()
    done = run(tmp_path, name, "version: 1\n", DIFYKIT="difykit")
    assert done.asked == ["install", "--quiet", str(tmp_path / "a workspace" / "difykit")]


def test_both_branches_start_the_pipeline_and_the_lock_is_named() -> None:
    assert read(GITHUB)["on"]["push"]["branches"] == ["main", "master"]
    for path in (GITHUB, GITLAB):
        assert "Commit difykit.lock" in path.read_text("utf-8")


@pytest.mark.parametrize("line", [line for line in scripts() if "${{" not in line])
def test_every_script_is_one_that_a_plain_shell_reads(line: str) -> None:
    """GitLab's runner has no bash in the image before the script has installed it."""
    shell = "bash" if "tags+=(" in line or ",," in line else "sh"
    done = subprocess.run([shell, "-n"], input=line, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
