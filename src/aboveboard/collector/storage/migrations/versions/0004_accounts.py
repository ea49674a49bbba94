"""Accounts, their roles and recovery codes; laptops that were signed off.

Revision ID: 0004_accounts
Revises: 0003
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, String, UniqueConstraint, false

revision = "0004_accounts"
down_revision = "0003"


def upgrade() -> None:
    """Written out, not taken from tables.py: a migration has to stay what it was."""
    op.add_column("devices", Column("revoked", Boolean, nullable=False, server_default=false()))
    op.create_table(
        "accounts",
        Column("account", String(32), primary_key=True),
        Column("name", String(64), nullable=False, unique=True),
        Column("issuer", String(200), nullable=False),
        Column("subject", String(255), nullable=False),
        Column("password", String(200), nullable=False),
        Column("totp", LargeBinary, nullable=False),
        Column("totp_step", BigInteger, nullable=False),
        Column("set_up_sha256", String(64), nullable=False),
        Column("set_up_until_us", BigInteger, nullable=False),
        Column("stamp", String(32), nullable=False),
        Column("disabled", Boolean, nullable=False),
        UniqueConstraint("issuer", "subject"),
    )
    op.create_table(
        "recovery_codes",
        Column("account", String(32), ForeignKey("accounts.account"), primary_key=True),
        Column("code_sha256", String(64), primary_key=True),
    )
    op.create_table(
        "role_changes",
        Column("number", Integer, primary_key=True, autoincrement=True),
        Column("account", String(32), ForeignKey("accounts.account"), nullable=False, index=True),
        Column("role", String(16), nullable=False),
        Column("given", Boolean, nullable=False),
        Column("salt", LargeBinary, nullable=False),
        Column("leaf_index", BigInteger),
    )
