"""The commands that `adopt` names for leftovers: each takes out what its line names, and nothing of the fork's own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from difykit.source.patch import load
from tests.support.cli import inv
from tests.support.forks import Fork
from tests.support.hints import run_hint
from tests.support.repos import Upstream
from tests.support.trees import Content
from tests.support.workspaces import WorkspaceFixture

LONG = "".join(f"line {number}\n" for number in range(60))
CONFLICT = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> upstream_main\n"
OURS = LONG.replace("line 5\n", "line five of ours\n")
COMPOSE = "services:\n  db:\n    image: postgres:15\n    environment: {{POSTGRES_PASSWORD: {word}}}\n"
PARTS: dict[str, Content] = {f"api/core/part_{number}.py": LONG + f"PART = {number}\n" for number in range(16)}
GONE: dict[str, Content] = {
    "api/core/gone.py": "GONE = 1\n",
    "api/core/gone_too.py": LONG + "GONE = 1\n",
    "api/core/.gitignore": "*.old\n",
}
FIRST: dict[str, Content] = {
    **PARTS,
    **GONE,
    "api/core/lost.py": LONG,
    "web/i18n/uk-UA/login.json": "{}\n",
    "web/i18n/uk-UA/app.json": "{}\n",
    "docker/docker-compose.yaml": COMPOSE.format(word="difyai123456"),
}
FORK: dict[str, Content] = {
    "api/core/part_0.py": OURS + "PART = 0\n",
    "api/core/part_1.py": LONG.replace("line 30\n", CONFLICT) + "PART = 1\n",
    "api/core/part_2.py": OURS.replace("line 30\n", CONFLICT) + "PART = 2\n",
    "api/core/part_3.py": LONG.replace("line 30\n", "mine\n" + CONFLICT) + "PART = 3\n",
    "api/core/part_4.py": LONG + "PART = 'newer'\n",
    "api/core/part_5.py": LONG.replace("line 30\n", "<<<<<<< HEAD\nline 30\n=======\nx\n>>>>>>> b\n") + "PART = 5\n",
    "api/core/lost.py": LONG,
    "api/core/gone.py": "GONE = 1\n",
    "api/core/gone_too.py": LONG + "GONE = 1\nOURS = 1\n",
    "api/core/.gitignore": "*.old\n",
    "api/core/new.py": "NEW = 1\n",
    "api/core/part_6.py.orig": LONG,
    "api/own/marked.py": CONFLICT + LONG,
    "api/own/token.py": LONG + "T = 'ghp_" + "a1B2c3D4e5F6" * 3 + "'\n",
    "api/own/key.p12": b"\0key",
    "docker/docker-compose.ours.yaml": COMPOSE.format(word="ours"),
    "web/i18n/uk-UA/login.json": None,
    "web/i18n/uk-UA/app.json": None,
    "README.md~upstream_main": "Dify\n",
}
TAKEN_OUT: dict[tuple[str, str], str | None] = {
    ("conflict markers", "api/core/part_1.py"): LONG + "PART = 1\n",
    ("conflict markers", "api/core/part_2.py"): OURS + "PART = 2\n",
    ("conflict markers", "api/core/part_5.py"): LONG + "PART = 5\n",
    ("merge copy", "README.md~upstream_main"): None,
    ("merge copy", "api/core/part_6.py.orig"): None,
    ("stale", "api/core/gone.py"): None,
    ("stale", "api/core/.gitignore"): None,
    ("old content", "api/core/lost.py"): LONG + "fixed\n",
    ("newer", "api/core/part_4.py"): LONG + "PART = 4\n",
    ("newer", "api/core/new.py"): None,
    ("deleted", "web/i18n/uk-UA/login.json"): "{}\n",
    ("deleted", "web/i18n/uk-UA/app.json"): "{}\n",
    ("secret", "api/own/key.p12"): None,
}
"""What a command leaves of its file."""
BY_HAND = {
    ("conflict markers", "api/core/part_3.py"): "difykit patch.edit ",
    ("conflict markers", "api/own/marked.py"): "by hand in overlays/my-fork/tree/api/own/marked.py:1: ",
    ("stale", "api/core/gone_too.py"): "by hand in overlays/my-fork/tree/api/core/gone_too.py: ",
    ("secret", "api/own/token.py"): "by hand in overlays/my-fork/tree/api/own/token.py:61: ",
    (
        "compose",
        "docker/docker-compose.ours.yaml",
    ): "by hand in overlays/my-fork/tree/docker/docker-compose.ours.yaml:4: ",
}


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    made = Upstream(tmp_path)
    made.release("1.0.0", FIRST)
    for path in GONE:
        (made._work / path).unlink()
    made.release("1.1.0", {"api/core/lost.py": LONG + "fixed\n"})
    made.release("1.2.0", {"api/core/part_4.py": LONG + "PART = 'newer'\n", "api/core/new.py": "NEW = 1\n"})
    return made


def adopted(folder: Path, upstream: Upstream, by: str) -> tuple[WorkspaceFixture, list[dict[str, Any]]]:
    fork = Fork(folder, upstream, "1.1.0")
    fork.commit(FORK, "ours")
    space = WorkspaceFixture(folder / "ws", upstream)
    ran = inv("adopt", "--fork", fork.url, "--ref", "main", "--base", "1.1.0", "--by", by, "--json", cwd=space.root)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["equal"]
    assert inv("sync", cwd=space.root).code == 0
    assert space.git("rev-parse", "HEAD^{tree}") == fork.tree()
    found: list[dict[str, Any]] = told["findings"]
    return space, found


def content_of(space: WorkspaceFixture) -> dict[Path, bytes]:
    """What the user owns: every file of the series, the overlays and the settings."""
    roots = [space.root / name for name in ("patches", "overlays")]
    files = [path for root in roots for path in sorted(root.rglob("*")) if path.is_file()]
    return {path: path.read_bytes() for path in (*files, space.root / "difykit.yaml")}


@pytest.mark.parametrize("by", ["area"])
def test_each_command_takes_out_its_leftover_and_nothing_else(tmp_path: Path, upstream: Upstream, by: str) -> None:
    space, found = adopted(tmp_path, upstream, by)
    drops = {(each["kind"], each["path"]): each["drop"] for each in found if each["drop"]}
    assert drops.keys() == TAKEN_OUT.keys()
    edits = {(each["kind"], each["path"]): each["edit"] for each in found if each["edit"]}
    assert edits.keys() == BY_HAND.keys()
    assert {key: text for key, text in edits.items() if not text.startswith(BY_HAND[key])} == {}
    space.git("tag", "before")
    before = content_of(space)
    for key, command in drops.items():
        run_hint(space, command)
        assert space.git("diff", "--name-only", "--no-renames", "before", "HEAD") == key[1]
        place = space.source / key[1]
        assert (place.read_text() if place.exists() else None) == TAKEN_OUT[key]
        for path in content_of(space).keys() - before.keys():
            path.unlink()
        for path, content in before.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@pytest.mark.parametrize("by", ["file", "commit"])
def test_all_commands_one_after_the_other_leave_the_fork_s_own_work(
    tmp_path: Path, upstream: Upstream, by: str
) -> None:
    space, found = adopted(tmp_path, upstream, by)
    space.git("tag", "before")
    for command in dict.fromkeys(each["drop"] for each in found if each["drop"]):
        run_hint(space, command)
    changed = space.git("diff", "--name-only", "--no-renames", "before", "HEAD").splitlines()
    assert sorted(changed) == sorted(path for _, path in TAKEN_OUT)
    assert (space.source / "api/core/part_0.py").read_text() == OURS + "PART = 0\n"
    assert (space.source / "api/core/part_2.py").read_text() == OURS + "PART = 2\n"


def test_a_patch_of_leftovers_holds_one_kind_and_nothing_of_the_fork_s_own(tmp_path: Path, upstream: Upstream) -> None:
    space, found = adopted(tmp_path, upstream, "area")
    named = {each["drop"].split()[2] for each in found if each["drop"].startswith("difykit patch.drop")}
    kinds = {name: {each["kind"] for each in found if f" {name}" in each["drop"]} for name in named}
    assert all(len(each) == 1 for each in kinds.values()), kinds
    ours = [patch for patch in load(space.root / "patches") if patch.name not in named]
    touched = {change.path for patch in ours for change in patch.changes}
    assert touched == {"api/core/part_0.py", "api/core/part_2.py", "api/core/part_3.py"}


def test_what_is_to_be_mended_by_hand_can_be_edited_as_said(tmp_path: Path, upstream: Upstream) -> None:
    space, found = adopted(tmp_path, upstream, "area")
    text = next(each["edit"] for each in found if each["path"] == "api/core/part_3.py")
    word, name = text.split(",")[0].rsplit(" ", 1)
    assert word == "difykit patch.edit"
    assert inv("patch.edit", name, cwd=space.root).code == 0
    place = space.source / "api/core/part_3.py"
    place.write_text(place.read_text().replace(CONFLICT, "line 30\n"))
    ran = inv("finish", cwd=space.root)
    assert ran.code == 0, ran.err
    assert place.read_text() == LONG.replace("line 30\n", "mine\nline 30\n") + "PART = 3\n"


def test_the_page_has_each_command_and_each_place(tmp_path: Path, upstream: Upstream) -> None:
    space, found = adopted(tmp_path, upstream, "area")
    page = (space.root / "overlays" / "my-fork" / "ADOPTED.md").read_text()
    assert all((each["drop"] or each["edit"]) in page for each in found)
