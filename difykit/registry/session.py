"""Connections that read by a meter: bytes and seconds are counted where they come in, below all that reads HTTP."""

from __future__ import annotations

import io
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from requests import Response, Session


class TooSlow(Exception):
    """The time that an answer has is over."""


class TooLarge(Exception):
    """More came than an answer may have."""


@dataclass
class AnswerMeter:
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
            raise TooLarge
        self.waiting += count / self.rate - seconds

    @property
    def seconds(self) -> float:
        seconds_left = min(self.until - time.monotonic(), self.waiting)
        if seconds_left <= 0:
            raise TooSlow
        return min(self.patience, seconds_left)


class _Reader(io.RawIOBase):
    """What a socket brings, by the meter."""

    def __init__(self, sock: Any, meter: AnswerMeter) -> None:
        self._sock, self._meter = sock, meter
        self._file = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._meter.seconds)
        count, started = 0, time.monotonic()
        try:
            count = self._file.readinto(buffer) or 0
        except TimeoutError:
            self._meter.take(0, time.monotonic() - started)
            _ = self._meter.seconds  # which tells whether it was the whole that took too long
            raise
        finally:
            with suppress(OSError):
                self._sock.settimeout(self._meter.patience)  # the next request is sent by it
        self._meter.take(count, time.monotonic() - started)
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


def session_of(meters: list[AnswerMeter]) -> Session:
    """A session whose connections read each answer by the last of the meters."""
    import requests  # noqa: PLC0415
    from requests.adapters import HTTPAdapter  # noqa: PLC0415
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool  # noqa: PLC0415
    from urllib3.connection import HTTPConnection, HTTPSConnection  # noqa: PLC0415

    class Metered(HTTPResponse):
        def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
            super().__init__(sock, *args, **options)
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
        def init_poolmanager(self, *args: Any, **options: Any) -> None:
            super().init_poolmanager(*args, **options)
            self.poolmanager.pool_classes_by_scheme = pools

        def proxy_manager_for(self, *args: Any, **options: Any) -> Any:
            manager = super().proxy_manager_for(*args, **options)
            manager.pool_classes_by_scheme = pools
            return manager

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
