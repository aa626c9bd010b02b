"""How the library reports what it does, without knowing who looks on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol


class Progress(Protocol):
    """What a verb tells while it works; `difykit.cli.screen` shows it, tests collect it."""

    def step(self, text: str) -> AbstractContextManager[None]:
        """A piece of work that takes time; its lines belong to it."""

    def line(self, text: str) -> None:
        """One line of what an external program says."""

    def command(self, argv: list[str]) -> None:
        """An external program about to be run that changes something."""

    def ok(self, text: str) -> None:
        """Something was done."""

    def skip(self, text: str) -> None:
        """Something needed no work, and why."""

    def warn(self, text: str) -> None:
        """Something the user should look at."""

    def hint(self, text: str) -> None:
        """The next command."""


class Silent:
    """Progress that nobody looks at."""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:  # noqa: ARG002 - the protocol's signature
        yield

    def line(self, text: str) -> None: ...
    def command(self, argv: list[str]) -> None: ...
    def ok(self, text: str) -> None: ...
    def skip(self, text: str) -> None: ...
    def warn(self, text: str) -> None: ...
    def hint(self, text: str) -> None: ...
