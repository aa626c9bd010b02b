"""`overlay.migration`, and tables of overlays on the process target."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from difykit.core import loopback
from difykit.core.errors import Unhealthy
from difykit.core.progress import Silent
from difykit.demo import NEWEST, make_upstream
from difykit.source.sync import sync
from difykit.targets import deploy, down
from difykit.workspace.workspace import Workspace
from tests.support.cli import inv
from tests.support.trees import write_tree

FOLDER = "overlays/orders/tree/api/overlay_orders/migrations/versions"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    make_upstream(tmp_path / "mini.git")
    url, port = (tmp_path / "mini.git").as_uri(), loopback.free_port()
    settings = f"""\
version: 1
upstream: {{url: "{url}", ref: {NEWEST}}}
env: {{EXPOSE_NGINX_PORT: {port}}}
deploy: {{target: process, project: tables, data: data}}
"""
    write_tree(tmp_path / "a folder", {"difykit.yaml": settings})
    assert inv("overlay.new", "orders", "--kind", "table", cwd=tmp_path / "a folder").code == 0
    return tmp_path / "a folder"


def run(root: Path) -> str:
    """Sync and deploy; where it answers."""
    sync(Workspace.open(root), Silent())
    return deploy(Workspace.open(root), Silent()).url


def visits(url: str) -> int:
    status, body = loopback.get(f"{url.replace('localhost', '127.0.0.1')}/orders", seconds=10)
    assert status == 200, body
    found = json.loads(body)["visits"]
    assert isinstance(found, int)
    return found


def test_the_command_writes_a_migration_that_sync_takes(root: Path) -> None:
    done = inv("overlay.migration", "orders", "--message", "add a note", cwd=root)
    assert done.code == 0, done.err
    (path,) = (root / FOLDER).glob("2*_add_a_note.py")
    assert done.err.splitlines() == [
        f"  ok {path.relative_to(root).as_posix()}",
        "hint write what it does in upgrade(); then: invoke sync build deploy",
    ]
    sync(Workspace.open(root), Silent())
    revision = path.name.partition("-")[2].partition("_")[0]
    assert revision in (root / ".difykit/source/api/difykit_overlays/migrate.py").read_text()
    (root / FOLDER / "other.py").write_text(path.read_text().replace(revision, "f" * 12))
    assert "2 migrations that nothing follows" in inv("sync", cwd=root).err
    joined = inv("overlay.migration", "orders", "--message", "join", cwd=root)
    assert "it joins " in joined.err
    assert inv("sync", cwd=root).code == 0


def test_disabling_says_that_the_tables_stay(root: Path) -> None:
    assert "its tables stay in the database as they are" in inv("overlay.disable", "orders", cwd=root).err


def test_tables_are_there_before_api_and_a_failure_names_the_overlay(root: Path) -> None:
    try:
        url = run(root)
        assert [visits(url), visits(url)] == [1, 2]
        assert inv("overlay.migration", "orders", "--message", "broken", cwd=root).code == 0
        (broken,) = (root / FOLDER).glob("2*_broken.py")
        right = broken.read_text()
        fails = '    op.create_table("half", sa.Column("id", sa.Integer()))\n    op.drop_table("no_such_table")\n'
        broken.write_text(right.replace("    pass\n", fails))
        with pytest.raises(Unhealthy) as caught:
            run(root)
        head = f"the database could not be migrated: overlay orders: overlay_orders/migrations/versions/{broken.name}, "
        assert caught.value.message.startswith(head)
        assert "no such table: no_such_table; what it had done is undone" in caught.value.message
        assert caught.value.hint == "see all of it: difykit logs --service difykit-migrate"
        broken.write_text(right.replace("    pass\n", fails.splitlines(keepends=True)[0]))  # half is not there
        assert visits(run(root)) == 3
    finally:
        down(Workspace.open(root), Silent())
