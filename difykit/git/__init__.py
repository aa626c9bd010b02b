"""Git, as difykit uses it: a store of releases, commits made in its object database, and the work tree."""

from difykit.git.chain import Commit, Person, write_chain
from difykit.git.diff import diff
from difykit.git.facts import git_setting, git_version, in_repository, is_tracked, not_ignored, upstream_problem
from difykit.git.pack import pack_release, unpack_release
from difykit.git.repository import make_repository
from difykit.git.spelling import Siblings, Spellings, clash_text
from difykit.git.store import Blob, Changes, Entry, Store, Tree, text_of
from difykit.git.worktree import WorkTree

__all__ = [
    "Blob",
    "Changes",
    "Commit",
    "Entry",
    "Person",
    "Siblings",
    "Spellings",
    "Store",
    "Tree",
    "WorkTree",
    "clash_text",
    "diff",
    "git_setting",
    "git_version",
    "in_repository",
    "is_tracked",
    "make_repository",
    "not_ignored",
    "pack_release",
    "text_of",
    "unpack_release",
    "upstream_problem",
    "write_chain",
]
