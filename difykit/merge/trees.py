"""Three-way merges of whole trees: git's first, then what named strategies make of the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from difykit.git import Changes, Commit, Person, Store, Tree, write_chain
from difykit.merge.gitclean import Verdict, changed_entries, merged_files, verdict
from difykit.merge.gitmerge import Left, Raw, loose_commit, merge_trees
from difykit.merge.model import INVALID, Conflict, Outcome, Refusal, Remark, Solved, Trees
from difykit.merge.strategies import settle

_WHO = Person("difykit", "difykit@example.invalid", 1)
_BASE = re.compile(rb"^\|{7} [0-9a-f]{4,40}(:.*)?$")


def three_way(
    store: Store,
    base: str,
    ours: str,
    theirs: str,
    *,
    labels: tuple[str, str] = ("upstream", "yours"),
    own: Tree | None = None,
) -> Outcome:
    """Merge what turned `base` into `ours` with what turned it into `theirs`; all of them commits or trees in `store`.

    `labels` name ours and theirs in the markers of a file that is left in conflict. `own` is what the customised side
    adds and changes in all, where this merge brings only a part of it.
    Raises CommandFailed when git cannot merge at all, DifyKitError when the store lacks an object.
    """
    raw = merge_trees(store, base, ours, theirs)
    trees = Trees(store.tree(base), store.tree(ours), store.tree(theirs), own)
    merges = dict(_merged_by_git(store, raw, trees, ours))
    invalid = [conflict for conflict, verdict in merges.items() if verdict.reason]
    remarks = tuple(Remark(of.path, text) for of, verdict in merges.items() for text in verdict.remarks)
    if not raw.left and not invalid:
        return Outcome(raw.tree, (), (), remarks)
    merged = store.tree(raw.tree)
    store.prefetch(each.oid for left in raw.left for each in (left.base, left.ours, left.theirs) if each)
    changes: Changes = {}
    solved: list[Solved] = []
    conflicts: list[Conflict] = []
    for left in raw.left:
        blob = merged.read(left.path)
        marked = _relabelled(blob[1], raw, labels) if blob and left.kind != "binary" else None
        conflict = _conflict(left, marked or b"")
        made = settle(store, conflict, trees)
        if not isinstance(made, Refusal):
            changes |= made[0]
            solved.append(made[1])
            continue
        conflicts.append(replace(conflict, note=made.note))
        if blob and marked and marked != blob[1]:
            changes[left.path] = (blob[0], marked)
    for conflict in invalid:
        made = settle(store, conflict, trees)
        if isinstance(made, Refusal):
            conflicts.append(conflict)
        else:
            changes |= made[0]
            solved.append(made[1])
    return Outcome(_written(store, raw.tree, changes), tuple(solved), tuple(conflicts), remarks)


def _merged_by_git(store: Store, raw: Raw, trees: Trees, ours: str) -> Iterator[tuple[Conflict, Verdict]]:
    """The files that git merged by their lines, each as the conflict that it is if it may not stand."""
    left = {each.path for each in raw.left}
    written = {path: entry for path, entry in changed_entries(store, ours, raw.tree).items() if path not in left}
    for file in merged_files(written, trees.base.entries, trees.ours.entries, trees.theirs.entries):
        done = verdict(store, file)
        yield Conflict(file.path, INVALID, 0, file.base, file.ours, file.theirs, done.reason or ""), done


def _conflict(left: Left, content: bytes) -> Conflict:
    hunks = sum(line.startswith(b"<<<<<<< ") for line in content.split(b"\n"))
    return Conflict(left.path, left.kind, hunks, left.base, left.ours, left.theirs)


def _relabelled(content: bytes, raw: Raw, labels: tuple[str, str]) -> bytes:
    """The same text with markers that name the sides in words."""
    lines = content.split(b"\n")
    starts = [b"<<<<<<< " + raw.labels[0].encode(), b">>>>>>> " + raw.labels[1].encode()]
    words = [b"<<<<<<< " + labels[0].encode(), b">>>>>>> " + labels[1].encode()]
    for at, line in enumerate(lines):
        for start, word in zip(starts, words, strict=True):
            if line.startswith(start):
                lines[at] = word + line[len(start) :]
        if _BASE.match(line):
            lines[at] = b"||||||| base"
    return b"\n".join(lines)


def _written(store: Store, tree: str, changes: Changes) -> str:
    if not changes:
        return tree
    [commit] = write_chain(store, loose_commit(store, tree), [Commit("merge\n", _WHO, _WHO, changes)])
    return store.tree_id(commit)
