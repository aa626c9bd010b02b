"""What a file of keys says twice: the parsers of some of them take the last in silence, those of others refuse it."""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from difykit.core import yaml
from difykit.porting.strategies.tokens import CLOSE, Token, tokens

Doubles = Mapping[tuple[str, str], list[int]]
Names = Iterator[tuple[str, str, int]]
_ENV = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)=")
_OPTION = re.compile(r"([^\s#;\[=:][^=:]*?)\s*[=:]")
_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)")


def in_json(text: str) -> Doubles:
    """Keys of one object; comments and a comma too many are read past, as tsconfig.json has them. Raises ValueError."""
    doubles: dict[tuple[str, str], list[int]] = defaultdict(list)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys: set[str] = set()
        for key, _ in pairs:
            if key in keys:
                doubles["key", key].append(0)
            keys.add(key)
        return dict(pairs)

    json.loads(_plain_json(text), object_pairs_hook=once, parse_int=str)
    return doubles


def _plain_json(text: str) -> str:
    row = [token for token in tokens(text, "c") if token.kind != "comment"]
    ends = {at for at, token in enumerate(row[:-1]) if token.text == "," and row[at + 1].text in CLOSE}
    return "".join(token.space + token.text for at, token in enumerate(row) if at not in ends)


def in_yaml(text: str) -> Doubles:
    """A key twice is not YAML to any reader of ours. Raises ConfigError, of which it is one case."""
    yaml.load("line", text, local_tags=True)
    return {}


def in_toml(text: str) -> Doubles:
    """Packages that a list asks for again; a key twice is not TOML. Raises ValueError."""
    return _collected(_packages(tomllib.loads(text), ""))


def _packages(value: Any, path: str) -> Names:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _packages(inner, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        for item in value:
            try:
                requirement = Requirement(item)
            except InvalidRequirement:
                continue
            marker = f" ({requirement.marker})" if requirement.marker else ""
            yield f"package in {path}", canonicalize_name(requirement.name) + marker, 0


def in_env(text: str) -> Doubles:
    """Keys of an env file."""
    return _collected(("key", match[1], at) for at, line in _lines(text) if (match := _ENV.match(line)))


def in_ini(text: str) -> Doubles:
    """Sections, and options of one section."""

    def names() -> Names:
        section = ""
        for at, line in _lines(text):
            if line.startswith("["):
                section = line.strip()
                yield "section", section, at
            elif match := _OPTION.match(line):
                yield f"option in {section}", match[1], at

    return _collected(names())


def in_po(text: str) -> Doubles:
    """Texts of a catalogue, by their context."""

    def names() -> Names:
        context = ""
        for at, line in _lines(text):
            if line.startswith("msgctxt "):
                context = line[8:].strip()
            elif line.startswith("msgid ") and line.strip() != 'msgid ""':
                yield "text", f"{context} {line[6:].strip()}".strip(), at
                context = ""

    return _collected(names())


def in_docker(text: str) -> Doubles:
    """Stages; and of one stage what it sets, and what only the last of counts."""

    def names() -> Names:
        stage = ""
        for at, line in _lines(text):
            match = _INSTRUCTION.match(line)
            word, arguments = (match[1].upper(), match[2].split()) if match else ("", [])
            if word == "FROM":
                stage = " ".join(arguments)
                if len(arguments) > 2 and arguments[-2].upper() == "AS":
                    yield "stage", arguments[-1], at
            elif word in {"ENV", "ARG"} and arguments:
                keys = [item.split("=")[0] for item in arguments if "=" in item] or arguments[:1]
                yield from ((f"{word} in {stage}", key, at) for key in keys)
            elif word in {"CMD", "ENTRYPOINT", "HEALTHCHECK"}:
                yield f"instruction in {stage}", word, at

    return _collected(names())


def in_css(text: str) -> Doubles:
    """Properties of one rule."""
    doubles: dict[tuple[str, str], list[int]] = defaultdict(list)
    rules: list[tuple[str, set[str]]] = []
    pending: list[Token] = []
    for token in tokens(text, "c"):
        if token.kind == "comment":
            continue
        if token.text not in {";", "{", "}"}:
            pending.append(token)
            continue
        if token.text == "{":
            rules.append((" ".join(token.text for token in pending), set()))
        elif rules and (name := _property(pending)):
            if name in rules[-1][1]:
                doubles[f"property of {rules[-1][0]}", name].append(_line(text, pending[0].start))
            rules[-1][1].add(name)
        if token.text == "}" and rules:
            rules.pop()
        pending = []
    return doubles


def _property(pending: list[Token]) -> str:
    """The name before a colon that stands in no bracket, or ""."""
    name = ""
    for token in pending:
        if token.text == ":":
            return name
        if token.kind != "word" and token.text != "-":
            return ""
        name += token.text
    return ""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    return enumerate(text.split("\n"), 1)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _collected(names: Names) -> Doubles:
    doubles: dict[tuple[str, str], list[int]] = defaultdict(list)
    keys: set[tuple[str, str]] = set()
    for kind, name, line in names:
        if (kind, name) in keys:
            doubles[kind, name].append(line)
        keys.add((kind, name))
    return doubles
