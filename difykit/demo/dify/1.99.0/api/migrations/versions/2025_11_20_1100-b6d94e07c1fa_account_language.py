"""the language of an account

Revision ID: b6d94e07c1fa
Revises: 3f1c8a52d7e0
"""

import sqlalchemy as sa
from alembic import op

revision = "b6d94e07c1fa"
down_revision = "3f1c8a52d7e0"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("accounts", sa.Column("interface_language", sa.String(16), nullable=True))


def downgrade():
    op.drop_column("accounts", "interface_language")
