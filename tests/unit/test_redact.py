"""What may be shown of a text: credentials in URLs, headers, tokens, and the values that are secret here."""

from __future__ import annotations

import base64
import json
import shlex
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from difykit.core import redact
from difykit.workspace.dotenv import quote as quoted
from difykit.workspace.env_secrets import Vault

S = "c4narySECRETx"

# text, what is shown of it, whether it is refused in a file that is committed
CREDENTIALS = [
    (f"https://{S}@host/r", "https://***@host/r", True),
    (f"https://me:{S}@host/x.whl", "https://me:***@host/x.whl", True),
    (f"HTTPS://Me:{S}@HOST/", "HTTPS://***@HOST/", True),
    (f"https://{S}:x-oauth-basic@github.com/o/r", "https://***@github.com/o/r", True),
    (f"https://{S}:@host/r", "https://***@host/r", True),
    (f"x @ https://me:{S}@host/x.whl", "x @ https://me:***@host/x.whl", True),
    (f"x @ git+https://{S}@github.com/o/r@main", "x @ git+https://***@github.com/o/r@main", True),
    (f"git+ssh://git:{S}@host/r", "git+ssh://git:***@host/r", True),
    (f"--extra-index-url https://me:{S}@host/simple x", "--extra-index-url https://me:***@host/simple x", True),
    (f"https://me:%40{S}%40@host/r", "https://me:***@host/r", True),
    (f"https://me%3A{S}@host/r", "https://me:***@host/r", True),
    (f"https://{S}%40host/r", "https://***%40host/r", True),
    (f"https%3A%2F%2Fme%3A{S}%40host%2Fr", "https%3A%2F%2F***%40host%2Fr", True),
    (f"https://me:{S}@[::1]:8443/r", "https://me:***@[::1]:8443/r", True),
    (f"https://me:a/b{S}@host/r", "https://me:***@host/r", True),
    (f"redis://:a#b{S}@redis:6379/1", "redis://:***@redis:6379/1", True),
    (f"redis://:{S}@redis:6379/1", "redis://:***@redis:6379/1", True),
    (f"redis://:${{PASSWORD:-{S}}}@redis", "redis://:***@redis", True),
    (
        f"sentinel://:{S}@a:26379/1;sentinel://:{S}@b:26379/1",
        "sentinel://:***@a:26379/1;sentinel://:***@b:26379/1",
        True,
    ),
    (f"http://me:{S}@a:9200,http://me:{S}@b:9200", "http://me:***@a:9200,http://me:***@b:9200", True),
    (f"postgresql://dify:{S}@db/dify", "postgresql://dify:***@db/dify", True),
    (f"https:\\\\me:{S}@host", "https:\\\\me:***@host", True),
    (f"https:/me:{S}@host", "https:/me:***@host", True),
    (f"//me:{S}@host/r", "//me:***@host/r", True),
    (f"me:{S}@proxy.example.com:3128", "***@proxy.example.com:3128", True),
    (f"me:{S}@registry/team/", "***@registry/team/", True),
    (f"https://host/simple?token={S}&x=1", "https://host/simple?token=***&x=1", True),
    (f"https://host/r?%74oken={S}", "https://host/r?%74oken=***", True),
    (f"https://host/r#access_token={S}", "https://host/r#access_token=***", True),
    (
        f"https://s3/r?X-Amz-Signature={S}&X-Amz-Credential={S}",
        "https://s3/r?X-Amz-Signature=***&X-Amz-Credential=***",
        True,
    ),
    (f"GET /r?api_key={S} 200", "GET /r?api_key=*** 200", True),
    (f"Authorization: Bearer {S}", "Authorization: Bearer ***", False),
    (f"authorization: Basic {S}==", "authorization: Basic ***", False),
    (f'"Private-Token": "{S}"', '"Private-Token": "***"', False),
    (f"said Bearer {S} to it", "said Bearer *** to it", False),
    ("ghp_0123456789abcdefABCDEF0123456789abcd", "***", False),
    ("glpat-0123456789abcdefABCD", "***", False),
    ("npm_0123456789abcdefABCDEF0123456789abcd", "***", False),
    ("pypi-AgEIcHlwaS5vcmcCJDAwMDA", "***", False),
    ("key AKIAIOSFODNN7EXAMPLE", "key ***", False),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.abc-def", "***", False),
    (f"DB_PASSWORD={S}", "DB_PASSWORD=***", False),
    (f"-e REDIS_PASSWORD='{S} {S}' x", "-e REDIS_PASSWORD=*** x", False),
    (f"//registry.example.com/:_authToken={S}", "//registry.example.com/:_authToken=***", False),
    (
        f"-----BEGIN PRIVATE KEY-----\n{S}\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----***-----END PRIVATE KEY-----",
        False,
    ),
]

HARMLESS = [
    "https://github.com/langgenius/dify.git",
    "ssh://git@github.com/o/r",
    "git@github.com:o/r.git",
    "git+ssh://git@github.com/o/r@v1",
    "https://host:443/@scope/pkg",
    "https://example.com/u@v?x=1",
    "file:///a/b@c",
    "nginx:1.25@sha256:" + "0" * 64,
    "docker-image://nginx:1.25@sha256:" + "0" * 64,
    "docker-image://registry.example.com:5000/nginx:1.25@sha256:" + "0" * 64,
    "Bob <bob@example.com>",
    "mailto:bob@example.com",
    "npm:string-width@^4.2.0",
    "redis://:${REDIS_PASSWORD}@redis:6379/1",
    "redis://:$REDIS_PASSWORD@redis:6379/1",
    "redis://${REDIS_USERNAME:url}:${REDIS_PASSWORD:url}@${REDIS_HOST}:${REDIS_PORT}/1",
    "https://oauth2:${TOKEN}@gitlab.com/x",
    "postgresql+psycopg2://{user}:{password}@{self.DB_HOST}:{self.DB_PORT}/x",
    "postgresql://dify@db/dify",
    "http://host:port/path",
    "CODE_MAX_TOKENS=100",
    "SECRET_KEY=",
    "SECRET_KEY: holds a secret that Dify ships",
    "difykit env.set DB_PASSWORD=- < FILE",
    "password=password,",
    'headers = {"Authorization": self._tokens[scope]}',
    "authorization: str | None",
    "Basic authentication required",
    'Bearer realm="https://host/token",service="x"',
    "//@ts-ignore",
]


@pytest.mark.parametrize(("text", "shown", "refused"), CREDENTIALS, ids=range(len(CREDENTIALS)))
def test_a_credential_is_hidden_and_in_a_url_refused(text: str, shown: str, *, refused: bool) -> None:
    assert redact.text(text) == shown
    assert redact.text(shown) == shown
    assert bool(redact.fault(text)) == refused
    assert redact.fault(shown) == ""
    assert S not in redact.fault(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_credential_stays(text: str) -> None:
    assert redact.text(text) == text
    assert redact.fault(text) == ""


def test_a_line_end_in_a_url_does_not_hide_a_credential() -> None:
    assert redact.fault(f"https://me:{S}\n@host/r")
    assert redact.fault(f"https://{S}\t@host/r")


def test_a_plain_account_may_stand_where_git_asks_for_its_password() -> None:
    assert redact.fault("https://ann@example.org/dify.git", passed={"account"}) == ""
    assert redact.fault(f"https://{S}@example.org/dify.git", passed={"account"})
    assert redact.fault("https://token@example.org/dify.git", passed={"account"})
    assert redact.text("https://ann@example.org/dify.git") == "https://***@example.org/dify.git"


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    redact.watch(Vault(lambda: tmp_path).values)
    return tmp_path / ".env"


LONG = 'a canary\'s "song"\\ of $7 & ünder/glass'


@pytest.mark.parametrize(
    "form",
    [
        LONG,
        quote(LONG, safe=""),
        quote(LONG),
        quote_plus(LONG),
        json.dumps(LONG),
        json.dumps(LONG, ensure_ascii=False),
        shlex.quote(LONG),
        repr(LONG),
        LONG.replace("$", "$$"),
        base64.b64encode(LONG.encode()).decode(),
        base64.urlsafe_b64encode(LONG.encode()).decode(),
        base64.b64encode(f"user:{LONG}".encode()).decode(),
        base64.b64encode(f"me:{LONG}".encode()).decode(),
        LONG.encode().hex(),
    ],
    ids=range(14),
)
def test_a_secret_is_hidden_however_it_is_written(env_file: Path, form: str) -> None:
    env_file.write_text(f"MY_SECRET={quoted(LONG)}\n")
    shown = redact.text(f"it said {form} and ended")
    assert "***" in shown
    assert shown.startswith("it said ")
    assert shown.endswith(" and ended")
    assert all(part not in shown for part in ("canary", "song", "glass", quote("ünder"), form[4:20]))


def test_each_line_of_a_secret_is_hidden(env_file: Path) -> None:
    env_file.write_text('MY_KEY="first-line-of-it-1\nsecond-line-of-it-2\n"\n')
    assert redact.text("a\nfirst-line-of-it-1\nb second-line-of-it-2") == "a\n***\nb ***"


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("dify-sandbox", "image langgenius/dify-sandbox", "image langgenius/dify-sandbox"),
        ("dify-sandbox", "run -e ANY=dify-sandbox x", "run -e ANY=*** x"),
        ("dify-sandbox", '"api_key": "dify-sandbox"', '"api_key": "***"'),
        ("hunter22", "password authentication failed for hunter22", "password authentication failed for ***"),
        ("hunter22", "the file xhunter22x", "the file xhunter22x"),
        ("pass!word", "it was pass!word", "it was ***"),
        ("tiny", "a tiny word", "a tiny word"),
        ("tiny", "https://me:tiny@host X_TOKEN=tiny", "https://me:***@host X_TOKEN=***"),
    ],
)
def test_a_short_secret_hides_where_it_is_no_word(env_file: Path, secret: str, text: str, shown: str) -> None:
    env_file.write_text(f"SANDBOX_API_KEY={secret}\n")
    assert redact.text(text) == shown


def test_a_setting_that_is_no_secret_is_hidden_in_reports_alone(env_file: Path) -> None:
    env_file.write_text("CONSOLE_API_URL=https://dify.example.com\nODD_ONE=0a1b2c3d4e5f6a7b8c9d\n")
    text = "it answers at https://dify.example.com, 0a1b2c3d4e5f6a7b8c9d"
    assert redact.text(text) == "it answers at https://dify.example.com, ***"
    assert redact.text(text, least=redact.LONG) == "it answers at ***, ***"


def test_a_secret_that_changes_is_known(env_file: Path) -> None:
    env_file.write_text("A_TOKEN=the-first-token-1\n")
    assert redact.text("the-first-token-1") == "***"
    env_file.write_text("A_TOKEN=another-token-of-2\n")
    assert redact.text("another-token-of-2") == "***"


def test_variables_that_are_called_like_secrets_are_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_CI_TOKEN", "0123456789-of-ci-abc")
    monkeypatch.setenv("SOME_PROXY", "http://me:a-proxy-of-1999@proxy:3128")
    assert redact.text("a 0123456789-of-ci-abc b a-proxy-of-1999") == "a *** b ***"


def test_the_current_folder_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PWD", "/a/folder/of/somebody")
    monkeypatch.setenv("A_TOKEN_FILE", "/run/secrets/a/token")
    assert redact.text("/a/folder/of/somebody /run/secrets/a/token") == "/a/folder/of/somebody /run/secrets/a/token"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_log_keeps_no_secret_that_its_pieces_share(env_file: Path, size: int) -> None:
    env_file.write_text("MY_SECRET=a-canary-of-1999\n")
    said = f"one a-canary-of-1999\rtwo https://me:{S}@host/\nthree \xff a-canary-of-1999".encode("latin-1")
    log = env_file.with_name("log")
    sink = redact.Sink(log.open("wb"), redact.text)
    for at in range(0, len(said), size):
        sink.write(said[at : at + size])
    sink.close()
    assert log.read_bytes() == b"one ***\rtwo https://me:***@host/\nthree \xff ***"
