"""What is remembered is looked at before it is used; and what an overlay or a patch loses is told as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.resolutions import BINARY, FILES, Conflict, conflict_of, good, overlay_workspace


def remember_as_an_older_difykit(conflict: Conflict, content: str | bytes | None) -> None:
    """Let a resolution be remembered as one that nobody looked at: without a note, by all three memories."""
    path = conflict.path
    if content is None:
        conflict.git("rm", "--quiet", path)
    else:
        conflict.resolve(content)
    conflict.space.in_git()
    words = () if content is None else ("--accept", path)
    assert conflict.run("upgrade.continue", *words).code == 0
    conflict.space.home("switch", "--quiet", "main")
    about = conflict.space.root / ".difykit/upgrade/resolutions/about"
    for note in about.iterdir():
        note.unlink()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("v4 = (\n", "api/a.py:1: it is no Python"),
        (BINARY, "api/a.py:1: it holds a NUL byte"),
        ("v4 = 4\n=======\n", "api/a.py:2: a mark of a conflict"),
        (None, "api/a.py: it is deleted there, and neither side deletes it"),
    ],
)
def test_what_an_older_difykit_remembered_is_looked_at_before_it_is_used(
    tmp_path: Path, content: str | bytes | None, reason: str
) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    remember_as_an_older_difykit(conflict, content)
    again = conflict.run("upgrade.start", "--to", "1.1.0")
    assert again.code == 1
    assert f"asked again, since what is remembered may not stand: {reason}" in again.err
    assert "<<<<<<< Dify 1.1.0" in conflict.place.read_text()
    conflict.resolve(good("api/a.py"))
    assert conflict.run("upgrade.continue").code == 0
    conflict.space.home("switch", "--quiet", "main")
    assert "resolved as before" in conflict.run("upgrade.start", "--to", "1.1.0").err


def test_a_good_resolution_of_an_older_difykit_is_used(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.space.in_git()
    conflict.resolve(good("api/a.py"))
    assert conflict.run("upgrade.continue").code == 0
    conflict.space.home("switch", "--quiet", "main")
    for note in (conflict.space.root / ".difykit/upgrade/resolutions/about").iterdir():
        note.unlink()
    again = conflict.run("upgrade.start", "--to", "1.1.0")
    assert again.code == 0, again.err
    assert "resolved as before" in again.err


def test_a_hunk_that_git_learnt_from_a_commit_of_the_users_is_looked_at_too(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.resolve(good("api/a.py").replace("v4 = 4", "v4 = ("))
    who = ("-c", "user.name=me", "-c", "user.email=me@x")
    conflict.git(*who, "commit", "--quiet", "--all", "--message=done")
    learnt = conflict.space.root / ".difykit/upgrade/resolutions/rr-cache"
    assert list(learnt.glob("*/postimage"))
    conflict.run("upgrade.abort")
    again = conflict.run("upgrade.start", "--to", "1.1.0")
    assert again.code == 1
    assert "asked again, since what is remembered may not stand: api/a.py:6: it is no Python" in again.err
    assert "<<<<<<< Dify 1.1.0" in conflict.place.read_text()


def test_an_overlay_cannot_drop_what_the_release_has(tmp_path: Path) -> None:
    was, new, mine = FILES["api/a.py"]
    conflict = Conflict(overlay_workspace(tmp_path, "api/a.py", (was, new, mine)), "api/a.py")
    assert conflict.run("upgrade.start", "--to", "1.1.0").code == 1
    conflict.git("rm", "--quiet", "api/a.py")
    ran = conflict.run("upgrade.continue")
    assert ran.code == 1
    assert "an overlay cannot take a file of the release away; have the release's: git checkout HEAD --" in ran.err
    conflict.git("checkout", "HEAD", "--", "api/a.py")
    ran = conflict.run("upgrade.continue")
    assert ran.code == 0, ran.err
    assert "api/a.py: as the release has it, so it goes; resolved by hand" in ran.err


def test_an_overlays_file_that_the_release_dropped_is_not_told_to_be_there(tmp_path: Path) -> None:
    was, _, mine = FILES["api/a.py"]
    conflict = Conflict(overlay_workspace(tmp_path, "api/a.py", (was, None, mine)), "api/a.py")
    conflict.space.in_git()
    assert conflict.run("upgrade.start", "--to", "1.1.0").code == 1
    conflict.git("rm", "--quiet", "api/a.py")
    ran = conflict.run("upgrade.continue")
    assert ran.code == 0, ran.err
    assert "api/a.py: the release has it no more, so it goes; resolved by hand; api/a.py was dropped" in ran.err
    assert "as the release has it" not in ran.err
    subjects = conflict.space.home("log", "--format=%s", "main..").splitlines()
    assert "Drop what Dify 1.1.0 has no file for" in subjects


def test_what_was_resolved_to_nothing_is_not_what_dify_has(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, "api/a.py")
    conflict.space.in_git()
    conflict.git("checkout", "HEAD", "--", "api/a.py")
    ran = conflict.run("upgrade.continue")
    assert ran.code == 0, ran.err
    assert "patch 0001-a.patch: dropped: resolved by hand, nothing of it is left" in ran.err
    assert "Drop what was resolved to nothing" in conflict.space.home("log", "--format=%s", "main..").splitlines()
