"""Hosts of a test's own: each an engine in a network namespace, on one bridge, that can be cut off and joined again."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from tests.support.clusters import docker

# A program that makes one: `PROGRAM extra NAME` prints its DOCKER_HOST and network namespace.
TOOL = os.environ.get("DIFYKIT_HOSTS", "")
NO_HOSTS = "DIFYKIT_HOSTS names no program that makes hosts of a test's own"
_LOCK = Path("/tmp/difykit-tests-hosts.lock")


@dataclass(frozen=True)
class Host:
    """One of them. Its containers see this machine's files, as a host has its own copy of a folder."""

    name: str
    address: str
    engine: str
    """What DOCKER_HOST is for it."""

    @property
    def place(self) -> Path:
        """The folder of its engine."""
        return Path(self.engine.removeprefix("unix://")).parent

    def docker(self, *argv: str) -> str:
        return docker(*argv, host=self.engine)

    def container(self, service: str) -> str:
        """The running container of a service."""
        return self.docker("ps", "--quiet", "--filter", f"label=com.docker.compose.service={service}")

    def cut(self) -> None:
        """Pull its cable: it runs on and reaches nobody."""
        _ip("link", "set", f"ek{self.name}", "down")

    def join(self) -> None:
        _ip("link", "set", f"ek{self.name}", "up")

    def inside(self, argv: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[str]:
        """A program that runs in its network."""
        command = ["ip", "netns", "exec", f"ek-{self.name}", *argv]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def lacking() -> str:
    """Why no hosts can be made here, or ""."""
    if TOOL and not os.access(TOOL, os.X_OK):
        return f"DIFYKIT_HOSTS={TOOL} is no program"
    if not TOOL:
        return NO_HOSTS
    return "" if os.geteuid() == 0 and shutil.which("ip") else "hosts of a test's own need root and the program ip"


@contextmanager
def hosts(number: int, images: Sequence[str], store: str = "") -> Iterator[list[Host]]:
    """So many hosts that have these images; they and all on them go afterwards.

    `store` is the image store of their engines, the program's own choice without it.
    """
    family = uuid.uuid4().hex[:5]
    made: list[Host] = []
    try:
        for place in range(number):
            host = _make(f"t{family}{place}", store)
            made.append(host)
            if images:
                _load(host, images)
        yield made
    finally:
        for host in made:
            _remove(host)


def _ip(*argv: str) -> str:
    return subprocess.run(["ip", *argv], check=True, capture_output=True, text=True).stdout


def _make(name: str, store: str) -> Host:
    with files.locked(_LOCK, "make a host", patience=300):
        env = {**os.environ, **({"ENGINE_STORE": store} if store else {})}
        made = subprocess.run([TOOL, "extra", name], check=True, capture_output=True, text=True, env=env).stdout
        assert f"NETNS=ek-{name}" in made
        # The tool counts the hosts that are there for an address; after one went that may be another's.
        spaces = [line.split()[0] for line in _ip("netns", "list").splitlines() if line.startswith("ek-")]
        shown = " ".join(_ip("-n", each, "-4", "-brief", "address", "show", "dev", "eth0") for each in spaces)
        taken = set(re.findall(r"10\.77\.0\.\d+", shown))
        address = next(each for each in (f"10.77.0.{last}" for last in range(100, 250)) if each not in taken)
        _ip("-n", f"ek-{name}", "address", "flush", "dev", "eth0")
        _ip("-n", f"ek-{name}", "address", "add", f"{address}/24", "dev", "eth0")
        _ip("-n", f"ek-{name}", "route", "add", "default", "via", "10.77.0.1")
    found = re.search(r"DOCKER_HOST=(\S+)", made)
    assert found
    return Host(name, address, found[1])


def _load(host: Host, images: Sequence[str]) -> None:
    with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as saved:
        subprocess.run(
            ["docker", "--host", host.engine, "load", "--quiet"], stdin=saved.stdout, check=True, capture_output=True
        )
    assert saved.returncode == 0


def _remove(host: Host) -> None:
    with suppress(AssertionError):
        if found := host.docker("ps", "--all", "--quiet").split():
            host.docker("rm", "--force", *found)
    pid_file = host.place.parent.parent / f"extra-{host.name}.pid"
    pid = int(pid_file.read_text())
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + 30
        while time.monotonic() < end and Path(f"/proc/{pid}/status").exists():
            time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
    pid_file.unlink()
    place = host.place
    mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if f"{place}/" in line]
    for each in sorted(mounted, reverse=True):
        subprocess.run(["umount", "--lazy", each], check=False, capture_output=True)
    with suppress(subprocess.CalledProcessError):
        _ip("link", "del", f"ek{host.name}")
        _ip("netns", "del", f"ek-{host.name}")
    shutil.rmtree(place, ignore_errors=True)
