"""A small token server for a registry of a test's own, as the distribution project specifies it; OpenSSL signs."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.registries import PASSWORD, USER

IDENTITY = "an-identity-that-docker-login-left"
LEEWAY = 60  # seconds that a registry takes a token for after its end


@dataclass(frozen=True)
class Asked:
    """One question for a token."""

    who: str
    scopes: tuple[str, ...]
    service: str


class Tokens:
    """What the server gives, and what it was asked for; a test changes it as it goes on."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, 0
        self.lifetime = 300.0
        self.answer: tuple[int, bytes] | None = None  # instead of a token
        self.asked: list[Asked] = []
        folder.mkdir()
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=tokens", "-days", "2"),
                *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
            ],
            capture_output=True,
            check=True,
        )

    def auth(self, host: str = "127.0.0.1") -> dict[str, Any]:
        """The registry's setting."""
        realm = f"http://{host}:{self.port}/token"
        said = {"realm": realm, "service": "a registry", "issuer": "tokens"}
        return {"token": {**said, "rootcertbundle": str(self.folder / "cert.pem")}}

    def token(self, scopes: list[str]) -> str:
        """One for what is asked, signed."""
        now = int(time.time())
        asked = (scope.split(":") for scope in scopes)
        access = [{"type": kind, "name": name, "actions": actions.split(",")} for kind, name, actions in asked]
        until = now - LEEWAY + int(self.lifetime)
        claims = {"iss": "tokens", "sub": USER, "aud": "a registry", "nbf": now - 300, "exp": until, "access": access}
        certificate = "".join((self.folder / "cert.pem").read_text().splitlines()[1:-1])
        head = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
        plain = b".".join(_packed(json.dumps(each).encode()) for each in (head, claims))
        argv = ["openssl", "dgst", "-sha256", "-sign", str(self.folder / "key.pem")]
        signature = subprocess.run(argv, input=plain, capture_output=True, check=True).stdout
        return (plain + b"." + _packed(signature)).decode()


@contextmanager
def token_server(folder: Path) -> Iterator[Tokens]:
    """One that runs; the test is skipped where OpenSSL is missing."""
    if not shutil.which("openssl"):
        pytest.skip("there is no program openssl")
    made = Tokens(folder)

    class Handler(_Handler):
        tokens = made

    with ThreadingHTTPServer(("0.0.0.0", 0), Handler) as server:
        made.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    tokens: Tokens

    def do_GET(self) -> None:
        """A token for Docker's user and password."""
        given = self.headers.get("Authorization", "")
        basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        query = parse_qs(urlsplit(self.path).query)
        known = given == f"Basic {basic}"
        self._answer(query["service"], query["scope"], given or "nobody", known=known, name="token")

    def do_POST(self) -> None:
        """A token for an identity that an earlier login gave: OAuth2."""
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        known = given["grant_type"] == ["refresh_token"] and given["refresh_token"] == [IDENTITY]
        self._answer(given["service"], given["scope"][0].split(), "identity", known=known, name="access_token")

    def _answer(self, service: list[str], scopes: list[str], who: str, *, known: bool, name: str) -> None:
        self.tokens.asked.append(Asked(who, tuple(map(_in_order, scopes)), service[0]))
        status, body = self.tokens.answer or (401, b"")
        if known and not self.tokens.answer:
            status, body = 200, json.dumps({name: self.tokens.token(scopes)}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


def _packed(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _in_order(scope: str) -> str:
    """A registry names the actions in any order."""
    place, _, actions = scope.rpartition(":")
    return f"{place}:{','.join(sorted(actions.split(',')))}"
