"""What others wrote, through the CLI in a real workspace: shown without being obeyed, and without credentials."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from difykit.demo.upstream import make_upstream
from tests.support.cli import Ran, difykit, inv
from tests.support.workspaces import WorkspaceFixture

RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
BAD = "E\x1b[31mX\x1b]52;c;aGk=\x07\x1b[2J\r\x08\x7f\x85\x9b31m\u202eR\u2066\u200b\u200d\ufeff\u2028\u2029"
FORGED = f"{BAD}\n  ok forged\tx"
S = "c4narySECRETx"

PATCH = """From 0000000000000000000000000000000000000000 Mon Sep 17 00:00:00 2001
From: A{bad} <a@example.com>
Date: Mon, 1 Jan 2024 00:00:00 +0000
Subject: [PATCH] s {bad}
Content-Type: text/plain; charset=UTF-8

Why: {bad}
Upstream: {upstream}
Made-for: {bad}
---
diff --git a/NEW b/NEW
new file mode 100644
--- /dev/null
+++ b/NEW
@@ -0,0 +1,2 @@
+{bad}
+DB_PASSWORD={secret} https://me:{secret}@host/r?token={secret}
"""
VERBS = [
    *("overlay.list", "overlay.show o", "overlay.diff o", "overlay.check", "sync --check", "sync"),
    *("patch.list", "patch.show 1", "patch.check", "patch.stats", "env.list", "env.show MAIL_TYPE", "env.check"),
    *("render --check", "finish --check", "upgrade.forecast --to 1.99.0", "overlay.show nope", "patch.drop nope"),
    *("upgrade.review --to 1.99.0", "upgrade.review --to 1.99.0 --markdown -"),
]
JSON = [
    "overlay.list",
    "overlay.show o",
    "overlay.diff o",
    "overlay.check",
    "sync --check",
    "patch.list",
    "patch.check",
]
JSON += [
    "patch.stats",
    "env.list",
    "env.show MAIL_TYPE",
    "env.check",
    "upgrade.forecast --to 1.99.0",
    "upgrade.review --to 1.99.0",
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("upstream") / "dify.git"
    make_upstream(place)
    return place.as_uri()


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, url: str) -> Path:
    """A workspace whose every text is somebody's attempt on the terminal, with its source made."""
    space = WorkspaceFixture(tmp_path_factory.mktemp("odd") / "ws", url, ref="1.98.0")
    manifest = f"version: 1\ndescription: {json.dumps(FORGED)}\nenv: {{MAIL_TYPE: {json.dumps(FORGED)}}}\n"
    space.overlay("o", {}, manifest)
    name = os.fsdecode(b"x\x1b[31m\xe2\x80\xae\n.md")
    file = space.root / "overlays/o/tree/web" / name
    file.parent.mkdir(parents=True)
    file.write_text("text\n")
    bad = BAD.replace("\r", "")
    space.patch("1\x1b[31m\x9b\u202e.patch", PATCH.format(bad=bad, upstream=bad, secret=S))
    space.sync()
    return space.root


def check(ran: Ran) -> None:
    assert not RAW.search(ran.out + ran.err)
    assert "Traceback" not in ran.err
    assert ran.code in {0, 1, 2}
    assert not re.search(r"(?m)^\s*ok forged", ran.out)
    assert S not in ran.out + ran.err


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_hands_a_control_on(root: Path, verb: str) -> None:
    check(inv(*verb.split(), cwd=root))


@pytest.mark.parametrize("verb", JSON)
def test_a_document_is_valid_and_has_no_control(root: Path, verb: str) -> None:
    ran = inv(*verb.split(), "--json", cwd=root)
    check(ran)
    (line,) = ran.out.splitlines()
    assert json.loads(line)


def test_a_document_has_the_true_value(root: Path) -> None:
    listed = json.loads(inv("overlay.list", "--json", cwd=root).out)["overlays"]
    assert listed[0]["description"] == FORGED
    assert json.loads(inv("env.show", "MAIL_TYPE", "--json", cwd=root).out)["value"] == FORGED


def test_a_table_stays_a_table(root: Path) -> None:
    head, row, *_ = inv("overlay.list", cwd=root).out.splitlines()
    assert row[head.index("DESCRIPTION") :].startswith("E\\x1b[31mX")
    assert row.endswith("\\u2029\\n  ok forged\\tx")


@pytest.mark.parametrize("name", ["n\x1b[31m\u202e\n  ok forged", "\x1b]0;x\x07", "\u2028x", "\udcff"])
def test_what_is_typed_is_not_obeyed(root: Path, name: str) -> None:
    ran = inv("overlay.show", name, cwd=root)
    check(ran)
    assert ran.code == 1


SETTINGS = [
    ("upstream.url", f"upstream: {{url: 'https://{S}@host/r', ref: 1.98.0}}"),
    ("upstream.url", f"upstream: {{url: 'https://host/r?token={S}', ref: 1.98.0}}"),
    ("upstream.url", f"upstream: {{url: 'HTTPS://me:{S}@host/r', ref: 1.98.0}}"),
    ("upstream.url", f"upstream: {{url: 'https://{S}%40host/r', ref: 1.98.0}}"),
    ("upstream.url", f'upstream: {{url: "https://me:{S}\\n@host/r", ref: 1.98.0}}'),
    ("upstream.url", f"upstream: {{url: 'https:\\\\me:{S}@host/r', ref: 1.98.0}}"),
    ("upstream.url", f"upstream: {{url: 'me:{S}@host.example.com/r', ref: 1.98.0}}"),
    ("upstream.url", f"upstream: {{url: 'ssh://git:{S}@host/r', ref: 1.98.0}}"),
    ("proxy.http", f"proxy: {{http: 'http://me:{S}@proxy:3128'}}"),
    ("proxy.https", f"proxy: {{https: 'http://{S}@proxy:3128'}}"),
    ("proxy.no_proxy", f"proxy: {{no_proxy: 'a,http://me:{S}@b'}}"),
    ("mirrors.pypi", f"mirrors: {{pypi: 'https://host/simple?token={S}'}}"),
    ("mirrors.npm", f"mirrors: {{npm: 'https://me:{S}@host/npm'}}"),
    ("mirrors.registry", f"mirrors: {{registry: 'me:{S}@host.example.com/hub'}}"),
    ("images.prefix", f"images: {{prefix: 'me:{S}@host:5000/x/'}}"),
    ("images.reuse", f"images: {{reuse: 'https://me:{S}@host/x/'}}"),
    ("images.cache", f"images: {{cache: 'https://{S}@host/x'}}"),
    ("env.CELERY_BROKER_URL", f"env: {{CELERY_BROKER_URL: 'redis://:{S}@redis:6379/1'}}"),
    ("env.CELERY_BROKER_URL", f"env: {{CELERY_BROKER_URL: 'redis://:%40{S}%40@redis:6379/1'}}"),
    ("a key", f"'https://me:{S}@host': 1"),
]
OVERLAYS = [
    ("api.python.0", f"api: {{python: ['x @ https://me:{S}@host/x.whl']}}"),
    ("api.python.0", f"api: {{python: ['x @ git+https://{S}@github.com/o/r@main']}}"),
    ("api.python.0", f"api: {{python: ['x @ https://host/x.whl?access_token={S}']}}"),
    ("api.python.0", f"api: {{python: ['--extra-index-url https://me:{S}@host/simple']}}"),
    ("env.X_URL.template", f"env: {{X_URL: {{template: 'redis://:{S}@${{REDIS_HOST}}'}}}}"),
    ("gateway.routes.0.path", f"gateway: {{routes: [{{path: 'https://me:{S}@host/'}}]}}"),
    ("edits.0.replace.with", f"edits: [{{file: README.md, replace: {{find: a, with: 'https://me:{S}@host'}}}}]"),
    ("edits.0.i18n.value", f"edits: [{{i18n: {{locale: en-US, key: login.a, value: 'https://me:{S}@host'}}}}]"),
]


@pytest.mark.parametrize(("key", "text"), SETTINGS, ids=range(len(SETTINGS)))
def test_a_credential_in_the_settings_is_refused_with_its_line(tmp_path: Path, key: str, text: str) -> None:
    pin = "" if text.startswith("upstream") else "upstream: {ref: 1.98.0}\n"
    (tmp_path / "difykit.yaml").write_text(f"version: 1\n{pin}{text}\n")
    ran = inv("sync", "--check", cwd=tmp_path)
    check(ran)
    line = 2 + bool(pin)
    assert ran.code == 2
    assert ran.err.startswith(f"fail difykit.yaml:{line}: {key}: holds a ")
    assert ran.err.count("\n") == 1 + ("unknown key" in ran.err)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"redis://:{S}@redis:6379/1", "X='redis://:***@redis:6379/1'"),
        ("https://ann@host/x", "X='https://***@host/x'"),
        (f"https://h/?api_key={S}&b=1", "X='https://h/?api_key=***&b=1'"),
        (f"https://me:{S}@h/ its # y $Z", "X='https://me:***@h/ its # y $Z'"),
        (f"https://me:{S}@h/it's", "X=…"),
        (f"https://me:{S}@h/\nx", "X=…"),
    ],
)
def test_a_setting_with_a_credential_is_refused_with_the_line_to_write(tmp_path: Path, text: str, line: str) -> None:
    pin = "version: 1\nupstream: {ref: 1.98.0}\n"
    (tmp_path / "difykit.yaml").write_text(f"{pin}env: {{X: {json.dumps(text)}}}\n")
    ran = inv("sync", "--check", cwd=tmp_path)
    assert ran.code == 2
    assert ran.err.endswith(f"write it into .env, which nobody reviews, with the secret for ***: {line}\n")
    (tmp_path / "difykit.yaml").write_text(pin)
    if line != "X=…":
        (tmp_path / ".env").write_text(line.replace("***", S) + "\n")
        assert inv("env.show", "X", cwd=tmp_path).code != 2


@pytest.mark.parametrize(("key", "text"), OVERLAYS, ids=range(len(OVERLAYS)))
def test_a_credential_in_an_overlay_is_refused_with_its_line(tmp_path: Path, key: str, text: str) -> None:
    (tmp_path / "difykit.yaml").write_text("version: 1\nupstream: {ref: 1.98.0}\noverlays: [o]\n")
    (tmp_path / "overlays/o").mkdir(parents=True)
    (tmp_path / "overlays/o/overlay.yaml").write_text(f"version: 1\ndescription: o\n{text}\n")
    ran = inv("sync", "--check", cwd=tmp_path)
    check(ran)
    assert ran.code == 2
    assert ran.err.startswith(f"fail overlays/o/overlay.yaml:3: {key}: holds a ")
    for verb in ("overlay.list", "overlay.show o", "overlay.check", "overlay.list --json", "overlay.check --json"):
        check(inv(*verb.split(), cwd=tmp_path))


def test_a_credential_in_an_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_text("version: 1\nupstream: {ref: 1.98.0}\n")
    (tmp_path / "images/api").mkdir(parents=True)
    for text in (f"python: ['x @ https://me:{S}@host/x.whl']", f"build_args: {{A: 'https://{S}@host'}}"):
        (tmp_path / "images/api/image.yaml").write_text(f"version: 1\nreplaces: langgenius/dify-api\n{text}\n")
        ran = inv("build", "--check", cwd=tmp_path)
        check(ran)
        assert ran.code != 0


def test_a_credential_in_a_patch_s_message_is_refused(tmp_path: Path, url: str) -> None:
    space = WorkspaceFixture(tmp_path / "ws", url, ref="1.98.0")
    space.patch("1.patch", PATCH.format(bad="b", upstream=f"https://{S}@host/r/1", secret="x"))
    for verb in ("sync --check", "sync", "patch.check", "patch.list"):
        ran = inv(*verb.split(), cwd=space.root)
        check(ran)
        assert ran.code in {1, 2}
        assert "patches/1.patch:8: the message holds a password" in ran.out + ran.err


@pytest.mark.parametrize(
    ("option", "args"),
    [
        ("--fork", ["adopt", "--fork", f"https://me:{S}@host/r", "--ref", "x"]),
        ("--fork", ["adopt", "--fork", f"https://{S}@host/r", "--ref", "x"]),
        ("--to", ["upgrade.forecast", "--to", f"https://me:{S}@host/r"]),
        ("--name", ["overlay.show", f"https://host/r?token={S}"]),
    ],
)
def test_a_credential_among_the_arguments_is_refused(tmp_path: Path, option: str, args: list[str]) -> None:
    (tmp_path / "difykit.yaml").write_text("version: 1\nupstream: {ref: 1.98.0}\n")
    ran = inv(*args, cwd=tmp_path)
    check(ran)
    assert ran.code == 1
    assert ran.err.startswith(f"fail {option}: holds a ")


def test_variables_in_urls_are_taken(tmp_path: Path) -> None:
    env = "env: {CELERY_BROKER_URL: 'redis://:${REDIS_PASSWORD}@redis:6379/1'}"
    (tmp_path / "difykit.yaml").write_text(f"version: 1\nupstream: {{url: 'ssh://git@host/r', ref: 1.98.0}}\n{env}\n")
    assert "holds" not in inv("overlay.list", cwd=tmp_path).err


def test_a_secret_of_env_is_in_no_output_of_a_program(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_text(f"version: 1\nupstream: {{url: 'file:///nowhere/{S}-of-env', ref: x}}\n")
    (tmp_path / ".env").write_text(f"MY_TOKEN={S}-of-env\n")
    ran = difykit("sync", cwd=tmp_path)
    assert ran.code == 1
    assert S not in ran.out + ran.err
    assert "***" in ran.err
