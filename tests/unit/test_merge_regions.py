"""Which lines two texts share, and where two changes of one text meet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from difykit.porting.strategies.diff import edits
from difykit.porting.strategies.regions import ConflictRegion, lines_of, split

ROWS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "\n", "}\n"]), max_size=14)


def applied(base: list[str], side: list[str]) -> list[str]:
    """The base with the edits that should make it `side`."""
    made: list[str] = []
    at = 0
    for edit in edits(base, side):
        made += [*base[at : edit.start], *edit.new]
        at = edit.end
    return made + base[at:]


def merged(base: list[str], ours: list[str], theirs: list[str]) -> list[str] | None:
    done = split(base, ours, theirs)
    return (
        None if done.regions else [row for part in done.parts if not isinstance(part, ConflictRegion) for row in part]
    )


@given(ROWS, ROWS)
def test_the_edits_of_two_texts_turn_one_into_the_other(base: list[str], side: list[str]) -> None:
    assert applied(base, side) == side


@given(ROWS, ROWS)
def test_where_one_side_changed_nothing_the_other_side_is_the_merge(base: list[str], side: list[str]) -> None:
    assert merged(base, side, base) == side
    assert merged(base, base, side) == side
    assert merged(base, side, side) == side


@given(ROWS, ROWS, ROWS)
def test_a_merge_is_the_same_from_both_ends(base: list[str], ours: list[str], theirs: list[str]) -> None:
    assert merged(base, ours, theirs) == merged(base, theirs, ours)


@given(ROWS, ROWS, ROWS, ROWS)
def test_changes_in_two_halves_of_a_text_are_both_made(
    top: list[str], bottom: list[str], ours: list[str], theirs: list[str]
) -> None:
    wall = ["=== 1\n", "=== 2\n"]
    assert merged(top + wall + bottom, ours + wall + bottom, top + wall + theirs) == ours + wall + theirs


def test_changes_of_neighbouring_lines_are_both_made() -> None:
    base, ours, theirs = (lines_of(text) for text in ("a\nb\nc\nd\n", "a\nB\nc\nd\n", "a\nb\nC\nd\n"))
    assert merged(base, ours, theirs) == ["a\n", "B\n", "C\n", "d\n"]
    assert split(base, ours, theirs).touching


def test_a_line_put_after_one_that_the_other_side_changed_stays_after_it() -> None:
    base, ours, theirs = (lines_of(text) for text in ("a\nb\nc\n", "a\nB\nc\n", "a\nb\nnew\nc\n"))
    assert merged(base, ours, theirs) == ["a\n", "B\n", "new\n", "c\n"]


def test_two_insertions_at_one_place_are_a_region() -> None:
    base, ours, theirs = (lines_of(text) for text in ("a\nb\n", "a\nx\nb\n", "a\ny\nb\n"))
    assert split(base, ours, theirs).regions == [ConflictRegion((), ("x\n",), ("y\n",))]


def test_one_line_changed_in_two_ways_is_a_region() -> None:
    base, ours, theirs = (lines_of(text) for text in ("a\nb\nc\n", "a\nx\nc\n", "a\ny\nc\n"))
    assert split(base, ours, theirs).regions == [ConflictRegion(("b\n",), ("x\n",), ("y\n",))]


def test_a_line_put_between_two_that_the_other_side_changed_as_one_is_a_region() -> None:
    base, ours, theirs = (lines_of(text) for text in ("a\nb\nc\nd\n", "a\nX\nd\n", "a\nb\nnew\nc\nd\n"))
    assert len(split(base, ours, theirs).regions) == 1


def test_a_block_that_could_begin_at_two_lines_is_added_at_the_lower_one() -> None:
    [edit] = edits(lines_of("a() {\n}\n"), lines_of("a() {\n}\nb() {\n}\n"))
    assert (edit.start, edit.new) == (2, ("b() {\n", "}\n"))


def test_only_a_line_feed_ends_a_line() -> None:
    assert lines_of("a\x0c\r\nb\u2028c\n\nd") == ["a\x0c\r\n", "b\u2028c\n", "\n", "d"]
