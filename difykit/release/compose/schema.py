"""A Compose file held against the schema of the Compose Specification, which `schema.json` is.

Compose of another version may know more keys or fewer, so what this finds says where something stands, and decides only
where no Compose can be asked. What it puts in for variables is not known here: such values fit everything.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from difykit.core import files, yaml

Fault = tuple[yaml.Path, str]
"""Where something does not fit, and why."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict,),
    "array": (list,),
    "null": (type(None),),
}
_WORDS = {"object": "a mapping", "array": "a list", "integer": "a whole number"}


def schema_faults(value: Any) -> list[Fault]:
    """What in the value of a Compose file Compose does not know, or wants in another form."""
    return list(_faults(value, _schema(), ()))


@cache
def _schema() -> Mapping[str, Any]:
    schema: dict[str, Any] = json.loads(files.read_text(Path(__file__).with_name("schema.json")))
    return schema


def _faults(value: Any, schema: Mapping[str, Any], path: yaml.Path) -> Iterator[Fault]:
    schema = _resolved(schema)
    if value is None or (isinstance(value, str) and "$" in value):
        return
    if "oneOf" in schema:
        yield from _nearest(value, schema["oneOf"], path)
        return
    if "type" in schema and not _is_of(value, schema["type"]):
        yield path, f"must be {_wanted(schema['type'])}"
    elif "enum" in schema and value not in schema["enum"]:
        yield path, f"{value!r} is none of {', '.join(map(str, schema['enum']))}"
    elif isinstance(value, dict):
        yield from _mapping_faults(value, schema, path)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _faults(item, schema["items"], (*path, index))


def _mapping_faults(value: Mapping[Any, Any], schema: Mapping[str, Any], path: yaml.Path) -> Iterator[Fault]:
    properties = schema.get("properties", {})
    patterns = schema.get("patternProperties", {})
    for key in schema.get("required", ()):
        if key not in value:
            yield path, f"must have `{key}`"
    for key, item in value.items():
        fitting = [part for pattern, part in patterns.items() if re.search(pattern, str(key))]
        inner = [*([properties[key]] if key in properties else []), *fitting, schema.get("additionalProperties")][0]
        if inner is False:
            close = difflib.get_close_matches(str(key), properties, n=1)
            yield (*path, key), "is no key that Compose knows here" + (f"; did you mean {close[0]}?" if close else "")
        elif isinstance(inner, dict):
            yield from _faults(item, inner, (*path, key))


def _nearest(value: Any, alternatives: list[Mapping[str, Any]], path: yaml.Path) -> Iterator[Fault]:
    """What stands against the alternative that is meant: the one of the value's own type; nothing where one fits."""
    outcomes = [list(_faults(value, alternative, path)) for alternative in alternatives]
    if not all(outcomes):
        return
    kinds = [_resolved(alternative).get("type", []) for alternative in alternatives]
    meant = [faults for kind, faults in zip(kinds, outcomes, strict=True) if _is_of(value, kind)]
    named = " or ".join(dict.fromkeys(_wanted(kind) for kind in kinds if kind))
    yield from meant[0] if meant else [(path, f"must be {named}")]


def _resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        part: Any = _schema()
        for step in schema["$ref"].removeprefix("#/").split("/"):
            part = part[step]
        schema = part
    return schema


def _is_of(value: Any, kinds: str | list[str]) -> bool:
    names = [kinds] if isinstance(kinds, str) else kinds
    return any(isinstance(value, _TYPES[name]) and (not isinstance(value, bool) or name == "boolean") for name in names)


def _wanted(kinds: str | list[str]) -> str:
    names = [kinds] if isinstance(kinds, str) else kinds
    return " or ".join(_WORDS.get(name, f"a {name}") for name in names if name != "null")
