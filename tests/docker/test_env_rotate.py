"""`env.rotate` on a running stack: the database and `.env` change together, and a run that was cut off is finished."""

from __future__ import annotations

import stat
from collections.abc import Iterator

import psycopg
import pytest

from difykit.core.progress import Silent
from difykit.targets import deploy
from tests.support.cli import inv
from tests.support.clusters import address, sql
from tests.support.deployed import Deployed, deployed

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def one(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - must be there
    with deployed(tmp_path_factory.mktemp("rotate"), "rotate", ref="1.99.0") as made:
        yield made


def given(one: Deployed, key: str = "DB_PASSWORD") -> str:
    lines = (one.folder / ".env").read_text().splitlines()
    return next(line.partition("=")[2] for line in lines if line.startswith(f"{key}="))


def opens(one: Deployed, password: str) -> bool:
    try:
        with sql(address(one.containers()[one.database]), password):
            return True
    except psycopg.OperationalError:
        return False


def test_it_first_says_what_it_means_and_changes_nothing(one: Deployed) -> None:
    before = given(one)
    told = inv("env.rotate", "DB_PASSWORD", cwd=one.folder)
    assert told.code == 0
    assert f"stored in: {one.database}, which is told first" in told.out
    assert "difykit env.rotate DB_PASSWORD --yes" in told.err
    assert given(one) == before


def test_the_database_and_the_file_change_together(one: Deployed) -> None:
    before = given(one)
    done = inv("env.rotate", "DB_PASSWORD", "--yes", cwd=one.folder)
    assert done.code == 0, done.err
    after = given(one)
    assert after != before
    assert after not in done.out + done.err
    assert (opens(one, before), opens(one, after)) == (False, True)
    assert stat.S_IMODE((one.folder / ".env").stat().st_mode) == 0o600
    deploy(one.workspace, Silent())
    assert "Hello" in one.get("/custom-endpoint")


def test_a_run_that_was_cut_off_goes_on_with_the_same_secret(one: Deployed) -> None:
    kept = one.data / ".rotate-DB_PASSWORD"
    kept.write_text("the-one-that-the-server-has-by-now")
    one.sql("ALTER ROLE postgres PASSWORD 'the-one-that-the-server-has-by-now'")
    done = inv("env.rotate", "DB_PASSWORD", "--yes", cwd=one.folder)
    assert done.code == 0, done.err
    assert given(one) == "the-one-that-the-server-has-by-now"
    assert opens(one, given(one))
    assert not kept.exists()


def test_redis_starts_with_the_new_one(one: Deployed) -> None:
    before = given(one, "REDIS_PASSWORD")
    assert inv("env.rotate", "REDIS_PASSWORD", "--yes", cwd=one.folder).code == 0
    assert given(one, "REDIS_PASSWORD") != before
    deploy(one.workspace, Silent())
    assert "Hello" in one.get("/custom-endpoint")
