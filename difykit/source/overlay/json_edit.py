"""Setting keys in JSON text by their place in it, so that order, indentation and everything else stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from difykit.core.typescript_object import ObjectEntry

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class JsonFault(ValueError):
    """A key cannot be set where it is wanted; `present` is what stands there."""

    def __init__(self, message: str, present: str = "") -> None:
        super().__init__(message)
        self.present = present


def merge(text: str, values: Mapping[str, Any]) -> str:
    """`text` with the keys of `values` set, nested mappings merged; new keys go to the end of their object.

    Raises json.JSONDecodeError when `text` is not JSON, JsonFault when an object is wanted where there is none.
    """
    _DECODER.decode(text)
    return _merge_at(text, _skip(text, 0), values, "")


def entries(text: str) -> list[ObjectEntry]:
    """Every value of the object `text` that is no object itself. Raises json.JSONDecodeError when it is not JSON."""
    _DECODER.decode(text)
    collected: list[ObjectEntry] = []
    _collect(text, _skip(text, 0), "", collected)
    return collected


def _collect(text: str, start: int, above: str, collected: list[ObjectEntry]) -> None:
    if text[start] != "{":
        return
    for key, (first, last) in _members(text, start)[0].items():
        if text[first] == "{":
            _collect(text, first, f"{above}{key}.", collected)
        else:
            plain = json.loads(text[first:last]) if text[first] == '"' else None
            collected.append(ObjectEntry(above + key, first, last, plain))


def _merge_at(text: str, start: int, values: Mapping[str, Any], path: str) -> str:
    if text[start] != "{":
        end = _DECODER.raw_decode(text, start)[1]
        problem = f"{path or 'the whole'} is not an object, so keys cannot be merged into it"
        raise JsonFault(problem, present=text[start : min(end, start + 60)])
    for raw_key, value in values.items():
        key = str(raw_key)  # YAML reads 404 as a number, JSON's keys are texts
        spans, end = _members(text, start)
        name = f"{path}.{key}" if path else key
        if key not in spans:
            text = _append(text, start, end, f"{json.dumps(key, ensure_ascii=False)}: {_written(value, name)}")
        elif isinstance(value, Mapping):
            text = _merge_at(text, spans[key][0], value, name)
        else:
            first, last = spans[key]
            text = text[:first] + _written(value, name) + text[last:]
    return text


def _written(value: Any, path: str) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError as error:
        raise JsonFault(f"{path}: JSON has no infinity and no NaN") from error


def _members(text: str, start: int) -> tuple[dict[str, tuple[int, int]], int]:
    """The span of each value in the object at `start`, and where its last member (or its brace) ends."""
    spans: dict[str, tuple[int, int]] = {}
    index = _skip(text, start + 1)
    end = start + 1
    while text[index] != "}":
        key, index = _DECODER.raw_decode(text, index)
        index = _skip(text, _skip(text, index) + 1)
        _, end = _DECODER.raw_decode(text, index)
        spans[key] = (index, end)
        index = _skip(text, end)
        if text[index] == ",":
            index = _skip(text, index + 1)
    return spans, end


def _append(text: str, start: int, end: int, member: str) -> str:
    lead = text[start + 1 : _skip(text, start + 1)]
    if end == start + 1:
        return text[:end] + member + text[end:]
    return text[:end] + "," + (lead or " ") + member + text[end:]


def _skip(text: str, index: int) -> int:
    match = _SPACE.match(text, index)
    assert match is not None
    return match.end()
