"""PostgreSQL of overlays as a test's writer sees it, and the containers around it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping

import psycopg

from tests.support.deployed import Deployed


def docker(*argv: str, host: str = "") -> str:
    """What the engine's program prints; `host` is another engine's address."""
    command = ["docker", *(["--host", host] if host else []), *argv]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def last_words(container: str, host: str = "", lines: int = 60) -> str:
    """The last lines that a container wrote, to either stream: what a failure is to be understood from."""
    command = ["docker", *(["--host", host] if host else []), "logs", "--timestamps", "--tail", str(lines), container]
    done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout


def container_of(one: Deployed, service: str) -> str:
    """The container of a service, whether or not it runs."""
    label = f"label=com.docker.compose.project={one.project}"
    return docker("ps", "-aq", "--filter", label, "--filter", f"label=com.docker.compose.service={service}")


def address(container: str) -> str:
    """An address of a container that this machine reaches."""
    found = docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", container)
    return found.split()[0]


def setting(one: Deployed, key: str) -> str:
    """A value of the live release folder's `.env`."""
    text = (one.data / "releases" / "current" / ".env").read_text()
    return next(line.partition("=")[2] for line in reversed(text.splitlines()) if line.startswith(f"{key}="))


def members(containers: Mapping[str, str]) -> dict[str, str]:
    """The members of a Patroni cluster by name, with their roles, as one of the running nodes has them."""
    for name in sorted(containers):
        if name.startswith("patroni") and "etcd" not in name:
            shown = docker(
                "exec", containers[name], "patronictl", "-c", "/etc/difykit/patroni.yml", "list", "-f", "json"
            )
            return {
                each["Member"]: each["Role"] for each in json.loads(shown) if each["State"] in {"running", "streaming"}
            }
    return {}


class SqlLink:
    """Each write is a row in a transaction of its own, in a table that is made if missing."""

    def __init__(self, host: str, password: str, port: int = 5432) -> None:
        self._link = sql(host, password, port=port)
        self._alone: list[str] = []
        self._link.add_notice_handler(lambda said: self._alone.append(said.message_primary or ""))
        try:
            self._link.execute("CREATE TABLE IF NOT EXISTS written (number int PRIMARY KEY)")
        except BaseException:
            self._link.close()
            raise

    def write(self, number: int) -> None:
        self._link.execute("INSERT INTO written VALUES (%s)", (number,))
        # One that gave up its wait for a second node says so in a warning alone: nobody else has it.
        assert not any("synchronous replication" in each for each in self._alone), self._alone

    def close(self) -> None:
        self._link.close()


def sql(
    host: str, password: str, *, port: int = 5432, database: str = "dify"
) -> psycopg.Connection[tuple[object, ...]]:
    """A connection that commits each statement."""
    return psycopg.connect(
        host=host,
        port=port,
        dbname=database,
        user="postgres",
        password=password,
        autocommit=True,
        connect_timeout=3,
        options="-c statement_timeout=8000",
    )


def numbers(host: str, password: str, *, port: int = 5432) -> set[int]:
    """Which numbers are in the table."""
    with sql(host, password, port=port) as link:
        return {int(str(row[0])) for row in link.execute("SELECT number FROM written").fetchall()}
