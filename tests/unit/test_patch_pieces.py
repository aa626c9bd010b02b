"""A patch's pieces, its trailers written by difykit, and which pin has images of its own."""

from __future__ import annotations

import pytest

from difykit.core.errors import DifyKitError
from difykit.dify.services import lacks_images
from difykit.source.patch import chosen, listed, parse, partly, pieces, with_trailer

HEAD = b"From: A <a@example.org>\nSubject: [PATCH] x\n\n"
DIFF = b"""\
diff --git a/f b/f
--- a/f
+++ b/f
@@ -1,3 +1,3 @@
-1
+one
 2
 3
@@ -8,3 +8,4 @@
 8
 9
-10
+ten
+more
"""
BEFORE = b"".join(b"%d\n" % number for number in range(1, 11))


def test_hunks_are_put_on_a_file_by_themselves() -> None:
    patch = parse("x.patch", HEAD + b"Why: x\n---\n" + DIFF)
    first, second = pieces(patch)
    [change] = patch.changes
    assert partly(change, 0, {first}, BEFORE) == BEFORE.replace(b"1\n", b"one\n", 1)
    assert partly(change, 0, {second}, BEFORE) == BEFORE.replace(b"10\n", b"ten\nmore\n")
    assert partly(change, 0, {first, second}, BEFORE) is None
    assert list(listed(patch)) == ["f: 2 hunks"]
    assert chosen(patch, (), ("f:2",)) == {second}
    with pytest.raises(DifyKitError, match="has no hunk f:3"):
        chosen(patch, (), ("f:3",))


@pytest.mark.parametrize(
    ("message", "after"),
    [
        (b"Why: x\n", b"Why: x\nStay-deleted: yes\n"),
        (b"Words.\n\nWhy: x\n", b"Words.\n\nWhy: x\nStay-deleted: yes\n"),
        (b"Words.\n", b"Words.\n\nStay-deleted: yes\n"),
        (b"Words.\n\n\n", b"Words.\n\nStay-deleted: yes\n\n\n"),
        (b"", b"Stay-deleted: yes\n\n"),
        (b"Why: x\r\n", b"Why: x\r\nStay-deleted: yes\r\n"),
    ],
)
def test_a_trailer_goes_to_the_end_of_the_message_and_all_else_stays(message: bytes, after: bytes) -> None:
    written = with_trailer(HEAD + message + b"---\n" + DIFF, "Stay-deleted", "yes")
    assert written == HEAD + after + b"---\n" + DIFF
    assert parse("x.patch", written.replace(b"\r\n", b"\n")).trailer("Stay-deleted") == "yes"


COMPOSE = "services:\n  api:\n    image: langgenius/dify-api:1.13.0\n  web: \n    image: 'langgenius/dify-web:1.13.0'\n"


@pytest.mark.parametrize(
    ("ref", "compose_file", "lacks"),
    [
        ("1.13.0", COMPOSE, False),
        ("v1.13.0", COMPOSE, False),
        ("1.13.1", COMPOSE, False),
        ("ours", COMPOSE.replace("1.13.0", "ours"), False),
        ("main", COMPOSE, True),
        ("f" * 40, COMPOSE, True),
        ("1.10.1-fix.1", COMPOSE.replace("1.13.0", "1.10.1-fix.1"), False),
        ("1.13.0", "", False),
        ("1.10.1-fix.1", "", False),
        ("main", "", True),
        ("1.13.0", COMPOSE.replace("langgenius", "ours"), False),
        ("1.13.0", COMPOSE.replace("1.13.0", "${TAG}"), False),
    ],
)
def test_a_pin_has_images_where_its_compose_file_names_them(ref: str, compose_file: str, lacks: bool) -> None:
    assert bool(lacks_images(ref, compose_file)) is lacks
