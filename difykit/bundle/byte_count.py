"""How far something is, in bytes."""

from __future__ import annotations

import time

from difykit.core.progress import Progress

_PAUSE = 0.5  # seconds between two lines
_OPEN = 5.0  # where the end is not known: those lines are no meter, and stay in plain output


class ByteMeter:
    """Counts bytes, and tells now and then how many they are."""

    def __init__(self, label: str, progress: Progress, total: int = 0) -> None:
        self._label, self._progress, self.total = label, progress, total
        self.count = 0
        self._last_shown = time.monotonic()

    def add(self, count: int) -> None:
        """So many more."""
        self.at(self.count + count, self.total)

    def at(self, count: int, total: int) -> None:
        """So many of so many by now."""
        self.count, self.total = count, total
        if (now := time.monotonic()) - self._last_shown < (_PAUSE if total else _OPEN):
            return
        self._last_shown = now
        if total:
            self._progress.line(f"{self._label}: {mb(count)} of {mb(total)} ({min(100, count * 100 // total)}%)")
        else:
            self._progress.line(f"{self._label}: {mb(count)}")


def mb(count: int) -> str:
    """Millions of bytes, as Docker counts."""
    return f"{count / 1e6:.0f} MB" if count >= 10_000_000 else f"{count / 1e6:.1f} MB"
