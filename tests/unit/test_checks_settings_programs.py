"""`env.check` on what other programs read: nginx, queues, limits, certificates, what web's script fills."""

from __future__ import annotations

# ruff: noqa: E501 - a row is a line
import pytest

from difykit.checks.settings import findings
from tests.support.other_programs import EXAMPLE, look, said

WORKER = "services:\n  more: {image: dify-api-custom, environment: {CELERY_QUEUES: plugin}}\n  other: {image: x, command: celery -Q dataset}\n"


@pytest.mark.parametrize(
    ("env", "text"),
    [
        ("NGINX_CLIENT_MAX_BODY_SIZE=500MB", "error .env:1: NGINX_CLIENT_MAX_BODY_SIZE: its value is not a size for nginx"),
        ("MINE=a;b", "error .env:1: MINE: its value is not one word or more for nginx"),
        ("CELERY_WORKER_AMOUNT=few", "error .env:1: CELERY_WORKER_AMOUNT: its value is not a whole number > 0 for Celery: worker"),
        ("GUNICORN_TIMEOUT=200s", "error .env:1: GUNICORN_TIMEOUT: its value is not a whole number of seconds for gunicorn: api"),
        ("POSTGRES_WORK_MEM=4mb", "error .env:1: POSTGRES_WORK_MEM: its value is not a size for PostgreSQL"),
        ("EXPOSE_NGINX_PORT=http", "error .env:1: EXPOSE_NGINX_PORT: its value is not a port for Compose"),
        ("UPLOAD_FILE_SIZE_LIMIT=200", "error .env:1: UPLOAD_FILE_SIZE_LIMIT: is more than NGINX_CLIENT_MAX_BODY_SIZE allows"),
        ("NGINX_CLIENT_MAX_BODY_SIZE=10m", "error .env:1: NGINX_CLIENT_MAX_BODY_SIZE: is less than what UPLOAD_FILE_SIZE_LIMIT=15"),
        ("POOL_MIN_SIZE=9", "error .env:1: POOL_MIN_SIZE: is more than POOL_MAX_SIZE allows"),
        ("SQLALCHEMY_POOL_SIZE=95", "error .env:1: SQLALCHEMY_POOL_SIZE: each process of api may open 105 connections"),
        ("CELERY_QUEUES=mail", "error .env:1: CELERY_QUEUES: takes the place of Dify's own list, and 2 of its 3 queues"),
        ("COMPOSE_PROFILES=none", "warning .env:1: COMPOSE_PROFILES: takes the place of Dify's own list, which has live too"),
        ("NEXT_PUBLIC_API_PREFIX=x", "warning .env:1: NEXT_PUBLIC_API_PREFIX: web does not get it: the script that starts it fills it there from CONSOLE_API_URL"),
        ("NEXT_PUBLIC_SENTRY_DSN=x", "warning .env:1: NEXT_PUBLIC_SENTRY_DSN: web does not get it: the script that starts it fills it there from WEB_SENTRY_DSN"),
        ("TOP_K=many", "error .env:1: TOP_K: its value is not a whole number > 0, which web takes"),
        ("NEXT_PUBLIC_LATEX=yes", "error .env:1: NEXT_PUBLIC_LATEX: its value is not true or false, which web takes"),
        ("NEXT_PUBLIC_BASE_PATH=dify/", "error .env:1: NEXT_PUBLIC_BASE_PATH: its value is not a path that begins with /"),
        ("NGINX_HTTPS_ENABLED=true", "error .env:1: NGINX_HTTPS_ENABLED: HTTPS is on (NGINX_HTTPS_ENABLED=true), and dify.crt and dify.key are not in"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_once(env: str, text: str) -> None:
    (finding,) = said(env)
    assert finding.startswith(text)


@pytest.mark.parametrize(
    "env",
    [
        "",
        EXAMPLE,
        "NGINX_CLIENT_MAX_BODY_SIZE=500m",
        "UPLOAD_FILE_SIZE_LIMIT=200\nNGINX_CLIENT_MAX_BODY_SIZE=0",
        "UPLOAD_FILE_SIZE_LIMIT=200\nNGINX_CLIENT_MAX_BODY_SIZE=200M",
        "SQLALCHEMY_POOL_SIZE=95\nPOSTGRES_MAX_CONNECTIONS=200",
        "SQLALCHEMY_POOL_SIZE=95\nDB_HOST=pg.example.com",
        "COMPOSE_PROFILES=+live",
        "CELERY_QUEUES=+mine",
        "CELERY_QUEUES=plugin,dataset,mail,mine",
        "COMPOSE_PROFILES=+mine",
        "EXPOSE_NGINX_PORT=127.0.0.1:8080",
        "NEXT_PUBLIC_LATEX=true",
        "NEXT_PUBLIC_API_PREFIX=https://a/console/api\nCONSOLE_API_URL=https://a",
        "NEXT_PUBLIC_BASE_PATH=/dify",
        "TOP_K=",
        "NGINX_HTTPS_ENABLED=True",  # what starts nginx looks for true alone; that it is odd is said by its type
    ],
)
def test_what_is_right_is_not_spoken_of(env: str) -> None:
    assert said(env) == []


def test_a_worker_of_an_overlay_consumes_queues_too() -> None:
    assert said("CELERY_QUEUES=mail", overlay=WORKER) == []


def test_what_a_service_mounts_reads_settings_too() -> None:
    assert look("MINE=a").inputs.readers == {"MINE": {"nginx"}}


def test_an_overlay_may_mount_certificates_from_elsewhere() -> None:
    mounts = "services:\n  nginx: {volumes: ['/etc/pki/mine:/etc/ssl:ro']}\n"
    assert said("NGINX_HTTPS_ENABLED=true", overlay=mounts) == []


def test_what_a_program_refuses_is_not_called_unusual_as_well() -> None:
    found = [
        finding for finding in findings(look("SERVER_WORKER_AMOUNT=two")) if finding.subject == "SERVER_WORKER_AMOUNT"
    ]
    assert [finding.rule for finding in found] == ["program"]


@pytest.mark.parametrize(
    ("body", "finding_count"),
    [
        ("web: !reset null", 0),
        ("web: {scale: 0}", 0),
        ("web: {environment: {TOP_K: '3'}}", 0),
        ("web: {environment: {TOP_K: '${TOP_K:-}'}}", 1),
        ("web: {environment: {OTHER: x}}", 1),
    ],
)
def test_what_web_does_not_get_stops_it_not(body: str, finding_count: int) -> None:
    wrong = [text for text in said("TOP_K=many", overlay=f"services: {{{body}}}\n") if "which web takes" in text]
    assert len(wrong) == finding_count
