"""`.difykit/upstream.git`: a bare repository of the pinned releases, one commit deep, and the commits made on them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Self

from difykit.core import files, process
from difykit.core.errors import Damaged, DifyKitError, NoRelease
from difykit.git.command import argv, check_answers, git, isolated_env
from difykit.git.disk import disk_fault, partial_clone_fault
from difykit.git.quarantine import fetch_apart, forget_cut_off

Blob = tuple[str, bytes]
"""A file: its git mode ('100644', '100755', '120000') and its content."""

Changes = dict[str, Blob | None]
"""What a layer does to a tree: the new file at each path, None where it goes."""

_COMMIT_ID = re.compile(r"[0-9a-f]{40}")
_TREES = 4  # of 10,000 files each


def release_ref(ref: str) -> str:
    """Where a release is kept. Git cannot hold both `a` and `a/b`, so a slash is written otherwise."""
    return f"refs/difykit/releases/{ref.replace('/', '%2F')}"


class GitEntry(NamedTuple):
    """A file of a commit's tree."""

    mode: str
    oid: str


class Store:
    """The bare repository that holds releases and sources."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._reader: process.Dialogue | None = None
        self._read: dict[str, bytes] = {}
        self._entries: dict[str, dict[str, GitEntry]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the reading process, if one runs."""
        if self._reader:
            reader, self._reader = self._reader, None
            reader.close()

    def ensure(self) -> None:
        """Make the repository where it is missing, and take away what a killed git left locked."""
        check_answers(self.path)
        if not (self.path / "HEAD").is_file():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            git("init", "--quiet", "--bare", "--template=", "--initial-branch=main", str(self.path))
        # The caller holds the workspace's lock, so a lock file here belongs to nobody alive.
        for stale in (*self.path.glob("*.lock"), *self.path.glob("refs/**/*.lock")):
            stale.unlink(missing_ok=True)
        if files.held_locks():
            forget_cut_off(self.path)

    def fetch(self, url: str, ref: str, on_line: Callable[[str], None]) -> str:
        """Fetch the release `ref`, one commit deep, and return its commit id.

        A tag is looked for first, then a branch; a full commit id is fetched as it is.
        Raises DifyKitError when the upstream has no such ref or cannot be reached.
        """
        target = release_ref(ref)
        names = [ref] if _COMMIT_ID.fullmatch(ref) else [f"refs/tags/{ref}", f"refs/heads/{ref}"]
        for name in names:
            spec = f"+{name}:{target}"
            code, output = fetch_apart(
                self.path,
                "--depth=1",
                "--no-tags",
                "--progress",
                "--no-write-fetch-head",
                "--",
                url,
                spec,
                on_line=on_line,
            )
            if code == 0:
                if commit := self.resolve(target):
                    return commit
                raise DifyKitError(
                    f"{ref} of {url} is not a commit", hint="set upstream.ref in difykit.yaml to a release"
                )
            if "couldn't find remote ref" not in output and "not our ref" not in output:
                if fault := disk_fault(output, self.path, f"fetch Dify {ref}") or partial_clone_fault(url, output):
                    raise fault
                why = next(
                    (line for line in output.splitlines() if line.startswith(("fatal:", "error:", "ssh:"))), output
                )
                raise DifyKitError(
                    f"cannot fetch {ref} from {url}: {why}",
                    hint="check the network and upstream.url in difykit.yaml, then run it again",
                )
        raise NoRelease(f"{url} has no release {ref}", hint="set upstream.ref in difykit.yaml to an existing tag")

    def resolve(self, rev: str) -> str | None:
        """The commit id that `rev` names here, or None."""
        completed = git(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}", git_dir=self.path, check=False
        )
        return completed.text.strip() if completed.code == 0 else None

    def release(self, ref: str) -> str | None:
        """The commit of a release that was fetched before, or None. Raises Damaged for a store that holds a FIFO."""
        check_answers(self.path)
        return self.resolve(release_ref(ref)) if (self.path / "HEAD").is_file() else None

    def tree_id(self, commit: str) -> str:
        """The id of a commit's tree."""
        return git("rev-parse", f"{commit}^{{tree}}", git_dir=self.path).text.strip()

    def date(self, commit: str) -> int:
        """A commit's date in seconds since 1970."""
        return int(git("show", "-s", "--format=%ct", commit, git_dir=self.path).text)

    def keep(self, name: str, commit: str) -> None:
        """Hold a commit by a ref, so that no garbage collection can take it."""
        git("update-ref", f"refs/difykit/{name}", commit, git_dir=self.path)

    def let_go(self, name: str) -> None:
        """Hold a commit by this ref no longer; nothing where there is no such ref."""
        git("update-ref", "-d", f"refs/difykit/{name}", git_dir=self.path)

    def changed(self, base: str, tip: str) -> list[tuple[str, str]]:
        """The paths that differ between two commits as (A, M, D or T; path)."""
        raw = git("diff-tree", "-r", "-z", "--no-renames", "--name-status", base, tip, git_dir=self.path).stdout
        words = raw.decode("utf-8", "surrogateescape").split("\0")[:-1]
        return list(zip(words[::2], words[1::2], strict=True))

    def tree(self, commit: str) -> Tree:
        """All files of a commit; the last few are remembered by its id."""
        if commit in self._entries:
            return Tree(self, self._entries[commit])
        raw = git("ls-tree", "-r", "-z", "--full-tree", commit, git_dir=self.path).stdout
        entries: dict[str, GitEntry] = {}
        for record in raw.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            meta, path = record.split("\t", 1)
            mode, _kind, oid = meta.split(" ")
            entries[path] = GitEntry(mode, oid)
        if _COMMIT_ID.fullmatch(commit):
            while len(self._entries) >= _TREES:
                self._entries.pop(next(iter(self._entries)))
            self._entries[commit] = entries
        return Tree(self, entries)

    def prefetch(self, oids: Iterable[str]) -> None:
        """Read many blobs at once, for `blob` to return."""
        missing = sorted(set(oids) - self._read.keys())
        if not missing:
            return
        raw = git(
            "cat-file", "--batch", git_dir=self.path, stdin="".join(f"{oid}\n" for oid in missing).encode()
        ).stdout
        position = 0
        while position < len(raw):
            end = raw.index(b"\n", position)
            oid, _, size = raw[position:end].decode().partition(" blob ")
            if not size:
                break  # an object that is missing: `blob` says so
            position = end + 1 + int(size)
            content = raw[end + 1 : position]
            if blob_id(content) != oid:
                break  # broken, and git did not notice: `blob` says so
            self._read[oid] = content
            position += 1

    def blob(self, oid: str) -> bytes:
        """The content of a blob."""
        if oid in self._read:
            return self._read[oid]
        if self._reader is None:
            words = argv("cat-file", "--batch", git_dir=self.path)
            self._reader = process.Dialogue(words, env=isolated_env())
        try:
            self._reader.stdin.write(oid.encode() + b"\n")
            self._reader.stdin.flush()
        except BrokenPipeError:
            raise self._lacks(oid) from None
        head = self._reader.stdout.readline().split()
        if len(head) != 3:
            raise self._lacks(oid)
        content = self._reader.stdout.read(int(head[2]))
        self._reader.stdout.read(1)
        if blob_id(content) != oid:  # git checks the bytes of a pack, not what they unpack to
            raise self._lacks(oid)
        return content

    def _lacks(self, oid: str) -> Damaged:
        self.close()  # a reader that met a broken object has ended
        text = f"{self.path} is damaged: the object {oid} is gone or broken"
        return Damaged(text, hint="difykit sync makes it again; it keeps edits of yours")


def blob_id(content: bytes) -> str:
    """The id that git gives a file of this content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def text_of(blob: Blob | None) -> str:
    """A file as text, its lines as they end on Linux; "" for None. What is not UTF-8 survives being written again."""
    return files.as_text(blob[1]) if blob else ""


@dataclass(frozen=True)
class Tree:
    """The files of a commit, with the changes of layers that are not commits yet on top."""

    store: Store
    entries: Mapping[str, GitEntry]
    changes: Mapping[str, Blob | None] | None = None

    def read(self, path: str) -> Blob | None:
        """The file at `path`, or None."""
        if self.changes and path in self.changes:
            return self.changes[path]
        entry = self.entries.get(path)
        return (entry.mode, self.store.blob(entry.oid)) if entry else None

    def prefetch(self, paths: Iterable[str]) -> None:
        """Read many files at once, for `read` to return; those that are not here do no harm."""
        changes = self.changes or {}
        self.store.prefetch(self.entries[path].oid for path in paths if path in self.entries and path not in changes)

    def has_file(self, path: str) -> bool:
        """Whether `path` is a file here; its content is not read."""
        return self.changes[path] is not None if self.changes and path in self.changes else path in self.entries

    def text(self, path: str) -> str:
        """The file at `path` as text. Raises DifyKitError when the release has none."""
        blob = self.read(path)
        if blob is None:
            raise DifyKitError(
                f"the release has no {path}", hint="is upstream.ref in difykit.yaml a Dify release from 1.0.0 on?"
            )
        return blob[1].decode("utf-8", "surrogateescape")

    def exists(self, path: str) -> bool:
        """Whether `path` is a file or a folder here."""
        if self.changes and self.changes.get(path):
            return True
        if self.changes and path in self.changes:
            return False
        return path in self.entries or any(True for _ in self.under(path))

    def under(self, folder: str) -> list[str]:
        """The paths below a folder, sorted."""
        start = folder.rstrip("/") + "/" if folder else ""
        gone = {path for path, blob in (self.changes or {}).items() if blob is None}
        paths: Iterable[str] = (*self.entries, *(path for path, blob in (self.changes or {}).items() if blob))
        return sorted({path for path in paths if path.startswith(start) and path not in gone})

    def folders(self) -> set[str]:
        """Every folder that holds a file here."""
        changes = self.changes or {}
        paths = (
            *(path for path in self.entries if path not in changes),
            *(path for path, blob in changes.items() if blob),
        )
        return folders_of(paths)

    def with_changes(self, changes: Mapping[str, Blob | None]) -> Tree:
        """The tree with a layer on top."""
        return Tree(self.store, self.entries, {**(self.changes or {}), **changes})


def folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder that holds one of the paths."""
    folders: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in folders:
            folders.add(folder)
            folder = folder.rpartition("/")[0]
    return folders
