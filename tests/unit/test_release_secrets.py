"""Secrets that a release ships: which are found, who uses them, and what is said of each."""

from __future__ import annotations

from typing import Any

import pytest

from difykit.core import yaml
from difykit.release.secrets import (
    SecretUse,
    Verdict,
    config_words,
    encoded_urls,
    holds_secret,
    is_secret_key,
    judge,
    release_files,
)

API = "image: 'langgenius/dify-api:1.0.0'"


@pytest.mark.parametrize(
    ("key", "value", "secret"),
    [
        ("FOO_TOKEN", "dev-only", True),
        ("FOO_PASSWORD", "111", True),
        ("FOO_SECRET", "1", True),
        ("PASSWORD_PEPPER", "pepper", True),
        ("FOO_CREDENTIALS", "abc", True),
        ("GOOGLE_SERVICE_ACCOUNT_JSON_BASE64", "eyJ0", True),
        ("FOO_DSN", "redis://:abc@redis/1", True),
        ("FOO_DSN", "oracle:1521/FREEPDB1", False),
        ("FOO_CONNECTION_STRING", "couchbase://couchbase-server", False),
        ("FOO_TOKEN_EXPIRY_MINUTES", "5", False),
        ("RATE_LIMIT_PER_TOKEN", "60", False),
        ("FOO_TOKEN", "60", False),
        ("FOO_API_KEY", "false", False),
        ("FOO_SITE_KEY", "0x4AAAA", False),
        ("NEXT_PUBLIC_FOO_KEY", "abc", False),
        ("SSL_CERT_KEY_FILENAME", "dify.key", False),
        ("KEY_PROVIDER_TYPE", "local", False),
        ("MAX_TOKENS", "1024", False),
        ("FOO_PASSWORD", "", False),
    ],
)
def test_a_secret_is_known_by_its_name_and_its_value(key: str, value: str, secret: bool) -> None:
    assert (is_secret_key(key) and holds_secret(key, value)) is secret


def uses(
    services: str,
    example: str = "",
    envs: dict[str, str] | None = None,
    configs: dict[str, str] | None = None,
    **choice: Any,
) -> dict[str, SecretUse]:
    """What is said of each secret of a release with these services, examples and config classes."""
    upstream = yaml.load("docker-compose.yaml", f"services:\n{services}").value
    texts = {".env.example": example, **{f"envs/{name}.env.example": text for name, text in (envs or {}).items()}}
    files = release_files(upstream, texts, config_words((configs or {}).items()))
    values = {**files.values(), **choice.get("values", {})}
    running = choice.get("running", frozenset(upstream["services"]))
    return {use.secret.key: use for use in judge(files, running, values, choice.get("handled", ()))}


SERVER = "  vault: {image: vault, environment: {VAULT_TOKEN: '${FOO_TOKEN:-public}'}}\n"
CONFIG = "api/configs/feature/__init__.py"
VDB = "api/configs/middleware/vdb/relyt_config.py"
STORAGE = "api/configs/middleware/storage/azure_blob_storage_config.py"


@pytest.mark.parametrize(
    ("release", "verdict", "services"),
    [
        (({"services": SERVER}), "unheard", ("vault",)),
        (({"services": SERVER, "example": "FOO_TOKEN=\n"}), "unheard", ("vault",)),
        (({"services": SERVER, "running": {"api"}}), "idle", ()),
        (({"services": SERVER, "handled": {"FOO_TOKEN"}}), "handled", ("vault",)),
        (
            {
                "services": f"  api: {{{API}, env_file: [./envs/api.env, ./.env]}}\n",
                "envs": {"api": "FOO_TOKEN=abc\n"},
            },
            "unheard",
            ("api",),
        ),
        (
            {
                "services": f"  api: {{{API}, env_file: [./.env]}}\n  web: {{image: w, env_file: [./.env]}}\n",
                "example": "FOO_TOKEN=abc\n",
                "configs": {CONFIG: "    FOO_TOKEN: str = Field()\n"},
            },
            "unheard",
            ("api",),
        ),
        (
            {
                "services": f"  api: {{{API}, env_file: [./.env]}}\n",
                "example": "FOO_TOKEN=your-foo-token\n",
                "configs": {CONFIG: "FOO_TOKEN"},
            },
            "placeholder",
            ("api",),
        ),
        ({"services": SERVER.replace("public", "your-token")}, "unheard", ("vault",)),
        (
            {
                "services": f"  api: {{{API}, env_file: [./.env]}}\n",
                "example": "FOO_TOKEN=abc\n",
                "configs": {VDB: "FOO_TOKEN"},
                "values": {"VECTOR_STORE": "weaviate"},
            },
            "idle",
            (),
        ),
        (
            {
                "services": f"  api: {{{API}, env_file: [./.env]}}\n",
                "example": "FOO_TOKEN=abc\n",
                "configs": {VDB: "FOO_TOKEN"},
                "values": {"VECTOR_STORE": "relyt"},
            },
            "outside",
            ("api",),
        ),
        (
            {
                "services": f"  api: {{{API}, env_file: [./.env]}}\n",
                "example": "FOO_TOKEN=abc\n",
                "configs": {STORAGE: "FOO_TOKEN"},
                "values": {"STORAGE_TYPE": "azure-blob"},
            },
            "outside",
            ("api",),
        ),
    ],
)
def test_what_a_shipped_secret_is_follows_from_who_uses_it(
    release: dict[str, Any], verdict: str, services: tuple[str, ...]
) -> None:
    use = uses(**release)["FOO_TOKEN"]
    assert (use.verdict.value, use.services) == (verdict, services)


def test_what_every_container_is_handed_is_used_by_those_that_read_it() -> None:
    services = SERVER + f"  api: {{{API}, environment: {{FOO_TOKEN: '${{FOO_TOKEN:-public}}', B: '1', C: '2'}}}}\n"
    services += "  daemon: {image: d, environment: {FOO_TOKEN: '${FOO_TOKEN:-public}', B: '1', C: '2'}}\n"
    upstream = yaml.load(
        "docker-compose.yaml",
        f"x-shared-env: {{FOO_TOKEN: '${{FOO_TOKEN:-public}}', B: '1', C: '2'}}\nservices:\n{services}",
    ).value
    files = release_files(upstream, {}, {})
    (use,) = judge(files, ["api", "daemon"], {}, ())
    assert use.verdict is Verdict.IDLE  # only vault, which does not run, names it
    (use,) = judge(files, ["api", "daemon", "vault"], {}, ())
    assert (use.verdict, use.services) == (Verdict.UNHEARD, ("vault",))


def test_a_secret_that_stands_in_the_compose_file_is_told_with_its_service() -> None:
    found = uses("  vault: {image: vault, environment: [VAULT_PASSWORD=public, PORT=1]}\n")
    assert found["VAULT_PASSWORD"].verdict is Verdict.UNHEARD
    assert "Give vault another VAULT_PASSWORD" in found["VAULT_PASSWORD"].hint


def test_a_password_inside_a_url_is_a_secret_whatever_the_setting_is_called() -> None:
    service = "  vault: {image: vault, environment: {BACKEND: '${BACKEND_URL:-amqp://dify:public@mq/1}'}}\n"
    assert uses(service)["BACKEND_URL"].verdict is Verdict.UNHEARD
    assert uses("  vault: {image: vault, environment: {BACKEND: '${BACKEND_URL:-amqp://mq/1}'}}\n") == {}


def test_a_variable_that_a_container_gets_by_a_secret_s_name_is_one() -> None:
    assert "UNLOCK" in uses("  vault: {image: vault, environment: {VAULT_PASSWORD: '${UNLOCK:-public}'}}\n")


def test_what_names_another_setting_follows_it_and_is_no_secret_of_its_own() -> None:
    service = "  db: {image: pg, environment: {PW: '${DB_SECRET:-public}'}}\n"
    assert uses(service, "DB_SECRET=${OTHER_SECRET}\nOTHER_SECRET=\n") == {}


def test_the_hint_says_how_the_release_makes_one_and_which_is_its_other_side() -> None:
    example = "# Generate one with: python -c 'import secrets; print(secrets.token_urlsafe(32))'\nFOO_TOKEN=public\n"
    services = SERVER + "  client: {image: c, environment: {T: '${BAR_TOKEN:-public}'}}\n"
    use = uses(services, example)["FOO_TOKEN"]
    assert "token_urlsafe(32)" in use.hint
    assert "difykit env.set FOO_TOKEN=- < FILE" in use.hint
    assert "the same for BAR_TOKEN" in use.hint
    assert use.secret.where == "docker/.env.example:2"
    assert "public" not in use.words + use.hint


@pytest.mark.parametrize(
    ("default", "example", "password", "made"),
    [
        ("redis://:${REDIS_PASSWORD:-x}@redis:6379/2", "", "a/b@c", "redis://:a%2Fb%40c@redis:6379/2"),
        ("redis://:${REDIS_PASSWORD:-x}@redis:6379/2", "BUS_URL=\n", "a/b", "redis://:a%2Fb@redis:6379/2"),
        ("redis://:${REDIS_PASSWORD:-x}@redis:6379/2", "", "plain", None),
        ("redis://:${REDIS_PASSWORD:-x}@redis:6379/2", "", "a%2Fb", None),
        ("http://plain:1", "BUS_URL=amqp://u:${REDIS_PASSWORD}@${HOST:-mq}:1/x\n", "a b", "amqp://u:a%20b@mq:1/x"),
        ("http://${REDIS_PASSWORD}/x", "", "a/b", None),
    ],
)
def test_a_secret_inside_a_url_is_encoded_there(default: str, example: str, password: str, made: str | None) -> None:
    upstream = yaml.load("x", f"services: {{a: {{image: a, environment: {{U: '${{BUS_URL:-{default}}}'}}}}}}").value
    files = release_files(upstream, {".env.example": example}, {})
    changed = encoded_urls(files, (), {"REDIS_PASSWORD": password})
    assert changed == ({"BUS_URL": made} if made else {})
    assert encoded_urls(files, {"BUS_URL"}, {"REDIS_PASSWORD": password}) == {}
