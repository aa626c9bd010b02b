"""The `env` commands on the miniature Dify: what they print, their exit codes, and the file that they edit."""

from __future__ import annotations

import json
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from difykit.demo.upstream import make_upstream
from tests.support.cli import inv
from tests.support.trees import write_tree
from tests.support.workspaces import WorkspaceFixture


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("upstream") / "dify.git"
    make_upstream(place)
    return place.as_uri()


def space_at(root: Path, url: str, ref: str, env: str = "") -> WorkspaceFixture:
    made = WorkspaceFixture(root, url, ref=ref)
    made.write({".env": env} if env else {})
    made.sync()
    return made


@pytest.fixture
def space(tmp_path: Path, url: str) -> WorkspaceFixture:
    return space_at(tmp_path / "ws", url, "1.98.0")


def set_env(space: WorkspaceFixture, text: str) -> None:
    write_tree(space.root, {".env": text})


def test_an_untouched_workspace_is_right(space: WorkspaceFixture) -> None:
    ran = inv("env.check", cwd=space.root)
    assert (ran.code, ran.err.splitlines()[-1]) == (0, "  ok what could be judged of the settings is right")
    assert re.search(r"\d+ values judged, \d+ not judged \(", ran.err)


def test_a_host_that_is_not_there_stops_render_before_anything_is_written(space: WorkspaceFixture) -> None:
    set_env(space, "DB_HOST=nowhere\n")
    for verb in (("env.check",), ("render",)):
        ran = inv(*verb, cwd=space.root)
        assert ran.code == 1
        assert ".env:1: DB_HOST: " in ran.err
        assert "nowhere:5432, and no service is called nowhere" in ran.err
    assert not (space.root / "data/release").exists()
    (finding,) = json.loads(inv("env.check", "--json", cwd=space.root).out)["findings"]
    assert (finding["rule"], finding["key"], finding["level"]) == ("host", "DB_HOST", "error")


@pytest.mark.parametrize("ref", ["1.98.0", "1.99.0"])
def test_the_example_itself_is_right_but_for_its_secrets(tmp_path: Path, url: str, ref: str) -> None:
    space = space_at(tmp_path / "ws", url, ref)
    set_env(space, (space.source / "docker/.env.example").read_text())
    ran = inv("env.check", "--json", cwd=space.root)
    assert ran.code == 0
    assert {each["rule"] for each in json.loads(ran.out)["findings"]} == {"public"}


def test_errors_exit_1_with_their_place_and_what_to_do(space: WorkspaceFixture) -> None:
    set_env(space, "# mine\nLOG_LEVL=INFO\nDB_PORT=hunter2\n")
    ran = inv("env.check", cwd=space.root)
    assert ran.code == 1
    assert "fail .env:2: LOG_LEVL: Dify 1.98.0 does not know it; the nearest that it knows is LOG_LEVEL\n" in ran.err
    assert "hint write LOG_LEVEL, or take it out\n" in ran.err
    assert "fail .env:3: DB_PORT: its value is not a whole number" in ran.err
    assert "fail 2 errors, 0 warnings in the settings\n" in ran.err
    assert "hunter2" not in ran.err


def test_warnings_alone_exit_0(space: WorkspaceFixture) -> None:
    set_env(space, "DB_PASSWORD=difyai123456\n")
    ran = inv("env.check", cwd=space.root)
    assert ran.code == 0
    assert "warn .env:1: DB_PASSWORD: holds a secret that Dify ships for everyone\n" in ran.err
    assert "ok no errors, 1 warning\n" in ran.err


def test_settings_of_a_class_that_cannot_be_read_are_not_judged(space: WorkspaceFixture) -> None:
    space.overlay("hello", {"api/configs/hello.py": "class Hello(\n"}, "env: {HELLO_TEXT: hi}\n")
    space.sync()
    ran = inv("env.check", cwd=space.root)
    assert "skip api/configs/hello.py: cannot be read as Python (" in ran.err
    assert "): the settings in it are not judged\n" in ran.err
    assert "the settings are right" not in ran.err
    (skipped,) = [
        finding
        for finding in json.loads(inv("env.check", "--json", cwd=space.root).out)["findings"]
        if finding["level"] == "skip"
    ]
    assert (skipped["rule"], skipped["file"]) == ("release", "api/configs/hello.py")


def test_a_key_that_an_overlay_s_own_code_reads_is_known(space: WorkspaceFixture) -> None:
    code = 'import os\n\nTEXT = os.environ["HELLO_TEXT"]\n'
    space.overlay("hello", {"api/hello_settings.py": code}, "env: {HELLO_TEXT: hi, HELLO_NOBODY: no}\n")
    space.sync()
    found = json.loads(inv("env.check", "--json", cwd=space.root).out)["findings"]
    assert [(each["key"], each["file"], each["line"]) for each in found] == [
        ("HELLO_NOBODY", "overlays/hello/overlay.yaml", 3)
    ]


def test_show_says_value_origin_and_readers(space: WorkspaceFixture) -> None:
    set_env(space, "\nDB_PORT=5433\n")
    ran = inv("env.show", "DB_PORT", cwd=space.root)
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[:3] == ["DB_PORT=5433", "  from: .env:2", "  services: api, worker"]
    assert lines[3].startswith("  api reads it in: api/configs/__init__.py:")
    assert lines[3].endswith(", and takes a whole number")


def test_show_says_where_the_release_sets_it(tmp_path: Path, url: str) -> None:
    space = space_at(tmp_path / "ws", url, "1.99.0")
    found = json.loads(inv("env.show", "DB_HOST", "--json", cwd=space.root).out)
    assert (found["value"], found["yours"]) == ("db_postgres", False)
    assert found["origin"].startswith("Dify 1.99.0, docker/.env.example:")
    assert "web" in found["services"]  # from this release on all of .env reaches it


def test_no_command_shows_a_secret(space: WorkspaceFixture) -> None:
    secret = "hunter2-and-more"
    keys = ("DB_PASSWORD", "SECRET_KEY", "REDIS_PASWORD", "CODE_EXECUTION_API_KEY", "DB_PORT")
    broker = f"CELERY_BROKER_URL=redis://:{secret}@redis:6379/1\n"
    set_env(space, broker + "".join(f"{key}={secret}\n" for key in keys))
    runs = [("env.check",), ("env.check", "--json"), ("env.list", "--all"), ("env.list", "--json", "--all")]
    runs += [("env.show", key, *flag) for key in ("DB_PASSWORD", "CELERY_BROKER_URL") for flag in ((), ("--json",))]
    runs += [("env.diff", "1.99.0"), ("env.diff", "1.99.0", "--json"), ("env.set", f"DB_PASSWORD={secret}")]
    for args in runs:
        ran = inv(*args, cwd=space.root)
        assert secret not in ran.out + ran.err, args
        assert ran.code in {0, 1}
    assert inv("env.show", "DB_PASSWORD", cwd=space.root).out.startswith("DB_PASSWORD=***\n  from: .env:2\n")


def test_show_names_the_nearest_of_an_unknown_key(space: WorkspaceFixture) -> None:
    ran = inv("env.show", "REDIS_PASWORD", cwd=space.root)
    assert ran.code == 1
    assert "hint difykit env.show REDIS_PASSWORD" in ran.err


def test_the_list_is_of_what_the_workspace_sets(space: WorkspaceFixture) -> None:
    assert "the workspace sets nothing" in inv("env.list", cwd=space.root).out
    set_env(space, "LOG_LEVEL=DEBUG\n")
    assert inv("env.list", cwd=space.root).out == "KEY        VALUE  FROM\nLOG_LEVEL  DEBUG  .env:1\n"
    every = json.loads(inv("env.list", "--all", "--json", cwd=space.root).out)["settings"]
    assert len(every) > 60
    assert [each["key"] for each in every if each["yours"]] == ["LOG_LEVEL"]


def test_diff_says_what_the_next_release_changes_and_what_of_it_is_set_here(space: WorkspaceFixture) -> None:
    set_env(space, "SECRET_KEY=my-own-long-one\n")
    ran = inv("env.diff", "1.99.0", cwd=space.root)
    assert ran.code == 0
    assert ran.out.startswith("Dify 1.98.0 → 1.99.0: ")
    assert "  + SERVER_CONSOLE_API_URL=http://api:5001\n" in ran.out
    assert "  ~ SECRET_KEY: *** → (empty)  (you set it: .env:1)\n" in ran.out
    assert ran.out.endswith("you set 1 of these\n")
    found = json.loads(inv("env.diff", "1.99.0", "--json", cwd=space.root).out)
    assert found["yours"] == {"SECRET_KEY": ".env:1"}
    assert found["added"]["SERVER_CONSOLE_API_URL"] == "http://api:5001"


def test_diff_of_no_release_is_an_error(space: WorkspaceFixture) -> None:
    ran = inv("env.diff", "9.9.9", cwd=space.root)
    assert ran.code == 1
    assert "9.9.9" in ran.err


def test_set_edits_the_line_and_keeps_everything_else(space: WorkspaceFixture) -> None:
    before = "# mine\nexport LOG_LEVEL=INFO   # loud\n\nDB_PASSWORD='a b'\nDB_HOST=x\r\n# end"
    (space.root / ".env").write_bytes(before.encode())
    for word in ("LOG_LEVEL=DEBUG", "DB_HOST=db.example.com", "NGINX_SERVER_NAME=it's $5"):
        assert inv("env.set", word, cwd=space.root).code == 0
    assert (space.root / ".env").read_bytes().decode() == (
        "# mine\nexport LOG_LEVEL=DEBUG # loud\n\nDB_PASSWORD='a b'\nDB_HOST=db.example.com\r\n# end\n"
        'NGINX_SERVER_NAME="it\'s \\$5"\n'
    )
    assert stat.S_IMODE((space.root / ".env").stat().st_mode) == 0o600


def test_set_makes_the_file_closed_to_others(space: WorkspaceFixture) -> None:
    ran = inv("env.set", "LOG_LEVEL=DEBUG", cwd=space.root)
    assert (ran.code, (space.root / ".env").read_text()) == (0, "LOG_LEVEL=DEBUG\n")
    assert stat.S_IMODE((space.root / ".env").stat().st_mode) == 0o600
    assert "skip .env: LOG_LEVEL has this value already" in inv("env.set", "LOG_LEVEL=DEBUG", cwd=space.root).err


def test_set_follows_a_link(space: WorkspaceFixture, tmp_path: Path) -> None:
    write_tree(tmp_path, {"elsewhere": "LOG_LEVEL=INFO\n"})
    (space.root / ".env").symlink_to(tmp_path / "elsewhere")
    inv("env.set", "LOG_LEVEL=DEBUG", cwd=space.root)
    assert (space.root / ".env").is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "LOG_LEVEL=DEBUG\n"


def test_set_warns_of_an_unknown_key_and_a_wrong_value(space: WorkspaceFixture) -> None:
    ran = inv("env.set", "LOG_LEVL=INFO", cwd=space.root)
    assert ran.code == 0
    assert "warn .env:1: LOG_LEVL: Dify 1.98.0 does not know it; the nearest that it knows is LOG_LEVEL" in ran.err
    assert "warn .env:2: DB_PORT: its value is not a whole number" in inv("env.set", "DB_PORT=x", cwd=space.root).err


def test_set_refuses_a_file_that_compose_could_not_read(space: WorkspaceFixture) -> None:
    set_env(space, "what is this\n")
    ran = inv("env.set", "LOG_LEVEL=DEBUG", cwd=space.root)
    assert ran.code == 2
    assert ".env:1: is not KEY=value" in ran.err
    assert (space.root / ".env").read_text() == "what is this\n"


def test_a_value_comes_from_standard_input(space: WorkspaceFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with (space.root / "secret").open("w+") as file:
        file.write("hunter2 'x'\n")
        file.seek(0)
        monkeypatch.setattr("sys.stdin", file)
        ran = inv("env.set", "DB_PASSWORD=-", cwd=space.root)
    assert (ran.code, "history" in ran.err) == (0, False)
    assert (space.root / ".env").read_text() == "DB_PASSWORD=\"hunter2 'x'\"\n"
    assert "history" in inv("env.set", "DB_PASSWORD=hunter3", cwd=space.root).err


def test_nothing_on_standard_input_is_an_error(space: WorkspaceFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/null").open() as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        ran = inv("env.set", "DB_PASSWORD", cwd=space.root)
    assert ran.code == 1
    assert "no value for DB_PASSWORD came in on standard input" in ran.err
    assert not (space.root / ".env").exists()


def test_without_a_source_set_works_and_check_says_what_to_do(tmp_path: Path, url: str) -> None:
    space = WorkspaceFixture(tmp_path / "ws", url, ref="1.98.0")
    ran = inv("env.set", "LOG_LEVEL=DEBUG", cwd=space.root)
    assert (ran.code, "it was not checked" in ran.err) == (0, True)
    ran = inv("env.check", cwd=space.root)
    assert (ran.code, "hint make it: invoke sync" in ran.err) == (1, True)


def test_a_pin_that_moved_since_is_said(space: WorkspaceFixture) -> None:
    space.pin("1.99.0")
    ran = inv("env.check", cwd=space.root)
    assert ran.code == 1
    assert "the source is of Dify 1.98.0, and difykit.yaml pins 1.99.0" in ran.err


def test_the_program_itself_reads_a_pipe(space: WorkspaceFixture) -> None:
    argv = [sys.executable, "-m", "difykit", "env.set", "DB_PASSWORD=-"]
    done = subprocess.run(argv, cwd=space.root, input=b"hunter2\r\n", capture_output=True, check=True)
    assert (space.root / ".env").read_text() == "DB_PASSWORD=hunter2\n"
    assert b"hunter2" not in done.stdout + done.stderr
