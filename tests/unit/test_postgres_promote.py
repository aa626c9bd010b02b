"""Which promotions are refused, and what each costs."""

from __future__ import annotations

from dataclasses import replace

import pytest

from difykit.core.errors import DifyKitError
from difykit.middleware.postgres import Servers, plan

HERE = Servers(
    primary="postgres-a",
    standby="postgres-b",
    answers=False,
    follows=True,
    behind=None,
    last="2026-01-31 10:00:00+00",
    containers={"postgres-a": "a", "postgres-b": "b"},
    deployed_primary="postgres-a",
)


def test_a_standby_of_a_lost_primary_is_promoted_and_what_may_be_lost_is_said() -> None:
    made = plan(HERE, switch=False)
    assert (made.promote, made.stop, made.switch) == ("postgres-b", "postgres-a", False)
    assert "its last transaction is of 2026-01-31 10:00:00+00" in made.loses


def test_a_primary_that_answers_is_not_overrun() -> None:
    with pytest.raises(DifyKitError, match="postgres-a still answers") as told:
        plan(replace(HERE, answers=True), switch=False)
    assert "--switch" in told.value.hint
    assert plan(replace(HERE, answers=True), switch=True).loses.startswith("nothing")


def test_a_standby_without_a_copy_is_none() -> None:
    with pytest.raises(DifyKitError, match="postgres-b is no standby that could be promoted"):
        plan(replace(HERE, follows=False), switch=False)


def test_a_promotion_that_was_cut_off_goes_on() -> None:
    begun = replace(HERE, deployed_primary="postgres-b", follows=False, answers=True)
    assert plan(begun, switch=False).promote == "postgres-b"
