"""Who reads a setting, lists and other programs' values on every real release: nothing is said of what is untouched."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

from difykit.checks.settings import rules
from difykit.checks.settings.configured import Look, look_at
from difykit.checks.settings.release import ReleaseSettings, read_release
from difykit.core import yaml
from difykit.dify import layout, lists, web_settings
from difykit.git import Store, Tree, text_of
from difykit.release import compose
from difykit.release.render import plan_render
from difykit.release.render.key_readers import key_readers
from difykit.workspace import dotenv
from tests.support.real_render import PLACE, make_inputs, releases

pytestmark = [
    pytest.mark.upstream,
    pytest.mark.skipif(not PLACE, reason="DIFYKIT_UPSTREAM names no repository of Dify's releases"),
]
RELEASES = releases()
RULES = {"overwritten", "list", "program", "limit", "certificate", "web-value"}
LATEX = "NEXT_PUBLIC_ENABLE_SINGLE_DOLLAR_LATEX"
BASE_PATH = "NEXT_PUBLIC_BASE_PATH"
OF_1_8_1 = "dataset,mail,ops_trace,app_deletion,plugin,workflow_storage,conversation"


STORE = Store(Path(PLACE or "/nowhere"))


@pytest.fixture(scope="module", autouse=True)
def _reading() -> Iterator[None]:
    yield
    STORE.close()


@cache
def known(release: str) -> ReleaseSettings:
    return read_release(release, STORE.tree(release))


def tree_of(release: str) -> Tree:
    return known(release).tree


def inputs_of(release: str, env: str, data: Path) -> Any:
    tree, keys = tree_of(release), dotenv.plain(env)
    return make_inputs(
        release,
        data,
        user_env=env,
        readers=key_readers(tree, keys),
    )


def look(release: str, env: str, data: Path) -> Look:
    return look_at(known(release), inputs_of(release, env, data))


def said(release: str, env: str, data: Path) -> dict[str, str]:
    """What the rules of this file say, by the setting, all that is said of one in one text."""
    facts = {"settings": look(release, env, data)}
    texts: dict[str, str] = {}
    for rule in rules.RULES:
        for finding in rule.findings(facts) if rule.id in RULES else ():
            texts[finding.subject] = f"{texts.get(finding.subject, '')}\n{finding}".strip()
    return texts


def example(release: str) -> str:
    tree = tree_of(release)
    examples = [path for path in tree.under(layout.ENVS) if path.endswith(layout.EXAMPLE)]
    texts = [tree.text(path) for path in examples if path not in layout.MIDDLEWARE_EXAMPLES]
    return "\n".join([*texts, tree.text(layout.ENV_EXAMPLE)]) + "\n"


def web_gets(release: str, env: str, data: Path) -> dict[str, set[str]]:
    """The variables that each service lists, once the release folder is rendered."""
    plan = plan_render(inputs_of(release, env, data))
    body = compose_of(plan.files["dify.yaml"][1].decode())
    return {name: set(compose.environment(service)) for name, service in body.items()}


def compose_of(text: str) -> dict[str, Any]:
    services: dict[str, Any] = yaml.load("dify.yaml", text).value["services"]
    return services


@pytest.mark.parametrize("release", RELEASES)
def test_nothing_is_said_of_the_untouched_examples(release: str, tmp_path: Path) -> None:
    assert said(release, example(release), tmp_path) == {}
    assert said(release, "", tmp_path) == {}


@pytest.mark.parametrize("release", RELEASES)
def test_what_only_web_reads_goes_to_web_alone(release: str, tmp_path: Path) -> None:
    gets = web_gets(release, f"{LATEX}=true\n", tmp_path)
    services = {name for name, variables in gets.items() if LATEX in variables}
    closed = "web" not in known(release).open
    reads = LATEX in tree_of(release).text("web/docker/entrypoint.sh")
    assert reads or Version(release) < Version("1.10.0")
    if reads:
        assert services == ({"web"} if closed else set())


@pytest.mark.parametrize("release", RELEASES)
def test_the_base_path_is_read_at_the_build_where_the_release_reads_it(release: str) -> None:
    tree = tree_of(release)
    paths = tree.under(layout.WEB)
    tree.store.prefetch(tree.entries[path].oid for path in paths if web_settings.is_code(path))
    reads = web_settings.read_web({BASE_PATH, LATEX}, lambda path: text_of(tree.read(path)), paths)
    assert reads.built == ({BASE_PATH} if Version(release) >= Version("1.8.1") else set())


@pytest.mark.parametrize("release", RELEASES)
def test_a_list_of_an_older_release_leaves_queues_without_a_worker(release: str, tmp_path: Path) -> None:
    own = lists.items(lists.worker_queues(tree_of(release).text(layout.ENTRYPOINT))["CELERY_QUEUES"])
    missing = [queue for queue in own if queue not in lists.items(OF_1_8_1)]
    text = said(release, f"CELERY_QUEUES={OF_1_8_1}\n", tmp_path).get("CELERY_QUEUES", "")
    assert (f"{len(missing)} of its {len(own)} queues have no worker" in text) == bool(missing)
    assert all(queue in text for queue in missing)


@pytest.mark.parametrize("release", RELEASES)
def test_a_queue_can_be_added_to_the_releases_own(release: str, tmp_path: Path) -> None:
    own = lists.worker_queues(tree_of(release).text(layout.ENTRYPOINT))["CELERY_QUEUES"]
    settings = look(release, "CELERY_QUEUES=+mine\n", tmp_path)
    assert settings.environment.values["CELERY_QUEUES"] == f"{own},mine"
    assert said(release, "CELERY_QUEUES=+mine\n", tmp_path) == {}


WRONG = (
    ("NGINX_CLIENT_MAX_BODY_SIZE=500MB", "NGINX_CLIENT_MAX_BODY_SIZE", "is not a size for nginx"),
    ("NGINX_PROXY_READ_TIMEOUT=1 hour", "NGINX_PROXY_READ_TIMEOUT", "is not a time for nginx"),
    ("NGINX_WORKER_PROCESSES=many", "NGINX_WORKER_PROCESSES", "is not auto or a whole number"),
    ("NGINX_SERVER_NAME=a; b", "NGINX_SERVER_NAME", "is not"),
    ("SERVER_WORKER_AMOUNT=two", "SERVER_WORKER_AMOUNT", "is not a whole number > 0 for gunicorn"),
    ("CELERY_WORKER_CLASS=fast", "CELERY_WORKER_CLASS", "for Celery"),
    ("POSTGRES_SHARED_BUFFERS=128mb", "POSTGRES_SHARED_BUFFERS", "is not a size for PostgreSQL"),
    ("EXPOSE_NGINX_PORT=99999", "EXPOSE_NGINX_PORT", "is not a port for Compose"),
    ("SQLALCHEMY_POOL_SIZE=500", "SQLALCHEMY_POOL_SIZE", "each process of api may open"),
    ("PGVECTOR_MIN_CONNECTION=9", "PGVECTOR_MIN_CONNECTION", "is more than PGVECTOR_MAX_CONNECTION"),
    ("SANDBOX_WORKER_TIMEOUT=900", "SANDBOX_WORKER_TIMEOUT", "is more than CODE_EXECUTION_READ_TIMEOUT"),
    ("NGINX_HTTPS_ENABLED=true", "NGINX_HTTPS_ENABLED", "dify.crt and dify.key are not in"),
    ("NEXT_PUBLIC_API_PREFIX=x", "NEXT_PUBLIC_API_PREFIX", "fills it there from CONSOLE_API_URL"),
    ("NEXT_PUBLIC_SENTRY_DSN=x", "NEXT_PUBLIC_SENTRY_DSN", "fills it there from WEB_SENTRY_DSN"),
)


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_wrong_is_said(release: str, tmp_path: Path) -> None:
    lines = {key: line for line, key, _ in WRONG}
    texts = said(release, "\n".join([*lines.values(), ""]), tmp_path)
    silent = {key for _, key, text in WRONG if lines[key] and text not in texts.get(key, "")}
    assert {key for key in silent if key in known(release).known or key.startswith(web_settings.PUBLIC)} == set()


@pytest.mark.parametrize("release", RELEASES)
def test_limits_that_contradict_each_other_are_said(release: str, tmp_path: Path) -> None:
    assert "is more than NGINX_CLIENT_MAX_BODY_SIZE allows" in said(
        release, "UPLOAD_FILE_SIZE_LIMIT=5000\n", tmp_path
    ).get("UPLOAD_FILE_SIZE_LIMIT", "")
    less = said(release, "NGINX_CLIENT_MAX_BODY_SIZE=1M\n", tmp_path)["NGINX_CLIENT_MAX_BODY_SIZE"]
    assert "UPLOAD_FILE_SIZE_LIMIT=15" in less
    assert said(release, "UPLOAD_FILE_SIZE_LIMIT=500\nNGINX_CLIENT_MAX_BODY_SIZE=500m\n", tmp_path) == {}
