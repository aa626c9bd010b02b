"""Landing and going back in the user's repository: commits, index, branch, and what is not the workspace's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from difykit.core import transaction
from difykit.core.errors import DifyKitError, DirtyTree
from difykit.core.progress import Silent
from difykit.core.transaction import carry
from difykit.git.user_repository import Home
from difykit.porting.apply.status import read_status
from difykit.porting.apply.verbs import recover
from tests.support.trees import Link, Script, write_tree
from tests.support.upgrades import LINES, Moving, patch_of, text, upstream_of

HEAD = ["head", *LINES]


@pytest.fixture
def space(tmp_path: Path) -> Moving:
    """One patch to be ported, one to be dropped, an overlay's file that moves."""
    old = {"api/long.py": text(), "web/page.ts": text(), "docs/x": "1\n"}
    new = {"api/long.py": text(HEAD), "web/page.ts": None, "web/deep/page.ts": text(l2="two"), "docs/x": "2\n"}
    made = Moving(tmp_path / "top/ws", upstream_of(tmp_path, ("1.0.0", old), ("1.1.0", new)))
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    made.patch("0002-b.patch", patch_of({"docs/x": ("1\n", "2\n")}))
    made.overlay("own", {"web/page.ts": text(l20="mine"), "run.sh": Script("#!/bin/sh\n"), "link": Link("run.sh")})
    made.sync()
    (made.root / "patches/series").chmod(0o600)
    return made


def test_each_phase_is_a_commit_on_a_branch_of_its_own(space: Moving) -> None:
    space.in_git()
    done = space.start("1.1.0")
    assert done.branch == "difykit/upgrade-1.1.0"
    assert space.home("symbolic-ref", "HEAD") == "refs/heads/difykit/upgrade-1.1.0"
    assert space.home("status", "--porcelain") == ""
    assert space.home("log", "--reverse", "--format=%an <%ae> %s", "main..").splitlines() == [
        "Me <me@example.org> Pin Dify 1.1.0",
        "Me <me@example.org> Port to Dify 1.1.0",
        "Me <me@example.org> Drop what Dify 1.1.0 has",
        "Me <me@example.org> Lock Dify 1.1.0",
    ]
    changed = [
        space.home("show", "--format=", "--no-renames", "--name-only", f"HEAD~{back}").split() for back in (3, 2, 1, 0)
    ]
    assert changed == [
        ["difykit.yaml"],
        ["overlays/own/tree/web/deep/page.ts", "overlays/own/tree/web/page.ts", "patches/0001-a.patch"],
        ["patches/0002-b.patch", "patches/series"],
        ["difykit.lock"],
    ]
    assert "- patch 0002-b.patch: already in Dify 1.1.0" in space.home("show", "-s", "--format=%B", "HEAD~1")


def test_a_workspace_in_a_larger_repository_takes_only_its_own_paths(space: Moving) -> None:
    write_tree(space.root.parent, {"other.txt": "1\n", "staged.txt": "1\n"})
    space.in_git(above="top")
    write_tree(space.root.parent, {"other.txt": "2\n", "staged.txt": "2\n", "untracked.txt": "x\n"})
    space.home("add", "staged.txt")
    space.start("1.1.0")
    assert space.home("status", "--porcelain").splitlines() == [" M other.txt", "M  staged.txt", "?? untracked.txt"]
    changed = space.home("diff", "--name-only", "main", "HEAD").split()
    assert changed
    assert all(path.startswith("ws/") for path in changed)


def test_hooks_and_signing_are_left_out(space: Moving) -> None:
    space.in_git()
    hook = '#!/bin/sh\ntouch "$(git rev-parse --show-toplevel)/HOOKED"\nexit 1\n'
    names = ("pre-commit", "commit-msg", "post-checkout", "reference-transaction", "post-index-change")
    write_tree(space.root / ".git/hooks", {name: Script(hook) for name in names})
    (space.root / ".git/HOOKED").unlink(missing_ok=True)
    space.home("config", "commit.gpgSign", "true")
    assert space.start("1.1.0").state == "done"
    assert not (space.root / "HOOKED").exists()


def test_a_branch_that_is_there_already_is_left_alone(space: Moving) -> None:
    space.in_git()
    space.home("branch", "difykit/upgrade-1.1.0")
    was = space.home("rev-parse", "difykit/upgrade-1.1.0")
    assert space.start("1.1.0").branch == "difykit/upgrade-1.1.0-2"
    assert space.home("rev-parse", "difykit/upgrade-1.1.0") == was


@pytest.mark.parametrize("path", ["patches/series", "overlays/own/tree/new", "difykit.yaml", "images/x/image.yaml"])
def test_changes_that_are_not_committed_are_refused(space: Moving, path: str) -> None:
    space.in_git()
    before = (space.root / path).read_text() if (space.root / path).exists() else ""
    write_tree(space.root, {path: f"{before}# more\n"})
    with pytest.raises(DirtyTree, match=path):
        space.start("1.1.0")


def test_changes_elsewhere_are_nobodys_business(space: Moving) -> None:
    space.in_git()
    write_tree(space.root, {"notes.md": "x\n", "tasks.py": "x\n"})
    assert space.start("1.1.0").state == "done"


def test_a_merge_that_is_half_done_is_refused(space: Moving) -> None:
    space.in_git()
    (space.root / ".git/MERGE_HEAD").write_text(space.home("rev-parse", "HEAD") + "\n")
    with pytest.raises(DifyKitError, match="a merge is half done"):
        space.start("1.1.0")


def test_a_symlink_that_leads_out_is_refused(space: Moving, tmp_path: Path) -> None:
    (space.root / "patches").rename(tmp_path / "elsewhere")
    (space.root / "patches").symlink_to(tmp_path / "elsewhere")
    before = space.mine()
    with pytest.raises(DifyKitError, match="patches"):
        space.start("1.1.0")
    assert space.mine() == before


class Cut(BaseException):
    """Stands for a kill: nothing of ours catches it."""


CUTS = [
    *(("own", way, count) for way in ("abort", "continue") for count in (0, 2, 6, 7, 8, 9, 10)),
    *((where, way, count) for where in ("none", "detached") for way in ("abort", "recover") for count in (3, 6)),
    *(("larger", way, count) for way in ("abort", "recover") for count in (5, 9)),
    *(("own", "abort twice", count) for count in (5, 9)),
]


@pytest.mark.parametrize(("repository", "way", "count"), CUTS)
def test_a_landing_that_is_cut_off_goes_back_or_on(
    space: Moving, monkeypatch: pytest.MonkeyPatch, repository: str, way: str, count: int
) -> None:
    if repository != "none":
        space.in_git(above="top" if repository == "larger" else "")
    if repository == "detached":
        space.home("checkout", "--quiet", "--detach")
    before, state = space.mine(), space.git_state() if repository != "none" else None
    cut_after(monkeypatch, count)
    with pytest.raises(Cut):
        space.start("1.1.0")
    if way == "abort twice":
        cut_after(monkeypatch, count // 2)
        with pytest.raises(Cut):
            space.give_up()
    monkeypatch.undo()
    if way.startswith("abort"):
        assert space.give_up() == "1.1.0"
        assert space.mine() == before
        assert state is None or space.git_state() == state
        assert read_status(space.here).state == "none"
        return
    if way == "recover":
        recover(space.root, Silent())
    else:
        assert space.go_on().state == "done"
    assert "'1.1.0'" in (space.root / "difykit.yaml").read_text()
    assert not (space.root / "patches/0002-b.patch").exists()
    assert state is None or space.home("status", "--porcelain") == ""
    space.ref = "1.1.0"
    space.sync(locked=True)


def test_what_the_user_staged_after_a_kill_stays_staged(space: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    space.in_git()
    before, entries = space.mine(), space.home("ls-files", "--stage")
    cut_after(monkeypatch, 9)  # after the index, before HEAD
    with pytest.raises(Cut):
        space.start("1.1.0")
    monkeypatch.undo()
    write_tree(space.root, {"tasks.py": "x\n"})
    space.home("add", "tasks.py")
    space.give_up()
    assert space.home("status", "--porcelain") == "A  tasks.py"
    assert [line for line in space.home("ls-files", "--stage").splitlines() if "tasks.py" not in line] == (
        entries.splitlines()
    )
    assert {path: kept for path, kept in space.mine().items() if path != "tasks.py"} == before


def test_a_file_that_was_changed_after_a_kill_is_named_and_kept(space: Moving, monkeypatch: pytest.MonkeyPatch) -> None:
    cut_after(monkeypatch, 3)
    with pytest.raises(Cut):
        space.start("1.1.0")
    monkeypatch.undo()
    (space.root / "patches/series").write_text("# mine\n")
    for way in (space.give_up, space.go_on):
        with pytest.raises(DifyKitError, match=r"patches/series was changed since"):
            way()
    assert (space.root / "patches/series").read_text() == "# mine\n"


def cut_after(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    """Let this process be cut off before the step number `count` of a landing: files first, then git's."""
    monkeypatch.undo()
    left = [count]

    def guarded(step: Callable[..., object]) -> Callable[..., object]:
        def run(*args: object, **kwargs: object) -> object:
            if not left[0]:
                raise Cut
            left[0] -= 1
            return step(*args, **kwargs)

        return run

    for name in ("_forward", "_backward"):
        monkeypatch.setattr(carry, name, guarded(getattr(carry, name)))
    for name in ("set_branch", "_replace_index", "switch"):
        monkeypatch.setattr(Home, name, guarded(getattr(Home, name)))
    monkeypatch.setattr(transaction, "end", guarded(transaction.end))
