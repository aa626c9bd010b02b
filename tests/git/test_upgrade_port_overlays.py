"""Overlays carried to another release without a conflict: whole files, edits, conditions."""

from __future__ import annotations

import stat
from pathlib import Path

from difykit.workspace.lock import read_lock
from tests.support.repos import DIFY
from tests.support.upgrades import notes, space, text
from tests.support.workspaces import RecordingProgress


def test_an_overlays_file_is_merged_with_the_upstream_file_it_was_made_from(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(l20="twenty")})
    made.overlay("own", {"api/long.py": text(l3="three"), "api/new.py": "mine\n"})
    made.sync()
    (made.root / "overlays/own/tree/api/long.py").chmod(0o755)
    state, note = notes(made)["overlay own"]
    assert (state, note) == ("ported", "merged api/long.py")
    place = made.root / "overlays/own/tree/api/long.py"
    assert place.read_text() == text(l3="three", l20="twenty")
    assert stat.S_IMODE(place.stat().st_mode) == 0o755
    made.ref = "1.1.0"
    made.sync(locked=True)


def test_an_overlays_file_moves_with_the_upstream_file(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": None, "api/deep/long.py": text(l20="twenty")})
    made.overlay("own", {"api/long.py": text(l3="three")})
    assert notes(made)["overlay own"] == ("ported", "api/long.py is api/deep/long.py now")
    assert (made.root / "overlays/own/tree/api/deep/long.py").read_text() == text(l3="three", l20="twenty")
    assert not (made.root / "overlays/own/tree/api/long.py").exists()
    lock = read_lock(made.root / "difykit.lock")
    assert lock
    assert list(lock.replaced) == ["api/deep/long.py"]


def test_an_overlays_file_that_the_release_has_goes(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(l3="three")})
    made.overlay("own", {"api/long.py": text(l3="three"), "api/new.py": "mine\n"})
    assert notes(made)["overlay own"] == ("ported", "api/long.py: as the release has it, so it goes")
    assert not (made.root / "overlays/own/tree/api/long.py").exists()
    made.ref = "1.1.0"
    made.sync(locked=True)


def test_a_file_of_ones_own_in_a_folder_that_upstream_left_is_warned_of(tmp_path: Path) -> None:
    made = space(tmp_path, {"web/gone/x.ts": None}, {"web/gone/x.ts": "x\n"})
    made.overlay("own", {"web/gone/mine.ts": "mine\n"})
    heard = RecordingProgress()
    made.start("1.1.0", heard)
    assert heard.texts("warn") == ["overlay own: web/gone is gone upstream; is its file still used there?"]


def test_an_overlay_that_is_not_for_the_release_is_disabled_and_stays(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    made.overlay("old", {"a": "1\n"}, "requires: {dify: '<1.1'}\n")
    made.overlay("own", {"b": "1\n"})
    state, note = notes(made)["overlay old"]
    assert state == "left out"
    assert "it is for Dify <1.1" in note
    assert "overlays: [own]" in (made.root / "difykit.yaml").read_text()
    assert (made.root / "overlays/old/tree/a").exists()


def test_a_tree_with_a_condition_is_chosen_for_the_new_release(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(l20="twenty")})
    manifest = "trees: [{from: old, when: {dify: '<1.1'}}, {from: new, when: {dify: '>=1.1'}}]\n"
    made.overlay("own", manifest=manifest)
    made.write({"overlays/own/old/api/long.py": "old\n", "overlays/own/new/api/long.py": "new\n"})
    assert notes(made)["overlay own"] == ("untouched", "")
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / "api/long.py").read_text() == "new\n"


def test_edits_and_wiring_are_made_anew(tmp_path: Path) -> None:
    moved = str(DIFY["api/extensions/ext_blueprints.py"]).replace("# register", "# now register")
    made = space(tmp_path, {"api/extensions/ext_blueprints.py": moved, "README.md": "# Dify\n"})
    edits = "edits: [{file: README.md, replace: {find: Dify, with: Ours}}]\napi: {blueprints: ['controllers.x:bp']}\n"
    made.overlay("own", {"api/controllers/x.py": "bp = 1\n"}, edits)
    assert notes(made)["overlay own"] == ("untouched", "")
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / "README.md").read_text() == "# Ours\n"
    assert "# now register" in (made.source / "api/extensions/ext_blueprints.py").read_text()


def test_the_lock_is_what_sync_writes(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(l20="twenty")})
    made.overlay("own", {"api/long.py": text(l3="three")})
    made.start("1.1.0")
    written = (made.root / "difykit.lock").read_bytes()
    (made.root / "difykit.lock").unlink()
    made.ref = "1.1.0"
    made.sync()
    assert (made.root / "difykit.lock").read_bytes() == written


def test_an_overlay_that_the_rest_needs_is_not_left_out_silently(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    made.overlay("old", {"a": "1\n"}, "requires: {dify: '<1.1'}\n")
    made.overlay("own", {"b": "1\n"}, "requires: {overlays: [old]}\n")
    before = made.mine()
    done = made.start("1.1.0")
    assert done.state == "conflict"
    assert done.stop
    assert "overlays/own/overlay.yaml:3: requires the overlay old, which is not enabled" in done.stop.text
    assert made.mine() == before


def test_an_overlays_texts_follow_upstream_from_ts_to_json(tmp_path: Path) -> None:
    rows = {f"key{number}": f"Text {number}" for number in range(1, 9)}
    old = "const translation = {\n" + "".join(f"  {key}: '{value}',\n" for key, value in rows.items())
    old += "}\n\nexport default translation\n"
    new = "{\n" + ",\n".join(f'  "{key}": "{value}"' for key, value in rows.items()) + "\n}\n"
    made = space(
        tmp_path, {"web/i18n/en-US/app.ts": None, "web/i18n/en-US/app.json": new}, {"web/i18n/en-US/app.ts": old}
    )
    made.overlay("own", {"web/i18n/en-US/app.ts": old.replace("Text 3", "Ours")})
    state, note = notes(made)["overlay own"]
    assert state == "ported"
    assert "web/i18n/en-US/app.ts is web/i18n/en-US/app.json now" in note
    assert "i18n ts to json" in note
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / "web/i18n/en-US/app.json").read_text() == new.replace("Text 3", "Ours")
    assert not (made.source / "web/i18n/en-US/app.ts").exists()
