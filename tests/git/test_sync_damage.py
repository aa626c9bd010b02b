"""Damage below `.difykit`: the next sync makes again what can be, edits are kept, `doctor` named it before."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.checks import Severity
from difykit.checks.workspace.derived import judge_derived, look_at_derived
from difykit.checks.workspace.space import look_at_space
from tests.support.cli import inv
from tests.support.damage import (
    EDITS,
    GIT,
    STORE,
    Damage,
    contents,
    cut_off_rm,
    empty_all,
    fifo_at,
    filled,
    flip,
    folder_at,
    mine,
    remove,
    some,
    write,
)
from tests.support.repos import Upstream
from tests.support.trees import read_tree, write_tree
from tests.support.workspaces import WorkspaceFixture

KINDS: dict[str, Damage] = {
    "store: refs gone": remove(f"{STORE}/refs"),
    "store: HEAD gone": remove(f"{STORE}/HEAD"),
    "store: HEAD empty": write(f"{STORE}/HEAD", b""),
    "store: HEAD junk": write(f"{STORE}/HEAD", b"\x00\xff\x12junk"),
    "store: config gone": remove(f"{STORE}/config"),
    "store: config junk": write(f"{STORE}/config", b"\x00\x01\x02"),
    "store: objects gone": remove(f"{STORE}/objects"),
    "store: some objects gone": some(f"{STORE}/objects/*/*", 0.4),
    "store: every index of a pack gone": some(f"{STORE}/objects/*/*", 0.99),
    "store: loose objects flipped": flip(f"{STORE}/objects/??/*"),
    "store: objects emptied": empty_all(f"{STORE}/objects"),
    "store: shallow gone": remove(f"{STORE}/shallow"),
    "store: shallow junk": write(f"{STORE}/shallow", b"no id\n"),
    "store: packed-refs junk": write(f"{STORE}/packed-refs", b"\x00junk\n"),
    "store: a file": write(STORE, b"file"),
    "store: emptied": empty_all(STORE),
    "tree: refs gone": remove(f"{GIT}/refs"),
    "tree: refs and logs gone": remove(f"{GIT}/refs", f"{GIT}/logs"),
    "tree: HEAD gone": remove(f"{GIT}/HEAD"),
    "tree: HEAD empty": write(f"{GIT}/HEAD", b""),
    "tree: HEAD and logs gone": remove(f"{GIT}/HEAD", f"{GIT}/logs"),
    "tree: branch empty": write(f"{GIT}/refs/heads/source", b""),
    "tree: index gone": remove(f"{GIT}/index"),
    "tree: index empty": write(f"{GIT}/index", b""),
    "tree: index junk": write(f"{GIT}/index", b"DIRC junk and more junk, long enough to be an index"),
    "tree: index flipped": flip(f"{GIT}/index"),
    "tree: objects gone": remove(f"{GIT}/objects"),
    "tree: alternates gone": remove(f"{GIT}/objects/info/alternates"),
    "tree: alternates elsewhere": write(f"{GIT}/objects/info/alternates", b"/nowhere/objects\n"),
    "tree: shallow gone": remove(f"{GIT}/shallow"),
    "tree: config gone": remove(f"{GIT}/config"),
    "tree: config junk": write(f"{GIT}/config", b"[core\n\x00"),
    "tree: packed-refs junk": write(f"{GIT}/packed-refs", b"junk\n"),
    "tree: index a FIFO": fifo_at(f"{GIT}/index"),
    "tree: attributes a FIFO": fifo_at(f"{GIT}/info/attributes"),
    "tree: exclude a FIFO": fifo_at(f"{GIT}/info/exclude"),
    "tree: alternates a FIFO": fifo_at(f"{GIT}/objects/info/alternates"),
    "tree: commondir a FIFO": fifo_at(f"{GIT}/commondir"),
    "store: alternates a FIFO": fifo_at(f"{STORE}/objects/info/alternates"),
    "tree: .git gone": remove(GIT),
    "tree: .git a file": write(GIT, b"gitdir: /nowhere\n"),
    "tree: .git emptied": empty_all(GIT),
    "state: source.json half": write(".difykit/source.json", b'{"release": "1.0'),
    "state: source.json a list": write(".difykit/source.json", b"[]"),
    "state: source.json empty": write(".difykit/source.json", b""),
    "state: source.json a folder": folder_at(".difykit/source.json"),
    "state: images.json junk": write(".difykit/images.json", b"\xff\xfe"),
    "state: made.json another type": write(".difykit/made.json", b'"text"'),
    "journal: of a finish, junk": write(".difykit/finish/journal.json", b'{"files": [{"path"'),
    "both: store and HEAD gone": remove(STORE, f"{GIT}/HEAD"),
    "both: store and .git gone": remove(STORE, GIT),
    "both: source.json and refs gone": remove(".difykit/source.json", f"{STORE}/refs", f"{GIT}/refs"),
    "rm -rf: a third": cut_off_rm(0.33, 1),
    "rm -rf: half": cut_off_rm(0.5, 2),
    "rm -rf: most": cut_off_rm(0.8, 3),
}
NOT_IN_PLACE = {"rm -rf: a third", "rm -rf: half", "rm -rf: most"}
"""Where the damage itself may take edits away."""


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path / "upstream")
    upstream.release("0.9.0", {"web/many.txt": "".join(f"{number}\n" for number in range(500))})
    upstream.release("1.0.0")
    return filled(tmp_path / "w", upstream)


def named_by_doctor(space: WorkspaceFixture) -> list[tuple[str, str]]:
    """What doctor says of `.difykit`, as (text, mend) of each failure."""
    said = judge_derived(look_at_derived(look_at_space(space.root), "2.40"))
    return [(each.text, each.hint) for each in said if each.severity is Severity.ERROR]


def no_raw_git(text: str) -> bool:
    return not any(line.startswith(("fatal:", "error:", "warning:")) for line in text.splitlines())


@pytest.mark.parametrize("kind", KINDS)
def test_what_can_be_made_again_is_made_again(space: WorkspaceFixture, kind: str) -> None:
    head, files, own = space.git("rev-parse", "HEAD"), read_tree(space.source), mine(space)
    KINDS[kind](space.root)
    named = named_by_doctor(space)
    assert named or kind.startswith("rm -rf"), "doctor did not see it"
    ran = inv("sync", cwd=space.root)
    assert ran.code == 0, ran.err
    assert no_raw_git(ran.err), ran.err
    assert (space.git("rev-parse", "HEAD"), read_tree(space.source)) == (head, files)
    assert mine(space) == own
    assert space.git("status", "--porcelain") == ""
    assert named_by_doctor(space) == []
    again = inv("sync", cwd=space.root)
    assert (again.code, "damaged" in again.err) == (0, False), again.err


@pytest.mark.parametrize("kind", KINDS)
def test_edits_are_kept_in_place_or_in_the_folder_that_is_named(space: WorkspaceFixture, kind: str) -> None:
    head, own = space.git("rev-parse", "HEAD"), mine(space)
    write_tree(space.source, EDITS)
    KINDS[kind](space.root)
    edits = {text for text in EDITS.values() if text in contents(space)}
    assert len(edits) == len(EDITS) or kind in NOT_IN_PLACE
    named = named_by_doctor(space)
    assert named or kind.startswith("rm -rf"), "doctor did not see it"
    ran = inv("sync", cwd=space.root)
    assert no_raw_git(ran.err), ran.err
    assert edits <= contents(space)
    assert mine(space) == own
    assert "commits of its own" not in ran.err
    if ran.code:
        assert "holds edits that sync would lose" in ran.err
        assert edits <= set(read_tree(space.source).values())
    elif edits:
        assert f"{space.root}/.difykit/aside/" in ran.err
    assert named_by_doctor(space) == []
    if ran.code:
        assert inv("sync", "--discard", cwd=space.root).code == 0
    assert space.git("rev-parse", "HEAD") == head
    assert space.git("status", "--porcelain") == ""
