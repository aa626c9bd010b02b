"""Tables of overlays beside the real Dify's, on a real PostgreSQL; and the guards on every release."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from difykit.core.process import CompletedProgram, run
from difykit.core.progress import Silent
from difykit.git import Store
from difykit.source.migrations import DIFY, check_migrations, read_chain
from difykit.source.sync import sync
from difykit.workspace.workspace import Workspace, presets
from tests.support.real_dify import Client, Stores, Tools, clean_env, find_tools, install, serve, stores
from tests.support.trees import write_tree
from tests.upstream.test_api_real import RELEASE, Needs, needs, upstream_url

__all__ = ["needs"]  # a fixture

pytestmark = pytest.mark.upstream

FIRST = "077c26d8dae0"
LAST = "788d3099ae3a"  # of Dify 1.12.1
EMPTY, MIGRATED = "empty", "migrated"
FOLDER = "tree/api/overlay_hello_table/migrations/versions"
SECOND = f"""\
import sqlalchemy as sa
from alembic import op

revision = "second"
down_revision = "{FIRST}"
depends_on = "{LAST}"


def upgrade():
    op.execute("SELECT pg_sleep(SLEEP)")
    op.create_table(
        "overlay_hello_table_owners",
        sa.Column("account_id", sa.UUID(), sa.ForeignKey("accounts.id"), primary_key=True),
    )
    op.execute("SELECT pg_sleep(SLEEP)")
"""


@dataclass(frozen=True)
class Dify:
    """A workspace with the overlay, its api, and the stores that it uses."""

    root: Path
    tools: Tools
    env: dict[str, str]
    stores: Stores

    @property
    def api(self) -> Path:
        return self.root / ".difykit" / "source" / "api"

    @property
    def argv(self) -> list[str]:
        return ["python", "-m", "difykit_overlays.migrate"]

    def migrate(self) -> CompletedProgram:
        return run(self.argv, cwd=self.api, env=self.env, check=False)

    def sql(self, query: str, database: str = "") -> str:
        argv = [str(self.tools.postgres / "psql"), "-h", "127.0.0.1", "-p", str(self.stores.postgres), "-U", "postgres"]
        argv += ["-d", database or self.env["DB_DATABASE"]]
        return run([*argv, "-Atc", query], env={**self.env, "PGPASSWORD": self.stores.password}).text.strip()

    def on(self, template: str) -> Dify:
        """It with a database of its own, which is a copy of this one."""
        name = f"test_{uuid.uuid4().hex}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}", "postgres")
        return replace(self, env=self.env | {"DB_DATABASE": name})

    def begun(self) -> subprocess.Popen[bytes]:
        """A migration that runs."""
        return subprocess.Popen(self.argv, cwd=self.api, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def sleeping(self) -> str:
        """How many of its connections wait in the second migration."""
        return self.sql(
            "select count(*) from pg_stat_activity where query like '%pg_sleep(%' and pid <> pg_backend_pid()"
            " and datname = current_database()"
        )

    def redis(self, *words: str) -> None:
        cli = shutil.which("redis-cli") or "redis-cli"
        run([cli, "-p", str(self.stores.redis), "-a", self.stores.password, "-n", "0", *words])

    def second(self, text: str | None) -> None:
        """Write a second migration of the overlay, or take it away; and sync."""
        write_tree(self.root / "overlays/hello-table", {f"{FOLDER}/second.py": text})
        sync(Workspace.open(self.root), Silent())


@pytest.fixture(scope="module")
def prepared(needs: Needs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dify]:
    """It with two databases that no test uses: an empty one, and one that is migrated."""
    root = tmp_path_factory.mktemp("tables")
    settings = f"version: 1\nupstream: {{url: '{needs.upstream}', ref: {RELEASE}}}\noverlays: [hello-table]\n"
    (root / "difykit.yaml").write_text(settings)
    shutil.copytree(presets() / "overlays" / "hello-table", root / "overlays" / "hello-table")
    sync(Workspace.open(root), Silent())
    programs = install(needs.tools.uv, RELEASE, root / ".difykit" / "source" / "api")
    with stores(needs.tools) as found:
        env = clean_env(programs, root) | found.settings(root / "storage") | {"MIGRATION_ENABLED": "true"}
        made = Dify(root, needs.tools, env | {"PYTHONDONTWRITEBYTECODE": "1"}, found)
        for name in (EMPTY, MIGRATED):
            made.sql(f"CREATE DATABASE {name}", "postgres")
            made.sql('CREATE EXTENSION "uuid-ossp"', name)
        done = replace(made, env=made.env | {"DB_DATABASE": MIGRATED}).migrate()
        assert done.code == 0, said(done)
        yield made


@pytest.fixture
def fresh(prepared: Dify) -> Dify:
    """It with an empty database."""
    prepared.second(None)
    return prepared.on(EMPTY)


@pytest.fixture
def dify(prepared: Dify) -> Dify:
    """It with a database that is migrated."""
    prepared.second(None)
    return prepared.on(MIGRATED)


def said(done: CompletedProgram) -> str:
    return (done.stdout + done.stderr).decode()


def test_what_dify_swallows_is_an_error_here(fresh: Dify) -> None:
    fresh.sql("CREATE TABLE api_based_extensions (mine int)")  # in the way of one of Dify's
    done = fresh.migrate()
    assert done.code == 1, said(done)
    assert f"Dify: its own migrations failed (`flask upgrade-db`): the database is at none, not at {LAST}" in said(done)
    assert fresh.sql("select count(*) from information_schema.tables where table_schema = 'public'") == "1"


def test_difys_tables_come_first_then_the_overlays(fresh: Dify) -> None:
    done = fresh.migrate()
    assert done.code == 0, said(done)
    assert said(done).index(f"Dify: the database is at {LAST}") < said(done).index(f"overlay hello-table: {FIRST}")
    assert fresh.sql("select version_num from alembic_version") == LAST
    assert fresh.sql("select version_num from difykit_hello_table") == FIRST
    again = fresh.migrate()
    assert again.code == 0
    assert said(again).splitlines() == [
        "difykit: migrations begin",
        f"Dify: the database is at {LAST}",
        f"overlay hello-table: the database is at {FIRST}",
        f'difykit: the database is at {{"": ["{LAST}"], "hello-table": ["{FIRST}"]}}',
    ]


def test_the_endpoint_counts_in_its_table(dify: Dify) -> None:
    with serve(dify.api, dify.env, dify.root / "api.log") as port:
        answers = [Client(port).get("/hello-table").body for _ in range(3)]
    assert answers == [{"visits": 1}, {"visits": 2}, {"visits": 3}]
    assert dify.sql("select count(*) from overlay_hello_table_visits") == "3"


def test_who_is_killed_half_way_has_changed_nothing_and_the_next_one_finishes(dify: Dify) -> None:
    dify.second(SECOND.replace("SLEEP", "2"))
    child = dify.begun()
    while dify.sleeping() == "0":
        time.sleep(0.1)
    time.sleep(2)  # the table is made by now
    child.kill()
    child.communicate()
    assert dify.sql("select version_num from difykit_hello_table") == FIRST
    dify.second(SECOND.replace("SLEEP", "0"))
    done = dify.migrate()
    assert done.code == 0, said(done)
    assert dify.sql("select version_num from difykit_hello_table") == "second"
    references = "select confrelid::regclass from pg_constraint where conrelid = 'overlay_hello_table_owners'::regclass"
    assert "accounts" in dify.sql(f"{references} and contype = 'f'")


def test_who_is_told_to_end_ends_and_says_where_the_database_is(dify: Dify) -> None:
    dify.second(SECOND.replace("SLEEP", "3"))
    child = dify.begun()
    while dify.sleeping() == "0":
        time.sleep(0.1)
    child.send_signal(signal.SIGTERM)
    text = child.communicate()[0].decode()
    assert child.returncode == 143, text
    assert f'"hello-table": ["{FIRST}"]' in text.splitlines()[-1]


def test_two_at_once_do_it_once(dify: Dify) -> None:
    dify.second(SECOND.replace("SLEEP", "3"))
    children = [dify.begun() for _ in range(3)]
    texts = [child.communicate()[0].decode() for child in children]
    assert [child.returncode for child in children] == [0, 0, 0], texts
    assert sum("overlay hello-table: second" in text for text in texts) == 1
    assert sum("another migration is running: waiting for it" in text for text in texts) == 2


def test_it_waits_for_a_dify_that_holds_difys_own_lock(dify: Dify) -> None:
    dify.sql("update alembic_version set version_num = '9d77545f524e'")
    dify.redis("SET", "db_upgrade_lock", "somebody", "EX", "60")
    try:
        child = dify.begun()
        assert child.stdout
        lines: list[str] = []
        for raw in child.stdout:
            lines.append(raw.decode())
            if "Dify is being migrated by another process" in lines[-1]:
                break
        dify.sql(f"update alembic_version set version_num = '{LAST}'")  # as that one would
        rest = child.communicate()[0].decode()
        assert child.returncode == 0, "".join(lines) + rest
    finally:
        dify.redis("DEL", "db_upgrade_lock")


def test_a_database_of_a_newer_dify_or_overlay_is_refused(dify: Dify) -> None:
    dify.second(SECOND.replace("SLEEP", "0"))
    assert dify.migrate().code == 0
    dify.second(None)
    done = dify.migrate()
    assert done.code == 1
    assert "overlay hello-table: the database is at second, which it does not have: a newer version" in said(done)
    dify.sql("update alembic_version set version_num = 'ffffffffffff'")
    done = dify.migrate()
    assert done.code == 1
    assert "Dify: the database is at ffffffffffff, which this release does not have: a newer Dify" in said(done)


def test_whoever_migrates_by_hand_is_let_do_so(fresh: Dify) -> None:
    done = replace(fresh, env=fresh.env | {"MIGRATION_ENABLED": "false"}).migrate()
    assert done.code == 0
    assert "MIGRATION_ENABLED is not true: nothing is migrated, neither Dify nor an overlay" in said(done)


def test_a_database_that_does_not_answer_is_told(dify: Dify) -> None:
    child = replace(dify, env=dify.env | {"DB_PORT": "1"}).begun()
    assert child.stdout
    lines = [child.stdout.readline().decode() for _ in range(2)]
    child.kill()
    child.communicate()
    assert "the database does not answer yet: OperationalError" in lines[1]


def test_the_chain_of_every_release_is_one_that_can_run() -> None:
    try:
        place = Path(upstream_url().removeprefix("file://"))
        find_tools()
    except LookupError as error:
        pytest.skip(str(error))
    tags = run(["git", f"--git-dir={place}", "tag"]).text.split()
    releases = [tag for tag in tags if re.fullmatch(r"1\.\d+\.\d+", tag)]
    assert len(releases) >= 41
    with Store(place) as store:
        for release in releases:
            tree = store.tree(release)
            check_migrations(tree, ())
            assert len(read_chain(tree, DIFY).revisions) > 100
