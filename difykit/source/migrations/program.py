"""The program that runs the migrations, as files of the source."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from difykit.core import files
from difykit.dify import layout
from difykit.git import Changes, Tree
from difykit.source.migrations.chain import DIFY, read_chain
from difykit.source.migrations.own import own_migrations
from difykit.workspace.workspace import Overlay

PROGRAM = "difykit_overlays.migrate"
"""What api's Python runs: `python -m`."""
_PATH = f"{layout.API}/difykit_overlays/migrate.py"
_TEXT = Path(__file__).with_name("migrate.py.txt")


def program_key(overlays: Sequence[Overlay]) -> str:
    """A digest of what the program is made from, the source aside; "" when no overlay has migrations."""
    rows = [(entry.overlay.name, entry.path, entry.table) for entry in own_migrations(overlays)]
    return hashlib.sha256(f"{rows}\0".encode() + files.read_bytes(_TEXT)).hexdigest() if rows else ""


def program_changes(overlays: Sequence[Overlay], tree: Tree) -> Changes:
    """The program for this release and these overlays; nothing when none of them has migrations."""
    own = own_migrations(overlays)
    if not own:
        return {}
    dify = read_chain(tree, DIFY).heads
    rows = [
        (entry.overlay.name, entry.path.removeprefix(f"{layout.API}/"), entry.table, _heads(tree, entry.path))
        for entry in own
    ]
    text = files.read_text(_TEXT)
    text = text.replace("DIFY: tuple = ()", f"DIFY = {_tuple(dify)}")
    text = text.replace("OVERLAYS: tuple = ()", "OVERLAYS = (\n" + "".join(map(_row, rows)) + ")")
    return {_PATH: ("100644", text.encode())}


def _heads(tree: Tree, folder: str) -> tuple[str, ...]:
    return read_chain(tree, folder).heads


def _row(row: tuple[str, str, str, tuple[str, ...]]) -> str:
    name, folder, table, heads = row
    return f"    ({', '.join([*map(_quoted, (name, folder, table)), _tuple(heads)])}),\n"


def _tuple(words: Sequence[str]) -> str:
    return "(" + "".join(f"{_quoted(word)}, " for word in words).rstrip() + ")"


def _quoted(word: str) -> str:
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'
