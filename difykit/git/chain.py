"""Commits written straight into the object database: no index, no work tree, nothing half applied."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.git.command import git
from difykit.git.store import Changes, Store


@dataclass(frozen=True)
class Person:
    """Who and when: a git identity line."""

    name: str
    email: str
    seconds: int
    zone: str = "+0000"

    def line(self) -> str:
        name = "".join(char for char in self.name if char not in "<>\n\0").strip()
        email = "".join(char for char in self.email if char not in "<>\n\0 ")
        return f"{name} <{email}> {self.seconds} {self.zone}"


@dataclass(frozen=True)
class Commit:
    """A commit to be: what it says, by whom, and what it changes in the one before."""

    message: str
    author: Person
    committer: Person
    changes: Changes


def write_chain(store: Store, base: str, commits: Sequence[Commit]) -> list[str]:
    """Put `commits` one on another on top of `base`; their ids. Raises CommandFailed when git refuses."""
    if not commits:
        return []
    parts = [b"feature done\n"]
    for number, commit in enumerate(commits, 1):
        parts += _commit(number, commit, base if number == 1 else f":{number - 1}")
    parts.append(b"done\n")
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        marks = Path(folder) / "marks"
        options = ["--quiet", "--force", "--done", "--date-format=raw-permissive", f"--export-marks={marks}"]
        git("fast-import", *options, git_dir=store.path, stdin=b"".join(parts))
        ids = dict(line.split(" ") for line in files.read_text(marks, limit=files.STATE).splitlines())
    return [ids[f":{number}"] for number in range(1, len(commits) + 1)]


def _commit(number: int, commit: Commit, parent: str) -> list[bytes]:
    people = f"author {commit.author.line()}\ncommitter {commit.committer.line()}\n"
    head = f"commit refs/difykit/building\nmark :{number}\n{people}"
    parts = [head.encode(), _data(commit.message.encode()), f"from {parent}\n".encode() if parent else b""]
    # Deletions first: a path may turn from a file into a folder.
    parts += [b"D " + _path(path) + b"\n" for path in sorted(commit.changes) if commit.changes[path] is None]
    for path in sorted(commit.changes):
        if blob := commit.changes[path]:
            parts += [b"M " + blob[0].encode() + b" inline " + _path(path) + b"\n", _data(blob[1])]
    return parts


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _path(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    if b"\n" in raw or raw.startswith(b'"'):
        return b'"' + raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
    return raw
