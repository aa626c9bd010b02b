"""What a build may use, and the heap that follows from it."""

from __future__ import annotations

import pytest

from difykit.images.definition import heap_of, in_bytes, with_heap

WEB = """\
FROM node AS base
# --max-old-space-size=1
FROM base AS builder
ENV NODE_OPTIONS="--max-old-space-size=4096"
RUN NODE_OPTIONS='--max_old_space_size=2048' build
FROM base
ENV NODE_OPTIONS="--max-old-space-size=512"
"""


@pytest.mark.parametrize(("text", "size"), [("", 0), ("6g", 6 << 30), ("512m", 512 << 20), ("3k", 3 << 10)])
def test_amounts(text: str, size: int) -> None:
    assert in_bytes(text) == size


@pytest.mark.parametrize(("memory", "heap"), [("2g", 1024), ("4g", 3072), ("6g", 4608), ("16g", 12288)])
def test_the_heap_leaves_room_for_what_is_not_in_it(memory: str, heap: int) -> None:
    assert heap_of(in_bytes(memory)) == heap


def test_the_limit_of_the_build_is_set_and_the_images_own_stays() -> None:
    text = with_heap(WEB, 6144)
    assert text
    assert "ENV NODE_OPTIONS=\"--max-old-space-size=6144\"\nRUN NODE_OPTIONS='--max_old_space_size=6144'" in text
    assert text.endswith('FROM base\nENV NODE_OPTIONS="--max-old-space-size=512"\n')


def test_without_a_limit_there_is_nothing_to_set() -> None:
    assert with_heap("FROM a AS b\nRUN x\nFROM a\nENV NODE_OPTIONS=--max-old-space-size=5\n", 6144) is None
    assert with_heap("", 6144) is None
