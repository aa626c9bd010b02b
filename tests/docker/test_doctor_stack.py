"""`difykit doctor --stack` on a deployed miniature: all is well; then one thing after another is broken, and named."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from difykit import docker as engine
from difykit import targets
from difykit.checks import Rule, error
from difykit.checks.deployment import rules
from difykit.core.loopback import free_port
from difykit.core.progress import Silent
from tests.support.cli import difykit, inv
from tests.support.deployed import Deployed
from tests.support.sandbox_network import PYTHON, docker
from tests.support.trees import Content

pytestmark = pytest.mark.docker

ROOT = Path(__file__).resolve().parents[2]
Found = dict[str, list[tuple[str, str, str]]]
SKIPPED = {"plugin-daemon", "certificate"}
# A store that wants the key that api has.
QDRANT = """\
import http.server
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.headers['api-key'] == 'the-key-of-the-store' else 401)
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer(('', 6333), Answer).serve_forever()
"""
COMPOSE = """\
services:
  sandbox: {{image: {image}, command: [sleep, infinity], init: true, networks: [ssrf_proxy_network]}}
  qdrant:
    image: {image}
    init: true
    command: [python, -c, {program}]
"""
SETTINGS = "env: {VECTOR_STORE: qdrant, QDRANT_URL: 'http://qdrant:6333', QDRANT_API_KEY: the-key-of-the-store}\n"


@pytest.fixture(scope="module")
def one(docker: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:  # noqa: ARG001 - must be there
    folder = tmp_path_factory.mktemp("stack") / "ws"
    overlays = ("hello-endpoint", "sandbox-isolation")
    name = f"doctor-{uuid.uuid4().hex[:8]}"
    made = Deployed(folder, name, ref="1.99.0", overlays=overlays, worker_checked=True)
    compose = COMPOSE.format(image=PYTHON, program=json.dumps(QDRANT))
    # A file of its own, so that no test beside this one builds the same image at the same time.
    tree: dict[str, Content] = {"compose.yaml": compose, "tree/api/doctor_stack.txt": "mine\n"}
    made.overlay("more", tree, SETTINGS + "compose: {files: [compose.yaml]}\n")
    try:
        made.run()
        yield made
    finally:
        made.remove()


def look(one: Deployed) -> Found:
    said = difykit("doctor", "--stack", "--json", cwd=one.folder)
    found: Found = {}
    for each in json.loads(said.out)["findings"]:
        found.setdefault(each["check"], []).append((each["state"], each["text"], each["mend"]))
    secrets = [line.partition("=")[2] for line in (one.folder / ".env").read_text().splitlines() if "PASSWORD" in line]
    assert [value for value in secrets if value and value in said.out + said.err] == []
    return found


def wrong(found: Found) -> dict[str, str]:
    """What is not well: each check with its first text and what mends it."""
    return {
        check: f"{text} → {mend}"
        for check, rows in found.items()
        for state, text, mend in rows[:1]
        if state in {"warn", "fail"}
    }


def until(what: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.3)


@contextmanager
def stopped(one: Deployed, service: str) -> Iterator[None]:
    made = one.containers()[service]
    docker("stop", "--time", "1", made)
    try:
        yield
    finally:
        docker("start", made)
        until(lambda: well(one, service))


def well(one: Deployed, service: str) -> bool:
    """Whether its own check passes; the engine asks the worker's every 30 s only."""
    return any(
        engine.check_passes(each, seconds=20)
        for each in engine.project_containers(one.project)
        if each.service == service
    )


def test_a_healthy_stack_is_well_in_all(one: Deployed) -> None:
    found = look(one)
    assert wrong(found) == {}
    assert {check for check, rows in found.items() if rows[0][0] == "skip"} == SKIPPED
    assert found["vector-store"][0][1] == "qdrant at qdrant:6333 answers with api's login"
    assert difykit("doctor", "--stack", cwd=one.folder).code == 0


def test_nothing_is_left_behind(one: Deployed) -> None:
    look(one)
    assert probes(one) == ""
    assert [path for path in (one.data / "volumes" / "app" / "storage").iterdir() if "doctor" in path.name] == []
    assert docker("exec", one.containers()["redis"], "redis-cli", "--scan", "--pattern", "difykit-*") == ""


def probes(one: Deployed) -> str:
    return docker("ps", "--all", "--quiet", "--filter", f"label=io.difykit.probe={one.project}")


def test_nothing_is_left_behind_when_it_is_stopped_half_way(one: Deployed) -> None:
    argv = [sys.executable, "-m", "difykit", "doctor", "--stack"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    silent = subprocess.DEVNULL
    child = subprocess.Popen(argv, cwd=one.folder, env=env, stdout=silent, stderr=silent, start_new_session=True)
    until(lambda: probes(one) != "")
    os.killpg(child.pid, signal.SIGINT)
    assert child.wait(60) == 130
    assert probes(one) == ""


def test_a_stopped_redis_is_named(one: Deployed) -> None:
    with stopped(one, "redis"):
        found = wrong(look(one))
    assert found["services"].startswith("redis is exited")
    assert "invoke deploy starts it" in found["services"]
    assert "api does not write to its Redis" in found["redis"]
    assert "REDIS_HOST" in found["redis"]
    assert "worker" in found


def test_a_stopped_worker_is_named(one: Deployed) -> None:
    with stopped(one, "worker"):
        found = wrong(look(one))
    assert "no worker answers" in found["worker"]


def test_a_database_password_that_was_changed_behind_api_s_back_is_named(one: Deployed) -> None:
    password = next(
        line.partition("=")[2] for line in (one.folder / ".env").read_text().splitlines() if line.startswith("DB_PASS")
    )
    one.sql("ALTER USER postgres PASSWORD 'another-one'")
    try:
        found = wrong(look(one))
    finally:
        one.sql(f"ALTER USER postgres PASSWORD '{password}'")
    assert "password authentication failed" in found["database"]
    assert "DB_PASSWORD" in found["database"]


def test_a_database_that_takes_no_writes_is_named(one: Deployed) -> None:
    one.sql("ALTER SYSTEM SET default_transaction_read_only = on")
    one.sql("SELECT pg_reload_conf()")
    try:
        until(lambda: one.sql("SHOW default_transaction_read_only") == "on")
        found = wrong(look(one))
    finally:
        docker(
            *("exec", one.containers()["db_postgres"], "psql", "-AtU", "postgres", "-c"),
            "ALTER SYSTEM RESET default_transaction_read_only",
        )
        one.sql("SELECT pg_reload_conf()")
    assert "takes no writes" in found["database"]


def test_a_storage_that_api_may_not_write_is_named(one: Deployed) -> None:
    api = one.containers()["api"]
    docker("exec", "--user", "0", api, "chmod", "555", "/app/api/storage")
    try:
        found = wrong(look(one))
    finally:
        docker("exec", "--user", "0", api, "chmod", "755", "/app/api/storage")
    assert list(found) == ["storage"]
    assert "ermission" in found["storage"]
    assert "data folder" in found["storage"]


def test_a_proxy_that_lets_everything_through_is_named(one: Deployed) -> None:
    proxy = one.containers()["ssrf_proxy"]
    docker("exec", proxy, "sed", "-i", "1i http_access allow all", "/etc/squid/squid.conf")
    docker("kill", "--signal", "HUP", proxy)
    try:
        until(lambda: "ssrf-proxy" in wrong(look(one)))
        found = wrong(look(one))
    finally:
        docker("restart", "--time", "1", proxy)
        until(lambda: "ssrf-proxy" not in wrong(look(one)))
    assert list(found) == ["ssrf-proxy"]
    assert "goes to private addresses for the sandbox: " in found["ssrf-proxy"]
    assert "squid.conf.template" in found["ssrf-proxy"]


def test_a_sandbox_on_another_network_is_named(one: Deployed) -> None:
    sandbox = one.containers()["sandbox"]
    docker("network", "connect", f"{one.project}_default", sandbox)
    try:
        rows = look(one)["sandbox"]
    finally:
        docker("network", "disconnect", f"{one.project}_default", sandbox)
    said = " ".join(text for _, text, _ in rows)
    assert "a way to " in said
    assert "the internet" in said
    assert "reaches this host" in said
    assert any("internal: true" in mend for _, _, mend in rows)


def test_a_redis_published_to_the_world_with_everyone_s_password_is_named(one: Deployed) -> None:
    port, other = free_port(), free_port()
    file = one.folder / "overlays/more/compose.yaml"
    right = file.read_text()
    file.write_text(
        right
        + f'  redis: {{ports: ["{port}:6379"]}}\n'
        + f'  db_postgres: {{environment: {{OLD_PASSWORD: difyai123456}}, ports: ["0.0.0.0:{other}:5432"]}}\n'
    )
    try:
        targets.deploy(one.workspace, Silent())
        rows = look(one)["published"]
    finally:
        file.write_text(right)
        targets.deploy(one.workspace, Silent())
    assert [state for state, _, _ in rows] == ["fail", "warn"]
    assert "OLD_PASSWORD is the password that Dify ships for everyone" in rows[0][1]
    assert "db_postgres" in rows[0][1]
    assert f'redis: {{ports: !override ["127.0.0.1:{port}:6379"]}}' in rows[1][2]


def test_where_nothing_is_deployed_it_says_so(one: Deployed, docker: None) -> None:  # noqa: ARG001 - must be there
    subprocess.run(["mv", str(one.data / "releases"), str(one.data / "away")], check=True)
    try:
        said = difykit("doctor", "--stack", cwd=one.folder)
    finally:
        subprocess.run(["mv", str(one.data / "away"), str(one.data / "releases")], check=True)
    assert said.code == 1
    assert "nothing is deployed" in said.err


def test_a_rule_of_ones_own_is_shown_by_the_verb(one: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Rule("answer", ("live",), lambda live: [error(f"{live.project} has no answer", "ask again")])
    monkeypatch.setattr(rules, "RULES", (*rules.RULES, mine))
    monkeypatch.setenv("NO_COLOR", "1")
    shown = inv("doctor", "--stack", cwd=one.folder)
    assert shown.code == 1
    assert "fail answer: " in shown.err
    assert "hint ask again\n" in shown.err
    (row,) = [
        row
        for row in json.loads(inv("doctor", "--stack", "--json", cwd=one.folder).out)["findings"]
        if row["check"] == "answer"
    ]
    assert (row["state"], row["mend"]) == ("fail", "ask again")
