"""What answers like Podman's socket: a server that says what Podman says of itself, and keeps what it heard."""

from __future__ import annotations

import json
import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

VERSION = {
    "Platform": {"Name": "linux/amd64/debian-12"},
    "Components": [
        {"Name": "Podman Engine", "Version": "4.3.1", "Details": {"APIVersion": "4.3.1", "MinAPIVersion": "4.0.0"}},
        {"Name": "Conmon", "Version": "conmon version 2.1.6, commit: unknown"},
        {"Name": "OCI Runtime (runc)", "Version": "runc version 1.1.5+ds1"},
        {"Name": "Engine", "Version": "4.3.1", "Details": {"ApiVersion": "1.41", "MinAPIVersion": "1.24"}},
    ],
    "Version": "4.3.1",
    "ApiVersion": "1.41",
    "MinAPIVersion": "1.24",
    "Os": "linux",
    "Arch": "amd64",
}
"""As Podman 4.3.1 of Debian 12 answers, seen."""
INFO = {
    "ServerVersion": "4.3.1",
    "OSType": "linux",
    "Architecture": "amd64",
    "OperatingSystem": "debian",
    "Driver": "overlay",
    "DriverStatus": [],
    "MemTotal": 16 << 30,
    "SecurityOptions": ["name=seccomp,profile=default"],
}
ASKED = {"_ping", "version", "info"}
"""What may be asked of an engine before it is known."""


@contextmanager
def podman(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """Its DOCKER_HOST, and the last part of the path of everything that it was asked."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            last = self.path.partition("?")[0].rpartition("/")[2]
            heard.append(last)
            said = {"version": VERSION, "info": INFO}.get(last)
            body = b"OK" if last == "_ping" else json.dumps(said or {"message": "not here"}).encode()
            self.send_response(200 if last in ASKED else 500)
            self.send_header("Api-Version", "1.41")
            self.send_header("Libpod-Api-Version", "4.3.1")
            self.send_header("Content-Type", "text/plain" if last == "_ping" else "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_HEAD = do_DELETE = do_PUT = answer  # noqa: N815 - the names that the server looks for

        def log_message(self, *_: object) -> None:
            """Not into the test's output."""

        def address_string(self) -> str:
            return "a socket"

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    place = folder / "podman.sock"
    assert len(os.fsencode(place)) < 100, "a socket's path is short"
    with Server(str(place), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"unix://{place}", heard
        finally:
            server.shutdown()
            thread.join()
