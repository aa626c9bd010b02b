"""What api reaches with its own settings: database, Redis, storage, vector store, worker, plugin daemon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from difykit import engine
from difykit.dify import services
from difykit.doctor import Said, fail, ok, skip, warn
from difykit.errors import TimedOut
from difykit.stack.answers import answers, program
from difykit.stack.live import API, Live

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
        """One answer; what did not come in time is a problem too."""
        return self.answers.get(name) or {"problem": f"no answer within {_SECONDS} s"}

    def named(self, kind: str) -> dict[str, Mapping[str, Any]]:
        """The answers of one kind, by the server that was asked."""
        return {name.removeprefix(f"{kind} "): one for name, one in self.answers.items() if name.startswith(f"{kind} ")}


def look_inside(live: Live) -> Inside:
    """Run the questions inside api's container."""
    api = live.running(API)
    if api is None:
        return Inside(problem="needs api, which does not run")
    ask = {
        "seconds": _SECONDS,
        "plugins": services.PLUGIN_DAEMON in live.services,
        "postgres": _servers(live),
        "patroni": [one.service for one in live.placed if "PATRONI_NAME" in one.environment],
    }
    try:
        done = engine.run_program(api.id, ["python", "-"], program("inside", ask), seconds=_PATIENCE)
    except TimedOut:
        return Inside(problem=f"the questions were not answered inside api within {_PATIENCE} s")
    found = {str(one.get("name")): one for one in answers(done.stdout)}
    if "settings" in found:
        return Inside(problem=f"api's own settings cannot be loaded: {found['settings'].get('problem')}")
    if not found:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
        return Inside(problem=f"Python does not run inside api: {said[0][:200]}")
    return Inside(found)


def _servers(live: Live) -> list[str]:
    """The services that run a PostgreSQL of their own, where there are several.

    Told by where its data is mounted: from 1.14.1 also api's environment has what a PostgreSQL is given.
    """
    found = sorted({one.service for one in live.placed if _is_postgres(live.services.get(one.service) or {})})
    return found if len(found) > 1 else []


def _is_postgres(body: Mapping[str, Any]) -> bool:
    mounts = (str(each.get("target", "")) for each in body.get("volumes") or () if isinstance(each, dict))
    return any(target.startswith("/var/lib/postgresql") for target in mounts)


def settings_said(inside: Inside) -> list[Said]:
    """What follows can be asked with the settings and modules of api itself."""
    if inside.problem:
        return [fail(inside.problem, "difykit logs --service api")]
    return [ok("api answers from inside its container, with its own settings")]


def database_said(inside: Inside) -> list[Said]:
    """The database answers, and takes writes."""
    if inside.problem:
        return [skip(inside.problem)]
    found = inside.of("database")
    if problem := found.get("problem"):
        return [fail(f"api does not reach its database: {problem}", _mend("DB_HOST, DB_PORT and DB_PASSWORD"))]
    here = f"{found['host']} ({found['kind']} {found['version']})"
    if found.get("follows"):
        return [fail(f"{here} is a standby: every write fails", "set DB_HOST to the leader, then: invoke deploy")]
    if found.get("read_only"):
        return [fail(f"{here} takes no writes: default_transaction_read_only is on", "turn it off in the database")]
    return [ok(f"{here} takes writes")]


def _mend(keys: str) -> str:
    return f"difykit status says whether it runs; {keys} must be what it has: {_ENV}"


def redis_said(inside: Inside) -> list[Said]:
    """Redis keeps what api writes."""
    if inside.problem:
        return [skip(inside.problem)]
    found = inside.of("redis")
    if problem := found.get("problem"):
        return [fail(f"api does not write to its Redis: {problem}", _mend("REDIS_HOST, REDIS_PORT, REDIS_PASSWORD"))]
    return [ok(f"{found['host']} keeps what is written")]


def storage_said(inside: Inside) -> list[Said]:
    """An object can be written, read and removed."""
    if inside.problem:
        return [skip(inside.problem)]
    found = inside.of("storage")
    if problem := found.get("problem"):
        mend = f"STORAGE_TYPE and the keys of its driver: {_ENV}"
        if "ermission" in str(problem) or "ead-only" in str(problem):
            mend = "volumes/app/storage in the data folder must be the api's own: invoke doctor says how"
        return [fail(f"api cannot write, read and remove an object in its storage: {problem}", mend)]
    return [ok(f"{found['kind']}: an object was written, read and removed")]


def vector_said(inside: Inside) -> list[Said]:
    """The vector store answers."""
    if inside.problem:
        return [skip(inside.problem)]
    if "vector" not in inside.answers and "end" in inside.answers:
        return [skip("VECTOR_STORE is not set")]
    found = inside.of("vector")
    if problem := found.get("problem"):
        mend = f"difykit status says whether it runs; VECTOR_STORE and the keys of that store: {_ENV}"
        return [fail(f"api does not reach its vector store: {problem}", mend)]
    if found.get("unknown"):
        return [skip(f"{found['store']}: where it is cannot be told from api's settings")]
    more = "takes connections" if found.get("connected") else "answers with api's login"
    return [ok(f"{found['store']} at {found['host']} {more}")]


def worker_said(live: Live, inside: Inside) -> list[Said]:
    """Every worker that runs answers to a ping through the broker."""
    if inside.problem:
        return [skip(inside.problem)]
    found = inside.of(services.WORKER)
    mend = "difykit logs --service worker; it and api must have the same CELERY_BROKER_URL"
    if problem := found.get("problem"):
        return [fail(f"the broker cannot be asked for workers: {problem}", mend)]
    names = [str(name) for name in found["workers"]]
    silent = [one.id[:12] for one in live.placed if one.service == services.WORKER and one.id[:12] not in names]
    if not names:
        return [fail("no worker answers: what api leaves to them is never done", mend)]
    if silent:
        return [warn(f"the worker {', '.join(silent)} does not answer, {len(names)} others do", mend)]
    return [ok("1 worker answers" if len(names) == 1 else f"{len(names)} workers answer")]


def plugins_said(live: Live, inside: Inside) -> list[Said]:
    """The plugin daemon answers."""
    if inside.problem:
        return [skip(inside.problem)]
    if services.PLUGIN_DAEMON not in live.services:
        return [skip("this Dify has none")]
    found = inside.of("plugins")
    if problem := found.get("problem"):
        text = f"api does not reach the plugin daemon: {problem}"
        return [fail(text, "difykit logs --service plugin_daemon; PLUGIN_DAEMON_URL is where api looks for it")]
    return [ok(f"{found['host']} is healthy")]


def clock_said(inside: Inside) -> list[Said]:
    """The database's clock is the api's."""
    if inside.problem:
        return [skip(inside.problem)]
    found = inside.of("database")
    if "at" not in found:
        return [skip("needs the database")]
    apart = float(found["at"]) - float(found["here"])
    if abs(apart) > _CLOCKS:
        text = f"the database's clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} this one"
        return [warn(text, "let both machines keep time: timedatectl set-ntp true")]
    return [ok(f"within {_CLOCKS} s of the database's")]
