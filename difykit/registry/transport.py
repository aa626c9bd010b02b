"""HTTP with strangers: whoever answers, an answer has a bound on its bytes, its time and the places it leads to.

The bounds hold where bytes come in, below everything that reads them: a status line that never ends is as bounded as a
body. Nothing is unpacked, no redirection is followed unseen, and no login leaves the host that it is for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from difykit.core.errors import DifyKitError
from difykit.registry.addresses import address_fault, joined, same_host
from difykit.registry.session import AnswerMeter, TooLarge, TooSlow, session_of

if TYPE_CHECKING:
    from requests import Response

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


@dataclass(frozen=True)
class Answer:
    """One answer, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RegistryWire:
    """The connections to one registry, and to wherever it leads."""

    def __init__(self, name: str, patience: float, *, local: bool) -> None:
        self.name = name
        self._local = local
        self._patience, self._whole = patience, max(LEAST_SECONDS, patience)
        self._meters = [AnswerMeter(patience, 0)]  # the last is that of the answer that comes next
        self._session = session_of(self._meters)
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
        self, method: str, url: str, headers: Mapping[str, str], data: Any = None, *, subject: str, limit: int = SMALL
    ) -> Answer:
        """One request, and its answer; a redirection of GET and HEAD is followed, without a login.

        Raises RegistryLost when nothing answers or not in time, BadAnswer for what is larger than `limit` bytes or
        leads to where nobody should be led.
        """
        meter = AnswerMeter(self._patience, limit + _HEAD, min(time.monotonic() + self._whole, self._end))
        with self._faults_in_words(subject, limit):
            response = self._open(method, url, headers, data, meter=meter, subject=subject)
            try:
                body = response.raw.read(limit + 1, decode_content=False)
                if len(body) > limit:
                    raise TooLarge
            finally:
                response.close()
        return Answer(response.status_code, response.headers, body)

    @contextmanager
    def stream(
        self, url: str, headers: Mapping[str, str], *, subject: str, size: int
    ) -> Iterator[tuple[Answer, Iterator[bytes]]]:
        """A large answer as it comes, of `size` bytes at the most; of what is no success, a part of its text.

        Raises as `send` does, in the block too, and RegistryLost for one that trickles.
        """
        meter = AnswerMeter(self._patience, size + size // 8 + _HEAD, waiting=_GRACE, rate=_SLOWEST)
        with self._faults_in_words(subject, size):
            response = self._open("GET", url, headers, None, meter=meter, subject=subject)
            try:
                yield Answer(response.status_code, response.headers, b""), _chunks(response, size)
            finally:
                response.close()

    def _open(
        self, method: str, url: str, headers: Mapping[str, str], data: Any, *, meter: AnswerMeter, subject: str
    ) -> Response:
        room = meter.room
        for _ in range(_REDIRECTS + 1):
            if fault := address_fault(url, local=self._local):
                raise BadAnswer(f"the registry {self.name} leads to {fault}, for {subject}; nothing was sent there")
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
                    f"the registry {self.name} sends {subject} packed ({packed[:20]!r}), which it was not asked for",
                    hint="does a proxy stand before the registry? It must not change what the registry sends",
                )
            location = response.headers.get("Location", "")
            if method not in {"GET", "HEAD"} or response.status_code not in _MOVED or not location:
                return response
            response.close()
            to = joined(url, location)
            if not same_host(to, url):
                headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
            url = to
        raise BadAnswer(
            f"the registry {self.name} leads from one address to the next for {subject}, without an end",
            hint="whoever runs the registry, or the proxy before it, can mend that",
        )

    @contextmanager
    def _faults_in_words(self, subject: str, limit: int) -> Iterator[None]:
        import requests  # noqa: PLC0415 - takes 0.1 s, which every command would pay
        from urllib3.exceptions import HTTPError  # noqa: PLC0415

        try:
            yield
        except TooSlow:
            raise RegistryLost(
                f"the registry {self.name} did not end its answer for {subject} in time",
                hint="run the command again; a registry that stays so slow is in trouble",
            ) from None
        except TooLarge:
            raise BadAnswer(
                f"the registry {self.name} sends more than {limit} bytes for {subject}, which it may not have",
                hint="is that the registry's address, and not a file's?",
            ) from None
        except (requests.RequestException, HTTPError, HTTPException, OSError, UnicodeError) as error:
            raise RegistryLost(
                f"the registry {self.name} cannot be reached ({type(error).__name__})",
                hint="is its name right, and does it run? Then run the command again: what it has already stays",
            ) from None  # the request, with its login, is in the error


def _chunks(response: Response, size: int) -> Iterator[bytes]:
    remaining = size
    while chunk := response.raw.read(min(_CHUNK, remaining + 1), decode_content=False):
        remaining -= len(chunk)
        if remaining < 0:
            raise TooLarge
        yield chunk
