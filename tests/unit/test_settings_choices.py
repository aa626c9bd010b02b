"""What is said where somebody chose something and left the rest as Dify ships it, and the way out that is shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from difykit.checks import Finding, Severity
from difykit.checks.settings import findings, look_at, published, rules
from difykit.checks.settings.check import JudgedSettings
from difykit.checks.settings.coverage import Coverage
from difykit.checks.settings.release import read_release
from difykit.checks.settings.stack import read_stack
from difykit.checks.workspace.configured import judge_configured
from difykit.core import yaml
from tests.support.settings import COMPOSE, RELEASE, look, tree_of

PROFILES = "COMPOSE_PROFILES=weaviate,qdrant\n"


def of(env: str, key: str, overlay: str = "") -> list[Finding]:
    return [finding for finding in findings(look(env, overlay=overlay)) if finding.subject == key]


@pytest.mark.parametrize(
    ("env", "key", "text", "hint"),
    [
        ("STORAGE_TYPE=s3\n", "STORAGE_TYPE", "S3_BUCKET_NAME is not set", "set S3_BUCKET_NAME"),
        (
            "CELERY_BROKER_URL=amqp://u:p@rabbit:5672/\n",
            "CELERY_BROKER_URL",
            "no service is called rabbit",
            "name redis://redis:6379 in CELERY_BROKER_URL",
        ),
        ("DB_HOST=http://db\n", "DB_HOST", "DB_HOST takes a host alone", "DB_HOST=db and DB_PORT=5432"),
        ("REDIS_HOST=r.example.com:6379\n", "REDIS_HOST", "REDIS_HOST takes a host alone", "set REDIS_HOST"),
        ("HTTP_PROXY=http://squid:3128\n", "HTTP_PROXY", "no service is called squid", "set HTTP_PROXY"),
        ("https_proxy=http://squid:3128\n", "https_proxy", "no service is called squid", "set https_proxy"),
    ],
)
def test_what_is_said_and_how_it_is_mended(env: str, key: str, text: str, hint: str) -> None:
    assert [finding for finding in of(env, key) if text in finding.text and hint in finding.hint], of(env, key)


@pytest.mark.parametrize("host", ["pg.example.com.", "10.0.0.1", "[fd00::1]", "PG.example.com"])
def test_a_host_alone_is_right(host: str) -> None:
    assert of(f"DB_HOST={host}\n", "DB_HOST") == []


def test_what_another_service_on_apis_image_gets_is_judged_too() -> None:
    body = (
        "services: {late: {image: langgenius/dify-api:1.0.0,"
        " environment: {MODE: worker, POOL_SIZE: '${OWN_POOL:-9}', DB_HOST: db}}}\n"
    )
    settings = look("OWN_POOL=many\n", overlay="compose: {files: [compose.yaml]}\n")
    part = replace(settings.inputs.overlays[0], compose={"compose.yaml": body})
    told = findings(look_at(settings.release, replace(settings.inputs, overlays=(part,))))
    (wrong,) = [finding for finding in told if finding.rule == "type"]
    assert wrong.subject == "OWN_POOL"
    assert "is not a whole number >= 0, which late takes as POOL_SIZE (Settings, api/configs/" in wrong.text


@pytest.mark.parametrize("env", ["HTTP_PROXY=http://proxy.example.com:3128\n", "NO_PROXY=localhost,db\n"])
def test_nothing_is_said_of_a_proxy_elsewhere(env: str) -> None:
    assert [finding for finding in findings(look(env)) if finding.rule == "host"] == []


def test_a_service_that_runs_apart_is_to_come_nearer_and_not_to_be_named_as_it_is() -> None:
    apart = "compose: {files: [compose.yaml]}\n"
    settings = look("VECTOR_STORE=qdrant\nQDRANT_URL=http://qdrant:6333\n" + PROFILES, overlay=apart)
    body = "services: {qdrant: {networks: !override [far]}}\nnetworks: {far: {}}\n"
    part = replace(settings.inputs.overlays[0], compose={"compose.yaml": body})
    nearer = look_at(settings.release, replace(settings.inputs, overlays=(part,)))
    (told,) = [finding for finding in findings(nearer) if finding.rule == "host"]
    assert "qdrant is on no network of api" in told.text
    assert told.hint.startswith("put qdrant on a network of api in an overlay's Compose file: services: {qdrant: {netw")


def test_a_public_secret_in_a_url_is_said_at_the_url_alone() -> None:
    told = findings(look("CELERY_BROKER_URL=redis://:difyai123456@redis:6379/1\n"))
    assert [(finding.rule, finding.subject) for finding in told] == [("public", "CELERY_BROKER_URL")]


def test_doctor_says_how_much_is_judged() -> None:
    judged = JudgedSettings((), Coverage(frozenset({"A", "B"}), {"C": "any text is taken"}))
    (finding,) = judge_configured(judged)
    assert finding.text == "what could be judged of them is right: 2 values judged, 1 not judged"


def test_render_refuses_what_web_does_not_start_with() -> None:
    assert {rule.id for rule in rules.REFUSED} == {"host", "set", "web-value"}


@pytest.mark.parametrize("text", ["!reset null", "null"])
def test_a_variable_that_an_overlay_takes_out_is_not_there(text: str) -> None:
    settings = look("STORAGE_TYPE=s3\n", overlay="compose: {files: [compose.yaml]}\n")
    body = f"services: {{api: {{environment: {{QDRANT_URL: {text}}}}}}}\n"
    part = replace(settings.inputs.overlays[0], compose={"compose.yaml": body})
    stack = read_stack(look_at(settings.release, replace(settings.inputs, overlays=(part,), user_env="")))
    before = read_stack(settings).running["api"].environment
    assert before["QDRANT_URL"] == "http://qdrant:6333"
    after = stack.running["api"].environment
    assert ("QDRANT_URL" in after) == (text == "null")  # .env has it, and Compose takes it from there
    assert {key for key in before if key not in after} <= {"QDRANT_URL"}


@pytest.mark.parametrize(
    ("env", "body", "finding_count"),
    [
        ("EXPOSE_NGINX_PORT=5003\n", "", 1),
        ("EXPOSE_NGINX_PORT=127.0.0.1:5003\n", "", 1),
        ("EXPOSE_NGINX_PORT=5004\n", "", 0),
        ("EXPOSE_NGINX_PORT=0\n", "", 0),
        ("", "", 0),
        ("EXPOSE_NGINX_PORT=5003\n", "db: {ports: !reset null}", 0),
        ("EXPOSE_NGINX_PORT=5003\n", "nginx: {ports: !override ['8080:80']}", 0),
        ("EXPOSE_NGINX_PORT=5003\n", "db: !reset null", 0),
        ("EXPOSE_NGINX_PORT=5003\n", "db: {ports: ['5003:5003']}", 1),
        ("EXPOSE_NGINX_PORT=5005\n", "redis: {ports: ['5005:6379']}", 1),
        ("EXPOSE_NGINX_PORT=5005\n", "redis: {ports: [{published: 5005, target: 6379}]}", 0),
    ],
)
def test_a_port_that_two_services_would_take(env: str, body: str, finding_count: int) -> None:
    settings = look(env, overlay="compose: {files: [compose.yaml]}\n")
    services = {**settings.release.services}
    services["db"] = {**services["db"], "ports": ["5003:5003", "5004:1/udp"]}
    release = replace(settings.release, compose={**settings.release.compose, "services": services})
    texts = {"compose.yaml": f"services: {{{body}}}\n"} if body else {}
    part = replace(settings.inputs.overlays[0], compose=texts)
    settings = replace(settings, release=release, inputs=replace(settings.inputs, overlays=(part,)))
    wrong = list(published.taken_twice(settings, read_stack(settings)))
    assert [finding.subject for finding in wrong] == ["EXPOSE_NGINX_PORT"] * finding_count
    assert all("nginx" in finding.text and "would both take" in finding.text for finding in wrong)


BOX = "${ALIYUN_OSS_ENDPOINT:-your-endpoint}"
OSS = {
    "api/extensions/ext_storage.py": (
        "from configs import dify_config\n"
        "def factory(kind):\n"
        "    match kind:\n"
        "        case 'aliyun-oss':\n            from extensions.storage.oss import Oss\n            return Oss\n"
        "def init_app(app):\n    return factory(dify_config.STORAGE_TYPE)\n"
    ),
    "api/extensions/storage/oss.py": (
        "from configs import dify_config\nclass Oss:\n    url = dify_config.ALIYUN_OSS_ENDPOINT\n"
    ),
}


@pytest.mark.parametrize(
    ("taken_out", "services"),
    [((), {"api", "worker"}), (("api",), {"worker"}), (("api", "worker"), set())],
)
def test_a_placeholder_is_taken_out_of_every_service_that_uses_it(
    taken_out: tuple[str, ...], services: set[str]
) -> None:
    body = yaml.load("x", COMPOSE).value
    for name in ("worker", "worker_beat"):
        body["services"][name] = {"image": "langgenius/dify-api:1.0.0", "environment": {}}
    for name in ("api", "worker", "worker_beat"):
        body["services"][name]["environment"] |= {
            "STORAGE_TYPE": "${STORAGE_TYPE:-opendal}",
            "ALIYUN_OSS_ENDPOINT": BOX,
        }
    release = read_release("1.0.0", tree_of({**RELEASE, **OSS, "docker/docker-compose.yaml": yaml.dump(body)}))
    settings = look("STORAGE_TYPE=aliyun-oss\n", overlay="compose: {files: [compose.yaml]}\n")
    names = ", ".join(f"{name}: {{environment: {{ALIYUN_OSS_ENDPOINT: !reset null}}}}" for name in taken_out)
    part = replace(settings.inputs.overlays[0], compose={"compose.yaml": f"services: {{{names}}}\n"})
    settings = look_at(release, replace(settings.inputs, overlays=(part,)))
    wrong = [finding for finding in findings(settings) if "is a placeholder" in finding.text]
    assert {
        name for finding in wrong for name in ("api", "worker", "worker_beat") if f"{name}: {{env" in finding.hint
    } == (services)
    assert len(wrong) == bool(services)


OUTSIDE_REDIS = """\
requires: {env: [REDIS_HOST, REDIS_PASSWORD]}
env:
  CELERY_BROKER_URL: {template: "redis://:${REDIS_PASSWORD:url}@${REDIS_HOST}:6379/1"}
compose: {remove: [redis]}
"""


@pytest.mark.parametrize(
    ("env", "missing", "others"),
    [
        ("", {"REDIS_HOST", "REDIS_PASSWORD"}, set()),
        ("REDIS_PASSWORD=a-long-one", {"REDIS_HOST"}, set()),
        ("REDIS_HOST=\nREDIS_PASSWORD=a-long-one", {"REDIS_HOST"}, set()),
        ("REDIS_HOST=r.example.com\nREDIS_PASSWORD=a-long-one", set(), set()),
        ("REDIS_HOST=nowhere\nREDIS_PASSWORD=a-long-one", set(), {"REDIS_HOST", "CELERY_BROKER_URL"}),
        ("REDIS_PASSWORD=a-long-one\nDB_HOST=nowhere", {"REDIS_HOST"}, {"DB_HOST"}),
    ],
)
def test_a_setting_that_an_overlay_asks_for_is_named_and_not_what_follows(
    env: str, missing: set[str], others: set[str]
) -> None:
    wrong = [finding for finding in findings(look(env, overlay=OUTSIDE_REDIS)) if finding.severity is Severity.ERROR]
    assert {finding.subject for finding in wrong if finding.rule == "required"} == missing
    assert {finding.subject for finding in wrong if finding.rule != "required"} == others
    assert all(finding.location == "overlays/mine/overlay.yaml:3" for finding in wrong if finding.rule == "required")
