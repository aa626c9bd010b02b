"""Workspaces made in the test, and what their sync left."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from difykit.core.progress import Silent
from difykit.source.sync import sync
from difykit.workspace.state import Source
from difykit.workspace.workspace import Workspace
from tests.support.repos import Upstream
from tests.support.trees import Content, write_tree


class RecordingProgress(Silent):
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        self.said.append(("step", text))
        yield

    def ok(self, text: str) -> None:
        self.said.append(("ok", text))

    def skip(self, text: str) -> None:
        self.said.append(("skip", text))

    def warn(self, text: str) -> None:
        self.said.append(("warn", text))

    def texts(self, word: str) -> list[str]:
        """What was told with this word."""
        return [text for each, text in self.said if each == word]


class WorkspaceFixture:
    """A workspace in a folder, pinned to a test's upstream."""

    def __init__(self, root: Path, upstream: Upstream | str, *, ref: str = "1.0.0") -> None:
        self.root = root
        self.url = upstream if isinstance(upstream, str) else upstream.url
        self.ref = ref
        self.overlays: tuple[str, ...] = ()
        self.write({})

    @property
    def source(self) -> Path:
        return self.root / ".difykit" / "source"

    def write(self, tree: Mapping[str, Content]) -> None:
        """Write files of the workspace, `difykit.yaml` anew among them."""
        names = ", ".join(self.overlays)
        settings = f"version: 1\nupstream: {{url: {self.url!r}, ref: {self.ref!r}}}\noverlays: [{names}]\n"
        write_tree(self.root, {"difykit.yaml": settings, **tree})

    def overlay(self, name: str, tree: Mapping[str, Content] | None = None, manifest: str = "") -> None:
        """Write an overlay with these files in its `tree/`, and enable it."""
        if name not in self.overlays:
            self.overlays = (*self.overlays, name)
        text = manifest if manifest.startswith("version:") else f"version: 1\ndescription: {name}\n{manifest}"
        files = {f"overlays/{name}/tree/{path}": content for path, content in (tree or {}).items()}
        self.write({f"overlays/{name}/overlay.yaml": text, **files})

    def patch(self, name: str, text: str) -> None:
        """Write a patch, as the last of the series."""
        series = self.root / "patches" / "series"
        before = series.read_text() if series.exists() else ""
        self.write({f"patches/{name}": text, "patches/series": f"{before}{name}\n"})

    def pin(self, ref: str) -> None:
        """Move the pin."""
        self.ref = ref
        self.write({})

    def sync(self, progress: RecordingProgress | None = None, *, locked: bool = False, discard: bool = False) -> Source:
        """Sync, in process."""
        return sync(Workspace.open(self.root), progress or RecordingProgress(), keep_lock=locked, discard=discard)

    def git(self, *args: str) -> str:
        """Run git in the work tree, as its developer would."""
        env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
        who = {f"GIT_{role}_{part}": "me" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
        argv: Sequence[str] = ["git", *args]
        done = subprocess.run(argv, cwd=self.source, env=env | who, capture_output=True, text=True, check=True)
        return done.stdout.rstrip("\n")


def patch_text(path: str, old: Sequence[str], new: Sequence[str], *, message: str = "", head: str = "") -> str:
    """A `git format-patch` file that turns the whole of `path` from `old` into `new`."""
    mail = head or "From: Ann <ann@example.org>\nDate: Mon, 1 Jan 2024 10:00:00 +0100\nSubject: [PATCH] change it\n"
    hunk = [f" {line}" for line in old if line in new]
    same = len(hunk)
    assert list(old[:same]) == list(new[:same]), "only the last lines may differ"
    hunk += [f"-{line}" for line in old[same:]] + [f"+{line}" for line in new[same:]]
    diff = f"diff --git a/{path} b/{path}\n--- a/{path}\n+++ b/{path}\n@@ -1,{len(old)} +1,{len(new)} @@\n"
    return f"{mail}\n{message}\n---\n{diff}" + "\n".join(hunk) + "\n"


APP_PATCH = patch_text(
    "api/app.py",
    ["print('one')", "print('two')", "print('three')"],
    ["print('one')", "print('two')", "print('drei')"],
    message="Why: to see it\n",
)
