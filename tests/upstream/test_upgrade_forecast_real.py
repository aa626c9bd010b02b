"""Forecasts on the real releases: the hello overlays everywhere, and patches as git's merge of whole trees has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from difykit.core import files
from difykit.core.progress import Silent
from difykit.git import Store
from difykit.git.mergetree import Unmerged, merge_pairs
from difykit.git.scratch_repository import Root, borrowing, write_roots
from difykit.porting import Forecast, State, Wish, forecast
from difykit.porting.plan.chain import build, release_of
from difykit.porting.plan.series import SeriesStep
from difykit.source.patch import load
from difykit.workspace.workspace import Workspace
from tests.bench.forecast import PIN
from tests.bench.forecast import workspace as benched

pytestmark = pytest.mark.upstream

COMPARED = ("1.8.1", "1.13.3", "1.15.0")


@pytest.fixture(scope="module")
def url() -> str:
    place = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
    if not place:
        pytest.skip("DIFYKIT_UPSTREAM names no repository of Dify's releases")
    return Path(place).resolve().as_uri()


def test_the_hello_overlays_go_from_1_0_0_to_every_later_release_without_work(url: str, tmp_path: Path) -> None:
    names = "[hello-endpoint, hello-console, hello-page]"
    files.write(tmp_path / "difykit.yaml", f'version: 1\nupstream: {{url: "{url}", ref: 1.0.0}}\noverlays: {names}\n')
    found = forecast(Workspace.open(tmp_path), Wish(), Silent())
    assert len(found.outlooks) >= 40
    assert {one.ref: one.work for one in found.outlooks if one.work} == {}
    assert found.newest_without_work == found.outlooks[-1].ref


@pytest.fixture(scope="module")
def patched(url: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Forecast]:
    here = benched(tmp_path_factory.mktemp("patched"), url)
    return here, forecast(here, Wish(to=(*COMPARED, "1.10.0", "1.10.1", "1.14.0", "1.14.1")), Silent())


@pytest.mark.parametrize("ref", COMPARED)
def test_a_patch_conflicts_where_a_merge_of_the_whole_trees_does(patched: tuple[Workspace, Forecast], ref: str) -> None:
    here, found = patched
    outlook = next(one for one in found.outlooks if one.ref == ref)
    with Store(here.store) as store, borrowing(store) as scratch:
        for step, cell in zip(_steps(here, scratch), outlook.cells, strict=False):
            by_git = {
                (each.path, _gone(each.kind)) for each in _by_git(scratch, step.before, outlook.commit, step.after)
            }
            told = {
                (part.what, part.state is State.GONE)
                for part in cell.parts
                if part.state in {State.CONFLICTS, State.GONE} or part.strategy
            }
            solved = {path for part in cell.parts if part.strategy for path in [part.what]}
            assert {(path, gone and path not in solved) for path, gone in by_git} == told, step.patch.name


def _by_git(scratch: Store, base: str, ours: str, theirs: str) -> tuple[Unmerged, ...]:
    """What git leaves of a merge of the whole trees."""
    past, *pair = (scratch.tree_id(commit) for commit in (base, ours, theirs))
    ids = write_roots(scratch, [Root({}, past), *(Root({}, tree, 0) for tree in pair)])
    return merge_pairs(scratch, [(ids[1], ids[2])])[0].unmerged


def _steps(here: Workspace, scratch: Store) -> tuple[SeriesStep, ...]:
    base = scratch.resolve(_pin(here))
    assert base
    chain = build(here, scratch, release_of(scratch, PIN, base))
    return chain.steps(scratch, scratch.tree(base), load(here.patches))


def _pin(here: Workspace) -> str:
    with Store(here.store) as store:
        return store.release(PIN) or ""


def _gone(kind: str) -> bool:
    return kind in {"modify/delete", "rename/delete"}


def test_what_the_releases_bring_is_what_is_known_of_them(patched: tuple[Workspace, Forecast]) -> None:
    facts = {one.ref: one.facts for one in patched[1].outlooks}
    assert (facts["1.10.0"].compose_needs, facts["1.10.1"].compose_needs) == ("2.0.0", "2.20.0")
    assert (facts["1.14.0"].compose_needs, facts["1.14.1"].compose_needs) == ("2.20.0", "2.24.0")
    assert facts["1.10.0"].services.renamed == {"db_postgres": "db"}
    assert "api_websocket" in facts["1.14.1"].services.added
    assert facts["1.15.0"].services.images["plugin_daemon"][1].endswith(":0.6.3-local")
    assert len(facts["1.15.0"].migrations) == 34
    assert facts["1.15.0"].env.renamed["VIKINGDB_SCHEMA"] == "VIKINGDB_SCHEME"
    assert not [problem for one in facts.values() for problem in one.problems]


def test_web_is_built_from_source_and_api_gets_a_layer(patched: tuple[Workspace, Forecast]) -> None:
    found = {(one.ref, each.image): each.strategy for one in patched[1].outlooks for each in one.images}
    assert {strategy for (_, image), strategy in found.items() if image == "web"} == {"source"}
    assert {strategy for (_, image), strategy in found.items() if image == "api"} <= {"layer", "source"}
