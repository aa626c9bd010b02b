"""Which of upstream's commits a fork's history holds, by id or by tree: merges made twins of some under other ids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from difykit.git import HistoryCommit, Store, history


def bases_in_history(store: Store, tip: str, upstream: Mapping[str, str]) -> list[tuple[str, str]]:
    """The upmost of upstream's commits in the history of `tip`: the commit there, and upstream's own of the same tree.

    `upstream` is the tree of each of upstream's commits; of those with the same tree, the last one is taken.
    """
    by_tree = {tree: oid for oid, tree in upstream.items()}
    top = topmost(history(store, tip), upstream.keys(), by_tree.keys())
    return [(node.oid, node.oid if node.oid in upstream else by_tree[node.tree]) for node in top]


def topmost(nodes: Sequence[HistoryCommit], ids: Collection[str], trees: Collection[str]) -> list[HistoryCommit]:
    """Of the nodes that are upstream's, by id or by tree, those that none of the others stands on.

    `nodes` have children before their parents.
    """
    below: set[str] = set()
    highest: list[HistoryCommit] = []
    for node in nodes:
        if node.oid not in below and (node.oid in ids or node.tree in trees):
            highest.append(node)
        if node.oid in below or (highest and highest[-1] is node):
            below.update(node.parents)
    return highest
