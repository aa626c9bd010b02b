"""The gateway of the process target: sends each path where the release's nginx template sends it."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from difykit.dify import gateway

FAILED = "failed"
"""The file in which the supervisor says why it could not go on: nobody sees what else it says."""

_HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "te", "trailer", "transfer-encoding", "upgrade"}


def locations(template: str) -> tuple[tuple[str, str], ...]:
    """The prefixes of an nginx template and the services they go to, longest prefix first, as nginx chooses."""
    prefixes = [location for location in gateway.parse(template) if location.is_prefix and location.service]
    return tuple(sorted(((prefix.path, prefix.service) for prefix in prefixes), key=lambda pair: -len(pair[0])))


def service_for(path: str, routes: tuple[tuple[str, str], ...]) -> str | None:
    """The service that a path goes to."""
    return next((service for prefix, service in routes if path.startswith(prefix)), None)


def server(port: int, routes: tuple[tuple[str, str], ...], ports: Mapping[str, int]) -> ThreadingHTTPServer:
    """A server on loopback that hands requests on to the services' ports."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            target = ports.get(service_for(urlsplit(self.path).path, routes) or "")
            if target is None:
                self.send_error(404, "no service for this path")
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {key: value for key, value in self.headers.items() if key.lower() not in _HOP_BY_HOP}
            upstream = http.client.HTTPConnection("127.0.0.1", target, timeout=60)
            try:
                upstream.request(self.command, self.path, body, headers)
                self._answer(upstream.getresponse())
            except (OSError, http.client.HTTPException):
                self.send_error(502, "the service does not answer")
            finally:
                upstream.close()

        def _answer(self, answer: http.client.HTTPResponse) -> None:
            content = answer.read()
            self.send_response(answer.status, answer.reason)
            for key, value in answer.getheaders():
                if key.lower() not in {*_HOP_BY_HOP, "content-length", "date", "server"}:
                    self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's signature
            """Quiet: the services keep their own logs."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler.handle_one)
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)
