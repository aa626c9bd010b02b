"""A patch that takes a file away, and says so for every release: the release's changes to the file stop nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.source.patch import load
from tests.support.cli import inv
from tests.support.upgrades import Moving, patch_of, text, upstream_of

STANDING = "Why: we do not have it\nStay-deleted: yes\n"


@pytest.fixture
def space(tmp_path: Path) -> Moving:
    """A patch that deletes a file which two releases change."""
    upstream = upstream_of(
        tmp_path,
        ("1.0.0", {"api/long.py": text(), "api/other.py": text()}),
        ("1.1.0", {"api/long.py": text(l20="newer"), "api/other.py": text(l3="upstream's")}),
        ("1.2.0", {"api/long.py": text(l20="newest", l4="too")}),
    )
    made = Moving(tmp_path / "ws", upstream)
    made.sync()
    return made


def deletion(space: Moving, message: str) -> None:
    space.patch("0001-gone.patch", patch_of({"api/long.py": (text(), None)}, message=message))
    space.sync()


def source_files(space: Moving) -> list[str]:
    assert inv("sync", cwd=space.root).code == 0
    return space.git("ls-files", "api").split()


def test_without_an_answer_it_stops_and_says_how_to_give_one(space: Moving) -> None:
    deletion(space, "Why: we do not have it\n")
    ran = inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    assert ran.code == 1
    assert "api/long.py: modify/delete" in ran.err
    assert "stays deleted in every release: difykit upgrade.continue --stay-deleted" in ran.err


def test_the_answer_at_a_stop_is_written_into_the_patch_and_holds_from_then_on(space: Moving) -> None:
    deletion(space, "Why: we do not have it\n")
    assert inv("upgrade.start", "--to", "1.1.0", cwd=space.root).code == 1
    ran = inv("upgrade.continue", "--stay-deleted", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "Stay-deleted: yes: it takes away api/long.py in every release" in ran.err
    [patch] = load(space.root / "patches")
    assert (patch.trailer("Stay-deleted"), patch.trailer("Why")) == ("yes", "we do not have it")
    assert "api/long.py" not in source_files(space)
    assert inv("upgrade.start", "--to", "1.2.0", cwd=space.root).code == 0
    assert "api/long.py" not in source_files(space)


def test_forecast_upgrade_and_review_say_it(space: Moving) -> None:
    deletion(space, STANDING)
    forecast = inv("upgrade.forecast", "--to", "1.1.0", cwd=space.root)
    assert forecast.code == 0, forecast.err
    assert "api/long.py" in forecast.out + forecast.err
    assert "stay deleted" in forecast.out + forecast.err
    ran = inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "by stay deleted (the release changed it, and the patch says Stay-deleted)" in ran.err
    review = inv("upgrade.review", cwd=space.root)
    assert review.code == 0, review.err
    assert "stay deleted" in review.out


def test_only_what_it_deletes_is_answered(space: Moving) -> None:
    files = {"api/long.py": (text(), None), "api/other.py": (text(), text(l3="ours"))}
    space.patch("0001-both.patch", patch_of(files, message=STANDING))
    space.sync()
    ran = inv("upgrade.start", "--to", "1.1.0", cwd=space.root)
    assert ran.code == 1
    assert "in one file" in ran.err
    assert "api/other.py" in ran.err
    refused = inv("upgrade.continue", "--stay-deleted", cwd=space.root)
    assert (refused.code, "no patch waits for a file that it takes away" in refused.err) == (1, True)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("Why: x\nStay-deleted: always\n", "Stay-deleted: 'always' is not yes, and has no effect"),
        ("Why: x\nStay-deleted: yes\n", "Stay-deleted: the patch takes no file away"),
    ],
)
def test_an_answer_that_has_no_effect_is_told(space: Moving, message: str, words: str) -> None:
    space.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}, message=message))
    ran = inv("patch.check", cwd=space.root)
    assert (ran.code, words in ran.out) == (1, True), ran.out
