"""Workspaces that move from release to release: their upstream, their own repository, and all that is theirs."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from difykit.core.progress import Progress
from difykit.git import Changes, Commit, Person, Store, diff, write_chain
from difykit.porting.apply.status import Status
from difykit.porting.apply.verbs import abort, proceed, start
from difykit.workspace.workspace import Workspace
from tests.support.repos import Upstream
from tests.support.trees import Content, write_tree
from tests.support.workspaces import RecordingProgress, WorkspaceFixture

LINES = [f"line {number}" for number in range(1, 31)]


def text(lines: Sequence[str] = LINES, **changed: str) -> str:
    """The numbered lines, with some of them changed: `text(l3="three")`."""
    return "".join(f"{changed.get(f'l{number}', line)}\n" for number, line in enumerate(lines, 1))


def patch_of(files: Mapping[str, tuple[str | None, str | None]], *, message: str = "Why: to see it\n") -> str:
    """A patch as `git format-patch` writes it, made by git from the contents before and after."""
    who = Person("test", "test@example.org", 1)
    changes: list[Changes] = [
        {path: ("100644", each.encode()) if (each := pair[side]) is not None else None for path, pair in files.items()}
        for side in (0, 1)
    ]
    changes[0] = {"other": ("100644", b""), **{path: blob for path, blob in changes[0].items() if blob}}
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "patch.git") as store:
        store.ensure()
        old, new = write_chain(store, "", [Commit("x", who, who, each) for each in changes])
        raw = diff(store, old, new).decode()
    head = "From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: [PATCH] change it\n"
    assert raw
    return f"{head}\n{message}\n---\n{raw}"


class Moving(WorkspaceFixture):
    """A workspace that can be in a repository of its user."""

    def in_git(self, *, above: str = "") -> None:
        """Commit it; with `above`, as a folder of the larger repository there."""
        top = self.root.parent if above else self.root
        self.top = top
        self.home("init", "--quiet", "--initial-branch=main")
        self.home("config", "user.name", "Me")
        self.home("config", "user.email", "me@example.org")
        write_tree(self.root, {".gitignore": "/.difykit/\n/data/\n/.env\n"})
        self.home("add", "--all")
        self.home("commit", "--quiet", "--message=mine")

    def home(self, *args: str) -> str:
        """Run git in the user's repository, as the user."""
        done = subprocess.run(["git", *args], cwd=self.top, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.rstrip("\n")

    @property
    def here(self) -> Workspace:
        return Workspace.open(self.root)

    @property
    def work(self) -> Path:
        return self.root / ".difykit/upgrade/work"

    def start(self, to: str, progress: Progress | None = None, *, forget: bool = False) -> Status:
        return start(self.here, to, progress or RecordingProgress(), forget=forget)

    def go_on(self, progress: Progress | None = None) -> Status:
        return proceed(self.here, progress or RecordingProgress())

    def git_add(self, path: str) -> None:
        """Tell git in the work tree of a conflict that a file is resolved."""
        subprocess.run(["git", "add", path], cwd=self.work, check=True, capture_output=True)

    def git_remove(self, path: str) -> None:
        """Take a file away in the work tree of a conflict, and tell git."""
        subprocess.run(["git", "rm", "--quiet", "--force", path], cwd=self.work, check=True, capture_output=True)

    def give_up(self) -> str:
        return abort(self.here, RecordingProgress())

    def mine(self) -> dict[str, tuple[int, bytes]]:
        """Everything of the user's: mode and content of each file outside `.difykit` and `.git`."""
        found: dict[str, tuple[int, bytes]] = {}
        for place in sorted(self.root.rglob("*")):
            path = place.relative_to(self.root).as_posix()
            if path.split("/")[0] in {".difykit", ".git"} or not (place.is_file() or place.is_symlink()):
                continue
            content = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
            found[path] = (place.lstat().st_mode, content)
        return found

    def git_state(self) -> tuple[str, str, str, str]:
        """What HEAD, the branches, the index and the status of the user's repository are."""
        return (
            (self.top / ".git/HEAD").read_text(),
            self.home("for-each-ref"),
            self.home("ls-files", "--stage"),
            self.home("status", "--porcelain"),
        )


def upstream_of(folder: Path, *releases: tuple[str, Mapping[str, Content]]) -> Upstream:
    """An upstream with these releases."""
    made = Upstream(folder)
    for tag, changes in releases:
        made.release(tag, changes)
    return made


LONG = {"api/long.py": text()}
HEAD = ["head", *LINES]


def space(tmp_path: Path, new: Mapping[str, Content], old: Mapping[str, Content] | None = None) -> Moving:
    """A workspace on 1.0.0, of an upstream that has `new` at 1.1.0."""
    upstream = upstream_of(tmp_path, ("1.0.0", {**LONG, **(old or {})}), ("1.1.0", new))
    return Moving(tmp_path / "ws", upstream)


def notes(made: Moving, to: str = "1.1.0") -> dict[str, tuple[str, str]]:
    """What an upgrade says of each layer."""
    done = made.start(to)
    assert done.state == "done"
    return {layer.label: (layer.state, layer.note) for layer in done.layers}
