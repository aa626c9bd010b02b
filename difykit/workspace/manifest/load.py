"""From a YAML file to a model: version first, then all problems at once, with lines and the nearest known keys."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from difykit.core import fifos, files, redact, yaml
from difykit.core.errors import ConfigError, Problem, Unreadable, shortened
from difykit.workspace.manifest.base import Model
from difykit.workspace.manifest.credentials import Credential, credentials, way_out

M = TypeVar("M", bound=Model)


def problem_at(path: Path, name: str, place: yaml.Path, text: str) -> Problem:
    """A problem of a manifest, with the line of the key or entry at `place`; `name` is how messages call the file."""
    return Problem(name, _document(name, read_text(path, name)).line(place), text)


@lru_cache(maxsize=4)
def _document(name: str, text: str) -> yaml.Document:
    return yaml.load(name, text)  # once for all problems of the file


def read_manifest(model: type[M], path: Path, name: str) -> M:
    """Read `path` as `model`; `name` is how messages call the file.

    Raises ConfigError with every problem in the file, or with why it cannot be read.
    """
    document = yaml.load(name, read_text(path, name))
    if not isinstance(document.value, dict):
        raise ConfigError([Problem(name, 1, "must be a mapping that starts with `version: 1`")])
    if "version" not in document.value:
        raise ConfigError([Problem(name, 1, "version: is missing; the first line is `version: 1`")])
    if document.value["version"] != 1 or document.value["version"] is True:
        version = document.value["version"]
        shown = shortened(repr(version))
        text = f"version: this difykit reads version 1, not {shown}; upgrade difykit if the file is newer"
        raise ConfigError([Problem(name, document.line(("version",)), text)])
    problems = {credential.path: _credential(document, credential) for credential in credentials(document.value)}
    faults = list(problems.values())
    try:
        read = model.model_validate(document.value)
    except ValidationError as error:
        faults += _problems(model, document, error, skip=problems)
        raise ConfigError(sorted(faults, key=lambda p: p.line)) from (None if problems else error)
    if faults := faults or list(_nul_problems(document, document.value, ())):
        raise ConfigError(faults)
    return read


def read_text(path: Path, name: str) -> str:
    """A file of the workspace as text. Raises ConfigError when it is not UTF-8, or cannot be read."""
    try:
        return _text(files.read_bytes(path), name)
    except Unreadable as error:
        raise _unreadable(name, error) from error


def read_user_env(path: Path, name: str = ".env") -> str:
    """The user's `.env` as text, "" where there is none; a FIFO, as password managers make it, is read once.

    Raises ConfigError when it is not UTF-8, or cannot be read.
    """
    try:
        return _text(fifos.read_env(path) or b"", name)
    except Unreadable as error:
        raise _unreadable(name, error) from error


def _text(raw: bytes, name: str) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ConfigError([Problem(name, line, f"is not UTF-8 text (byte {error.start})")]) from error


def _nul_problems(document: yaml.Document, value: Any, path: yaml.Path) -> Iterator[Problem]:
    """A NUL, which an escape can spell, ends every argument, path and setting; the text of an edit may have one."""
    if path[:1] == ("edits",):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _nul_problems(document, key, (*path, key))
            yield from _nul_problems(document, inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nul_problems(document, inner, (*path, index))
    elif isinstance(value, str) and "\0" in value:
        shown = shortened(".".join(map(str, path))).replace("\0", "\\0")
        yield Problem(document.name, document.line(path), f"{shown}: holds a NUL character, which nothing can pass on")


def _unreadable(name: str, error: Unreadable) -> ConfigError:
    return ConfigError([Problem(name, 0, f"cannot be read: {error.strerror}")], hint=error.hint)


def _credential(document: yaml.Document, credential: Credential) -> Problem:
    parts = ("a key" if isinstance(part, str) and redact.fault(part) else str(part) for part in credential.path)
    text = f"{'.'.join(parts)}: {credential.fault}; {way_out(credential)}"
    return Problem(document.name, document.line(credential.path), text)


def _problems(
    model: type[Model], document: yaml.Document, error: ValidationError, *, skip: Collection[yaml.Path]
) -> list[Problem]:
    by_text: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        if item["type"] == "too_short" and item["input"]:
            continue  # its entries are wrong, and say so themselves
        loc = _in_document(document.value, item["loc"])
        if loc in skip or any(redact.fault(str(part)) for part in loc):
            continue  # its message would repeat the credential
        last = item["loc"][-1] if item["loc"] else ""
        absent = last not in loc[-1:] and last in _known_keys(model, item["loc"][:-1])
        shown = (*loc, last) if absent else loc
        key = ".".join(str(part) for part in shown)
        problem = Problem(document.name, document.line(loc), f"{shortened(key)}: {_why(model, item)}")
        by_text[str(problem)] = problem
    return list(by_text.values())


def _in_document(value: Any, loc: tuple[Any, ...]) -> tuple[str | int, ...]:
    """Pydantic's location without what the file does not have, such as the branch of a union."""
    path: list[str | int] = []
    entry: tuple[str | int, Any] | None
    for step in loc:
        if isinstance(value, dict):
            # A key such as 404 is a number in YAML, but a text in the document's lines.
            entry = {str(key): (str(key), inner) for key, inner in value.items()}.get(str(step))
        else:
            entry = (step, value[step]) if isinstance(value, list) and isinstance(step, int) else None
        if entry:
            path.append(entry[0])
            value = entry[1]
    return tuple(path)


_WHY = {
    "missing": "is missing",
    "dict_type": "must be a mapping of keys and values",
    "model_type": "must be a mapping of keys and values",
    "tuple_type": "must be a list",
    "string_type": "must be a string; put it in quotes",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "string_too_short": "must not be empty",
    "too_short": "must have an entry",
}


def _why(model: type[Model], item: Any) -> str:
    if item["type"] == "extra_forbidden":
        similar = difflib.get_close_matches(shortened(str(item["loc"][-1])), _known_keys(model, item["loc"][:-1]), n=1)
        return "unknown key" + (f"; did you mean {similar[0]}?" if similar else "")
    if why := _WHY.get(item["type"]):
        return f"{why} (nothing is given)" if item["input"] is None and item["type"] != "missing" else why
    text = str(item["msg"]).removeprefix("Value error, ")
    return text if text.startswith("JSON") else text[0].lower() + text[1:]


def _known_keys(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The keys that a manifest may have at `loc`, followed through lists and unions."""
    types: list[Any] = [model]
    for step in loc:
        models = [m for m in types if isinstance(m, type) and issubclass(m, BaseModel)]
        fields = [f.annotation for m in models for name, f in m.model_fields.items() if step == (f.alias or name)]
        types = [leaf for field in fields for leaf in _leaves(field)] or types
    return [
        field.alias or name
        for m in types
        if isinstance(m, type) and issubclass(m, BaseModel)
        for name, field in m.model_fields.items()
    ]


def _leaves(annotation: Any) -> list[Any]:
    args = getattr(annotation, "__args__", ())
    return [leaf for arg in args for leaf in _leaves(arg)] if args else [annotation]
