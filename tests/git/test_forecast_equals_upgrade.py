"""What `upgrade.forecast` says of a release is what `upgrade.start` does, for each customisation.

`DIFYKIT_PORTINGS` says for how many random workspaces (8 if unset).
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from difykit.core.errors import ConfigError, DifyKitError
from difykit.porting import Wish, forecast
from difykit.porting.apply.journal import FileMerge, JournalLayer, Places, Stop
from difykit.porting.apply.status import Status
from difykit.porting.mergelist import read_merges
from difykit.porting.strategies.hunks import take_theirs
from tests.support.pieces import PIECES
from tests.support.portings import kinds_of, porting_of, random_porting
from tests.support.sweeps import swept
from tests.support.upgrades import Moving
from tests.support.workspaces import RecordingProgress

SEEDS = int(os.environ.get("DIFYKIT_PORTINGS", "8"))
DOES = {
    "untouched": {"untouched"},
    "merges": {"ported"},
    "already upstream": {"dropped", "ported"},
    "left out": {"left out"},
}
"""What `start` says of a layer, by what the forecast says of it; what needs work is a conflict."""


def cells(space: Moving) -> dict[str, dict[str, Any]]:
    """The forecast for 1.1.0 as JSON, by the names of the customisations."""
    said = forecast(space.here, Wish(to=("1.1.0",)), RecordingProgress(), processes=1).describe()
    return {each["name"]: each for each in said["releases"][0]["customisations"] if each["name"] != "wiring"}


def merges_of(space: Moving) -> set[tuple[str, FileMerge]]:
    """What the forecast for 1.1.0 merges beyond git, by the customisations."""
    outcome = forecast(space.here, Wish(to=("1.1.0",)), RecordingProgress(), processes=1)
    rows = zip(outcome.rows, outcome.outlooks[0].cells, strict=True)
    return {(row.label, part.merge) for row, cell in rows for part in cell.parts if part.merge}


def landed_merges(space: Moving) -> set[tuple[str, FileMerge]]:
    """What the upgrade that has landed merged beyond git."""
    merges = read_merges(Places(space.here.derived).landed)
    assert merges
    return {(layer.label, merge) for layer in merges.layers for merge in layer.merges}


def started(space: Moving) -> tuple[Status, str]:
    """What `start` does, and what it refuses at once."""
    try:
        return space.start("1.1.0"), ""
    except DifyKitError as error:
        return Status("none"), error.message if not isinstance(error, ConfigError) else str(error)


def resolved(space: Moving, stop: Stop) -> bool:
    """Resolve a stop as a forecast takes it: lines for the customisation, a file that is gone stays so."""
    for clash in stop.clashes:
        place = space.work / clash.path
        if clash.hunks and place.is_file():
            place.write_bytes(take_theirs(place.read_bytes(), *stop.labels))
        elif clash.kind == "modify/delete" and not clash.ours:
            place.unlink()
        else:
            return False
        subprocess.run(["git", "add", "--all", clash.path], cwd=space.work, check=True, capture_output=True)
    return bool(stop.clashes)


def compare(space: Moving, about: str) -> None:
    said = cells(space)
    merges = merges_of(space)
    status, refused = started(space)
    if status.state == "done":  # with nothing left to a person, each file is merged as it was forecast, to the byte
        assert landed_merges(space) == merges
    seen: set[str] = set()
    while True:
        shown = f"{about}\n{said}\n{status.layers}\n{status.stop}\n{refused}"
        if status.state == "none":  # nothing can be merged: the forecast asks for a person
            assert any(each["work"] for name, each in said.items() if name not in seen), shown
            return
        for layer in status.layers:  # what an overlay asks of the release is known when all of them are carried
            known = layer.kind == "patch" or status.state == "done"
            if known and layer.label not in seen and layer.state not in {"conflict", "to do"}:
                _same(said[layer.label], layer, shown)
                seen.add(layer.label)
        if status.state == "done":
            return
        assert status.stop, shown
        assert said[status.stop.label]["work"], shown
        seen.add(status.stop.label)
        if not resolved(space, status.stop):
            return
        try:
            status = space.go_on()
        except DifyKitError as error:
            status, refused = Status("none"), str(error)


def _same(cell: dict[str, Any], layer: JournalLayer, shown: str) -> None:
    if "resolved as before" in layer.note:  # a person resolved the very lines in a layer before it
        assert cell["hunks"], shown
        return
    assert not cell["work"], shown
    assert layer.state in DOES[cell["state"]], shown
    for strategy in cell["strategies"]:
        assert strategy in layer.note, shown
    remarks = [
        f"{part['what']} by git ({text}" for part in cell["parts"] for text in part["note"].split("by git (")[1:]
    ]
    assert len(remarks) == layer.note.count(" by git ("), shown
    assert all(remark.removesuffix("; ") in layer.note for remark in remarks), shown


@pytest.mark.parametrize("kind", ["patch", "overlay"])
@pytest.mark.parametrize("name", ["a parameter goes", "a parameter goes, and the file moves"])
def test_what_there_is_to_say_of_gits_merge_stands_in_both(name: str, kind: str, tmp_path: Path) -> None:
    made = porting_of(tmp_path, {"n": (kind, PIECES[name]("n"))})
    [cell] = cells(made).values()
    [layer] = made.start("1.1.0").layers
    path = cell["parts"][0]["what"]
    said = "by git (line 15: fetch does not take what is given to it there"
    assert said in cell["parts"][0]["note"]
    assert f"{path} {said}" in layer.note


@pytest.mark.parametrize(("piece", "kind"), [(n, k) for n in PIECES for k in kinds_of(PIECES[n]("n"))])
def test_each_piece(piece: str, kind: str, tmp_path: Path) -> None:
    compare(porting_of(tmp_path, {"n": (kind, PIECES[piece]("n"))}), f"{piece} as {kind}")


@pytest.mark.parametrize("seed", swept(range(SEEDS), lambda seed: seed < 3))
def test_random_workspaces(seed: int, tmp_path: Path) -> None:
    made = random_porting(tmp_path, seed)
    compare(made.space, "\n".join(made.pieces))
