"""Images in and out of the engine as one stream, in the form of `docker save`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import IO

from difykit.docker import program


def saved(references: Sequence[str]) -> AbstractContextManager[IO[bytes]]:
    """What `docker save` writes of these images, to be read in the block. Raises CommandFailed when it fails."""
    return program.reading(["save", "--", *references])


@contextmanager
def loading() -> Iterator[Callable[[bytes], object]]:
    """Where to write what `docker load` reads; at the end of the block the engine has it.

    Raises CommandFailed when the engine refuses.
    """
    with program.feeding(["load", "--quiet"]) as write:
        yield write
