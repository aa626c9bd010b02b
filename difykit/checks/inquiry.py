"""An inquiry: all that rules look at, asked side by side."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Inquiry(ThreadPoolExecutor):
    """Facts by name. Asking for one waits for it, and raises what looking at it raised."""

    def __init__(self) -> None:
        # More threads than questions: those that wait for another's answer must not keep it from being asked.
        super().__init__(max_workers=24)
        self._answers: dict[str, Future[Any]] = {}

    def ask(self, name: str, look: Callable[..., object], *needs: str) -> None:
        """Begin to look; it is handed the facts that it needs, which were asked for before."""
        waits = [self._answers[need] for need in needs]
        self._answers[name] = self.submit(lambda: look(*(answer.result() for answer in waits)))

    def __getitem__(self, name: str) -> Any:
        return self._answers[name].result()
