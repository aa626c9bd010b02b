"""The weave: every version of a file comes out as it went in, and an edit lands in the layer that it is given to."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from difykit.authoring.line_history import OwnedLine, Weave, weave
from difykit.authoring.lines import hunks, split
from difykit.git import Blob

PLAIN = "100644"


def file(text: str) -> Blob:
    return PLAIN, text.encode()


def texts(made: Weave, *ranks: int) -> list[str]:
    return [blob[1].decode() if (blob := made.at(rank)) else "-" for rank in ranks]


def test_each_line_knows_who_brought_it_and_who_took_it() -> None:
    made = weave([(0, file("a\nb\n"), False), (1, file("a\nB\nb2\n"), False), (2, file("a\nb2\n"), False)])
    assert {line.text: (line.born, line.died < 9) for line in made.lines} == {
        b"a\n": (0, False),
        b"b\n": (0, True),
        b"B\n": (1, True),
        b"b2\n": (1, False),
    }


def test_a_line_next_to_anothers_is_changed_in_its_own_layer() -> None:
    made = weave([(0, file("a\nz\n"), False), (1, file("a\none\nz\n"), False), (2, file("a\none\ntwo\nz\n"), False)])
    [hunk] = hunks([b"a\n", b"one\n", b"two\n", b"z\n"], [b"a\n", b"ONE\n", b"two\n", b"z\n"])
    assert texts(made.changed([(hunk, 1)], at=2), 0, 1, 2) == ["a\nz\n", "a\nONE\nz\n", "a\nONE\ntwo\nz\n"]


def test_a_deleted_upstream_line_is_deleted_from_the_layer_on_that_deletes_it() -> None:
    made = weave([(0, file("a\nb\nc\n"), False), (1, file("a\nb\nX\nc\n"), False), (2, file("a\nb\nX\nc\nY\n"), False)])
    [hunk] = hunks(split(b"a\nb\nX\nc\nY\n", opaque=False), split(b"a\nX\nc\nY\n", opaque=False))
    assert texts(made.changed([(hunk, 1)], at=2), 0, 1, 2) == ["a\nb\nc\n", "a\nX\nc\n", "a\nX\nc\nY\n"]


def test_an_overlays_whole_file_owns_every_line() -> None:
    made = weave([(0, file("a\nb\n"), False), (5, file("a\nb\n"), True)])
    assert [line for line in made.lines if line.born == 5] == [OwnedLine(b"a\n", 5), OwnedLine(b"b\n", 5)]
    assert texts(made, 0, 4, 5) == ["a\nb\n", "a\nb\n", "a\nb\n"]
    assert texts(made.without(5), 0, 5) == ["a\nb\n", "a\nb\n"]


def test_new_lines_stay_behind_what_the_line_before_them_took_the_place_of() -> None:
    made = weave([(0, file("a\nb\nc\n"), False), (1, file("a\nB\nc\n"), False)])
    [hunk] = hunks([b"a\n", b"B\n", b"c\n"], [b"a\n", b"B\n", b"new\n", b"c\n"])
    assert texts(made.changed([(hunk, 0)], at=1), 0, 1) == ["a\nb\nnew\nc\n", "a\nB\nnew\nc\n"]


def test_modes_are_followed_and_a_file_that_is_taken_back_was_never_there() -> None:
    made = weave([(0, None, False), (1, file("x\n"), False), (3, ("100755", b"x\n"), False)])
    assert [made.mode(rank) for rank in range(4)] == [None, PLAIN, PLAIN, "100755"]
    assert (made.made_rank(9), made.mode_rank(9)) == (1, 3)
    assert made.with_mode(1, "100755").mode(1) == "100755"
    assert texts(made.without(1), 0, 1, 3) == ["-", "-", "-"]


def test_a_file_that_is_deleted_and_made_anew_was_made_by_who_made_it_last() -> None:
    made = weave([(0, file("x\n"), False), (1, None, False), (2, file("y\n"), False)])
    assert texts(made, 0, 1, 2) == ["x\n", "-", "y\n"]
    assert made.made_rank(2) == 2


def test_a_binary_is_one_line() -> None:
    made = weave([(0, (PLAIN, b"\0a\nb\n"), False), (1, (PLAIN, b"\0c\nb\n"), False)])
    assert made.at(0) == (PLAIN, b"\0a\nb\n")
    assert made.at(1) == (PLAIN, b"\0c\nb\n")
    assert len(made.lines) == 2


CONTENT = st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=8).map(
    lambda lines: "".join(f"{line}\n" for line in lines)
)
BLOBS = st.one_of(st.none(), st.tuples(st.sampled_from([PLAIN, "100755"]), CONTENT.map(str.encode)))


@given(st.lists(st.tuples(BLOBS, st.booleans()), min_size=1, max_size=6))
def test_every_version_comes_out_as_it_went_in(versions: list[tuple[Blob | None, bool]]) -> None:
    numbered = [(rank, blob, whole and blob is not None) for rank, (blob, whole) in enumerate(versions)]
    made = weave(numbered)
    assert [made.at(rank) for rank, _, _ in numbered] == [blob for blob, _ in versions]


@given(st.lists(CONTENT, min_size=1, max_size=5), CONTENT, st.data())
def test_an_edit_of_the_last_version_is_whole_whoever_gets_its_hunks(
    versions: list[str], wanted: str, data: st.DataObject
) -> None:
    made = weave([(rank, file(text), False) for rank, text in enumerate(versions)])
    last = len(versions) - 1
    now = split(versions[-1].encode(), opaque=False)
    shown = made.visible(last)
    targets = []
    for hunk in hunks(now, split(wanted.encode(), opaque=False)):
        least = max((made.lines[at].born for at in shown[hunk.start : hunk.end]), default=0)
        targets.append((hunk, data.draw(st.integers(least, last))))
    after = made.changed(targets, at=last)
    assert after.at(last) == file(wanted)
    untouched = min((rank for _, rank in targets), default=last + 1)
    assert [after.at(rank) for rank in range(untouched)] == [file(text) for text in versions[:untouched]]


@given(CONTENT, CONTENT)
def test_hunks_turn_one_into_the_other_and_never_touch(old: str, new: str) -> None:
    before, after = split(old.encode(), opaque=False), split(new.encode(), opaque=False)
    found = hunks(before, after)
    made, at = [], 0
    for hunk in found:
        made += [*before[at : hunk.start], *hunk.new]
        at = hunk.end
    assert [*made, *before[at:]] == after
    assert all(one.end < two.start for one, two in pairwise(found))
