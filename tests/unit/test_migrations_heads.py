"""Where a database is, and which releases it is good for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.targets.compose.database_revision import Heads, heads_in_log, reason

OLD = Heads(("d1",), {"a": ("1",)})
AT = "difykit-migrate-1  | difykit: the database is at "


@pytest.mark.parametrize(
    ("new", "changed", "serves"),
    [
        (OLD, False, True),
        (Heads(("d1",), {}), False, True),  # the overlay is disabled: its tables stay
        (Heads(("d1",), {"a": ("2",)}), True, False),
        (Heads(("d1",), {"a": ("1",), "b": ("1",)}), True, True),  # b's tables are no concern of the old release
        (Heads(("d1",), {"b": ("1",)}), True, True),
        (Heads(("d2",), {"a": ("1",)}), True, False),
        (Heads((), {"a": ("1",)}), True, False),
    ],
)
def test_a_dump_and_a_way_back(new: Heads, changed: bool, serves: bool) -> None:
    assert OLD.changed_by(new) is changed
    assert OLD.serves_at(new) is serves


def test_what_is_unknown_is_taken_for_different() -> None:
    unknown = Heads((), {})
    assert unknown.changed_by(unknown)
    assert not unknown.serves_at(unknown)


def test_it_is_read_from_a_release_folder(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"migrations": ["d1"], "overlay_migrations": {"a": ["1"], "b": 3}}')
    assert Heads.of(tmp_path) == OLD
    (tmp_path / "manifest.json").write_text('{"migrations": ["d1"]}')
    assert Heads.of(tmp_path) == Heads(("d1",), {})
    assert Heads.of(tmp_path / "none") == Heads((), {})


def test_the_log_says_where_the_last_run_left_it() -> None:
    begins = "difykit-migrate-1  | difykit: migrations begin"
    first, second = (AT + json.dumps({"": ["d1"], "a": [head]}) for head in "12")
    assert heads_in_log([begins, first, begins, "x", second]) == Heads(("d1",), {"a": ("2",)})
    assert heads_in_log([begins, first, begins, "cut off"]) is None
    assert heads_in_log([begins, AT + '{"": ["d']) is None
    assert heads_in_log([]) is None


def test_the_reason_is_the_line_that_names_the_overlay() -> None:
    lines = ["m-1  | Traceback (most recent call last):", "m-1  | overlay a: x.py, line 3: boom", AT + "{}"]
    assert reason(lines) == "overlay a: x.py, line 3: boom"
    assert (
        reason(["ModuleNotFoundError: No module named 'configs'"]) == "ModuleNotFoundError: No module named 'configs'"
    )
    assert reason([]) == "they said nothing"
