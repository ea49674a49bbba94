"""What was last shown of groups of people.

Revision ID: 0005_figures
Revises: 0004_accounts
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, String

revision = "0005_figures"
down_revision = "0004_accounts"


def upgrade() -> None:
    """Written out, not taken from tables.py: a migration has to stay what it was."""
    op.create_table(
        "figures",
        Column("figure", String(32), primary_key=True),
        Column("cell", String(64), primary_key=True),
        Column("value", BigInteger),
        Column("upto", BigInteger, nullable=False),
        Column("day_us", BigInteger, nullable=False),
    )
