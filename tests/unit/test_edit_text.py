"""Replacing and inserting literal text: anchors, counts, line ends, and what is told when it does not fit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from difykit.source.overlay.text_edit import AlreadyThere, TextFault, insert, replace
from difykit.workspace.manifest import Insert, Replace


def swap(find: str, text: str, count: int = 1) -> Replace:
    return Replace.model_validate({"find": find, "with": text, "count": count})


def after(anchor: str, text: str, count: int = 1) -> Insert:
    return Insert(after=anchor, text=text, count=count)


def before(anchor: str, text: str, count: int = 1) -> Insert:
    return Insert(before=anchor, text=text, count=count)


def fault(text: str, edit: Replace | Insert) -> str:
    with pytest.raises(TextFault) as caught:
        replace(text, edit) if isinstance(edit, Replace) else insert(text, edit)
    return str(caught.value)


def test_a_line_goes_after_the_line_that_holds_the_anchor() -> None:
    assert insert("a = 1\nb = 2\n", after("a =", "x = 0")) == "a = 1\nx = 0\nb = 2\n"


def test_a_line_goes_before_the_line_that_holds_the_anchor() -> None:
    assert insert("a = 1\nb = 2\n", before("2", "x = 0\n")) == "a = 1\nx = 0\nb = 2\n"


def test_lines_go_around_an_anchor_of_several_lines() -> None:
    assert insert("a\nb\nc\n", after("a\nb\n", "x\ny\n")) == "a\nb\nx\ny\nc\n"
    assert insert("a\nb\nc\n", before("b\nc\n", "x")) == "a\nx\nb\nc\n"


def test_lines_go_after_a_last_line_without_an_end() -> None:
    assert insert("a\nb", after("b", "x\ny\n")) == "a\nb\nx\ny"


def test_lines_go_to_every_place_that_is_counted() -> None:
    assert insert("a\nb\na\n", after("a", "x", 2)) == "a\nx\nb\na\nx\n"


def test_an_anchor_twice_in_a_line_is_one_place() -> None:
    assert insert("a, a\n", after("a", "x")) == "a, a\nx\n"


def test_blank_lines_at_the_end_of_the_text_are_kept() -> None:
    assert insert("a\nb\n", after("a", "x\n\n")) == "a\nx\n\nb\n"


def test_an_anchor_that_is_not_there_shows_the_nearest_line() -> None:
    assert fault("import flask\nimport redis\n", after("import flsk", "x")) == (
        "has the anchor 0 times, not 1:\n  import flsk\n  the nearest that it has, at line 1:\n  import flask"
    )


def test_an_anchor_in_more_places_is_refused() -> None:
    assert fault("a\na\n", after("a", "x")) == "has the anchor 2 times, not 1:\n  a"


def test_a_passage_is_found_over_lines_of_a_windows_file() -> None:
    assert replace("a\r\nb\r\nc\r\n", swap("a\nb\n", "x\ny\nz\n")) == "x\r\ny\r\nz\r\nc\r\n"
    assert insert("a\r\nb\r\n", after("a\nb", "x\ny")) == "a\r\nb\r\nx\r\ny\r\n"


def test_windows_line_ends_in_the_edit_match_a_unix_file() -> None:
    assert replace("a\nb\n", swap("a\r\nb", "x\r\ny")) == "x\ny\n"


def test_a_file_of_both_line_ends_keeps_those_that_are_not_touched() -> None:
    assert replace("a\r\nb\nc\r\nd\r\n", swap("b", "x\ny")) == "a\r\nx\r\ny\nc\r\nd\r\n"


def test_a_passage_of_which_only_the_beginning_is_there_shows_the_first_other_line() -> None:
    assert fault("x\nif a:\n    b()\n    c()\n", swap("if a:\n    b()\n    d()\n", "")) == (
        "has the text to find 0 times, not 1:\n  if a:\n      b()\n      d()"
        "\n  it begins at line 2, but line 4 has:\n  c()\n  where the edit has:\n  d()"
    )


def test_a_line_that_differs_in_white_space_only_is_told() -> None:
    assert "at line 1 (only its white space differs):\n  a: 1" in fault("\ta: 1\n", swap("  a: 1", "b"))


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        ("new text\n", swap("old", "new text")),
        ("x, y\n", swap("x", "x, y")),
        ("a\nx\nb\n", after("a", "x")),
        ("x\na\n", before("a", "x")),
        ("other\nx\n", after("gone", "x")),
    ],
)
def test_what_upstream_has_by_now_is_told(text: str, edit: Replace | Insert) -> None:
    with pytest.raises(AlreadyThere, match="already there: upstream may have made this change"):
        replace(text, edit) if isinstance(edit, Replace) else insert(text, edit)


def test_an_emptied_text_is_never_already_there() -> None:
    assert "0 times" in fault("a\n", swap("gone", ""))


def test_a_long_file_without_the_text_is_told_at_once() -> None:
    assert "0 times" in fault("aaaaaaaaab\n" * 50_000, swap("(a+)+$", "x"))


LINES = st.lists(st.text("ab ", max_size=3), min_size=1, max_size=8)


@settings(deadline=None)
@given(LINES, LINES, st.text("ab \n", min_size=1, max_size=4))
def test_a_windows_file_changes_as_its_unix_twin_does(lines: list[str], new: list[str], find: str) -> None:
    text, edit = (
        "\n".join(lines),
        {"find": find, "with": "\n".join(["z", *new]), "count": max(1, text_count(lines, find))},
    )
    try:
        unix = replace(text, Replace.model_validate(edit))
    except TextFault:
        return
    windows = replace(text.replace("\n", "\r\n"), Replace.model_validate(edit))
    assert unix == text.replace(find, "\n".join(["z", *new]))
    assert windows == unix.replace("\n", "\r\n") or "\n" not in text


def text_count(lines: list[str], find: str) -> int:
    return "\n".join(lines).count(find)
