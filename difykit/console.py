"""The screen: plain lines for pipes and CI, a live line for people; and where errors become exit codes."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console as Rich
from rich.markup import escape
from rich.text import Text

from difykit import env, files
from difykit.errors import DifyKitError, visible
from difykit.workspace import Workspace

_METER = re.compile(r"\b\d{1,3}%")
# Shorter ones may be words of a message: one of Dify's public secrets is called dify-sandbox.
_LONG = 16
_SECRET_NAME = re.compile(r"(?i)(secret|password|passwd|token|api_?key|credential)")


def version() -> str:
    """The version of difykit that runs."""
    try:
        return metadata.version("difykit")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def in_ci() -> bool:
    """Whether a CI system runs this, as they all say by the variable CI."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false", "no"}


class Screen:
    """Progress on standard error; results go to standard output by `result` and `document`."""

    def __init__(self) -> None:
        plain = in_ci() or "NO_COLOR" in os.environ
        self._err = Rich(stderr=True, highlight=False, soft_wrap=True, force_terminal=False if plain else None)
        self._live = self._err.is_terminal and not plain
        self._status: Any = None
        self._title = ""

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that a piece of work goes on; a live line where somebody looks, one line where not."""
        if self._live:
            self._title = text
            with self._err.status(escape(text)) as self._status:
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
        if self._status is not None:
            room = max(20, self._err.width - len(self._title) - 8)
            self._status.update(f"{escape(self._title)}  [dim]{escape(text[:room])}[/dim]")
        elif not _METER.search(text) or "done" in text:
            self._err.print(Text(f"      {text}", style="dim"))

    def command(self, argv: list[str]) -> None:
        """Echo an external program before it runs."""
        self._err.print(Text("   $ " + " ".join(argv), style="dim"))

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
        text = "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)
        self._err.print(Text.assemble((f"{word:>4} ", f"bold {style}" if style != "dim" else style), text))


def asks() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not in_ci()


def ask(question: str) -> str:
    """What the user answers to a question on standard error; "" for nothing, or where nobody is there."""
    if not asks():
        return ""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def result(text: str) -> None:
    """Print a result on standard output."""
    sys.stdout.write(visible(text.rstrip("\n")) + "\n")
    sys.stdout.flush()


def document(value: Mapping[str, object]) -> None:
    """Print one JSON document on one line of standard output."""
    result(json.dumps(_as_text(value), ensure_ascii=False))


def _as_text(value: object) -> object:
    """The value with its texts as UTF-8 can have them: spelled out after JSON's own escapes, they would be none."""
    if isinstance(value, Mapping):
        return {visible(key) if isinstance(key, str) else key: _as_text(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_as_text(inner) for inner in value]
    return visible(value) if isinstance(value, str) else value


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Columns as wide as their widest cell, in plain text."""
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    return "\n".join(
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in (head, *rows)
    )


@contextmanager
def boundary(root: Callable[[], Path | None]) -> Iterator[None]:
    """The only place where an exception becomes a message and an exit code: SystemExit with 1, 2, 3 or 130.

    `root` finds the workspace, for the report of a crash.
    """
    screen = Screen()
    try:
        yield
    except DifyKitError as error:
        # What a service or a program said last may hold what it was given.
        hide = [value for value in _secrets(root()) if len(value) >= _LONG]
        screen.fail(_redact(error.message, hide))
        if error.hint:
            screen.hint(_redact(error.hint, hide))
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        screen.fail("interrupted; run the command again to go on")
        raise SystemExit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains once more at its end
        raise SystemExit(1) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        screen.fail(f"{where}{error.strerror or error}")
        screen.hint("mend it and run the command again; nothing is half done")
        raise SystemExit(1) from None
    except Exception as error:  # noqa: BLE001 - a bug: told apart from what a user can act on
        folder = root()
        hide = _secrets(folder)
        report = _crash_report(error, folder / ".difykit" / "logs", hide) if folder else None
        screen.fail(f"this is a bug in difykit: {type(error).__name__}: {_redact(str(error), hide)}")
        screen.hint(
            f"the report is in {report}; please send it to the difykit project" if report else "please report it"
        )
        raise SystemExit(3) from None


def _crash_report(error: Exception, logs: Path, hide: list[str]) -> Path | None:
    path = logs / f"crash-{time.strftime('%Y%m%d-%H%M%S')}.txt"
    head = f"difykit {version()}, Python {platform.python_version()}, {platform.platform()}\n\n"
    try:
        files.write(path, _redact(head + "".join(traceback.format_exception(error)), hide), mode=0o600)
    except OSError:
        return None
    return path


def _secrets(root: Path | None) -> list[str]:
    """What no report may show: the secrets in the workspace's env files, and those of the environment by their names.

    Every value of the files that are the user's or hold secrets alone; of those that are filled with all of Dify's own
    settings, whose values are common words, what is a secret by its name.
    """
    found = {value for key, value in os.environ.items() if _SECRET_NAME.search(key)}
    for place, whole in _env_files(root) if root else ():
        text = ""
        with suppress(OSError):
            text = place.read_text("utf-8", "replace")
        for line in env.assignments(text):
            if whole or env.is_secret(line.key, line.raw):
                found |= {line.raw, line.raw.strip("\"'"), env.decode(line.raw) or ""}
    # Whoever decodes or prints a value of several lines may show one of them.
    found |= {part for value in found for part in value.splitlines()}
    return sorted((value for value in found if len(value) >= 6), key=len, reverse=True)


def _env_files(root: Path) -> Iterator[tuple[Path, bool]]:
    """The user's, and what middleware.dev writes, each with whether every value of it is to be hidden."""
    yield root / ".env", True
    yield root / "data" / "dev" / ".env", True
    with suppress(Exception):  # difykit.yaml may be what is wrong
        yield Workspace.open(root).data / "dev" / ".env", True
    yield root / ".difykit" / "dev" / ".env", False
    yield root / ".difykit" / "source" / "api" / ".env", False


def _redact(text: str, hide: list[str]) -> str:
    for value in hide:
        text = text.replace(value, "***")
    return re.sub(r"(://[^/\s:@]*:)[^@\s/]+@", r"\1***@", text)
