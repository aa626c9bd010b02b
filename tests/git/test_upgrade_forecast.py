"""What each kind of customisation becomes on releases that changed in each way, in real repositories."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.version import Version

from difykit.core.errors import DifyKitError, PatchConflict
from difykit.git import Store, Tree
from difykit.porting import Cell, Forecast, State, Wish, forecast
from difykit.porting.plan.facts import read_deployment
from difykit.porting.plan.outlook import Share, outlooks_apart
from difykit.workspace.workspace import Workspace
from tests.support.repos import Upstream
from tests.support.trees import Content, snapshot
from tests.support.workspaces import RecordingProgress, WorkspaceFixture, patch_text

EMPTY = Tree(Store(Path("nowhere")), {})
BIG = [f"line {number}" for number in range(40)]


def big(changes: Mapping[int, str] | None = None) -> str:
    """The file that patches change, with some of its lines changed."""
    return "".join(f"{(changes or {}).get(number, line)}\n" for number, line in enumerate(BIG))


def middle(name: str, path: str = "api/big.py", at: int = 20, old: str = "line 20", trailers: str = "") -> str:
    """A patch that changes one line in the middle of the file."""
    head = f"From: Ann <a@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0000\nSubject: [PATCH] {name}\n\nWhy: {name}\n"
    diff = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -{at},3 +{at},3 @@\n"
    return f"{head}{trailers}---\n{diff} line {at - 1}\n-{old}\n+{name}\n line {at + 1}\n"


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.release("1.0.0", {"api/big.py": big()})
    return made


@pytest.fixture
def space(tmp_path: Path, upstream: Upstream) -> WorkspaceFixture:
    return WorkspaceFixture(tmp_path / "ws", upstream)


def contents(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file but the lock; git sets the time of an object that it would have written, and nothing else of it."""
    found = snapshot(root, skip=())
    return {path: (inode, mode, raw) for path, (inode, mode, _, raw) in found.items() if path != ".difykit/lock"}


def look(space: WorkspaceFixture, *to: str, processes: int = 1, heard: RecordingProgress | None = None) -> Forecast:
    return forecast(Workspace.open(space.root), Wish(to=to), heard or RecordingProgress(), processes=processes)


def cell(found: Forecast, label: str, ref: str) -> Cell:
    row = next(number for number, row in enumerate(found.rows) if row.label == label)
    return next(one for one in found.outlooks if one.ref == ref).cells[row]


def words(found: Forecast, label: str) -> dict[str, str]:
    return {one.ref: cell(found, label, one.ref).words for one in found.outlooks}


CHANGES: dict[str, tuple[dict[str, Content], str]] = {
    "1.1.0": ({"README.md": "new\n"}, "untouched"),
    "1.2.0": ({"api/big.py": big({3: "upstream's"})}, "untouched"),
    "1.2.1": ({"api/big.py": "head\n" + big()}, "merges"),
    "1.3.0": ({"api/big.py": big({20: "upstream's"})}, "conflicts (1 hunk)"),
    "1.4.0": ({"api/big.py": None}, "target gone"),
    "1.5.0": ({"api/moved/large.py": big({3: "upstream's"})}, "merges"),
    "1.6.0": ({"api/moved/large.py": None, "api/big.py": big({20: "mine"})}, "already upstream"),
    "1.7.0": ({"api/big.py": None, "api/moved/large.py": big({20: "upstream's"})}, "conflicts (1 hunk)"),
}


def test_a_patch_gets_the_state_that_the_release_calls_for(upstream: Upstream, space: WorkspaceFixture) -> None:
    space.patch("0001.patch", middle("mine"))
    for tag, (changes, _) in CHANGES.items():
        upstream.release(tag, changes)
    found = look(space, *CHANGES)
    assert words(found, "patch 0001.patch") == {tag: state for tag, (_, state) in CHANGES.items()}
    assert found.newest_without_work == "1.6.0"
    [hunk] = cell(found, "patch 0001.patch", "1.3.0").parts[0].hunks
    assert (hunk.line, hunk.upstream, hunk.base, hunk.yours) == (21, "upstream's", "line 20", "mine")
    assert cell(found, "patch 0001.patch", "1.3.0").parts[0].note.startswith("both sides changed the same lines")
    assert "it was api/big.py" in cell(found, "patch 0001.patch", "1.5.0").parts[0].note


def test_several_processes_find_what_one_finds(upstream: Upstream, space: WorkspaceFixture) -> None:
    space.patch("0001.patch", middle("mine"))
    for tag, (changes, _) in CHANGES.items():
        upstream.release(tag, changes)
    assert look(space, *CHANGES, processes=2) == look(space, *CHANGES)


def test_what_git_says_in_a_process_apart_can_be_told_here(space: WorkspaceFixture) -> None:
    there, version = (space.root / "nowhere",), Version("1.0.0")
    nowhere = Share(space.root, there, "0" * 40, "0" * 40, version, {}, (), read_deployment(EMPTY), frozenset(), ())
    with pytest.raises(DifyKitError) as caught:
        outlooks_apart(nowhere)
    sent = pickle.loads(pickle.dumps(caught.value))
    assert (type(sent), sent.message) == (DifyKitError, caught.value.message)
    assert "ls-tree" in sent.message


def test_patches_build_on_those_before_them_and_a_conflict_is_taken_as_resolved(
    upstream: Upstream, space: WorkspaceFixture
) -> None:
    space.patch("0001.patch", middle("mine"))
    space.patch("0002.patch", middle("mine again", old="mine"))
    space.patch("0003.patch", middle("elsewhere", at=30, old="line 30"))
    upstream.release("1.1.0", {"api/big.py": "head\n" + big()})
    upstream.release("1.2.0", {"api/big.py": "head\n" + big({20: "upstream's"})})
    found = look(space, "1.1.0", "1.2.0")
    assert words(found, "patch 0002.patch") == {"1.1.0": "merges", "1.2.0": "merges"}
    assert words(found, "patch 0001.patch") == {"1.1.0": "merges", "1.2.0": "conflicts (1 hunk)"}
    assert words(found, "patch 0003.patch") == {"1.1.0": "merges", "1.2.0": "merges"}


def test_a_conflict_after_a_conflict_names_the_first(upstream: Upstream, space: WorkspaceFixture) -> None:
    space.patch("0001.patch", middle("mine"))
    space.patch("0002.patch", middle("more", at=30, old="line 30"))
    upstream.release("1.1.0", {"api/big.py": big({20: "upstream's", 30: "upstream's"})})
    assert cell(look(space, "1.1.0"), "patch 0002.patch", "1.1.0").after == "0001.patch"


def test_applies_to_leaves_a_patch_out_and_brings_another_in(upstream: Upstream, space: WorkspaceFixture) -> None:
    space.patch("0001.patch", middle("mine", trailers="Applies-to: <1.1\n"))
    space.patch("0002.patch", middle("mine too", trailers="Applies-to: >=1.1\n"))
    upstream.release("1.1.0")
    upstream.release("1.2.0", {"api/big.py": big({20: "upstream's"})})
    found = look(space, "1.1.0", "1.2.0")
    assert words(found, "patch 0001.patch") == {"1.1.0": "left out", "1.2.0": "left out"}
    assert words(found, "patch 0002.patch") == {"1.1.0": "untouched", "1.2.0": "conflicts (1 hunk)"}
    assert found.newest_without_work == "1.1.0"


def test_a_file_that_a_patch_adds_meets_one_of_upstreams(upstream: Upstream, space: WorkspaceFixture) -> None:
    added = patch_text("api/new.py", [], ["mine"]).replace("--- a/api/new.py", "new file mode 100644\n--- /dev/null")
    space.patch("0001.patch", added.replace("@@ -1,0 +1,1 @@", "@@ -0,0 +1 @@"))
    upstream.release("1.1.0")
    upstream.release("1.2.0", {"api/new.py": "upstream's\n"})
    upstream.release("1.3.0", {"api/new.py": "mine\n"})
    upstream.release("1.4.0", {"api/new.py": None, "api/new.py/inner.py": "x\n"})
    states = {
        ref: cell(look(space, ref), "patch 0001.patch", ref).state for ref in ("1.1.0", "1.2.0", "1.3.0", "1.4.0")
    }
    wanted = [State.UNTOUCHED, State.CONFLICTS, State.UPSTREAM, State.CONFLICTS]
    assert list(states.values()) == wanted


def test_a_patch_that_does_not_fit_its_own_pin_is_refused(upstream: Upstream, space: WorkspaceFixture) -> None:
    upstream.release("1.1.0")
    space.patch("0001.patch", middle("mine", old="no such line"))
    with pytest.raises(PatchConflict):
        look(space, "1.1.0")


def test_whole_files_edits_and_wiring_of_overlays(upstream: Upstream, space: WorkspaceFixture) -> None:
    space.overlay("whole", {"api/big.py": big({20: "mine"}), "api/own.py": "x\n"})
    edits = "edits:\n  - {file: README.md, replace: {find: Dify, with: Ours, count: 1}}\n"
    space.overlay("edit", manifest=edits)
    space.overlay("wired", {"api/mine.py": "bp = 1\n"}, 'api: {blueprints: ["mine:bp"]}\n')
    upstream.release("1.1.0")
    upstream.release("1.2.0", {"api/big.py": big({3: "upstream's"}), "README.md": "The Dify\n"})
    upstream.release("1.3.0", {"api/big.py": big({20: "upstream's"}), "README.md": "Nothing\n", "api/own.py": "y\n"})
    upstream.release("1.4.0", {"api/big.py": None, "README.md": None, "api/extensions/ext_blueprints.py": None})
    found = look(space, "1.1.0", "1.2.0", "1.3.0", "1.4.0")
    assert list(words(found, "overlay whole").values()) == [
        "untouched",
        "merges",
        "conflicts (1 hunk); merged beyond git (independent statements)",
        "target gone; merged beyond git (independent statements)",
    ]
    assert list(words(found, "overlay edit").values()) == [
        "untouched",
        "untouched",
        "conflicts (1 hunk)",
        "target gone",
    ]
    assert list(words(found, "wiring").values()) == ["untouched", "untouched", "untouched", "target gone"]
    assert [part.state for part in cell(found, "overlay whole", "1.4.0").parts if part.what == "api/big.py"] == [
        State.GONE
    ]
    assert found.newest_without_work == "1.2.0"


def test_an_edit_that_upstream_made_itself_is_named_for_removal(upstream: Upstream, space: WorkspaceFixture) -> None:
    space.overlay("edit", manifest="edits:\n  - {file: README.md, insert: {after: Dify, text: Ours}}\n")
    upstream.release("1.1.0", {"README.md": "Dify\nOurs\n"})
    found = cell(look(space, "1.1.0"), "overlay edit", "1.1.0")
    assert (found.state, found.work) == (State.UPSTREAM, True)


def test_an_overlay_for_another_dify_and_one_that_removes_a_lost_service_need_somebody(
    upstream: Upstream, space: WorkspaceFixture
) -> None:
    space.overlay("old", {"api/own.py": "x\n"}, 'requires: {dify: "<1.1"}\n')
    space.overlay("small", manifest="compose: {remove: [db]}\n")
    services = "services:\n  api: {image: 'langgenius/dify-api:1.0.0'}\n"
    upstream.release("1.0.1", {"docker/docker-compose.yaml": services + "  db: {image: 'postgres:15'}\n"})
    space.pin("1.0.1")
    upstream.release("1.1.0", {"docker/docker-compose.yaml": services + "  db_postgres: {image: 'postgres:15'}\n"})
    found = look(space, "1.1.0")
    assert words(found, "overlay old") == {"1.1.0": "left out"}
    assert words(found, "overlay small") == {"1.1.0": "target gone"}
    assert found.outlooks[0].facts.services.renamed == {"db": "db_postgres"}
    assert found.outlooks[0].work == 1  # an overlay for another Dify is disabled, and needs nobody


def test_strategy_of_each_image_follows_from_what_the_replay_left(upstream: Upstream, space: WorkspaceFixture) -> None:
    dockerfile = "FROM python:3.12\nWORKDIR /app/api\nCOPY . /app/api\n"
    upstream.release("1.0.1", {"api/Dockerfile": dockerfile, "web/Dockerfile": "FROM node\nCOPY . .\n"})
    space.pin("1.0.1")
    space.patch("0001.patch", middle("mine"))
    upstream.release("1.1.0")
    images = {each.image: each.strategy for each in look(space, "1.1.0").outlooks[0].images}
    assert images == {"api": "layer", "web": "official"}


def test_nothing_of_the_workspace_and_no_object_of_the_store_is_left_changed(
    upstream: Upstream, space: WorkspaceFixture
) -> None:
    space.patch("0001.patch", middle("mine"))
    for tag, (changes, _) in CHANGES.items():
        upstream.release(tag, changes)
    space.sync()
    look(space, *CHANGES)
    before = contents(space.root)
    look(space, *CHANGES)
    assert contents(space.root) == before


def test_settings_of_the_workspace_that_a_release_lost_are_named(upstream: Upstream, space: WorkspaceFixture) -> None:
    upstream.release("1.0.1", {"docker/.env.example": "LOG_LEVEL=INFO\nOLD_KEY=1\n"})
    space.pin("1.0.1")
    upstream.release("1.1.0", {"docker/.env.example": "LOG_LEVEL=INFO\nNEW_KEY=2\n"})
    space.overlay("env", manifest="env: {OLD_KEY: 2}\n")
    assert look(space, "1.1.0").outlooks[0].facts.env.yours == ("OLD_KEY",)


def test_a_release_that_nobody_has_is_an_error(upstream: Upstream, space: WorkspaceFixture) -> None:
    assert upstream
    with pytest.raises(DifyKitError, match=r"has no release 9\.9\.9"):
        look(space, "9.9.9")
