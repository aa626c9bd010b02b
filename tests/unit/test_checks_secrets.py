"""Settings and secrets: what stands in two files, what has the wrong form, what Dify ships and nobody replaced."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from difykit.checks import SETTINGS, Finding
from difykit.checks.settings import Look, findings, show
from difykit.checks.settings.configured import look_at
from difykit.checks.settings.diff import compare
from difykit.checks.settings.release import read_release
from difykit.checks.settings.rotation import plan_rotation
from difykit.core.errors import DifyKitError
from difykit.release.render import RenderInputs
from difykit.release.secrets import LiveSecrets
from difykit.workspace import dotenv, state
from tests.support.settings import RELEASE, look, tree_of

AGENT = """\
  agent_backend:
    image: langgenius/dify-agent-backend:1
    environment:
      DIFY_AGENT_SERVER_SECRET_KEY: ${DIFY_AGENT_SERVER_SECRET_KEY:-MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY}
      TOKEN: ${DIFY_AGENT_API_TOKEN:-for-dev-only}
  local_sandbox: {image: s, environment: ['SHELLCTL_AUTH_TOKEN=${DIFY_AGENT_SHELLCTL_AUTH_TOKEN:-}']}
  vault: {image: vault, environment: {VAULT_TOKEN: '${VAULT_TOKEN:-known-to-all}'}}
"""


def agents(env: str = "", live: str | None = None) -> Look:
    """The settings of a workspace on a release with agents and a service that nobody has heard of."""
    texts = {**RELEASE, "docker/docker-compose.yaml": RELEASE["docker/docker-compose.yaml"] + AGENT}
    raw = {line.key: line.raw for line in dotenv.assignments(live or "")}
    inputs = RenderInputs(
        source=state.Source(release="1.0.0", base="b" * 40, commit="c" * 40, layers=()),
        images=(),
        docker=blobs(texts),
        added=frozenset(),
        own_ping=False,
        overlays=(),
        settings_env={},
        user_env=env,
        project="dify",
        data=Path("/data"),
        used=live is not None,
        live=None if live is None else LiveSecrets("1.0.0", raw, raw),
    )
    return look_at(read_release("1.0.0", tree_of(texts)), inputs)


def blobs(texts: Mapping[str, str]) -> dict[str, tuple[str, bytes]]:
    docker = {path.removeprefix("docker/"): text for path, text in texts.items() if path.startswith("docker/")}
    return {path: ("100644", text.encode()) for path, text in docker.items()}


def of_rule(rule: str, settings: Look) -> list[Finding]:
    return [finding for finding in findings(settings) if finding.rule == rule]


@pytest.mark.parametrize(
    ("env", "settings", "overlay", "places"),
    [
        ("LOG_LEVEL=DEBUG\n", "  LOG_LEVEL: INFO\n", "", ["difykit.yaml:3 .env:1"]),
        ("LOG_LEVEL=DEBUG\n", "  LOG_LEVEL: DEBUG\n", "", ["difykit.yaml:3 .env:1"]),
        ("LOG_LEVEL=DEBUG\n", "", "env: {LOG_LEVEL: INFO}\n", ["overlays/mine/overlay.yaml:3 .env:1"]),
        ("", "  LOG_LEVEL: DEBUG\n", "env: {LOG_LEVEL: INFO}\n", ["overlays/mine/overlay.yaml:3 difykit.yaml:3"]),
        ("", "  LOG_LEVEL: INFO\n", "env: {LOG_LEVEL: INFO}\n", []),
        ("LOG_LEVEL=DEBUG\n", "  DB_PORT: 1\n", "", []),
        (
            "LOG_LEVEL=WARN\n",
            "  LOG_LEVEL: DEBUG\n",
            "env: {LOG_LEVEL: INFO}\n",
            ["difykit.yaml:3 .env:1", "overlays/mine/overlay.yaml:3 .env:1"],
        ),
    ],
)
def test_what_is_set_in_two_files_is_told(env: str, settings: str, overlay: str, places: list[str]) -> None:
    both = look(env, settings, overlay)
    told = of_rule("shadowed", both)
    assert sorted(f"{finding.location} {finding.hint.rpartition(' or ')[2]}" for finding in told) == places
    assert {place.split()[0] for place in places} <= {*show(both, "LOG_LEVEL").shadowed}


def test_a_shadowed_secret_is_told_without_its_value() -> None:
    both = look("DB_PASSWORD=hunter2-env\n", "  DB_PASSWORD: hunter2-yaml\n")
    assert of_rule("shadowed", both)
    assert "hunter2" not in str([SETTINGS.describe(finding) for finding in findings(both)])
    assert "hunter2" not in str(show(both, "DB_PASSWORD").describe())


def test_the_difference_to_another_release_says_what_shadows() -> None:
    both = look("LOG_LEVEL=DEBUG\n", "  LOG_LEVEL: INFO\n")
    texts = {
        **RELEASE,
        "docker/.env.example": RELEASE["docker/.env.example"].replace("LOG_LEVEL=INFO", "LOG_LEVEL=ERROR"),
    }
    differences = compare(both.release, read_release("1.1.0", tree_of(texts)), both)
    assert differences.describe()["shadowed"] == {"LOG_LEVEL": ["difykit.yaml:3"]}


def test_a_secret_that_nobody_has_heard_of_is_reported_with_how_to_set_it() -> None:
    (finding,) = of_rule("shipped", agents())
    assert (finding.subject, finding.file) == ("VAULT_TOKEN", "docker/docker-compose.yaml")
    assert "difykit env.set VAULT_TOKEN=- < FILE" in finding.hint
    assert of_rule("shipped", agents("VAULT_TOKEN=my-own-token\n")) == []
    (public,) = of_rule("public", agents("VAULT_TOKEN=known-to-all\n"))
    assert (public.subject, public.hint) == ("VAULT_TOKEN", "set one of your own: difykit env.set VAULT_TOKEN=- < FILE")
    assert "known-to-all" not in str(findings(agents()))


KEY = "DIFY_AGENT_SERVER_SECRET_KEY"


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        ("A" * 43, False),
        ("-_" * 21 + "A", False),
        ("A" * 42, True),
        ("A" * 44, True),
        ("A" * 43 + "=", True),
        ("+" * 43, True),
        ("short", True),
    ],
)
def test_a_secret_in_a_form_that_its_program_refuses_is_an_error(value: str, wrong: bool) -> None:
    told = of_rule("form", agents(f"{KEY}={value}\n"))
    assert [finding.subject for finding in told] == ([KEY] if wrong else [])
    assert not [finding for finding in told if "43 characters" not in finding.text or value in finding.text]


def test_the_secrets_of_agents_are_known_to_rotate() -> None:
    settings = agents()
    for key, name in (
        (KEY, KEY),
        ("DIFY_AGENT_API_TOKEN", "DIFY_AGENT_API_TOKEN"),
        ("DIFY_AGENT_SHELLCTL_AUTH_TOKEN", "DIFY_AGENT_SHELLCTL_AUTH_TOKEN"),
        ("SHELLCTL_AUTH_TOKEN", "DIFY_AGENT_SHELLCTL_AUTH_TOKEN"),
    ):
        assert (plan_rotation(settings, key).key, plan_rotation(settings, key).stored) == (name, "")
    with pytest.raises(DifyKitError, match="does not know the form of") as caught:
        plan_rotation(settings, "VAULT_TOKEN")
    assert "env.set VAULT_TOKEN=- < FILE" in str(caught.value.hint)
    with pytest.raises(DifyKitError, match=r"Dify 1\.0\.0 does not know DIFY_AGENT_API_TOKEN"):
        plan_rotation(look(), "DIFY_AGENT_API_TOKEN")


BEGUN = "SECRET_KEY=own-1\nDB_PASSWORD=own-2\n"


def test_secrets_that_env_lacks_are_told_with_where_they_are() -> None:
    (taken,) = of_rule("lost", agents("", BEGUN))
    assert taken.text.startswith("lacks SECRET_KEY, DB_PASSWORD, and the live release has them")
    (stays, *_) = of_rule("lost", agents(BEGUN, "REDIS_PASSWORD=difyai123456\n"))
    assert (stays.subject, stays.hint) == ("REDIS_PASSWORD", "difykit env.rotate REDIS_PASSWORD")
    missing = of_rule("lost", look("", used=True))
    assert [finding.severity.value for finding in missing] == ["error"]
    assert "SECRET_KEY, DB_PASSWORD" in missing[0].text
    assert of_rule("lost", look("")) == []


def test_what_an_earlier_release_shipped_is_known_to_everyone_too() -> None:
    earlier = "SECRET_KEY=sk-9f73s3ljTXVcMT3Blb3ljTqtsKiGHXVcMT3BlbkFJLK7U\n"
    assert [finding.subject for finding in of_rule("public", look(earlier))] == ["SECRET_KEY"]


@pytest.mark.parametrize(
    ("env", "overlay", "wrong"),
    [
        ("REDIS_PASSWORD=a/b\nOTHER_URL=redis://:${REDIS_PASSWORD}@cache:6379/3\n", "", ["OTHER_URL"]),
        ("REDIS_PASSWORD=a/b\nOTHER_URL=redis://:a/b@cache:6379/3\n", "", ["OTHER_URL"]),
        ("REDIS_PASSWORD=a/b\nOTHER_URL=redis://:a%2Fb@cache:6379/3\n", "", []),
        ("REDIS_PASSWORD=ab\nOTHER_URL=redis://:${REDIS_PASSWORD}@cache:6379/3\n", "", []),
        ("DB_PASSWORD=p@ss\nOTHER_URL=postgresql://u:${DB_PASSWORD}@db/x\n", "", ["OTHER_URL"]),
    ],
)
def test_a_secret_that_ends_a_url_is_an_error_whichever_url(env: str, overlay: str, wrong: list[str]) -> None:
    assert [finding.subject for finding in of_rule("url", look(env, overlay=overlay))] == wrong
