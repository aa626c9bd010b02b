"""Somebody on a host that is cut off, who goes on writing to what runs there; and what was acknowledged to him."""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import dataclass, field
from typing import Self

from tests.support.hosts import Host

_LOOP = """
import os, sys, time
host, password = sys.argv[1], os.environ["PASSWORD"]
{connect}
number = 0
while True:
    began = time.monotonic()
    try:
        write(number)
        print(time.monotonic(), number, flush=True)
    except Exception as error:
        print(began, "refused", type(error).__name__, str(error).splitlines()[:1], flush=True)
    number += 1
    time.sleep(0.2)
"""
# Without a statement_timeout, which would end the wait for a second node and call the commit done.
_POSTGRES = """
import psycopg
def write(number):
    with psycopg.connect(host=host, user="postgres", dbname="dify", password=password, connect_timeout=2) as link:
        link.execute("INSERT INTO probed VALUES (%s)", (number,))
"""
_REDIS = """
import redis
def write(number):
    link = redis.Redis(host=host, password=password, socket_timeout=2)
    try:
        link.rpush("probed", number)
    finally:
        link.close()
"""


@dataclass
class Probe:
    """Writes five times a second, each time through a connection of its own, from inside the host's network."""

    host: Host
    kind: str
    password: str
    acknowledged: dict[int, float] = field(default_factory=dict)
    """Number → when, by the monotonic clock, which all of this machine's processes share."""
    refused: list[tuple[float, str]] = field(default_factory=list)

    def __enter__(self) -> Self:
        code = _LOOP.format(connect={"postgres": _POSTGRES, "redis": _REDIS}[self.kind])
        environ = {**os.environ, "PASSWORD": self.password}
        self._child = self.host.inside([sys.executable, "-c", code, self.host.address], environ)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        self._thread.join(10)
        self._child.__exit__(None, None, None)

    def _read(self) -> None:
        assert self._child.stdout
        for line in self._child.stdout:
            when, said, *why = line.split()
            if said == "refused":
                self.refused.append((float(when), " ".join(why)))
            else:
                self.acknowledged[int(said)] = float(when)

    def after(self, moment: float) -> list[int]:
        """What was acknowledged after this moment."""
        return [number for number, when in self.acknowledged.items() if when > moment]

    @property
    def last(self) -> float:
        """When the last write was acknowledged."""
        return max(self.acknowledged.values())
