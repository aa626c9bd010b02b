"""A door before the real registry that can be shut in the ways in which registries fail."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGISTRY = "127.0.0.1:5000"


class Gate:
    """What the door does; a test changes it as it goes on."""

    def __init__(self) -> None:
        self.login = ""  # user:password, or "" for anybody
        self.refusal: tuple[int, str, str] | None = None  # status, code and message instead of the registry's answer
        self.cut = 0  # after so many bytes of a layer the connection ends, and all that follows is refused by 429
        self.silent = False  # after so many bytes it says nothing more, instead
        self.asked: list[str] = []
        self.closed = threading.Event()
        self.port = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


def registry_answers() -> bool:
    """Whether the registry is there."""
    host, _, port = REGISTRY.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@contextmanager
def gate() -> Iterator[Gate]:
    """A door that is open until the test shuts it."""
    door = Gate()

    class Handler(_Handler):
        pass

    Handler.door = door
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        door.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield door
        finally:
            door.closed.set()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    door: Gate

    def log_message(self, *args: object) -> None: ...

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        self.door.asked.append(f"{self.command} {self.path}")
        sent = self.headers.get("Authorization", "")
        if self.door.login and sent != "Basic " + base64.b64encode(self.door.login.encode()).decode():
            plain = base64.b64decode(sent.removeprefix("Basic ")).decode()
            # As a careless registry would: it hands back what it was given.
            return self._refuse(401, "UNAUTHORIZED", f"authentication required, not {sent} ({plain})")
        if self.path != "/v2/" and self.door.refusal:
            return self._refuse(*self.door.refusal)
        return self._hand_on()

    def _refuse(self, status: int, code: str, message: str) -> None:
        body = json.dumps({"errors": [{"code": code, "message": message}]}).encode()
        self.send_response(status)
        self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def _hand_on(self) -> None:
        # The engine sends a line for each type that it accepts.
        kept = {name: ", ".join(self.headers.get_all(name, [])) for name in ("Accept", "Range") if name in self.headers}
        registry = http.client.HTTPConnection(REGISTRY)
        registry.request(self.command, self.path, headers=kept)
        answer = registry.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in {"Date", "Server", "Connection"}:
                self.send_header(name, value)
        self.end_headers()
        body = answer.read()
        registry.close()
        layer = "/blobs/" in self.path and len(body) > self.door.cut > 0
        if layer and not self.door.silent:
            self.door.refusal = (429, "TOOMANYREQUESTS", "you have reached your pull rate limit")
        with suppress(ConnectionError):
            self.wfile.write(body[: self.door.cut] if layer else body)
        if layer and self.door.silent:
            self.door.closed.wait()


@contextmanager
def lent(path: str, until: Callable[[], bool] = lambda: False) -> Iterator[int]:
    """A port of loopback that leads to the engine's socket, and hangs up once `until` holds."""
    gone = threading.Event()

    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:  # who sends must hear that nobody listens any more, or it waits with a lock in its hands
            with suppress(OSError):
                source.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def serve() -> None:
        ends: list[socket.socket] = []
        listener.settimeout(0.05)
        while not gone.is_set() and not until():
            with suppress(TimeoutError):
                ends += [listener.accept()[0], socket.socket(socket.AF_UNIX)]
                ends[-1].connect(path)
                for pair in (ends[-2:], ends[:-3:-1]):
                    threading.Thread(target=carry, args=pair, daemon=True).start()
        listener.close()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            gone.set()
            thread.join()
