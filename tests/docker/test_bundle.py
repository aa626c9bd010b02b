"""`bundle.save` and `bundle.load` with a small stack: what travels, what is refused, and what a kill leaves."""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import uuid
from pathlib import Path

import pytest

from difykit.workspace import state
from tests.support.bundled_stack import MORE, Small, killed
from tests.support.cli import difykit
from tests.support.clusters import docker
from tests.support.trees import write_tree

pytestmark = pytest.mark.docker

MARK = uuid.uuid4().hex[:8]
CANARY = f"canary-{MARK}"
LOGIN = base64.b64encode(f"ann:{CANARY}-login".encode()).decode()
STACK = ("cache:1", "init:1", "vectors:1")


def test_all_images_of_the_stack_are_in_it_and_each_layer_once(small: Small, saved: Path) -> None:
    plan = json.loads(small.run("bundle.save", "x.tar", "--check", "--json").out)
    names = sorted([*small.custom(), *(f"{small.name}/{each}" for each in STACK)])
    assert [each["reference"] for each in plan["images"]] == names
    assert plan["left"] == ["notes.txt"]
    shown = json.loads(small.run("bundle.load", str(saved), "--check", "--json").out)
    assert sorted(each["reference"] for each in shown["images"]) == names
    # Five images on one layer of random bytes, each with another: that is six of them.
    assert saved.stat().st_size < 6 * 2_000_000 + 200_000
    assert small.run("bundle.save", "x.tar", "--check").out.count("engine") == len(names)
    assert not (small.folder / "x.tar").exists()


def test_saved_again_it_is_the_same_to_the_byte(small: Small, saved: Path) -> None:
    small.run("bundle.save", str(small.root / "again.tar"), "--no-wheels")
    assert (small.root / "again.tar").read_bytes() == saved.read_bytes()
    assert not (small.folder / ".difykit" / "bundle").exists()


def test_docker_itself_can_load_it(small: Small, saved: Path, taken_away: dict[str, str]) -> None:
    docker("load", "--quiet", "--input", str(saved))
    assert small.ids().items() >= {name: oid for name, oid in taken_away.items() if "other" not in name}.items()


def test_loaded_into_an_engine_without_them_the_images_are_the_same(
    small: Small, saved: Path, taken_away: dict[str, str], tmp_path: Path
) -> None:
    shutil.move(small.root / "upstream.git", small.root / "gone.git")  # there is no way to the upstream over there
    try:
        small.run("bundle.load", str(saved), "--into", "there", cwd=tmp_path)
        assert small.ids() == {name: oid for name, oid in taken_away.items() if "other" not in name}
        there = tmp_path / "there"
        for words in (("sync", "--locked"), ("build", "--locked"), ("render",)):
            small.run(*words, cwd=there)
        assert state.read_source(there / ".difykit") == state.read_source(small.folder / ".difykit")
        assert state.read_images(there / ".difykit") == state.read_images(small.folder / ".difykit")
        again = small.run("bundle.load", str(saved), "--into", "there", cwd=tmp_path)
        assert "the engine has all images" in again.err
    finally:
        shutil.move(small.root / "gone.git", small.root / "upstream.git")


def test_only_what_is_missing_is_loaded(small: Small, saved: Path, taken_away: dict[str, str], tmp_path: Path) -> None:
    docker("load", "--quiet", "--input", str(small.root / "all.tar"))
    docker("image", "rm", f"{small.name}/cache:1")
    docker("tag", f"{small.name}/other:1", f"{small.name}/init:1")  # another image of that name
    shown = json.loads(small.run("bundle.load", str(saved), "--check", "--json", cwd=tmp_path).out)
    assert shown["load"] == [f"{small.name}/cache:1", f"{small.name}/init:1"]
    small.run("bundle.load", str(saved), cwd=tmp_path)
    assert small.ids()[f"{small.name}/init:1"] == taken_away[f"{small.name}/init:1"]


def test_a_flipped_byte_in_each_of_20_places_is_refused_and_nothing_is_touched(
    small: Small, saved: Path, taken_away: dict[str, str], tmp_path: Path
) -> None:
    assert taken_away
    whole = saved.read_bytes()
    names = [b"difykit/source.pack\0", b"difykit/workspace/difykit.lock\0", b"manifest.json\0", b"index.json\0"]
    places = [0, 300, 511, 700, len(whole) - 1, len(whole) - 1024, len(whole) - 1500, len(whole) - 2000]
    places += [at for name in names for at in (whole.rindex(name) + 150, whole.rindex(name) + 530)]
    places += [len(whole) * part // 5 for part in range(1, 5)]
    assert len(set(places)) == 20
    flipped = [whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :] for at in places]
    for at, raw in enumerate([*flipped, whole[:-1], whole[: len(whole) // 2], b"", whole + bytes(512)]):
        broken = tmp_path / "broken.tar"
        broken.write_bytes(raw)
        ran = difykit("bundle.load", str(broken), "--into", "there", cwd=tmp_path)
        assert (ran.code, small.ids()) == (1, {}), (at, ran.err)
        assert "nothing was loaded" in ran.err, (at, ran.err)
        assert [each.name for each in tmp_path.iterdir()] == ["broken.tar"]


def test_a_save_that_is_killed_goes_on_and_gives_the_same(small: Small, saved: Path, tmp_path: Path) -> None:
    target = tmp_path / "killed.tar"
    after, running = 0.2, 0
    while running < 5 and killed(["bundle.save", str(target), "--no-wheels"], small.folder, after):
        assert not target.exists()
        running += 1
        after += random.uniform(0.1, 0.5)
    assert running
    small.run("bundle.save", str(target), "--no-wheels")
    assert target.read_bytes() == saved.read_bytes()
    assert [each.name for each in tmp_path.iterdir()] == ["killed.tar"]


def test_a_load_that_is_killed_is_finished_by_the_next(
    small: Small, saved: Path, taken_away: dict[str, str], tmp_path: Path
) -> None:
    after, running = 0.3, 0
    while running < 12 and killed(["bundle.load", str(saved), "--into", "there"], tmp_path, after):
        running += 1
        after += random.uniform(0.05, 0.3)
        if (tmp_path / "there").exists():
            assert state.read_images(tmp_path / "there" / ".difykit")
    assert running
    small.run("bundle.load", str(saved), "--into", "there", cwd=tmp_path)
    assert small.ids().items() >= {name: oid for name, oid in taken_away.items() if "other" not in name}.items()
    assert [each.name for each in tmp_path.iterdir()] == ["there"]
    small.run("build", cwd=tmp_path / "there")


def test_a_new_bundle_brings_a_workspace_up_to_date_and_leaves_its_own_alone(
    small: Small, saved: Path, tmp_path: Path
) -> None:
    there, module = tmp_path / "there", "overlays/more/tree/api/more.py"
    small.run("bundle.load", str(saved), "--into", "there", cwd=tmp_path)
    (there / ".env").write_text("DB_PASSWORD=mine\n")
    (there / "data" / "volumes").mkdir(parents=True)
    (there / "data" / "volumes" / "rows").write_text("rows\n")
    before = (small.folder / module).read_text()
    try:
        (small.folder / module).write_text("MORE = 2\n")
        small.make()
        small.run("bundle.save", str(small.root / "next.tar"), "--no-wheels")
        (there / module).write_text("MORE = 3\n")
        ran = difykit("bundle.load", str(small.root / "next.tar"), cwd=there)
        assert (ran.code, (there / module).read_text()) == (1, "MORE = 3\n")
        assert module in ran.err
        small.run("bundle.load", str(small.root / "next.tar"), "--replace", cwd=there)
        assert (there / module).read_text() == "MORE = 2\n"
        assert (there / ".difykit/source/api/more.py").read_text() == "MORE = 2\n"
        assert [each.read_text() for each in there.glob(f".before-*/{module}")] == ["MORE = 3\n"]
        assert ((there / ".env").read_text(), (there / "data/volumes/rows").read_text()) == (
            "DB_PASSWORD=mine\n",
            "rows\n",
        )
        assert state.read_images(there / ".difykit") == state.read_images(small.folder / ".difykit")
        # A run that was killed after it took an overlay away, and before it wrote difykit.yaml, is finished too.
        small.settings("")
        shutil.rmtree(small.folder / "overlays" / "more")
        small.make()
        small.run("bundle.save", str(small.root / "last.tar"), "--no-wheels")
        shutil.rmtree(there / "overlays" / "more")
        small.run("bundle.load", str(small.root / "last.tar"), cwd=there)
        assert not (there / ".difykit/source/api/more.py").exists()
        # Edits in the source are somebody's work.
        (there / ".difykit/source/api/app.py").write_text("edited\n")
        ran = difykit("bundle.load", str(small.root / "next.tar"), cwd=there)
        assert (ran.code, "holds edits" in ran.err, (there / module).exists()) == (1, True, False)
    finally:
        small.settings("more")
        write_tree(small.folder, {"overlays/more/overlay.yaml": MORE, module: before})
        small.make()


def test_no_secret_travels(small: Small, tmp_path: Path) -> None:
    config = Path(os.environ["DOCKER_CONFIG"]) / "config.json"
    kept = config.read_text()
    config.write_text(json.dumps({**json.loads(kept), "auths": {"127.0.0.1:9": {"auth": LOGIN}}}))
    (small.folder / ".env").write_text(f"DB_PASSWORD={CANARY}-database\n")
    try:
        ran = small.run("bundle.save", str(tmp_path / "a.tar"), env={"MY_TOKEN": f"{CANARY}-environment"})
    finally:
        config.write_text(kept)
        (small.folder / ".env").unlink()
    raw = (tmp_path / "a.tar").read_bytes()
    assert b"difykit/wheels/difykit-" in raw
    for needle in (CANARY, LOGIN):
        assert needle.encode() not in raw
        assert needle not in ran.out + ran.err


def test_what_would_be_lost_or_is_not_ready_is_refused(small: Small, tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear\n")
    said = {
        ("bundle.save", str(tmp_path / "letter")): "is no bundle; it stays",
        ("bundle.save", str(tmp_path)): "is a folder",
        ("bundle.save", str(tmp_path / "no" / "a.tar")): "there is no folder",
        ("bundle.save", str(tmp_path / "a.tar"), "--platform", "amd64"): "is not a platform",
        ("bundle.save", str(tmp_path / "a.tar"), "--platform", "linux/arm64"): "invoke publish --platform linux/arm64",
    }
    for words, why in said.items():
        ran = difykit(*words, cwd=small.folder)
        assert (ran.code, why in ran.err) == (1, True), ran.err
    assert (tmp_path / "letter").read_text() == "dear\n"
    module = small.folder / "overlays/more/tree/api/more.py"
    before = module.read_text()
    module.write_text("MORE = 9\n")
    ran = difykit("bundle.save", str(tmp_path / "a.tar"), cwd=small.folder)
    module.write_text(before)
    assert (ran.code, "invoke sync build" in ran.err) == (1, True)
    assert [each.name for each in tmp_path.iterdir()] == ["letter"]
