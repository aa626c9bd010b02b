"""The screen: plain lines for pipes and CI, a live line for people; and where errors become exit codes.

Nothing else prints. Whatever goes out is redacted (`difykit.core.redact`) and made fit for a terminal
(`difykit.core.terminal`) by the function that prints it: a `str` is one line, `Lines` are as many as they are.
"""

from __future__ import annotations

import json
import os
import platform
import re
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.cells import cell_len
from rich.console import Console as Rich
from rich.markup import escape
from rich.text import Text

from difykit.core import fifos, files, process, redact, streams
from difykit.core.errors import DifyKitError, Terminated, bounded, visible
from difykit.core.failure import explain
from difykit.core.terminal import Lines, coloured_line, json_safe, plain, program_line
from difykit.workspace.env_secrets import Vault

_METER = re.compile(r"\b\d{1,3}%")
_WIDEST = 400
_OWN = re.compile(r"\n[^\S\n]*(?=(?:ok|skip|warn|fail|hint|step|\$)(?:\s|$))")


def version() -> str:
    """The version of difykit that runs."""
    try:
        return metadata.version("difykit")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def in_ci() -> bool:
    """Whether a CI system runs this, as they all say by the variable CI."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}


class _Lines(Rich):
    """Rich, which would end the program on its own when nobody reads its lines any more."""

    def on_broken_pipe(self) -> None:
        self._buffer.clear()
        raise BrokenPipeError


class Screen:
    """Progress on standard error; results go to standard output by `result` and `document`."""

    def __init__(self) -> None:
        plain = in_ci() or "NO_COLOR" in os.environ
        self._err = _Lines(stderr=True, highlight=False, soft_wrap=True, force_terminal=False if plain else None)
        self._live = self._err.is_terminal and not plain
        self._status: Any = None
        self._spinner = "dots" if streams.shows(sys.stderr) else "line"
        self._title = ""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that a piece of work goes on; a live line where somebody looks, one line where not."""
        if self._live:
            self._title = _line(text)
            with self._err.status(escape(self._title), spinner=self._spinner) as self._status:
                yield
            self._status = None
            return
        self._say("step", text, "cyan")
        started = time.monotonic()
        yield
        if (seconds := time.monotonic() - started) >= 10:
            self._say("ok", f"{text}: {seconds:.0f} s", "green")

    def line(self, text: str) -> None:
        """A line of an external program: the newest beside the spinner, or all but meters in plain output."""
        text = program_line(redact.text(text))
        if self._status is not None:
            room = max(20, self._err.width - len(self._title) - 8)
            self._status.update(f"{escape(self._title)}  [dim]{escape(text[:room])}[/dim]")
        elif not _METER.search(text) or "done" in text:
            self._err.print(Text(f"      {text}", style="dim"))

    def command(self, argv: list[str]) -> None:
        """Echo an external program before it runs."""
        self._err.print(Text("   $ " + _line(" ".join(argv)), style="dim"))

    def ok(self, text: str) -> None:
        self._say("ok", text, "green")

    def skip(self, text: str) -> None:
        self._say("skip", text, "dim")

    def warn(self, text: str) -> None:
        self._say("warn", text, "yellow")

    def fail(self, text: str) -> None:
        self._say("fail", text, "red")

    def hint(self, text: str) -> None:
        self._say("hint", text, "blue")

    def _say(self, word: str, text: str, style: str) -> None:
        start = (f"{word:>4} ", f"bold {style}" if style != "dim" else style)
        self._err.print(Text.assemble(start, _message(text)))


def _line(text: str) -> str:
    """A text fit for one line."""
    return plain(redact.text(text))


def _message(text: str) -> str:
    """A text of one line or more: where a further one could be taken for a line of difykit's own, it is set in."""
    clean = plain(redact.text(text), "\n")
    return _OWN.sub("\n     ", clean) if "\n" in clean else clean


def asks() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not in_ci()


def ask(question: str) -> str:
    """What the user answers to a question on standard error; "" for nothing, or where nobody is there."""
    if not asks():
        return ""
    sys.stderr.write(f"{_message(question)} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def result(text: str) -> None:
    """Print a result on standard output: a line, or `Lines`."""
    _out(redact.text(text) if isinstance(text, Lines) else plain(redact.text(text.rstrip("\n")), "\t"))


def program_said(text: str) -> None:
    """Print a line of another program as a result; with its colours, where somebody looks."""
    clean = coloured_line if colours() else program_line
    _out(clean(redact.text(text)))


def colours() -> bool:
    """Whether results may have colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def document(value: Mapping[str, object]) -> None:
    """Print one JSON document on one line of standard output."""
    _out(json_safe(json.dumps(redact.tree(_as_text(value)), ensure_ascii=not streams.shows(sys.stdout))))


def _as_text(value: object) -> object:
    """The value with its texts as UTF-8 can have them: spelled out after JSON's own escapes, they would be none."""
    if isinstance(value, Mapping):
        return {visible(key) if isinstance(key, str) else key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(inner) for inner in value]
    return visible(value) if isinstance(value, str) else value


def _out(clean: str) -> None:
    streams.write(clean.rstrip("\n") + "\n")


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Lines:
    """Columns as wide as their widest cell on a terminal, in plain text; a cell is one line, and not without end."""
    cells = [[_cell(cell) for cell in row] for row in (head, *rows)]
    widths = [max(cell_len(row[index]) for row in cells) for index in range(len(head))]
    return Lines(
        "  ".join(cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )


def _cell(text: str) -> str:
    clean = plain(redact.text(text))
    return clean if len(clean) <= _WIDEST else clean[: _WIDEST - 1] + "…"


@contextmanager
def boundary(root: Callable[[], Path | None]) -> Iterator[None]:
    """The only place where an exception becomes a message and an exit code: SystemExit with 1, 2, 3, 130, 141 or 143.

    `root` finds the workspace, for the report of a crash.
    """
    streams.prepare()
    screen = Screen()
    fifos.listen(screen.warn)
    redact.watch(Vault(root).values)
    try:
        try:
            with _terminable():
                yield
        finally:
            streams.write("")  # what cannot be written is told here, not by Python after the end
    except DifyKitError as error:
        # What a service or a program said last may hold what it was given.
        _tell(screen, redact.text(error.message, least=redact.LONG), redact.text(error.hint, least=redact.LONG))
        raise SystemExit(error.exit_code) from None
    except Terminated as ended:
        _tell(screen, f"ended by {signal.Signals(ended.number).name}; run the command again to go on")
        raise SystemExit(128 + ended.number) from None
    except KeyboardInterrupt:
        _tell(screen, "interrupted; run the command again to go on")
        raise SystemExit(130) from None
    except Exception as error:  # noqa: BLE001 - the only place where all are told apart
        if isinstance(error, BrokenPipeError) and streams.reader_gone():
            streams.give_up()
            raise SystemExit(streams.SIGPIPE) from None
        if failure := explain(error):
            _tell(screen, failure.message, failure.hint)
            raise SystemExit(1) from None
        _tell_bug(screen, error, _folder(root))
        raise SystemExit(3) from None


@contextmanager
def _terminable() -> Iterator[None]:
    """For the block, SIGTERM and SIGHUP end it as ^C does: what runs is ended, what is open is put away.

    One who told difykit to ignore them, as nohup does, is obeyed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]

    def end(number: int, _: object) -> None:
        for ignored in numbers:
            signal.signal(ignored, lambda *_: None)  # asked once is enough: what is put away now is put away whole
        process.end_all()  # also what another thread waits for
        raise Terminated(number)

    try:
        for number in numbers:
            signal.signal(number, end)
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _tell(screen: Screen, message: str, hint: str = "") -> None:
    """The last words of a run; where nobody takes them, the exit code alone says how it ended."""
    message, hint = bounded(message), bounded(hint)
    with suppress(OSError, ValueError):
        screen.fail(message)
        if hint:
            screen.hint(hint)
    streams.give_up()


def _folder(root: Callable[[], Path | None]) -> Path | None:
    with suppress(Exception):  # the folder may be gone: what is told is what happened before
        return root()
    return None


def _tell_bug(screen: Screen, error: Exception, folder: Path | None) -> None:
    report = _crash_report(error, folder / ".difykit" / "logs") if folder else None
    message = redact.text(str(error), least=redact.SHORT)
    hint = f"the report is in {report}; please send it to the difykit project" if report else "please report it"
    _tell(screen, f"this is a bug in difykit: {type(error).__name__}: {message}", hint)


def _crash_report(error: Exception, logs: Path) -> Path | None:
    path = logs / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    with suppress(Exception):  # a report that cannot be written must not hide what it is about
        head = f"difykit {version()}, Python {platform.python_version()}, {platform.platform()}\n\n"
        text = redact.text(head + "".join(traceback.format_exception(error)), least=redact.SHORT)
        files.write(path, text.encode("utf-8", "backslashreplace"), mode=0o600)
        return path
    return None
