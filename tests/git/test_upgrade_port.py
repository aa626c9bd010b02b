"""A workspace carried to another release without a conflict: what becomes of each customisation."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError, DirtyTree, PatchConflict
from difykit.git import Store
from difykit.porting.apply.port import Ported
from difykit.porting.apply.proof import prove
from difykit.porting.apply.status import read_status
from difykit.porting.plan.chain import build, release_of
from difykit.porting.plan.wholefiles import Refreshed
from tests.support.upgrades import HEAD, notes, patch_of, space, text
from tests.support.workspaces import RecordingProgress


def test_an_untouched_patch_stays_byte_for_byte(tmp_path: Path) -> None:
    made = space(tmp_path, {"README.md": "Dify 1.1\n"})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    before = (made.root / "patches/0001-a.patch").read_bytes()
    assert notes(made) == {"patch 0001-a.patch": ("untouched", "")}
    assert (made.root / "patches/0001-a.patch").read_bytes() == before


def test_a_patch_whose_place_stays_is_kept_though_upstream_changed_the_file(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(l25="new")})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    before = (made.root / "patches/0001-a.patch").read_bytes()
    assert notes(made)["patch 0001-a.patch"] == ("untouched", "")
    assert (made.root / "patches/0001-a.patch").read_bytes() == before


def test_a_patch_whose_place_moved_is_written_anew_and_sync_takes_it(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(HEAD)})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}, message="Words.\n\nWhy: x\n"))
    assert notes(made)["patch 0001-a.patch"][0] == "ported"
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / "api/long.py").read_text() == text(HEAD, l4="three")
    written = (made.root / "patches/0001-a.patch").read_text()
    assert "\nWords.\n\nWhy: x\nMade-for: 1.1.0\n---\n" in written
    assert "From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\n" in written


def test_made_for_is_moved_and_not_given_twice(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(HEAD)})
    message = "Why: x\nMade-for: 1.0.0\nUntil: never\n"
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}, message=message))
    notes(made)
    assert "Why: x\nMade-for: 1.1.0\nUntil: never\n" in (made.root / "patches/0001-a.patch").read_text()


def test_a_patch_that_upstream_has_is_dropped_and_the_comments_of_the_series_stay(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(l3="three")})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    made.patch("0002-b.patch", patch_of({"README.md": ("Dify\n", "Ours\n")}))
    made.write({"patches/series": "# mine\n0001-a.patch\n\n# ours\n0002-b.patch  # why\n"})
    assert notes(made) == {
        "patch 0001-a.patch": ("dropped", "already in Dify 1.1.0"),
        "patch 0002-b.patch": ("untouched", ""),
    }
    assert (made.root / "patches/series").read_text() == "# mine\n\n# ours\n0002-b.patch  # why\n"
    assert not (made.root / "patches/0001-a.patch").exists()


def test_a_patch_follows_a_renamed_file(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": None, "api/lang/longer.py": text(l20="twenty")})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    assert notes(made)["patch 0001-a.patch"][0] == "ported"
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / "api/lang/longer.py").read_text() == text(l3="three", l20="twenty")
    assert not (made.source / "api/long.py").exists()


def test_patches_that_build_on_each_other_are_carried_one_after_the_other(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(HEAD)})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    made.patch("0002-b.patch", patch_of({"api/long.py": (text(l3="three"), text(l3="drei"))}))
    assert [state for state, _ in notes(made).values()] == ["ported", "ported"]
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / "api/long.py").read_text() == text(HEAD, l4="drei")


def test_a_patch_that_is_not_for_the_release_is_left_out_and_stays(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": "gone\n"})
    message = "Why: x\nApplies-to: <1.1\n"
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}, message=message))
    assert notes(made)["patch 0001-a.patch"] == ("left out", "its Applies-to is <1.1")
    assert (made.root / "patches/0001-a.patch").exists()
    made.ref = "1.1.0"
    assert made.sync(locked=True).layers == ()


def test_a_patch_for_the_new_release_alone_is_taken_or_refused_before_anything_changes(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/long.py": text(HEAD)})
    fits = patch_of({"api/long.py": (text(HEAD), text(HEAD, l3="three"))}, message="Applies-to: >=1.1\n")
    made.patch("0001-a.patch", fits)
    assert notes(made)["patch 0001-a.patch"] == ("untouched", "applies from this release on")
    other = space(tmp_path / "other", {"api/long.py": "gone\n"})
    other.patch("0001-a.patch", fits)
    before = other.mine()
    with pytest.raises(PatchConflict, match="nothing to merge it from"):
        other.start("1.1.0")
    assert other.mine() == before
    assert read_status(other.here).state == "none"


def test_the_pin_moves_in_place_and_comments_stay(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    settings = f"# mine\nversion: 1\nupstream:\n  url: {made.url}\n  ref: '1.0.0'  # the pin\nenv: {{A: b}} # more\n"
    (made.root / "difykit.yaml").write_text(settings)
    made.start("1.1.0")
    assert (made.root / "difykit.yaml").read_text() == settings.replace("1.0.0", "1.1.0")


def test_edits_in_the_source_are_refused(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    made.sync()
    (made.source / "README.md").write_text("mine\n")
    with pytest.raises(DirtyTree, match=r"README\.md"):
        made.start("1.1.0")


def test_a_workspace_that_does_not_fit_its_own_pin_is_refused(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(l3="other"), text(l3="three"))}))
    with pytest.raises(PatchConflict, match="does not fit"):
        made.start("1.1.0")
    assert read_status(made.here).state == "none"


@pytest.mark.parametrize(
    ("to", "said"), [("1.0.0", "the pin is Dify 1.0.0 already"), ("9.9.9", "has no release 9.9.9")]
)
def test_a_release_that_is_none_to_go_to_is_refused(tmp_path: Path, to: str, said: str) -> None:
    made = space(tmp_path, {})
    before = made.mine()
    with pytest.raises(DifyKitError, match=said):
        made.start(to)
    assert made.mine() == before
    assert read_status(made.here).state == "none"


def test_a_pin_that_was_moved_by_hand_is_refused_with_the_way_back(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    made.sync()
    made.pin("1.1.0")
    with pytest.raises(DifyKitError, match="moved by hand") as caught:
        made.start("1.0.0")
    assert "put upstream.ref back to 1.0.0" in caught.value.hint


def test_a_workspace_without_customisations_only_moves_its_pin(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    assert made.start("1.1.0").layers == ()
    assert "'1.1.0'" in (made.root / "difykit.yaml").read_text()
    assert made.start("1.0.0").state == "done"  # and back


def test_an_older_release_is_warned_of(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    made.pin("1.1.0")
    heard = RecordingProgress()
    assert made.start("1.0.0", heard).state == "done"
    assert heard.texts("warn") == ["Dify 1.0.0 is older than 1.1.0: its database does not go back by itself"]


def test_a_patch_that_gives_another_tree_than_was_merged_is_found(tmp_path: Path) -> None:
    made = space(tmp_path, {})
    made.patch("0001-a.patch", patch_of({"api/long.py": (text(), text(l3="three"))}))
    made.overlay("own", {"README.md": "Ours\n"})
    source = made.sync()
    with Store(made.here.store) as store:
        chain = build(made.here, store, release_of(store, "1.0.0", source.base))
        [patch] = chain.inputs.patches
        [each] = chain.inputs.overlays
        right = Ported(patch, "ported", chain.links[0].commit)
        entry = store.tree(source.commit).entries["README.md"]
        prove(store, chain, [right], [Refreshed(each, "ported", entries={"README.md": entry})])
        with pytest.raises(DifyKitError, match=r"patch 0001-a\.patch: what was written of it"):
            prove(store, chain, [Ported(patch, "ported", source.base)], [])
        other = store.tree(source.base).entries["README.md"]
        with pytest.raises(DifyKitError, match="overlay own: what was written of it"):
            prove(store, chain, [right], [Refreshed(each, "ported", entries={"README.md": other})])
