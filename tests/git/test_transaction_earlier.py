"""What an older difykit began, and a kill cut off, is finished or taken back by this one."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from difykit.core import transaction
from difykit.core.errors import Damaged, DifyKitError
from difykit.core.progress import Silent
from tests.support.earlier_journals import adoption_journal, finish_journal, landing_journal
from tests.support.killed import killed_at
from tests.support.transactions import state
from tests.support.trees import read_tree, write_tree

OLD = {
    "patches/a.patch": "a\n",
    "patches/series": "a.patch\n",
    "overlays/o/run": "#!/bin/sh\n",
    "difykit.yaml": "x: 1\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "ws", OLD)


def mine(root: Path) -> dict[str, str]:
    return read_tree(root, skip=(".difykit",))


FINISHED = {
    "patches/a.patch": (("100644", b"a\n"), None),
    "patches/b.patch": (None, ("100644", b"b\n")),
    "patches/series": (("100644", b"a.patch\n"), ("100644", b"b.patch\n")),
    "overlays/o/run": (("100644", b"#!/bin/sh\n"), ("100755", b"#!/bin/sh\n")),
    "overlays/o/link": (None, ("120000", b"run")),
}


@pytest.mark.parametrize("done", range(6))
def test_a_finish_is_finished_wherever_it_was_cut_off(root: Path, done: int) -> None:
    folder = finish_journal(root, FINISHED)
    for path, (_, new) in list(FINISHED.items())[:done]:
        (root / path).unlink(missing_ok=True)
        if new and new[0] == "120000":
            (root / path).symlink_to(os.fsdecode(new[1]))
        elif new:
            (root / path).write_bytes(new[1])
            (root / path).chmod(0o755 if new[0] == "100755" else 0o644)
    begun = transaction.pending(root)
    assert begun
    assert (begun.owner.name, begun.note) == ("finish", {"tree": None, "head": "", "commit": ""})
    transaction.finish(root, Silent())
    assert state(root) == {
        "difykit.yaml": ("644", b"x: 1\n"),
        "patches/b.patch": ("644", b"b\n"),
        "patches/series": ("644", b"b.patch\n"),
        "overlays/o/run": ("755", b"#!/bin/sh\n"),
        "overlays/o/link": ("link", b"run"),
    }
    assert not folder.exists()
    assert transaction.pending(root) is None


def test_a_finish_does_not_overwrite_an_edit(root: Path) -> None:
    finish_journal(root, FINISHED)
    write_tree(root, {"patches/series": "mine\n"})
    before = state(root)
    for _ in range(2):
        with pytest.raises(DifyKitError, match=r"changed since by somebody else:\n  patches/series$"):
            transaction.finish(root, Silent())
        assert state(root) == before


@pytest.mark.parametrize("path", ["../outside", "/outside", "a/../../outside", "way/outside", "x/.git/config"])
def test_a_finish_that_leaves_the_workspace_is_refused(root: Path, path: str) -> None:
    (root / "way").symlink_to("..")
    finish_journal(root, {path: (None, ("100644", b"x"))})
    before = state(root.parent)
    with pytest.raises(transaction.Broken, match="in its journal"):
        transaction.finish(root, Silent())
    assert state(root.parent) == before


def test_a_finish_whose_file_is_broken_is_said_as_before(root: Path) -> None:
    (finish_journal(root, FINISHED) / "2").write_text("other")
    with pytest.raises(transaction.Broken) as caught:
        transaction.pending(root)
    assert caught.value.message == "a finish was cut off between two files, and the file 2 of its journal is broken"


LANDED = {
    "difykit.yaml": ("x: 1\n", "x: 2\n"),
    "patches/a.patch": ("a\n", None),
    "patches/series": ("a.patch\n", ""),
    "overlays/o/deep/new": (None, "new\n"),
}


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("done", range(5))
def test_a_landing_goes_on_or_back_wherever_it_was_cut_off(root: Path, done: int, *, back: bool) -> None:
    before = mine(root)
    landing_journal(root, LANDED, back=back)
    for path, (_, new) in list(LANDED.items())[:done]:
        write_tree(root, {path: new})
    begun = transaction.pending(root)
    assert begun
    assert (begun.owner.name, begun.note, begun.back) == ("upgrade", {"to": "1.1.0", "git": None}, back)
    transaction.finish(root, Silent())
    after = {
        path: text for path, text in (before | {p: new for p, (_, new) in LANDED.items()}).items() if text is not None
    }
    assert mine(root) == (before if back else after)
    assert not (root / ".difykit/upgrade/landing.json").exists()


@pytest.mark.parametrize("lost", ["staged/difykit.yaml", "before/patches/a.patch"])
def test_a_landing_that_lost_a_file_is_said(root: Path, lost: str) -> None:
    (landing_journal(root, LANDED) / lost).unlink()
    with pytest.raises(Damaged, match=r"landing\.json cannot be read") as caught:
        transaction.finish(root, Silent())
    assert "difykit upgrade.abort" in caught.value.hint


def test_a_landing_whose_files_are_behind_a_link_is_refused(root: Path) -> None:
    write_tree(root.parent / "outside", {"x": "secret\n"})
    folder = landing_journal(root, {"a/x": (None, "new\n")})
    (folder / "staged/a/x").unlink()
    (folder / "staged/a").rmdir()
    (folder / "staged/a").symlink_to(root.parent / "outside")
    with pytest.raises(Damaged):
        transaction.finish(root, Silent())
    assert not (root / "a").exists()


ADOPTED = {
    "overlays/fork/overlay.yaml": "version: 1\n",
    "overlays/fork/tree/api/x.py": "x\n",
    "patches/0001-x.patch": "patch\n",
    "patches/series": "0001-x.patch\n",
    ".env": "SECRET=1\n",
    "difykit.yaml": "x: 2\n",
}


@pytest.mark.parametrize("name_alone", [True, False])
@pytest.mark.parametrize("done", [0, 1, 3, 5])
def test_an_adoption_is_finished_wherever_it_was_cut_off(root: Path, done: int, *, name_alone: bool) -> None:
    before = mine(root)
    folder = adoption_journal(root, ADOPTED, name_alone=name_alone)
    if done:
        (folder / "made/overlays/fork").rename(root / "overlays/fork")
        write_tree(root, dict(list(ADOPTED.items())[2 : 1 + done]))
    transaction.finish(root, Silent())
    assert mine(root) == before | ADOPTED
    assert done == 5 or (root / ".env").stat().st_mode & 0o777 == 0o600
    assert not (folder / "made").exists()
    assert transaction.pending(root) is None


@pytest.mark.parametrize("lost", ["difykit.yaml", "patches/0001-x.patch", "overlays/fork/tree/api/x.py"])
def test_an_adoption_that_lost_a_file_is_said_as_before(root: Path, lost: str) -> None:
    (adoption_journal(root, ADOPTED) / "made" / lost).unlink()
    with pytest.raises(Damaged, match="an adoption was cut off while it was moved in, and") as caught:
        transaction.finish(root, Silent())
    assert caught.value.hint.startswith("put overlays/, patches/ and difykit.yaml right (git status), then: rm ")


@pytest.mark.parametrize("kind", ["finish", "landing", "landing back", "adoption"])
def test_killed_while_it_takes_over_an_older_one_it_is_taken_over_again(tmp_path: Path, kind: str) -> None:
    for number in itertools.count(0, 6):
        root = write_tree(tmp_path / f"ws-{number}", OLD)
        if kind == "finish":
            finish_journal(root, FINISHED)
        elif kind == "adoption":
            adoption_journal(root, ADOPTED)
        else:
            landing_journal(root, LANDED, back=kind == "landing back")
        killed = killed_at(number, lambda root=root: transaction.finish(root, Silent()))  # type: ignore[misc]
        transaction.finish(root, Silent())
        assert transaction.pending(root) is None
        if not killed:
            break
    last = state(root)
    assert all(state(tmp_path / f"ws-{each}") == last for each in range(0, number, 6))
    assert number > 30
