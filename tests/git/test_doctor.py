"""`difykit doctor` as it is typed, on machines that lack things, and in workspaces that are broken."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from difykit import git
from tests.support.cli import Ran, difykit
from tests.support.repos import Upstream
from tests.support.trees import Content, Script, write_tree
from tests.support.workspaces import WorkspaceFixture

NO_ENGINE = {"DOCKER_HOST": "unix:///nowhere/docker.sock"}
IGNORE: dict[str, Content] = {".gitignore": "/.difykit/\n/data/\n/.env\n", ".gitattributes": "* -text\n"}
SECRET = "difyai123456-public"
SOURCE: dict[str, Content] = {".difykit/source/docker/.env.example": f"DB_PASSWORD={SECRET}\n"}


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path / "upstream")
    upstream.release("1.0.0")
    found = WorkspaceFixture(tmp_path / "w", upstream)
    found.write(IGNORE)
    subprocess.run(["git", "init", "--quiet", str(found.root)], check=True)
    return found


@pytest.fixture
def only_git(tmp_path: Path) -> dict[str, str]:
    """A PATH with git, and nothing else."""
    real = shutil.which("git")
    assert real
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(real)
    return {"PATH": str(tmp_path / "bin")}


def findings(ran: Ran) -> dict[str, list[tuple[str, str, str]]]:
    """The findings of a `--json` run by check, as (state, text, mend)."""
    assert "Traceback" not in ran.err
    found: dict[str, list[tuple[str, str, str]]] = {}
    for each in json.loads(ran.out)["findings"]:
        found.setdefault(each["check"], []).append((each["state"], each["text"], each["mend"]))
    return found


def states(ran: Ran, check: str) -> list[str]:
    return [state for state, _, _ in findings(ran)[check]]


def test_without_docker_the_rest_is_still_looked_at(space: WorkspaceFixture, only_git: dict[str, str]) -> None:
    ran = difykit("doctor", "--json", cwd=space.root, env=only_git)
    found = findings(ran)
    assert ran.code == 1
    assert found["docker"][0][:2] == (
        "fail",
        "docker is not installed: no build and no deploy; sync works, and `difykit demo` does without containers",
    )
    assert {states(ran, name)[0] for name in ("engine", "buildx", "compose", "memory", "disk", "rootless")} == {"skip"}
    assert {states(ran, name)[0] for name in ("workspace", "upstream", "line-ends", "env", "data")} == {"ok"}


def test_with_nothing_at_all_it_still_answers(tmp_path: Path) -> None:
    ran = difykit("doctor", cwd=tmp_path, env={"PATH": str(tmp_path / "nothing")})
    assert ran.code == 1
    assert ran.out == ""
    assert "fail git: git is not installed; sync needs it\nhint install it" in ran.err
    assert "fail 2 findings to mend, 0 warnings\nhint begin at the top" in ran.err


def test_an_engine_that_is_nowhere_is_one_finding(space: WorkspaceFixture) -> None:
    if not shutil.which("docker"):
        pytest.skip("docker is not installed")
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    failed = [check for check, said in findings(ran).items() if "fail" in [state for state, _, _ in said]]
    assert failed == ["engine"]


@pytest.mark.parametrize("hanging", ["*", "info", "ps"])
def test_a_docker_that_hangs_is_given_up(
    space: WorkspaceFixture, only_git: dict[str, str], tmp_path: Path, hanging: str
) -> None:
    info = '{"ServerVersion": "27.0.0", "MemTotal": 17179869184, "DockerRootDir": "/"}'
    script = f"""#!/bin/sh
case "$1" in
  {hanging}) exec {shutil.which("sleep")} 60;;
  --version) echo 'Docker version 27.0.0, build x';;
  context) echo unix:///run/docker.sock;;
  buildx) echo 'github.com/docker/buildx v0.13.1 x';;
  compose) echo 2.26.1;;
  info) echo '{info}';;
esac
"""
    write_tree(tmp_path, {"bin/docker": Script(script)})
    started = time.monotonic()
    ran = difykit("doctor", "--json", cwd=space.root, env=only_git)
    assert time.monotonic() - started < 30
    wanted = {"*": ("docker", "fail"), "info": ("engine", "fail"), "ps": ("project", "skip")}[hanging]
    assert states(ran, wanted[0]) == [wanted[1]]
    assert states(ran, "workspace") == ["ok"]


def test_a_docker_that_cannot_be_started_is_told(
    space: WorkspaceFixture, only_git: dict[str, str], tmp_path: Path
) -> None:
    write_tree(tmp_path, {"bin/docker": Script("no program at all")})
    ran = difykit("doctor", "--json", cwd=space.root, env=only_git)
    assert "cannot be started: Exec format error" in findings(ran)["docker"][0][1]


def test_a_broken_difykit_yaml_is_a_finding_with_its_lines(space: WorkspaceFixture) -> None:
    write_tree(space.root, {"difykit.yaml": "version: 1\nupstream: {ref: '1.0.0'}\noverlay: []\nenv: [x]\n"})
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    ((state, text, _),) = findings(ran)["workspace"]
    assert (ran.code, state) == (1, "fail")
    assert "difykit.yaml:3: overlay: unknown key; did you mean overlays?\ndifykit.yaml:4: env: " in text
    assert states(ran, "line-ends") == ["ok"]


def test_a_crlf_entrypoint_is_found_and_its_mending_mends(space: WorkspaceFixture) -> None:
    place = "overlays/x/tree/api/docker/entrypoint.sh"
    space.write({place: b"#!/bin/bash\r\nexec app\r\n"})
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    ((state, text, mend),) = findings(ran)["line-ends"]
    assert (state, place in text) == ("fail", True)
    if shutil.which("perl"):
        subprocess.run(mend, shell=True, cwd=space.root, check=True)
        assert (space.root / place).read_bytes() == b"#!/bin/bash\nexec app\n"
        assert states(difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE), "line-ends") == ["ok"]


def test_git_that_changes_line_ends_is_told_and_mended(space: WorkspaceFixture) -> None:
    (space.root / ".gitattributes").unlink()
    subprocess.run(["git", "config", "core.autocrlf", "true"], cwd=space.root, check=True)
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    ((state, text, mend),) = findings(ran)["line-ends"]
    assert (state, "core.autocrlf=true" in text) == ("warn", True)
    subprocess.run(mend, shell=True, cwd=space.root, check=True)
    assert states(difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE), "line-ends") == ["ok"]


@pytest.mark.parametrize(
    ("attributes", "state"), [("* -text\n", "ok"), ("* text=auto\n", "warn"), ("", "warn"), ("*\t-diff -text\n", "ok")]
)
def test_attributes_keep_line_ends_or_not(space: WorkspaceFixture, attributes: str, state: str) -> None:
    space.write({".gitattributes": attributes})
    assert states(difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE), "line-ends") == [state]


def test_outside_a_repository_nothing_changes_line_ends(space: WorkspaceFixture) -> None:
    shutil.rmtree(space.root / ".git")
    (space.root / ".gitattributes").unlink()
    assert states(difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE), "line-ends") == ["ok"]


def test_an_open_env_file_with_a_public_secret_is_told_without_its_value(space: WorkspaceFixture) -> None:
    space.write({**SOURCE, ".env": f"DB_PASSWORD={SECRET}\nOTHER_TOKEN=value-of-mine\n"})
    (space.root / ".env").chmod(0o644)
    ran = difykit("doctor", cwd=space.root, env={"PATH": os.environ["PATH"], **NO_ENGINE})
    assert "warn env: .env can be read by others on this machine (mode 0644)\nhint chmod 600 .env\n" in ran.err
    assert "warn secrets: .env sets DB_PASSWORD to what Dify ships for everyone\nhint take them out of .env" in ran.err
    assert SECRET not in ran.err + ran.out
    assert "value-of-mine" not in ran.err + ran.out


def test_an_env_file_that_git_takes_in_is_told_and_mended(space: WorkspaceFixture) -> None:
    space.write({".gitignore": "", "data/x": ""})
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    ((state, text, mend),) = findings(ran)["env"]
    assert (state, text) == ("warn", "git does not ignore .env, .difykit/, data/")
    subprocess.run(mend, shell=True, cwd=space.root, check=True)
    assert states(difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE), "env") == ["ok"]


def test_an_env_file_in_the_history_fails(space: WorkspaceFixture) -> None:
    space.write({".env": "A=1\n"})
    (space.root / ".env").chmod(0o600)
    subprocess.run(["git", "add", "--force", ".env"], cwd=space.root, check=True)
    assert states(difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE), "env") == ["fail"]


def test_a_broken_env_file_is_told_by_its_lines(space: WorkspaceFixture) -> None:
    space.write({".env": "DB_PASSWORD='never closed and hidden\n"})
    (space.root / ".env").chmod(0o600)
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    ((state, text, _),) = findings(ran)["env"]
    assert (state, ".env:1: the quote" in text, "hidden" in ran.out) == ("fail", True, False)


def test_a_port_of_another_program_is_told_with_its_name(space: WorkspaceFixture, only_git: dict[str, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        space.write({".env": f"EXPOSE_NGINX_PORT={number}\n"})
        ran = difykit("doctor", "--json", cwd=space.root, env=only_git)
    said = [each for each in findings(ran)["ports"] if str(number) in each[1]]
    assert [state for state, _, _ in said] == ["warn"]  # without an engine it might be this project's own
    if Path("/proc/self/fd").is_dir():
        assert f"(process {os.getpid()})" in said[0][1]
    assert f"{number} (EXPOSE_NGINX_PORT) is in use by " in said[0][1]


def test_a_pin_that_upstream_does_not_have_fails(space: WorkspaceFixture) -> None:
    space.pin("9.9.9")
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    ((state, text, _),) = findings(ran)["upstream"]
    assert (state, text) == ("fail", "it has no 9.9.9")


def test_an_upstream_that_is_gone_is_a_warning_and_less_of_one_after_a_sync(
    space: WorkspaceFixture, tmp_path: Path
) -> None:
    space.sync()
    (tmp_path / "upstream").rename(tmp_path / "gone")
    ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    ((state, text, _),) = findings(ran)["upstream"]
    assert (state, "1.0.0 is here already, so sync works" in text) == ("warn", True)


def test_an_upstream_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "https")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        problem, reached = git.upstream_problem(f"https://127.0.0.1:{silent.getsockname()[1]}/x.git", "1.0")
    assert (problem, reached) == ("no answer within 4 s", False)


def test_a_closed_folder_is_a_finding_and_no_stop(space: WorkspaceFixture) -> None:
    if os.geteuid() == 0:
        pytest.skip("nothing is closed to root")
    space.write({"overlays/x/tree/a": ""})
    (space.root / "overlays" / "x").chmod(0)
    try:
        ran = difykit("doctor", "--json", cwd=space.root, env=NO_ENGINE)
    finally:
        (space.root / "overlays" / "x").chmod(0o755)
    ((state, text, _),) = findings(ran)["line-ends"]
    assert (state, text) == ("fail", "cannot be read: overlays/x")


def test_it_changes_nothing(space: WorkspaceFixture) -> None:
    space.sync()
    before = {path: path.lstat().st_mtime_ns for path in space.root.rglob("*")}
    difykit("doctor", cwd=space.root, env=NO_ENGINE)
    assert {path: path.lstat().st_mtime_ns for path in space.root.rglob("*")} == before
