"""The difference of two trees as git writes it into a patch, the same on every machine."""

from __future__ import annotations

from difykit.git.command import git
from difykit.git.store import Store

# Each of these is git's default somewhere; stated, a newer git or a setting cannot change a patch's bytes.
_OPTIONS = (
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--binary",
    "--full-index",
    "--find-renames=50%",
    "-l0",
    "--diff-algorithm=histogram",
    "--indent-heuristic",
    "--unified=3",
    "--inter-hunk-context=0",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--submodule=short",
)


def diff(store: Store, old: str, new: str, *, paths: tuple[str, ...] = ()) -> bytes:
    """The patch from one commit or tree to another, b"" where they are equal; of these paths only, where any are given.

    Blobs are named in full, binaries are whole, renames are found. Raises CommandFailed when git knows no such object.
    """
    chosen = ["--", *(f":(top,literal){path}" for path in paths)] if paths else []
    return git("diff-tree", "-r", "-p", *_OPTIONS, old, new, *chosen, git_dir=store.path).stdout
