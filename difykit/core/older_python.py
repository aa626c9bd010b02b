"""Newer Python written as older Python, on the same lines: Dify's releases are not made for the Python of its host."""

from __future__ import annotations

from collections.abc import Iterator

from difykit.core.syntax_tree import Node, parsed, walk

_TEXTS = {"string", "concatenated_string"}
_VALUES = {"interpolation", "format_expression"}


def older(text: str, *, texts: bool = False) -> str:
    """The text without type parameters and `type` statements; with `texts`, f-strings are tuples of their values.

    Each line keeps its number, and what is not rewritten its place in it. A text that the grammar cannot read stays as
    it is: nothing is rewritten on what the parser guessed.
    """
    root = parsed(text, "python")
    if root.has_error:
        return text
    content = text.encode("utf-8", "surrogateescape")
    return _rewritten(root, content, (0, len(content)), texts=texts).decode("utf-8", "surrogateescape")


def _rewritten(node: Node, content: bytes, span: tuple[int, int], *, texts: bool) -> bytes:
    """What stands in a span, of as many bytes."""
    start, end = span
    output = bytearray(content[start:end])
    for part in _parts(node, texts=texts):
        begin, stop = part.start_byte - start, part.end_byte - start
        if part.type == "type_parameter":
            output[begin:stop] = _blank(bytes(output[begin:stop]))
        elif part.type == "type_alias_statement":
            _alias(part, output, start)
        else:
            output[begin:stop] = _tuple(part, content)
    return bytes(output)


def _parts(node: Node, *, texts: bool) -> Iterator[Node]:
    """What must be written otherwise, the outermost of it."""
    pending = [node]
    while pending:
        part = pending.pop()
        newer = part.type in {"type_parameter", "type_alias_statement"}
        if newer or (texts and part.type in _TEXTS and any(inner.type in _VALUES for inner in walk(part))):
            yield part
        else:
            pending += part.children


def _blank(text: bytes) -> bytes:
    """Blanks, and at the end of each line what makes the next one a part of it."""
    rows = text.split(b"\n")
    return b"\n".join([*(b" " * (len(row) - 1) + b"\\" for row in rows[:-1]), b" " * len(rows[-1])])


def _alias(node: Node, output: bytearray, start: int) -> None:
    """`type X[T] = …` as the assignment that it nearly is."""
    target = node.child_by_field_name("left")
    name = next((part for part in walk(target) if part.type == "identifier"), None) if target else None
    if target and name and target.start_point.row == target.end_point.row:
        begin, stop = node.start_byte - start, target.end_byte - start
        output[begin:stop] = (name.text or b"").ljust(stop - begin)


def _tuple(node: Node, content: bytes) -> bytes:
    """An f-string, and the texts beside it, as a tuple of the values in it."""
    source = content[node.start_byte : node.end_byte]
    output = bytearray(byte if byte in b"\r\n" else 0x20 for byte in source)
    output[0], output[-1] = b"()"
    for value in _values(node):
        begin, stop = value.start_byte - node.start_byte, value.end_byte - node.start_byte
        output[begin:stop] = _rewritten(value, content, (value.start_byte, value.end_byte), texts=True)
        output[stop] = ord(",")
    return bytes(output)


def _values(node: Node) -> Iterator[Node]:
    pending = list(node.children)
    while pending:
        part = pending.pop()
        value = part.child_by_field_name("expression") if part.type in _VALUES else None
        if value:
            yield value
            pending += [child for child in part.children if child.type == "format_specifier"]
        else:
            pending += part.children
