"""Edits match as often as they say, or tell where they nearly do."""

from __future__ import annotations

from typing import Any

import pytest

from difykit.core.errors import DifyKitError
from difykit.source.overlay.edits import apply_edit
from difykit.workspace.manifest import Edit

WHERE = "overlays/x/overlay.yaml: edits.0"


def replace(find: str, text: str, count: int = 1) -> Edit:
    return Edit.model_validate({"file": "web/a.ts", "replace": {"find": find, "with": text, "count": count}})


def merge(**keys: Any) -> Edit:
    return Edit.model_validate({"file": "web/a.json", "json": {"merge": keys}})


def message(edit: Edit, content: bytes | None) -> str:
    with pytest.raises(DifyKitError) as caught:
        apply_edit(WHERE, edit, None if content is None else ("100644", content))
    assert caught.value.hint
    return caught.value.message


def test_a_text_is_replaced_and_the_mode_kept() -> None:
    assert apply_edit(WHERE, replace("a", "b"), ("100755", b"xax")) == ("100755", b"xbx")


def test_a_text_may_stand_as_often_as_counted() -> None:
    assert apply_edit(WHERE, replace("a", "b", 2), ("100644", b"a a")) == ("100644", b"b b")


def test_a_text_that_stands_more_often_is_refused() -> None:
    assert message(replace("a", "b"), b"a a a") == f"{WHERE}: web/a.ts has the text to find 3 times, not 1:\n  a"


def test_a_text_that_is_not_there_shows_the_nearest_line() -> None:
    assert message(replace("title: 'Welcome'", "x"), b"first\n  title: 'Welcome!',\n") == (
        f"{WHERE}: web/a.ts has the text to find 0 times, not 1:\n  title: 'Welcome'\n"
        "  the nearest that it has, at line 2:\n  title: 'Welcome!',"
    )


def test_a_text_far_from_all_lines_shows_none() -> None:
    assert "nearest" not in message(replace("something else", "x"), b"a\nb\n")


def test_a_file_that_the_release_does_not_have_is_named() -> None:
    assert message(replace("a", "b"), None) == f"{WHERE}: the release has no web/a.ts"


def test_a_file_that_is_no_text_is_told() -> None:
    assert message(replace("a", "b"), b"\xff\xfe") == f"{WHERE}: web/a.ts is not text"


def test_line_ends_and_the_bytes_around_stay() -> None:
    assert apply_edit(WHERE, replace("a", "b"), ("100644", b"\xef\xbb\xbfa\r\n\x0c")) == (
        "100644",
        b"\xef\xbb\xbfb\r\n\x0c",
    )


def test_keys_are_merged() -> None:
    assert apply_edit(WHERE, merge(a={"b": 2}), ("100644", b'{"a": {"b": 1}}\n')) == ("100644", b'{"a": {"b": 2}}\n')


def test_a_file_that_is_not_json_tells_the_line() -> None:
    assert message(merge(a=1), b"{\n// no\n}").startswith(f"{WHERE}: web/a.json is not JSON (line 2: ")


def test_a_key_that_cannot_be_set_is_told() -> None:
    assert message(merge(a={"b": 1}), b'{"a": 1}') == (
        f"{WHERE}: web/a.json: a is not an object, so keys cannot be merged into it"
    )


def test_half_an_emoji_is_told() -> None:
    """An emoji in JSON's escapes is two characters in YAML."""
    assert message(merge(a="\ud83d\ude00"), b"{}").startswith(f"{WHERE}: ")
