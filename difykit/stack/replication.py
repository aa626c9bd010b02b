"""Who leads, who follows, and how far behind: PostgreSQL and Redis, by what they themselves say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from difykit.doctor import Said, fail, ok, skip, warn
from difykit.stack.inside import Inside

LAG_BYTES = 16 << 20
"""One segment of PostgreSQL's write-ahead log."""
LAG_SECONDS = 10
# A PostgreSQL with a login of its own, such as a vector store, is no part of the cluster.
_STRANGER = ("authentication failed", "does not exist")
_KEPT = 1 << 30
_MIB = 1 << 20

_Facts = Mapping[str, Any]


def postgres_said(inside: Inside) -> list[Said]:
    """One leader; every standby near it; no slot that keeps the log for a standby that is gone."""
    database = inside.of("database")
    said = [*_leaders(inside.named("leads")), *_patroni(inside.named("patroni"))]
    if inside.problem or (database.get("problem") and not said):
        return [skip("needs the database")]
    if not said and database.get("kind") != "postgresql":
        return [skip("the database is not PostgreSQL")]
    followers: Sequence[_Facts] = database.get("standbys") or ()
    said += [each for one in followers for each in _behind(one, f"the standby {one['name']}")]
    said += _slots(database.get("slots") or ())
    if said:
        return said
    if not followers:
        return [ok("one server, no standby")]
    names = ", ".join(f"{one['name']} ({one['sync'] or one['state']})" for one in followers)
    return [ok(f"one leader; {names} within {LAG_SECONDS} s and {LAG_BYTES // _MIB} MiB of it")]


def _leaders(found: Mapping[str, _Facts]) -> Iterable[Said]:
    """Servers of one cluster have one identifier; others, such as a vector store, lead for themselves."""
    clusters: dict[str, list[str]] = {}
    for name, one in found.items():
        if problem := one.get("problem"):
            if not any(word in problem for word in _STRANGER):
                text = f"the PostgreSQL in {name} does not answer, so that it can neither lead nor follow: {problem}"
                yield warn(text, f"difykit logs --service {name}; a new standby copies the leader first")
        elif "cluster" in one:
            clusters.setdefault(one["cluster"], [])
            clusters[one["cluster"]] += [] if one["follows"] else [name]
    of_several = {one["cluster"] for one in found.values() if one.get("follows")}
    for cluster, leaders in clusters.items():
        if len(leaders) > 1:
            text = f"{' and '.join(sorted(leaders))} both lead: what is written to one is not in the other"
            mend = "stop the one that DB_HOST does not mean, at once: docker stop; make it anew as a standby"
            yield fail(text, mend)
        elif not leaders and cluster in of_several:
            yield fail("no PostgreSQL leads: nothing can be written", "difykit logs of its nodes says why")


def _patroni(found: Mapping[str, _Facts]) -> Iterable[Said]:
    told = [one for one in found.values() if "members" in one]
    if not found:
        return
    silent = sorted(name for name, one in found.items() if "members" not in one)
    if silent:
        yield warn(f"Patroni does not answer on {', '.join(silent)}", f"difykit logs --service {silent[0]}")
    if not told:
        return
    view = told[0]
    leaders = [each["name"] for each in view["members"] if each["role"] in {"leader", "standby_leader"}]
    if len(leaders) != 1:
        words = f"{len(leaders)} leaders ({', '.join(leaders)})" if leaders else "no leader"
        yield fail(f"Patroni has {words}", "docker exec into a node: patronictl list says why; patronictl failover")
    if view.get("paused"):
        yield warn("Patroni is paused: a lost leader is not replaced", "patronictl resume in one of its containers")
    for each in view["members"]:
        if each["state"] not in {"running", "streaming"}:
            yield warn(f"Patroni: {each['name']} is {each['state']}", f"difykit logs --service {each['name']}")
        elif (each["lag"] or 0) > LAG_BYTES:
            yield _late(f"Patroni: {each['name']}", each["lag"], None)
    if len(view["members"]) < len(found):
        missing = sorted(set(found) - {each["name"] for each in view["members"]})
        yield warn(f"Patroni does not know {', '.join(missing)}", f"difykit logs --service {missing[0]}")


def _behind(one: _Facts, what: str, good: str = "streaming") -> Iterable[Said]:
    if one["state"] and one["state"] != good:
        yield warn(f"{what} is not streaming but {one['state']}", "wait until it has caught up, or see its log")
    elif (one.get("bytes") or 0) > LAG_BYTES or (one.get("seconds") or 0) > LAG_SECONDS:
        yield _late(what, one.get("bytes"), one.get("seconds"))


def _late(what: str, count: int | None, seconds: float | None) -> Said:
    parts = [f"{count / _MIB:.0f} MiB" if count is not None else "", f"{seconds:.0f} s" if seconds is not None else ""]
    text = f"{what} is {' and '.join(part for part in parts if part)} behind what it follows"
    return warn(text, "see the load, the disk and the network of its machine")


def _slots(found: Sequence[_Facts]) -> Iterable[Said]:
    for one in found:
        if one["active"]:
            continue
        text = f"nobody reads the replication slot {one['name']}: the leader keeps its log for it, {_size(one)} so far"
        mend = f"start that standby, or give it up: SELECT pg_drop_replication_slot('{one['name']}')"
        yield fail(text, mend) if one["bytes"] > _KEPT else warn(text, mend)


def _size(one: _Facts) -> str:
    return f"{one['bytes'] / _MIB:.0f} MiB"


def sentinel_said(inside: Inside) -> list[Said]:
    """One master that every sentinel knows, a quorum, every replica near it."""
    redis = inside.of("redis")
    sentinels = inside.named("sentinel")
    if inside.problem or (redis.get("problem") and not sentinels):
        return [skip("needs Redis")]
    said = [*_sentinels(sentinels)]
    replicas: Sequence[_Facts] = redis.get("replicas") or ()
    if redis.get("role") == "slave":
        said.append(fail("REDIS_HOST is a replica", "set it to the master, or to an address that follows it"))
    said += [each for one in replicas for each in _behind(one, f"the replica {one['name']}", "online")]
    if said:
        return said
    if not sentinels:
        return [ok(f"one server, {len(replicas)} replicas" if replicas else "one server, no replica")]
    known = next(iter(sentinels.values()))["master"]
    return [ok(f"{known} is the master of all {len(sentinels)} sentinels, {len(replicas)} replicas near it")]


def _sentinels(found: Mapping[str, _Facts]) -> Iterable[Said]:
    for place, one in found.items():
        if "problem" in one:
            mend = f"difykit logs --service {place.partition(':')[0]}"
            yield warn(f"the sentinel {place} does not answer: {one['problem']}", mend)
    told = {place: one for place, one in found.items() if "master" in one}
    if found and not told:
        yield fail("no sentinel answers: a lost master is not replaced", "difykit status; invoke deploy starts them")
        return
    known = {one["master"] for one in told.values()}
    if len(known) > 1:
        yield fail(f"the sentinels disagree on the master: {', '.join(sorted(known))}", "see the sentinels' logs")
    if any("o_down" in one["flags"] or "s_down" in one["flags"] for one in told.values()):
        yield fail(f"the sentinels take the master {', '.join(sorted(known))} for lost", "see its log and theirs")
    if lacking := next((one["quorum"] for one in told.values() if one["quorum"]), ""):
        yield fail(f"the sentinels could not agree on another master: {lacking}", "start those that are missing")
    masters = {master for one in told.values() for master in one["masters"]}
    if len(masters) > 1:
        text = f"{' and '.join(sorted(masters))} are both masters: what is written to one is not in the other"
        yield fail(text, "stop the one that the sentinels do not mean; started anew it follows")
    elif told and not masters:
        yield fail("no Redis is a master: nothing can be written", "see the sentinels' logs")
