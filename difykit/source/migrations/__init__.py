"""Migrations: Dify's own chain, and those that overlays bring beside it."""

from difykit.source.migrations.chain import (
    DIFY,
    MigrationChain,
    Revision,
    chain_of,
    line_of,
    read_chain,
    read_revision,
)
from difykit.source.migrations.check import check_migrations
from difykit.source.migrations.new import NewMigration, new_migration
from difykit.source.migrations.own import OverlayMigrations, own_migrations
from difykit.source.migrations.program import PROGRAM, program_changes, program_key

__all__ = [
    "DIFY",
    "PROGRAM",
    "MigrationChain",
    "NewMigration",
    "OverlayMigrations",
    "Revision",
    "chain_of",
    "check_migrations",
    "line_of",
    "new_migration",
    "own_migrations",
    "program_changes",
    "program_key",
    "read_chain",
    "read_revision",
]
