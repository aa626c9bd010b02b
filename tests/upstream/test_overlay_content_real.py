"""On every real release: no alarm where nothing is wrong, and one where a route takes what is of Dify."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core import tsx_source, yaml
from difykit.core.syntax_tree import grammar_of
from difykit.dify import layout, locks
from difykit.dify import pages as page_names
from difykit.dify.python_version import release_python
from difykit.git import Store, Tree
from difykit.release.compose import schema_faults
from difykit.source.routes import read_addresses, taken
from difykit.workspace.manifest import Route
from tests.upstream.test_all_releases import PLACE, releases

pytestmark = pytest.mark.upstream

FREE = ("/custom-endpoint", "/hello-table", "/hello", "/my-orders", "/orders/v1", "/files-of-mine", "/apps-of-mine")
TAKEN = (
    *("/a", "/in", "/v1/x", "/v1", "/console/api/x", "/api", "/_next", "/_next/static", "/signin", "/apps", "/apps/"),
    *("/files", "/files/x", "/e/", "/e/x", "/inner/api", "/inner/api/x", "/explore", "/health", "/app/x", "/logo"),
)


def tree_of(store: Store, release: str) -> Tree:
    commit = store.resolve(release)
    assert commit
    return store.tree(commit)


@pytest.mark.parametrize("release", releases())
def test_routes_are_free_or_taken_as_they_should_be(release: str) -> None:
    with Store(Path(PLACE)) as store:
        addresses = read_addresses(tree_of(store, release))
    assert {path: taken(Route(path=path), addresses) for path in FREE} == dict.fromkeys(FREE, "")
    assert [path for path in TAKEN if not taken(Route(path=path), addresses)] == []
    assert "/inner/api" in taken(Route(path="/in"), addresses)
    assert "/account" in taken(Route(path="/a"), addresses)
    assert "/apps" in taken(Route(path="/a"), addresses)


@pytest.mark.parametrize("release", releases())
def test_a_release_says_which_python_runs_it_and_what_its_locks_are(release: str) -> None:
    with Store(Path(PLACE)) as store:
        tree = tree_of(store, release)
        python = release_python(tree.text(layout.API_PROJECT), tree.text(layout.API_DOCKERFILE))
        package = tree.text(layout.WEB_PACKAGE)
        lock = next(path for path in ("web/pnpm-lock.yaml", "pnpm-lock.yaml") if tree.has_file(path))
        locked = locks.locked(lock, tree.text(lock), layout.WEB_PACKAGE, package)
    assert python.image == (3, 12)
    assert python.oldest in {(3, 11), (3, 12)}
    asked = locks.asked(layout.WEB_PACKAGE, package)
    assert asked
    assert locked
    assert asked.keys() == locked.keys()


@pytest.mark.parametrize("release", releases())
def test_difys_own_files_give_no_alarm(release: str) -> None:
    with Store(Path(PLACE)) as store:
        tree = tree_of(store, release)
        compose = yaml.load(layout.COMPOSE_FILE, tree.text(layout.COMPOSE_FILE)).value
        pages = [path for path in tree.under(layout.PAGES) if path.endswith(("/page.tsx", "/layout.tsx"))]
        store.prefetch(tree.entries[path].oid for path in pages)
        faults = {path: tsx_source.fault_in(tree.text(path), grammar_of(path) or "tsx") for path in pages}
        plain = [path for path in pages if not tsx_source.exports_default(tree.text(path))]
        doubles = [
            *page_names.same_addresses(tree.under(layout.PAGES)),
            *page_names.other_names(tree.under(layout.PAGES)),
        ]
        lacking = [
            (path, name)
            for path in pages
            for _, name in tsx_source.imported(tree.text(path))
            if (places := page_names.imported_paths(path, name)) and not any(map(tree.has_file, places))
        ]
    assert schema_faults(compose) == []
    assert {path: fault for path, fault in faults.items() if fault} == {}
    assert plain == []
    assert doubles == []
    assert lacking == []
