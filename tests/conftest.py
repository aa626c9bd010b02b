"""No test sees the machine it runs on: not its home, not its git or Docker settings, not its CI, not the network."""

from __future__ import annotations

import gc
import hashlib
import itertools
import json
import os
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
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


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What collection makes stays to the end: no later collection of garbage walks it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(50_000, 10, 10)  # tests leave little that goes in a circle, and the default looks each 700
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if seed := config.getoption("--shuffle"):
        random.Random(seed).shuffle(items)


class Homes:
    """The homes of this run's tests, one for each test that leaves something in its own."""

    def __init__(self, root: Path) -> None:
        self._root, self._numbers = root, itertools.count()
        self._untouched: Path | None = None
        self._as_made: tuple[tuple[int, ...], ...] = ()

    @contextmanager
    def one(self, docker: Path) -> Iterator[Path]:
        """An empty home, but for `docker`: a Docker configuration that reaches the same engine as this one."""
        home, self._untouched = self._untouched or self._new(docker), None
        yield home
        with suppress(FileNotFoundError):
            self._untouched = home if self._looks(home) == self._as_made else None

    def _new(self, docker: Path) -> Path:
        home = self._root / str(next(self._numbers))  # what pytest numbers, it searches for each
        (home / "docker").mkdir(parents=True)
        links, text = _without_credentials(docker)
        for name in links:
            (home / "docker" / name).symlink_to(docker / name)
        (home / "docker" / "config.json").write_text(text)
        for place in self._parts(home):
            os.utime(place, ns=(0, 0))  # no change is too soon to be seen
        self._as_made = self._looks(home)
        return home

    def _parts(self, home: Path) -> tuple[str, ...]:
        return f"{home}/docker/config.json", f"{home}/docker", f"{home}"

    def _looks(self, home: Path) -> tuple[tuple[int, ...], ...]:
        stats = map(os.lstat, self._parts(home))
        return tuple((stat.st_ino, stat.st_mode, stat.st_mtime_ns, stat.st_ctime_ns) for stat in stats)


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Homes:
    return Homes(tmp_path_factory.mktemp("homes"))


@pytest.fixture(scope="session")
def _places(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Counter[str]]:
    return tmp_path_factory.getbasetemp(), Counter()


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, _places: tuple[Path, Counter[str]]) -> Path:
    """As pytest's own, which reads the folder of all of them for each."""
    base, numbers = _places
    name = re.sub(r"\W", "_", request.node.name)[:30]
    while True:
        place = base / f"{name}{numbers[name]}"
        numbers[name] += 1
        with suppress(FileExistsError):
            place.mkdir(mode=0o700)
            return place


@pytest.fixture(autouse=True)
def _own_world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, _homes: Homes) -> Iterator[None]:
    real_docker = Path(os.environ.get("DOCKER_CONFIG") or Path("~/.docker").expanduser())
    real_cache = os.environ.get("XDG_CACHE_HOME") or str(Path("~/.cache").expanduser())
    for name in [name for name in os.environ if name.startswith("GIT_") or name in _LEAKS]:
        monkeypatch.delenv(name)
    with _homes.one(real_docker) as home:
        monkeypatch.setenv("HOME", str(home))
        for kind in ("CONFIG", "CACHE", "DATA", "STATE"):
            monkeypatch.setenv(f"XDG_{kind}_HOME", f"{home}/{kind.lower()}")
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", f"{home}/gitconfig")
        monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
        monkeypatch.setenv("DOCKER_CONFIG", f"{home}/docker")
        if "upstream" in request.node.path.relative_to(_ROOT).parts:
            monkeypatch.setenv("XDG_CACHE_HOME", real_cache)  # what a real release needs to start is 2 GB
        else:
            monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
        yield


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
