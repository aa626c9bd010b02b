"""Who leads and who follows, judged from what PostgreSQL, Patroni, Redis and Sentinel say."""

from __future__ import annotations

from typing import Any

import pytest

from difykit.checks import Finding
from difykit.checks.deployment.inside import Inside
from difykit.checks.deployment.replication import judge_postgres, judge_sentinel
from tests.support.checks import judged, word

FAR = 900 << 20


def inside(**given: dict[str, Any]) -> Inside:
    return Inside({name.replace("__", " "): one for name, one in given.items()} | {"end": {}})


def texts(said: tuple[Finding, ...]) -> list[tuple[str, str]]:
    assert all(each.hint for each in said if word(each) in {"warn", "fail"})
    return [(word(each), each.text) for each in said]


def database(*standbys: dict[str, Any], slots: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {"kind": "postgresql", "standbys": list(standbys), "slots": list(slots)}


def standby(**more: Any) -> dict[str, Any]:
    return {"name": "pg2", "state": "streaming", "sync": "sync", "bytes": 0, "seconds": 0.1} | more


def server(*, follows: bool, cluster: str = "7") -> dict[str, Any]:
    return {"follows": follows, "cluster": cluster}


def member(name: str, role: str = "replica", state: str = "streaming", lag: int | None = 0) -> dict[str, Any]:
    return {"name": name, "role": role, "state": state, "lag": lag}


def test_a_server_alone_is_well() -> None:
    assert texts(judged(judge_postgres, inside(database=database()))) == [("ok", "one server, no standby")]


def test_a_standby_that_is_near_is_well() -> None:
    ((state, text),) = texts(judged(judge_postgres, inside(database=database(standby()))))
    assert state == "ok"
    assert "pg2 (sync)" in text


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"bytes": FAR}, "the standby pg2 is 900 MiB and 0 s behind what it follows"),
        ({"seconds": 60.0}, "the standby pg2 is 0 MiB and 60 s behind what it follows"),
        ({"state": "catchup"}, "the standby pg2 is not streaming but catchup"),
    ],
)
def test_a_standby_that_is_behind_is_told(given: dict[str, Any], text: str) -> None:
    assert texts(judged(judge_postgres, inside(database=database(standby(**given))))) == [("warn", text)]


def test_a_slot_that_nobody_reads_fills_the_disk() -> None:
    def said(size: int) -> str:
        slot = {"name": "pg2", "active": False, "bytes": size}
        return texts(judged(judge_postgres, inside(database=database(slots=(slot,)))))[0][0]

    assert (said(1), said(2 << 30)) == ("warn", "fail")


def test_two_leaders_of_one_cluster_are_a_failure() -> None:
    given = {"leads__pg1": server(follows=False), "leads__pg2": server(follows=False)}
    ((state, text),) = texts(judged(judge_postgres, inside(database=database(), **given)))
    assert state == "fail"
    assert "pg1 and pg2 both lead" in text


def test_another_postgresql_leads_for_itself() -> None:
    given = {"leads__pg1": server(follows=False), "leads__pgvector": server(follows=False, cluster="8")}
    assert [state for state, _ in texts(judged(judge_postgres, inside(database=database(), **given)))] == ["ok"]


def test_a_server_that_does_not_answer_is_told_but_for_one_with_a_login_of_its_own() -> None:
    silent = {"leads__pg1": server(follows=False), "leads__pg2": {"problem": "OperationalError: Connection refused"}}
    ((state, text),) = texts(judged(judge_postgres, inside(database=database(), **silent)))
    assert state == "warn"
    assert "the PostgreSQL in pg2 does not answer" in text
    stranger = {"leads__pg1": server(follows=False), "leads__pgvector": {"problem": "password authentication failed"}}
    assert [state for state, _ in texts(judged(judge_postgres, inside(database=database(), **stranger)))] == ["ok"]


def test_followers_without_a_leader_are_a_failure() -> None:
    given = {"leads__pg1": server(follows=True), "leads__pg2": server(follows=True)}
    assert texts(judged(judge_postgres, inside(database=database(), **given)))[0] == (
        "fail",
        "no PostgreSQL leads: nothing can be written",
    )


@pytest.mark.parametrize(
    ("members", "state", "text"),
    [
        ([member("a"), member("b")], "fail", "Patroni has no leader"),
        ([member("a", "leader"), member("b", "leader")], "fail", "Patroni has 2 leaders (a, b)"),
        ([member("a", "leader"), member("b", state="start failed")], "warn", "Patroni: b is start failed"),
        ([member("a", "leader"), member("b", lag=FAR)], "warn", "Patroni: b is 900 MiB behind"),
        ([member("a", "leader")], "warn", "Patroni does not know b"),
    ],
)
def test_patroni_is_heard(members: list[dict[str, Any]], state: str, text: str) -> None:
    view = {"members": members, "paused": False}
    said = texts(judged(judge_postgres, inside(database=database(), patroni__a=view, patroni__b=view)))
    assert said[0][0] == state
    assert said[0][1].startswith(text)


def test_a_paused_patroni_is_told() -> None:
    view = {"members": [member("a", "leader")], "paused": True}
    assert "paused" in texts(judged(judge_postgres, inside(database=database(), patroni__a=view)))[0][1]


REDIS = {"host": "h", "role": "master", "replicas": [{"name": "r", "state": "online", "bytes": 0, "seconds": 1}]}


def sentinel(**more: Any) -> dict[str, Any]:
    return {"place": "s1:1", "master": "r1:6379", "flags": "master", "quorum": "", "masters": ["r1:6379"]} | more


def test_sentinels_that_agree_are_well() -> None:
    ((state, text),) = texts(judged(judge_sentinel, inside(redis=REDIS, **{"sentinel s1:1": sentinel()})))
    assert (state, text) == ("ok", "r1:6379 is the master of all 1 sentinels, 1 replicas near it")


@pytest.mark.parametrize(
    ("given", "state", "text"),
    [
        ({"masters": ["r1:6379", "r2:6379"]}, "fail", "r1:6379 and r2:6379 are both masters"),
        ({"masters": []}, "fail", "no Redis is a master"),
        ({"quorum": "NOQUORUM 1 usable Sentinels"}, "fail", "the sentinels could not agree"),
        ({"flags": "master,o_down"}, "fail", "the sentinels take the master r1:6379 for lost"),
    ],
)
def test_what_sentinels_say_is_heard(given: dict[str, Any], state: str, text: str) -> None:
    said = texts(judged(judge_sentinel, inside(redis=REDIS, **{"sentinel s1:1": sentinel(**given)})))
    assert said[0][0] == state
    assert said[0][1].startswith(text)


def test_sentinels_that_disagree_or_are_silent_are_told() -> None:
    apart = {"sentinel s1:1": sentinel(), "sentinel s2:1": sentinel(master="r2:6379")}
    assert "disagree" in texts(judged(judge_sentinel, inside(redis=REDIS, **apart)))[0][1]
    silent = {"sentinel s1:1": {"problem": "refused"}}
    assert [state for state, _ in texts(judged(judge_sentinel, inside(redis={"problem": "gone"}, **silent)))] == [
        "warn",
        "fail",
    ]


def test_a_replica_far_behind_and_a_replica_as_master_are_told() -> None:
    late = REDIS | {"replicas": [{"name": "r", "state": "online", "bytes": FAR, "seconds": 1}]}
    assert texts(judged(judge_sentinel, inside(redis=late)))[0][0] == "warn"
    assert texts(judged(judge_sentinel, inside(redis=REDIS | {"role": "slave"})))[0] == (
        "fail",
        "REDIS_HOST is a replica",
    )
