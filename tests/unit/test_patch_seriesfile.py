"""Edits of `patches/series`: one line changes, everything else stays as it was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from difykit.core.errors import DifyKitError
from difykit.source.patch.series import read_series
from difykit.source.patch.seriesfile import added, dropped, moved

TEXT = "# ours\n\na.patch\n# about b\n b.patch # keep\nsso/c.patch\n\n# the end\n"


def names(text: str) -> list[str]:
    return [name for name, _ in read_series(text.removeprefix("\ufeff"))]


def test_a_patch_is_added_at_the_end_or_after_another() -> None:
    assert added(TEXT, "d.patch") == TEXT + "d.patch\n"
    assert added(TEXT, "d.patch", after="a.patch") == TEXT.replace("a.patch\n", "a.patch\nd.patch\n")
    assert added("", "d.patch") == "d.patch\n"


def test_a_last_line_without_an_end_gets_one() -> None:
    assert added("a.patch", "b.patch") == "a.patch\nb.patch\n"
    assert moved("a.patch\nb.patch", "b.patch", 1) == "b.patch\na.patch\n"


def test_a_dropped_patch_leaves_the_comments() -> None:
    assert dropped(TEXT, "b.patch") == TEXT.replace(" b.patch # keep\n", "")


def test_a_moved_patch_takes_what_its_line_says_with_it() -> None:
    assert names(moved(TEXT, "b.patch", 1)) == ["b.patch", "a.patch", "sso/c.patch"]
    assert " b.patch # keep\na.patch\n# about b\n" in moved(TEXT, "b.patch", 1)
    assert names(moved(TEXT, "a.patch", 3)) == ["b.patch", "sso/c.patch", "a.patch"]
    assert moved(TEXT, "a.patch", 3).endswith("a.patch\n\n# the end\n")
    assert moved(TEXT, "b.patch", 2) == TEXT


def test_line_ends_and_a_byte_order_mark_stay() -> None:
    text = "\ufeffa.patch\r\nb.patch\r\n"
    assert added(text, "c.patch") == text + "c.patch\r\n"
    assert moved(text, "b.patch", 1) == "\ufeffb.patch\r\na.patch\r\n"
    assert dropped(text, "a.patch") == "\ufeffb.patch\r\n"


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda: added(TEXT, "a.patch"), "a.patch is in patches/series already"),
        (lambda: added(TEXT, "d.patch", after="z.patch"), "has no z.patch"),
        (lambda: added(TEXT, "# d.patch"), "cannot be a name"),
        (lambda: added(TEXT, "d #1.patch"), "cannot be a name"),
        (lambda: added(TEXT, "d\ne.patch"), "cannot be a name"),
        (lambda: dropped(TEXT, "# ours"), "has no # ours"),
        (lambda: moved(TEXT, "z.patch", 1), "has no z.patch"),
        (lambda: moved(TEXT, "a.patch", 0), "has no place 0"),
        (lambda: moved(TEXT, "a.patch", 4), "has no place 4"),
    ],
)
def test_what_cannot_be_done_is_said(edit: Callable[[], str], said: str) -> None:
    with pytest.raises(DifyKitError, match=said):
        edit()


LINES = st.lists(st.sampled_from(["a", "b ", " c # why", "# word", "", "d\x0b.patch"]), unique=True)


@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_every_edit_keeps_every_comment_and_every_other_entry(lines: list[str], end: str, ended: bool) -> None:
    text = end.join(lines) + (end if ended and lines else "")
    before = names(text)
    assert names(added(text, "new")) == [*before, "new"]
    for name in before:
        assert names(dropped(text, name)) == [each for each in before if each != name]
        for place in range(1, len(before) + 1):
            after = moved(text, name, place)
            assert names(after)[place - 1] == name
            assert [each for each in names(after) if each != name] == [each for each in before if each != name]
            assert sorted(map(str.strip, after.split("\n"))) == sorted(
                [*map(str.strip, text.split("\n")), *([""] if after.count("\n") > text.count("\n") else [])]
            )
