"""A workspace to edit in: two patches on one file, an overlay with files, one with an edit and a route."""

from __future__ import annotations

from pathlib import Path

from tests.support.repos import Upstream
from tests.support.workspaces import WorkspaceFixture

TEXT = "".join(f"line {number}\n" for number in range(1, 21))


def spaced(folder: Path) -> WorkspaceFixture:
    """The workspace, synced, with an upstream of its own, in `folder`."""
    upstream = Upstream(folder)
    upstream.release("1.0.0", {"api/long.py": TEXT, ".gitignore": "node_modules/\n*.log\n"})
    space = WorkspaceFixture(folder / "ws", upstream)
    space.overlay("own", {"api/own.py": "X = 1\nY = 2\n", "web/package.json": '{"name": "mine"}\n'})
    change = "edits: [{file: README.md, replace: {find: Dify, with: Our Dify, count: 1}}]\n"
    space.overlay("edits", {}, change + "gateway: {routes: [{path: /few, to: api}]}\n")
    space.sync()
    add_patch(space, "0001-one.patch", {"line 3\n": "line 3 of one\n"})
    add_patch(
        space, "0002-two.patch", {"line 3 of one\n": "line 3 of one\nline of two\n", "line 10\n": "line 10 of two\n"}
    )
    return space


def edit(folder: Path, path: str, old: str, new: str) -> None:
    """Change a text of a file that has it."""
    place = folder / path
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new, 1))


def add_patch(
    space: WorkspaceFixture, name: str, texts: dict[str, str], *, path: str = "api/long.py", message: str = ""
) -> None:
    """A patch with git's own diff of these changes of a file in the source, then a sync."""
    for old, new in texts.items():
        edit(space.source, path, old, new)
    diff = space.git("diff", "--full-index") + "\n"
    space.git("checkout", "--", ".")
    head = f"From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: [PATCH] {name}\n"
    space.patch(name, f"{head}\n{message or 'Why: it'}\n---\n{diff}")
    space.sync()
