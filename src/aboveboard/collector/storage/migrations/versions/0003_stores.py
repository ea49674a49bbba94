"""Wide numbers for PostgreSQL, and the jobs.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String

revision = "0003"
down_revision = "0002"

# Microseconds and chain numbers pass 32 bits. SQLite's INTEGER holds 64 already.
_WIDE = (
    ("invitations", "expires_us"),
    ("charters", "leaf_index"),
    ("exemptions", "leaf_index"),
    ("policies", "leaf_index"),
    ("segments", "seq"),
    ("batches", "leaf_index"),
    ("releases", "leaf_index"),
    ("releases", "at_us"),
    ("deletions", "due_us"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table, column in _WIDE:
            op.alter_column(table, column, type_=BigInteger())
    op.create_table(
        "jobs",
        Column("job", Integer, primary_key=True, autoincrement=True),
        Column("kind", String(32), nullable=False),
        Column("subject", String(64), nullable=False),
        Column("work", LargeBinary, nullable=False),
        Column("due_us", BigInteger, nullable=False),
        Column("leased_until_us", BigInteger, nullable=False),
        Column("lease", String(32), nullable=False),
        Column("tries", Integer, nullable=False),
        Column("parked", Boolean, nullable=False),
        Column("problem", String(200), nullable=False),
    )
    op.create_index("jobs_subject", "jobs", ["kind", "subject"], unique=True)
    op.create_index("jobs_due", "jobs", ["parked", "due_us"])
