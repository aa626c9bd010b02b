"""The guards of `sync`: what would stop the database is an error before an image is built."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from difykit.core.errors import ConfigError
from tests.support.repos import Upstream
from tests.support.trees import Content
from tests.support.workspaces import WorkspaceFixture

DIFY = "api/migrations/versions"
OWN = "api: {migrations: {folder: orders/migrations}}\n"
FOLDER = "api/orders/migrations/versions"


def revision(name: str, follows: str | None = None, depends: str | None = None) -> str:
    head = f"import x\n\nrevision = {name!r}\ndown_revision = {follows!r}\ndepends_on = {depends!r}\n"
    return head + "\n\ndef upgrade():\n    pass\n"


@pytest.fixture
def space(tmp_path: Path) -> WorkspaceFixture:
    upstream = Upstream(tmp_path)
    chain: dict[str, Content] = {f"{DIFY}/a.py": revision("a"), f"{DIFY}/b.py": revision("b", "a")}
    upstream.release("1.0.0", chain)
    # The next release has dropped b, and goes on with c.
    upstream.release("1.1.0", {f"{DIFY}/b.py": None, f"{DIFY}/c.py": revision("c", "a")})
    return WorkspaceFixture(tmp_path / "space", upstream)


def refused(space: WorkspaceFixture) -> ConfigError:
    """How sync refuses; no source is written down."""
    made = space.root / ".difykit" / "source.json"
    before = made.read_bytes() if made.exists() else b""
    with pytest.raises(ConfigError) as caught:
        space.sync()
    assert (made.read_bytes() if made.exists() else b"") == before
    return caught.value


def orders(space: WorkspaceFixture, tree: Mapping[str, Content], manifest: str = OWN) -> None:
    space.overlay("orders", {f"{FOLDER}/{name}": text for name, text in tree.items()}, manifest)


def test_the_program_knows_the_heads_of_all_chains(space: WorkspaceFixture) -> None:
    orders(space, {"1.py": revision("o1"), "2.py": revision("o2", "o1", "b")})
    space.sync()
    text = (space.source / "api/difykit_overlays/migrate.py").read_text()
    compile(text, "migrate.py", "exec")
    assert 'DIFY = ("b",)\n' in text
    assert '    ("orders", "orders/migrations", "difykit_orders", ("o2",)),\n' in text
    assert not (space.source / "api/difykit_overlays/__init__.py").exists()
    assert "wiring: register what the overlays add (orders)" in space.git("log", "-1", "--format=%s")
    before = space.git("rev-parse", "HEAD")
    orders(space, {"3.py": revision("o3", "o2")})
    space.sync()
    assert space.git("rev-parse", "HEAD") != before
    assert '("o3",)' in (space.source / "api/difykit_overlays/migrate.py").read_text()


def test_a_version_table_that_is_there_already_can_be_named(space: WorkspaceFixture) -> None:
    orders(space, {"1.py": revision("o1")}, "api: {migrations: {folder: orders/migrations, table: orders_version}}\n")
    space.sync()
    assert '"orders_version"' in (space.source / "api/difykit_overlays/migrate.py").read_text()


def test_two_ends_of_difys_chain_are_an_error(space: WorkspaceFixture) -> None:
    space.sync()
    space.overlay("mine", {f"{DIFY}/mine.py": revision("m", "a")})
    error = refused(space)
    assert str(error) == (
        f"overlays/mine/tree/{DIFY}/mine.py:4: Dify's chain has 2 ends, which `flask upgrade-db` refuses:"
        " b (Dify's own), m (of the overlay mine)"
    )
    assert error.hint.startswith("a table of your own goes into a chain of its own, beside Dify's: difykit overlay.new")


def test_a_migration_in_difys_chain_whose_parent_dify_dropped_is_an_error(space: WorkspaceFixture) -> None:
    space.overlay("mine", {f"{DIFY}/mine.py": revision("m", "b")})
    space.sync()
    space.pin("1.1.0")
    error = refused(space)
    assert f"overlays/mine/tree/{DIFY}/mine.py:4: the migration m (of the overlay mine) follows b, which" in str(error)


def test_an_overlays_migration_that_needs_what_dify_dropped_is_an_error(space: WorkspaceFixture) -> None:
    orders(space, {"1.py": revision("o1", None, "b")})
    space.sync()
    space.pin("1.1.0")
    assert str(refused(space)) == (
        f"overlays/orders/tree/{FOLDER}/1.py:5: depends on b, which neither Dify has in this release, nor an overlay"
        " before this one"
    )


def test_a_revision_of_an_overlay_before_can_be_needed_and_of_one_after_not(space: WorkspaceFixture) -> None:
    other = {"api/other/migrations/versions/1.py": revision("p1", None, "o1")}
    orders(space, {"1.py": revision("o1")})
    space.overlay("other", other, "api: {migrations: {folder: other/migrations}}\n")
    space.sync()
    space.overlays = ("other", "orders")
    space.write({})
    assert "depends on o1, which neither Dify has" in str(refused(space))


@pytest.mark.parametrize(
    ("tree", "line", "text"),
    [
        ({"1.py": revision("o1", "b")}, "1.py:4", 'down_revision = None and depends_on = "b"'),
        ({"1.py": revision("o1", "gone")}, "1.py:4", f"follows gone, which is not in {FOLDER}"),
        ({"1.py": revision("o1"), "2.py": revision("o2")}, "1.py:4", "2 migrations that nothing follows: o1, o2"),
        ({"1.py": revision("o1"), "2.py": revision("o1")}, "1.py:3", "the revision o1 is in 2.py as well"),
        (
            {"1.py": revision("o1", "o2"), "2.py": revision("o2", "o1")},
            "1.py:4",
            "o1, o2 follow each other in a circle",
        ),
        ({"1.py": "revision = make()\n"}, "1.py", 'has no `revision = "…"` that can be read'),
        ({"1.py": "revision = 'o1'\ndown_revision = None\n"}, "1.py", "has no function upgrade()"),
        ({"1.py": revision("o1") + "def (\n"}, "1.py:10", "is not Python"),
        ({"1.py": revision("o" * 33)}, "1.py:3", "must be letters, digits and _, 32 at most"),
        ({"1.py": revision("o-1")}, "1.py:3", "must be letters, digits and _, 32 at most"),
    ],
)
def test_a_chain_that_cannot_run_is_an_error(
    space: WorkspaceFixture, tree: dict[str, Content], line: str, text: str
) -> None:
    orders(space, tree)
    said = str(refused(space))
    assert f"overlays/orders/tree/{FOLDER}/{line}: " in said
    assert text in said


@pytest.mark.parametrize(
    ("migrations", "text"),
    [
        ("{folder: none}", "overlay.yaml:3: api.migrations: there is no migration in api/none/versions"),
        ("{folder: migrations}", "overlay.yaml:3: api.migrations: api/migrations is of Dify already"),
        ("{folder: orders/migrations, table: alembic_version}", "the version table alembic_version is of Dify already"),
    ],
)
def test_a_folder_or_a_table_that_cannot_be_is_an_error(space: WorkspaceFixture, migrations: str, text: str) -> None:
    orders(space, {"1.py": revision("o1")}, f"api: {{migrations: {migrations}}}\n")
    assert text in str(refused(space))


def test_two_overlays_with_one_table_or_one_folder_are_an_error(space: WorkspaceFixture) -> None:
    orders(space, {"1.py": revision("o1")})
    space.overlay("twin", manifest="api: {migrations: {folder: orders/migrations, table: difykit_orders}}\n")
    said = str(refused(space))
    assert "the version table difykit_orders is of the overlay orders already" in said
    assert "api/orders/migrations is of the overlay orders already" in said


def test_a_name_that_postgresql_would_cut_off_is_an_error(space: WorkspaceFixture) -> None:
    space.overlay("o" * 60, {f"{FOLDER}/1.py": revision("o1")}, OWN)
    assert "would have more than 63 characters" in str(refused(space))


def test_the_same_again_is_not_looked_at_again(space: WorkspaceFixture) -> None:
    orders(space, {"1.py": revision("o1")})
    assert space.sync() == space.sync()
