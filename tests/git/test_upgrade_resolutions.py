"""What is remembered of resolutions, one at a time: listed, shown, forgotten, handed on to a colleague."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.resolutions import BINARY, FILES, Conflict, conflict_of, good, workspace_of

PATH = "api/a.py"


def listed(conflict: Conflict) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(conflict.run("upgrade.resolutions", "--json").out)["resolutions"]
    return rows


def resolved(folder: Path, path: str = PATH, content: str | bytes = "") -> Conflict:
    """An upgrade that was resolved and then given up before it landed; what was resolved is remembered."""
    conflict = conflict_of(folder, path)
    conflict.resolve(content or good(path))
    assert conflict.run("upgrade.abort").code == 0
    return conflict


def test_none_is_said(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, PATH)
    ran = conflict.run("upgrade.resolutions")
    assert (ran.code, ran.out) == (0, "nothing that was resolved by hand is remembered\n")


def test_each_is_listed_with_its_path_kind_layer_release_and_time(tmp_path: Path) -> None:
    conflict = resolved(tmp_path)
    [row] = listed(conflict)
    assert (row["path"], row["kind"], row["layer"], row["release"], row["how"]) == (
        PATH,
        "content",
        "patch 0001-a.patch",
        "1.1.0",
        "resolved",
    )
    assert row["when"].endswith("+00:00")
    head, line = conflict.run("upgrade.resolutions").out.splitlines()
    assert head.split() == ["NAME", "PATH", "KIND", "LAYER", "RELEASE", "WHEN", "HOW"]
    assert line.startswith(f"{row['name']}  {PATH}  content  patch 0001-a.patch  1.1.0")


@pytest.mark.parametrize("way", ["name", "letters", "path"])
def test_one_is_shown_against_the_releases_file(tmp_path: Path, way: str) -> None:
    conflict = resolved(tmp_path)
    name = listed(conflict)[0]["name"]
    ran = conflict.run("upgrade.resolutions", "--show", {"name": name, "letters": name[:5], "path": PATH}[way])
    assert ran.code == 0, ran.err
    assert ran.out.startswith(f"resolution {name}\npath: {PATH}\nkind: content\n")
    assert "-v4 = 2\n+v4 = 4\n" in ran.out
    shown = json.loads(conflict.run("upgrade.resolutions", "--show", name, "--json").out)
    assert shown["name"] == name
    assert "+v4 = 4" in shown["text"]


def test_what_is_no_text_is_shown_as_that(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, PATH)
    conflict.space.in_git()
    conflict.resolve(BINARY)
    assert conflict.run("upgrade.continue", "--accept", PATH).code == 0
    assert [row["how"] for row in listed(conflict)] == ["accepted"]
    assert f"(not a text: {len(BINARY)} bytes)" in conflict.run("upgrade.resolutions", "--show", PATH).out


def test_one_that_is_forgotten_is_asked_again_though_a_merge_and_a_hunk_knew_it_too(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path, PATH)
    conflict.space.in_git()
    conflict.resolve(good(PATH))
    assert conflict.run("upgrade.continue").code == 0
    conflict.space.home("switch", "--quiet", "main")
    ran = conflict.run("upgrade.resolutions", "--forget", PATH)
    assert ran.code == 0, ran.err
    assert f"({PATH}) is forgotten: it is asked again" in ran.err
    assert listed(conflict) == []
    assert conflict.run("upgrade.start", "--to", "1.1.0").code == 1
    assert "<<<<<<< Dify 1.1.0" in conflict.place.read_text()


@pytest.mark.parametrize("option", ["--show", "--forget"])
def test_one_that_there_is_not_is_said(tmp_path: Path, option: str) -> None:
    conflict = resolved(tmp_path)
    ran = conflict.run("upgrade.resolutions", option, "../../difykit.yaml")
    assert ran.code == 1
    assert "no resolution is named ../../difykit.yaml" in ran.err


def test_two_options_at_once_are_refused(tmp_path: Path) -> None:
    conflict = resolved(tmp_path)
    ran = conflict.run("upgrade.resolutions", "--show", PATH, "--forget", PATH)
    assert ran.code == 2
    assert "--show and --forget: one at a time" in ran.err


def test_what_an_older_difykit_remembered_is_listed_without_its_path_and_can_be_shown_and_forgotten(
    tmp_path: Path,
) -> None:
    conflict = conflict_of(tmp_path, PATH)
    conflict.space.in_git()
    conflict.resolve(good(PATH))
    assert conflict.run("upgrade.continue").code == 0
    folder = conflict.space.root / ".difykit/upgrade/resolutions"
    for note in (folder / "about").iterdir():
        note.unlink()
    rows = listed(conflict)
    assert sorted(row["kind"] for row in rows) == ["file", "hunk", "merge"]
    assert {row["path"] for row in rows} == {None}
    for row in rows:
        shown = conflict.run("upgrade.resolutions", "--show", row["name"])
        assert shown.code == 0, shown.err
        assert "v4 = 4" in shown.out
    assert conflict.run("upgrade.resolutions").out.count("unknown") == 3
    for row in rows:
        assert conflict.run("upgrade.resolutions", "--forget", row["name"]).code == 0
    assert listed(conflict) == []


@pytest.mark.parametrize("path", FILES)
def test_a_colleague_who_takes_it_in_is_not_asked_again(tmp_path: Path, path: str) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    resolved(mine, path).run("upgrade.resolutions", "--export", str(tmp_path / "shared.json"))
    there = Conflict(workspace_of(other, path, FILES[path]), path)
    there.run("sync")
    ran = there.run("upgrade.resolutions", "--import", str(tmp_path / "shared.json"))
    assert ran.code == 0, ran.err
    assert "1 resolution taken in" in ran.err
    started = there.run("upgrade.start", "--to", "1.1.0")
    assert started.code == 0, started.err
    assert "patch 0001-a.patch: ported: resolved as before" in started.err


def test_the_file_is_a_text_line_by_line_and_the_same_each_time(tmp_path: Path) -> None:
    conflict = resolved(tmp_path)
    place = tmp_path / "shared.json"
    conflict.run("upgrade.resolutions", "--export", str(place))
    first = place.read_bytes()
    [shared] = json.loads(first)["resolutions"]
    assert "".join(shared["lines"]) == good(PATH)
    assert conflict.run("upgrade.resolutions", "--import", str(place)).code == 0
    conflict.run("upgrade.resolutions", "--export", str(place))
    assert place.read_bytes() == first


def test_what_another_person_insisted_on_is_asked_again(tmp_path: Path) -> None:
    conflict = conflict_of(tmp_path / "mine", PATH)
    conflict.resolve("v4 = (\n")
    assert conflict.run("upgrade.continue", "--accept", PATH).code == 0
    conflict.run("upgrade.resolutions", "--export", str(tmp_path / "shared.json"))
    there = Conflict(workspace_of(tmp_path / "other", PATH, FILES[PATH]), PATH)
    assert there.run("upgrade.resolutions", "--import", str(tmp_path / "shared.json")).code == 0
    started = there.run("upgrade.start", "--to", "1.1.0")
    assert started.code == 1
    assert "asked again, since what is remembered may not stand: api/a.py:1: it is no Python" in started.err


def test_one_that_is_remembered_otherwise_stays(tmp_path: Path) -> None:
    shared = tmp_path / "shared.json"
    resolved(tmp_path / "mine").run("upgrade.resolutions", "--export", str(shared))
    there = resolved(tmp_path / "other", PATH, good(PATH, "5"))
    ran = there.run("upgrade.resolutions", "--import", str(shared))
    assert ran.code == 0
    assert f"{PATH}: another resolution of this conflict is remembered, and stays" in ran.err
    assert "0 resolutions taken in" in ran.err
    assert "+v4 = 5" in there.run("upgrade.resolutions", "--show", PATH).out


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a path that leads out": ({"path": "../../x"}, "leaves the tree"),
    "an absolute path": ({"path": "/etc/passwd"}, "is not a path inside the tree"),
    "a path into .git": ({"path": "api/.git/config"}, "reaches into .git"),
    "another content": ({"lines": ["x\n"]}, "its content is not that of its digest"),
    "no Base64": ({"lines": [], "base64": "?"}, "its content is neither text nor Base64"),
    "half a character": ({"lines": ["\ud800"]}, ""),
    "a kind that is none": ({"kind": "rename/rename"}, "is no kind of conflict of one file"),
    "a mode that is none": ({"mode": "160000"}, "resolutions.1.mode"),
    "a side that is none": ({"ours": "100644 ../x"}, "is not a mode and an id of git's"),
    "an unknown key": ({"memories": ["../../x"]}, "memories"),
    "lines of a terminal": ({"layer": "patch \u001b[31m\n"}, "is not a text of one line"),
    "a file of an overlay that is none": ({"made_from": "0" * 64}, "it is not one of an overlay's file"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_strangers_file_is_looked_at_whole_before_any_of_it_is_taken_in(tmp_path: Path, name: str) -> None:
    change, reason = WRONG[name]
    shared = tmp_path / "shared.json"
    conflict = resolved(tmp_path / "mine")
    conflict.run("upgrade.resolutions", "--export", str(shared))
    document = json.loads(shared.read_text())
    document["resolutions"].append({**document["resolutions"][0], "path": "api/b.py", **change})
    shared.write_text(json.dumps(document))
    conflict.run("upgrade.resolutions", "--forget", PATH)
    ran = conflict.run("upgrade.resolutions", "--import", str(shared))
    assert ran.code == 1
    assert f"{shared} is not taken in: " in ran.err
    assert reason in ran.err
    assert listed(conflict) == []


def test_a_link_that_leads_out_is_not_taken_in(tmp_path: Path) -> None:
    target = "../../../../etc/passwd"
    digest = hashlib.sha256(target.encode()).hexdigest()
    row = {"path": PATH, "kind": "content", "mode": "120000", "sha256": digest, "lines": [target]}
    (tmp_path / "shared.json").write_text(json.dumps({"version": 1, "resolutions": [row]}))
    conflict = Conflict(workspace_of(tmp_path / "ws", PATH, FILES[PATH]), PATH)
    ran = conflict.run("upgrade.resolutions", "--import", str(tmp_path / "shared.json"))
    assert ran.code == 1
    assert "it is a link that leads out of the source" in ran.err


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b'{"version": 2, "resolutions": []}']
)
def test_a_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "shared.json").write_bytes(content)
    conflict = Conflict(workspace_of(tmp_path / "ws", PATH, FILES[PATH]), PATH)
    ran = conflict.run("upgrade.resolutions", "--import", str(tmp_path / "shared.json"))
    assert ran.code == 1
    assert "is not taken in" in ran.err
    assert "a bug" not in ran.err
