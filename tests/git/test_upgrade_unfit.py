"""What merges, and yet cannot stand on the new release, is a stop where it can be mended, and forecast as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from difykit.core.errors import DifyKitError
from difykit.porting import Wish, forecast
from tests.support.portings import CHAIN, compose, revision
from tests.support.trees import Content
from tests.support.upgrades import Moving, patch_of, space
from tests.support.workspaces import RecordingProgress

OLD: dict[str, Content] = {f"{CHAIN}/a.py": revision("a", None), f"{CHAIN}/b.py": revision("b", "a")}
MINE = f"{CHAIN}/mine.py"
COMPOSE = "docker/docker-compose.yaml"


def work(made: Moving, label: str) -> list[tuple[str, str]]:
    """What the forecast says of a customisation that needs a person."""
    said = forecast(made.here, Wish(to=("1.1.0",)), RecordingProgress(), processes=1)
    cells = dict(zip((row.label for row in said.rows), said.outlooks[0].cells, strict=True))
    return [(part.what, part.note) for part in cells[label].parts if part.work]


def migrating(tmp_path: Path, new: dict[str, Content], follows: str = "b") -> Moving:
    made = space(tmp_path, new, OLD)
    made.patch("0001-m.patch", patch_of({MINE: (None, revision("m", follows))}))
    return made


ROWS: list[tuple[dict[str, Content], str]] = [
    (
        {f"{CHAIN}/c.py": revision("c", "b")},
        'line 4: down_revision = "b": b is no longer the head of Dify\'s migrations: write down_revision = "c"',
    ),
    (
        {f"{CHAIN}/b.py": None, f"{CHAIN}/c.py": revision("c", "a")},
        'line 4: down_revision = "b": b is not in this release: write down_revision = "c"',
    ),
    (
        {f"{CHAIN}/theirs.py": revision("m", "b")},
        f"line 4: the migration m is in {CHAIN}/theirs.py too: take one of them away",
    ),
]


@pytest.mark.parametrize(("new", "said"), ROWS)
def test_a_migration_that_does_not_follow_the_head_any_more_is_a_stop_on_its_patch(
    tmp_path: Path, new: dict[str, Content], said: str
) -> None:
    made = migrating(tmp_path, new)
    assert work(made, "patch 0001-m.patch") == [(MINE, said)]
    status = made.start("1.1.0")
    assert status.state == "conflict"
    assert f"  {MINE}: {said}" in list(status.words())
    assert (made.work / MINE).read_text() == revision("m", "b")


SPACED = f"{CHAIN}/b .py"


@pytest.mark.parametrize("new", [{}, {f"{CHAIN}/c.py": revision("c", "b")}])
def test_a_migration_that_a_patch_calls_by_another_file_is_no_second_one(
    tmp_path: Path, new: dict[str, Content]
) -> None:
    old = {f"{CHAIN}/a.py": revision("a", None), SPACED: revision("b", "a")}
    made = space(tmp_path, {"other.txt": "x", **new}, old)
    pair = {SPACED: (revision("b", "a"), None), f"{CHAIN}/b.py": (None, revision("b", "a"))}
    made.patch("0001-m.patch", patch_of(pair))
    assert work(made, "patch 0001-m.patch") == []
    assert made.start("1.1.0").state == "done"


KEPT = "the migration b goes with it, and c follows that, in api/migrations/versions/c.py: keep it"


@pytest.mark.parametrize(
    ("mine", "said"),
    [(None, f"yours takes the file away, and the release needs it; {KEPT}"), (revision("b2", "a"), KEPT)],
)
def test_a_migration_that_the_release_goes_on_from_is_not_taken_away_at_the_end(
    tmp_path: Path, mine: str | None, said: str
) -> None:
    made = space(tmp_path, {f"{CHAIN}/c.py": revision("c", "b")}, OLD)
    made.patch("0001-m.patch", patch_of({f"{CHAIN}/b.py": (revision("b", "a"), mine)}))
    assert work(made, "patch 0001-m.patch") == [(f"{CHAIN}/b.py", said)]
    status = made.start("1.1.0")
    assert status.stop
    assert [clash.note for clash in status.stop.clashes] == [KEPT]
    if mine is None:
        made.git_remove(f"{CHAIN}/b.py")
        assert made.go_on().stop == status.stop  # dropped once more: it is asked again
    else:
        (made.work / CHAIN / "b.py").write_text(revision("b", "a"))
    made.git_add(f"{CHAIN}/b.py")
    assert made.go_on().state == "done"


def test_it_goes_on_once_the_migration_follows_the_head(tmp_path: Path) -> None:
    made = migrating(tmp_path, {f"{CHAIN}/c.py": revision("c", "b")})
    made.start("1.1.0")
    with pytest.raises(DifyKitError, match="is no longer the head"):
        made.go_on()
    made.git_add(MINE)
    with pytest.raises(DifyKitError, match="is no longer the head"):
        made.go_on()
    (made.work / MINE).write_text(revision("m", "a"))
    status = made.go_on()
    assert status.stop
    assert status.stop.clashes[0].note.startswith('line 4: down_revision = "a": a is no longer the head')
    (made.work / MINE).write_text(revision("m", "c"))
    assert made.go_on().state == "done"
    made.ref = "1.1.0"
    made.sync(locked=True)
    assert (made.source / MINE).read_text() == revision("m", "c")


def test_a_person_may_take_the_migration_away(tmp_path: Path) -> None:
    made = migrating(tmp_path, {f"{CHAIN}/theirs.py": revision("m", "b")})
    made.start("1.1.0")
    (made.work / MINE).unlink()
    with pytest.raises(DifyKitError, match=f"was removed, and git was not told; drop it: git rm {MINE}"):
        made.go_on()
    made.git_add(MINE)
    assert made.go_on().state == "done"
    made.ref = "1.1.0"
    assert made.sync(locked=True).layers == ()


@pytest.mark.parametrize("new", [{}, {f"{CHAIN}/mine.py": revision("m", "b")}])
def test_one_that_still_follows_the_head_needs_nobody(tmp_path: Path, new: dict[str, Content]) -> None:
    made = migrating(tmp_path, new)
    assert work(made, "patch 0001-m.patch") == []
    assert made.start("1.1.0").state == "done"


def test_only_the_first_of_several_that_follow_each_other_waits(tmp_path: Path) -> None:
    made = migrating(tmp_path, {f"{CHAIN}/c.py": revision("c", "b")})
    made.patch("0002-n.patch", patch_of({f"{CHAIN}/next.py": (None, revision("n", "m"))}))
    assert work(made, "patch 0002-n.patch") == []
    made.start("1.1.0")
    (made.work / MINE).write_text(revision("m", "c"))
    assert [layer.state for layer in made.go_on().layers] == ["ported", "untouched"]


def test_an_overlays_migration_is_laid_out_to_be_mended(tmp_path: Path) -> None:
    made = space(tmp_path, {f"{CHAIN}/c.py": revision("c", "b")}, OLD)
    made.overlay("own", {MINE: revision("m", "b")})
    assert "Dify's chain has 2 ends" in work(made, "overlay own")[0][1]
    status = made.start("1.1.0")
    assert status.stop
    assert status.stop.file == f"tree/{MINE}"
    copy = Path(status.work) / status.stop.file
    copy.write_text(revision("m", "c"))
    assert made.go_on().state == "done"
    assert (made.root / f"overlays/own/tree/{MINE}").read_text() == revision("m", "c")


REMOVALS = [
    ("compose: {remove: [db]}\n", "compose.remove.0", True),
    ("compose: {remove: [redis, db]}\n", "compose.remove.1", True),
    ("compose: {remove: [{service: db}]}\n", "compose.remove.0", True),
    ("compose: {remove: [db, db_postgres]}\n", "", False),
    ("compose: {remove: [{one_of: [db, db_postgres]}]}\n", "", False),
    (
        "compose: {remove: [{service: db, when: {dify: '<1.1'}}, {service: db_postgres, when: {dify: '>=1.1'}}]}\n",
        "",
        False,
    ),
    ("compose: {remove: [never]}\n", "", False),
]


@pytest.mark.parametrize(("manifest", "what", "stops"), REMOVALS)
def test_a_removed_service_that_is_called_otherwise_is_a_stop(
    tmp_path: Path,
    manifest: str,
    what: str,
    stops: bool,
) -> None:
    new = {COMPOSE: compose("api", "web", "db_postgres", "redis")}
    made = space(tmp_path, new, {COMPOSE: compose("api", "web", "db", "redis")})
    made.overlay("small", manifest=manifest)
    text = "the release has no service db: it is db_postgres now, and would be back"
    assert work(made, "overlay small") == ([(what, text)] if stops else [])
    status = made.start("1.1.0")
    assert (status.state, status.stop is not None) == (("conflict", True) if stops else ("done", False))
    if status.stop:
        assert text in status.stop.text
        place = Path(status.work) / "overlay.yaml"
        place.write_text(place.read_text().replace("db", "db_postgres"))
        assert made.go_on().state == "done"


def test_two_spellings_of_a_name_stop_at_the_patch(tmp_path: Path) -> None:
    made = space(tmp_path, {"api/Own.py": "theirs = 1\n"})
    made.patch("0001-own.patch", patch_of({"api/own.py": (None, "mine = 1\n")}))
    assert "differ only in case" in work(made, "patch 0001-own.patch")[0][1]
    status = made.start("1.1.0")
    assert status.state == "conflict"
    (made.work / "api/own.py").rename(made.work / "api/mine.py")
    made.git_add("api/mine.py")
    assert made.go_on().state == "done"
    assert "+++ b/api/mine.py" in (made.root / "patches/0001-own.patch").read_text()
