"""HTTP with strangers: whoever answers, an answer has a bound on its bytes, its time and the places it leads to.

The bounds hold where bytes come in, below everything that reads them: a status line that never ends is as bounded as a
body. Nothing is unpacked, no redirection is followed unseen, and no login leaves the host that it is for.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING, Any

from difykit.errors import DifyKitError
from difykit.registry.addresses import address_fault, joined, same_host

if TYPE_CHECKING:
    from requests import Response, Session

SMALL = 4 << 20
"""Bytes of a manifest, a configuration or a token: what the OCI specification has registries take for a manifest."""
LEAST_SECONDS = 10
"""What a small answer may take as a whole, at the least: 4 MiB by a line of 4 Mbit/s."""
_HEAD = 1 << 20  # of a status line and headers, interim ones too; registries send some hundred bytes
_GRACE, _SLOWEST = 120, 16 << 10  # a layer: this many seconds, and one more for so many bytes
_REDIRECTS = 5  # a registry, its store, and whatever stands before them
_CHUNK = 1 << 20
_MOVED = {301, 302, 303, 307, 308}


class RegistryLost(DifyKitError):
    """The registry was not reached, or is in trouble itself: worth trying again."""


class BadAnswer(DifyKitError):
    """What answers is no registry, or not as one may: asking again would not help."""


class _TooSlow(Exception):
    """The time that an answer has is over."""


class _TooLarge(Exception):
    """More came than an answer may have."""


@dataclass(frozen=True)
class Answer:
    """One answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class _Meter:
    """What one answer may take yet."""

    patience: float
    room: int
    until: float = math.inf
    waiting: float = math.inf
    """Seconds that it may be waited for, apart from what is done with it meanwhile."""
    rate: float = math.inf
    """Bytes that give a second more."""

    def take(self, count: int, seconds: float) -> None:
        self.room -= count
        if self.room < 0:
            raise _TooLarge
        self.waiting += count / self.rate - seconds

    @property
    def seconds(self) -> float:
        left = min(self.until - time.monotonic(), self.waiting)
        if left <= 0:
            raise _TooSlow
        return min(self.patience, left)


class _Reader(io.RawIOBase):
    """What a socket brings, by the meter."""

    def __init__(self, sock: Any, meter: _Meter) -> None:
        self._sock, self._meter = sock, meter
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._meter.seconds)
        count, begun = 0, time.monotonic()
        try:
            count = self._file.readinto(buffer) or 0
        except TimeoutError:
            self._meter.take(0, time.monotonic() - begun)
            _ = self._meter.seconds  # which tells whether it was the whole that took too long
            raise
        finally:
            with suppress(OSError):
                self._sock.settimeout(self._meter.patience)  # the next request is sent by it
        self._meter.take(count, time.monotonic() - begun)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class Wire:
    """The connections to one registry, and to wherever it leads."""

    def __init__(self, name: str, patience: float, *, local: bool) -> None:
        self.name = name
        self._local = local
        self._patience, self._whole = patience, max(LEAST_SECONDS, patience)
        self._meters = [_Meter(patience, 0)]  # the last is that of the answer that comes next
        self._session = _session(self._meters)
        self._end = math.inf

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """All small answers of the block together take no longer."""
        before, self._end = self._end, time.monotonic() + seconds
        try:
            yield
        finally:
            self._end = before

    def send(
        self, method: str, url: str, headers: Mapping[str, str], data: Any = None, *, what: str, limit: int = SMALL
    ) -> Answer:
        """One request, and its answer; a redirection of GET and HEAD is followed, without a login.

        Raises RegistryLost when nothing answers or not in time, BadAnswer for what is larger than `limit` bytes or
        leads to where nobody should be led.
        """
        meter = _Meter(self._patience, limit + _HEAD, min(time.monotonic() + self._whole, self._end))
        with self._heard(what, limit):
            response = self._open(method, url, headers, data, meter=meter, what=what)
            try:
                body = response.raw.read(limit + 1, decode_content=False)
                if len(body) > limit:
                    raise _TooLarge
            finally:
                response.close()
        return Answer(response.status_code, response.headers, body)

    @contextmanager
    def stream(
        self, url: str, headers: Mapping[str, str], *, what: str, size: int
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """A large answer as it comes, of `size` bytes at the most; of what is no success, a part of its text.

        Raises as `send` does, in the block too, and RegistryLost for one that trickles.
        """
        meter = _Meter(self._patience, size + size // 8 + _HEAD, waiting=_GRACE, rate=_SLOWEST)
        with self._heard(what, size):
            response = self._open("GET", url, headers, None, meter=meter, what=what)
            try:
                yield Answer(response.status_code, response.headers, b""), _chunks(response, size)
            finally:
                response.close()

    def _open(
        self, method: str, url: str, headers: Mapping[str, str], data: Any, *, meter: _Meter, what: str
    ) -> Response:
        room = meter.room
        for _ in range(_REDIRECTS + 1):
            if fault := address_fault(url, local=self._local):
                raise BadAnswer(f"the registry {self.name} leads to {fault}, for {what}; nothing was sent there")
            meter.room = room
            self._meters.append(meter)
            response = self._session.request(
                method,
                url,
                headers=dict(headers),
                data=data,
                timeout=self._patience,
                stream=True,
                allow_redirects=False,
            )
            self._meters.pop()
            packed = response.headers.get("Content-Encoding", "identity").strip().lower()
            if packed not in {"", "identity"}:
                response.close()
                raise BadAnswer(
                    f"the registry {self.name} sends {what} packed ({packed[:20]!r}), which it was not asked for",
                    hint="does a proxy stand before the registry? It must not change what the registry sends",
                )
            there = response.headers.get("Location", "")
            if method not in {"GET", "HEAD"} or response.status_code not in _MOVED or not there:
                return response
            response.close()
            to = joined(url, there)
            if not same_host(to, url):
                headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
            url = to
        raise BadAnswer(
            f"the registry {self.name} leads from one address to the next for {what}, without an end",
            hint="whoever runs the registry, or the proxy before it, can mend that",
        )

    @contextmanager
    def _heard(self, what: str, limit: int) -> Iterator[None]:
        import requests  # noqa: PLC0415 - takes 0.1 s, which every command would pay
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            yield
        except _TooSlow:
            raise RegistryLost(
                f"the registry {self.name} did not end its answer for {what} in time",
                hint="run the command again; a registry that stays so slow is in trouble",
            ) from None
        except _TooLarge:
            raise BadAnswer(
                f"the registry {self.name} sends more than {limit} bytes for {what}, which it may not have",
                hint="is that the registry's address, and not a file's?",
            ) from None
        except (requests.RequestException, HTTPError, HTTPException, OSError, UnicodeError) as error:
            raise RegistryLost(
                f"the registry {self.name} cannot be reached ({type(error).__name__})",
                hint="is its name right, and does it run? Then run the command again: what it has already stays",
            ) from None  # the request, with its login, is in the error


def _chunks(response: Response, size: int) -> Iterator[bytes]:
    left = size
    while chunk := response.raw.read(min(_CHUNK, left + 1), decode_content=False):
        left -= len(chunk)
        if left < 0:
            raise _TooLarge
        yield chunk


def _session(meters: list[_Meter]) -> Session:
    """A session whose connections read each answer by the last of the meters."""
    import requests  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool  # noqa: PLC0415
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415

    class Metered(HTTPResponse):
        def __init__(self, sock: Any, *args: Any, **more: Any) -> None:
            super().__init__(sock, *args, **more)
            self.fp.close()
            self.fp = io.BufferedReader(_Reader(sock, meters[-1]))

    class Connection(HTTPConnection):
        response_class = Metered

    class SafeConnection(HTTPSConnection):
        response_class = Metered

    class Pool(HTTPConnectionPool):
        ConnectionCls = Connection

    class SafePool(HTTPSConnectionPool):
        ConnectionCls = SafeConnection

    pools = {"http": Pool, "https": SafePool}

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **more: Any) -> None:
            super().init_poolmanager(*args, **more)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
            found = super().proxy_manager_for(*args, **more)
            found.pool_classes_by_scheme = pools
            return found

    class Alone(requests.Session):
        """It would read the body of a redirection, and its address, also of one that it is not to follow."""

        def get_redirect_target(self, resp: Response) -> None:  # noqa: ARG002 - the signature of requests
            return None

    session = Alone()
    session.auth = lambda request: request  # else a login in ~/.netrc takes the place of ours
    session.headers["Accept-Encoding"] = "identity"  # a few packed bytes may be a thousand times as many
    session.mount("http://", Adapter())
    session.mount("https://", Adapter())
    return session
