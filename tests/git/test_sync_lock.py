"""The pin and its lock: what a ref resolved to holds for every machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core import yaml
from difykit.core.errors import DifyKitError
from difykit.source.sync import ENGINE
from difykit.workspace.lock import Lock, read_lock
from tests.support.repos import Upstream
from tests.support.trees import snapshot
from tests.support.workspaces import RecordingProgress, WorkspaceFixture


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    return WorkspaceFixture(tmp_path / "space", upstream)


def lock(space: WorkspaceFixture) -> Lock:
    found = read_lock(space.root / "difykit.lock")
    assert found is not None
    return found


def refusal(space: WorkspaceFixture, *, locked: bool = False) -> DifyKitError:
    """The error of a sync that leaves lock and work tree as they were."""
    before = snapshot(space.source, skip=(".git",)), snapshot(space.root, skip=(".difykit",))
    with pytest.raises(DifyKitError) as caught:
        space.sync(locked=locked)
    assert (snapshot(space.source, skip=(".git",)), snapshot(space.root, skip=(".difykit",))) == before
    return caught.value


def test_the_first_sync_writes_the_lock(space: WorkspaceFixture, upstream: Upstream) -> None:
    space.sync()
    found = lock(space)
    assert (found.engine, found.upstream.ref) == (ENGINE, "1.0.0")
    assert found.upstream.commit == upstream.git("rev-parse", "1.0.0")
    assert found.upstream.tree == upstream.git("rev-parse", "1.0.0^{tree}")


def test_the_lock_says_who_writes_it(space: WorkspaceFixture) -> None:
    space.sync()
    assert (space.root / "difykit.lock").read_text().startswith("# Written by difykit; commit it.")


def test_another_machine_gets_the_commit_of_the_lock(space: WorkspaceFixture, tmp_path: Path) -> None:
    wanted = space.sync()
    other = WorkspaceFixture(tmp_path / "other", space.url)
    other.write({"difykit.lock": (space.root / "difykit.lock").read_text()})
    assert other.sync(locked=True) == wanted


def test_a_tag_that_moved_is_an_error_on_a_machine_that_fetches(
    space: WorkspaceFixture, upstream: Upstream, tmp_path: Path
) -> None:
    was = space.sync().base
    now = upstream.release("1.0.0", {"README.md": "moved\n"})
    other = WorkspaceFixture(tmp_path / "other", space.url)
    other.write({"difykit.lock": (space.root / "difykit.lock").read_text()})
    for _ in range(2):
        message = refusal(other).message
        assert f"is commit {now}, but difykit.lock says {was}" in message


def test_a_tag_that_moved_does_not_matter_where_it_was_fetched(space: WorkspaceFixture, upstream: Upstream) -> None:
    was = space.sync()
    upstream.release("1.0.0", {"README.md": "moved\n"})
    assert space.sync() == was


def test_a_moved_tag_is_taken_once_the_lock_is_removed(
    space: WorkspaceFixture, upstream: Upstream, tmp_path: Path
) -> None:
    space.sync()
    now = upstream.release("1.0.0", {"README.md": "moved\n"})
    other = WorkspaceFixture(tmp_path / "other", space.url)
    other.write({"difykit.lock": (space.root / "difykit.lock").read_text()})
    refusal(other)
    (other.root / "difykit.lock").unlink()
    assert other.sync().base == now == lock(other).upstream.commit


def test_a_moved_pin_is_resolved_anew_and_said(space: WorkspaceFixture, upstream: Upstream) -> None:
    space.sync()
    now = upstream.release("1.1.0", {"README.md": "Dify 1.1\n"})
    space.pin("1.1.0")
    heard = RecordingProgress()
    assert space.sync(heard).base == now == lock(space).upstream.commit
    assert "the pin moves from 1.0.0 to 1.1.0" in heard.texts("ok")


def test_a_pin_that_moved_back_needs_no_upstream(space: WorkspaceFixture, upstream: Upstream, tmp_path: Path) -> None:
    was = space.sync()
    upstream.release("1.1.0", {"README.md": "Dify 1.1\n"})
    space.pin("1.1.0")
    space.sync()
    space.pin("1.0.0")
    upstream.path.rename(tmp_path / "away.git")
    assert space.sync() == was


def test_offline_a_second_sync_needs_no_upstream(space: WorkspaceFixture, upstream: Upstream, tmp_path: Path) -> None:
    space.sync()
    upstream.path.rename(tmp_path / "away.git")
    space.overlay("x", {"x": "1"})
    assert [layer.name for layer in space.sync().layers] == ["x"]


def test_offline_the_first_sync_tells_what_it_lacks(
    space: WorkspaceFixture, upstream: Upstream, tmp_path: Path
) -> None:
    upstream.path.rename(tmp_path / "away.git")
    with pytest.raises(DifyKitError, match=r"cannot fetch 1.0.0 from file://"):
        space.sync()
    assert not (space.root / "difykit.lock").exists()


def test_locked_refuses_to_write_a_lock(space: WorkspaceFixture) -> None:
    with pytest.raises(DifyKitError, match=r"difykit.lock is not what this workspace gives, and --locked"):
        space.sync(locked=True)
    assert not (space.root / "difykit.lock").exists()
    assert not space.source.exists()


def test_locked_refuses_a_moved_pin(space: WorkspaceFixture, upstream: Upstream) -> None:
    space.sync()
    upstream.release("1.1.0")
    space.pin("1.1.0")
    refusal(space, locked=True)


def test_locked_allows_what_the_lock_does_not_hold(space: WorkspaceFixture) -> None:
    space.sync()
    space.overlay("x", {"x": "1"})
    space.sync(locked=True)
    assert (space.source / "x").exists()


def test_a_lock_by_another_engine_is_written_anew(space: WorkspaceFixture) -> None:
    space.sync()
    path = space.root / "difykit.lock"
    path.write_text(path.read_text().replace(f"engine: {ENGINE}", "engine: 0"))
    space.sync()
    assert lock(space).engine == ENGINE


def test_the_lock_holds_the_upstream_blob_of_a_file_that_an_overlay_replaces(
    space: WorkspaceFixture, upstream: Upstream
) -> None:
    space.overlay("x", {"README.md": "ours\n", "new": ""})
    space.sync()
    assert dict(lock(space).replaced) == {"README.md": upstream.git("rev-parse", "1.0.0:README.md")}


def test_a_replaced_file_that_the_new_release_changed_is_refused(space: WorkspaceFixture, upstream: Upstream) -> None:
    space.overlay("x", {"README.md": "ours\n"})
    space.sync()
    upstream.release("1.1.0", {"README.md": "Dify, better\n"})
    space.pin("1.1.0")
    error = refusal(space)
    assert "an overlay replaces README.md whole, and was made from another file than Dify 1.1.0 has" in error.message
    assert "difykit.lock" in error.hint


def test_a_replaced_file_that_the_new_release_left_alone_is_fine(space: WorkspaceFixture, upstream: Upstream) -> None:
    space.overlay("x", {"README.md": "ours\n"})
    space.sync()
    upstream.release("1.1.0", {"api/app.py": "new\n"})
    space.pin("1.1.0")
    assert space.sync().release == "1.1.0"


def test_drift_is_accepted_once_the_line_is_removed_from_the_lock(space: WorkspaceFixture, upstream: Upstream) -> None:
    space.overlay("x", {"README.md": "ours\n"})
    space.sync()
    upstream.release("1.1.0", {"README.md": "Dify, better\n"})
    space.pin("1.1.0")
    refusal(space)
    path = space.root / "difykit.lock"
    value = yaml.load("difykit.lock", path.read_text()).value
    path.write_text(yaml.dump({**value, "replaced": {}}))
    space.sync()
    assert lock(space).replaced["README.md"] == upstream.git("rev-parse", "1.1.0:README.md")


def test_a_replaced_file_with_another_blob_in_the_lock_is_refused(space: WorkspaceFixture) -> None:
    space.overlay("x", {"README.md": "ours\n"})
    space.sync()
    path = space.root / "difykit.lock"
    value = yaml.load("difykit.lock", path.read_text()).value
    path.write_text(yaml.dump({**value, "replaced": {"README.md": "1" * 40}}))
    refusal(space)


def test_a_file_that_is_no_longer_replaced_leaves_the_lock(space: WorkspaceFixture) -> None:
    space.overlay("x", {"README.md": "ours\n"})
    space.sync()
    space.overlays = ()
    space.write({})
    space.sync()
    assert lock(space).replaced == {}
