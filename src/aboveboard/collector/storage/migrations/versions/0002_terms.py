"""Charters that follow one another, exemptions, the first proof of a policy, invitations that can be used again.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, Integer, LargeBinary, String, false

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Written out, not taken from tables.py: a migration has to stay what it was."""
    for table, name in (("charters", "charter"), ("exemptions", "exemption")):
        op.create_table(
            table, Column("number", Integer, primary_key=True, autoincrement=True),
            Column(name, String(64), nullable=False, unique=True), Column("signed", LargeBinary, nullable=False),
            Column("leaf_index", Integer, nullable=False), Column("log_proof", LargeBinary),
        )  # fmt: skip
    op.add_column("policies", Column("log_proof", LargeBinary))
    op.add_column("invitations", Column("signed", LargeBinary, nullable=False, server_default=""))
    op.add_column("invitations", Column("revoked", Boolean, nullable=False, server_default=false()))
