"""Random damage below `.difykit`, with edits in the work tree: none is lost, and the source comes out the same."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from tests.support.cli import inv
from tests.support.damage import EDITS, contents, filled, mine
from tests.support.repos import Upstream
from tests.support.sweeps import swept
from tests.support.trees import write_tree
from tests.support.workspaces import WorkspaceFixture

SEEDS = int(os.environ.get("DIFYKIT_DAMAGES", "60"))


def hurt(place: Path, dice: random.Random) -> None:
    """Delete, cut, empty, flip or overwrite a file."""
    raw = bytearray(place.read_bytes())
    place.chmod(0o644)
    kind = dice.choice(("gone", "cut", "empty", "flip", "flip", "junk", "zeros"))
    if kind == "gone":
        place.unlink()
    elif kind == "cut":
        place.write_bytes(raw[: dice.randrange(len(raw) + 1)])
    elif kind == "flip" and raw:
        for _ in range(dice.randrange(1, 4)):
            raw[dice.randrange(len(raw))] ^= 1 << dice.randrange(8)
        place.write_bytes(raw)
    else:
        place.write_bytes({"junk": dice.randbytes(40), "zeros": bytes(len(raw))}.get(kind, b""))


def damage(root: Path, dice: random.Random) -> None:
    """Hurt some files below `.difykit`, git's more often than others, and now and then a whole folder."""
    top = root / ".difykit"
    git = [Path(folder) / name for folder, _, names in os.walk(top) for name in names if ".git" in folder]
    git.sort()
    rest = [path for path in sorted(top.iterdir()) if path.is_file() and path.name != "lock"]
    for place in dice.sample(git, dice.randrange(1, 6)) + dice.sample(rest, dice.randrange(3)):
        hurt(place, dice)
    if dice.random() < 0.3:
        folders = sorted(Path(folder) / name for folder, names, _ in os.walk(top) for name in names if ".git" in folder)
        shutil.rmtree(dice.choice(folders))


@pytest.mark.parametrize("part", swept(range(6), lambda part: part < 2))
def test_random_damage_loses_no_edit(tmp_path: Path, part: int) -> None:
    upstream = Upstream(tmp_path / "upstream")
    upstream.release("1.0.0")
    whole = filled(tmp_path / "whole", upstream)
    head, own = whole.git("rev-parse", "HEAD"), mine(whole)
    for seed in range(part * SEEDS // 6, (part + 1) * SEEDS // 6):
        root = tmp_path / f"seed{seed}"
        shutil.copytree(whole.root, root, symlinks=True)
        space = WorkspaceFixture(root, upstream)
        space.overlays = whole.overlays
        dice = random.Random(seed)
        space.write({})
        write_tree(space.source, EDITS)
        damage(root, dice)
        ran = inv("sync", cwd=root)
        assert set(EDITS.values()) <= contents(space), (seed, ran.err)
        assert not [line for line in ran.err.splitlines() if line.strip().startswith(("fatal:", "error:"))], (seed, ran)
        assert (mine(space), "commits of its own" in ran.err) == (own, False), (seed, ran.err)
        if ran.code:
            assert "holds edits that sync would lose" in ran.err, (seed, ran.err)
            ran = inv("sync", "--discard", cwd=root)
        else:
            assert f"{root}/.difykit/aside/" in ran.err, (seed, ran.err)
        assert ran.code == 0, (seed, ran.err)
        assert (space.git("rev-parse", "HEAD"), space.git("status", "--porcelain")) == (head, ""), seed
        shutil.rmtree(root)
