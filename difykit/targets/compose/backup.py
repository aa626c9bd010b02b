"""A dump of the bundled database, before a release with other migrations changes it for good."""

from __future__ import annotations

import gzip
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from difykit import docker
from difykit.core import files
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.core.progress import Progress
from difykit.dify import services
from difykit.docker.project import Stack, quieter, wait


@dataclass(frozen=True)
class DatabaseKind:
    """How one kind of database is dumped whole, from inside its container, and what ends a whole dump."""

    argv: tuple[str, ...]
    end: bytes
    restore: str


# The containers' own variables and sockets: no password is ever in an argument list.
_POSTGRES = DatabaseKind(
    ("sh", "-c", 'exec pg_dumpall --clean --if-exists -U "$POSTGRES_USER"'),
    b"-- PostgreSQL database cluster dump complete",
    "sh -c 'psql -q -U \"$POSTGRES_USER\" -d postgres'",
)
_ALL = "--all-databases --single-transaction --routines --triggers --events"
_MYSQL = DatabaseKind(
    ("sh", "-c", f'MYSQL_PWD="$MYSQL_ROOT_PASSWORD" exec mysqldump -uroot {_ALL}'),
    b"-- Dump completed",
    "sh -c 'MYSQL_PWD=\"$MYSQL_ROOT_PASSWORD\" mysql -uroot'",
)
# Servers of overlays: a copy is read from any of them, and written back through the one that takes writes.
_REPLICA = DatabaseKind(
    _POSTGRES.argv,
    _POSTGRES.end,
    """sh -c 'PGPASSWORD="$POSTGRES_PASSWORD" psql -qh "$PRIMARY" -U "$POSTGRES_USER" -d postgres'""",
)
_PATRONI = DatabaseKind(
    ("sh", "-c", 'exec pg_dumpall --clean --if-exists -U "$PATRONI_SUPERUSER_USERNAME"'),
    _POSTGRES.end,
    'sh -c \'PGPASSWORD="$PATRONI_SUPERUSER_PASSWORD" exec psql'
    ' -qh postgres -U "$PATRONI_SUPERUSER_USERNAME" -d postgres\'',
)
# The service is `db` up to 1.10.0; from 1.10.1 it is one of these two, by profile.
_SERVICES = {
    services.DB: _POSTGRES,
    services.DB_POSTGRES: _POSTGRES,
    services.DB_MYSQL: _MYSQL,
    "postgres-a": _REPLICA,
    "patroni1": _PATRONI,
}


def databases(stack: Stack) -> tuple[str, ...]:
    """The bundled databases that this release folder starts."""
    return tuple(name for name in _SERVICES if name in stack.services)


def dump(stack: Stack, folder: Path, progress: Progress, log: Path) -> tuple[Path, ...]:
    """Dump the bundled databases of `stack` into `folder`, each into a file that is whole or not there.

    A database that does not run is started for it. Raises DifyKitError when a dump fails or is not whole.
    """
    dumps = []
    for service in databases(stack):
        container = _running(stack, service, progress, log)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        dump_file = folder / f"{time.strftime('%Y%m%d-%H%M%S')}-release-{stack.folder.resolve().name}-{service}.sql.gz"
        with progress.step(f"dump {service} into {dump_file}"):
            _dump(_SERVICES[service], service, container, dump_file)
        progress.ok(f"{service} is dumped into {dump_file} ({dump_file.stat().st_size / 1e6:.1f} MB)")
        dumps.append(dump_file)
    return tuple(dumps)


def how_to_restore(folder: Path, dumps: tuple[Path, ...]) -> tuple[str, ...]:
    """The commands that bring dumps back into the databases of the release folder `folder`."""
    lines = []
    for dump_file in dumps:
        service = dump_file.name.removesuffix(".sql.gz").rpartition("-")[2]
        compose = f"docker compose -f {folder}/compose.yaml"
        lines.append(f"{compose} up -d --wait {service}")
        lines.append(f"gunzip -c {dump_file} | {compose} exec -T {service} {_SERVICES[service].restore}")
    return tuple(lines)


def _running(stack: Stack, service: str, progress: Progress, log: Path) -> str:
    containers = {container.service: container for container in docker.project_containers(stack.project)}
    if service not in containers or containers[service].state != "running":
        with progress.step(f"start {service}, to dump it"):
            docker.compose_up(stack.folder, stack.project, quieter(progress), services=(service,), log=log)
            failed = wait(stack.project, {service}, progress)
        containers = {container.service: container for container in docker.project_containers(stack.project)}
        if failed or service not in containers:
            raise DifyKitError(
                f"{service} does not start, so that it cannot be dumped before the new release changes it",
                hint=f"see why: difykit logs --service {service}",
            )
    return containers[service].id


def _dump(kind: DatabaseKind, service: str, container: str, dump_file: Path) -> None:
    try:
        with _atomic(dump_file) as sink:
            last = b""
            with gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=6, mtime=0) as packed:

                def keep(chunk: bytes) -> None:
                    nonlocal last
                    last = (last + chunk)[-4096:]
                    packed.write(chunk)

                docker.save_from(container, kind.argv, keep)
            if kind.end not in last:
                raise DifyKitError(
                    f"the dump of {service} is not whole: its end is missing; nothing was changed",
                    hint="is the engine or the disk at its end? docker info; df -h; then deploy again",
                )
    except CommandFailed as error:
        raise DifyKitError(
            f"{service} cannot be dumped before the new release changes it; nothing was changed:\n{error.output}",
            hint="mend it, then deploy again",
        ) from error
    except OSError as error:
        raise DifyKitError(
            f"the dump of {service} cannot be written to {dump_file}: {error.strerror}; nothing was changed",
            hint="make room there, then deploy again",
        ) from error


@contextmanager
def _atomic(target: Path) -> Iterator[IO[bytes]]:
    """A file for its owner alone that gets its name when the block ends well, and leaves nothing when not."""
    part = target.with_name(f".{target.name}.part")
    with files.writing(part, mode=0o600) as sink:
        try:
            yield sink
            sink.flush()
            os.fsync(sink.fileno())
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
