"""What is right is not warned of, and what is wrong still is: overlays' Compose files, row by row."""

from __future__ import annotations

import pytest

from tests.unit.test_render_overlays import render


@pytest.mark.parametrize(
    ("value", "unset"),
    [
        ("$COMPOSE_PROJECT_NAME", []),
        ("${COMPOSE_PROJECT_NAME}-x", []),
        ("${DIFY_DATA:?}/x", []),
        ("$$HOME", []),
        ("${NOBODY:-x}", []),
        ("${NOBODY:+x}", []),
        ("$NOBODY", ["NOBODY"]),
        ("${NOBODY}", ["NOBODY"]),
        ("${COMPOSE_PROJECT_NAMES}", ["COMPOSE_PROJECT_NAMES"]),
    ],
)
def test_a_variable_is_empty_where_neither_anybody_nor_compose_sets_it(value: str, unset: list[str]) -> None:
    plan = render(f"services: {{own: {{image: o, command: ['{value}']}}}}\n")
    warned = [warning.partition("nobody sets ")[2].partition(",")[0] for warning in plan.warnings]
    assert [name for name in warned if name] == unset
