"""Names that a file system takes for one, in a tree to which paths come and from which they go."""

from __future__ import annotations

import pytest

from difykit.git.spelling import Spellings

TREE = ("README", "a/one", "a/b/two", "a/b/three", "x/y/z/deep")


@pytest.mark.parametrize(
    ("removed", "added", "clash"),
    [
        ((), ("readme",), ("readme", "README")),
        ((), ("A/new",), ("A", "a")),
        ((), ("a/B/new",), ("a/B", "a/b")),
        ((), ("x/y/Z/new",), ("x/y/Z", "x/y/z")),
        (("a/b/two",), ("a/B/two",), ("a/B", "a/b")),
        (("a/b/two", "a/b/three"), ("a/B/two",), None),
        (("a/b/two", "a/b/three"), ("A/b/two",), ("A", "a")),
        (("a/one", "a/b/two", "a/b/three"), ("A/one",), None),
        (("x/y/z/deep",), ("X/y/z/deep",), None),
        (("README",), ("Readme",), None),
        ((), ("a/b/four", "x/new"), None),
    ],
)
def test_a_second_spelling_clashes_as_long_as_the_first_is_in_the_tree(
    removed: tuple[str, ...], added: tuple[str, ...], clash: tuple[str, str] | None
) -> None:
    assert Spellings(TREE).change(removed, added) == ([clash] if clash else [])


def test_what_was_refused_leaves_no_trace() -> None:
    spellings = Spellings(TREE)
    assert spellings.change((), ("A/new",)) == [("A", "a")]
    assert spellings.change((), ("a/new",)) == []
