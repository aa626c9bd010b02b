"""Git at work on a work tree in a folder of its own: what it locks there is nobody else's, and goes with the folder.

The folder is what git itself has for a second work tree of a repository: an index, HEAD and what is half done are its
own, objects and settings are the repository's.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from difykit.core import files
from difykit.core.process import CompletedProgram
from difykit.git import assume_unchanged, refs
from difykit.git.command import git

_FOLDER = "difykit-move"
_UNBORN = "ref: refs/heads/difykit-unborn"
_STATE = ("MERGE_HEAD", "MERGE_MODE", "MERGE_MSG", "CHERRY_PICK_HEAD", "REVERT_HEAD", "SQUASH_MSG", "AUTO_MERGE")
_OWN = ("MERGE_RR",)
_WHO = "difykit <difykit@localhost>"


class Apart:
    """For who holds git's locks of the work tree at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._git_dir = path / ".git"
        self._folder = self._git_dir / _FOLDER
        self._marks: assume_unchanged.Marks = {}

    def begin(self, head: str) -> None:
        """Take the index over, with the commit `head` checked out, or "" for none yet."""
        self.remove()
        self._folder.mkdir()
        files.write(self._folder / "commondir", "..\n")
        files.write(self._folder / "HEAD", f"{head or _UNBORN}\n")
        for source in (*self._git_dir.glob("sharedindex.*"), *(self._git_dir / name for name in ("index", *_OWN))):
            if source.is_file():
                files.copy(source.resolve(), self._folder / source.name)
        self._marks = assume_unchanged.take_off(self.git, self._path)

    def git(self, *words: str, stdin: bytes = b"") -> CompletedProgram:
        """Run git here. Raises CommandFailed."""
        settings = ("-c", "core.splitIndex=false")
        return git(*settings, *words, git_dir=self._folder, work_tree=self._path, stdin=stdin)

    def publish(self, commit: str = "", branch: str = "", old: str = "") -> None:
        """Put the index in place, and where a commit is named, let the branch and HEAD be at it; nothing is half done.

        `old` is the commit that was checked out before.
        """
        index = self._folder / "index"
        assume_unchanged.put_on(self.git, self._marks)
        if index.exists():
            index.replace(self._git_dir / "index")
        if commit:
            self._point(commit, branch, old)
            for name in (*_STATE, *_OWN):
                (self._git_dir / name).unlink(missing_ok=True)
        for name in _OWN:
            if (self._folder / name).exists():
                (self._folder / name).replace(self._git_dir / name)

    def _point(self, commit: str, branch: str, old: str) -> None:
        path_of, why = self._git_dir.joinpath, "difykit: moving to " + commit[:12]
        if not refs.has_files(path_of):
            git("update-ref", "-m", why, branch, commit, git_dir=self._git_dir)
            git("symbolic-ref", "-m", why, "HEAD", branch, git_dir=self._git_dir)
            return
        before = git("rev-parse", "--verify", "--quiet", branch, git_dir=self._git_dir, check=False).text.strip()
        refs.set_branch(path_of, branch, refs.RefUpdate(before, commit, _WHO, why))
        refs.set_head(path_of, branch, refs.RefUpdate(old, commit, _WHO, why))

    def remove(self) -> None:
        """Take the folder away, and what else has its name."""
        if self._folder.is_file():
            self._folder.unlink()
        shutil.rmtree(self._folder, ignore_errors=True)
