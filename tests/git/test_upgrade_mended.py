"""An overlay.yaml that a person mends is looked at before it is taken, remembered or used again; its layer says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli import Ran, inv
from tests.support.portings import revision
from tests.support.upgrades import Moving, upstream_of

PATH = "overlays/own/overlay.yaml"
OTHER = "version: 1\ndescription: the other one\n"


@pytest.fixture
def space(tmp_path: Path) -> Moving:
    """A workspace whose overlay's edit does not fit 1.1.0, and a copy of its overlay.yaml to mend."""
    upstream = upstream_of(tmp_path, ("1.0.0", {}), ("1.1.0", {"README.md": "# Other\n"}))
    made = Moving(tmp_path / "ws", upstream)
    made.overlay("own", manifest="edits: [{file: README.md, replace: {find: Dify, with: Ours}}]\n")
    made.overlay("other", {"b": "1\n"}, OTHER)
    made.in_git()
    ran = run(made, "upgrade.start", "--to", "1.1.0")
    assert ran.code == 1
    assert "overlay own does not fit Dify 1.1.0" in ran.err
    assert "overlay own: untouched" not in ran.err
    assert "overlay other: untouched" in ran.err
    return made


def run(space: Moving, *words: str) -> Ran:
    return inv(*words, cwd=space.root)


def place(space: Moving) -> Path:
    return space.root / ".difykit/upgrade/mend/own/overlay.yaml"


def well(text: str) -> str:
    return text.replace("find: Dify", "find: Other")


BAD: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "nothing": (lambda _: "", ": it is empty, and on no side is it"),
    "bytes": (lambda _: bytes(range(256)), ":1: it holds a NUL byte"),
    "Latin-1": (lambda text: well(text).encode() + b"# caf\xe9\n", ":4: it is not UTF-8 text"),
    "no YAML": (lambda text: well(text).replace("}}]", ""), "it is no YAML"),
    "a mark of a conflict": (lambda text: well(text) + "=======\n", ":4: a mark of a conflict, ======="),
    "no overlay": (lambda _: "services: {}\n", ":1: version: is missing"),
    "a key that there is not": (lambda text: well(text) + "edit: []\n", ":4: edit: unknown key"),
    "another overlay's": (lambda _: OTHER, ": it is that of the overlay other; keep it all the same: difykit"),
    "another overlay's, in lines of Windows": (
        lambda _: OTHER.replace("\n", "\r\n"),
        ": it is that of the overlay other; keep it all the same: difykit",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_may_not_stand_is_told_asked_again_and_not_remembered(space: Moving, name: str) -> None:
    change, reason = BAD[name]
    before = space.mine()
    wrong = change(place(space).read_text())
    place(space).write_bytes(wrong.encode() if isinstance(wrong, str) else wrong)
    ran = run(space, "upgrade.continue")
    assert ran.code == 1
    assert f"  {place(space)}" in ran.err
    assert reason in ran.err
    assert json.loads(run(space, "upgrade.status", "--json").out)["conflict"]["left"]
    assert space.mine() == before
    assert f"not remembered: {place(space)}" in run(space, "upgrade.abort").err
    assert json.loads(run(space, "upgrade.resolutions", "--json").out)["resolutions"] == []
    assert run(space, "upgrade.start", "--to", "1.1.0").code == 1
    assert "find: Dify" in place(space).read_text()


def test_one_that_is_removed_is_laid_out_again(space: Moving) -> None:
    place(space).unlink()
    assert run(space, "upgrade.continue").code == 1
    assert "find: Dify" in place(space).read_text()


def test_a_mended_overlay_is_ported_and_said_to_be_mended_by_hand(space: Moving) -> None:
    place(space).write_text(well(place(space).read_text()))
    ran = run(space, "upgrade.continue")
    assert ran.code == 0, ran.err
    assert "overlay own: ported: its overlay.yaml was mended by hand" in ran.err
    assert "overlay own: untouched" not in ran.err
    assert "- overlay own: its overlay.yaml was mended by hand" in space.home("log", "--format=%B", "main..")


def test_a_mend_of_before_is_listed_shown_used_and_said(space: Moving) -> None:
    place(space).write_text(well(place(space).read_text()))
    assert run(space, "upgrade.abort").code == 0
    [row] = json.loads(run(space, "upgrade.resolutions", "--json").out)["resolutions"]
    assert (row["path"], row["kind"], row["layer"], row["release"]) == (PATH, "edits", "overlay own", "1.1.0")
    assert "find: Other" in run(space, "upgrade.resolutions", "--show", PATH).out
    ran = run(space, "upgrade.start", "--to", "1.1.0")
    assert ran.code == 0, ran.err
    assert "overlay own: ported: its overlay.yaml is mended as before" in ran.err
    assert "overlay own: untouched" not in ran.err


def test_a_mend_of_before_can_be_forgotten_or_handed_on(space: Moving, tmp_path: Path) -> None:
    place(space).write_text(well(place(space).read_text()))
    run(space, "upgrade.abort")
    shared = tmp_path / "shared.json"
    assert run(space, "upgrade.resolutions", "--export", str(shared)).code == 0
    assert run(space, "upgrade.resolutions", "--forget", PATH).code == 0
    assert run(space, "upgrade.start", "--to", "1.1.0").code == 1
    run(space, "upgrade.abort")
    assert run(space, "upgrade.resolutions", "--import", str(shared)).code == 0
    assert run(space, "upgrade.start", "--to", "1.1.0").code == 0


@pytest.mark.parametrize("content", ["", OTHER, "a: [\n"])
def test_a_bad_mend_that_an_older_difykit_remembered_is_not_used(space: Moving, content: str) -> None:
    place(space).write_text(well(place(space).read_text()))
    run(space, "upgrade.abort")
    folder = space.root / ".difykit/upgrade/resolutions"
    [known] = (folder / "overlays").iterdir()
    known.write_text(content)
    for note in (folder / "about").iterdir():
        note.unlink()
    ran = run(space, "upgrade.start", "--to", "1.1.0")
    assert ran.code == 1
    assert f"asked again, since what is remembered may not stand: {PATH}" in ran.err
    assert "find: Dify" in place(space).read_text()


def test_whoever_insists_on_another_overlays_is_taken_at_his_word(space: Moving) -> None:
    text = place(space).read_text()
    place(space).write_text(well(text).replace("description: own", "description: the other one"))
    assert run(space, "upgrade.continue").code == 1
    ran = run(space, "upgrade.continue", "--accept", PATH)
    assert ran.code == 0, ran.err
    assert f"overlay own: ported: its overlay.yaml was mended by hand, taken as it is: {PATH}" in ran.err


MINE = "api/migrations/versions/mine.py"
OWN = f"overlays/own/tree/{MINE}"


@pytest.fixture
def chained(tmp_path: Path) -> Moving:
    """A workspace whose overlay's migration does not follow the head of 1.1.0, and a copy of it to mend."""
    folder = MINE.rpartition("/")[0]
    old = {f"{folder}/b.py": revision("b", None)}
    upstream = upstream_of(tmp_path, ("1.0.0", old), ("1.1.0", {f"{folder}/c.py": revision("c", "b")}))
    made = Moving(tmp_path / "ws", upstream)
    made.overlay("own", {MINE: revision("m", "b")})
    made.in_git()
    ran = run(made, "upgrade.start", "--to", "1.1.0")
    assert ran.code == 1
    assert f"a copy of its tree/{MINE} to mend is in" in ran.err
    return made


def copy(space: Moving) -> Path:
    return space.root / ".difykit/upgrade/mend/own/tree" / MINE


BAD_FILES: dict[str, tuple[Callable[[str], str | bytes], str]] = {
    "nothing": (lambda _: "", ": it is empty, and on no side is it"),
    "bytes": (lambda _: bytes(range(256)), ":1: it holds a NUL byte"),
    "no Python": (lambda text: text + "x = (\n", "it is no Python: '(' was never closed"),
    "a mark of a conflict": (lambda text: text + "=======\n", ": a mark of a conflict, ======="),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_any_file_of_an_overlay_that_is_mended_is_looked_at(chained: Moving, name: str) -> None:
    change, reason = BAD_FILES[name]
    before = chained.mine()
    wrong = change(revision("m", "c"))
    copy(chained).write_bytes(wrong.encode() if isinstance(wrong, str) else wrong)
    ran = run(chained, "upgrade.continue")
    assert ran.code == 1
    assert f"the tree/{MINE} is not mended yet:\n  {copy(chained)}" in ran.err
    assert reason in ran.err
    assert json.loads(run(chained, "upgrade.status", "--json").out)["conflict"]["left"]
    assert chained.mine() == before
    assert f"not remembered: {copy(chained)}" in run(chained, "upgrade.abort").err
    assert json.loads(run(chained, "upgrade.resolutions", "--json").out)["resolutions"] == []


def test_a_mended_file_is_said_remembered_and_handed_on(chained: Moving, tmp_path: Path) -> None:
    copy(chained).write_text(revision("m", "c"))
    run(chained, "upgrade.abort")
    [row] = json.loads(run(chained, "upgrade.resolutions", "--json").out)["resolutions"]
    assert (row["path"], row["kind"]) == (OWN, "edits")
    shared = tmp_path / "shared.json"
    assert run(chained, "upgrade.resolutions", "--export", str(shared)).code == 0
    assert run(chained, "upgrade.resolutions", "--forget", OWN).code == 0
    assert run(chained, "upgrade.resolutions", "--import", str(shared)).code == 0
    ran = run(chained, "upgrade.start", "--to", "1.1.0")
    assert ran.code == 0, ran.err
    assert f"overlay own: ported: its tree/{MINE} is mended as before" in ran.err
    assert "overlay own: untouched" not in ran.err


def test_a_file_that_was_mended_by_hand_is_said_to_be(chained: Moving) -> None:
    copy(chained).write_text(revision("m", "c"))
    ran = run(chained, "upgrade.continue")
    assert ran.code == 0, ran.err
    assert f"overlay own: ported: its tree/{MINE} was mended by hand" in ran.err


def test_whoever_insists_on_a_mended_file_is_taken_at_his_word(chained: Moving) -> None:
    copy(chained).write_text(revision("m", "c") + 'NOTE = """\n=======\n"""\n')
    assert run(chained, "upgrade.continue").code == 1
    ran = run(chained, "upgrade.continue", "--accept", OWN)
    assert ran.code == 0, ran.err
    assert f"was mended by hand, taken as it is: {OWN}" in ran.err
