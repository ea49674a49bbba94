"""The first tables.

Revision ID: 0001
Revises:
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, String, UniqueConstraint

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Written out, not taken from tables.py: a migration has to stay what it was."""
    op.create_table(
        "invitations", Column("code_sha256", String(64), primary_key=True),
        Column("expires_us", Integer, nullable=False), Column("used", Boolean, nullable=False),
    )  # fmt: skip
    op.create_table(
        "devices", Column("device", String(32), primary_key=True), Column("contributor", String(32), nullable=False),
        Column("cert", LargeBinary, nullable=False), Column("token_sha256", String(64), nullable=False, unique=True),
    )  # fmt: skip
    op.create_table(
        "policies", Column("number", Integer, primary_key=True, autoincrement=True),
        Column("policy", String(64), nullable=False, unique=True), Column("signed", LargeBinary, nullable=False),
        Column("leaf_index", Integer, nullable=False),
    )  # fmt: skip
    op.create_table(
        "consents", Column("number", Integer, primary_key=True, autoincrement=True),
        Column("consent", String(64), nullable=False, unique=True), Column("contributor", String(32), nullable=False),
        Column("kind", String(16), nullable=False), Column("policy", String(64), nullable=False),
        Column("signed", LargeBinary, nullable=False),
    )  # fmt: skip
    op.create_table(
        "epochs", Column("epoch", String(32), primary_key=True), Column("contributor", String(32), nullable=False),
        Column("policy", String(64), nullable=False), Column("deposit", LargeBinary),
    )  # fmt: skip
    op.create_table(
        "segments", Column("segment", String(64), primary_key=True),
        Column("device", String(32), ForeignKey("devices.device"), nullable=False),
        Column("seq", Integer, nullable=False), Column("contributor", String(32), nullable=False),
        Column("epoch", String(32), ForeignKey("epochs.epoch"), nullable=False),
        Column("policy", String(64), nullable=False), Column("consent", String(64), nullable=False),
        Column("manifest", LargeBinary, nullable=False), Column("deleted", Boolean, nullable=False),
        UniqueConstraint("device", "seq"),
    )  # fmt: skip
    op.create_table(
        "batches", Column("batch", Integer, primary_key=True, autoincrement=True),
        Column("what", String(16), nullable=False), Column("items", LargeBinary, nullable=False),
        Column("leaf_index", Integer, nullable=False),
    )  # fmt: skip
    op.create_table(
        "commitments", Column("commitment", String(64), primary_key=True), Column("what", String(16), nullable=False),
        Column("batch", Integer, ForeignKey("batches.batch")),
    )  # fmt: skip
    op.create_table(
        "grants", Column("grant_id", String(64), primary_key=True), Column("signed", LargeBinary, nullable=False)
    )
    op.create_table(
        "releases", Column("grant_id", String(64), ForeignKey("grants.grant_id"), primary_key=True),
        Column("epoch", String(32), primary_key=True), Column("contributor", String(32), nullable=False),
        Column("opening", LargeBinary, nullable=False), Column("leaf_index", Integer, nullable=False),
        Column("at_us", Integer, nullable=False),
    )  # fmt: skip
    op.create_table(
        "deletions",
        Column("deletion", String(64), primary_key=True),
        Column("contributor", String(32), nullable=False),
        Column("signed", LargeBinary, nullable=False),
        Column("due_us", Integer, nullable=False),
        Column("done", Boolean, nullable=False),
    )
    op.create_index("commitments_pending", "commitments", ["batch", "what"])
    for table in ("devices", "consents", "epochs", "segments", "releases", "deletions"):
        op.create_index(f"ix_{table}_contributor", table, ["contributor"])
