"""Which release is named where somebody asks for one that is not there."""

from __future__ import annotations

import pytest

from difykit.git import nearest, newest

TAGS = [
    "0.15.3",
    "1.0.0",
    "1.9.2",
    "1.10.0",
    "1.10.1",
    "1.10.1-fix.1",
    "1.15.0",
    "1.16.0-rc1",
    "1.16.0",
    "1.16.2",
    "main-old",
]


@pytest.mark.parametrize(
    ("ref", "expected"),
    [
        ("1.15.0", "1.15.0"),
        ("v1.15.0", "1.15.0"),
        ("1.15", "1.15.0"),
        ("1.15.9", "1.15.0"),
        ("1.14.9", "1.15.0"),
        ("1.9.3", "1.9.2"),
        ("1.10.2", "1.10.1-fix.1"),
        ("1.10.1-fix.2", "1.10.1-fix.1"),
        ("1.17.0", "1.16.2"),
        ("1.16.0-rc2", "1.16.0-rc1"),
        ("1.16.0-rc", "1.16.0-rc1"),
        ("2.0", "1.16.2"),
        ("0.1", "0.15.3"),
        ("1.16.1", "1.16.0"),
        ("1.15.O", "1.15.0"),
        ("release-1.15.0", "1.15.0"),
        ("refs/tags/1.14.9", "1.15.0"),
        ("mainold", "main-old"),
        ("nothing-like-it", ""),
        ("", ""),
        ("1" * 40, "1.16.2"),
    ],
)
def test_the_nearest_is_the_one_beside_it_or_most_like_it(ref: str, expected: str) -> None:
    assert nearest(ref, TAGS) == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (TAGS, "1.16.2"),
        (["1.9.0", "1.10.0"], "1.10.0"),
        (["1.0.0", "1.1.0-rc1"], "1.0.0"),
        (["1.0.0-rc1", "1.0.0-rc2"], "1.0.0-rc2"),
        (["1.10.1", "1.10.1-fix.1"], "1.10.1-fix.1"),
        (["main"], ""),
        ([], ""),
    ],
)
def test_the_newest_is_a_final_release_where_there_is_one(tags: list[str], expected: str) -> None:
    assert newest(tags) == expected
