"""The user's own repository around a workspace: read, and given commits, without its hooks and without its work tree.

Its settings, filters and identity are the user's; only what must not run by itself is off: hooks, signing, prompts.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files, process
from difykit.core.errors import CommandFailed, DifyKitError
from difykit.git import refs
from difykit.git.command import user_env
from difykit.git.facts import is_tracked, not_ignored
from difykit.git.locks import Locks
from difykit.git.store import Blob, GitEntry

_OFF = ("-c", f"core.hooksPath={os.devnull}", "-c", "gc.auto=0", "-c", "maintenance.auto=false")
_WHY = "difykit upgrade"
_NOBODY = "difykit <difykit@localhost>"
_IDENTITY = re.compile(r"(GIT_(AUTHOR|COMMITTER)_(NAME|EMAIL|DATE)|EMAIL)")
_BUSY = {
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
}


@dataclass(frozen=True)
class Head:
    """What is checked out: a branch by its full name ("" where HEAD is detached), and its commit."""

    branch: str
    commit: str


class Home:
    """The repository that `folder` is committed in; paths are relative to `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._prefix = self._ask("rev-parse", "--show-prefix").removesuffix("\n")
        # Several workspaces may be in one repository; this one's holds its own lock.
        owner = hashlib.sha256(os.fsencode(self._prefix)).hexdigest()[:12]
        self._locks = Locks(folder, self.git_path, owner=owner)
        self._paths: dict[str, Path] = {}

    @classmethod
    def around(cls, folder: Path, file: str) -> Home | None:
        """The repository in which `file` of `folder` is tracked; None where there is none."""
        return cls(folder) if process.is_installed("git") and is_tracked(folder, file) else None

    def busy(self) -> str:
        """What is half done in the repository, such as "a merge"; "" when nothing is."""
        operations = [words for name, words in _BUSY.items() if Path(self.git_path(name)).exists()]
        return operations[0] if operations else ""

    def git_path(self, name: str) -> Path:
        """Where git keeps `name` for this work tree."""
        if name not in self._paths:
            path = self.folder / self._ask("rev-parse", "--git-path", name).removesuffix("\n")
            self._paths[name] = path.parent.resolve() / path.name
        return self._paths[name]

    def identity(self) -> str:
        """Who the user is for a commit. Raises DifyKitError when git does not know."""
        completed = self._run("var", "GIT_COMMITTER_IDENT", check=False)
        if completed.code:
            raise DifyKitError(
                f"git does not know who you are, and the upgrade ends in commits of yours in {self.folder}",
                hint='git config user.name "Your Name"; git config user.email you@example.org',
            )
        return completed.text.strip()

    def head(self) -> Head:
        """What is checked out. Raises CommandFailed in a repository without a commit."""
        branch = self._run("symbolic-ref", "--quiet", "HEAD", check=False).text.strip()
        return Head(branch, self._ask("rev-parse", "--verify", "HEAD^{commit}").strip())

    def uncommitted(self, paths: Sequence[str]) -> list[str]:
        """Which files at or below these paths are not as HEAD has them; ignored ones are not asked for."""
        words = ["status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--"]
        raw = self._run(*words, *(f":(literal){path}" for path in paths)).stdout
        records = [record for record in raw.decode("utf-8", "surrogateescape").split("\0") if record]
        return [record[3:].removeprefix(self._prefix) for record in records]

    def free_branch(self, name: str) -> str:
        """A branch that does not exist yet: `name`, or else with a number behind it."""
        if self.resolve("refs/heads/" + name.split("/", 1)[0]):  # git cannot hold both `a` and `a/b`
            name = name.replace("/", "-")
        names = [name, *(f"{name}-{number}" for number in range(2, 1000))]
        return next(name for name in names if not self.resolve(f"refs/heads/{name}"))

    def resolve(self, ref: str) -> str:
        """The commit behind a ref; "" where there is none."""
        return self._run("rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}", check=False).text.strip()

    def commit(
        self, parent: str, changes: Mapping[str, Blob | None], message: str, index: Path
    ) -> tuple[str, dict[str, GitEntry | None]]:
        """Commit `changes` on `parent` with `index` as a private index; its id, and the entries it has for them."""
        entries = {path: self._entry(path, blob) for path, blob in changes.items()}
        private = {"GIT_INDEX_FILE": str(index)}
        index.unlink(missing_ok=True)
        self._run("read-tree", parent, env=private)
        self._set_entries(entries, private)
        tree = self._run("write-tree", env=private).text.strip()
        commit_id = self._run("commit-tree", tree, "-p", parent, "-F", "-", stdin=message.encode()).text.strip()
        index.unlink(missing_ok=True)
        return commit_id, entries

    def _entry(self, path: str, blob: Blob | None) -> GitEntry | None:
        if blob is None:
            return None
        # A file goes in as `git add` would put it in, by the filters that its path has.
        filters = ["--no-filters"] if blob[0] == "120000" else [f"--path={self._prefix}{path}"]
        oid = self._run("hash-object", "-w", "--stdin", *filters, stdin=blob[1], top=True).text.strip()
        return GitEntry(blob[0], oid)

    def entries(self, paths: Sequence[str]) -> dict[str, GitEntry | None]:
        """What the index has for these files."""
        words = ["ls-files", "--stage", "-z", "--full-name", "--"]
        raw = self._run(*words, *(f":(literal){path}" for path in paths)).stdout if paths else b""
        entries_by_path: dict[str, GitEntry | None] = dict.fromkeys(paths)
        for record in raw.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            meta, path = record.split("\t", 1)
            mode, oid, _stage = meta.split(" ")
            entries_by_path[path.removeprefix(self._prefix)] = GitEntry(mode, oid)
        return entries_by_path

    def _set_entries(self, entries: Mapping[str, GitEntry | None], env: Mapping[str, str]) -> None:
        lines = [
            f"{entry.mode if entry else '0'} {entry.oid if entry else '0' * 40}\t{self._prefix}{path}\0"
            for path, entry in sorted(entries.items())
        ]
        raw = "".join(lines).encode("utf-8", "surrogateescape")
        self._run("update-index", "-z", "--index-info", stdin=raw, env=env, top=True)

    def taken(self, paths: Sequence[str]) -> set[str]:
        """Those of the files that git takes in: they are tracked, or not ignored."""
        return set(not_ignored(self.folder, tuple(paths)) or ())

    def save_index(self, copy: Path) -> None:
        """Keep a copy of the index, byte for byte."""
        files.write(copy, files.read_bytes(self.git_path("index"), limit=files.TREE))

    def restore_index(self, copy: Path, entries: Mapping[str, GitEntry | None]) -> None:
        """Put the copy back; where other files came into the index since, only give `entries` back to it.

        For who is `alone`.
        """
        current_index = self._index_without(list(entries))
        saved_index = self._index_without(list(entries), env={"GIT_INDEX_FILE": str(copy)})
        if current_index == saved_index:
            self._replace_index(copy)
        else:
            self.move_index(entries, copy.with_suffix(".new"))

    def move_index(self, entries: Mapping[str, GitEntry | None], scratch: Path) -> None:
        """Let the index have these entries, whole or not at all: in a copy at `scratch`, which takes its place.

        A git that is killed in the copy leaves no lock on the user's index. For who is `alone`.
        """
        scratch.with_name(f"{scratch.name}.lock").unlink(missing_ok=True)
        self.save_index(scratch)
        private = {"GIT_INDEX_FILE": str(scratch)}
        self._set_entries(entries, private)
        self._run("update-index", "-q", "--refresh", env=private, check=False, top=True)
        self._replace_index(scratch)
        scratch.unlink()

    def _replace_index(self, copy: Path) -> None:
        index = self.git_path("index")
        files.write(index, files.read_bytes(copy, limit=files.TREE), mode=stat.S_IMODE(index.stat().st_mode))

    def _index_without(self, paths: Sequence[str], *, env: Mapping[str, str] | None = None) -> str:
        """All of the index but these files, to compare it with what it was."""
        raw = self._run("ls-files", "--stage", "-z", "--full-name", top=True, env=env).stdout.decode(
            "utf-8", "surrogateescape"
        )
        own_paths = {self._prefix + path for path in paths}
        return "\0".join(record for record in raw.split("\0") if record.partition("\t")[2] not in own_paths)

    @contextmanager
    def alone(self, branch: str) -> Iterator[None]:
        """Hold git's locks of the index, of HEAD and of the branch for the block; what a kill left of ours goes first.

        Raises DifyKitError, with nothing changed, while another git is at work here.
        """
        ref = f"refs/heads/{branch}"
        with self._locks.hold("index", *(("HEAD", ref) if refs.has_files(self.git_path) else ())):
            yield

    def set_branch(self, branch: str, commit: str) -> None:
        """Let the branch be at the commit, or be no more where that is ""; for who is `alone`."""
        ref = f"refs/heads/{branch}"
        before = self.resolve(ref)
        if not refs.has_files(self.git_path):
            if commit or before:
                self._run("update-ref", *(("-m", _WHY, ref, commit) if commit else ("-d", ref)))
        elif commit and commit != before:
            refs.set_branch(self.git_path, ref, refs.RefUpdate(before, commit, self._who(), _WHY))
        elif before and not commit:
            refs.drop_branch(self.git_path, ref)

    def switch(self, head: Head) -> None:
        """Let HEAD say this; index and files are left alone. For who is `alone`."""
        current = self.head()
        if current == head:
            return
        if refs.has_files(self.git_path):
            refs.set_head(self.git_path, head.branch, refs.RefUpdate(current.commit, head.commit, self._who(), _WHY))
        elif head.branch:
            self._run("symbolic-ref", "-m", _WHY, "HEAD", head.branch)
        else:
            self._run("update-ref", "--no-deref", "-m", _WHY, "HEAD", head.commit)

    def _who(self) -> str:
        return self._run("var", "GIT_COMMITTER_IDENT", check=False).text.strip().rsplit(" ", 2)[0] or _NOBODY

    def _ask(self, *args: str) -> str:
        return self._run(*args).stdout.decode("utf-8", "surrogateescape")

    def _run(
        self,
        *args: str,
        stdin: bytes = b"",
        check: bool = True,
        env: Mapping[str, str] | None = None,
        top: bool = False,
    ) -> process.CompletedProgram:
        # --index-info and --path mean the whole work tree's paths, wherever git runs.
        folder = self.folder.joinpath(*[".."] * self._prefix.count("/")) if top else self.folder
        who = {key: value for key, value in os.environ.items() if _IDENTITY.fullmatch(key)}
        environment = {**user_env(), "GIT_OPTIONAL_LOCKS": "0", **who, **(env or {})}
        completed = process.run(["git", *_OFF, *args], cwd=folder, env=environment, stdin=stdin, check=False)
        if check and completed.code:
            raise CommandFailed(
                ["git", *args], completed.code, (completed.stderr or completed.stdout).decode("utf-8", "replace")
            )
        return completed
