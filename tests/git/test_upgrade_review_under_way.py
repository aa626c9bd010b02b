"""What was merged beyond git while an upgrade waits, is given up, is cut off, or was begun by an older difykit."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import inv
from tests.support.pieces import PIECES, json_of
from tests.support.reviews import CASES, review_of, well, workspace_of
from tests.support.upgrades import Moving, patch_of, text, upstream_of

CONFIG = "web/config.json"
FIRST = "patch 0002-beyond.patch: web/config.json by json by key"


@pytest.fixture
def waiting(tmp_path: Path) -> Moving:
    """A workspace whose last patch waits for a person; the one before it was merged beyond git."""
    path = "web/other.json"
    case = copy.deepcopy(CASES["keys of both"])
    case.old |= {path: json_of(a=1), "api/x.py": text()}
    case.new |= {path: json_of(a=1, theirs=2), "api/x.py": text(l15="theirs")}
    space = workspace_of(tmp_path, case)
    space.patch(
        "0003-waits.patch",
        patch_of({path: (json_of(a=1), json_of(a=1, mine=3)), "api/x.py": (text(), text(l15="mine"))}),
    )
    assert inv("upgrade.start", "--to", "1.1.0", cwd=space.root).code == 1
    return space


def resolve(space: Moving, other: str | None = None) -> None:
    (space.work / "api/x.py").write_text(text(l15="both"))
    if other is not None:
        (space.work / "web/other.json").write_text(other)


def told(review: dict[str, Any]) -> list[tuple[str, str, bool]]:
    return [(file["customisation"], file["path"], file["changed_by_hand"]) for file in review["files"]]


def test_what_is_merged_so_far_is_there_while_it_waits(waiting: Moving) -> None:
    review = review_of(waiting)
    assert (review["stage"], told(review)) == ("under way", [("patch 0002-beyond.patch", CONFIG, False)])
    assert "1 file was merged beyond git so far" in well(inv("upgrade.review", cwd=waiting.root)).out
    assert "1 file was merged beyond git: difykit upgrade.review" in inv("upgrade.status", cwd=waiting.root).out
    assert json.loads(inv("upgrade.status", "--json", cwd=waiting.root).out)["merged_beyond_git"] == 1


@pytest.mark.parametrize(
    ("other", "by_hand", "note"),
    [
        (None, False, "web/other.json by json by key, resolved by hand"),
        (json_of(a=9, mine=3), True, "web/other.json by json by key, then changed by hand, resolved by hand"),
    ],
)
def test_what_a_person_changed_after_the_strategy_is_told(
    waiting: Moving, other: str | None, by_hand: bool, note: str
) -> None:
    resolve(waiting, other)
    ran = well(inv("upgrade.continue", cwd=waiting.root))
    assert f"patch 0003-waits.patch: ported: {note}\n" in ran.err
    assert ran.err.endswith("hint 2 files were merged beyond git: difykit upgrade.review\n")
    review = review_of(waiting)
    rows = [("patch 0002-beyond.patch", CONFIG, False), ("patch 0003-waits.patch", "web/other.json", by_hand)]
    assert told(review) == rows
    result = json.loads("\n".join(review["files"][1]["passages"][0]["result"]["lines"]))
    assert result == (json.loads(other) if other else {"a": 1, "mine": 3, "theirs": 2})


def test_what_is_recalled_whole_has_the_same_notes(waiting: Moving) -> None:
    waiting.in_git()
    waiting.give_up()
    assert inv("upgrade.start", "--to", "1.1.0", cwd=waiting.root).code == 1
    resolve(waiting)
    well(inv("upgrade.continue", cwd=waiting.root))
    before = review_of(waiting)["files"]
    waiting.home("switch", "--quiet", "main")
    ran = well(inv("upgrade.start", "--to", "1.1.0", cwd=waiting.root))
    assert "patch 0003-waits.patch: ported: web/other.json by json by key, resolved as before\n" in ran.err
    assert review_of(waiting)["files"] == before


def test_what_there_is_to_say_of_gits_merge_stays_where_a_person_resolved_another_file(tmp_path: Path) -> None:
    piece = PIECES["a parameter goes"]("n")
    old, new = ({**side, "api/x.py": line} for side, line in ((piece.old, text()), (piece.new, text(l15="theirs"))))
    space = Moving(tmp_path / "ws", upstream_of(tmp_path, ("1.0.0", old), ("1.1.0", new)))
    pairs = {path: (old.get(path), content) for path, content in {**piece.yours, "api/x.py": text(l15="mine")}.items()}
    space.patch("0001-a.patch", patch_of(pairs))
    space.in_git()
    said = "by git (line 15: fetch does not take what is given to it there"
    assert inv("upgrade.start", "--to", "1.1.0", cwd=space.root).code == 1
    resolve(space)
    by_hand = well(inv("upgrade.continue", cwd=space.root))
    space.home("switch", "--quiet", "main")
    recalled = well(inv("upgrade.start", "--to", "1.1.0", cwd=space.root))
    for ran, how in ((by_hand, "resolved by hand"), (recalled, "resolved as before")):
        assert said in ran.err
        assert how in ran.err
    assert space.home("log", "--format=%B", "main..").count(said) == 1


def test_given_up_it_is_no_more_there_and_the_one_that_landed_is(waiting: Moving) -> None:
    waiting.in_git()
    resolve(waiting)
    well(inv("upgrade.continue", cwd=waiting.root))
    landed = review_of(waiting)
    waiting.home("switch", "--quiet", "main")
    assert inv("upgrade.start", "--to", "1.1.0", "--forget", cwd=waiting.root).code == 1
    assert review_of(waiting)["stage"] == "under way"
    waiting.give_up()
    said = "the workspace pins Dify 1.0.0 now: what is shown is of the upgrade to 1.1.0"
    assert review_of(waiting) == {**landed, "notes": [said]}


def test_given_up_without_another_there_is_nothing(waiting: Moving) -> None:
    waiting.give_up()
    ran = inv("upgrade.review", cwd=waiting.root)
    assert ran.code == 1
    assert "no upgrade is under way" in ran.err


def of_an_older_difykit(space: Moving) -> None:
    """Let the upgrade be one that a difykit began which wrote no merges down."""
    top = space.root / ".difykit/upgrade"
    (top / "merged.json").unlink()
    carried = json.loads((top / "carried.json").read_text())
    for patch in carried["patches"]:
        del patch["beyond"]
    (top / "carried.json").write_text(json.dumps(carried))


def test_one_that_an_older_difykit_began_goes_on_and_what_is_unknown_is_said(waiting: Moving) -> None:
    of_an_older_difykit(waiting)
    review = review_of(waiting)
    unknown = (
        "patch 0002-beyond.patch: an older difykit carried it, and wrote no sides down; it noted: web/config.json by"
    )
    assert (review["files"], len(review["unknown"])) == ([], 1)
    assert review["unknown"][0].startswith(unknown)
    assert "an older difykit began this upgrade" in review["notes"][0]
    resolve(waiting)
    ran = well(inv("upgrade.continue", cwd=waiting.root))
    assert "1 file was merged beyond git: difykit upgrade.review" in ran.err
    review = review_of(waiting)
    assert told(review) == [("patch 0003-waits.patch", "web/other.json", False)]
    assert review["unknown"][0].startswith(unknown)
    assert f"not known: {unknown}" in inv("upgrade.review", cwd=waiting.root).out
    waiting.ref = "1.1.0"
    waiting.sync(locked=True)
    assert json.loads((waiting.source / CONFIG).read_text())["mine"] == "m"


CUT = (
    "from pathlib import Path; import os; from difykit.core.transaction import carry\n"
    "from difykit.porting.apply import verbs as do\n"
    "from difykit.core.progress import Silent; from difykit.workspace.workspace import Workspace\n"
    "put = carry._forward\n"
    "carry._forward = lambda journal, step: os._exit(9) if step.path == 'difykit.lock' else put(journal, step)\n"
    "do.proceed(Workspace.open(Path('.')), Silent())\n"
)


def without_a_list(space: Moving) -> None:
    (space.root / ".difykit/upgrade/merged.json").unlink()


@pytest.mark.parametrize(("change", "count"), [(lambda _: None, 2), (without_a_list, 0)])
def test_a_landing_that_was_cut_off_ends_with_the_number(
    waiting: Moving, change: Callable[[Moving], None], count: int
) -> None:
    (waiting.root / ".difykit/upgrade/landed.json").write_text(
        json.dumps({"version": 1, "old": "0.9.0", "to": "1.0.0", "commit": "a" * 40, "branch": "", "layers": []})
    )
    resolve(waiting)
    done = subprocess.run([sys.executable, "-c", CUT], cwd=waiting.root, capture_output=True, check=False)
    assert done.returncode == 9, done.stderr
    change(waiting)
    ran = well(inv("sync", "--locked", cwd=waiting.root))
    assert ("2 files were merged beyond git: difykit upgrade.review" in ran.err) is bool(count)
    if count:
        assert len(review_of(waiting)["files"]) == count
    else:  # it is not taken for what the upgrade before it merged
        assert inv("upgrade.review", cwd=waiting.root).code == 1


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 2}', "\0\0"])
def test_a_list_that_cannot_be_read_is_told_and_stops_no_upgrade(waiting: Moving, content: str) -> None:
    place = waiting.root / ".difykit/upgrade/merged.json"
    place.write_text(content)
    ran = inv("upgrade.review", cwd=waiting.root)
    assert ran.code == 1
    assert f"{place} cannot be read" in ran.err
    resolve(waiting)
    well(inv("upgrade.continue", cwd=waiting.root))
    assert len(review_of(waiting)["files"]) == 2


def test_what_the_store_lost_is_told(waiting: Moving) -> None:
    store = waiting.root / ".difykit/upstream.git"
    subprocess.run(["git", "-c", "gc.pruneExpire=now", "gc", "--quiet", "--prune=now"], cwd=store, check=True)
    whole = review_of(waiting)["files"][0]
    assert all(whole["sides"].values())
    place = waiting.root / ".difykit/upgrade/merged.json"
    place.write_text(place.read_text().replace(whole["sides"]["result"]["blob"], "1" * 40))
    [file] = review_of(waiting)["files"]
    assert file["sides"]["result"]["absence"] == "its content is not here any more"
    assert "result: its content is not here any more" in well(inv("upgrade.review", cwd=waiting.root)).out
