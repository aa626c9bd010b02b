"""The real Dify 1.12.1 api on postgres-patroni and redis-sentinel: who is signed in stays so when both leaders go."""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from difykit import docker as engine
from tests.support.clusters import address, container_of, docker, members, setting, sql
from tests.support.deployed import Deployed, deployed
from tests.support.real_dify import Client, find_tools, install
from tests.support.redises import roles
from tests.support.writers import wait_for
from tests.upstream.test_api_real import EMAIL, NAME, PASSWORD, RELEASE, make_source, upstream_url

pytestmark = [pytest.mark.upstream, pytest.mark.docker]

PYTHON = "python:3.11-slim-bookworm"
LOGIN = {"email": EMAIL, "password": base64.b64encode(PASSWORD.encode()).decode()}


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """The miniature Dify on both overlays; the real api runs beside it, in a database of its own."""
    if reason := engine.available():
        pytest.skip(reason)
    overlays = ("postgres-patroni", "redis-sentinel")
    with deployed(tmp_path_factory.mktemp("failover"), "failover", ref="1.99.0", overlays=overlays) as made:
        yield made


@pytest.fixture(scope="module")
def api(one: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The real api in a container on the stack's network, where the sentinels' names are known."""
    try:
        tools = find_tools()
        root = tmp_path_factory.mktemp("real")
        source = make_source(root, upstream_url(), "hello-endpoint", "hello-console")
        programs = install(tools.uv, RELEASE, source)
    except LookupError as error:
        pytest.skip(str(error))
    password, redis = setting(one, "DB_PASSWORD"), setting(one, "REDIS_PASSWORD")
    with sql(address(one.containers()["postgres"]), password) as link:
        link.execute("CREATE DATABASE real")
    with sql(address(one.containers()["postgres"]), password, database="real") as link:
        link.execute('CREATE EXTENSION IF NOT EXISTS "uuid-ossp"')
    name = f"{one.project}-real"
    start(name, one, source, programs, environment(one, password, redis, root))
    try:
        client = Client(5001, host=address(name))
        wait_for("the real api", lambda: client.get("/health").status == 200, 180)
        yield client
    finally:
        docker("rm", "--force", name)


def environment(one: Deployed, password: str, redis: str, root: Path) -> dict[str, str]:
    """What the overlays set, as the release folder has it, and the rest as Dify's own default."""
    keys = (
        *("DB_HOST", "DB_PORT", "SQLALCHEMY_POOL_PRE_PING", "REDIS_HOST", "REDIS_PORT", "REDIS_USE_SENTINEL"),
        *("REDIS_SENTINELS", "REDIS_SENTINEL_SERVICE_NAME", "REDIS_SENTINEL_PASSWORD", "REDIS_SENTINEL_SOCKET_TIMEOUT"),
        *("CELERY_USE_SENTINEL", "CELERY_SENTINEL_MASTER_NAME", "CELERY_SENTINEL_PASSWORD", "CELERY_BROKER_URL"),
    )
    given = {key: setting(one, key).strip("'") for key in (*keys, "CELERY_SENTINEL_SOCKET_TIMEOUT")}
    own = {"DB_USERNAME": "postgres", "DB_PASSWORD": password, "DB_DATABASE": "real", "REDIS_PASSWORD": redis}
    storage = {"STORAGE_TYPE": "opendal", "OPENDAL_SCHEME": "fs", "OPENDAL_FS_ROOT": str(root / "storage")}
    return {
        **given,
        **own,
        **storage,
        "SECRET_KEY": password,
        "CHECK_UPDATE_URL": "",
        "LOG_LEVEL": "INFO",
        "HOME": "/tmp",
    }


def start(name: str, one: Deployed, source: Path, programs: Path, env: dict[str, str]) -> None:
    """The api of this machine's own Python, as its image's entrypoint starts it: migrated first."""
    mounts = {str(source.parent), str(programs.parent), str(Path(sys.base_prefix).resolve())}
    places = [word for place in mounts for word in ("--volume", f"{place}:{place}")]
    given = [word for key, value in env.items() for word in ("--env", f"{key}={value}")]
    run = (
        "flask upgrade-db && exec gunicorn --bind 0.0.0.0:5001 --workers 1 --worker-class gevent --timeout 200 app:app"
    )
    path = f"PATH={programs}:/usr/bin:/bin"
    argv = ("run", "--detach", "--name", name, "--network", f"{one.project}_default", "--workdir", str(source))
    docker(*argv, *places, *given, "--env", path, PYTHON, "sh", "-c", run)


def test_who_is_signed_in_stays_so_when_both_leaders_are_killed(one: Deployed, api: Client) -> None:
    assert api.post("/console/api/setup", {"email": EMAIL, "name": NAME, "password": PASSWORD}).status == 201
    assert api.post("/console/api/login", LOGIN).status == 200
    redis = setting(one, "REDIS_PASSWORD")
    leader = next(name for name, role in members(one.containers()).items() if role == "Leader")
    master = next(name for name, role in roles(one.containers(), redis).items() if role == "master")
    killed = time.monotonic()
    for service in (leader, master):
        docker("update", "--restart", "no", container_of(one, service))
        docker("kill", container_of(one, service))
    fresh = Client(api.port, host=api.host)
    wait_for("a login after both are gone", lambda: fresh.post("/console/api/login", LOGIN).status == 200, 90)
    took = time.monotonic() - killed
    for client in (fresh, api):
        answer = client.get("/console/api/hello", **{"X-CSRF-Token": client.cookies["csrf_token"]})
        assert (answer.status, answer.body) == (200, {"message": f"Hello, {NAME}!"})
    assert took < 60
    for service in (leader, master):
        docker("start", container_of(one, service))
    wait_for("the old leader follows", lambda: members(one.containers()).get(leader) in {"Replica", "Sync Standby"})
    wait_for("the old master follows", lambda: roles(one.containers(), redis).get(master) == "slave")
