"""No test sees the machine it runs on: not its home, not its git or Docker settings, not its CI, not the network."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import random
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A loaded machine is no reason to fail.
settings.register_profile("difykit", deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
settings.load_profile("difykit")

_ROOT = Path(__file__).resolve().parent.parent
_LEAKS = ("CI", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
_tracked = pytest.StashKey[dict[str, str]]()

# `sync` reads CI when it is imported, so a fixture would come too late.
for _name in _LEAKS:
    os.environ.pop(_name, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", metavar="SEED", default="", help="run the tests in this other order")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if seed := config.getoption("--shuffle"):
        random.Random(seed).shuffle(items)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Iterator[int]]:
    """Where the homes of this run's tests lie, and their numbers: a folder that pytest numbers is searched for each."""
    return tmp_path_factory.mktemp("homes"), itertools.count()


@pytest.fixture(autouse=True)
def _own_world(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _homes: tuple[Path, Iterator[int]]
) -> None:
    home = _homes[0] / str(next(_homes[1]))
    home.mkdir()
    real_docker = Path(os.environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser())
    real_cache = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    for name in [name for name in os.environ if name.startswith("GIT_") or name in _LEAKS]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    for kind in ("CONFIG", "CACHE", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", f"{home}/{kind.lower()}")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", f"{home}/gitconfig")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("DOCKER_CONFIG", str(_docker_config(home / "docker", real_docker)))
    if "upstream" in request.node.path.relative_to(_ROOT).parts:
        monkeypatch.setenv("XDG_CACHE_HOME", real_cache)  # what a real release needs to start is 2 GB
    else:
        monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")


def _docker_config(own: Path, real: Path) -> Path:
    """A Docker configuration without credentials that reaches the same engine with the same plugins."""
    links, text = _without_credentials(real)
    own.mkdir()
    for name in links:
        (own / name).symlink_to(real / name)
    (own / "config.json").write_text(text)
    return own


@cache
def _without_credentials(real: Path) -> tuple[tuple[str, ...], str]:
    """The folders of a Docker configuration that its copies share, and what they have of its `config.json`."""
    try:
        settings = json.loads((real / "config.json").read_bytes())
    except (OSError, ValueError):
        settings = {}
    kept = {key: settings[key] for key in ("currentContext", "cliPluginsExtraDirs") if key in settings}
    return tuple(name for name in ("cli-plugins", "contexts") if (real / name).is_dir()), json.dumps(kept)


def _digests() -> dict[str, str]:
    if not (shutil.which("git") and (_ROOT / ".git").exists()):
        return {}
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=_ROOT, capture_output=True, check=True).stdout
    places = [_ROOT / os.fsdecode(name) for name in listed.split(b"\0")[:-1]]
    return {str(place): hashlib.sha256(place.read_bytes()).hexdigest() for place in places if place.is_file()}


def pytest_sessionstart(session: pytest.Session) -> None:
    session.stash[_tracked] = _digests()


def pytest_sessionfinish(session: pytest.Session) -> None:
    before, after = session.stash[_tracked], _digests()
    changed = sorted(path for path in before.keys() & after.keys() if before[path] != after[path])
    changed += sorted(before.keys() - after.keys())
    if changed:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter = session.config.pluginmanager.get_plugin("terminalreporter")
        text = "files of the repository changed while the tests ran, by a test or by you:\n  " + "\n  ".join(changed)
        if reporter:
            reporter.write_line(text, red=True)
