"""What a TypeScript or JavaScript module says twice where once is meant, by its brackets and words alone.

There is no parser here: what a bracket holds is told by what stands before it. What is misread is so on both sides of
a merge as well, and only what is new counts.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from difykit.merge import tsimports, tsnames
from difykit.merge.tokens import CLOSE, OPEN, Token, tokens

_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_VALUE_BEFORE = frozenset(
    {"=", "(", ",", "[", ":", "return", "?", "&&", "||", "??", "...", "default", "|", "&", "<", "{"}
)
_MODIFIERS = frozenset(
    {"public", "private", "protected", "readonly", "static", "abstract", "override", "async", "declare", "export", "*"}
)
_DECLARES = frozenset({"const", "let", "class", "enum", "function", "type", "interface"})
_HEADS = frozenset({"class", "interface", "enum"})
_CONTROL = frozenset({"if", "while", "for", "switch", "with", "catch"})


@dataclass
class _Frame:
    """An open bracket: what it holds, where its next item begins, and what was named in it."""

    kind: str
    opener: str
    label: str
    fresh: bool = True
    seen: set[str] = field(default_factory=set)


@lru_cache(maxsize=64)  # a forecast asks the same of one side for every release
def doubles(text: str) -> dict[tuple[str, str], list[int]]:
    """The lines on which a name stands again, by its kind and name."""
    row = [token for token in tokens(text, "c") if token.kind != "comment"]
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for kind, name, start in (*_Walk(row).names(), *_attributes(row), *_imports(text)):
        found[kind, name].append(text.count("\n", 0, start) + 1)
    return dict(found)


class _Walk:
    """Goes through the tokens of a module with a stack of what is open."""

    def __init__(self, row: Sequence[Token]) -> None:
        self.row = row
        self.pair = _pairs(row)
        self.stack = [_Frame("block", "", "")]

    def names(self) -> Iterator[tuple[str, str, int]]:
        """What is named again in its bracket, as kind, name and place."""
        for at, token in enumerate(self.row):
            frame = self.stack[-1]
            if token.kind == "mark" and token.text in CLOSE and len(self.stack) > 1:
                self.stack.pop()
                # A member with a body ends with it; a value in brackets may go on.
                self.stack[-1].fresh = self.stack[-1].kind in {"block", "members"} and token.text == "}"
                continue
            begins = frame.fresh or (frame.kind != "list" and "\n" in token.space and self._ended(at))
            for kind, name in self._named(frame, at) if begins else ():
                if f"{kind} {name}" in frame.seen:
                    yield f"{kind}{frame.label}", name, token.start
                frame.seen.add(f"{kind} {name}")
            if not (begins and token.text in _MODIFIERS):
                frame.fresh = token.text == ";" or (token.text == "," and frame.kind != "block")
            if frame.kind == "block" and token.text == ":" and self._after_case(at):
                frame.fresh = True
            if token.kind == "mark" and token.text in OPEN:
                self.stack.append(self._opened(at))

    def _text(self, at: int) -> str:
        return self.row[at].text if 0 <= at < len(self.row) else ""

    def _ended(self, at: int) -> bool:
        """Whether what stands before a new line can be the end of an item."""
        before = self.row[at - 1]
        return before.kind in {"word", "text"} or before.text in {*CLOSE, ";", ">"}

    def _opened(self, at: int) -> _Frame:
        text, before = self._text(at), self._text(at - 1)
        if text == "[":
            return _Frame("list", text, "", fresh=False)
        if text == "(":
            kind = "parameters" if self._is_head(at) else "list"
            return _Frame(kind, text, "")
        head = self._head(at)
        if head:
            return _Frame("members", text, f" of {head}")
        if before in _VALUE_BEFORE and not (before == "{" and self._is_expression(at)):
            return _Frame("object", text, "")
        return _Frame("block", text, "")

    def _is_expression(self, at: int) -> bool:
        return self._text(at + 1) not in OPEN and self._text(at + 2) not in {":", ",", "}"}

    def _is_head(self, at: int) -> bool:
        """Whether a bracket holds parameters: an arrow or a body follows it."""
        end = self.pair.get(at, at)
        after = self._text(end + 1)
        if after == "=>":
            return True
        if after == "{":
            return self._text(at - 1) not in _CONTROL
        return after == ":" and self._text(at - 2) == "function"

    def _head(self, at: int) -> str:
        """The name of the class, interface or enum whose body opens here, or ""."""
        for place in range(at - 1, max(-1, at - 40), -1):
            text = self._text(place)
            if text in {";", "{", "}", "=", "=>", ")"}:
                return ""
            if text in _HEADS and self._text(place - 1) != ".":
                return self._text(place + 1) if self._text(place + 1) != "{" else text
        return ""

    def _named(self, frame: _Frame, at: int) -> list[tuple[str, str]]:
        """What the item that begins here is called, where it is called something."""
        if frame.kind == "block":
            return self._declared(at)
        token = self.row[at]
        if frame.kind == "list" or token.text in _MODIFIERS | _CONTROL:
            return []
        named = self._item(frame, at) if token.kind == "text" or _NAME.fullmatch(token.text) else None
        return [named] if named else []

    def _item(self, frame: _Frame, at: int) -> tuple[str, str] | None:
        token, after = self.row[at], self._text(at + 1)
        name = token.text.strip("'\"")
        if frame.kind == "parameters":
            return ("parameter", name) if token.kind == "word" and after in {",", ")", ":", "?", "="} else None
        if token.text in {"get", "set"} and _NAME.fullmatch(after):
            return ("member", f"{token.text} {after}")
        if after == "?":
            after = self._text(at + 2)
        if after == "(" and frame.kind == "members" and not self._has_body(at + 1):
            return None  # one of several signatures
        static = "static " if frame.kind == "members" and "static" in {self._text(at - 1), self._text(at - 2)} else ""
        ends = {":", ",", "}", "=", "("} if frame.kind == "object" else {":", "=", "(", ",", "}", ";", "!"}
        return ("key" if frame.kind == "object" else "member", static + name) if after in ends else None

    def _has_body(self, at: int) -> bool:
        place = self.pair.get(at, at) + 1
        for end in range(place, min(place + 60, len(self.row))):
            if self._text(end) == "{":
                return self._text(end - 1) not in {":", "|", "&"}
            if self._text(end) in {";", "}"} or ("\n" in self.row[end].space and end > place):
                return False
        return False

    def _after_case(self, at: int) -> bool:
        return any(self._text(place) in {"case", "default"} for place in range(max(0, at - 4), at))

    def _declared(self, at: int) -> list[tuple[str, str]]:
        """What a statement declares, or the case that it is."""
        text, after = self._text(at), self._text(at + 1)
        if text == "case":
            end = next((end for end in range(at + 1, min(at + 12, len(self.row))) if self._text(end) == ":"), 0)
            return [("case", "".join(self._text(place) for place in range(at + 1, end)))] if end else []
        if text == "default" and after == ":":
            return [("case", "default")]
        if text in {"const", "let"} and after in {"{", "["}:
            return [("declaration", name) for name in sorted(tsnames.pattern(self.row, at + 1))]
        if text not in _DECLARES or not _NAME.fullmatch(after) or (text == "function" and not self._has_body(at + 2)):
            return []
        # A type and a value may share a name.
        return [("type" if text in {"type", "interface"} else "declaration", after)]


def _pairs(row: Sequence[Token]) -> dict[int, int]:
    """Where each bracket closes."""
    opened: list[int] = []
    found: dict[int, int] = {}
    for at, token in enumerate(row):
        if token.kind == "mark" and token.text in OPEN:
            opened.append(at)
        elif token.kind == "mark" and token.text in CLOSE and opened:
            found[opened.pop()] = at
    return found


def _attributes(row: Sequence[Token]) -> Iterator[tuple[str, str, int]]:
    """The attributes that a JSX tag has again."""
    for at, token in enumerate(row[:-1]):
        tag = row[at + 1]
        if token.text != "<" or tag.kind != "word" or tag.space:
            continue
        if at and not token.space and (row[at - 1].kind == "word" or row[at - 1].text in {")", "]"}):
            continue  # type arguments, or a comparison
        seen: set[str] = set()
        for name, start in _of_tag(row, at + 2):
            if name in seen:
                yield f"attribute of <{tag.text}>", name, start
            seen.add(name)


def _of_tag(row: Sequence[Token], at: int) -> Iterator[tuple[str, int]]:
    depth = 0
    for place in range(at, min(at + 2000, len(row))):
        token = row[place]
        if token.kind == "mark":
            depth += (token.text in OPEN) - (token.text in CLOSE)
            if depth < 0 or (depth == 0 and token.text in {">", ";"}):
                return
        if depth or token.kind != "word" or not token.space or row[place - 1].text in {".", "-", "<"}:
            continue
        name, end = token.text, place + 1
        while end + 1 < len(row) and row[end].text in {"-", ":"} and not row[end + 1].space:
            name, end = name + row[end].text + row[end + 1].text, end + 2
        yield name, token.start


def _imports(text: str) -> Iterator[tuple[str, str, int]]:
    """The local names that an import brings again, and what is exported again by name."""
    seen: set[tuple[str, str]] = set()
    at = 0
    for unit in tsimports.units(text):
        parsed = tsimports.read([unit]) if unit.startswith(("import", "export")) else None
        for statement in parsed.statements if parsed else ():
            kind = "export" if unit.startswith("export") else "import"
            for key in statement.keys:
                name = key[1]
                if name[:1] in {"!", "*"}:
                    continue
                if (kind, name) in seen:
                    yield kind, name, at
                seen.add((kind, name))
        at += len(unit)
