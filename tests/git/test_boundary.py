"""The boundary is around everything that a user can start, whatever the streams, the locale, the folder and Python."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.trees import write_tree

PATIENCE = 60
DIFYKIT = f"{sys.executable} -m difykit"


def shell(line: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a line of bash; one that hangs fails the test."""
    environ = {key: value for key, value in os.environ.items() if key != "CI"} | dict(env or {})
    argv = ["bash", "-o", "pipefail", "-c", line]
    return subprocess.run(
        argv, cwd=cwd, env=environ, capture_output=True, timeout=PATIENCE, check=False, text=True, errors="replace"
    )


def quiet(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether nothing was said that is for difykit's developers alone."""
    said = done.stdout + done.stderr
    return not any(word in said for word in ("Traceback", "this is a bug", "Exception ignored"))


@pytest.fixture
def space(tmp_path: Path) -> Path:
    settings = "version: 1\nupstream: {url: https://github.com/langgenius/dify.git, ref: 1.15.0}\noverlays: [mine]\n"
    overlay = "version: 1\ndescription: Grüße, 你好 \U0001f600\n"
    return write_tree(tmp_path / "ws", {"difykit.yaml": settings, "overlays/mine/overlay.yaml": overlay})


@pytest.mark.parametrize("streams", ["> /dev/null >&-", ">&-", "2>&-", "<&-", ">&- 2>&- <&-", ">&- <&-"])
def test_a_closed_stream_is_no_error(space: Path, streams: str) -> None:
    done = shell(f"{DIFYKIT} overlay.list {streams}", space)
    assert done.returncode == 0
    assert done.stderr == ""


def test_a_closed_stream_does_not_lend_its_number_to_a_file(tmp_path: Path) -> None:
    program = "from difykit.core import streams; streams.prepare(); import os; print(os.open('/dev/null', 0) > 2)"
    for streams in ("", "<&-", "2>&-", "<&- 2>&-"):
        assert shell(f'{sys.executable} -c "{program}" {streams}', tmp_path).stdout == "True\n"


@pytest.mark.parametrize("words", ["--help", "--list", "overlay.list", "overlay.list --json", "--help sync"])
def test_a_reader_that_went_away_ends_it_as_git_ends(space: Path, words: str) -> None:
    done = shell(f"{DIFYKIT} {words} | true; exit ${{PIPESTATUS[0]}}", space)
    assert done.returncode == 141
    assert done.stderr == ""


def test_the_first_line_is_enough(space: Path) -> None:
    done = shell(f"{DIFYKIT} --help | head -1", space)
    assert done.stdout.startswith("Usage: difykit ")
    assert done.stderr == ""


@pytest.mark.parametrize("words", ["nonsense", "sync --nope", "patch.show none"])
def test_nobody_to_read_the_last_words_changes_no_exit_code(space: Path, words: str) -> None:
    alone = shell(f"{DIFYKIT} {words}", space)
    done = shell(f"{DIFYKIT} {words} 2>&1 >/dev/null | true; exit ${{PIPESTATUS[0]}}", space)
    assert done.returncode in {alone.returncode, 141}
    assert quiet(done)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("words", ["--help", "overlay.list", "overlay.list --json"])
def test_a_full_disk_under_standard_output_is_told(space: Path, words: str) -> None:
    done = shell(f"{DIFYKIT} {words} > /dev/full", space)
    assert done.returncode == 1
    assert "fail standard output: there is no space left on the disk\n" in done.stderr
    assert quiet(done)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_under_both_leaves_the_exit_code(space: Path) -> None:
    done = shell(f"{DIFYKIT} overlay.list > /dev/full 2> /dev/full", space)
    assert (done.returncode, done.stderr) == (1, "")


LOCALES = [
    {"PYTHONIOENCODING": "ascii"},
    {"PYTHONIOENCODING": "ascii:strict"},
    {"PYTHONIOENCODING": "latin-1"},
    {"LC_ALL": "C"},
    {"LC_ALL": "POSIX"},
    {"LANG": "POSIX", "LC_ALL": ""},
    {"LC_ALL": "C", "PYTHONUTF8": "0"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


@pytest.mark.parametrize("env", LOCALES, ids=str)
@pytest.mark.parametrize("words", ["overlay.list", "overlay.show mine", "nonsense-ü"])
def test_what_a_locale_cannot_show_is_escaped(space: Path, env: dict[str, str], words: str) -> None:
    done = shell(f"{DIFYKIT} {words}", space, env)
    assert done.returncode == (2 if words.startswith("nonsense") else 0), done.stderr
    assert quiet(done)


def test_json_is_json_in_every_locale(space: Path) -> None:
    texts = [shell(f"{DIFYKIT} overlay.list --json", space, env).stdout for env in ({}, *LOCALES)]
    assert all(json.loads(text) == json.loads(texts[0]) for text in texts)
    assert "Grüße" in str(json.loads(texts[0]))


@pytest.mark.parametrize("words", ["overlay.list", "sync", "init new", "status"])
def test_a_folder_that_is_gone_is_told(tmp_path: Path, words: str) -> None:
    done = shell(
        f"mkdir gone && cd gone && rmdir ../gone && {DIFYKIT} {words}", tmp_path, {"PYTHONPATH": str(Path.cwd())}
    )
    assert done.returncode == 1
    assert "fail the folder that you are in is not there any more\n" in done.stderr
    assert quiet(done)


@pytest.mark.parametrize(
    "env", ["env -u HOME", "HOME=/nonexistent", "HOME=/dev/null", "TMPDIR=/nonexistent", "TERM=nonsense", "COLUMNS=0"]
)
def test_a_poor_environment_does_not_matter(space: Path, env: str) -> None:
    done = shell(f"{env} {DIFYKIT} overlay.list", space)
    assert (done.returncode, quiet(done)) == (0, True)


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("synk", "there is no command synk", "did you mean sync?"),
        ("overlay.lst", "there is no command overlay.lst", "did you mean overlay.list?"),
        ("xyzzy", "there is no command xyzzy", "see them all: difykit --list"),
        ("sync --chek", "sync has no flag --chek", "did you mean --check?"),
        ("sync --xyzzy", "sync has no flag --xyzzy", "see them: difykit --help sync"),
        ("--xyzzy", "there is no flag --xyzzy", "see them all: difykit --list"),
        ("--help synk", "there is no command synk", "did you mean sync?"),
        ("-T abc sync", "'abc' is not a number", "see: difykit --help"),
        ("-F zz --list", "--list-format: 'zz' is not flat, nested, json", "see: difykit --help"),
        ("--list zz", "Sub-collection 'zz' not found!", "see them all: difykit --list"),
        ("overlay.enable", "'overlay.enable' did not receive required positional arguments: 'name'", "difykit --help"),
        ("sync overlay.lst", "there is no command overlay.lst", "did you mean overlay.list?"),
    ],
)
def test_a_word_that_is_none_is_one_error(space: Path, words: str, message: str, hint: str) -> None:
    done = shell(f"{DIFYKIT} {words}", space)
    assert done.returncode == 2
    assert done.stderr.startswith(f"fail {message}\nhint ")
    assert hint in done.stderr
    assert done.stderr.count("\n") == 2


@pytest.mark.parametrize("package", ["invoke", "pydantic", "rich", "yaml", "packaging"])
@pytest.mark.parametrize(
    "fault",
    ["raise ImportError('wrong architecture', name=__name__)", "(", "1/0", "raise OSError(5, 'Input/output error')"],
)
def test_a_package_that_is_missing_or_broken_is_told(space: Path, tmp_path: Path, package: str, fault: str) -> None:
    write_tree(tmp_path / "broken", {f"{package}/__init__.py": f"{fault}\n"})
    env = {"PYTHONPATH": f"{tmp_path / 'broken'}:{Path(__file__).resolve().parents[2]}"}
    for start in (DIFYKIT, f"{sys.executable} -c 'import difykit.__main__ as m; m.main()'"):
        done = shell(f"{start} overlay.list", space, env)
        assert done.returncode == 1
        assert done.stderr.startswith("fail ")
        assert "Traceback" not in done.stderr


def test_a_package_that_a_verb_needs_is_told(space: Path, tmp_path: Path) -> None:
    write_tree(tmp_path / "broken", {"docker/__init__.py": "raise ImportError('no docker here', name='docker')\n"})
    env = {"PYTHONPATH": f"{tmp_path / 'broken'}:{Path(__file__).resolve().parents[2]}"}
    done = shell(
        f"{sys.executable} -c 'from difykit.cli.screen import boundary\nwith boundary(lambda: None):\n import docker'",
        space,
        env,
    )
    assert done.returncode == 1
    assert "fail difykit cannot run: docker is missing or broken (ImportError: no docker here)\n" in done.stderr


def test_an_older_python_is_told(tmp_path: Path) -> None:
    program = "import sys; sys.version_info = (3, 9, 18); import difykit"
    done = shell(f'{sys.executable} -c "{program}"', tmp_path, {"PYTHONPATH": str(Path(__file__).resolve().parents[2])})
    assert done.returncode == 1
    assert done.stderr.startswith("fail difykit needs Python 3.11 or newer, and this is 3.9 (")


@pytest.mark.parametrize(
    "module", ["targets.process.supervisor", "targets.compose.bring_up", "workspace.manifest.schema"]
)
@pytest.mark.parametrize("words", ["", "/dev/null/a", "/dev/null/a x ''"])
def test_the_programs_behind_difykit_tell_too(tmp_path: Path, module: str, words: str) -> None:
    done = shell(f"{sys.executable} -m difykit.{module} {words}", tmp_path)
    assert done.returncode in {1, 2}
    assert "Traceback" not in done.stderr + done.stdout
    assert "Warning" not in done.stderr + done.stdout  # of a module that its own package has already loaded
    assert "No module named" not in done.stderr
    assert done.stderr + done.stdout


@pytest.mark.parametrize(
    "tree",
    ["overlays/mine/tree", "overlays/mine", "overlays", "patches", ".env", "difykit.lock", ".difykit", "difykit.yaml"],
)
@pytest.mark.parametrize("verb", ["overlay.list", "overlay.check"])
def test_a_link_in_a_circle_is_told(space: Path, tree: str, verb: str) -> None:
    place = space / tree
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    place.symlink_to(place.name)
    done = shell(f"{DIFYKIT} {verb}", space, {"GIT_ALLOW_PROTOCOL": "file"})
    assert done.returncode in {0, 1, 2}
    assert quiet(done)
