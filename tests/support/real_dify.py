"""The real Dify api as a process of this machine: its distributions, its PostgreSQL, its Redis, and a client."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

from difykit.core.process import run
from tests.support.children import as_user, free_port, listens, running


@dataclass(frozen=True)
class Tools:
    """The programs it takes that are no part of difykit."""

    postgres: Path
    redis: Path
    uv: Path


def find_uv() -> Path | None:
    """The program uv, on the path or beside this Python."""
    found = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    return Path(found) if found else None


def find_tools() -> Tools:
    """Raises LookupError with what is missing and where it comes from."""
    clusters = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name))
    redis = shutil.which("redis-server")
    uv = find_uv()
    wanted = {"apt install postgresql": clusters, "apt install redis-server": redis, "pip install uv": uv}
    if lacking := [command for command, program in wanted.items() if not program]:
        raise LookupError("the real Dify api needs: " + ", ".join(lacking))
    assert redis
    assert uv
    return Tools(clusters[-1], Path(redis), uv)


def install(uv: Path, release: str, api: Path) -> Path:
    """The release's own locked distributions, 2 GB, kept from run to run; returns the folder of their programs."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    environment = cache / "difykit-tests" / release
    argv = [str(uv), "sync", "--locked", "--no-dev", "--python", "3.11"]
    run(argv, cwd=api, env={**os.environ, "UV_PROJECT_ENVIRONMENT": str(environment), "UV_PYTHON_DOWNLOADS": "never"})
    return environment / "bin"


def clean_env(programs: Path, home: Path) -> dict[str, str]:
    return {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True)
class Stores:
    """Where a PostgreSQL and a Redis listen, and the password of both."""

    postgres: int
    redis: int
    password: str

    def settings(self, storage: Path) -> dict[str, str]:
        """Dify's settings for them; everything else keeps Dify's own default."""
        redis = f"redis://:{self.password}@127.0.0.1:{self.redis}/1"
        return {
            "SECRET_KEY": self.password,
            "DB_TYPE": "postgresql",
            "DB_HOST": "127.0.0.1",
            "DB_PORT": str(self.postgres),
            "DB_USERNAME": "postgres",
            "DB_PASSWORD": self.password,
            "DB_DATABASE": "postgres",
            "REDIS_HOST": "127.0.0.1",
            "REDIS_PORT": str(self.redis),
            "REDIS_PASSWORD": self.password,
            "CELERY_BROKER_URL": redis,
            "STORAGE_TYPE": "opendal",
            "OPENDAL_SCHEME": "fs",
            "OPENDAL_FS_ROOT": str(storage),
            "CHECK_UPDATE_URL": "",
            "LOG_LEVEL": "INFO",
        }


@contextmanager
def stores(tools: Tools) -> Iterator[Stores]:
    """An empty PostgreSQL and an empty Redis, on free ports of loopback, in a folder that goes away with them."""
    # Not below pytest's own folder: PostgreSQL refuses to run as root, and that folder is closed to others.
    with tempfile.TemporaryDirectory(prefix="difykit-stores-") as name:
        place = Path(name)
        user = "postgres" if os.geteuid() == 0 else None
        if user:
            shutil.chown(place, user, user)
        found = Stores(free_port(), free_port(), secrets.token_hex(24))
        with _postgres(tools, place, found, user), _redis(tools, place, found):
            yield found


@contextmanager
def _postgres(tools: Tools, place: Path, found: Stores, user: str | None) -> Iterator[None]:
    env = {**clean_env(tools.postgres, place), "PGPASSWORD": found.password}
    here = partial(run, cwd=place, env=env)
    data, secret = place / "data", place / "password"
    secret.write_text(found.password)
    secret.chmod(0o644)  # its folder is postgres's alone
    login = ["--username=postgres", f"--pwfile={secret}", "--auth=scram-sha-256"]
    init = [str(tools.postgres / "initdb"), *login, "--encoding=UTF8", "--locale=C", "--no-sync", f"--pgdata={data}"]
    here([*as_user(user), *init])
    server = [str(tools.postgres / "postgres"), "-D", str(data), "-p", str(found.postgres)]
    server += ["-h", "127.0.0.1", "-k", str(place), "-c", "fsync=off"]
    target = ["-h", "127.0.0.1", "-p", str(found.postgres)]

    def ready() -> bool:
        return here([str(tools.postgres / "pg_isready"), *target], check=False).code == 0

    with running(server, ready, log=place / "postgres.log", env=env, cwd=place, user=user, stop=signal.SIGINT):
        extension = 'CREATE EXTENSION "uuid-ossp"'  # Dify's first migration calls it
        here([str(tools.postgres / "psql"), *target, "-U", "postgres", "-c", extension])
        yield


@contextmanager
def _redis(tools: Tools, place: Path, found: Stores) -> Iterator[None]:
    server = [str(tools.redis), "--bind", "127.0.0.1", "--port", str(found.redis), "--requirepass", found.password]
    server += ["--save", "", "--appendonly", "no", "--dir", str(place)]
    env = clean_env(tools.redis.parent, place)
    with running(server, partial(listens, found.redis), log=place / "redis.log", env=env, cwd=place):
        yield


@contextmanager
def serve(api: Path, env: Mapping[str, str], log: Path) -> Iterator[int]:
    """The api as its image's entrypoint starts it; yields its port."""
    port = free_port()
    client = Client(port)
    argv = ["gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--worker-class", "gevent", "app:app"]

    def ready() -> bool:
        return listens(port) and client.get("/health").status == 200

    with running([*argv, "--timeout", "200"], ready, log=log, env=env, cwd=api):
        yield port


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


@dataclass
class Client:
    """Speaks JSON to the api and keeps cookies, as a browser does."""

    port: int
    host: str = "127.0.0.1"
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **headers: str) -> Answer:
        return self._ask("GET", path, None, headers)

    def post(self, path: str, body: object) -> Answer:
        return self._ask("POST", path, body, {"Content-Type": "application/json"})

    def _ask(self, method: str, path: str, body: object, headers: dict[str, str]) -> Answer:
        sent = headers | {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        connection = HTTPConnection(self.host, self.port, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), sent)
            response = connection.getresponse()
            for line in response.headers.get_all("Set-Cookie", []):
                self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            return Answer(response.status, _json_or_text(response.read()))
        finally:
            connection.close()


def _json_or_text(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
