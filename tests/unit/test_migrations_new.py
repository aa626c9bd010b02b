"""`overlay.migration`: new migrations of an overlay, and the kind `table` that they begin with."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.source.migrations import new_migration, read_revision
from difykit.source.overlay import has_tables, new, show, to_change
from difykit.workspace.workspace import Overlay, Workspace
from tests.support.trees import read_tree, write_tree

NOW = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
FOLDER = "tree/api/overlay_orders/migrations/versions"


@pytest.fixture
def here(tmp_path: Path) -> Workspace:
    write_tree(tmp_path, {"difykit.yaml": "version: 1\nupstream: {ref: 1.0.0}\n"})
    new(Workspace.open(tmp_path), "orders", "table")
    return Workspace.open(tmp_path)


@pytest.fixture
def orders(here: Workspace) -> Overlay:
    return to_change(here, "orders")


def test_it_follows_the_last_one_and_is_python(orders: Overlay) -> None:
    first = next((orders.folder / FOLDER).iterdir())
    made = new_migration(orders, "Ein  Maß für Aufträge", moment=NOW)
    assert made.path == f"{FOLDER}/2026_03_04_0506-{made.revision}_ein_ma_fur_auftrage.py"
    content = (orders.folder / made.path).read_bytes()
    before = read_revision("", first.read_bytes()).id
    assert read_revision("", content).follows == made.follows == (before,)
    assert read_revision("", content).id == made.revision
    assert content.decode().startswith(f'"""Ein Maß für Aufträge\n\nRevision ID: {made.revision}\nRevises: {before}\n')
    assert "overlay_orders" in content.decode()
    ast.parse(content)
    again = new_migration(orders, "more", moment=NOW)
    assert again.follows == (made.revision,)


def test_two_that_were_written_at_once_are_joined(orders: Overlay) -> None:
    (first,) = (orders.folder / FOLDER).iterdir()
    parent = read_revision("", first.read_bytes()).id
    for name in ("x", "y"):
        text = f'revision = "{name}"\ndown_revision = "{parent}"\ndef upgrade(): pass\n'
        (orders.folder / FOLDER / f"{name}.py").write_text(text)
    made = new_migration(orders, "join", moment=NOW)
    assert made.follows == ("x", "y")
    assert read_revision("", made.text.encode()).follows == ("x", "y")
    ast.parse(made.text)


@pytest.mark.parametrize("message", ['say """hi"""', 'a "quote"', "back\\slash \\N", "日本"])
def test_any_message_gives_python(orders: Overlay, message: str) -> None:
    made = new_migration(orders, message, moment=NOW)
    ast.parse(made.text)
    assert made.path.isascii()


def test_without_a_message_it_is_refused(orders: Overlay) -> None:
    with pytest.raises(DifyKitError, match="needs a message") as caught:
        new_migration(orders, "  ")
    assert "difykit overlay.migration orders --message" in caught.value.hint


def test_an_overlay_without_migrations_is_told_what_to_write(tmp_path: Path) -> None:
    write_tree(tmp_path, {"difykit.yaml": "version: 1\nupstream: {ref: 1.0.0}\n"})
    new(Workspace.open(tmp_path), "my-orders", "env")
    with pytest.raises(DifyKitError, match=r"overlays/my-orders/overlay\.yaml has no migrations") as caught:
        new_migration(to_change(Workspace.open(tmp_path), "my-orders"), "x")
    assert "migrations: {folder: overlay_my_orders/migrations}" in caught.value.hint


def test_a_file_that_cannot_be_read_is_named_and_nothing_is_written(orders: Overlay) -> None:
    (orders.folder / FOLDER / "odd.py").write_text("revision = make()\n")
    before = read_tree(orders.folder)
    with pytest.raises(DifyKitError, match=r"the last migration of orders cannot be told: odd\.py"):
        new_migration(orders, "x")
    assert read_tree(orders.folder) == before


def test_a_preset_is_ejected_first(here: Workspace) -> None:
    with pytest.raises(DifyKitError, match="hello-table is an overlay that difykit ships") as caught:
        to_change(here, "hello-table")
    assert caught.value.hint == "copy it: difykit overlay.eject hello-table"


def test_show_names_the_version_table(here: Workspace) -> None:
    facts = show(here, "orders")
    assert facts.migrations == ("api/overlay_orders/migrations, at what the table difykit_orders says",)
    assert has_tables(here, "orders")
    assert not has_tables(here, "hello-page")


def test_the_shipped_overlay_is_what_the_kind_writes(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[2] / "overlays" / "hello-table"
    write_tree(tmp_path, {"difykit.yaml": "version: 1\nupstream: {ref: 1.0.0}\n"})
    new(Workspace.open(tmp_path), "hello-tablx", "table")
    made = read_tree(tmp_path / "overlays" / "hello-tablx")
    own = {path.replace("tablx", "table") for path in made}
    same = [path for path in read_tree(shipped) if "versions/" not in path]
    assert set(same) <= own
    assert {path: made[path.replace("table", "tablx")].replace("tablx", "table") for path in same} == {
        path: read_tree(shipped)[path] for path in same
    }
