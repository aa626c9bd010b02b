"""The first table.

Revision ID: 077c26d8dae0
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "077c26d8dae0"
down_revision = None
branch_labels = None
# Dify's own migrations have all run before this one. A migration of Dify's that is named here must be there in every
# release that this overlay is synced with.
depends_on = None


def upgrade() -> None:
    op.create_table(
        "overlay_hello_table_visits",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("visited_at", sa.DateTime(), server_default=sa.func.current_timestamp(), nullable=False),
    )
