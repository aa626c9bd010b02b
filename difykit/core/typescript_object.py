"""The texts of a TypeScript module that exports one object literal, each with its place in the file.

Linear, and exact or silent: what it does not know for sure is a fault, never a guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

_MAX_DEPTH = 50
_TOKEN = re.compile(
    r"""(?P<space>[\s\ufeff]+|//[^\r\n]*|/\*[^*]*\*+(?:[^/*][^*]*\*+)*/)
      |(?P<text>'(?:[^'\\\r\n]|\\(?:\r\n|.))*'|"(?:[^"\\\r\n]|\\(?:\r\n|.))*")
      |(?P<template>`(?:[^`\\$]|\\.|\$(?!\{))*`)
      |(?P<word>[\w$]+)
      |(?P<mark>[^/'"`])""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r\n|.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_CLOSED_BY = {"{": "}", "(": ")", "[": "]"}
_GONE = {"\r\n", "\n", "\r", "\u2028", "\u2029"}


class NotOneObject(ValueError):
    """The module is not one object literal of plain texts as far as this scanner can tell."""


@dataclass(frozen=True)
class ObjectEntry:
    """A value of the object: its keys joined by dots, its span, and the text where it is a plain string."""

    key: str
    start: int
    end: int
    text: str | None


class _Token(NamedTuple):
    kind: str
    start: int
    end: int
    value: str


def entries(source: str) -> list[ObjectEntry]:
    """The values of the object that the module exports. Raises NotSure."""
    tokens = _tokens(source)
    reader = _Reader(source, tokens, _exported(source, tokens))
    reader.object("", 0)
    after = tokens[reader.at]
    if after.kind not in {"end", "word"} and after.value != ";":
        raise _not_sure(source, after)
    return reader.entries


def literal(text: str, quote: str) -> str:
    """`text` as a string literal in these quotes."""
    named = {"\\": "\\\\", quote: f"\\{quote}", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return quote + "".join(named.get(char) or _visible(char) for char in text) + quote


def _visible(char: str) -> str:
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if char in {"\u2028", "\u2029"} else char


def _tokens(source: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _not_sure(source, _Token("", position, position + 1, source[position]))
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(_Token(kind, position, match.end(), match.group()))
        position = match.end()
    return [*tokens, _Token("end", position, position, "")]


def _exported(source: str, tokens: list[_Token]) -> int:
    """Where the exported object's brace is: after `export default`, or after the `=` of the name exported so."""
    top = _top_level(tokens)
    values = [tokens[index].value for index in top]
    exports = [index for index in range(len(top) - 2) if values[index : index + 2] == ["export", "default"]]
    if len(exports) != 1:
        raise NotOneObject(f"it has {len(exports)} `export default`")
    name = exports[0] + 2
    if values[name] == "{":
        return top[name]
    # A name that is used anywhere else could be changed there.
    uses = [index for index, value in enumerate(values) if value == values[name]]
    first = uses[0] if len(uses) == 2 and uses[1] == name else 0
    if not first or values[first - 1] not in {"const", "let", "var"} or values[first + 1 : first + 3] != ["=", "{"]:
        raise _not_sure(source, tokens[top[name]])
    return top[first + 2]


def _top_level(tokens: list[_Token]) -> list[int]:
    """The tokens outside of all brackets, and the brackets that open there."""
    indexes: list[int] = []
    depth = 0
    for index, token in enumerate(tokens):
        depth -= token.value in _CLOSED_BY.values()
        if depth <= 0:
            indexes.append(index)
        depth += token.value in _CLOSED_BY
    return indexes


class _Reader:
    """Walks the tokens of one object literal."""

    def __init__(self, source: str, tokens: list[_Token], at: int) -> None:
        self._source = source
        self._tokens = tokens
        self.at = at
        self.entries: list[ObjectEntry] = []

    def object(self, above: str, depth: int) -> None:
        """Read the object whose brace is next."""
        self._take("{")
        if depth > _MAX_DEPTH:
            raise self._stop()
        while self._tokens[self.at].value != "}":
            key = above + self._key()
            self._take(":")
            self._value(key, depth)
            if self._tokens[self.at].value != "}":
                self._take(",")
        self.at += 1

    def _key(self) -> str:
        token = self._tokens[self.at]
        if token.kind not in {"word", "text"}:
            raise self._stop()
        self.at += 1
        if token.kind == "word":
            return token.value
        text = _text(token.value)
        if text is None:
            raise _not_sure(self._source, token)
        return text

    def _value(self, key: str, depth: int) -> None:
        token, after = self._tokens[self.at], self._tokens[self.at + 1]
        if token.value == "{":
            self.object(f"{key}.", depth + 1)
            return
        start = self.at
        self._skip_value()
        plain = token.kind == "text" and after.value in {",", "}"}
        end = self._tokens[self.at - 1].end
        if self.at == start:
            raise self._stop()
        self.entries.append(ObjectEntry(key, token.start, end, _text(token.value) if plain else None))

    def _skip_value(self) -> None:
        """Go on to the comma or brace that ends a value, past whatever brackets it has."""
        opened: list[str] = []
        while (token := self._tokens[self.at]).kind != "end":
            if not opened and token.value in {",", "}"}:
                return
            if token.value in _CLOSED_BY:
                opened.append(_CLOSED_BY[token.value])
            elif token.value in _CLOSED_BY.values() and (not opened or opened.pop() != token.value):
                break
            self.at += 1
        raise self._stop()

    def _take(self, value: str) -> None:
        if self._tokens[self.at].value != value:
            raise self._stop()
        self.at += 1

    def _stop(self) -> NotOneObject:
        return _not_sure(self._source, self._tokens[self.at])


def _text(written: str) -> str | None:
    """What a string literal says; None where an escape is one that strict code may not have."""
    sure = True

    def plain(match: re.Match[str]) -> str:
        nonlocal sure
        wide, four, two, single = match.groups()
        if code := wide or four or two:
            sure = sure and int(code, 16) <= 0x10FFFF
            return chr(int(code, 16)) if sure else ""
        digit = single in "123456789xu" or (single == "0" and match.string[match.end() : match.end() + 1].isdigit())
        sure = sure and not digit
        return "" if single in _GONE else _LETTERS.get(single, single)

    text = _ESCAPE.sub(plain, written[1:-1])
    return text if sure else None


def _not_sure(source: str, token: _Token) -> NotOneObject:
    line = source.count("\n", 0, token.start) + 1
    shown = repr(token.value[:20]) if token.value else "the end of the file"
    return NotOneObject(f"line {line}: {shown} is not what an object of plain texts has there")
