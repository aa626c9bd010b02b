"""What `adopt` finds in a fork: leftovers of merges, secrets, lock files, Compose files, endpoints."""

from __future__ import annotations

import json

import pytest
from packaging.version import Version

from difykit.adopt.composefiles import compose_files
from difykit.adopt.endpoints import endpoints
from difykit.adopt.leftovers import copies, deletions, markers, strays
from difykit.adopt.locks import lock_files
from difykit.adopt.model import AdoptionPlan, BaseCandidate, Candidate, ForkFinding, ForkSplit, Request
from difykit.adopt.report import findings_in_words, page, summary
from difykit.adopt.secrets import secrets

MARKED = b"one\n<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> main\n"
COMPOSE = "docker/docker-compose.yaml"
KEY = "-----BEGIN RSA PRIVATE KEY-----\n" + "A" * 64 + "\n-----END RSA PRIVATE KEY-----\n"


def one(split: ForkSplit | None = None, **lists: tuple[str, ...]) -> ForkSplit:
    return split or ForkSplit(lists.get("overlay", ()), lists.get("patched", ()), lists.get("deleted", ()), {}, {}, {})


def release(ref: str, **entries: str) -> BaseCandidate:
    return BaseCandidate(ref, ref, Version(ref), entries)


def texts(found: list[ForkFinding]) -> list[str]:
    return [str(each) for each in found]


def test_markers_are_found_where_the_release_has_none() -> None:
    files = {"a": MARKED, "doc": b"<<<<<<< HEAD\n", "b": b"fine\n", "kept": MARKED}
    found = list(markers(files, files.__getitem__, lambda path: MARKED if path == "kept" else b""))
    assert [(each.path, each.line) for each in found] == [("a", 2)]


def test_copies_beside_a_file_are_found() -> None:
    base, fork = {"A.md": "1", "x.py": "2"}, {"A.md~upstream_main": "1", "x.py": "2", "x.py.orig": "3", "y~": "4"}
    found = texts(list(copies(one(overlay=("A.md~upstream_main", "x.py.orig", "y~")), base, fork)))
    assert found == [
        "A.md~upstream_main: git put it beside A.md in a merge, which the fork has no longer and is Dify's file",
        "x.py.orig: a tool put it beside x.py",
    ]


def test_files_of_other_releases_are_told_by_release() -> None:
    releases = [release("1.0", s="1", o="1"), release("1.1", s="2", o="1"), release("1.3", o="9", n="5", m="7")]
    base = release("1.2", o="2", m="6")
    fork = {"s": "1", "o": "1", "n": "5", "m": "7"}
    found = texts(list(strays(one(overlay=("s", "n"), patched=("o", "m")), base, fork, releases)))
    assert found == [
        "s: Dify had it up to 1.1, and took it away in 1.2; it is the file of 1.0",
        "n: it is the file of 1.3",
        "o: it is the file of 1.1: what Dify changed since is lost",
        "m: it is the file of 1.3",
    ]


def test_a_deletion_says_which_releases_have_the_file() -> None:
    found = texts(list(deletions(one(deleted=("a",)), {"a~main": "1"}, release("1.2"), [release("1.4", a="1")])))
    assert found == [
        "a: Dify 1.2 has it, and so has 1.4; a merge left it as a~main: did somebody mean to take it away?"
    ]


def found_secrets(path: str, text: str, before: str = "") -> list[ForkFinding]:
    return list(secrets([path], lambda _: text.encode(), lambda asked: before.encode() if asked == path else b""))


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        ("x/id_rsa", "hello\n" + KEY, 2),
        ("a.py", f'KEY = "AKIA{"Q7W8E9R1" * 2}"\n', 1),
        ("a.py", f"\n\nT = 'ghp_{'aB3dE6gH9jK2mN5' * 3}'\n", 3),
        ("docker/.env", "A=1\nDB_PASSWORD=hunter22\n", 2),
        ("web/.env.production", "export ADMIN_TOKEN='s3cr3t-value'\n", 1),
    ],
)
def test_a_secret_is_told_by_its_line_and_never_shown(path: str, text: str, line: int) -> None:
    (found,) = found_secrets(path, text)
    assert (found.kind, found.line) == ("secret", line)
    assert not any(value in str(found) for value in ("AAAA", "Q7W8", "aB3d", "hunter22", "s3cr3t"))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("docker/.env.example", "DB_PASSWORD=hunter22\n"),
        (".env", "DB_PASSWORD=${OTHER}\nTOKEN=\nAPI_KEY=your-api-key\nTOKEN_DAYS=30\n"),
        ("a.py", "T = 'ghp_" + "x" * 40 + "'\n"),
        ("a.py", "-----BEGIN PRIVATE KEY-----\\n"),
    ],
)
def test_what_stands_for_a_secret_is_none(path: str, text: str) -> None:
    assert found_secrets(path, text) == []


def test_a_secret_that_dify_ships_itself_is_not_the_forks() -> None:
    text = f"sk-{'a1B2c3D4' * 5}"
    assert found_secrets("x.yaml", text, before=text) == []
    assert [each.text for each in found_secrets("x.yaml", text)] == ["an OpenAI key"]


PNPM = """\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a:
        specifier: ^1
        version: 1.0
packages:
  : not read
"""
UV = '[[package]]\nname = "dify-api"\n[package.metadata]\nrequires-dist = [{name = "flask", specifier = "~=3.0"}]\n'


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"web/pnpm-lock.yaml": PNPM, "web/package.json": json.dumps({"dependencies": {"a": "^1"}})}, []),
        (
            {"web/pnpm-lock.yaml": PNPM, "web/package.json": json.dumps({"dependencies": {"a": "^2", "b": "1"}})},
            ["web/pnpm-lock.yaml: does not fit web/package.json: a, b"],
        ),
        (
            {"api/uv.lock": UV, "api/pyproject.toml": '[project]\nname = "dify-api"\ndependencies = ["flask~=3.0"]\n'},
            [],
        ),
        (
            {
                "api/uv.lock": UV,
                "api/pyproject.toml": '[project]\nname = "dify-api"\ndependencies = ["x", "Flask~=3.0"]\n',
            },
            ["api/uv.lock: does not fit api/pyproject.toml: x"],
        ),
        (
            {"web/pnpm-lock.yaml": MARKED.decode(), "web/package.json": "{}"},
            ["web/pnpm-lock.yaml: cannot be read beside web/package.json: "],
        ),
    ],
)
def test_a_lock_file_is_compared_with_its_manifest(files: dict[str, str], said: list[str]) -> None:
    found = texts(list(lock_files({}, dict.fromkeys(files, "1"), lambda path: files[path].encode())))
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True))


def test_a_lock_file_that_was_taken_away_is_told() -> None:
    base = {"web/pnpm-lock.yaml": "1", "web/package.json": "1"}
    found = texts(list(lock_files(base, {"web/package.json": "1"}, lambda _: b"{}")))
    assert found == ["web/pnpm-lock.yaml: the fork took it away: what web/package.json installs is not fixed"]


def test_a_copy_of_difys_compose_file_is_compared_with_it() -> None:
    upstream = """\
x-shared-env: &env {A: 1, B: 2}
services:
  api: {image: "langgenius/dify-api:1.12.1", environment: *env}
  weaviate: {image: "semitechnologies/weaviate:1.27.0"}
  db: {image: "postgres:15"}
"""
    copy = """\
x-shared-env: &env {A: 1}
services:
  api: {image: "langgenius/dify-api:1.12.1", environment: *env}
  weaviate: {image: "registry.example.org/me/semitechnologies-weaviate:1.19.0"}
  db:
    image: postgres:15
    environment: {POSTGRES_PASSWORD: "${DB_PASSWORD:-difyai123456}"}
    ports: ["5432:5432"]
"""
    files = {"docker/docker-compose.mine.yaml": copy, COMPOSE: upstream}
    base = {COMPOSE: "1"}
    found = texts(
        list(
            compose_files(
                base,
                {**base, "docker/docker-compose.mine.yaml": "2"},
                lambda path: files[path].encode(),
                lambda path: files[path].encode() if path == COMPOSE else b"",
            )
        )
    )
    label = "docker/docker-compose.mine.yaml"
    mirrored = "registry.example.org/me/semitechnologies-weaviate:1.19.0"
    assert found == [
        f"{label}:4: weaviate runs {mirrored}, Dify's own file semitechnologies/weaviate:1.27.0",
        f"{label}:1: x-shared-env lacks 1 settings of Dify's own file: B",
        f"{label}:8: db publishes its port (5432:5432): whoever reaches the machine reaches the data",
        f"{label}:7: db has a public default for POSTGRES_PASSWORD: everyone knows it",
    ]


def test_a_compose_file_that_cannot_be_read_is_told() -> None:
    found = list(compose_files({}, {"compose.yaml": "1"}, lambda _: MARKED, lambda _: b""))
    assert texts(found) == ["compose.yaml: cannot be read as a Compose file"]


def test_endpoints_that_an_overlay_could_register_are_told() -> None:
    files = {
        "api/controllers/mine/routes.py": 'import flask\nbp = flask.Blueprint("mine", __name__)\n',
        "api/controllers/console/own.py": "from controllers.console import api\n\napi.add_resource(X, '/x')\n",
        "api/controllers/console/new.py": "from . import console_ns\n\n@console_ns.route('/x')\nclass X: ...\n",
        "api/controllers/service_api/x.py": "from controllers.service_api import api\napi.add_resource(X, '/x')\n",
        "api/controllers/broken.py": "def (",
        "api/services/x.py": "bp = Blueprint('x')\n",
    }
    found = list(endpoints(files, ["api/extensions/ext_blueprints.py"], lambda path: files[path].encode()))
    assert [(each.path, each.line) for each in found] == [
        ("api/controllers/mine/routes.py", 2),
        ("api/controllers/console/own.py", 3),
        ("api/controllers/console/new.py", 3),
    ]
    assert 'blueprints: ["controllers.mine.routes:bp"]' in found[0].text
    assert "needs no patch" in found[0].text
    assert 'console: ["controllers.console.own"]' in found[1].text


def test_the_report_shows_all_in_the_file_and_some_on_the_screen() -> None:
    findings = tuple(ForkFinding("stale", f"old_{number}.py", "old", drop=f"rm old_{number}.py") for number in range(9))
    base = release("1.2")
    plan = AdoptionPlan(
        Request("https://example.org/x", "main"),
        "x",
        "f" * 40,
        "t" * 40,
        base,
        (Candidate(base, 1, 0, 0, 9),),
        ForkSplit(("a",), ("b", "c", "d"), ("e",), {"c": "d"}, {}, {}),
        (),
        findings,
        proven="t" * 40,
    )
    assert list(summary(plan)) == [
        "overlay x: 1 files",
        "patches: 0, for 2 files (1 of them moved), and 1 that go",
        f"proof: a sync of this gives tree {'t' * 40}, the fork's own, byte for byte, with modes",
    ]
    shown = "\n".join(findings_in_words(plan))
    assert "9 x stale" in shown
    assert "and 3 more: overlays/x/ADOPTED.md" in shown
    assert page(plan).count("- [ ] ") == 9
    assert json.dumps(plan.describe())
