"""Random workspaces and their next release: some pieces, each a patch or an overlay."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.pieces import PIECES, Files, Piece
from tests.support.trees import Content
from tests.support.upgrades import Moving, patch_of, upstream_of

CHAIN = "api/migrations/versions"


def revision(name: str, follows: str | None) -> str:
    """A migration of Alembic's."""
    head = f"import x\n\nrevision = {name!r}\ndown_revision = {follows!r}\ndepends_on = None\n"
    return head + "\n\ndef upgrade():\n    pass\n"


_SERVICES = {
    "api": "langgenius/dify-api:1.0.0",
    "web": "langgenius/dify-web:1.0.0",
    "db": "postgres:15",
    "redis": "redis:6",
}


def compose(*services: str) -> str:
    """A Compose file with these services."""
    rows = "".join(f"  {name}:\n    image: {_SERVICES.get(name, 'postgres:15')}\n" for name in services)
    return f"services:\n{rows}"


def migrations(dice: random.Random) -> Piece:
    """A migration in Dify's own chain; upstream goes on from the head, drops it, has the very one, or stays."""
    chain: Files = {f"{CHAIN}/a.py": revision("a", None), f"{CHAIN}/b.py": revision("b", "a")}
    choices: list[Files] = [
        {f"{CHAIN}/c.py": revision("c", "b")},
        {f"{CHAIN}/b.py": None, f"{CHAIN}/c.py": revision("c", "a")},
        {f"{CHAIN}/mine.py": revision("m", "b")},
        {},
    ]
    new = dice.choice(choices)
    return Piece(chain, dict(new), {f"{CHAIN}/mine.py": revision("m", "b")})


def removal(dice: random.Random) -> Piece:
    """An overlay that leaves services out; upstream renames one."""
    manifest = dice.choice(
        [
            "compose: {remove: [db]}\n",
            "compose: {remove: [redis]}\n",
            "compose: {remove: [db, db_postgres]}\n",
            "compose: {remove: [db, redis]}\n",
            "compose: {remove: [{one_of: [db, db_postgres]}]}\n",
        ]
    )
    file = "docker/docker-compose.yaml"
    old, new = compose("api", "web", "db", "redis"), compose("api", "web", "db_postgres", "redis")
    return Piece({file: old}, {file: new}, manifest=manifest, kinds=("overlay",))


@dataclass
class Porting:
    """A workspace on 1.0.0, and what stands in its pieces."""

    space: Moving
    pieces: list[str]


def porting_of(folder: Path, pieces: Mapping[str, tuple[str, Piece]]) -> Moving:
    """The workspace with these pieces, each by its name as a patch or as an overlay."""
    old: dict[str, Content] = {}
    new: dict[str, Content] = {}
    for _, piece in pieces.values():
        old |= piece.old
        new |= piece.new
    space = Moving(folder / "ws", upstream_of(folder, ("1.0.0", old), ("1.1.0", new)))
    for name, (kind, piece) in pieces.items():
        if kind == "patch":
            pairs = {path: (piece.old.get(path), content) for path, content in piece.yours.items()}
            space.patch(f"{name}.patch", patch_of(pairs, message=piece.message))
        else:
            space.overlay(name, piece.yours, piece.manifest)
            if piece.manifest.startswith("trees:"):
                path = next(iter(piece.old))
                rows = {f"overlays/{name}/{side}/{path}": f"{side}\n" for side in ("old", "new")}
                space.write({**rows})
    return space


def kinds_of(piece: Piece) -> tuple[str, ...]:
    """What a piece may be: an overlay cannot take files away."""
    if None in piece.yours.values():
        return ("patch",)
    return piece.kinds


def random_porting(folder: Path, seed: int) -> Porting:
    """The workspace of this seed: some pieces, in random order, some of them twice over the same lines."""
    dice = random.Random(seed)
    pieces: dict[str, tuple[str, Piece]] = {}
    said: list[str] = []
    for number, kind in enumerate(dice.sample(sorted(PIECES), dice.randint(3, 9))):
        name = f"n{number}"
        piece = PIECES[kind](name)
        pieces[name] = (dice.choice(kinds_of(piece)), piece)
        said.append(f"{name}: {kind} as {pieces[name][0]}")
    for make, name in ((migrations, "chain"), (removal, "leave")):
        if dice.random() < 0.25:
            piece = make(dice)
            pieces[name] = (dice.choice(piece.kinds), piece)
            said.append(f"{name} as {pieces[name][0]}: {piece.new} {piece.manifest}")
    return Porting(porting_of(folder, pieces), said)
