"""Registries that misbehave: a server on loopback whose every answer is written by a row of a table."""

from __future__ import annotations

import hashlib
import json
import socketserver
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from difykit.registry import IMAGE, INDEX

Piece = bytes | float
"""What is sent, or for how many seconds nothing is."""
Answer = Callable[[str, str], Iterable[Piece]]
"""From method and path to what is sent; the connection ends with it."""
LONGEST = 64 << 20
"""Bytes of one answer that the server sends at the most, so that a client without bounds fails and fills no machine."""


@dataclass(frozen=True)
class Row:
    """One way to misbehave, and what is to be said of it; "" where the answer is as good as any."""

    name: str
    answer: Answer
    says: str


def http(body: bytes = b"", *, status: str = "200 OK", head: Iterable[str] = (), kind: str = IMAGE) -> bytes:
    """An answer with its length."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", "Connection: close", *head]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def descriptor(body: bytes, kind: str, **more: Any) -> dict[str, Any]:
    return {"mediaType": kind, "digest": digest(body), "size": len(body), **more}


def as_bytes(value: Any) -> bytes:
    return json.dumps(value).encode()


def config(labels: Any = None, **more: Any) -> bytes:
    """The configuration of an image that difykit made."""
    plain = {"io.difykit.inputs": "0123456789ab", "org.opencontainers.image.version": "1.0.0"}
    inner = {"Labels": plain if labels is None else labels}
    return as_bytes({"os": "linux", "architecture": "amd64", "config": inner, **more})


def manifest(inner: bytes, **more: Any) -> bytes:
    entry = descriptor(inner, "application/vnd.oci.image.config.v1+json")
    return as_bytes({"schemaVersion": 2, "mediaType": IMAGE, "config": entry, "layers": [], **more})


def index(*entries: Any, **more: Any) -> bytes:
    return as_bytes({"schemaVersion": 2, "mediaType": INDEX, "manifests": list(entries), **more})


def holding(top: bytes, *others: bytes, kind: str = IMAGE, head: Iterable[str] = ()) -> Answer:
    """A registry that has `top` under every tag, and each of the contents under its digest."""
    known = {digest(body): body for body in (top, *others)}

    def answer(_: str, path: str) -> Iterator[Piece]:
        last = path.rpartition("/")[2]
        body = known.get(last) if ":" in last else top
        yield http(status="404 Not Found") if body is None else http(body, kind=kind, head=head)

    return answer


def always(*pieces: Piece) -> Answer:
    return lambda _, __: pieces


@contextmanager
def stranger(answer: Answer, heads: list[bytes] | None = None) -> Iterator[str]:
    """A server that answers like that, and keeps the heads of what it is asked in `heads`; its host and port."""
    over, host = threading.Event(), ""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            first, length = self.rfile.readline(65536), 0
            words, head = first.decode("latin-1").split(" "), first
            while (line := self.rfile.readline(65536)) not in {b"\r\n", b"\n", b""}:
                head += line
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
            self.rfile.read(length)
            if heads is not None:
                heads.append(head)
            sent = 0
            with suppress(OSError):
                for piece in answer(words[0], words[1] if len(words) > 1 else ""):
                    if over.is_set() or sent > LONGEST:
                        return
                    if isinstance(piece, bytes):
                        if b"//HOST/" in piece[:300]:  # its own address, which no row can know
                            piece = piece.replace(b"//HOST/", f"//{host}/".encode())  # noqa: PLW2901
                        self.wfile.write(piece)
                        self.wfile.flush()
                        sent += len(piece)
                    else:
                        over.wait(piece)

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Whatever the client does is no fault of the test."""

    with Server(("127.0.0.1", 0), Handler) as server:
        host = f"127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield host
        finally:
            over.set()
            server.shutdown()
            thread.join()
