"""Tables of overlays on a running stack: migrated before api starts, whatever happens on the way."""

from __future__ import annotations

import json
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from difykit.core.errors import Unhealthy
from difykit.docker import compose_argv, compose_env, compose_logs
from difykit.release.history import live_folder
from difykit.source.migrations import new_migration
from difykit.source.overlay import to_change
from difykit.targets import status
from difykit.workspace.workspace import presets
from tests.support.deployed import Deployed
from tests.support.workspaces import RecordingProgress

pytestmark = pytest.mark.docker

OLD, NEW = "1.98.0", "1.99.0"
FIRST = "077c26d8dae0"
PATH, TABLE = "/hello-table", "difykit_hello_table"
OVERLAY = Path("tree/api/overlay_hello_table")


@dataclass(frozen=True)
class First:
    """What was seen on the stack before any test changed it."""

    visits: tuple[int, int]
    overlay: str
    dify: str
    row: tuple[str, str]


@dataclass(frozen=True)
class Running:
    """A deployed workspace whose overlay has a table, and how it began."""

    one: Deployed
    first: First


@pytest.fixture(scope="module")
def running(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:  # noqa: ARG001 - the engine must be there
    name = f"difykit-test-{uuid.uuid4().hex[:8]}"
    one = Deployed(tmp_path_factory.mktemp("migrations") / "ws", name, ref=OLD, overlays=("hello-table",))
    one.own("hello-table")
    try:
        one.run()
        row = next(row for row in status(one.workspace).services if row.service == "difykit-migrate")
        dify = one.sql("select version_num from alembic_version")
        yield Running(one, First((visits(one), visits(one)), at(one), dify, (row.state, row.differs)))
    finally:
        one.remove()


@pytest.fixture
def stack(running: Running) -> Deployed:
    """It runs what its workspace says; what tests did to its tables before stays, as in an owner's days."""
    module, chain = OVERLAY / "endpoint.py", OVERLAY / "migrations/versions"
    one = running.one
    one.overlays = ("hello-table",)
    one.settings()
    shutil.copy(presets() / "overlays/hello-table" / module, one.folder / "overlays/hello-table" / module)
    for path in (one.folder / "overlays/hello-table" / chain).glob("2*_broken.py"):
        path.unlink()
    one.run()
    return one


def migration(stack: Deployed, message: str, body: str) -> tuple[str, Path]:
    """A new migration of the overlay that does `body`: its revision, and its file."""
    overlay = to_change(stack.workspace, "hello-table")
    made = new_migration(overlay, message)
    place = overlay.folder / made.path
    place.write_text(made.text.partition("def upgrade")[0] + f"def upgrade() -> None:\n    {body}\n")
    return made.revision, place


def at(stack: Deployed) -> str:
    return stack.sql(f"select version_num from {TABLE}")


def dumps(stack: Deployed) -> int:
    return len(list((stack.data / "backups").glob("*.sql.gz")))


def log(stack: Deployed) -> str:
    said: list[str] = []
    compose_logs(live_folder(stack.data), stack.project, said.append, services=("difykit-migrate",))
    return "\n".join(said)


def visits(stack: Deployed) -> int:
    found = json.loads(stack.get(PATH))["visits"]
    assert isinstance(found, int)
    return found


def test_the_table_is_there_before_the_first_request(running: Running) -> None:
    assert running.first == First((1, 2), FIRST, "3f1c8a52d7e0", ("exited", ""))


def test_a_second_deployment_changes_nothing(stack: Deployed) -> None:
    before = stack.containers()
    stack.run()
    assert stack.containers() == before
    assert f"overlay hello-table: the database is at {at(stack)}" in log(stack)


def test_a_migration_that_fails_touches_nothing_that_runs_and_runs_once_it_is_mended(stack: Deployed) -> None:
    before, seen, kept, head = stack.containers(), visits(stack), dumps(stack), at(stack)
    release = live_folder(stack.data).resolve().name
    _, broken = migration(stack, "broken", 'op.add_column("no_such_table", sa.Column("note", sa.String(9)))')
    heard = RecordingProgress()
    with pytest.raises(Unhealthy) as caught:
        stack.run(heard)
    said = caught.value.message
    start = "difykit-migrate ended with exit code 1: overlay hello-table: overlay_hello_table/migrations/versions/"
    assert said.startswith(start + broken.name), said
    assert 'relation "no_such_table" does not exist' in said.splitlines()[0]
    assert said.endswith(f"release {release}, which ran before, runs again")
    assert caught.value.hint == "mend it, then: invoke sync build deploy"
    assert stack.containers() == before
    assert (at(stack), visits(stack)) == (head, seen + 1)
    assert dumps(stack) == kept + 1  # taken before anything could happen
    broken.unlink()
    add = 'op.add_column("overlay_hello_table_visits", sa.Column("note", sa.String(9)))'
    (revision, _), seen = migration(stack, "a note", add), visits(stack)
    stack.run()
    assert (at(stack), visits(stack)) == (revision, seen + 1)
    after = stack.containers()
    same = ("db_postgres", "redis", "nginx", "web")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    assert after["api"] != before["api"]


def test_many_at_once_do_it_once(stack: Deployed) -> None:
    inner = compose_argv(live_folder(stack.data), stack.project, "run", "--rm", "--no-deps", "-T", "difykit-migrate")
    argv = ["docker", *inner]
    stack.sql(f"truncate {TABLE}; drop table overlay_hello_table_visits")

    def run(_: int) -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, env=compose_env(), capture_output=True, text=True, check=False)

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(run, range(3)))
    assert [one.returncode for one in done] == [0, 0, 0], [one.stdout + one.stderr for one in done]
    assert sum("The first table." in one.stdout for one in done) == 1
    assert stack.sql("select count(*) from overlay_hello_table_visits") == "0"


def test_a_release_that_fails_after_its_migrations_stays_and_says_so(stack: Deployed) -> None:
    module = stack.folder / "overlays/hello-table/tree/api/overlay_hello_table/endpoint.py"
    right = module.read_text()
    module.write_text('import os\nassert os.environ.get("MODE") != "api" or os.getpid() == 0\n' + right)
    (revision, _), seen = migration(stack, "more", 'op.execute("SELECT 1")'), visits(stack)
    with pytest.raises(Unhealthy) as caught:
        stack.run()
    assert "cannot import overlay_hello_table.endpoint" in caught.value.message
    assert ", which ran before, is not brought back: " in caught.value.message
    assert at(stack) == revision
    module.write_text(right)
    stack.run()
    assert (at(stack), visits(stack)) == (revision, seen + 1)


def test_without_the_overlay_its_tables_stay(stack: Deployed) -> None:
    seen = visits(stack)
    stack.overlays = ()
    stack.settings()
    stack.run()
    argv = ["docker", "ps", "--all", "--filter", f"label=com.docker.compose.project={stack.project}", "--format"]
    names = subprocess.run([*argv, "{{.Names}}"], check=True, capture_output=True, text=True).stdout
    assert "difykit-migrate" not in names
    assert stack.sql("select count(*) from overlay_hello_table_visits") == str(seen)
    stack.overlays = ("hello-table",)
    stack.settings()
    stack.run()
    assert visits(stack) == seen + 1


def test_the_next_dify_migrates_first(stack: Deployed) -> None:
    seen = visits(stack)
    assert stack.sql("select version_num from alembic_version") == "3f1c8a52d7e0"
    stack.pin(NEW)  # every other test runs on either
    stack.run()
    assert visits(stack) == seen + 1
    said = log(stack)
    assert said.index("Dify: the database is at b6d94e07c1fa") < said.index("overlay hello-table: the database is at")
    assert stack.sql("select version_num from alembic_version") == "b6d94e07c1fa"
