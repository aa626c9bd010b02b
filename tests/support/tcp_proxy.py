"""A TCP door before a server that counts what goes in, and breaks connections when it is told to."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Tap:
    """Bytes that went to the server; `cut` breaks all connections once so many have gone, for `away` seconds.

    Before they break `then` is called: what it does has happened when whoever sends hears of anything.
    """

    def __init__(self) -> None:
        self.sent = 0
        self.cut = 0
        self.away = 0.0
        self.then: Callable[[], object] = lambda: None
        self._counting = threading.Lock()
        self.breaks = 0
        self.port = 0
        self.back = 0.0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def count(self, size: int) -> bool:
        """Whether the connection goes on."""
        with self._counting:
            self.sent += size
            if self.cut and self.sent >= self.cut:
                self.cut, self.breaks, self.back = 0, self.breaks + 1, time.monotonic() + self.away
                self.then()
                return False
            return time.monotonic() >= self.back


def carry(door: socket.socket, server: str) -> None:
    """Lead whoever comes in by an open door to `server`, until it is shut."""
    host, _, port = server.partition(":")
    _serve(Tap(), door, (host, int(port)))


@contextmanager
def tap(server: str) -> Iterator[Tap]:
    """A door before `server`, host:port."""
    made = Tap()
    host, _, port = server.partition(":")
    with socket.create_server(("127.0.0.1", 0)) as door:
        made.port = door.getsockname()[1]
        threading.Thread(target=_serve, args=(made, door, (host, int(port))), daemon=True).start()
        yield made
        with suppress(OSError):
            door.shutdown(socket.SHUT_RDWR)


def _serve(made: Tap, door: socket.socket, server: tuple[str, int]) -> None:
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            return
        if time.monotonic() < made.back:
            client.close()
            continue
        try:
            inside = socket.create_connection(server)
        except OSError:
            client.close()
            continue
        threading.Thread(target=_pump, args=(made, client, inside, True), daemon=True).start()
        threading.Thread(target=_pump, args=(made, inside, client, False), daemon=True).start()


def _pump(made: Tap, one: socket.socket, other: socket.socket, counted: bool) -> None:
    with suppress(OSError):
        while chunk := one.recv(65536):
            if counted and not made.count(len(chunk)):
                break
            other.sendall(chunk)
    for each in (one, other):
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
