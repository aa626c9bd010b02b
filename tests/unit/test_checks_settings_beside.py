"""A key that the release does not know, beside the one that it is like: whoever sets both means two things."""

from __future__ import annotations

import pytest

from difykit.checks.settings import findings
from tests.support.settings import look


@pytest.mark.parametrize(
    ("user_env", "settings", "level"),
    [
        ("LOG_LEVL=INFO\n", "", "error"),
        ("LOG_LEVL=INFO\nLOG_LEVEL=INFO\n", "", "warning"),
        ("LOG_LEVEL=INFO\nLOG_LEVL=INFO\n", "", "warning"),
        ("", "  LOG_LEVL: INFO\n  LOG_LEVEL: INFO\n", "warning"),
        ("LOG_LEVL=DEBUG\n", "  LOG_LEVEL: INFO\n", "error"),
        ("LOG_LEVEL=DEBUG\n", "  LOG_LEVL: INFO\n", "error"),
        ("log_level=DEBUG\nLOG_LEVEL=INFO\n", "", "error"),
        ("DB_PASSWORDS=x\nDB_PASSWORD=y\n", "", "warning"),
    ],
)
def test_a_neighbour_is_no_slip_of_the_pen(user_env: str, settings: str, level: str) -> None:
    unknown = [finding for finding in findings(look(user_env, settings)) if finding.rule == "unknown"]
    assert [finding.severity.value for finding in unknown] == [level]
