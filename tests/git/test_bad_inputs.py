"""A table of bad inputs, each with all that difykit says of it; none leaves a trace, and nothing reaches a shell."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from difykit.git import Store
from tests.git import (
    bad_inputs_edits,
    bad_inputs_environment,
    bad_inputs_overlays,
    bad_inputs_patches,
    bad_inputs_series,
    bad_inputs_settings,
    bad_inputs_trees,
    bad_inputs_upstream,
)
from tests.git.bad_inputs import SHELL, TICKS, Bad
from tests.support.cli import Ran, difykit, inv
from tests.support.repos import Upstream
from tests.support.trees import snapshot
from tests.support.workspaces import APP_PATCH, WorkspaceFixture

ROWS = (
    *bad_inputs_settings.ROWS,
    *bad_inputs_upstream.ROWS,
    *bad_inputs_environment.ROWS,
    *bad_inputs_overlays.ROWS,
    *bad_inputs_trees.ROWS,
    *bad_inputs_edits.ROWS,
    *bad_inputs_series.ROWS,
    *bad_inputs_patches.ROWS,
)
# A command makes its lock, and one that reads a release makes the store; anything else is a trace.
OWN = (".difykit", ".difykit/lock", ".difykit/settings.lock")
STORE = ".difykit/upstream.git"


class World(NamedTuple):
    """An upstream that no test changes, and a store that has fetched its release 1.0.0."""

    upstream: Upstream
    store: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("world")
    upstream = Upstream(folder)
    upstream.release("1.0.0")
    upstream.git("tag", "a-file", "1.0.0:README.md")
    upstream.git("tag", "a-folder", "1.0.0:api")
    with Store(folder / "store.git") as store:
        store.ensure()
        store.fetch(upstream.url, "1.0.0", lambda _: None)
    return World(upstream, folder / "store.git")


@pytest.fixture
def space(world: World, tmp_path: Path) -> WorkspaceFixture:
    made = WorkspaceFixture(tmp_path / "space", world.upstream)
    shutil.copytree(world.store, made.root / STORE)
    return made


def prepare(row: Bad, space: WorkspaceFixture, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the workspace bad; the folder to run in."""
    if not row.fetched:
        shutil.rmtree(space.root / ".difykit")
    row.make(space)
    for name, value in row.env.items():
        monkeypatch.setenv(name, value)
    return space.root.parent / row.cwd


def told(ran: Ran, world: World, tmp_path: Path) -> str:
    """Standard error without what differs from run to run: folders, commit ids, git's progress."""
    text = ran.err.replace(str(world.upstream.path), "UPSTREAM").replace(str(tmp_path), "TMP")
    head, fail, rest = re.sub(r"\b(?:[0-9a-f]{40}|[0-9a-f]{12})\b", "COMMIT", text).partition("fail ")
    return re.sub(r"(?m)^ {6}.*\n", "", head) + fail + rest


def everything(folder: Path) -> dict[str, object]:
    """All that stands below a folder: every name, and what a write to a file would change."""
    names = {path.relative_to(folder).as_posix(): "" for path in folder.rglob("*")}
    return {**names, **snapshot(folder)}


def traces(before: dict[str, object], after: dict[str, object], *, fetches: bool) -> set[str]:
    """The paths that a command made, changed or took away, but for those it may."""
    changed = {path for path in before | after if before.get(path) != after.get(path)}
    changed -= {f"space/{path}" for path in OWN}
    store = f"space/{STORE}"
    if not fetches and store in before:
        return changed
    return {path for path in changed if not f"{path}/".startswith(f"{store}/")}


def refs(root: Path) -> set[str]:
    """The refs of the store, if there is one."""
    if not (root / STORE / "HEAD").is_file():
        return set()
    argv = ["git", f"--git-dir={root / STORE}", "for-each-ref", "--format=%(refname)"]
    return set(subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split())


def canaries(*folders: Path) -> list[Path]:
    """What a shell would have made."""
    return [path for folder in folders for path in folder.rglob("CANARY")] + list(Path.cwd().glob("CANARY"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_bad_input_is_told_and_leaves_no_trace(
    row: Bad, world: World, space: WorkspaceFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepare(row, space, monkeypatch)
    before, fetches = everything(tmp_path), row.said.startswith("step fetch")
    ran = inv(*row.args, cwd=folder)
    monkeypatch.undo()
    assert (told(ran, world, tmp_path), ran.code, ran.out) == (row.err, row.code, "")
    assert traces(before, everything(tmp_path), fetches=fetches) == set()
    allowed = {"refs/difykit/releases/1.0.0", *({f"refs/difykit/releases/{space.ref}"} if fetches else ())}
    assert refs(space.root) <= allowed
    assert canaries(tmp_path, world.store.parent) == []


@pytest.mark.parametrize("row", [row for row in ROWS if row.args == ("sync",)], ids=lambda row: row.name)
def test_a_question_about_a_bad_input_writes_nothing_at_all(
    row: Bad, world: World, space: WorkspaceFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepare(row, space, monkeypatch)
    before = everything(tmp_path)
    ran = inv("sync", "--check", cwd=folder)
    monkeypatch.undo()
    assert ran.code in {0, row.code}  # what only the release can show is not known before it is read
    assert ran.code == 0 or told(ran, world, tmp_path) == row.err
    assert everything(tmp_path) == before
    assert canaries(tmp_path, world.store.parent) == []


@pytest.mark.parametrize("row", ROWS[::12], ids=lambda row: row.name)
def test_a_bad_input_is_told_the_same_by_a_process_of_its_own(
    row: Bad, world: World, space: WorkspaceFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = difykit(*row.args, cwd=prepare(row, space, monkeypatch))
    assert (told(ran, world, tmp_path), ran.code, ran.out) == (row.err, row.code, "")


def test_the_table_is_long_and_names_each_row_once() -> None:
    assert len(ROWS) >= 60
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert {row.code for row in ROWS} == {1, 2}


def test_names_for_a_shell_are_names(world: World, space: WorkspaceFixture, tmp_path: Path) -> None:
    for name in (SHELL, TICKS, "; touch CANARY", "| touch CANARY", "--output=CANARY"):
        space.overlay("a", {f"web/{name}": name}, f"env: {{A: '{name}'}}\n")
    space.patch(f"{SHELL}.patch", APP_PATCH.replace("change it", TICKS))
    assert inv("sync", cwd=space.root).code == 0
    assert {path.name for path in (space.source / "web").iterdir()} >= {SHELL, TICKS, "; touch CANARY"}
    assert canaries(tmp_path, world.store.parent) == []


def test_a_byte_order_mark_is_fine(space: WorkspaceFixture) -> None:
    space.overlay("a", {"web/x": "x"})
    for name in ("difykit.yaml", "overlays/a/overlay.yaml"):
        space.root.joinpath(name).write_bytes(b"\xef\xbb\xbf" + space.root.joinpath(name).read_bytes())
    assert inv("sync", cwd=space.root).code == 0
    assert (space.source / "web/x").exists()


def test_no_home_is_fine(space: WorkspaceFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(space.root / STORE)
    for name in ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"):
        monkeypatch.delenv(name)
    ran = difykit("sync", cwd=space.root)
    assert (ran.code, (space.source / "README.md").exists()) == (0, True)
