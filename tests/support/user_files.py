"""Workspaces in random states, and every byte in them that is their user's."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from difykit.demo import make_upstream
from tests.support.cli import difykit
from tests.support.trees import write_tree

Snapshot = dict[str, str]
"""Each path with its kind, permissions and a digest of its content."""

_SETTINGS = """\
version: 1
# ours, and it stays
upstream: {{url: "{url}", ref: 1.98.0}}
overlays: [{overlays}]  # in this order
env: {{LOG_LEVEL: DEBUG}}
deploy: {{project: random, data: {data}}}
"""
_OVERLAY = {
    "overlays/ours/overlay.yaml": "version: 1\ndescription: ours\nsecrets: {OUR_TOKEN: {generate: 32, to: [api]}}\n",
    "overlays/ours/tree/api/services/ours.py": "OURS = 1\n",
}
_STRAY = {
    "notes.txt": "mine\n",
    "docs/plan.md": "# a plan\n",
    "patches/README.md": "how we patch\n",
    "overlays/README.md": "how we overlay\n",
    "overlays/idle/overlay.yaml": "version: 1\ndescription: not enabled\n",
    "images/README.md": "how we build\n",
    ".editorconfig": "root = true\n",
    "secret.key": "never read\n",
}
_RUNNING = {
    "volumes/db/data/PG_VERSION": "15\n",
    "volumes/app/storage/privkeys/t/private.pem": "key\n",
    "backups/0001.dump": "dump\n",
    "mine.txt": "in the data folder\n",
}
_EDITED = "api/services/account_service.py"


@dataclass
class RandomWorkspace:
    """A workspace in a random state: `notes` says which, `edits` are the user's own files in the source."""

    root: Path
    dice: random.Random
    notes: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    outside: list[Path] = field(default_factory=list)

    @property
    def source(self) -> Path:
        return self.root / ".difykit" / "source"

    def git(self, *args: str, folder: Path | None = None) -> str:
        return subprocess.run(
            ["git", *args], cwd=folder or self.root, check=True, capture_output=True, text=True
        ).stdout

    def owned(self) -> Snapshot:
        """All but what is derived: everything outside `.difykit`, and what the user has in the source."""
        snapshot = snapshot_of(self.root, skip=(".difykit",))
        for folder in self.outside:
            snapshot |= {f"{folder}: {path}": text for path, text in snapshot_of(folder).items()}
        for path in self.edits:
            # Where git could not tell what was edited, the whole folder is put aside and named.
            aside = sorted((self.root / ".difykit" / "aside").glob(f"*/source/{path}"))
            snapshot[f".difykit/source/{path}"] = _digest(aside[0] if aside else self.source / path)
        if (self.source / ".git" / "HEAD").exists():
            refs = "for-each-ref", "--format=%(refname) %(objectname)"
            for line in self.git(*refs, folder=self.source).splitlines():
                name, commit = line.split(" ")
                if name != "refs/heads/source":
                    snapshot[f".difykit/source: {name}"] = commit
        return snapshot

    def forget_folded(self) -> None:
        """What `finish` and `patch.new` have folded in is no edit any more, but a part of the workspace's content."""
        if not self.source.is_dir():
            return  # there was none to fold from
        words = "status", "--porcelain", "-z", "--ignored", "--untracked-files=all"
        done = subprocess.run(["git", *words], cwd=self.source, check=False, capture_output=True, text=True)
        if done.returncode == 0:  # else git cannot say: all of them count on
            shown = [record[3:] for record in done.stdout.split("\0")]
            self.edits = [path for path in self.edits if path in shown]

    def everything(self) -> Snapshot:
        """Also the whole of the source, with git's own files."""
        return self.owned() | {f"source: {path}": text for path, text in snapshot_of(self.source).items()}


def snapshot_of(folder: Path, *, skip: tuple[str, ...] = ()) -> Snapshot:
    """Every path below `folder`, but for the names in `skip` at its top."""
    snapshot: Snapshot = {}
    for base, folders, names in os.walk(folder):
        if Path(base) == folder:
            folders[:] = [name for name in folders if name not in skip]
        for name in [*names, *(name for name in folders if (Path(base) / name).is_symlink())]:
            path = Path(base) / name
            snapshot[path.relative_to(folder).as_posix()] = _digest(path)
    return snapshot


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"link {path.readlink()}"
    if not path.is_file():
        return "gone" if not path.exists() else "no file"
    return f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def random_workspace(folder: Path, seed: int) -> RandomWorkspace:
    """The workspace of this seed, made from nothing in `folder`."""
    dice = random.Random(seed)
    made = RandomWorkspace(folder / "ws", dice)
    make_upstream(folder / "upstream.git")
    made.outside.append(folder / "upstream.git")
    overlays = [
        name for name in ("hello-endpoint", "hello-console", "hello-page", "hello-table") if dice.random() < 0.5
    ]
    data = dice.choice(["data", "data", "../elsewhere", "state/dify"])
    settings = _SETTINGS.format(
        url=(folder / "upstream.git").as_uri(), overlays=", ".join([*overlays, "ours"]), data=data
    )
    write_tree(made.root, {"difykit.yaml": settings, ".gitignore": "/.difykit/\n/data/\n/.env\n", **_OVERLAY})
    write_tree(made.root, {"patches/series": ""})
    write_tree(made.root, {path: text for path, text in _STRAY.items() if dice.random() < 0.7})
    if dice.random() < 0.6:
        write_tree(made.root / data, {path: text for path, text in _RUNNING.items() if dice.random() < 0.8})
        made.notes.append(f"data in {data}")
    if data.startswith(".."):
        (folder / "elsewhere").mkdir(exist_ok=True)
        made.outside.append(folder / "elsewhere")
    if dice.random() < 0.5:
        write_tree(made.root, {".env": "# mine\nOUR_NAME='x y'\nSECRET_KEY=sk-0123456789abcdefghij\n"})
        (made.root / ".env").chmod(0o600)
    _in_git(made)
    if dice.random() < 0.85:
        assert difykit("sync", cwd=made.root).code == 0
        _patch(made)
        _edit(made)
    _break(made)
    return made


def _in_git(made: RandomWorkspace) -> None:
    if made.dice.random() < 0.3:
        return
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("config", "user.name", "Me")
    made.git("config", "user.email", "me@example.org")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message=mine")
    state = made.dice.choice(["clean", "clean", "staged", "detached", "locked"])
    made.notes.append(f"git {state}")
    if state == "staged":
        write_tree(made.root, {"staged.txt": "staged\n"})
        made.git("add", "staged.txt")
        write_tree(made.root, {"staged.txt": "and changed again\n"})
    elif state == "detached":
        made.git("checkout", "--quiet", "--detach")
    elif state == "locked":
        (made.root / ".git" / "index.lock").write_bytes(b"somebody else's")


def _patch(made: RandomWorkspace) -> None:
    """One or two patches, as `finish` writes them."""
    path = made.source / "api" / "controllers" / "service_api" / "index.py"
    for number in range(made.dice.randrange(3)):
        path.write_text(path.read_text().replace('"v1', f'"v1-{number}', 1))
        ran = difykit("finish", "--new-patch", f"Patch {number}", "--why", "to see it", cwd=made.root)
        assert ran.code == 0, ran.err
        made.notes.append(f"patch {number}")


def _edit(made: RandomWorkspace) -> None:
    kinds = [
        kind
        for kind in ("edited", "staged", "new", "ignored", "branch", "stash", "locked")
        if made.dice.random() < 0.25
    ]
    made.notes += [f"source {kind}" for kind in kinds]
    identity = ("-c", "user.name=Me", "-c", "user.email=me@example.org")
    if "stash" in kinds:
        (made.source / _EDITED).write_text("# stashed\n")
        made.git(*identity, "stash", "--quiet", folder=made.source)
    if "branch" in kinds:
        made.git("branch", "mine", folder=made.source)
    if "edited" in kinds:
        path = made.source / _EDITED
        path.write_text(path.read_text() + "# mine, not committed\n")
        made.edits.append(_EDITED)
    if "staged" in kinds:
        path = made.source / "api" / "app.py"
        path.write_text(path.read_text() + "# mine, staged\n")
        made.git("add", "api/app.py", folder=made.source)
        made.edits.append("api/app.py")
    if "new" in kinds:
        (made.source / "api" / "mine.py").write_text("MINE = 1\n")
        made.edits.append("api/mine.py")
    if "ignored" in kinds:
        (made.source / "api" / ".env").write_text("MINE=1\n")
        made.edits.append("api/.env")
    if "locked" in kinds:
        (made.source / ".git" / "index.lock").write_bytes(b"somebody else's")


_BREAKS: Mapping[str, tuple[str, str]] = {
    "yaml": ("difykit.yaml", "version: 1\nupstream: {"),
    "overlay": ("overlays/ours/overlay.yaml", "version: 1\ndescription: ours\nunknown: 1\n"),
    "series": ("patches/series", "0009-gone.patch\n"),
    "patch": ("patches/0001-empty.patch", "nothing\n"),
    "lock": ("difykit.lock", "version: 1\n"),
    "state": (".difykit/source.json", "{"),
}


def _break(made: RandomWorkspace) -> None:
    if made.dice.random() < 0.6:
        return
    kind = made.dice.choice(sorted(_BREAKS))
    path, text = _BREAKS[kind]
    if (made.root / path).parent.is_dir():
        (made.root / path).write_text(text)
        made.notes.append(f"broken {kind}")
    if kind == "state" and made.dice.random() < 0.5:
        shutil.rmtree(made.root / ".difykit" / "upstream.git", ignore_errors=True)
        made.notes.append("no store")
