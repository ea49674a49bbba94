"""Which grants were taken back.

Revision ID: 0008_grants_revoked
Revises: 0007_people_of_datasets
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, String

revision = "0008_grants_revoked"
down_revision = "0007_people_of_datasets"


def upgrade() -> None:
    op.create_table(
        "grant_revocations",
        Column("grant_id", String(64), primary_key=True),
        Column("signed", LargeBinary, nullable=False),
        Column("leaf_index", BigInteger, nullable=False),
    )
