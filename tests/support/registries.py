"""A registry of a test's own, that wants a login and can be killed."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from difykit.core.loopback import free_port

USER, PASSWORD = "ann", "nobody-else-says-this-word"
_HTPASSWD = f"{USER}:$2b$05$abcdefghijklmnopqrstuuIfRtvQwcgLMKXAnu/r6aAfVLMq7kssq\n"


class OwnRegistry:
    """A process on a port of loopback, and its folder."""

    def __init__(self, folder: Path, program: str, auth: Mapping[str, Any] | None = None) -> None:
        self.folder, self.program, self.port = folder, program, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir()
        (folder / "htpasswd").write_text(_HTPASSWD)
        storage = {"filesystem": {"rootdirectory": str(folder / "data")}}
        auth = auth or {"htpasswd": {"realm": "test", "path": str(folder / "htpasswd")}}
        made = {"version": 0.1, "storage": storage, "http": {"addr": self.host}, "auth": auth}
        (folder / "config.yml").write_text(json.dumps(made))

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def received(self) -> int:
        """The bytes that it has on disk."""
        found = 0
        for path in self.folder.rglob("data/**/data"):
            with suppress(OSError):
                found += path.stat().st_size
        return found

    def start(self) -> None:
        argv = [self.program, "serve", str(self.folder / "config.yml")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(argv, stdout=log, stderr=log)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.1)
        pytest.fail(f"{self.program} does not start: {(self.folder / 'log').read_text()}")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def log_in(self, password: str = PASSWORD, *, door: str = "") -> None:
        """As `docker login` leaves it in Docker's own configuration; `door` is another address that leads here."""
        config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
        value = json.loads(config.read_text())
        auths = {
            **value.get("auths", {}),
            door or self.host: {"auth": base64.b64encode(f"{USER}:{password}".encode()).decode()},
        }
        config.write_text(json.dumps({**value, "auths": auths}))


@contextmanager
def own_registry(folder: Path, auth: Mapping[str, Any] | None = None) -> Iterator[OwnRegistry]:
    """One that runs; the test is skipped where there is no program for it. `auth` is its own setting."""
    program = next(filter(None, map(shutil.which, ("docker-registry", "registry"))), "") or _running()
    if not program:
        pytest.skip("there is no program docker-registry or registry")
    made = OwnRegistry(folder, program, auth)
    made.start()
    try:
        yield made
    finally:
        made.kill()


def _running() -> str:
    """The program of a registry that runs on this machine."""
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (place / "cmdline").read_bytes().split(b"\0")
            if words[0].endswith(b"registry") and b"serve" in words[1:2]:
                return str((place / "exe").readlink())
    return ""
