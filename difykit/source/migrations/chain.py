"""Chains of Alembic migrations, read from their files without running any of them."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from difykit.core import python_source
from difykit.dify import layout
from difykit.git import Tree

DIFY = layout.MIGRATIONS
"""The folder of Dify's own chain."""

# Only these lines count; a migration is long, and there are two hundred of them.
_LINE = re.compile(rb"(?m)^(?:revision|down_revision|depends_on)[ \t]*[:=][^\n]*(?:\n[ \t)\]][^\n]*)*")
# What Alembic takes for a migration.
_FILE = re.compile(r"(?!\.#|__init__)[^/]*\.py")


@dataclass(frozen=True)
class Revision:
    """One migration: the file, its id, the ids that it follows, and those that must be there before it."""

    path: str
    id: str
    follows: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()


@dataclass(frozen=True)
class MigrationChain:
    """The migrations of one environment."""

    folder: str
    revisions: tuple[Revision, ...]
    unread: tuple[str, ...] = ()
    """Files that have no revision which can be read without running them."""

    @cached_property
    def ids(self) -> frozenset[str]:
        return frozenset(revision.id for revision in self.revisions)

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The revisions that no other one follows: where the database is when all have run."""
        return tuple(sorted(self.ids - {before for revision in self.revisions for before in revision.follows}))

    def of(self, revision: str) -> Revision:
        """The migration with this id."""
        return next(candidate for candidate in self.revisions if candidate.id == revision)

    def lost(self) -> Iterator[tuple[Revision, str]]:
        """Each migration with a revision that it follows and that is not there."""
        yield from (
            (revision, before) for revision in self.revisions for before in revision.follows if before not in self.ids
        )

    def doubles(self) -> Iterator[Sequence[Revision]]:
        """The migrations that share an id."""
        for revision_id, count in Counter(revision.id for revision in self.revisions).items():
            if count > 1:
                yield [revision for revision in self.revisions if revision.id == revision_id]

    def circle(self) -> tuple[str, ...]:
        """Revisions that follow each other in a circle; () where there are none."""
        parents = {revision.id: {*revision.follows} & self.ids for revision in self.revisions}
        while free := [name for name, before in parents.items() if not before & parents.keys()]:
            for name in free:
                del parents[name]
        return tuple(sorted(parents))


def read_chain(tree: Tree, folder: str) -> MigrationChain:
    """The migrations in `versions/` of `folder`; a folder that is not there has none."""
    start = f"{folder}/versions/"
    paths = [path for path in tree.under(start) if _FILE.fullmatch(path.removeprefix(start))]
    tree.prefetch(paths)
    contents = {path: blob[1] for path in paths if (blob := tree.read(path))}
    return chain_of(folder, contents)


def chain_of(folder: str, contents: dict[str, bytes]) -> MigrationChain:
    """The chain of migrations by their paths and contents."""
    revisions = [read_revision(path, content) for path, content in contents.items()]
    unread = tuple(revision.path for revision in revisions if not revision.id)
    return MigrationChain(folder, tuple(revision for revision in revisions if revision.id), unread)


def read_revision(path: str, content: bytes) -> Revision:
    """A migration's ids; its own is "" where the file has none that can be read."""
    values: dict[str, tuple[str, ...]] = {}
    try:
        lines = b"\n".join(match[0] for match in _LINE.finditer(content))
        module = python_source.parse(lines.decode("utf-8", "replace"))
    except python_source.NotPython:
        return Revision(path, "")
    for node in module.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        value = getattr(node, "value", None)
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            leaves = [leaf.value for leaf in ast.walk(value) if isinstance(leaf, ast.Constant)]
            values[target.id] = tuple(leaf for leaf in leaves if isinstance(leaf, str))
    own = next(iter(values.get("revision", ())), "")
    return Revision(path, own, values.get("down_revision", ()), values.get("depends_on", ()))


def line_of(content: bytes, name: str) -> int:
    """The line on which a migration sets `name`; 0 where it does not."""
    match = re.search(rb"(?m)^" + name.encode() + rb"[ \t]*[:=]", content)
    return content.count(b"\n", 0, match.start()) + 1 if match else 0
