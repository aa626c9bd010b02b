"""`adopt` of the real fork YFGaia/dify-plus: its tags 1.12.1 and 1.8.1, byte for byte, and what its merges left.

`DIFYKIT_FORK` names its git directory. A mirror may lack large files, which git cannot fetch then: a repository beside
it that borrows its objects, and holds those files, serves as well.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from difykit.adopt import AdoptionPlan, Request, adopt
from difykit.core import files
from difykit.core.progress import Silent
from difykit.source.sync import sync
from difykit.workspace.workspace import Workspace

pytestmark = pytest.mark.upstream

UPSTREAM = os.environ.get("DIFYKIT_UPSTREAM", "").removeprefix("file://")
FORK = os.environ.get("DIFYKIT_FORK", "").removeprefix("file://")
TAGS = ("1.12.1", "1.8.1")
RESURRECTED = ("api/core/workflow/workflow_cycle_manager.py", "web/i18n-config/i18next-config.ts")


@pytest.fixture(scope="module", params=TAGS)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, AdoptionPlan]:
    """The workspace that came of a tag, and the plan."""
    if not UPSTREAM or not FORK:
        pytest.skip("DIFYKIT_UPSTREAM and DIFYKIT_FORK must name Dify's releases and the fork's git directory")
    root = tmp_path_factory.mktemp("adopted")
    url = Path(UPSTREAM).resolve().as_uri()
    files.write(root / "difykit.yaml", f'version: 1\nupstream: {{url: "{url}", ref: 1.15.0}}\n')
    wanted = Request(FORK, request.param, name="dify-plus")
    return Workspace.open(root), adopt(Workspace.open(root), wanted, Silent())


def kinds(plan: AdoptionPlan, kind: str) -> list[str]:
    return [each.path for each in plan.findings if each.kind == kind]


def test_its_base_is_the_release_of_its_name(done: tuple[Workspace, AdoptionPlan]) -> None:
    _, plan = done
    assert plan.base.ref == plan.request.ref
    assert plan.candidates[0].differs * 1.05 < plan.candidates[1].differs


def test_a_sync_of_it_is_the_fork_byte_for_byte(done: tuple[Workspace, AdoptionPlan]) -> None:
    here, plan = done
    sync(Workspace.open(here.root), Silent())
    asked = ["git", "-C", str(here.source), "rev-parse", "HEAD^{tree}"]
    made = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    theirs = ["git", f"--git-dir={FORK}", "rev-parse", f"refs/tags/{plan.request.ref}^{{tree}}"]
    assert made == subprocess.run(theirs, check=True, capture_output=True, text=True).stdout.strip()
    clean = ["git", "-C", str(here.source), "status", "--porcelain"]
    assert subprocess.run(clean, check=True, capture_output=True, text=True).stdout == ""


def test_every_difference_is_in_exactly_one_place(done: tuple[Workspace, AdoptionPlan]) -> None:
    _, plan = done
    in_patches = [path for each in plan.patches for path in each.paths]
    assert len(in_patches) == len(set(in_patches))
    assert set(in_patches).isdisjoint(plan.split.overlay)


def test_what_its_merges_left_is_told(done: tuple[Workspace, AdoptionPlan]) -> None:
    _, plan = done
    if plan.request.ref != "1.12.1":
        pytest.skip("the leftovers are those of 1.12.1")
    assert kinds(plan, "merge copy") == ["AGENTS.md~upstream_main"]
    lost = kinds(plan, "deleted")
    assert len([path for path in lost if path.startswith("web/i18n/uk-UA/")]) == 18
    assert set(lost) - {"AGENTS.md"} == {path for path in lost if "uk-UA" in path}
    stale = kinds(plan, "stale")
    assert len(stale) >= 29
    assert set(RESURRECTED) <= set(stale)


def test_the_drifted_copy_of_the_compose_file_is_told(done: tuple[Workspace, AdoptionPlan]) -> None:
    _, plan = done
    copy = "docker/docker-compose.dify-plus.yaml"
    told = [each.text for each in plan.findings if each.kind == "compose" and each.path == copy]
    assert any("publishes its port (5432:5432)" in text for text in told)
    if plan.request.ref == "1.12.1":
        assert any(
            "semitechnologies-weaviate:1.19.0, Dify's own file semitechnologies/weaviate:1.27.0" in text
            for text in told
        )
        assert any("dify-plugin-daemon:0.5.2" in text for text in told)
        assert any("PLUGIN_MODEL_SCHEMA_CACHE_TTL" in text for text in told)
