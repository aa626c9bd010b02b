"""What is to be known of the user's own git before it is used: asked with little patience, with their settings."""

from __future__ import annotations

import os
import re
from pathlib import Path

from difykit.core import process, redact
from difykit.core.errors import CommandFailed
from difykit.git.command import user_env

PATIENCE = 4
"""Seconds; a far server answers in one."""

# A fetch reads no settings of a repository that the user happens to stand in, so neither does the question.
_NOWHERE = Path("/")


def git_version() -> str:
    """The version of git; "" where there is none."""
    if not process.is_installed("git"):
        return ""
    match = re.search(r"\d+(?:\.\d+)+", _ask(_NOWHERE, "--version").text)
    return match[0] if match else ""


def git_setting(folder: Path, key: str) -> str:
    """What the user's git has for `key` in a folder; "" for nothing."""
    return _ask(folder, "config", "--get", key).text.strip()


def in_repository(folder: Path) -> bool:
    """Whether a folder is in a repository that git may read."""
    return _ask(folder, "rev-parse", "--git-dir").code == 0


def not_ignored(folder: Path, paths: tuple[str, ...]) -> tuple[str, ...] | None:
    """Those of the paths that git would take in; None where the folder is in no repository that git may read."""
    completed = _ask(folder, "check-ignore", "--stdin", "-z", stdin=os.fsencode("\0".join((*paths, ""))))
    ignored = completed.stdout.decode("utf-8", "surrogateescape").split("\0")
    return tuple(path for path in paths if path not in ignored) if completed.code in {0, 1} else None


def is_tracked(folder: Path, path: str) -> bool:
    """Whether git has the file in its index."""
    return _ask(folder, "ls-files", "--error-unmatch", "--", path).code == 0


def upstream_problem(url: str, ref: str) -> tuple[str, bool]:
    """Why `ref` cannot be fetched from `url`, "" when it can; and whether the upstream was reached.

    A full commit id is not asked for: no upstream lists them.
    """
    names = [] if not ref or re.fullmatch(r"[0-9a-f]{40}", ref) else [f"refs/tags/{ref}", f"refs/heads/{ref}"]
    try:
        completed = _ask(_NOWHERE, "ls-remote", "--", url, *(names or ["HEAD"]))
    except CommandFailed:
        return f"no answer within {PATIENCE} s", False
    if completed.code:
        error_lines = completed.stderr.decode("utf-8", "replace").splitlines()
        why = (
            [line for line in error_lines if line.startswith(("fatal:", "error:", "ssh:"))]
            or error_lines
            or ["no reason given"]
        )
        return redact.text(why[0].removeprefix("fatal: ")), False  # `insteadOf` may put a login in
    return ("" if completed.text.strip() or not names else f"it has no {ref}"), True


def _ask(folder: Path, *args: str, stdin: bytes = b"") -> process.CompletedProgram:
    return process.run(["git", *args], cwd=folder, env=user_env(), stdin=stdin, check=False, timeout=PATIENCE)
