"""A lock file and its manifest in different patches, as `adopt` makes them: what is asked for is looked at in all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from difykit.porting import Wish, forecast
from tests.support.pieces import Piece
from tests.support.portings import porting_of
from tests.support.upgrades import Moving
from tests.support.workspaces import RecordingProgress

LOCK = "api/uv.lock"
MANIFEST = "api/pyproject.toml"
PROJECT = '[project]\nname = "dify-api"\nversion = "1.0.0"\ndependencies = [\n    "flask>=3",\n]\n'
NODE = '{{\n  "name": "web",\n  "dependencies": {{\n    "next": "1.0"{more}\n  }}\n}}\n'


def space_of(folder: Path, order: tuple[str, str], mine: str, sync: str) -> Moving:
    """A workspace with one patch for the lock file and one for the manifest; both sides changed the lock's line."""
    pieces: Mapping[str, Piece] = {
        "lock": Piece(
            {LOCK: "flask 1\n"}, {LOCK: "flask 2\n", "api/Dockerfile": f"RUN {sync}\n"}, {LOCK: "flask 1, own\n"}
        ),
        "manifest": Piece({MANIFEST: PROJECT}, {}, {MANIFEST: mine}),
    }
    return porting_of(folder, {name: ("patch", pieces[name]) for name in order})


OTHERS = PROJECT.replace('    "flask>=3",\n', '    "flask>=3",\n    "own>=1",\n')
SAME = PROJECT.replace("1.0.0", "1.0.0+own")


@pytest.mark.parametrize("order", [("lock", "manifest"), ("manifest", "lock")])
@pytest.mark.parametrize(
    ("mine", "sync", "said"),
    [
        (OTHERS, "uv sync --frozen", None),
        (
            OTHERS,
            "uv sync --locked",
            "api/pyproject.toml asks for other packages on your side: make it again with `uv lock` in api",
        ),
        (SAME, "uv sync --frozen", "taken from upstream"),
    ],
    ids=["in silence", "the install compares", "no other packages"],
)
def test_a_lock_file_knows_of_the_manifest_that_another_patch_changes(
    tmp_path: Path, order: tuple[str, str], mine: str, sync: str, said: str | None
) -> None:
    space = space_of(tmp_path, order, mine, sync)
    [release] = forecast(space.here, Wish(to=("1.1.0",)), RecordingProgress(), processes=1).describe()["releases"]
    [cell] = [cell for cell in release["customisations"] if cell["name"] == "patch lock.patch"]
    status = space.start("1.1.0")
    if said is None:
        assert cell["state"] == "conflicts"
        assert status.stop
        assert [clash.path for clash in status.stop.clashes] == [LOCK]
        return
    assert said in cell["parts"][0]["note"]
    [layer] = [layer for layer in status.layers if layer.name == "lock.patch"]
    assert said in layer.note
