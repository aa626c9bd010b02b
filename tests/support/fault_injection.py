"""A deployed workspace to be cut off in: its answer is easily changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from difykit.core import files
from tests.support.cli import Ran, difykit
from tests.support.deployed import Deployed

WORDS = "Hello from custom API!"


class Stack(Deployed):
    """The older release, with an endpoint of the workspace's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, f"difykit-test-{uuid.uuid4().hex[:8]}", ref="1.98.0")
        self.module = self.own("hello-endpoint") / "tree/api/controllers/hello.py"
        self.plain = self.module.read_text()

    def words(self, text: str, *, before: str = "") -> None:
        """Change what the endpoint answers from the next deployment on; `before` is code at the module's start."""
        self.module.write_text(before + self.plain.replace(WORDS, text))

    def command(self, *args: str, env: Mapping[str, str] | None = None) -> Ran:
        """`difykit ARGS` as a process of its own."""
        return difykit(*args, cwd=self.folder, env=env)

    def answer(self) -> str:
        """What the endpoint answers now; "" when it does not."""
        try:
            return self.get("/custom-endpoint").removeprefix('{"message":"').rstrip().removesuffix('"}')
        except (OSError, ValueError):
            return ""

    def comes_back(self, *wanted: str) -> bool:
        """Whether the endpoint answers one of these by itself, in the time that a loaded machine needs for it."""
        until = time.monotonic() + 60
        while (said := self.answer()) not in wanted and time.monotonic() < until:
            time.sleep(0.2)
        return said in wanted

    @contextmanager
    def watched(self) -> Iterator[list[str]]:
        """The answers while the block runs, one after the other."""
        said: list[str] = []
        ended = threading.Event()

        def ask() -> None:
            while not ended.wait(0.1):
                said.append(self.answer())

        thread = threading.Thread(target=ask)
        thread.start()
        try:
            yield said
        finally:
            ended.set()
            thread.join()

    def settle(self) -> None:
        """Wait until nobody is at work on the data folder, also what a killed deployment left to its end."""
        with files.locked(self.data / ".lock", "a test", patience=120):
            pass

    def renamed(self) -> list[str]:
        """Containers with the name that Compose gives them while it replaces another one."""
        argv = ("ps", "--all", "--filter", f"label=com.docker.compose.project={self.project}", "--format")
        return [name for name in docker(*argv, "{{.Names}}") if not name.startswith(self.project)]

    def unfinished(self) -> list[str]:
        """What a difykit that was killed left in the data folder and in `.difykit`, other than in the source."""
        tops = (self.data / "releases", self.data / "backups", self.workspace.derived, self.workspace.derived / "build")
        found = [path.name for top in tops for path in top.glob("*")]
        return sorted(name for name in found if name.endswith((".new", ".old", ".part")) or name.startswith(".plan-"))

    def crashes(self) -> list[str]:
        """The crash reports."""
        return [path.read_text() for path in self.workspace.logs.glob("crash-*.txt")]


def docker(*args: str) -> list[str]:
    """Run docker on the machine's own engine; the lines that it prints."""
    return subprocess.run(["docker", *args], capture_output=True, text=True, check=True).stdout.splitlines()


def readers() -> set[str]:
    """The containers by which a build reads files of an image; they are never started."""
    return set(docker("ps", "--all", "--quiet", "--filter", "label=io.difykit.reading", "--filter", "status=created"))


def left_readers(before: set[str]) -> set[str]:
    """Those that came since and stay: other builds on this machine have theirs for a moment."""
    until, stay = time.monotonic() + 60, readers() - before
    while stay and time.monotonic() < until:
        time.sleep(0.5)
        stay &= readers()
    return stay


def started(*args: str, cwd: Path) -> subprocess.Popen[bytes]:
    """`python -m difykit ARGS` in a process group of its own."""
    argv = [sys.executable, "-m", "difykit", *args]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(argv, cwd=cwd, stdout=quiet, stderr=quiet, start_new_session=True)


def killed(child: subprocess.Popen[bytes], after: float = 0) -> None:
    """Kill it and its group after so many seconds, unless it has ended by then."""
    try:
        child.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
