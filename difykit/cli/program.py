"""Invoke as difykit needs it: its own faults, and those of its settings, become errors of difykit's."""

from __future__ import annotations

import difflib
import os
import re
import sys
from pathlib import Path
from typing import Any

from invoke.config import Config
from invoke.exceptions import Exit, ParseError, UnexpectedExit
from invoke.program import Program

from difykit.cli.screen import boundary
from difykit.cli.task import root
from difykit.core import files, yaml
from difykit.core.errors import ConfigError, DifyKitError, NotThere, Problem, UsageError

_FORMATS = ("flat", "nested", "json")
_NO_NUMBER = re.compile(r"invalid literal for int\(\) with base 10: (.*)", re.DOTALL)
_UNKNOWN = re.compile(r"No idea what '(.*)' is!", re.DOTALL)


class InvokeSettings(Config):
    """Invoke's settings files, `~/.invoke.yaml` and its like, read by the door; a broken one is named."""

    def _load_yaml(self, path: Any) -> Any:
        return _mapping(path, yaml.load(str(path), files.read_text(_path_in_folder(path))).value)

    _load_yml = _load_yaml

    def _load_json(self, path: Any) -> Any:
        return _mapping(path, files.read_json(_path_in_folder(path)))

    def _load_py(self, path: Any) -> Any:
        files.read_bytes(_path_in_folder(path))
        try:
            return super()._load_py(path)
        except Exception as error:  # whatever a program of the user's does
            text = f"cannot be run: {type(error).__name__}: {error}"
            raise ConfigError([Problem(str(path), 0, text)], hint=_SETTINGS) from error


_SETTINGS = "these are Invoke's settings, which difykit needs none of: mend the file, or move it away"


def _path_in_folder(path: Any) -> Path:
    file = Path(path)
    if not file.parent.is_dir():
        raise NotThere(file)  # a home that is no folder has no settings
    return file


def _mapping(path: Any, value: Any) -> Any:
    if value is not None and not isinstance(value, dict):
        raise ConfigError([Problem(str(path), 1, "is no mapping of settings")], hint=_SETTINGS)
    return value


class DifyKitProgram(Program):
    """The program `difykit`: everything it does, also before a command begins, is inside the boundary."""

    def run(self, argv: list[str] | None = None, exit: bool = True) -> None:  # noqa: A002 - Invoke's name
        """Run the command line. Raises SystemExit, as everything in the boundary does."""
        with boundary(root):
            super().run(argv, exit)

    def create_config(self) -> None:
        _checked(super().create_config)

    def update_config(self, merge: bool = True) -> None:
        _checked(lambda: super(DifyKitProgram, self).update_config(merge))

    def parse_core(self, argv: list[str] | None) -> None:
        words = list(sys.argv if argv is None else argv)
        if words[2:] in (["--help"], ["-h"]) and not words[1].startswith("-"):
            words[1:] = ["--help", words[1]]  # or a command that takes a name would take this for it
        words[1:] = _with_files(words[1:])
        self._explain_parse_errors(lambda: super(DifyKitProgram, self).parse_core(words))

    def parse_tasks(self) -> None:
        self._explain_parse_errors(super().parse_tasks)

    def parse_cleanup(self) -> None:
        self._explain_parse_errors(super().parse_cleanup)

    def list_tasks(self) -> None:
        if self.list_format not in _FORMATS:
            raise UsageError(f"--list-format: {self.list_format!r} is not {', '.join(_FORMATS)}", hint=_CORE)
        super().list_tasks()

    def _explain_parse_errors(self, parse: Any) -> None:
        try:
            parse()
        except ValueError as error:  # of a flag that takes a number: Invoke asks int(), which names the word
            if not (number := _NO_NUMBER.match(str(error))):
                raise
            raise UsageError(f"{number[1]} is not a number", hint=_CORE) from error
        except Exit as error:
            if error.code and error.message:
                raise UsageError(error.message, hint=_ALL) from error
            raise
        except ParseError as error:
            raise _usage(str(error), getattr(self, "collection", None), error.context) from error


def _with_files(words: list[str]) -> list[str]:
    """`patch.import A B C` as Invoke can read it, which knows no argument that takes several words."""
    if words[:1] != ["patch.import"]:
        return words
    end = next((at for at in range(2, len(words)) if not os.path.lexists(words[at])), len(words))
    return [*words[:2], *(part for word in words[2:end] for part in ("--also", word)), *words[end:]]


def _usage(text: str, collection: Any, context: Any) -> UsageError:
    word = match[1] if (match := _UNKNOWN.fullmatch(text)) else ""
    if not word:
        name = getattr(context, "name", None)
        return UsageError(text[0].upper() + text[1:], hint=f"see: difykit --help {name}" if name else _ALL)
    if word.startswith("-"):
        flags = list(getattr(context, "flags", None) or ())
        name = getattr(context, "name", None) or ""
        near = difflib.get_close_matches(word.partition("=")[0], flags, n=1, cutoff=0.7)
        problem = f"{name} has no flag {word}" if name else f"there is no flag {word}"
        return UsageError(problem, hint=_near(near) or (f"see them: difykit --help {name}" if name else _ALL))
    names = list(collection.task_names) if collection is not None else []
    near = difflib.get_close_matches(word, names, n=1)
    return UsageError(f"there is no command {word}", hint=_near(near) or _ALL)


_ALL = "see them all: difykit --list"
_CORE = "see: difykit --help"


def _near(names: list[str]) -> str:
    return f"did you mean {names[0]}?" if names else ""


def _checked(read: Any) -> None:
    try:
        read()
    except (DifyKitError, OSError, Exit, UnexpectedExit, ParseError):
        raise
    except Exception as error:
        text = f"Invoke's settings cannot be used: {error}"
        raise DifyKitError(text, hint="look at ~/.invoke.yaml, /etc/invoke.yaml and INVOKE_… variables") from error
