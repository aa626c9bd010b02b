"""A deployed workspace to be cut off in: its images have a name of their own, and its answer is easily changed."""

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

from tests.support.deployed import Deployed

WORDS = "Hello from custom API!"
# The worker's own check takes ten seconds when it fails; a worker that stays up is enough here.
UNCHECKED = "services: {worker: {healthcheck: {disable: true}}}\n"


class Stack(Deployed):
    """The older release with an endpoint of the workspace's own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, f"difykit-test-{uuid.uuid4().hex[:8]}", ref="1.98.0")
        self.module = self.own("hello-endpoint") / "tree/api/controllers/hello.py"
        self.plain = self.module.read_text()
        self.overlay("unchecked", {"compose.yaml": UNCHECKED}, "compose: {files: [compose.yaml]}\n")

    def settings(self, **changes: str) -> None:
        super().settings(**changes)
        with (self.folder / "difykit.yaml").open("a") as file:
            file.write(f"images: {{prefix: {self.project}/}}\n")

    def words(self, text: str) -> None:
        """Change what the endpoint answers, from the next deployment on."""
        self.module.write_text(self.plain.replace(WORDS, text))

    def answer(self) -> str:
        """What the endpoint answers now; "" when it does not."""
        try:
            return self.get("/custom-endpoint").removeprefix('{"message":"').rstrip().removesuffix('"}')
        except (OSError, ValueError):
            return ""

    def comes_back(self, *wanted: str) -> str:
        """Wait until the endpoint answers one of these, by itself; the last answer."""
        until = time.monotonic() + 60
        while (said := self.answer()) not in wanted and time.monotonic() < until:
            time.sleep(0.2)
        return said

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

    def names(self) -> list[str]:
        """The names of all containers, stopped ones too."""
        return docker(
            "ps", "--all", "--filter", f"label=com.docker.compose.project={self.project}", "--format", "{{.Names}}"
        )

    def tags(self) -> list[str]:
        """The images of this workspace."""
        return docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", f"reference={self.project}/*")

    def unfinished(self) -> list[str]:
        """What a difykit that was killed left in the data folder and in `.difykit`."""
        found = [
            path
            for top in (self.data / "releases", self.data / "backups", self.workspace.derived)
            for path in top.glob("*")
        ]
        return sorted(
            path.name for path in found if path.suffix in {".new", ".old", ".part"} or path.name.startswith(".plan-")
        )

    def remove(self) -> None:
        super().remove()
        if tags := self.tags():
            docker("image", "rm", "--force", *tags)


def docker(*args: str) -> list[str]:
    return subprocess.run(["docker", *args], capture_output=True, text=True, check=True).stdout.splitlines()


def started(*args: str, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
    """`python -m difykit ARGS` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "difykit", *args],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def killed(child: subprocess.Popen[bytes], after: float) -> bool:
    """Kill it and its group after so many seconds; False when it had ended by then."""
    try:
        child.wait(after)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        return True
    return False
