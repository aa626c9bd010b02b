"""`.difykit/source/`: the developer's work tree, moved from commit to commit without touching what stays the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

from difykit import files
from difykit.errors import CommandFailed, DifyKitError, DirtyTree
from difykit.git.call import git
from difykit.git.store import Store

_BRANCH = "source"


class WorkTree:
    """A work tree of its own repository that borrows the store's objects."""

    def __init__(self, path: Path, store: Store) -> None:
        self.path = path
        self.git_dir = path / ".git"
        self._store = store
        self._moving = self.git_dir / "difykit-moving.json"

    def head(self) -> str | None:
        """The commit that is checked out, or None before the first."""
        if not self.git_dir.is_dir():
            return None
        done = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", git_dir=self.git_dir, check=False)
        return done.text.strip() or None

    def dirty(self) -> list[str]:
        """The paths with uncommitted edits, new files included, ignored ones not."""
        if self.head() is None:
            return []
        raw = git(
            "status",
            "--porcelain=v1",
            "-z",
            "--no-renames",
            "--untracked-files=all",
            git_dir=self.git_dir,
            work_tree=self.path,
        )
        return [record[3:] for record in raw.stdout.decode("utf-8", "surrogateescape").split("\0") if record]

    def interrupted(self) -> bool:
        """Whether a move was cut off: then the tree is partly at one commit and partly at another."""
        return self._moving.exists()

    def check_clean(self, known: set[str]) -> None:
        """Raises DirtyTree when the tree holds edits, or a commit that is not `known`, that moving it would lose."""
        head = self.head()
        hint = "keep what you need elsewhere, then: difykit sync --discard"
        if head and head not in known and not self.interrupted():
            raise DirtyTree(f"{self.path} has commits of its own: {head[:12]} is not what sync made", hint=hint)
        edits = self._own_edits() if self.interrupted() else self.dirty()
        if edits:
            shown = "".join(f"\n  {path}" for path in edits[:10]) + (
                f"\n  and {len(edits) - 10} more" if len(edits) > 10 else ""
            )
            raise DirtyTree(f"{self.path} holds edits that sync would lose:{shown}", hint=hint)

    def move(self, commit: str, *, discard: bool = False) -> None:
        """Check `commit` out, writing only files that differ.

        Raises DirtyTree when a file that git does not track is in the way.
        """
        self._ensure()
        head = self.head()
        files.write(self._moving, json.dumps({"from": head, "to": commit}))
        for lock in self.git_dir.glob("*.lock"):
            lock.unlink()  # left by a killed git: the caller holds the workspace's lock
        try:
            if discard or self.interrupted_before(head, commit):
                git("reset", "--quiet", "--hard", git_dir=self.git_dir, work_tree=self.path, check=head is not None)
                git("clean", "--quiet", "-d", "--force", git_dir=self.git_dir, work_tree=self.path)
            git(
                "checkout",
                "--quiet",
                "--no-overwrite-ignore",
                "-B",
                _BRANCH,
                commit,
                git_dir=self.git_dir,
                work_tree=self.path,
            )
        except CommandFailed as error:
            if "would be overwritten" in error.output:
                self._moving.unlink(missing_ok=True)
                raise DirtyTree(
                    f"files in {self.path} are in the way:\n{error.output.strip()}",
                    hint="move them away, then sync again",
                ) from error
            raise
        self._moving.unlink()

    def interrupted_before(self, head: str | None, commit: str) -> bool:
        """Whether files of an unfinished move are still about: a dirty tree although nobody edited it."""
        return head is not None and head != commit and bool(self.dirty())

    def _own_edits(self) -> list[str]:
        """After a cut-off move: the paths that hold neither the old nor the new commit's content."""
        moving = json.loads(self._moving.read_bytes())
        known: dict[str, set[str]] = {}
        for commit in (moving["from"], moving["to"]):
            for path, entry in (self._store.tree(commit).entries if commit else {}).items():
                known.setdefault(path, set()).add(entry.oid)
        edits: list[str] = []
        for path in self.dirty():
            place = self.path / path
            if not os.path.lexists(place):
                continue
            content = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
            oid = git("hash-object", "--stdin", "--no-filters", stdin=content).text.strip()
            if oid not in known.get(path, set()):
                edits.append(path)
        return edits

    def _ensure(self) -> None:
        """Make the repository where it is missing. The path to the store is relative, so a workspace can be moved."""
        info = self.git_dir / "objects" / "info"
        if not (self.git_dir / "HEAD").is_file():
            if self.path.exists() and any(self.path.iterdir()) and not self.git_dir.exists():
                raise DifyKitError(
                    f"{self.path} exists and is not difykit's work tree", hint=f"move {self.path} away, then sync again"
                )
            git("init", "--quiet", "--template=", f"--initial-branch={_BRANCH}", str(self.path))
        borrowed = os.path.relpath(self._store.path / "objects", self.git_dir / "objects")
        files.write(info / "alternates", borrowed + "\n")
        # Upstream's own attributes must not turn bytes into others on the way out.
        files.write(self.git_dir / "info" / "attributes", "* -text -eol -filter -ident -working-tree-encoding\n")
        shallow = self._store.path / "shallow"
        if shallow.exists():
            files.write(self.git_dir / "shallow", shallow.read_bytes())
        for name in ("autocrlf", "safecrlf"):
            git("config", f"core.{name}", "false", git_dir=self.git_dir)
