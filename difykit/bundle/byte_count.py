"""How far something is, in bytes."""

from __future__ import annotations

import time

from difykit.core.progress import Progress

_PAUSE = 0.5  # seconds between two lines
_OPEN = 5.0  # where the end is not known: those lines are no meter, and stay in plain output


class ByteMeter:
    """Counts bytes, and tells now and then how many they are."""

    def __init__(self, what: str, progress: Progress, whole: int = 0) -> None:
        self._what, self._progress, self.whole = what, progress, whole
        self.done = 0
        self._told = time.monotonic()

    def add(self, count: int) -> None:
        """So many more."""
        self.at(self.done + count, self.whole)

    def at(self, done: int, whole: int) -> None:
        """So many of so many by now."""
        self.done, self.whole = done, whole
        if (now := time.monotonic()) - self._told < (_PAUSE if whole else _OPEN):
            return
        self._told = now
        if whole:
            self._progress.line(f"{self._what}: {mb(done)} of {mb(whole)} ({min(100, done * 100 // whole)}%)")
        else:
            self._progress.line(f"{self._what}: {mb(done)}")


def mb(count: int) -> str:
    """Millions of bytes, as Docker counts."""
    return f"{count / 1e6:.0f} MB" if count >= 10_000_000 else f"{count / 1e6:.1f} MB"
