"""Texts looked for in all files of a commit."""

from __future__ import annotations

from collections.abc import Collection

from difykit.core.errors import CommandFailed
from difykit.git.command import git
from difykit.git.store import Store


def standing_in(store: Store, commit: str, texts: Collection[bytes]) -> set[bytes]:
    """Which of these texts, each within one line, stand in a file of a commit. Raises CommandFailed as git does."""
    if not texts:
        return set()
    words = ("grep", "--text", "--no-color", "-h", "--fixed-strings", "-f", "-", commit)
    completed = git(*words, git_dir=store.path, stdin=b"".join(text + b"\n" for text in texts), check=False)
    if completed.code > 1:
        raise CommandFailed(["git", *words], completed.code, completed.stderr.decode("utf-8", "replace"))
    return {text for text in texts if text in completed.stdout}
