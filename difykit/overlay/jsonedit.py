"""Setting keys in JSON text by their place in it, so that order, indentation and everything else stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_DECODER = json.JSONDecoder()


class JsonFault(ValueError):
    """A key cannot be set where it is wanted."""


def merge(text: str, wanted: Mapping[str, Any]) -> str:
    """`text` with the keys of `wanted` set, nested mappings merged; new keys go to the end of their object.

    Raises json.JSONDecodeError when `text` is not JSON, JsonFault when an object is wanted where there is none.
    """
    _DECODER.decode(text)
    return _merge_at(text, _skip(text, 0), wanted, "")


def _merge_at(text: str, start: int, wanted: Mapping[str, Any], path: str) -> str:
    if text[start] != "{":
        raise JsonFault(f"{path or 'the whole'} is not an object, so keys cannot be merged into it")
    for key, value in wanted.items():
        spans, end = _members(text, start)
        name = f"{path}.{key}" if path else key
        if key not in spans:
            text = _append(text, start, end, key, value, empty=not spans)
        elif isinstance(value, Mapping):
            text = _merge_at(text, spans[key][0], value, name)
        else:
            first, last = spans[key]
            text = text[:first] + json.dumps(value, ensure_ascii=False) + text[last:]
    return text


def _members(text: str, start: int) -> tuple[dict[str, tuple[int, int]], int]:
    """The span of each value in the object at `start`, and where its last member (or its brace) ends."""
    spans: dict[str, tuple[int, int]] = {}
    at = _skip(text, start + 1)
    end = start + 1
    while text[at] != "}":
        key, at = _DECODER.raw_decode(text, at)
        at = _skip(text, _skip(text, at) + 1)
        _, end = _DECODER.raw_decode(text, at)
        spans[key] = (at, end)
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return spans, end


def _append(text: str, start: int, end: int, key: str, value: Any, *, empty: bool) -> str:
    first = _skip(text, start + 1)
    lead = text[start + 1 : first]
    member = f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(value, ensure_ascii=False)}"
    if empty:
        return text[: start + 1] + member + text[start + 1 :]
    return text[:end] + "," + (lead or " ") + member + text[end:]


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    assert found is not None
    return found.end()
