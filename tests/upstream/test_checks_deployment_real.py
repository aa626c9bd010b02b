"""What `doctor --stack` asks inside api, asked of the real Dify: its own modules, its own settings, real stores."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from difykit.checks.deployment.programs import answers, program
from difykit.core.process import run
from tests.support.real_dify import clean_env, find_tools, install, stores
from tests.support.real_render import PLACE, releases

pytestmark = [pytest.mark.upstream, pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository")]

RELEASE = "1.12.1"


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The release's api and the folder of its distributions' programs."""
    try:
        tools = find_tools()
    except LookupError as error:
        pytest.skip(str(error))
    folder = tmp_path_factory.mktemp("source")
    packed = subprocess.run(["git", "-C", PLACE, "archive", RELEASE, "api"], check=True, capture_output=True).stdout
    run(["tar", "-x", "-C", str(folder)], stdin=packed)
    return folder / "api", install(tools.uv, RELEASE, folder / "api")


def ask(place: Path, env: dict[str, str]) -> tuple[dict[str, dict[str, Any]], str]:
    done = run(["python", "-"], cwd=place, env=env, stdin=program("inside", {"seconds": 20}), check=False)
    return {one["name"]: one for one in answers(done.stdout)}, done.stdout.decode()


def test_the_real_api_answers_with_its_own_modules(api: tuple[Path, Path], tmp_path: Path) -> None:
    with stores(find_tools()) as found:
        env = clean_env(api[1], tmp_path) | found.settings(tmp_path / "storage")
        said, text = ask(api[0], env)
        assert {name: one.get("problem") for name, one in said.items() if "problem" in one} == {}
        assert said["database"]["kind"] == "postgresql"
        assert said["database"]["follows"] is False
        assert said["redis"]["role"] == "master"
        assert said["storage"]["kind"] == "opendal, fs"
        assert said["worker"]["workers"] == []
        assert [each for each in (tmp_path / "storage").rglob("*") if each.is_file()] == []
        assert found.password not in text


def test_a_wrong_password_is_told_and_not_shown(api: tuple[Path, Path], tmp_path: Path) -> None:
    with stores(find_tools()) as found:
        wrong = {"DB_PASSWORD": "not-the-one-it-has", "REDIS_PASSWORD": "neither-is-this-one"}
        said, text = ask(api[0], clean_env(api[1], tmp_path) | found.settings(tmp_path / "storage") | wrong)
        assert "password authentication failed" in said["database"]["problem"]
        assert "invalid username-password pair" in said["redis"]["problem"]
        assert not [value for value in (*wrong.values(), found.password) if value in text]


def test_settings_that_api_refuses_are_told(api: tuple[Path, Path], tmp_path: Path) -> None:
    said, _ = ask(api[0], clean_env(api[1], tmp_path) | {"DB_PORT": "many"})
    assert "DB_PORT" in said["settings"]["problem"]


@pytest.mark.parametrize("release", [each for each in releases() if each not in {"1.0.0", "1.0.1"}])
def test_every_release_has_the_modules_that_are_asked(release: str) -> None:
    wanted = {
        "ext_storage": {"storage", "init_app", "save", "load_once", "delete"},
        "ext_redis": {"redis_client", "init_app"},
        "ext_celery": {"init_app"},
    }
    for name, names in wanted.items():
        argv = ["git", "-C", PLACE, "show", f"{release}:api/extensions/{name}.py"]
        text = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
        # Not by ast: from 1.14.0 they are Python 3.12.
        there = set(re.findall(r"(?m)^ *def (\w+)\b", text)) | set(re.findall(r"(?m)^(\w+)(?:: \w+)? = ", text))
        assert names <= there
