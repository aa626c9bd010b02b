"""What is asked of other people's files ends with an answer: no content of a file ends a run, or holds it up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from types import FrameType
from typing import TypeVar

from difykit.core.errors import ConfigError, DifyKitError

T = TypeVar("T")
LIMIT = 1 << 20
"""Bytes of a file that may be merged beyond git; Dify's own that people write have a third of that."""
SECONDS = 20  # of processor time for one file; a merge takes some hundredths
_CONTENT = (SyntaxError, UnicodeError, RecursionError, MemoryError, ConfigError)
_ROOT = Path(__file__).parents[2]


class Unjudged(Exception):
    """A file that could not be judged; the message says why, for a person to read."""


class _TooSlow(Exception):
    """The processor time for one file is used up."""


def judged(ask: Callable[[], T]) -> T:
    """What `ask` answers about a file.

    Raises Unjudged where its content does not let it, or a fault of difykit's own comes up, which is named; and
    DifyKitError for what has nothing to do with the content, such as an object that the store lacks.
    """
    try:
        with _bounded():
            return ask()
    except _TooSlow:
        raise Unjudged(f"difykit cannot judge it: that takes more than {SECONDS} s of processor time") from None
    except _CONTENT as error:
        raise Unjudged(f"difykit cannot judge it: {_reason(error)}") from error
    except DifyKitError:
        raise
    except Exception as error:
        text = f"difykit could not judge it, which is a bug in difykit: {_reason(error)}{_where(error)}"
        raise Unjudged(text) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError | MemoryError):
        return "it is nested too deeply"
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0][:200]}" if lines else type(error).__name__


def _where(error: BaseException) -> str:
    """The line of difykit's that raised it."""
    own = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(_ROOT)]
    return f" (difykit/{Path(own[-1].filename).relative_to(_ROOT).as_posix()}:{own[-1].lineno})" if own else ""


@contextmanager
def _bounded() -> Iterator[None]:
    """Processor time, so that a busy machine says the same; only the main thread can be told."""
    if threading.current_thread() is not threading.main_thread() or signal.getitimer(signal.ITIMER_VIRTUAL)[0]:
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _late)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _late(_signal: int, _frame: FrameType | None) -> None:
    raise _TooSlow
