"""`adopt` of forks that are cut off, partial, borrowed, damaged or odd: an end, in words, with few processes."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.support.bounded import MOST, bounded
from tests.support.odd_forks import (
    Make,
    bare,
    borrowed,
    borrowed_from_nowhere,
    borrowed_in_a_circle,
    cloned,
    damaged,
    git,
    grafted,
    lacking_each_other,
    lacking_folders_itself,
    lacking_gone,
    lacking_itself,
    lacking_itself_dot,
    lacking_itself_relative,
    of_a_submodule,
    partial,
    partial_of_folders,
    partial_offline,
    replaced,
    shallow,
    shallow_and_filtering,
    shallow_and_partial,
    shallow_bare,
    shallow_in_two,
    shallow_since,
    unborn,
    without_commits,
    work_tree,
)
from tests.support.repos import Upstream
from tests.support.trees import Content
from tests.support.workspaces import WorkspaceFixture

PARTS: dict[str, Content] = {f"api/core/part_{number}.py": f"P = {number}\n" for number in range(12)}
SHALLOW = "the fork is a shallow clone, its history is cut off: it is adopted by its files alone"
LACKS = "it is a partial clone, which lacks files of it"


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.git("config", "uploadpack.allowFilter", "true")
    made.release("1.0.0", PARTS)
    made.release("1.1.0", {"api/core/part_1.py": "P = 'one'\n"})
    return made


KINDS: list[tuple[Make, int, str]] = [
    (shallow, 0, SHALLOW),
    (shallow_and_filtering, 0, SHALLOW),
    (shallow_in_two, 0, SHALLOW),
    (shallow_since, 0, SHALLOW),
    (shallow_bare, 0, SHALLOW),
    (shallow_and_partial, 0, SHALLOW),
    (partial, 0, "overlay fork: 1 files"),
    (partial_offline, 0, "overlay fork: 1 files"),
    (
        partial_of_folders,
        0,
        "the fork's history cannot be read, so it is adopted by its files alone: cannot fetch main from",
    ),
    (lacking_gone, 1, LACKS),
    (lacking_itself, 1, LACKS),
    (lacking_folders_itself, 1, LACKS),
    (lacking_itself_relative, 1, LACKS),
    (lacking_itself_dot, 1, LACKS),
    (lacking_each_other, 1, LACKS),
    (borrowed, 0, "overlay fork: 1 files"),
    (borrowed_from_nowhere, 1, "objects of it are missing or damaged there"),
    (borrowed_in_a_circle, 0, "overlay fork: 1 files"),
    (grafted, 0, "overlay fork: 1 files"),
    (replaced, 0, "overlay fork: 1 files"),
    (of_a_submodule, 0, "vendor/thing: a stray: no .gitmodules says of which repository"),
    (work_tree, 0, "overlay fork: 1 files"),
    (bare, 0, "overlay fork: 1 files"),
    (without_commits, 1, "has no main"),
    (unborn, 1, "has no main"),
    (damaged, 1, "objects of it are missing or damaged there"),
]


@pytest.mark.parametrize(("make", "code", "words"), KINDS, ids=[row[0].__name__ for row in KINDS])
def test_each_kind_of_fork_comes_to_an_end(
    tmp_path: Path, upstream: Upstream, make: Make, code: int, words: str
) -> None:
    make(upstream, tmp_path / "fork")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    ran = bounded("adopt", "--fork", "../fork", "--ref", "main", cwd=space.root)
    assert (ran.code, ran.left) == (code, 0), ran.said
    assert ran.peak < MOST
    assert words in ran.said
    if code == 0:
        made = "main~1" if make is of_a_submodule else "main"  # which is left out
        assert inv_sync(space) == git(tmp_path / "fork", "rev-parse", f"{made}^{{tree}}")
    else:
        assert not (space.root / "patches").is_dir()
        assert "\nhint " in ran.said


def inv_sync(space: WorkspaceFixture) -> str:
    """The tree that a sync of the workspace gives."""
    ran = bounded("sync", cwd=space.root)
    assert ran.code == 0, ran.said
    return space.git("rev-parse", "HEAD^{tree}")


@pytest.mark.parametrize(
    ("ref", "words"),
    [
        ("annotated", ""),
        ("light", ""),
        ("nested", ""),
        ("HEAD", ""),
        ("of-a-blob", "of-a-blob of file:///.* is not a commit"),
        ("of-a-tree", "of-a-tree of file:///.* is not a commit"),
        ("of-a-blob-annotated", "is not a commit"),
        ("nowhere", "has no nowhere"),
    ],
)
def test_each_kind_of_ref_is_a_commit_or_refused(tmp_path: Path, upstream: Upstream, ref: str, words: str) -> None:
    made = cloned(upstream, tmp_path / "fork")
    git(made, "tag", "light")
    git(made, "tag", "--annotate", "--message=a", "annotated")
    git(made, "tag", "--annotate", "--message=n", "nested", "annotated")
    git(made, "tag", "of-a-blob", "HEAD:api/own.py")
    git(made, "tag", "of-a-tree", "HEAD^{tree}")
    git(made, "tag", "--annotate", "--message=b", "of-a-blob-annotated", "HEAD:api/own.py")
    git(made, "checkout", "--quiet", "--detach")
    ran = bounded("adopt", "--fork", "../fork", "--ref", ref, cwd=WorkspaceFixture(tmp_path / "ws", upstream).root)
    assert ran.code == (1 if words else 0), ran.said
    assert re.search(words, ran.said)


def test_a_shallow_fork_says_so_on_the_screen_on_its_page_and_as_json(tmp_path: Path, upstream: Upstream) -> None:
    shallow(upstream, tmp_path / "fork")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    ran = bounded("adopt", "--fork", "../fork", "--ref", "main", "--by", "commit", "--json", cwd=space.root)
    assert ran.code == 0, ran.said
    assert [line for line in ran.said.splitlines() if SHALLOW in line and line.startswith("warn ")]
    assert json.loads(ran.said.splitlines()[-1])["by_files"] == SHALLOW
    assert f"T{SHALLOW[1:]}.\n" in (space.root / "overlays" / "fork" / "ADOPTED.md").read_text()


def test_a_whole_fork_says_nothing_of_the_kind(tmp_path: Path, upstream: Upstream) -> None:
    cloned(upstream, tmp_path / "fork")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    ran = bounded("adopt", "--fork", "../fork", "--ref", "main", "--json", cwd=space.root)
    assert json.loads(ran.said.splitlines()[-1])["by_files"] == ""
    assert "by its files alone" not in (space.root / "overlays" / "fork" / "ADOPTED.md").read_text()


def test_a_shallow_upstream_is_no_trap_either(tmp_path: Path, upstream: Upstream) -> None:
    cloned(upstream, tmp_path / "fork")
    cut = tmp_path / "cut.git"
    git(tmp_path, "clone", "--quiet", "--bare", "--depth=1", upstream.url, str(cut))
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    file = space.root / "difykit.yaml"
    file.write_text(file.read_text().replace(upstream.url, cut.as_uri()).replace("ref: 1.0.0", "ref: 1.1.0"))
    ran = bounded("adopt", "--fork", "../fork", "--ref", "main", cwd=space.root)
    assert (ran.code, ran.left) == (0, 0), ran.said


@pytest.mark.parametrize("moment", ["fetch main of", "read the folders", "read the history", "compare the fork"])
@pytest.mark.parametrize("make", [shallow, partial, lacking_itself], ids=lambda make: make.__name__)
def test_an_interrupt_ends_it_with_all_that_it_started(
    tmp_path: Path, upstream: Upstream, make: Make, moment: str
) -> None:
    make(upstream, tmp_path / "fork")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    ran = bounded("adopt", "--fork", "../fork", "--ref", "main", cwd=space.root, interrupt_at=moment)
    assert ran.left == 0
    assert ran.code in {0, 1, 130}, ran.said  # it may have been done
    assert "Traceback" not in ran.said


@pytest.fixture
def old_git(tmp_path: Path) -> dict[str, str]:
    """An environment in which git does not know that it can be kept from fetching by itself."""
    real = shutil.which("git")
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "git").write_text(f'#!/bin/sh\nunset GIT_NO_LAZY_FETCH\nexec {real} "$@"\n')
    (folder / "git").chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize(
    ("make", "outcome"),
    [
        (shallow, (0, SHALLOW)),
        (shallow_and_filtering, (0, SHALLOW)),
        (borrowed, (0, "overlay fork: 1 files")),
        (partial, (1, "is a partial clone, and this git cannot be kept from fetching for it")),
        (lacking_itself, (1, "is a partial clone, and this git cannot be kept from fetching for it")),
        (lacking_each_other, (1, "upgrade git to 2.44 or newer")),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_an_old_git_is_not_brought_to_fetch_by_itself(
    tmp_path: Path, upstream: Upstream, old_git: dict[str, str], make: Make, outcome: tuple[int, str]
) -> None:
    code, words = outcome
    make(upstream, tmp_path / "fork")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    ran = bounded("adopt", "--fork", "../fork", "--ref", "main", cwd=space.root, env=old_git)
    assert (ran.code, ran.left) == (code, 0), ran.said
    assert ran.peak < MOST
    assert words in ran.said
    for store in (space.root / ".difykit").rglob("config"):
        assert "promisor" not in store.read_text()


def test_a_store_that_a_newer_git_made_is_made_anew_by_an_old_one(
    tmp_path: Path, upstream: Upstream, old_git: dict[str, str]
) -> None:
    shallow(upstream, tmp_path / "fork")
    space = WorkspaceFixture(tmp_path / "ws", upstream)
    argv = ("adopt", "--fork", "../fork", "--ref", "main", "--check")
    assert bounded(*argv, cwd=space.root).code == 0
    config = space.root / ".difykit" / "adopt" / "commits.git" / "config"
    assert "promisor" in config.read_text()
    assert bounded(*argv, cwd=space.root, env=old_git).code == 0
    assert "promisor" not in config.read_text()
