"""Guards: what would stop the database from being migrated, found before an image is built."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from difykit.core import python_source, yaml
from difykit.core.errors import ConfigError, Problem
from difykit.git import Tree
from difykit.source.migrations.chain import DIFY, MigrationChain, Revision, line_of, read_chain
from difykit.source.migrations.own import OverlayMigrations, own_migrations, source_of
from difykit.workspace.manifest import read_text
from difykit.workspace.workspace import Overlay

# Alembic's own table has room for so many, and PostgreSQL for so many in a table's name.
_ID_LENGTH, _NAME_LENGTH = 32, 63
_OURS = (
    "a table of your own goes into a chain of its own, beside Dify's: difykit overlay.new NAME --kind table makes one"
)


def check_migrations(tree: Tree, overlays: Sequence[Overlay], owner: Callable[[str], str] = str) -> None:
    """See that Dify's chain and each overlay's can be run, one after the other.

    `tree` is the release with everything laid on it, `owner` says whose a file of it is: "patch NAME", "overlay NAME",
    or its own path where nobody but Dify has a part in it.
    Raises ConfigError with everything that is wrong.
    """
    look = _Look(tree, tuple(overlays), owner)
    dify = read_chain(tree, DIFY)
    problems = list(look.dify(dify))
    hints = [_OURS] if problems else []
    own = own_migrations(overlays)
    overlay_problems = [*look.tables(own)]
    before = set(dify.ids)
    for entry in own:
        chain = read_chain(tree, entry.path)
        overlay_problems += look.overlay(entry, chain, dify, before)
        before |= chain.ids
    if problems or overlay_problems:
        raise ConfigError([*problems, *overlay_problems], hint="; ".join(hints))


@dataclass(frozen=True)
class _Look:
    """The source, and how its files are called."""

    tree: Tree
    overlays: tuple[Overlay, ...]
    owner: Callable[[str], str]

    def _at(self, revision: Revision, key: str, text: str) -> Problem:
        blob = self.tree.read(revision.path)
        return Problem(self._label(revision.path), line_of(blob[1], key) if blob else 0, text)

    def _label(self, path: str) -> str:
        """The file that a user opens to mend it."""
        return next((source for candidate in self.overlays if (source := source_of(candidate, path))), path)

    def _whose(self, revision: Revision) -> str:
        owner = self.owner(revision.path)
        return "Dify's own" if owner == revision.path else f"of the {owner}"

    def dify(self, chain: MigrationChain) -> Iterator[Problem]:
        """What is wrong with Dify's chain: a customisation may have put a migration into it."""
        for doubles in chain.doubles():
            names = " and ".join(f"{revision.path} ({self._whose(revision)})" for revision in doubles)
            yield self._at(doubles[0], "revision", f"the revision {doubles[0].id} is in {names}; one of them must go")
        for revision, before in chain.lost():
            why = f"follows {before}, which is not in this release: Dify dropped it, or the file is another release's"
            yield self._at(revision, "down_revision", f"the migration {revision.id} ({self._whose(revision)}) {why}")
        if len(chain.heads) > 1:
            ends = [chain.of(head) for head in chain.heads]
            added = [revision for revision in ends if self._whose(revision) != "Dify's own"] or ends
            names = ", ".join(f"{revision.id} ({self._whose(revision)})" for revision in ends)
            why = f"Dify's chain has {len(ends)} ends, which `flask upgrade-db` refuses: {names}"
            yield self._at(added[0], "down_revision", why)
        elif circle := chain.circle():
            yield self._at(chain.of(circle[0]), "down_revision", f"{', '.join(circle)} follow each other in a circle")

    def tables(self, own: Sequence[OverlayMigrations]) -> Iterator[Problem]:
        """Version tables and folders that cannot be: two of one name would overwrite each other."""
        tables, folders = {"alembic_version": "Dify"}, {DIFY: "Dify"}
        for entry in own:
            table = tables.setdefault(entry.table, f"the overlay {entry.overlay.name}")
            folder = folders.setdefault(entry.path, f"the overlay {entry.overlay.name}")
            label = f"the overlay {entry.overlay.name}"
            if table != label:
                yield _key(entry.overlay, "table", f"the version table {entry.table} is of {table} already")
            if folder != label:
                yield _key(entry.overlay, "folder", f"{entry.path} is of {folder} already")
            if len(entry.table) > _NAME_LENGTH:
                why = f"the version table {entry.table} would have more than {_NAME_LENGTH} characters; name a shorter"
                yield _key(entry.overlay, "table", f"{why} one: migrations: {{folder: …, table: …}}")

    def overlay(
        self, entry: OverlayMigrations, chain: MigrationChain, dify: MigrationChain, before: set[str]
    ) -> Iterator[Problem]:
        """What is wrong with an overlay's chain; `before` are the revisions that are there when it runs."""
        if not chain.revisions and not chain.unread:
            why = f"there is no migration in {entry.path}/versions"
            yield _key(entry.overlay, "folder", f"{why}; write one: difykit overlay.migration {entry.overlay.name}")
        for path in chain.unread:
            yield Problem(self._label(path), 0, 'has no `revision = "…"` that can be read without running it')
        for revision in chain.revisions:
            yield from self._file(revision)
            yield from self._depends(revision, chain, before)
        for doubles in chain.doubles():
            names = ", ".join(revision.path.rpartition("/")[2] for revision in doubles[1:])
            yield self._at(doubles[0], "revision", f"the revision {doubles[0].id} is in {names} as well")
        for revision, parent in chain.lost():
            why = f"follows {parent}, which is not in {chain.folder}/versions"
            if parent in dify.ids:
                why = f"follows {parent}, a migration of Dify's; in a chain of its own it may only depend on it:"
                why += f' down_revision = None and depends_on = "{parent}"'
            yield self._at(revision, "down_revision", why)
        if len(chain.heads) > 1:
            why = f"the overlay has {len(chain.heads)} migrations that nothing follows: {', '.join(chain.heads)}; one"
            why += f" that joins them: difykit overlay.migration {entry.overlay.name} --message join"
            yield self._at(chain.of(chain.heads[0]), "down_revision", why)
        elif circle := chain.circle():
            yield self._at(chain.of(circle[0]), "down_revision", f"{', '.join(circle)} follow each other in a circle")

    def _file(self, revision: Revision) -> Iterator[Problem]:
        blob = self.tree.read(revision.path)
        try:
            module = python_source.parse(blob[1] if blob else b"")
        except python_source.NotPython as error:
            yield Problem(self._label(revision.path), error.line, f"is not Python: {error.reason}")
            return
        if not any(isinstance(node, ast.FunctionDef) and node.name == "upgrade" for node in module.body):
            yield Problem(self._label(revision.path), 0, "has no function upgrade()")
        if len(revision.id) > _ID_LENGTH or not re.fullmatch(r"\w+", revision.id):
            why = f"the revision {revision.id!r} must be letters, digits and _, {_ID_LENGTH} at most"
            yield self._at(revision, "revision", why)

    def _depends(self, revision: Revision, chain: MigrationChain, before: set[str]) -> Iterator[Problem]:
        for dependency in revision.depends:
            if dependency not in before and dependency not in chain.ids:
                why = f"depends on {dependency}, which neither Dify has in this release, nor an overlay before this one"
                yield self._at(revision, "depends_on", why)


def _key(overlay: Overlay, key: str, text: str) -> Problem:
    document = yaml.load(overlay.label, read_text(overlay.folder / "overlay.yaml", overlay.label))
    return Problem(overlay.label, document.line(("api", "migrations", key)), f"api.migrations: {text}")
