"""Adding to and taking from one list of names in a YAML text; everything else in it stays as it is written.

The place comes from the parser's marks, and the result is read again: what is not as wanted is refused, not written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from difykit.core import yaml
from difykit.core.errors import ConfigError, DifyKitError

_COMMA = re.compile(r"[ \t]*,")
_REST = re.compile(r"[ \t]*,?[ \t]*(?:#.*)?\r?")


class _UnclearError(Exception):
    """The list is written in a way that this module does not change."""


@dataclass(frozen=True)
class _List:
    """A list of names in its text."""

    text: str
    key: str
    flow: bool
    start: int
    items: tuple[yaml.YamlSpan, ...]

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def line_start(self, position: int) -> int:
        return self.text.rfind("\n", 0, position) + 1

    def line_end(self, position: int) -> int:
        """The index after the line feed that ends the line, or the end of the text."""
        return self.text.find("\n", position) + 1 or len(self.text)

    def lead(self, item: yaml.YamlSpan) -> str:
        """What stands before an item in its line."""
        return self.text[self.line_start(item.start) : item.start]

    def alone(self, item: yaml.YamlSpan) -> bool:
        """Whether an item in brackets has its lines for itself, but for a comma and a comment."""
        tail = self.text[item.end : self.line_end(item.end)]
        return not self.lead(item).strip() and tail.endswith("\n") and bool(_REST.fullmatch(tail[:-1]))

    def above(self, index: int) -> int:
        """Where a line before item `index` goes: above the comments that belong to it."""
        position = self.line_start(self.items[index].start)
        while index and self.text[self.line_start(position - 1) : position].lstrip().startswith("#"):
            position = self.line_start(position - 1)
        return position


def inserted(text: str, key: str, item: str, index: int) -> str:
    """`text` with `item` at `index` of the list `key`, which is made where it is missing.

    Raises DifyKitError, with the line to write by hand, when the list is not one that can be changed safely.
    """
    names = _names(text, key)
    names.insert(index, item)
    return _checked(text, key, names, lambda: _insert(text, key, _word(item), index))


def removed(text: str, key: str, item: str) -> str:
    """`text` without `item` in the list `key`; the comment in the item's line goes with it.

    Raises DifyKitError, with the line to write by hand, when the list is not one that can be changed safely.
    """
    names = _names(text, key)
    index = names.index(item)
    del names[index]
    return _checked(text, key, names, lambda: _remove(_list(text, key), index))


def _names(text: str, key: str) -> list[str]:
    return list(yaml.load("difykit.yaml", text).value.get(key) or ())


def _checked(text: str, key: str, expected: Sequence[str], change: Callable[[], str]) -> str:
    try:
        changed = change()
        before, after = (yaml.load("difykit.yaml", document).value for document in (text, changed))
        if after == {**before, key: expected}:
            return changed
    except (_UnclearError, ConfigError):
        pass
    raise DifyKitError(
        f"difykit.yaml: {key} is written in a way that difykit cannot change without touching more; it is as it was",
        hint=f"write it by hand: {key}: [{', '.join(map(_word, expected))}]",
    )


def _word(name: str) -> str:
    """The name as YAML reads it back: `1` and `true` are names too."""
    return name if yaml.load("", name).value == name else f'"{name}"'


def _list(text: str, key: str) -> _List:
    spans = yaml.spans(text)
    span = spans[(key,)]
    items = tuple(span for path, span in sorted(spans.items(), key=lambda pair: pair[1].start) if path[:-1] == (key,))
    return _List(text, key, span.flow, span.start, items)


def _insert(text: str, key: str, word: str, index: int) -> str:
    spans = yaml.spans(text)
    if (key,) not in spans:
        return _new_key(text, spans, f"{key}: [{word}]")
    if spans[(key,)].start == spans[(key,)].end:
        position = spans[(key,)].end
        return f"{text[:position]} [{word}]{text[position:]}"
    sequence = _list(text, key)
    if not sequence.items:
        position = text.index("[", sequence.start) + 1
        return text[:position] + word + text[position:]
    return _insert_flow(sequence, word, index) if sequence.flow else _insert_block(sequence, word, index)


def _new_key(text: str, spans: dict[yaml.Path, yaml.YamlSpan], entry: str) -> str:
    """The entry after `upstream`, or after the last key."""
    end = spans[("upstream",)].end if ("upstream",) in spans else spans[()].end
    if spans[()].flow:
        return f"{text[:end]}, {entry}{text[end:]}"
    return _with_line(text, text.find("\n", end) + 1 or len(text), entry, "\r\n" if "\r\n" in text else "\n")


def _with_line(text: str, position: int, line: str, newline: str) -> str:
    """`text` with a line at `position`, the start of a line or the end of a text that may lack its last line feed."""
    if position and text[position - 1] != "\n":
        return text + newline + line + newline
    return text[:position] + line + newline + text[position:]


def _insert_block(sequence: _List, word: str, index: int) -> str:
    lead = sequence.lead(sequence.items[-1])
    if lead.strip() != "-":
        raise _UnclearError
    position = sequence.above(index) if index < len(sequence.items) else sequence.line_end(sequence.items[-1].end)
    return _with_line(sequence.text, position, lead + word, sequence.newline)


def _insert_flow(sequence: _List, word: str, index: int) -> str:
    text, newline = sequence.text, sequence.newline
    if index < len(sequence.items):
        item = sequence.items[index]
        if sequence.lead(item).strip():
            return f"{text[: item.start]}{word}, {text[item.start :]}"
        return _with_line(text, sequence.above(index), f"{sequence.lead(item)}{word},", newline)
    last = sequence.items[-1]
    if sequence.alone(last):
        comma = bool(_COMMA.match(text, last.end))
        end = sequence.line_end(last.end)
        head = text[: last.end] + ("" if comma else ",") + text[last.end : end]
        return _with_line(head + text[end:], len(head), sequence.lead(last) + word + ("," if comma else ""), newline)
    between = ", " if sequence.lead(last).strip() else f",{newline}{sequence.lead(last)}"
    return text[: last.end] + between + word + text[last.end :]


def _remove(sequence: _List, index: int) -> str:
    return _remove_flow(sequence, index) if sequence.flow else _remove_block(sequence, index)


def _remove_block(sequence: _List, index: int) -> str:
    text, item = sequence.text, sequence.items[index]
    if sequence.lead(item).strip() != "-":
        raise _UnclearError
    start, end = sequence.line_start(item.start), sequence.line_end(item.end)
    if len(sequence.items) > 1:
        return text[:start] + text[end:]
    opening = re.compile(rf"^[\"']?{re.escape(sequence.key)}[\"']?[ \t]*:", re.MULTILINE).search(text)
    if opening is None:
        raise _UnclearError
    return f"{text[: opening.end()]} []{text[opening.end() : start]}{text[end:]}"


def _remove_flow(sequence: _List, index: int) -> str:
    text, items = sequence.text, sequence.items
    item, last = items[index], index == len(items) - 1
    if sequence.alone(item):
        head = text[: sequence.line_start(item.start)]
        if last and index and not _COMMA.match(text, item.end) and (comma := _COMMA.match(text, items[index - 1].end)):
            head = head[: items[index - 1].end] + head[comma.end() :]
        return head + text[sequence.line_end(item.end) :]
    if not last:
        start, end = item.start, items[index + 1].start
    elif index:
        start, end = items[index - 1].end, item.end
    else:
        comma = _COMMA.match(text, item.end)
        start, end = item.start, comma.end() if comma else item.end
    if "#" in text[start:end]:  # a comment of somebody's
        raise _UnclearError
    return text[:start] + text[end:]
