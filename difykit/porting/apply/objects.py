"""Commits of merges in the store: no index, no work tree, the same ids for the same content."""

from __future__ import annotations

from difykit.git import Changes, Commit, Person, Store, git, write_chain

_WHO = Person("difykit", "difykit@localhost", 1)


def commit_of(store: Store, tree: str, parent: str, subject: str) -> str:
    """A commit of this tree on `parent`."""
    who = _WHO.line()
    text = f"tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n\n{subject}\n"
    words = ("hash-object", "-t", "commit", "-w", "--stdin")
    return git(*words, git_dir=store.path, stdin=text.encode("utf-8", "replace")).text.strip()


def commit_files(store: Store, parent: str, changes: Changes, subject: str) -> str:
    """A commit of `changes` on `parent`."""
    return write_chain(store, parent, [commit_with(subject, changes)])[0]


def commit_with(subject: str, changes: Changes) -> Commit:
    """A commit to be that does these changes."""
    return Commit(f"{subject}\n", _WHO, _WHO, changes)
