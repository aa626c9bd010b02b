"""A target is one module behind the Protocol and one line in the table: every verb takes it as it takes the others."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import difykit
from difykit.demo import make_upstream
from difykit.targets import Target, target_named
from difykit.workspace.manifest.target import TARGETS
from tests.support.cli import inv

SETTINGS = """\
version: 1
upstream: {{url: '{url}', ref: 1.98.0}}
overlays: [hello-endpoint]
deploy: {{target: {name}}}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    monkeypatch.setitem(TARGETS, "note", "tests.support.note_target")
    make_upstream(tmp_path / "dify.git")
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "difykit.yaml").write_text(SETTINGS.format(url=(tmp_path / "dify.git").as_uri(), name="note"))
    assert inv("sync", cwd=root).code == 0
    return root


def test_a_target_of_ones_own_goes_through_every_verb(root: Path) -> None:
    assert "nothing is deployed" in inv("status", cwd=root).out
    assert inv("render", cwd=root).code == 0
    assert (root / ".difykit" / "release" / "compose.yaml").is_file()
    planned = inv("deploy", "--check", "--json", cwd=root)
    assert json.loads(planned.out)["deploy"]["services"] == {"note": "added"}
    done = inv("deploy", "--json", cwd=root)
    assert (done.code, json.loads(done.out)["url"]) == (0, "note://started")
    assert [row["service"] for row in json.loads(inv("status", "--json", cwd=root).out)["services"]] == ["note"]
    assert inv("logs", cwd=root).out == "note | started\n"
    assert "stopped; the data is in" in inv("down", cwd=root).err
    assert "nothing is deployed" in inv("status", cwd=root).out


def test_doctor_asks_for_no_engine_where_the_target_needs_none(root: Path) -> None:
    ran = inv("doctor", cwd=root)
    assert "deploy.target is note" in ran.out + ran.err
    assert "deploy.target is note" in inv("doctor", "--stack", cwd=root).err
    assert "deploy.target is note" in inv("bundle.save", "x.tar", cwd=root).err


def test_another_name_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "difykit.yaml").write_text(SETTINGS.format(url="file:///x", name="nomad"))
    ran = inv("sync", cwd=tmp_path)
    assert (ran.code, ran.err) == (2, "fail difykit.yaml:4: deploy.target: input should be 'compose' or 'process'\n")


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_has_all_of_the_protocol(name: str) -> None:
    assert isinstance(target_named(name), Target)


def _comparisons() -> Iterator[str]:
    package = Path(difykit.__file__).parent
    for path in sorted(package.rglob("*.py")):
        if "demo/dify" in path.as_posix() or path.name == "target.py":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare):
                texts = {item.value for item in ast.walk(node) if isinstance(item, ast.Constant)}
                if texts & {"compose", "process"} and "target" in ast.unparse(node):
                    yield f"{path.relative_to(package)}:{node.lineno}: {ast.unparse(node)}"


def test_no_verb_asks_which_target_it_is() -> None:
    assert list(_comparisons()) == []
