"""The `GIT binary patch` block: base85 lines, zlib, and git's delta."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Sequence
from typing import Literal

from difykit.source.patch.model import BinaryHunk, Malformed

LIMIT = 64 << 20
_HEAD = re.compile(rb"(literal|delta) (\d{1,12})\n")


class BadDelta(Exception):
    """A delta does not fit the bytes it is applied to."""


def parse_binary(lines: Sequence[bytes], at: int, first: int) -> tuple[tuple[BinaryHunk, BinaryHunk | None], int]:
    """Read the block that starts at `lines[at]`, give it and the index after it; raises Malformed."""
    forward, at = _half(lines, at + 1, first)
    if at < len(lines) and _HEAD.match(lines[at]):
        reverse, at = _half(lines, at, first)
        return (forward, reverse), at
    return (forward, None), at


def _half(lines: Sequence[bytes], at: int, first: int) -> tuple[BinaryHunk, int]:
    number = first + at
    head = _HEAD.fullmatch(lines[at]) if at < len(lines) else None
    if head is None:
        raise Malformed(number, "a binary patch needs a `literal` or `delta` line here")
    at += 1
    begin = at
    while at < len(lines) and lines[at] != b"\n":
        at += 1
    if at == len(lines):
        raise Malformed(number, "this binary patch does not end with an empty line: the file was cut off")
    method: Literal["literal", "delta"] = "literal" if head[1] == b"literal" else "delta"
    hunk = BinaryHunk(method, int(head[2]), _base85(lines[begin:at], first + begin), number)
    inflate(hunk)  # so that damage is a problem of the patch file, not of the release
    return hunk, at + 1


def _base85(lines: Sequence[bytes], number: int) -> bytes:
    text, size = [], 0
    for offset, line in enumerate(lines):
        letter, digits = line[:1], line[1:].rstrip(b"\n")
        count = ord(letter) - (0x40 if letter.isupper() else 0x46)  # A-Z: 1 to 26 bytes, a-z: 27 to 52
        if not letter.isalpha() or len(digits) % 5 or (count + 3) // 4 * 5 != len(digits):
            raise Malformed(number + offset, "this line of the binary patch is damaged")
        if count % 4 and offset != len(lines) - 1:
            raise Malformed(number + offset, "only the last line of a binary patch may be short")
        text.append(digits)
        size += count
    try:
        return base64.b85decode(b"".join(text))[:size]
    except ValueError as error:
        raise Malformed(number, f"the binary patch that starts here is damaged: {error}") from None


def inflate(hunk: BinaryHunk) -> bytes:
    """Give the bytes of one half; raises Malformed when they are damaged, of another size, or over 64 MiB."""
    if hunk.size > LIMIT:
        raise Malformed(hunk.patch_line, f"this binary patch says {hunk.size} bytes; the limit is {LIMIT}")
    stream = zlib.decompressobj()
    try:
        data = stream.decompress(hunk.deflated, hunk.size + 1)
    except zlib.error as error:
        raise Malformed(hunk.patch_line, f"this binary patch does not unpack: {error}") from None
    if len(data) != hunk.size or not stream.eof or stream.unused_data:
        raise Malformed(hunk.patch_line, f"this binary patch does not unpack to the {hunk.size} bytes it says")
    return data


def apply_delta(source: bytes, delta: bytes) -> bytes:
    """Give the bytes a git delta makes from `source`; raises BadDelta when it does not fit them."""
    old_size, position = _varint(delta, 0)
    new_size, position = _varint(delta, position)
    if old_size != len(source) or new_size > LIMIT:
        raise BadDelta
    output = bytearray()
    while position < len(delta):
        op = delta[position]
        if op & 0x80:
            piece, position = _copied(source, delta, position)
        else:
            piece, position = delta[position + 1 : position + 1 + op], position + 1 + op
        output += piece
        if not op or position > len(delta) or len(output) > new_size:
            raise BadDelta
    if len(output) != new_size:
        raise BadDelta
    return bytes(output)


def _copied(source: bytes, delta: bytes, position: int) -> tuple[bytes, int]:
    op, offset, size = delta[position], 0, 0
    position += 1
    field_count = sum(op >> bit & 1 for bit in range(7))
    fields = iter(delta[position : position + field_count].ljust(field_count, b"\0"))
    for bit in range(4):
        offset |= next(fields) << 8 * bit if op >> bit & 1 else 0
    for bit in range(3):
        size |= next(fields) << 8 * bit if op >> 4 + bit & 1 else 0
    size = size or 0x10000
    if offset + size > len(source):
        raise BadDelta
    return source[offset : offset + size], position + field_count


def _varint(delta: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(delta) and shift < 63:
        byte = delta[position]
        value |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if not byte & 0x80:
            return value, position
    raise BadDelta
