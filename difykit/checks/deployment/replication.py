"""Who leads, who follows, and how far behind: PostgreSQL and Redis, by what they themselves say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from difykit.checks import Finding, NotJudged, error, ok, warning
from difykit.checks.deployment.inside import Inside

LAG_BYTES = 16 << 20
"""One segment of PostgreSQL's write-ahead log."""
LAG_SECONDS = 10
# A PostgreSQL with a login of its own, such as a vector store, is no part of the cluster.
_STRANGER = ("authentication failed", "does not exist")
_KEPT = 1 << 30
_MIB = 1 << 20

_Facts = Mapping[str, Any]


def judge_postgres(inside: Inside) -> list[Finding]:
    """One leader; every standby near it; no slot that keeps the log for a standby that is gone."""
    if inside.problem:
        raise NotJudged("needs the database")
    database = inside.of("database")
    findings = [*_leaders(inside.named("leads")), *_patroni(inside.named("patroni"))]
    if database.get("problem") and not findings:
        raise NotJudged("needs the database")
    if not findings and database.get("kind") != "postgresql":
        raise NotJudged("the database is not PostgreSQL")
    followers: Sequence[_Facts] = database.get("standbys") or ()
    findings += [finding for standby in followers for finding in _behind(standby, f"the standby {standby['name']}")]
    findings += _slots(database.get("slots") or ())
    if findings:
        return findings
    if not followers:
        return [ok("one server, no standby")]
    names = ", ".join(f"{standby['name']} ({standby['sync'] or standby['state']})" for standby in followers)
    return [ok(f"one leader; {names} within {LAG_SECONDS} s and {LAG_BYTES // _MIB} MiB of it")]


def _leaders(servers: Mapping[str, _Facts]) -> Iterable[Finding]:
    """Servers of one cluster have one identifier; others, such as a vector store, lead for themselves."""
    clusters: dict[str, list[str]] = {}
    for name, server in servers.items():
        if problem := server.get("problem"):
            if not any(word in problem for word in _STRANGER):
                text = f"the PostgreSQL in {name} does not answer, so that it can neither lead nor follow: {problem}"
                yield warning(text, f"difykit logs --service {name}; a new standby copies the leader first")
        elif "cluster" in server:
            clusters.setdefault(server["cluster"], [])
            clusters[server["cluster"]] += [] if server["follows"] else [name]
    of_several = {server["cluster"] for server in servers.values() if server.get("follows")}
    for cluster, leaders in clusters.items():
        if len(leaders) > 1:
            text = f"{' and '.join(sorted(leaders))} both lead: what is written to one is not in the other"
            hint = "stop the one that DB_HOST does not mean, at once: docker stop; make it anew as a standby"
            yield error(text, hint)
        elif not leaders and cluster in of_several:
            yield error("no PostgreSQL leads: nothing can be written", "difykit logs of its nodes says why")


def _patroni(nodes: Mapping[str, _Facts]) -> Iterable[Finding]:
    views = [node for node in nodes.values() if "members" in node]
    if not nodes:
        return
    silent = sorted(name for name, node in nodes.items() if "members" not in node)
    if silent:
        yield warning(f"Patroni does not answer on {', '.join(silent)}", f"difykit logs --service {silent[0]}")
    if not views:
        return
    view = views[0]
    leaders = [member["name"] for member in view["members"] if member["role"] in {"leader", "standby_leader"}]
    if len(leaders) != 1:
        words = f"{len(leaders)} leaders ({', '.join(leaders)})" if leaders else "no leader"
        yield error(f"Patroni has {words}", "docker exec into a node: patronictl list says why; patronictl failover")
    if view.get("paused"):
        yield warning("Patroni is paused: a lost leader is not replaced", "patronictl resume in one of its containers")
    for member in view["members"]:
        if member["state"] not in {"running", "streaming"}:
            yield warning(f"Patroni: {member['name']} is {member['state']}", f"difykit logs --service {member['name']}")
        elif (member["lag"] or 0) > LAG_BYTES:
            yield _late(f"Patroni: {member['name']}", member["lag"], None)
    if len(view["members"]) < len(nodes):
        missing = sorted(set(nodes) - {member["name"] for member in view["members"]})
        yield warning(f"Patroni does not know {', '.join(missing)}", f"difykit logs --service {missing[0]}")


def _behind(follower: _Facts, name: str, good: str = "streaming") -> Iterable[Finding]:
    if follower["state"] and follower["state"] != good:
        yield warning(f"{name} is not streaming but {follower['state']}", "wait until it has caught up, or see its log")
    elif (follower.get("bytes") or 0) > LAG_BYTES or (follower.get("seconds") or 0) > LAG_SECONDS:
        yield _late(name, follower.get("bytes"), follower.get("seconds"))


def _late(name: str, count: int | None, seconds: float | None) -> Finding:
    parts = [f"{count / _MIB:.0f} MiB" if count is not None else "", f"{seconds:.0f} s" if seconds is not None else ""]
    text = f"{name} is {' and '.join(part for part in parts if part)} behind what it follows"
    return warning(text, "see the load, the disk and the network of its machine")


def _slots(slots: Sequence[_Facts]) -> Iterable[Finding]:
    for slot in slots:
        if slot["active"]:
            continue
        text = (
            f"nobody reads the replication slot {slot['name']}: the leader keeps its log for it, {_size(slot)} so far"
        )
        hint = f"start that standby, or give it up: SELECT pg_drop_replication_slot('{slot['name']}')"
        yield error(text, hint) if slot["bytes"] > _KEPT else warning(text, hint)


def _size(slot: _Facts) -> str:
    return f"{slot['bytes'] / _MIB:.0f} MiB"


def judge_sentinel(inside: Inside) -> list[Finding]:
    """One master that every sentinel knows, a quorum, every replica near it."""
    if inside.problem:
        raise NotJudged("needs Redis")
    redis = inside.redis
    sentinels = inside.named("sentinel")
    if redis.get("problem") and not sentinels:
        raise NotJudged("needs Redis")
    findings = [*_sentinels(sentinels)]
    replicas: Sequence[_Facts] = redis.get("replicas") or ()
    if redis.get("role") == "slave":
        findings.append(error("REDIS_HOST is a replica", "set it to the master, or to an address that follows it"))
    findings += [
        finding for replica in replicas for finding in _behind(replica, f"the replica {replica['name']}", "online")
    ]
    if findings:
        return findings
    if not sentinels:
        return [ok(f"one server, {len(replicas)} replicas" if replicas else "one server, no replica")]
    master = next(iter(sentinels.values()))["master"]
    return [ok(f"{master} is the master of all {len(sentinels)} sentinels, {len(replicas)} replicas near it")]


def _sentinels(sentinels: Mapping[str, _Facts]) -> Iterable[Finding]:
    for address, sentinel in sentinels.items():
        if "problem" in sentinel:
            hint = f"difykit logs --service {address.partition(':')[0]}"
            yield warning(f"the sentinel {address} does not answer: {sentinel['problem']}", hint)
    agreeing = {address: sentinel for address, sentinel in sentinels.items() if "master" in sentinel}
    if sentinels and not agreeing:
        yield error("no sentinel answers: a lost master is not replaced", "difykit status; invoke deploy starts them")
        return
    masters = {sentinel["master"] for sentinel in agreeing.values()}
    if len(masters) > 1:
        yield error(f"the sentinels disagree on the master: {', '.join(sorted(masters))}", "see the sentinels' logs")
    if any("o_down" in sentinel["flags"] or "s_down" in sentinel["flags"] for sentinel in agreeing.values()):
        yield error(f"the sentinels take the master {', '.join(sorted(masters))} for lost", "see its log and theirs")
    if lacking := next((sentinel["quorum"] for sentinel in agreeing.values() if sentinel["quorum"]), ""):
        yield error(f"the sentinels could not agree on another master: {lacking}", "start those that are missing")
    leaders = {master for sentinel in agreeing.values() for master in sentinel["masters"]}
    if len(leaders) > 1:
        text = f"{' and '.join(sorted(leaders))} are both masters: what is written to one is not in the other"
        yield error(text, "stop the one that the sentinels do not mean; started anew it follows")
    elif agreeing and not leaders:
        yield error("no Redis is a master: nothing can be written", "see the sentinels' logs")
