"""Where the database will be: the heads of Dify's Alembic chain, read without running any of it."""

from __future__ import annotations

import ast
import re

from difykit.git import Tree

_FOLDER = "api/migrations/versions"
# Only these lines count; a migration is long, and there are two hundred of them.
_LINE = re.compile(rb"(?m)^(?:revision|down_revision)[ \t]*[:=][^\n]*(?:\n[ \t)\]][^\n]*)*")


def migration_heads(tree: Tree) -> tuple[str, ...]:
    """The revisions that no other one follows: one in all releases 1.0.0 to 1.15.0, none where there is no chain.

    Two of them, as when a customisation adds a migration of its own, are what `flask db upgrade` refuses.
    """
    paths = [path for path in tree.under(_FOLDER) if path.endswith(".py")]
    tree.store.prefetch(tree.entries[path].oid for path in paths)
    followed: set[str] = set()
    revisions: set[str] = set()
    for path in paths:
        blob = tree.read(path)
        revision, before = read_revision(blob[1] if blob else b"")
        if revision:
            revisions.add(revision)
            followed.update(before)
    return tuple(sorted(revisions - followed))


def read_revision(content: bytes) -> tuple[str, tuple[str, ...]]:
    """A migration's id and the ids that it follows; "" where the file is none."""
    found: dict[str, tuple[str, ...]] = {}
    try:
        lines = b"\n".join(match[0] for match in _LINE.finditer(content))
        module = ast.parse(lines.decode("utf-8", "replace"))
    except (SyntaxError, ValueError):
        return "", ()
    for node in module.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            leaves = [leaf.value for leaf in ast.walk(value) if isinstance(leaf, ast.Constant)]
            found[target.id] = tuple(leaf for leaf in leaves if isinstance(leaf, str))
    return next(iter(found.get("revision", ())), ""), found.get("down_revision", ())
