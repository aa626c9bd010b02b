"""Damage below `.difykit` as other verbs meet it, journals that are broken, and whether `.difykit` may be deleted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from difykit.core.errors import Damaged
from tests.git.test_upgrade_conflict import resolve
from tests.support.cli import Ran, inv
from tests.support.damage import EDITS, GIT, STORE, Damage, contents, filled, flip, mine, remove, write
from tests.support.repos import Upstream
from tests.support.trees import read_tree, write_tree
from tests.support.upgrades import Moving, patch_of, text, upstream_of
from tests.support.workspaces import WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path / "upstream")
    upstream.release("1.0.0")
    return filled(tmp_path / "w", upstream)


@pytest.fixture
def stopped(tmp_path: Path) -> Moving:
    """A workspace whose upgrade waits in a conflict, half resolved."""
    upstream = upstream_of(tmp_path, ("1.0.0", {"api/long.py": text()}), ("1.1.0", {"api/long.py": text(l20="theirs")}))
    made = Moving(tmp_path / "ws", upstream)
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l20="mine"))}))
    made.sync()
    made.in_git()
    assert made.start("1.1.0").state == "conflict"
    resolve(made.work / "api/long.py", "both of them")
    return made


def refused(ran: Ran) -> str:
    assert ran.code == 1, ran.err
    assert not [line for line in ran.err.splitlines() if "Traceback" in line or line.strip().startswith("fatal:")]
    return ran.err


DAMAGED: dict[str, Damage] = {
    "store: HEAD gone": remove(f"{STORE}/HEAD"),
    "store: objects flipped": flip(f"{STORE}/objects/??/*"),
    "tree: HEAD empty": write(f"{GIT}/HEAD", b""),
    "tree: index junk": write(f"{GIT}/index", b"DIRC" + b"junk" * 10),
}


@pytest.mark.parametrize("verb", [("finish",), ("finish", "--check"), ("modify",), ("sync", "--check")])
@pytest.mark.parametrize("kind", DAMAGED)
def test_other_verbs_name_the_damage_and_the_next_command(
    space: WorkspaceFixture, kind: str, verb: tuple[str, ...]
) -> None:
    write_tree(space.source, EDITS)
    before = read_tree(space.source), mine(space)
    DAMAGED[kind](space.root)
    ran = inv(*verb, cwd=space.root)
    if kind == "store: objects flipped" and verb in {("modify",), ("sync", "--check")} and not ran.code:
        return  # neither reads them
    said = refused(ran)
    assert ("is damaged" in said, "difykit sync" in said) == (True, True)
    assert (read_tree(space.source), mine(space)) == before


def test_a_derived_folder_that_is_a_file_is_said(space: WorkspaceFixture) -> None:
    shutil.rmtree(space.root / ".difykit")
    (space.root / ".difykit").write_text("mine")
    for verb in ("sync", "modify", "render"):
        assert "is not a folder" in refused(inv(verb, cwd=space.root)) or verb == "render"
    assert (space.root / ".difykit").read_text() == "mine"
    assert safety(space)["safe_to_delete"] is False


def safety(space: WorkspaceFixture) -> dict[str, object]:
    ran = inv("status", "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert found["deployed"] is False
    answer = found["derived"]
    assert isinstance(answer, dict)
    line = inv("status", cwd=space.root).out.splitlines()[-1]
    assert line.startswith(
        ".difykit is safe to delete" if answer["safe_to_delete"] else ".difykit is NOT safe to delete"
    )
    return answer


def test_a_synced_workspace_may_lose_it(space: WorkspaceFixture) -> None:
    assert safety(space) == {"safe_to_delete": True, "reasons": [], "forgets": []}
    shutil.rmtree(space.root / ".difykit")
    assert safety(space)["safe_to_delete"] is True


def own_commit(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"README.md": "mine\n"})
    space.git("commit", "--quiet", "--all", "--message=mine")


def branch(space: WorkspaceFixture) -> None:
    space.git("checkout", "--quiet", "-b", "topic")
    own_commit(space)
    space.git("checkout", "--quiet", "source")


def stash(space: WorkspaceFixture) -> None:
    write_tree(space.source, {"README.md": "mine\n"})
    space.git("stash", "--quiet")


REASONS: dict[str, tuple[Callable[[WorkspaceFixture], object], str]] = {
    "edits": (lambda space: write_tree(space.source, EDITS), "edits or commits of yours"),
    "a new file": (lambda space: write_tree(space.source, {"new": ""}), "edits or commits of yours"),
    "a commit": (own_commit, "commits of its own"),
    "a branch": (branch, "commits of yours in topic"),
    "a stash": (stash, "refs/stash"),
    "aside": (lambda space: write_tree(space.root, {".difykit/aside/2026-01-01-1/source/x": ""}), "was put aside"),
    "a finish": (lambda space: write_tree(space.root, {".difykit/finish/journal.json": "{}"}), "a finish was cut off"),
    "an adoption": (lambda space: write_tree(space.root, {".difykit/upgrade/journal.json": "{}"}), "an upgrade"),
    "no HEAD": (lambda space: (space.source / ".git/HEAD").unlink(), "cannot be told"),
    "no .git": (lambda space: shutil.rmtree(space.source / ".git"), "cannot be told"),
    "no store": (lambda space: shutil.rmtree(space.root / STORE), "cannot be told"),
    "a demo": (lambda space: write_tree(space.root, {".difykit/demo/difykit.yaml": ""}), "a workspace of its own"),
}


@pytest.mark.parametrize("name", REASONS)
def test_status_names_what_would_be_lost(space: WorkspaceFixture, name: str) -> None:
    do, reason = REASONS[name]
    do(space)
    found = safety(space)
    assert found["safe_to_delete"] is False
    assert reason in str(found["reasons"])


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"files": 3}'])
def test_a_finish_with_a_broken_journal_is_put_aside(space: WorkspaceFixture, content: bytes) -> None:
    write_tree(space.source, EDITS)
    write_tree(space.root, {".difykit/finish/journal.json": content, ".difykit/finish/0": "a file on its way"})
    assert "difykit sync puts what it had begun aside" in refused(inv("finish", cwd=space.root))
    said = refused(inv("sync", cwd=space.root))  # for the edits, as always
    assert "holds edits that sync would lose" in said
    assert f"{space.root}/.difykit/aside/" in said
    assert {"a file on its way", *EDITS.values()} <= contents(space)
    assert inv("finish", "--into", "own", "--new-patch", "Mine", "--why", "it", cwd=space.root).code == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_an_upgrade_with_a_broken_journal_is_put_aside_whole(stopped: Moving, content: bytes) -> None:
    own = stopped.mine()
    (stopped.root / ".difykit/upgrade/journal.json").write_bytes(content)
    for verb in (("upgrade.continue",), ("upgrade.status",), ("upgrade.start", "--to", "1.1.0")):
        assert "difykit upgrade.abort" in refused(inv(*verb, cwd=stopped.root))
    assert inv("upgrade.abort", cwd=stopped.root).code == 0
    assert text(l20="both of them") in contents(stopped)
    assert stopped.mine() == own
    assert stopped.start("1.1.0").state == "conflict"


def test_an_upgrade_whose_journal_is_gone_loses_no_resolution(stopped: Moving) -> None:
    (stopped.root / ".difykit/upgrade/journal.json").unlink()
    assert safety(stopped)["safe_to_delete"] is False
    assert stopped.start("1.1.0").state == "conflict"
    assert text(l20="both of them") in contents(stopped)


@pytest.mark.parametrize("lost", ["HEAD", "index", "refs", "."])
def test_a_conflict_whose_repository_is_damaged_is_not_taken_for_resolved(stopped: Moving, lost: str) -> None:
    place = stopped.work / ".git" / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    with pytest.raises(Damaged, match="is damaged"):
        stopped.go_on()
    assert "is damaged" in inv("upgrade.status", cwd=stopped.root).out
    assert inv("upgrade.abort", cwd=stopped.root).code == 0
    assert text(l20="both of them") in contents(stopped)


def test_a_landing_that_cannot_be_read_is_put_aside(stopped: Moving) -> None:
    write_tree(stopped.root, {".difykit/upgrade/landing.json": "{", ".difykit/upgrade/before/patches/x": "before"})
    assert "difykit upgrade.abort" in refused(inv("patch.list", cwd=stopped.root))
    ran = inv("upgrade.abort", cwd=stopped.root)
    assert (ran.code, "as they were are in" in ran.err) == (0, True)
    assert {"before", text(l20="both of them")} <= contents(stopped)
    assert inv("patch.list", cwd=stopped.root).code == 0
