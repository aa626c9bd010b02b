"""`overlay.migration`: a new migration in an overlay's own chain, without a database."""

from __future__ import annotations

import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from difykit.core import files
from difykit.core.errors import DifyKitError
from difykit.source.migrations.chain import MigrationChain, chain_of
from difykit.workspace.workspace import Overlay

_TEXT = '''\
"""@message@

Revision ID: @revision@
Revises: @revises@
Create Date: @date@
"""

import sqlalchemy as sa
from alembic import op

revision = "@revision@"
down_revision = @follows@
branch_labels = None
# Dify's own migrations have all run before this one. A migration of Dify's, or of an overlay before this one, that is
# named here must be there in every release that this overlay is synced with.
depends_on = None


def upgrade() -> None:
@body@
'''
_BODY = """\
    # It runs once, in one transaction, without a Flask application; op.get_bind() is the connection. For instance:
    # op.add_column("overlay_@module@", sa.Column("note", sa.String(255), nullable=True))
    pass"""
_JOIN = '''\
    """Nothing to do: it joins migrations that were written at the same time."""'''


@dataclass(frozen=True)
class NewMigration:
    """A migration to be written: its path in the overlay, its text, and the revisions that it follows."""

    path: str
    text: str
    revision: str
    follows: tuple[str, ...]


def new_migration(overlay: Overlay, message: str, *, moment: datetime | None = None) -> NewMigration:
    """Write a migration that follows the overlay's last one, or joins its last ones, and return it.

    Raises DifyKitError when the overlay has no migrations of its own, or one of them cannot be read.
    """
    text = " ".join(message.split())
    if not text:
        raise DifyKitError(
            "a migration needs a message: it is its file's name",
            hint=f'difykit overlay.migration {overlay.name} --message "what it changes"',
        )
    folder, chain = _chain(overlay)
    plan = _plan(overlay, folder, chain, text, moment or datetime.now(UTC))
    files.write(overlay.folder / plan.path, plan.text)
    return plan


def _chain(overlay: Overlay) -> tuple[str, MigrationChain]:
    """The folder of its migrations in the overlay, and what is in it."""
    migrations = overlay.manifest.api.migrations
    if migrations is None:
        module = "overlay_" + overlay.name.replace("-", "_")
        raise DifyKitError(
            f"{overlay.label} has no migrations",
            hint=f"add to it, below `api:`:  migrations: {{folder: {module}/migrations}}",
        )
    path = f"api/{migrations.folder}/versions"
    trees = [entry.source for entry in overlay.manifest.trees]
    tree_name = next((tree for tree in trees if (overlay.folder / tree / path).is_dir()), trees[0])
    contents: dict[str, bytes] = {}
    for tree in trees:
        versions = overlay.folder / tree / path
        contents |= {
            file.name: files.read_bytes(file) for file in sorted(versions.glob("*.py")) if not file.name.startswith("_")
        }
    chain = chain_of(migrations.folder, contents)
    if chain.unread or chain.circle():
        names = ", ".join(chain.unread) or f"{', '.join(chain.circle())} follow each other in a circle"
        raise DifyKitError(
            f"the last migration of {overlay.name} cannot be told: {names}",
            hint=f"give each file in {overlay.folder / tree_name / path} its `revision` and `down_revision`",
        )
    return f"{tree_name}/{path}", chain


def _plan(overlay: Overlay, folder: str, chain: MigrationChain, message: str, moment: datetime) -> NewMigration:
    revision = secrets.token_hex(6)
    heads = chain.heads
    follows = "None" if not heads else f'"{heads[0]}"' if len(heads) == 1 else str(heads).replace("'", '"')
    words = {
        "message": message.replace("\\", "/").replace('"""', "'''").rstrip('"'),
        "revision": revision,
        "revises": ", ".join(heads),
        "date": moment.strftime("%Y-%m-%d %H:%M"),
        "follows": follows,
        "body": _JOIN if len(heads) > 1 else _BODY,
        "module": overlay.name.replace("-", "_"),
    }
    text = _TEXT.replace("@body@", words["body"])
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    text = re.sub(r"(?m)[ \t]+$", "", text)
    # As Dify names its own: sorted by the day, and readable.
    name = f"{moment:%Y_%m_%d_%H%M}-{revision}_{_slug(message)}.py"
    return NewMigration(str(Path(folder) / name), text, revision, heads)


def _slug(message: str) -> str:
    plain = unicodedata.normalize("NFKD", message).encode("ascii", "ignore").decode().lower()
    return "_".join(re.findall(r"[a-z0-9]+", plain))[:40].rstrip("_") or "migration"
