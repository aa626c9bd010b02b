"""`.difykit/source/`: the developer's work tree, moved from commit to commit without touching what stays the same."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from difykit.core import files, scratch_files
from difykit.core.errors import CommandFailed, DifyKitError, DirtyTree, in_rows
from difykit.git import assume_unchanged
from difykit.git.command import git
from difykit.git.isolated_worktree import Apart
from difykit.git.locks import Locks
from difykit.git.setup import put_back, set_up
from difykit.git.store import Store
from difykit.git.unfinished_operations import open_message, operation

BRANCH = "refs/heads/source"
BESIDE = ".git.difykit"  # where a repository is made before it is put in place
_INITIAL = f"--initial-branch={BRANCH.removeprefix('refs/heads/')}"
_SETTINGS = ("core.autocrlf", "core.safecrlf")


class WorkTree:
    """A work tree of its own repository that borrows the store's objects."""

    def __init__(self, path: Path, store: Store, *, only_look: bool = False) -> None:
        self._only_look = only_look
        self.path = path
        self.git_dir = path / ".git"
        self._store = store
        # While a move is under way it names all commits whose files may be about.
        self._moving = self.git_dir / "difykit-moving.json"
        self.locks = Locks(path, self.git_dir.joinpath)
        self._refreshed: tuple[os.stat_result, bytes] | None = None

    def head(self) -> str | None:
        """The commit that is checked out; None before the first, or when the store has lost it."""
        if not (self.git_dir / "HEAD").is_file():
            return None
        completed = git("rev-parse", "--verify", "--quiet", "HEAD^{commit}", git_dir=self.git_dir, check=False)
        return completed.text.strip() or None

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
        with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
            # A copy: a question must leave the developer's index alone, and take no lock that a kill would leave.
            copy, index = Path(folder) / "index", self.git_dir / "index"
            if index.exists():
                files.copy(index.resolve(), copy)
            before = index.stat() if index.exists() else None
            ask = partial(git, git_dir=self.git_dir, work_tree=self.path, extra={"GIT_INDEX_FILE": str(copy)})
            marks = assume_unchanged.take_off(ask, self.path)
            raw = ask(*words, may_refresh=not self._only_look).stdout
            if before and not marks and copy.stat().st_mtime_ns != before.st_mtime_ns:
                self._refreshed = before, files.read_bytes(copy, limit=files.TREE)
        return [record for record in raw.decode("utf-8", "surrogateescape").split("\0") if record]

    def keep_refreshed(self) -> None:
        """Note in the index which files a question has found unchanged; not while another git is at work here.

        Git reads a file of the second in which its index was written again and again, until that is noted.
        """
        if self._refreshed is None:
            return
        before, content = self._refreshed
        with suppress(DifyKitError), self.locks.hold("index", patience=0):
            index = self.git_dir / "index"
            now = index.stat()
            if (now.st_ino, now.st_mtime_ns, now.st_size) == (before.st_ino, before.st_mtime_ns, before.st_size):
                files.write(index, content, mode=now.st_mode & 0o777)

    def interrupted(self) -> bool:
        """Whether a move was cut off: then files of several commits may be about."""
        return self._moving.exists()

    def check_clean(self, commits: set[str]) -> None:
        """Raises DirtyTree for edits in the tree, or a commit that is none of `commits`, that moving it would lose."""
        head = self.head()
        keep = "keep what you need elsewhere, then" if self.interrupted() else "keep them: difykit finish; drop them"
        hint = f"{keep}: difykit sync --discard"
        edits = self._own_edits() if self.interrupted() else self.dirty()
        shown = in_rows(edits, 10)
        if head and head not in commits and not self.interrupted():
            edited = f"; and edits that are in no commit:{shown}" if edits else ""
            raise DirtyTree(f"{self.path} has commits of its own: {head[:12]} is not what sync made{edited}", hint=hint)
        if edits:
            raise DirtyTree(f"{self.path} holds edits that sync would lose:{shown}", hint=hint)
        if not self.interrupted():
            self.check_idle()

    def check_idle(self) -> None:
        """Raises DirtyTree while git is in the middle of something here."""
        if name := operation(self.git_dir):
            hint = f"end it: git -C {self.path} {name} --continue; or drop it: git -C {self.path} {name} --abort"
            raise DirtyTree(f"git is in the middle of a {name} in {self.path}", hint=hint)

    def move(self, commit: str, *, discard: bool = False, note: Callable[[], None] = lambda: None) -> None:
        """Check `commit` out, writing only files that differ, and `note` it; what was cut off before is finished.

        Raises DirtyTree when a file that git does not track is in the way, DifyKitError when another git is at work
        there, or there is no space; in the first two cases nothing has changed.
        """
        previous = self.head()
        if not (self.git_dir / "HEAD").is_file():
            self.ensure()
        self.recover()
        missing = self._missing_settings()
        with self.apart(*(("config",) if missing else ())) as apart, put_back(self.git_dir):
            set_up(self.git_dir, self._store.path)
            if missing:
                self._write_config(missing)
            head, unfinished = self.head(), self._moving_commits()
            if head != previous:
                raise DirtyTree(f"{self.path} was given another commit meanwhile", hint="run it again")
            new = not (self.git_dir / "index").exists() and not unfinished
            commits = [*unfinished, *([head] if head else []), commit]
            files.write(self._moving, json.dumps({"commits": list(dict.fromkeys(commits))}))
            apart.begin(head or ("" if new else commit))
            if discard or unfinished or (head is None and not new):
                self._reset(apart, commits, commit, discard=discard)
            else:
                self._check_out(apart, commit)
            apart.publish(commit, BRANCH, head or "")
            note()
            self._moving.unlink()

    @contextmanager
    def apart(self, *refs: str) -> Iterator[Apart]:
        """Git's work on this tree for the block, in a folder of its own, under git's own locks, and `refs` of them.

        Raises DifyKitError, with nothing changed, while another git is at work here.
        """
        self._check_editor()
        with self.locks.hold("index", "HEAD", BRANCH, *refs):
            apart = Apart(self.path)
            try:
                yield apart
            finally:
                apart.remove()

    def check_alone(self) -> None:
        """Raises DifyKitError while another git is at work here; for who writes what git's locks protect anew."""
        self._check_editor()
        if self.git_dir.is_dir():
            self.locks.check("index", "HEAD", BRANCH)

    def _check_editor(self) -> None:
        if message := open_message(self.git_dir):
            raise DifyKitError(
                f"another git is at work in {self.path}: its editor has {message} open",
                hint="finish it, or close the editor; then run this again",
            )

    def recover(self) -> None:
        """Take away what a difykit that was killed left in git's folder: its own locks, and its own copies."""
        if self.git_dir.is_dir():
            if os.path.lexists(self._moving) and not self._moving.is_file():
                scratch_files.remove(self._moving)
            self._recover_old()
            self.locks.recover("index", "HEAD", BRANCH, "config")
            Apart(self.path).remove()

    def _recover_old(self) -> None:
        """Take away what a difykit left that let git lock for it: its list of commits was written before git began."""
        note = self.git_dir / "COMMIT_EDITMSG"
        if not isinstance(self._noted(), list) or _is_newer(note, self._moving):
            return  # whoever writes a message holds the lock now
        for name in ("index", "HEAD", BRANCH):
            (self.git_dir / f"{name}.lock").unlink(missing_ok=True)

    def _reset(self, apart: Apart, commits: list[str], commit: str, *, discard: bool) -> None:
        apart.git("reset", "--quiet", "--hard", commit)
        self._remove_left_over(commits, commit)
        if discard:
            apart.git("clean", "--quiet", "-d", "--force")

    def _check_out(self, apart: Apart, commit: str) -> None:
        try:
            apart.git("checkout", "--quiet", "--no-overwrite-ignore", "--detach", commit)
        except CommandFailed as error:
            if "would be overwritten" not in error.output:
                raise
            self._moving.unlink(missing_ok=True)  # git looks first: nothing was moved
            shown = "".join(f"\n  {line.strip()}" for line in error.output.splitlines() if line.startswith("\t"))
            hint = "move them away, then: difykit sync"
            raise DirtyTree(f"files of yours in {self.path} are in the way:{shown}", hint=hint) from error

    def _remove_left_over(self, commits: list[str], target: str) -> None:
        """Take away what a move that was cut off had written, and the target does not have."""
        contents = self._known_contents(commits)
        for path in contents.keys() - self._store.tree(target).entries.keys():
            if os.path.lexists(self.path / path) and self._is_known(path, contents):
                (self.path / path).unlink()
                files.prune_empty(self.path / path, self.path)

    def _own_edits(self) -> list[str]:
        """After a cut-off move: the paths that hold what none of the commits under way has there."""
        contents = self._known_contents(self._moving_commits())
        return [path for path in self.dirty() if not self._is_known(path, contents)]

    def _moving_commits(self) -> list[str]:
        noted = self._noted()
        commits = noted.get("commits", []) if isinstance(noted, dict) else noted
        return [commit for commit in commits if self._store.resolve(commit)]

    def _noted(self) -> dict[str, list[str]] | list[str]:
        """What a move under way has written down; a list, where it was an older difykit's."""
        try:
            noted = files.read_json(self._moving)
        except (OSError, ValueError):
            return {}
        return noted if isinstance(noted, dict | list) else {}

    def _known_contents(self, commits: list[str]) -> dict[str, set[str]]:
        contents: dict[str, set[str]] = {}
        for commit in filter(self._store.resolve, commits):
            for path, entry in self._store.tree(commit).entries.items():
                contents.setdefault(path, set()).add(entry.oid)
        return contents

    def _is_known(self, path: str, contents: dict[str, set[str]]) -> bool:
        """Whether a file is one of git's own: whole, or cut off while it was written."""
        file = self.path / path
        if not os.path.lexists(file):
            return True
        content = os.fsencode(file.readlink()) if file.is_symlink() else files.read_bytes(file, limit=files.TREE)
        return any(self._store.blob(oid).startswith(content) for oid in contents.get(path, ()))

    def check_place(self) -> None:
        """Raises DifyKitError when something of the user's stands where the work tree belongs."""
        foreign = self.path.is_symlink() or (self.path.exists() and not self.path.is_dir())
        empty = not foreign and all(path.name == BESIDE for path in self.path.glob("*"))
        if foreign or not (empty or self.git_dir.exists()):
            hint = f"move {self.path} away, then sync again"
            raise DifyKitError(f"{self.path} exists and is not difykit's work tree", hint=hint)

    def ensure(self) -> None:
        """Make the repository where it is missing. The path to the store is relative, so a workspace can be moved.

        Raises DifyKitError when something of the user's stands there.
        """
        self.check_place()
        if not (self.git_dir / "HEAD").is_file():
            self._init()
        self.recover()
        set_up(self.git_dir, self._store.path)
        if missing := self._missing_settings():
            with self.locks.hold("config"):
                self._write_config(missing)

    def _init(self) -> None:
        """A repository that appears whole: git is killed beside it."""
        if self.git_dir.exists():
            git("init", "--quiet", "--template=", _INITIAL, str(self.path))
            return
        new_folder = self.path / BESIDE
        shutil.rmtree(new_folder, ignore_errors=True)
        git("init", "--quiet", "--template=", _INITIAL, str(new_folder))
        for name in _SETTINGS:
            git("config", name, "false", git_dir=new_folder / ".git")
        (new_folder / ".git").rename(self.git_dir)
        new_folder.rmdir()

    def _missing_settings(self) -> dict[str, str]:
        config = git("config", "--list", "--local", git_dir=self.git_dir, check=False).text
        return {name: "false" for name in _SETTINGS if f"{name}=false" not in config}

    def set_config(self, settings: Mapping[str, str]) -> None:
        """Put these into the repository's own settings. Raises DifyKitError while another git writes them."""
        with self.locks.hold("config"):
            self._write_config(settings)

    def _write_config(self, settings: Mapping[str, str]) -> None:
        """For who holds the lock."""
        copy = self.git_dir / "difykit-config"
        files.copy(self.git_dir / "config", copy)
        for name, value in settings.items():
            git("config", "--file", str(copy), name, value)
        copy.replace(self.git_dir / "config")


def _is_newer(path: Path, reference: Path) -> bool:
    return path.exists() and path.stat().st_mtime > reference.stat().st_mtime
