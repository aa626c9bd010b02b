"""What api reaches with its own settings: database, Redis, storage, vector store, worker, plugin daemon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from difykit import docker
from difykit.checks import Finding, NotJudged, error, ok, warning
from difykit.checks.deployment.live import API, Live
from difykit.checks.deployment.programs import answers, program
from difykit.core.errors import TimedOut
from difykit.dify import keys, services

_SECONDS = 25
# What a login or a signed request to a storage may differ by is minutes; this is early.
_CLOCKS = 5
# The real api's modules take some seconds to import on a small machine.
_PATIENCE = 90
_ENV = "invoke env.check says what is wrong in the settings"


@dataclass(frozen=True)
class Inside:
    """The answers by question; `problem` says why there are none."""

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    problem: str = ""

    def of(self, name: str) -> Mapping[str, Any]:
        """One answer; what did not come in time is a problem too. Raises NotJudged where nothing answers."""
        if self.problem:
            raise NotJudged(self.problem)
        return self.answers.get(name) or {"problem": f"no answer within {_SECONDS} s"}

    @property
    def redis(self) -> Mapping[str, Any]:
        """What is said of api's Redis. Raises NotJudged as `of` does."""
        return self.of("redis")

    def named(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """The answers of one kind, by the server that was asked."""
        return {
            name.removeprefix(f"{kind} "): answer
            for name, answer in self.answers.items()
            if name.startswith(f"{kind} ")
        }


def look_inside(live: Live) -> Inside:
    """Run the questions inside api's container."""
    api = live.running(API)
    if api is None:
        return Inside(problem="needs api, which does not run")
    ask = {
        "seconds": _SECONDS,
        "plugins": services.PLUGIN_DAEMON in live.services,
        "postgres": _servers(live),
        "patroni": [container.service for container in live.placed if "PATRONI_NAME" in container.environment],
    }
    try:
        run = docker.run_program(api.id, ["python", "-"], program("inside", ask), seconds=_PATIENCE)
    except TimedOut:
        return Inside(problem=f"the questions were not answered inside api within {_PATIENCE} s")
    replies = {str(answer.get("name")): answer for answer in answers(run.stdout)}
    if "settings" in replies:
        return Inside(problem=f"api's own settings cannot be loaded: {replies['settings'].get('problem')}")
    if not replies:
        output = run.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        return Inside(problem=f"Python does not run inside api: {output[0][:200]}")
    return Inside(replies)


def _servers(live: Live) -> list[str]:
    """The services that run a PostgreSQL of their own, where there are several.

    Told by where its data is mounted: from 1.14.1 also api's environment has what a PostgreSQL is given.
    """
    names = sorted(
        {container.service for container in live.placed if _is_postgres(live.services.get(container.service) or {})}
    )
    return names if len(names) > 1 else []


def _is_postgres(body: Mapping[str, Any]) -> bool:
    mounts = (str(volume.get("target", "")) for volume in body.get("volumes") or () if isinstance(volume, dict))
    return any(target.startswith("/var/lib/postgresql") for target in mounts)


def judge_settings(inside: Inside) -> list[Finding]:
    """What follows can be asked with the settings and modules of api itself."""
    if inside.problem:
        return [error(inside.problem, "difykit logs --service api")]
    return [ok("api answers from inside its container, with its own settings")]


def judge_database(inside: Inside) -> list[Finding]:
    """The database answers, and takes writes."""
    database = inside.of("database")
    if problem := database.get("problem"):
        return [error(f"api does not reach its database: {problem}", _hint("DB_HOST, DB_PORT and DB_PASSWORD"))]
    server = f"{database['host']} ({database['kind']} {database['version']})"
    if database.get("follows"):
        return [error(f"{server} is a standby: every write fails", "set DB_HOST to the leader, then: invoke deploy")]
    if database.get("read_only"):
        return [error(f"{server} takes no writes: default_transaction_read_only is on", "turn it off in the database")]
    return [ok(f"{server} takes writes")]


def _hint(settings: str) -> str:
    return f"difykit status says whether it runs; {settings} must be what it has: {_ENV}"


def judge_redis(inside: Inside) -> list[Finding]:
    """Redis keeps what api writes."""
    redis = inside.redis
    if problem := redis.get("problem"):
        return [error(f"api does not write to its Redis: {problem}", _hint("REDIS_HOST, REDIS_PORT, REDIS_PASSWORD"))]
    return [ok(f"{redis['host']} keeps what is written")]


def judge_storage(inside: Inside) -> list[Finding]:
    """An object can be written, read and removed."""
    storage = inside.of("storage")
    if problem := storage.get("problem"):
        hint = f"{keys.STORAGE_TYPE} and the keys of its driver: {_ENV}"
        if "ermission" in str(problem) or "ead-only" in str(problem):
            hint = "volumes/app/storage in the data folder must be the api's own: invoke doctor says how"
        return [error(f"api cannot write, read and remove an object in its storage: {problem}", hint)]
    return [ok(f"{storage['kind']}: an object was written, read and removed")]


def judge_vector(inside: Inside) -> list[Finding]:
    """The vector store answers."""
    store = inside.of("vector")
    if "vector" not in inside.answers and "end" in inside.answers:
        raise NotJudged("VECTOR_STORE is not set")
    if problem := store.get("problem"):
        hint = f"difykit status says whether it runs; {keys.VECTOR_STORE} and the keys of that store: {_ENV}"
        return [error(f"api does not reach its vector store: {problem}", hint)]
    if store.get("unknown"):
        raise NotJudged(f"{store['store']}: where it is cannot be told from api's settings")
    more = "takes connections" if store.get("connected") else "answers with api's login"
    return [ok(f"{store['store']} at {store['host']} {more}")]


def judge_worker(live: Live, inside: Inside) -> list[Finding]:
    """Every worker that runs answers to a ping through the broker."""
    reply = inside.of(services.WORKER)
    hint = "difykit logs --service worker; it and api must have the same CELERY_BROKER_URL"
    if problem := reply.get("problem"):
        return [error(f"the broker cannot be asked for workers: {problem}", hint)]
    names = [str(name) for name in reply["workers"]]
    silent = [
        container.id[:12]
        for container in live.placed
        if container.service == services.WORKER and container.id[:12] not in names
    ]
    if not names:
        return [error("no worker answers: what api leaves to them is never done", hint)]
    if silent:
        return [warning(f"the worker {', '.join(silent)} does not answer, {len(names)} others do", hint)]
    return [ok("1 worker answers" if len(names) == 1 else f"{len(names)} workers answer")]


def judge_plugins(live: Live, inside: Inside) -> list[Finding]:
    """The plugin daemon answers."""
    daemon = inside.of("plugins")
    if services.PLUGIN_DAEMON not in live.services:
        raise NotJudged("this Dify has none")
    if problem := daemon.get("problem"):
        text = f"api does not reach the plugin daemon: {problem}"
        return [error(text, "difykit logs --service plugin_daemon; PLUGIN_DAEMON_URL is where api looks for it")]
    return [ok(f"{daemon['host']} is healthy")]


def judge_clock(inside: Inside) -> list[Finding]:
    """The database's clock is the api's."""
    database = inside.of("database")
    if "at" not in database:
        raise NotJudged("needs the database")
    apart = float(database["at"]) - float(database["here"])
    if abs(apart) > _CLOCKS:
        text = f"the database's clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} this one"
        return [warning(text, "let both machines keep time: timedatectl set-ntp true")]
    return [ok(f"within {_CLOCKS} s of the database's")]
