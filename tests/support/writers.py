"""Writers that go on while a cluster loses nodes, and what they know afterwards: what was acknowledged, and when."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Protocol, Self

SECONDS = float(os.environ.get("DIFYKIT_FAILOVER_SECONDS", "60"))
"""How long a writer writes."""
RATE = 50
"""Writes a second."""


class Link(Protocol):
    """A connection that writes numbers."""

    def write(self, number: int) -> None:
        """Raises whatever its client raises while the server does not acknowledge it."""

    def close(self) -> None: ...


@dataclass
class Writer:
    """Writes 0, 1, 2, … at a steady rate; a number whose write returns is acknowledged.

    `connect` gives a link anew after each failure.
    """

    connect: Callable[[], Link]
    seconds: float = SECONDS
    acknowledged: dict[int, float] = field(default_factory=dict)
    """Number → when, by the monotonic clock."""
    failures: list[tuple[float, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def finish(self) -> None:
        """Wait until it has written for its time."""
        self._thread.join(self.seconds + 60)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        began = time.monotonic()
        link: Link | None = None
        number = 0
        while (now := time.monotonic()) - began < self.seconds and not self._stop.is_set():
            if (early := began + number / RATE - now) > 0:
                time.sleep(early)
            try:
                link = link or self.connect()
                link.write(number)
                self.acknowledged[number] = time.monotonic()
            except Exception as error:  # noqa: BLE001 - whatever a client raises while its server is gone
                self.failures.append((time.monotonic(), f"{type(error).__name__}: {error}"))
                if link:
                    link.close()
                link = None
                time.sleep(0.2)
            number += 1
        if link:
            link.close()

    def since(self, moment: float) -> int:
        """How many writes were acknowledged after this moment."""
        return sum(when > moment for when in self.acknowledged.values())

    @property
    def gap(self) -> float:
        """The longest time between two acknowledged writes, in seconds."""
        moments = sorted(self.acknowledged.values())
        return max((later - sooner for sooner, later in pairwise(moments)), default=0.0)


def record(what: str, writer: Writer, lost: int = 0) -> None:
    """Note a run's numbers in the file that DIFYKIT_FAILOVER_LOG names, for those who publish them."""
    if log := os.environ.get("DIFYKIT_FAILOVER_LOG"):
        line = f"{what}: {len(writer.acknowledged)} acknowledged, {lost} lost, longest gap {writer.gap:.1f} s\n"
        with Path(log).open("a") as file:
            file.write(line)


def wait_for(what: str, done: Callable[[], object], seconds: float = 90) -> None:
    """Wait until `done` says so; an exception means: not yet."""
    end = time.monotonic() + seconds
    last: object = None
    while time.monotonic() < end:
        try:
            last = done()
        except Exception as error:  # noqa: BLE001 - said if it never comes
            last = error
        else:
            if last:
                return
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {seconds:.0f} s ({last!r})")
