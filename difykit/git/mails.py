"""Changes that come as mails or as plain diffs: read by git itself, and put on a tree without a work tree."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.git.command import git
from difykit.git.fork import fetch_commits
from difykit.git.store import Store

_ON_TREE = ("apply", "--cached", "--binary", "--whitespace=nowarn")


@dataclass(frozen=True)
class Mail:
    """A change as a mail has it; what it does not say is ""."""

    subject: str
    author: str
    email: str
    date: str
    body: str
    diff: bytes


def read_mails(raw: bytes) -> list[Mail]:
    """The mails of a mailbox, or the one mail that it is. Raises CommandFailed for what git cannot read as one."""
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        box = Path(folder) / "mails"
        files.write(box, raw)
        parts = Path(folder) / "parts"
        parts.mkdir()
        keep = () if b"\r\n" in raw[: raw.find(b"\n") + 1] else ("--keep-cr",)
        git("mailsplit", "-b", *keep, f"-o{parts}", str(box))
        return [_mail(path, Path(folder)) for path in sorted(parts.iterdir())]


def _mail(path: Path, folder: Path) -> Mail:
    message, diff = folder / "message", folder / "diff"
    info = git("mailinfo", "-b", str(message), str(diff), stdin=files.read_bytes(path, limit=files.PATCH))
    fields = dict(line.split(": ", 1) for line in info.text.splitlines() if ": " in line)
    subject, author, email, date = (fields.get(key, "").strip() for key in ("Subject", "Author", "Email", "Date"))
    body = files.read_bytes(message, limit=files.PATCH).decode("utf-8", "replace").strip("\n")
    return Mail(subject, author, email, date, body, files.read_bytes(diff, limit=files.PATCH))


def range_mails(url: str, since: str, until: str, on_line: Callable[[str], None]) -> bytes:
    """The commits of `since..until` of a repository as a mailbox, merges left out, the oldest first.

    Raises DifyKitError when it has no such refs or cannot be reached, or when there is nothing between them.
    """
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        store = Store(Path(folder) / "range.git")
        store.ensure()
        start = fetch_commits(store, url, since, on_line)
        end = fetch_commits(store, url, until, on_line)
        words = ("format-patch", "--stdout", "--binary", "--full-index", "--no-signature", "--find-renames=50%")
        mails = git(*words, f"{start}..{end}", git_dir=store.path).stdout
    if not mails:
        raise DifyKitError(f"{since}..{until} of {url} holds no change", hint="the older ref comes first: OLD..NEW")
    return mails


def applied(store: Store, tree: str, diff: bytes, strips: Sequence[int] = (1,)) -> tuple[str, str]:
    """The tree with a diff on it, and ""; or "", and why the diff does not fit.

    Lines may have moved as a whole, and not changed. `strips` are how many folders to take off its paths, in turn.
    """
    why = ""
    with tempfile.TemporaryDirectory(prefix="difykit-") as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        path = Path(folder) / "diff"
        files.write(path, diff)
        for strip in strips:
            git("read-tree", tree, git_dir=store.path, extra=index)
            completed = git(*_ON_TREE, f"-p{strip}", str(path), git_dir=store.path, check=False, extra=index)
            if completed.code == 0:
                return git("write-tree", git_dir=store.path, extra=index).text.strip(), ""
            why = why or completed.stderr.decode("utf-8", "replace")
    return "", why
