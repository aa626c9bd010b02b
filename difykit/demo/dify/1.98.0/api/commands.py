"""`flask upgrade-db` and `flask ping-worker`."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import with_appcontext
from sqlalchemy import select, text

from models.engine import db
from models.model import WorkerPing

UPGRADE_LOCK = 5001


@contextmanager
def _alone() -> Iterator[None]:
    """api and worker may start at the same moment: the second one waits, then finds nothing to do."""
    if db.engine.dialect.name != "postgresql":
        yield
        return
    with db.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:number)"), {"number": UPGRADE_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": UPGRADE_LOCK})


@click.command("upgrade-db", help="Bring the database to the newest version.")
@with_appcontext
def upgrade_db() -> None:
    import flask_migrate

    with _alone():
        flask_migrate.upgrade()
    click.echo("Database is up to date")


@click.command("ping-worker", help="Send a task, and wait until a worker has done it.")
@click.option("--timeout", default=20.0, show_default=True, help="Seconds to wait.")
@with_appcontext
def ping_worker(timeout: float) -> None:
    from tasks.ping_task import ping_task

    note = uuid.uuid4().hex
    ping_task.delay(note)
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if db.session.scalar(select(WorkerPing).where(WorkerPing.note == note)):
            click.echo(f"pong {note}")
            return
        db.session.rollback()
        time.sleep(0.1)
    raise click.ClickException(f"no worker answered within {timeout:g} seconds")
