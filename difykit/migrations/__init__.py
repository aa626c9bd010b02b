"""Migrations: Dify's own chain, and those that overlays bring beside it."""

from difykit.migrations.chain import DIFY, Chain, Revision, chain_of, line_of, read_chain, read_revision
from difykit.migrations.check import check_migrations
from difykit.migrations.new import NewMigration, new_migration
from difykit.migrations.own import Own, own_migrations
from difykit.migrations.program import PROGRAM, program_changes, program_key

__all__ = [
    "DIFY",
    "PROGRAM",
    "Chain",
    "NewMigration",
    "Own",
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
