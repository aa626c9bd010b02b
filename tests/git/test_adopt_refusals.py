"""What `adopt` does not take, in words; the workspace is as it was."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.cli import inv
from tests.support.forks import Fork
from tests.support.repos import Upstream
from tests.support.trees import Content, read_tree
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

PARTS: dict[str, Content] = {f"api/core/part_{number}.py": "P = 1\n" for number in range(12)}


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.release("1.0.0", PARTS)
    return made


@pytest.fixture
def fork(tmp_path: Path, upstream: Upstream) -> Fork:
    made = Fork(tmp_path, upstream, "1.0.0")
    made.commit({"api/own.py": "OWN = 1\n", "api/core/part_1.py": "P = 1\nOURS = 1\n"})
    return made


def refused(space: WorkspaceFixture, fork: Fork | str, *options: str, ref: str = "main") -> str:
    """What is said, and that nothing was written."""
    url = fork if isinstance(fork, str) else fork.url
    before = read_tree(space.root, skip=(".difykit",))
    ran = inv("adopt", "--fork", url, "--ref", ref, *options, cwd=space.root)
    assert ran.code == 1, ran.err
    assert "Traceback" not in ran.err
    assert read_tree(space.root, skip=(".difykit",)) == before
    return ran.err[ran.err.rindex("fail ") :]


def test_a_workspace_that_has_patches(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    space.patch("0001-app.patch", APP_PATCH)
    said = refused(space, fork)
    assert "patches/ holds patches already, 1 in series" in said
    assert "hint difykit init NAME" in said


def test_a_workspace_with_an_overlay_that_changes_dify(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    space.overlay("mine", {"api/mine.py": "X = 1\n"})
    said = refused(space, fork)
    assert "overlays that change Dify are enabled: mine" in said
    assert "difykit overlay.disable mine" in said


def test_an_overlay_that_only_sets_something_may_stay(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    space.overlay("quiet", manifest="env: {LOG_LEVEL: DEBUG}\n")
    ran = inv("adopt", "--fork", fork.url, "--ref", "main", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "overlays: [quiet, my-fork]" in (space.root / "difykit.yaml").read_text()
    assert inv("sync", cwd=space.root).code == 0
    assert space.git("rev-parse", "HEAD^{tree}") == fork.tree()
    assert not (space.root / "overlays" / "quiet").is_symlink()


def test_the_name_of_an_overlay_that_is_there(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    space.write({"overlays/my-fork/overlay.yaml": "version: 1\ndescription: x\n"})
    assert "choose another name: --name NAME" in refused(space, fork)
    assert "cannot be the name of an overlay" in refused(space, fork, "--name", "No Name")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://me:secret@example.invalid/dify.git", "holds a password"),
        ("ext::sh -c true", "is not an https, ssh or file URL"),
        ("file:///nowhere/at/all.git", "cannot fetch main from file:///nowhere/at/all.git"),
    ],
)
def test_a_url_that_is_none(tmp_path: Path, upstream: Upstream, url: str, words: str) -> None:
    said = refused(WorkspaceFixture(tmp_path / "ws", upstream), url)
    assert words in said
    assert "secret" not in said


def test_a_ref_that_the_fork_has_not(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    said = refused(WorkspaceFixture(tmp_path / "ws", upstream), fork, ref="2.0.0")
    assert f"{fork.url} has no 2.0.0" in said
    assert "--ref" in said


def test_a_repository_that_is_no_fork_of_dify(tmp_path: Path, upstream: Upstream) -> None:
    other = Fork(tmp_path, upstream, "1.0.0")
    gone: dict[str, Content] = dict.fromkeys(PARTS)
    other.commit({**gone, "README.md": "another thing\n", "src/main.py": "x\n"})
    said = refused(WorkspaceFixture(tmp_path / "ws", upstream), other)
    assert "no release of Dify is near to the fork" in said
    assert "1.0.0 (" in said
    assert "--base REF" in said


def test_two_releases_that_are_as_near(tmp_path: Path, upstream: Upstream) -> None:
    upstream.release("1.1.0", {"api/core/part_3.py": "P = 3\n"})
    fork = Fork(tmp_path, upstream, "1.0.0")
    fork.commit({"api/core/part_3.py": "P = 'ours'\n"})
    tree = fork.tree()
    fork.git("update-ref", "refs/heads/main", fork.git("commit-tree", tree, "-m", "without history"))
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    said = refused(space, fork)
    assert "2 releases of Dify are as near to the fork" in said
    assert "--base 1.1.0" in said
    ran = inv("adopt", "--fork", fork.url, "--ref", "main", "--base", "1.0.0", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "ref: 1.0.0" in (space.root / "difykit.yaml").read_text().replace("'", "")


def test_a_link_out_of_the_tree(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    link = tmp_path / "target"
    link.write_text("../../etc/passwd")
    oid = fork.git("hash-object", "-w", str(link))
    fork.git("update-index", "--add", "--cacheinfo", f"120000,{oid},api/out")
    fork.git("commit", "--quiet", "--message=odd")
    said = refused(WorkspaceFixture(tmp_path / "ws", upstream), fork)
    assert "api/out: the link to '../../etc/passwd' leaves the tree" in said


def test_a_lock_that_has_another_commit_for_the_base(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    space.sync()
    upstream.release("1.0.0", {"README.md": "moved\n"})
    for name in ("upstream.git", "source"):
        shutil.rmtree(space.root / ".difykit" / name)
    said = refused(space, fork, "--base", "1.0.0")
    assert "but difykit.lock says" in said


def test_files_that_the_users_git_ignores_are_told(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    subprocess.run(["git", "init", "--quiet", str(space.root)], check=True)
    space.write({".gitignore": "own.py\n"})
    ran = inv("adopt", "--fork", fork.url, "--ref", "main", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "warn your git ignores overlays/my-fork/tree/api/own.py: git add --force overlays/my-fork" in ran.err


def test_a_fork_whose_sync_would_be_refused(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    revision = "revision = {!r}\ndown_revision = {!r}\n"
    heads = {"one": None, "two": "one", "three": "one"}
    folder = "api/migrations/versions"
    fork.commit({f"{folder}/{name}.py": revision.format(name, before) for name, before in heads.items()})
    said = refused(WorkspaceFixture(tmp_path / "ws", upstream), fork)
    assert "a sync of the result would fail" in said
    assert "So nothing was written." in said


def test_what_it_did_is_told_in_words(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    fork.commit({"api/.env": "ADMIN_TOKEN=s3cr3t-of-ours\n"})
    ran = inv("adopt", "--fork", str(fork.path), "--ref", "main", cwd=space.root)
    assert ran.code == 0, ran.err
    assert "its base is Dify 1.0.0:" in ran.err
    assert "1 of upstream's files differ (1 changed, 0 missing, 0 of other releases)" in ran.err
    assert "overlay my-fork: 2 files" in ran.err
    assert f"proof: a sync of this gives tree {fork.tree()}" in ran.err
    assert "warn secrets stand in the fork, and in what was made of it (1)" in ran.err
    assert ran.out.startswith("1 x secret: ")
    assert "api/.env:1: ADMIN_TOKEN has a value" in ran.out
    assert "s3cr3t-of-ours" not in ran.out + ran.err


def test_a_way_that_there_is_not(tmp_path: Path, upstream: Upstream, fork: Fork) -> None:
    assert "--by takes area, file or commit" in refused(
        WorkspaceFixture(tmp_path / "ws", upstream), fork, "--by", "author"
    )


def test_without_a_fork(tmp_path: Path, upstream: Upstream) -> None:
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    ran = inv("adopt", cwd=space.root)
    assert ran.code == 1
    assert "which fork?" in ran.err
