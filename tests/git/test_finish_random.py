"""Random edits through modify, finish and sync give exactly the edited tree; a second finish has nothing to do."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from difykit.authoring import FinishChoice, drop, finish, modify, reorder
from difykit.core.errors import DifyKitError
from difykit.workspace.workspace import Workspace
from tests.support.authoring import add_patch, spaced
from tests.support.trees import read_tree, snapshot
from tests.support.workspaces import RecordingProgress, WorkspaceFixture

PATHS = ("api/long.py", "api/own.py", "web/package.json", "api/app.py", "api/fresh.py", "docs/a.md")
LINE = st.sampled_from(["line 3 of one\n", "line of two\n", "x = 1\n", "y\n", "\n", "no end"])
EDIT = st.one_of(
    st.tuples(st.just("insert"), st.integers(0, 30), LINE),
    st.tuples(st.just("delete"), st.integers(0, 30), st.integers(1, 6)),
    st.tuples(st.just("replace"), st.integers(0, 30), st.lists(LINE, min_size=1, max_size=3)),
    st.tuples(st.just("mode"), st.just(0), st.just(0)),
    st.tuples(st.just("remove"), st.just(0), st.just(0)),
    st.tuples(st.just("bytes"), st.just(0), st.binary(max_size=8)),
    st.tuples(st.just("commit"), st.just(0), st.just(0)),
    st.tuples(st.just("stage"), st.just(0), st.just(0)),
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with four patches and two overlays, to be copied."""
    folder = tmp_path_factory.mktemp("model")
    space = spaced(folder)
    add_patch(space, "0003-three.patch", {"line 1\n": "line 0\nline 1\n"})
    add_patch(space, "0004-four.patch", {"print('two')": "print('zwei')"}, path="api/app.py")
    return folder


@contextmanager
def copied(model: Path) -> Iterator[WorkspaceFixture]:
    """The workspace of the model, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(model / "ws", Path(folder) / "ws", symlinks=True)
        space = WorkspaceFixture.__new__(WorkspaceFixture)
        space.root = Path(folder) / "ws"
        yield space


def do(space: WorkspaceFixture, kind: str, path: str, at: int, what: object) -> None:
    place = space.source / path
    if kind == "commit":
        space.git("add", "--all")
        space.git("commit", "-qm", f"edit {at}", "--allow-empty")
    elif kind == "stage":
        space.git("add", "--all")
    elif kind == "remove":
        place.unlink(missing_ok=True)
    elif kind == "bytes" and isinstance(what, bytes):
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"\0" + what)
    elif kind == "mode" and place.exists():
        place.chmod(0o644 if place.stat().st_mode & 0o100 else 0o755)
    elif kind in {"insert", "delete", "replace"}:
        place.parent.mkdir(exist_ok=True)
        lines = place.read_bytes().splitlines(keepends=True) if place.exists() else []
        new = [str(each).encode() for each in (what if isinstance(what, list) else [what])]
        count = what if isinstance(what, int) else int(kind == "replace")
        lines[min(at, len(lines)) : at + count] = [] if kind == "delete" else new
        place.write_bytes(b"".join(lines))


@settings(max_examples=40)
@given(st.lists(st.tuples(EDIT, st.sampled_from(PATHS)), min_size=1, max_size=7), st.sampled_from(["own", "patches"]))
def test_the_source_is_what_was_edited(
    model: Path, edits: list[tuple[tuple[str, int, object], str]], into: str
) -> None:
    with copied(model) as space:
        root = space.root
        modify(Workspace.open(root), RecordingProgress())
        for (kind, at, what), path in edits:
            do(space, kind, path, at, what)
        wanted = read_tree(space.source)
        modes = {path: place.stat().st_mode & 0o100 for path in wanted if (place := space.source / path).is_file()}
        finish(Workspace.open(root), RecordingProgress(), FinishChoice(into=into, subject="The rest", why="random"))
        assert read_tree(space.source) == wanted
        assert space.git("status", "--porcelain") == ""
        kept = snapshot(root, skip=(".difykit",))
        assert finish(Workspace.open(root), RecordingProgress(), FinishChoice()).rebuilt is None
        assert snapshot(root, skip=(".difykit",)) == kept
        shutil.rmtree(root / ".difykit/source")
        space.sync()
        assert read_tree(space.source) == wanted
        assert {path: (space.source / path).stat().st_mode & 0o100 for path in modes} == modes


PLACES = ("0001", "0002", "0003", "0004")
TEXT = st.tuples(
    EDIT.filter(lambda each: each[0] in {"insert", "delete", "replace"}), st.sampled_from(PATHS[:1] * 4 + PATHS)
)


@settings(max_examples=25)
@given(st.lists(TEXT, min_size=1, max_size=3), st.sampled_from(PLACES))
def test_a_patch_edited_in_its_place_gives_what_was_edited_there_or_nothing_is_changed(
    model: Path, edits: list[tuple[tuple[str, int, object], str]], at: str
) -> None:
    with copied(model) as space:
        workspace = Workspace.open(space.root)
        modify(workspace, RecordingProgress(), at=at)
        before = read_tree(space.root, skip=(".difykit",))
        for (kind, line, what), path in edits:
            do(space, kind, path, line, what)
        wanted = read_tree(space.source)
        try:
            done = finish(
                workspace, RecordingProgress(), FinishChoice(into="patches", subject="The rest", why="random")
            )
        except DifyKitError:
            assert read_tree(space.root, skip=(".difykit",)) == before
            assert read_tree(space.source) == wanted
            return
        names = (space.root / "patches/series").read_text().split()
        last = [name for name in names if name[:4] <= at or name in (done.rebuilt.new if done.rebuilt else ())]
        commits = space.git("log", "--reverse", "--format=%H %B").split("\n")
        of = {line.split("/")[-1]: number for number, line in enumerate(commits) if line.startswith("Difykit-Patch")}
        heads = [number for number, line in enumerate(commits) if len(line.split(" ")[0]) == 40]
        commit = commits[max((n for n in heads if last and n < of[last[-1]]), default=0)].split(" ")[0]
        assert {*space.git("ls-tree", "-r", "--name-only", commit).split("\n")} == set(wanted)
        for path in PATHS:
            if path in wanted:
                assert space.git("show", f"{commit}:{path}") == wanted[path].rstrip("\n")


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(PLACES), st.integers(0, 4)), min_size=1, max_size=3))
def test_patches_dropped_and_moved_leave_a_source_that_a_sync_makes_anew_or_nothing_is_changed(
    model: Path, moves: list[tuple[str, int]]
) -> None:
    with copied(model) as space:
        for name, place in moves:
            before = read_tree(space.root, skip=(".difykit", "difykit.lock"))
            source = read_tree(space.source)
            try:
                if place:
                    reorder(Workspace.open(space.root), RecordingProgress(), name, place)
                else:
                    drop(Workspace.open(space.root), RecordingProgress(), name)
            except DifyKitError:
                assert read_tree(space.root, skip=(".difykit", "difykit.lock")) == before
            assert place == 0 or read_tree(space.source) == source
        wanted = read_tree(space.source)
        shutil.rmtree(space.root / ".difykit")
        space.sync()
        assert read_tree(space.source) == wanted
