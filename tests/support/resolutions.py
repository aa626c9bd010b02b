"""Conflicts of one file, in the languages that difykit judges, and the file as a person resolves it well or badly."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.cli import Ran, inv
from tests.support.upgrades import Moving, patch_of, upstream_of

Sides = tuple[str, str, str]
"""A file as it was, as the release has it, and as a patch makes it."""
_KEYS = tuple(f"v{number}" for number in range(9))


def _sides(line: str, head: str = "", foot: str = "") -> Sides:
    """Files of nine lines, of which both sides change the one in the middle."""
    was, new, mine = ([line.format(name=name, value="1") for name in _KEYS] for _ in range(3))
    new[4] = line.format(name="v4", value="2")
    mine[4] = line.format(name="v4", value="3")
    was, new, mine = ([*rows[:-1], rows[-1].rstrip(",") if foot == "}" else rows[-1]] for rows in (was, new, mine))
    was, new, mine = (["{", *rows, "}"] if foot == "}" else [head, *rows] for rows in (was, new, mine))
    return tuple("".join(f"{row}\n" for row in rows) for rows in (was, new, mine))  # type: ignore[return-value]


FILES: dict[str, Sides] = {
    "api/a.py": _sides("{name} = {value}", "import os"),
    "web/a.tsx": _sides("export const {name} = {value}", "import x from 'x'"),
    "web/a.json": _sides('  "{name}": {value},', foot="}"),
    "docker/a.yaml": _sides("{name}: {value}", "head: 0"),
    "api/a.toml": _sides("{name} = {value}", "[a]"),
    "docs/a.md": _sides("Words {name} {value}.\n", "Title\n=======\n"),
    "api/a.txt": _sides("{name} = {value}", "text"),
}
BINARY = bytes(range(256)) * 12


@dataclass
class Conflict:
    """A workspace whose upgrade waits for one file."""

    space: Moving
    path: str

    @property
    def place(self) -> Path:
        """The file in the work tree of the conflict."""
        return self.space.work / self.path

    def resolve(self, content: str | bytes) -> None:
        """Write what a person makes of it."""
        self.place.write_bytes(content.encode() if isinstance(content, str) else content)

    def run(self, *words: str) -> Ran:
        """Run difykit in the workspace."""
        return inv(*words, cwd=self.space.root)

    def git(self, *words: str) -> None:
        """Run git in the work tree, as its user."""
        subprocess.run(["git", *words], cwd=self.space.work, check=True, capture_output=True)

    def patched(self) -> str:
        """The patch as it landed."""
        return (self.space.root / "patches/0001-a.patch").read_text("utf-8", "surrogateescape")


def good(path: str, value: str = "4") -> str:
    """The file as a person resolves it well."""
    return (
        FILES[path][1]
        .replace("v4 = 2", f"v4 = {value}")
        .replace('"v4": 2', f'"v4": {value}')
        .replace("v4: 2", f"v4: {value}")
        .replace("v4 2", f"v4 {value}")
    )


def workspace_of(folder: Path, path: str, sides: Sides) -> Moving:
    """A workspace whose patch makes the third text of the first, where the release has the second."""
    was, new, mine = sides
    upstream = upstream_of(folder, ("1.0.0", {path: was}), ("1.1.0", {path: new}))
    space = Moving(folder / "ws", upstream)
    space.patch("0001-a.patch", patch_of({path: (was, mine)}))
    return space


def conflict_of(folder: Path, path: str, sides: Sides | None = None) -> Conflict:
    """An upgrade that waits for this file."""
    conflict = Conflict(workspace_of(folder, path, sides or FILES[path]), path)
    started = conflict.run("upgrade.start", "--to", "1.1.0")
    assert started.code == 1, started.err
    assert conflict.place.exists()
    return conflict


def overlay_workspace(folder: Path, path: str, sides: tuple[str, str | None, str]) -> Moving:
    """A workspace whose overlay replaces the file by the third text, where the release has the second, or none."""
    was, new, mine = sides
    space = Moving(folder / "ws", upstream_of(folder, ("1.0.0", {path: was}), ("1.1.0", {path: new})))
    space.overlay("own", {path: mine})
    return space
