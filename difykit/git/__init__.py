"""Git, as difykit uses it: a store of releases, commits made in its object database, and the work tree."""

from difykit.git.absent_release import fetch_release, nearest, newest
from difykit.git.branches import CommitChanges, PathChange, branch_tips, commit_changes, fetch_branches, own_line
from difykit.git.chain import Commit, Person, write_chain
from difykit.git.command import git
from difykit.git.damage import (
    RepositoryFault,
    broken_objects,
    describe,
    is_index,
    object_files,
    store_faults,
    tree_faults,
)
from difykit.git.diff import diff
from difykit.git.edits import (
    EditedWorktree,
    OwnCommit,
    changes_between,
    layer_changes,
    look,
    renamed,
    settle,
    stands_on,
)
from difykit.git.facts import git_setting, git_version, in_repository, is_tracked, not_ignored, upstream_problem
from difykit.git.fork import (
    HistoryCommit,
    Told,
    fetch_files,
    fetch_folders,
    fetch_fork,
    fetch_history,
    forget_fork,
    history,
    is_cut_off,
    own_commits,
    parent,
    renames,
    scratch_store,
    sizes,
    told,
)
from difykit.git.grep import standing_in
from difykit.git.health import Harm, look_over
from difykit.git.installed import Installed, installed
from difykit.git.isolated_worktree import Apart
from difykit.git.mails import Mail, applied, range_mails, read_mails
from difykit.git.mergetree import GitMerge, Unmerged, check_git, diff_trees, merge_pairs
from difykit.git.pack import pack_release, unpack_release
from difykit.git.remote import commit_dates, fetch_tags, kept_releases, list_tags, tag_dates
from difykit.git.repair_store import lacks_objects, lost_commits, mend_store
from difykit.git.repair_worktree import (
    is_own_chain,
    mend_frame,
    mend_index,
    mostly_gone,
    other_commits,
    own_objects,
    restore_missing,
)
from difykit.git.repository import make_repository
from difykit.git.scratch_repository import Root, borrowing, tree_ids, write_blobs, write_roots
from difykit.git.spelling import Siblings, Spellings, clash_text
from difykit.git.store import Blob, Changes, GitEntry, Store, Tree, blob_id, release_ref, text_of
from difykit.git.user_repository import Head, Home
from difykit.git.worktree import BESIDE, WorkTree

__all__ = [
    "BESIDE",
    "Apart",
    "Blob",
    "Changes",
    "Commit",
    "CommitChanges",
    "EditedWorktree",
    "GitEntry",
    "GitMerge",
    "Harm",
    "Head",
    "HistoryCommit",
    "Home",
    "Installed",
    "Mail",
    "OwnCommit",
    "PathChange",
    "Person",
    "RepositoryFault",
    "Root",
    "Siblings",
    "Spellings",
    "Store",
    "Told",
    "Tree",
    "Unmerged",
    "WorkTree",
    "applied",
    "blob_id",
    "borrowing",
    "branch_tips",
    "broken_objects",
    "changes_between",
    "check_git",
    "clash_text",
    "commit_changes",
    "commit_dates",
    "describe",
    "diff",
    "diff_trees",
    "fetch_branches",
    "fetch_files",
    "fetch_folders",
    "fetch_fork",
    "fetch_history",
    "fetch_release",
    "fetch_tags",
    "forget_fork",
    "git",
    "git_setting",
    "git_version",
    "history",
    "in_repository",
    "installed",
    "is_cut_off",
    "is_index",
    "is_own_chain",
    "is_tracked",
    "kept_releases",
    "lacks_objects",
    "layer_changes",
    "list_tags",
    "look",
    "look_over",
    "lost_commits",
    "make_repository",
    "mend_frame",
    "mend_index",
    "mend_store",
    "merge_pairs",
    "mostly_gone",
    "nearest",
    "newest",
    "not_ignored",
    "object_files",
    "other_commits",
    "own_commits",
    "own_line",
    "own_objects",
    "pack_release",
    "parent",
    "range_mails",
    "read_mails",
    "release_ref",
    "renamed",
    "renames",
    "restore_missing",
    "scratch_store",
    "settle",
    "sizes",
    "standing_in",
    "stands_on",
    "store_faults",
    "tag_dates",
    "text_of",
    "told",
    "tree_faults",
    "tree_ids",
    "unpack_release",
    "upstream_problem",
    "write_blobs",
    "write_chain",
    "write_roots",
]
