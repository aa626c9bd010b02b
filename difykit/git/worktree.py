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

    def __init__(self, path: Path, store: Store, *, only_look: bool = False) -> None:
        self._only_look = only_look
        self.path = path
        self.git_dir = path / ".git"
        self._store = store
        # While a move is under way it names all commits whose files may be about.
        self._moving = self.git_dir / "difykit-moving.json"

    def head(self) -> str | None:
        """The commit that is checked out; None before the first, or when the store has lost it."""
        if not (self.git_dir / "HEAD").is_file():
            return None
        done = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", git_dir=self.git_dir, check=False)
        return done.text.strip() or None

    def dirty(self) -> list[str]:
        """The paths with uncommitted edits, new files included, ignored ones not."""
        if not (self.git_dir / "HEAD").is_file():
            return []
        if self.head() or not (self.git_dir / "index").exists():
            words = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"]
            return [record[3:] for record in self._records(*words)]
        # Without the commit there is still the index to compare with.
        return sorted(set(self._records("ls-files", "-z", "--modified", "--others", "--exclude-standard")))

    def _records(self, *words: str) -> list[str]:
        # Git reads a file of the second in which its index was written again and again, until it may note the outcome.
        raw = git(*words, git_dir=self.git_dir, work_tree=self.path, may_refresh=not self._only_look).stdout
        return [record for record in raw.decode("utf-8", "surrogateescape").split("\0") if record]

    def interrupted(self) -> bool:
        """Whether a move was cut off: then files of several commits may be about."""
        return self._moving.exists()

    def check_clean(self, known: set[str]) -> None:
        """Raises DirtyTree when the tree holds edits, or a commit that is not `known`, that moving it would lose."""
        head = self.head()
        keep = "keep what you need elsewhere, then" if self.interrupted() else "keep them: difykit finish; drop them"
        hint = f"{keep}: difykit sync --discard"
        edits = self._own_edits() if self.interrupted() else self.dirty()
        shown = "".join(f"\n  {path}" for path in edits[:10]) + (
            f"\n  and {len(edits) - 10} more" if len(edits) > 10 else ""
        )
        if head and head not in known and not self.interrupted():
            also = f"; and edits that are in no commit:{shown}" if edits else ""
            raise DirtyTree(f"{self.path} has commits of its own: {head[:12]} is not what sync made{also}", hint=hint)
        if edits:
            raise DirtyTree(f"{self.path} holds edits that sync would lose:{shown}", hint=hint)

    def move(self, commit: str, *, discard: bool = False) -> None:
        """Check `commit` out, writing only files that differ. A move that was cut off before is finished by this one.

        Raises DirtyTree when a file that git does not track is in the way, CommandFailed when git cannot write.
        """
        head, unfinished = self.head(), self._moving_commits()
        new = not (self.git_dir / "index").exists() and not unfinished
        self.ensure()
        commits = [*unfinished, *([head] if head else []), commit]
        files.write(self._moving, json.dumps(list(dict.fromkeys(commits))))
        if discard or unfinished or (head is None and not new):
            git("reset", "--quiet", "--hard", commit, git_dir=self.git_dir, work_tree=self.path)
            self._remove_left_over(commits, commit)
            if discard:
                git("clean", "--quiet", "-d", "--force", git_dir=self.git_dir, work_tree=self.path)
        self._check_out(commit)
        self._moving.unlink()

    def _check_out(self, commit: str) -> None:
        words = ["checkout", "--quiet", "--no-overwrite-ignore", "-B", _BRANCH, commit]
        try:
            git(*words, git_dir=self.git_dir, work_tree=self.path)
        except CommandFailed as error:
            if "would be overwritten" not in error.output:
                raise
            self._moving.unlink(missing_ok=True)  # git looks first: nothing was moved
            shown = "".join(f"\n  {line.strip()}" for line in error.output.splitlines() if line.startswith("\t"))
            hint = "move them away, then: difykit sync"
            raise DirtyTree(f"files of yours in {self.path} are in the way:{shown}", hint=hint) from error

    def _remove_left_over(self, commits: list[str], target: str) -> None:
        """Take away what a move that was cut off had written, and the target does not have."""
        keep = self._store.tree(target).entries
        known = self._known(commits)
        for path in known.keys() - keep.keys():
            if os.path.lexists(self.path / path) and self._is_known(path, known):
                (self.path / path).unlink()
                files.prune_empty(self.path / path, self.path)

    def _own_edits(self) -> list[str]:
        """After a cut-off move: the paths that hold what none of the commits under way has there."""
        known = self._known(self._moving_commits())
        return [path for path in self.dirty() if not self._is_known(path, known)]

    def _moving_commits(self) -> list[str]:
        try:
            commits = json.loads(self._moving.read_bytes())
        except (OSError, ValueError):
            return []
        return [commit for commit in commits if self._store.resolve(commit)]

    def _known(self, commits: list[str]) -> dict[str, set[str]]:
        known: dict[str, set[str]] = {}
        for commit in filter(self._store.resolve, commits):
            for path, entry in self._store.tree(commit).entries.items():
                known.setdefault(path, set()).add(entry.oid)
        return known

    def _is_known(self, path: str, known: dict[str, set[str]]) -> bool:
        """Whether a file is one of git's own: whole, or cut off while it was written."""
        place = self.path / path
        if not os.path.lexists(place):
            return True
        content = os.fsencode(place.readlink()) if place.is_symlink() else place.read_bytes()
        return any(self._store.blob(oid).startswith(content) for oid in known.get(path, ()))

    def check_place(self) -> None:
        """Raises DifyKitError when something of the user's stands where the work tree belongs."""
        foreign = self.path.is_symlink() or (self.path.exists() and not self.path.is_dir())
        if foreign or (self.path.is_dir() and any(self.path.iterdir()) and not self.git_dir.exists()):
            hint = f"move {self.path} away, then sync again"
            raise DifyKitError(f"{self.path} exists and is not difykit's work tree", hint=hint)

    def ensure(self) -> None:
        """Make the repository where it is missing. The path to the store is relative, so a workspace can be moved.

        Raises DifyKitError when something of the user's stands there.
        """
        self.check_place()
        if not (self.git_dir / "HEAD").is_file():
            git("init", "--quiet", "--template=", f"--initial-branch={_BRANCH}", str(self.path))
        for lock in (*self.git_dir.glob("*.lock"), *self.git_dir.glob("refs/**/*.lock")):
            lock.unlink()  # left by a killed git: the caller holds the workspace's lock
        borrowed = os.path.relpath(self._store.path / "objects", self.git_dir / "objects")
        files.write(self.git_dir / "objects" / "info" / "alternates", borrowed + "\n")
        # Upstream's own attributes must not turn bytes into others on the way out.
        files.write(self.git_dir / "info" / "attributes", "* -text -eol -filter -ident -working-tree-encoding\n")
        # What `middleware.dev` writes; Dify's own .gitignore has it, too.
        files.write(self.git_dir / "info" / "exclude", "/api/.env\n")
        shallow = self._store.path / "shallow"
        if shallow.exists():
            files.write(self.git_dir / "shallow", shallow.read_bytes())
        config = git("config", "--list", "--local", git_dir=self.git_dir, check=False).text
        for name in ("core.autocrlf", "core.safecrlf"):
            if f"{name}=false" not in config:
                git("config", name, "false", git_dir=self.git_dir)
