"""Git's markers read back: which lines each side has, and the file as if all were resolved for the customisation."""

from __future__ import annotations

import pytest

from difykit.porting.strategies.hunks import conflict_hunks, take_theirs

OURS, THEIRS = "1" * 40, "2" * 40
MARKED = f"""\
one
<<<<<<< {OURS}
upstream
upstream too
||||||| 3333333
before
=======
yours
>>>>>>> {THEIRS}
last
""".encode()


def test_a_hunk_has_three_sides_and_the_line_of_the_release() -> None:
    [hunk] = conflict_hunks(MARKED, OURS, THEIRS)
    assert (hunk.line, hunk.upstream, hunk.base, hunk.yours) == (2, "upstream\nupstream too", "before", "yours")


def test_lines_count_in_the_releases_file_from_hunk_to_hunk() -> None:
    assert [hunk.line for hunk in conflict_hunks(MARKED + MARKED, OURS, THEIRS)] == [2, 6]


def test_taking_yours_leaves_no_marker() -> None:
    assert take_theirs(MARKED, OURS, THEIRS) == b"one\nyours\nlast\n"


@pytest.mark.parametrize("text", [b"<<<<<<< HEAD\na\n=======\nb\n>>>>>>> other\n", b"=======\nTitle\n=======\n"])
def test_what_only_looks_like_a_marker_is_content(text: bytes) -> None:
    assert list(conflict_hunks(text, OURS, THEIRS)) == []
    assert take_theirs(text, OURS, THEIRS) == text


def test_carriage_returns_and_a_missing_last_newline_are_kept() -> None:
    marked = MARKED.replace(b"\n", b"\r\n")[:-2]
    assert take_theirs(marked, OURS, THEIRS) == b"one\r\nyours\r\nlast"


def test_a_side_of_very_many_lines_is_cut_and_says_so() -> None:
    [hunk] = conflict_hunks(MARKED.replace(b"yours\n", b"yours\n" * 100), OURS, THEIRS)
    assert hunk.yours.endswith("… and 60 more lines")
