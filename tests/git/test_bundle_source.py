"""A release packed out of one store and into another: the same bytes whatever the store, and nothing half taken in."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.git import Store, pack_release, unpack_release
from tests.support.repos import Upstream
from tests.support.trees import Link, Script
from tests.support.workspaces import APP_PATCH, WorkspaceFixture


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path / "upstream")
    made.release("0.9.0", {"old.txt": "old\n"})
    made.release("1.0.0", {"old.txt": None, "run.sh": Script("#!/bin/sh\n"), "link": Link("run.sh"), "empty": ""})
    return made


def fetched(upstream: Upstream, place: Path) -> tuple[Store, str]:
    store = Store(place)
    store.ensure()
    return store, store.fetch(upstream.url, "1.0.0", lambda _: None)


def test_the_pack_does_not_depend_on_how_the_store_has_it(upstream: Upstream, tmp_path: Path) -> None:
    store, commit = fetched(upstream, tmp_path / "a.git")
    pack = pack_release(store, commit)
    assert pack_release(Store(upstream.path), commit) == pack  # loose objects, and a history
    upstream.git("repack", "-a", "-d", "-q")
    assert pack_release(Store(upstream.path), commit) == pack


def test_what_was_packed_is_a_release_like_a_fetched_one(upstream: Upstream, tmp_path: Path) -> None:
    store, commit = fetched(upstream, tmp_path / "a.git")
    other = Store(tmp_path / "b.git")
    for _ in range(2):
        unpack_release(other, "1.0.0", commit, pack_release(store, commit))
        assert other.release("1.0.0") == commit
        assert other.tree(commit).entries == store.tree(commit).entries
    assert (tmp_path / "b.git" / "shallow").read_text() == f"{commit}\n"
    with other:
        assert other.tree(commit).read("run.sh") == ("100755", b"#!/bin/sh\n")


@pytest.mark.parametrize("damage", ["cut", "changed", "another"])
def test_a_pack_that_is_not_the_release_is_not_taken_in(upstream: Upstream, tmp_path: Path, damage: str) -> None:
    store, commit = fetched(upstream, tmp_path / "a.git")
    pack = pack_release(store, commit)
    before = upstream.git("rev-parse", "0.9.0")
    packs = {
        "cut": pack[:-30],
        "changed": pack[:40] + bytes([pack[40] ^ 1]) + pack[41:],
        "another": pack_release(Store(upstream.path), before),
    }
    other = Store(tmp_path / "b.git")
    with pytest.raises(DifyKitError, match=r"does not hold Dify 1\.0\.0 whole"):
        unpack_release(other, "1.0.0", commit, packs[damage])
    assert other.release("1.0.0") is None


def test_sync_makes_the_same_source_on_it_without_the_upstream(upstream: Upstream, tmp_path: Path) -> None:
    here = WorkspaceFixture(tmp_path / "here", upstream)
    here.patch("0001-one.patch", APP_PATCH)
    made = here.sync()
    there = WorkspaceFixture(tmp_path / "there", (tmp_path / "nowhere.git").as_uri())
    there.patch("0001-one.patch", APP_PATCH)
    with Store(here.root / ".difykit/upstream.git") as store, Store(there.root / ".difykit/upstream.git") as other:
        unpack_release(other, "1.0.0", made.base, pack_release(store, made.base))
    assert there.sync().commit == made.commit
