"""What a build may use: the limit that upstream's Dockerfile sets for node's heap, made to fit."""

from __future__ import annotations

import re

_UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_GIB = 1 << 30
LEAST = "2g"
"""Below it there is no heap left that a build could do with."""

# ENV NODE_OPTIONS="--max-old-space-size=4096" in every web/Dockerfile from 1.0.0 on; node takes _ for - too.
_HEAP = re.compile(r"(--max[-_]old[-_]space[-_]size=)\d+")
_FROM = re.compile(r"(?mi)^[ \t]*FROM[ \t]")


def in_bytes(text: str) -> int:
    """`6g` in bytes, "" is 0."""
    return int(text[:-1]) * _UNITS[text[-1]] if text else 0


def heap_of(memory: int) -> int:
    """What of a build's memory node's heap may have, in MiB.

    The rest is for what is not in that heap: node's own code and buffers, the bundler's native part and its workers.
    A quarter, but no less than one GiB, which is what upstream's 4096 leaves of the 5 GB that its build takes.
    """
    return (memory - max(memory // 4, _GIB)) >> 20


def with_heap(dockerfile: str, heap: int) -> str | None:
    """The Dockerfile with this limit for node's heap, None where it sets none.

    Only in the stages before the last: in the image itself the limit is not the build's, and stays.
    """
    stages = [match.start() for match in _FROM.finditer(dockerfile)]
    last = stages[-1] if stages else 0
    text, count = _HEAP.subn(rf"\g<1>{heap}", dockerfile[:last])
    return text + dockerfile[last:] if count else None
