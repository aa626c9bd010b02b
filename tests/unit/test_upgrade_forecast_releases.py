"""Which releases the options mean."""

from __future__ import annotations

import datetime as dt

import pytest
from packaging.version import Version

from difykit.core.errors import DifyKitError
from difykit.porting.plan.releases import Wish, choose, wish_of

VERSIONS = {name: Version(name) for name in ("1.10.0", "1.9.0", "1.12.0", "1.12.0b1", "2.0.0rc1", "1.11.0")}


def test_without_options_the_final_releases_after_the_pin_are_meant_oldest_first() -> None:
    assert choose(Wish(), {**VERSIONS, "main": None}, Version("1.10.0")) == ["1.11.0", "1.12.0"]


def test_all_means_the_older_ones_too() -> None:
    assert choose(Wish(every=True), VERSIONS, Version("1.10.0")) == ["1.9.0", "1.10.0", "1.11.0", "1.12.0"]


def test_a_fix_release_comes_after_the_release_that_it_fixes() -> None:
    versions = {"1.10.1": Version("1.10.1"), "1.10.1-fix.1": Version("1.10.1.post1"), "1.11.0": Version("1.11.0")}
    assert choose(Wish(), versions, Version("1.10.1")) == ["1.10.1-fix.1", "1.11.0"]


def test_what_is_named_is_meant_also_where_it_is_no_release() -> None:
    assert choose(Wish(to=("main", "2.0.0rc1")), VERSIONS, Version("1.10.0")) == ["main", "2.0.0rc1"]


def test_a_day_is_read() -> None:
    assert wish_of((), "2026-01-31", every=False).since == dt.date(2026, 1, 31)


@pytest.mark.parametrize(
    ("to", "since", "every"), [(("1.0",), "", True), (("1.0",), "2026-01-01", False), ((), "soon", False)]
)
def test_options_at_odds_are_refused_with_an_example(to: tuple[str, ...], since: str, every: bool) -> None:
    with pytest.raises(DifyKitError) as caught:
        wish_of(to, since, every=every)
    assert "upgrade.forecast" in caught.value.hint


def test_a_release_that_is_named_twice_is_meant_once() -> None:
    assert wish_of(("1.0", "1.0"), "", every=False).to == ("1.0",)
