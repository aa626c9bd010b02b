"""An engine of a test's own with containerd's image store, which sees the registry of this machine as its own."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.fault_registry import REGISTRY, registry_answers
from tests.support.hosts import Host, hosts, lacking
from tests.support.tcp_proxy import carry

_NETWORK = 0x40000000  # CLONE_NEWNET


def need_containerd() -> None:
    """Skip the test where no such engine can be made."""
    if reason := lacking():
        pytest.skip(reason)
    if not registry_answers():
        pytest.skip(f"there is no registry at {REGISTRY}")


@contextmanager
def containerd(images: Sequence[str]) -> Iterator[Host]:
    """One that has these images. What connects to the registry's address in its network is led to the registry."""
    with hosts(1, images, store="containerd") as (host,), led(host):
        # Whom it asks for a name that it alone knows, no answer comes from: better none at once than after 20 seconds.
        subprocess.run(["ip", "-n", f"ek-{host.name}", "route", "del", "default"], check=True)
        yield host


@contextmanager
def led(host: Host) -> Iterator[None]:
    """The registry of this machine, also at its own address on the host."""
    made: list[socket.socket] = []

    def listen() -> None:  # of a thread's own, which alone moves into that network
        with Path(f"/var/run/netns/ek-{host.name}").open() as space:
            libc = ctypes.CDLL(None, use_errno=True)
            assert libc.setns(space.fileno(), _NETWORK) == 0, os.strerror(ctypes.get_errno())
            address, _, port = REGISTRY.partition(":")
            made.append(socket.create_server((address, int(port))))

    mover = threading.Thread(target=listen)
    mover.start()
    mover.join()
    (door,) = made
    threading.Thread(target=carry, args=(door, REGISTRY), daemon=True).start()
    try:
        yield
    finally:
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)
        door.close()
