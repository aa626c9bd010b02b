"""Which commit a fork is nearest to, and which of its changes belong together: the pure half."""

from __future__ import annotations

from collections import Counter

import pytest

from difykit.adopt.branch_search import nearest, settled
from difykit.adopt.together import modules, together, words_of
from difykit.git import CommitChanges, PathChange


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("AppPermissions", ("app", "permission")),
        ("app_permission", ("app", "permission")),
        ("app-permissions", ("app", "permission")),
        ("HTTPServer", ("http", "server")),
        ("sso", ("sso",)),
        ("__init__", ("init",)),
        ("ADMIN_API_KEY", ("admin", "api", "key")),
        ("status", ("statu",)),
    ],
)
def test_names_are_alike_by_their_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


def test_a_module_is_called_as_its_file_or_its_folder_and_not_as_many_of_dify_are() -> None:
    base = ["web/a/types.ts", "web/b/types.ts", "web/c/types.ts", "api/a.py"]
    added = ["web/seats/index.tsx", "web/x/types.ts", "api/seat_plan.py", "api/a.py"]
    assert modules(added, base) == {("seat",), ("seat", "plan"), ("a",)}


OLD = b"import os\n"
Files = dict[str, bytes]


@pytest.mark.parametrize(
    ("new", "groups"),
    [
        ({"a": b"use(SeatPlan)\n", "b": b"seat_plan = 1\n"}, [("seat-plan", ["a", "b"])]),
        ({"a": b"use(SeatPlan)\n", "b": b"other = 1\n"}, []),
        ({"a": b"timeout = 1\n", "b": b"timeout = 2\n"}, []),
        ({"a": b"new_name = 1\n", "b": b"newName = 2\n"}, [("new-name", ["a", "b"])]),
        ({"a": b"x_y = 1\nz_w = 2\n", "b": b"other_one\n", "c": b"z\n"}, []),
        ({"a": b"ab_cd ef_gh\n", "b": b"ab_cd\n", "c": b"ef_gh\n"}, [("ab-cd", ["a", "b", "c"])]),
        ({"a": b"\0ab_cd\n", "b": b"ab_cd\n"}, []),
        ({"a": b"class_status\n", "b": b"ClassStatus\n"}, [("class-status", ["a", "b"])]),
        ({"a": b"new_names\n", "b": b"newName\n"}, [("new-name", ["a", "b"])]),
        ({"a": b"new_names\n", "b": b"newNames\n"}, [("new-names", ["a", "b"])]),
    ],
)
def test_what_names_the_same_new_thing_is_together(new: Files, groups: list[tuple[str, list[str]]]) -> None:
    made = together(sorted(new), {("seat", "plan")}, lambda _: OLD, lambda path: OLD + new[path])
    assert made == groups


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (b"SECRET_KEY=sk-mine-and-yours\n", b"  SECRET_KEY: ${SECRET_KEY:-sk-mine-and-yours}\n"),
        (b"DB_PASSWORD=hunter_two\n", b"password = 'hunter_two'\n"),
        (b'"apiKey": "abc-def-ghi",\n', b"API_KEY: abc-def-ghi\n"),
        (b"use xoxb-1234567890-abcdefghij-klm\n", b"say('xoxb-1234567890-abcdefghij-klm')\n"),
        (b"x = github_pat_" + b"a1" * 35 + b"\n", b"y(github_pat_" + b"a1" * 35 + b")\n"),
        (b"        default='dify123456',\n", b'        default="dify123456",\n'),
        (b"POSTGRES=hunter_two\n", b"  - POSTGRES=hunter_two\n"),
        (b"x: ${POSTGRES:-hunter_two}\n", b"POSTGRES=hunter_two\n"),
        (b'{"database": "hunter_two"}\n', b"database: 'hunter_two'\n"),
        (b"https://x?access_token=my-own-token\n", b"- access_token=my-own-token\n"),
    ],
)
def test_a_secret_is_never_what_a_patch_is_called_by(a: bytes, b: bytes) -> None:
    groups = together(["a", "b"], set(), lambda _: OLD, lambda path: OLD + {"a": a, "b": b}[path])
    assert {title for title, _ in groups} <= {"secret-key", "api-key", "access-token"}


def test_what_only_values_share_is_together_by_a_name_that_is_said_beside_them() -> None:
    texts = {"a": b"go='seat_plan'\nnew_thing()\n", "b": b"to: 'seat_plan'\n", "c": b"seatPlan()\n"}
    groups = together(["a", "b", "c"], set(), lambda _: OLD, lambda path: OLD + texts[path])
    assert groups == [("seat-plan", ["a", "b", "c"])]


def commit(oid: str, parent: str, *changes: tuple[str, str, str]) -> CommitChanges:
    return CommitChanges(oid, parent, tuple(PathChange(*change) for change in changes))


HISTORY = [
    commit("1", "", ("a", "", "a1"), ("b", "", "b1"), ("c", "", "c1")),
    commit("2", "1", ("a", "a1", "a2")),
    commit("3", "2", ("b", "b1", "b2"), ("d", "", "d1")),
    commit("side", "1", ("c", "c1", "")),
    commit("4", "3", ("c", "c1", "")),
]


@pytest.mark.parametrize(
    ("fork", "commits"),
    [
        ({"a": "a2", "b": "b1", "c": "c1"}, ["2"]),
        ({"a": "a2", "b": "b1", "c": "c1", "own": "x"}, ["2"]),
        ({"a": "a2", "b": "b2", "c": "c1", "d": "d1"}, ["3"]),
        ({"a": "a1", "b": "b1"}, ["side"]),
        ({"a": "mine", "b": "b1", "c": "c1"}, ["1", "2"]),
        ({"a": "a2", "b": "b2", "d": "mine"}, ["4"]),
    ],
)
def test_the_nearest_commit_differs_in_the_fewest_files(fork: dict[str, str], commits: list[str]) -> None:
    assert nearest(fork, HISTORY) == commits


@pytest.mark.parametrize(
    ("line", "main", "chosen"), [("new", (), "2"), ("old", (), "1"), ("else", (), "1"), ("else", ("2",), "2")]
)
def test_of_equals_the_lines_then_the_own_branch_then_the_age_decide(
    line: str, main: tuple[str, ...], chosen: str
) -> None:
    texts = {"a1": "old", "a2": "new", "mine": line}
    entries = {"1": {"a": "a1"}, "2": {"a": "a2"}}
    counted = settled(
        {"a": "mine"}, ["1", "2"], entries.__getitem__, lambda entry: Counter([texts[entry].encode()]), main
    )
    assert counted == chosen
