"""What `.ci/run` runs: README's commands as they stand there, and every test but those of the subjects it names."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / ".ci" / "run"
TEST = re.findall(r"(?m)^python3 -m venv .*pytest.*$", (ROOT / "README.md").read_text("utf-8"))


def subjects() -> list[str]:
    """The markers that it leaves to --all."""
    (chosen,) = re.findall(r"(?m)pytest .* -m '(.*)'$", RUN.read_text("utf-8"))
    return re.findall(r"not (\w+)", chosen)


def test_all_is_readmes_command_and_every_change_its_set_up() -> None:
    (command,) = TEST
    text = RUN.read_text("utf-8")
    quiet = command.replace("pip install -e", "pip install -q -e")
    assert f"  {quiet}\n" in text
    assert f"\n{quiet.rpartition(' && ')[0]}\n" in text


def test_what_it_leaves_to_all_is_a_marker_that_tests_have() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    registered = {line.partition(":")[0] for line in tools["markers"]}
    texts = [path.read_text("utf-8") for path in (ROOT / "tests").rglob("*.py")]
    assert subjects() == ["browser", "hosts", "kills", "sweeps", "upstream"]
    assert set(subjects()) <= registered
    for subject in subjects():
        assert any(f"pytest.mark.{subject}" in text for text in texts), subject


@pytest.mark.parametrize("words", [["--everything"], ["--all", "--all"], [""]])
def test_another_word_is_refused_before_anything_is_done(words: list[str]) -> None:
    bash = shutil.which("bash")
    assert bash
    # Without a program on its path it could do nothing.
    done = subprocess.run([bash, str(RUN), *words], env={"PATH": "/none"}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "usage: .ci/run [--all]\n")


def test_nothing_is_taken_out_of_plain_pytest() -> None:
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["pytest"]["ini_options"]
    assert "-m" not in tools["addopts"].split()
    assert tools["testpaths"] == ["tests"]
