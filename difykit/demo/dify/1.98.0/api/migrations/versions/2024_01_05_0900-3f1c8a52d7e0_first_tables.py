"""first tables

Revision ID: 3f1c8a52d7e0
Revises:
"""

import sqlalchemy as sa
from alembic import op

revision = "3f1c8a52d7e0"
down_revision = None
branch_labels = None
depends_on = None


def _now(name):
    return sa.Column(name, sa.DateTime(), server_default=sa.func.current_timestamp(), nullable=False)


def upgrade():
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("tenant_id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("email", sa.String(255), nullable=False, unique=True),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        _now("created_at"),
    )
    op.create_table("dify_setups", sa.Column("version", sa.String(255), primary_key=True), _now("setup_at"))
    op.create_table(
        "worker_pings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("note", sa.String(255), nullable=False),
        _now("created_at"),
    )


def downgrade():
    for table in ("worker_pings", "dify_setups", "accounts"):
        op.drop_table(table)
