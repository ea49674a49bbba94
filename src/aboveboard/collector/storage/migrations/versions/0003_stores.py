"""Wide numbers for PostgreSQL, the jobs, and until when each epoch is kept.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import base64
import datetime
import json

from alembic import op
from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, text

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
    op.add_column("epochs", Column("until_us", BigInteger, nullable=False, server_default="0"))
    op.create_index("ix_epochs_until_us", "epochs", ["until_us"])
    _date_epochs()


def _date_epochs() -> None:
    """Epochs from before: nobody wrote down when their shares came, so their days count from the end of this month."""
    now = datetime.datetime.now(datetime.UTC)
    end = datetime.datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=datetime.UTC)
    connection = op.get_bind()
    used = "SELECT policy, signed FROM policies WHERE policy IN (SELECT policy FROM epochs)"
    for row in connection.execute(text(used)).all():
        categories = json.loads(base64.b64decode(json.loads(row.signed)["policy"]))["categories"]
        days = min(each["retention_days"] for each in categories.values())
        until_us = (int(end.timestamp()) + days * 86_400) * 1_000_000
        values = {"policy": row.policy, "until_us": until_us}
        connection.execute(text("UPDATE epochs SET until_us = :until_us WHERE policy = :policy"), values)
        leaf = json.dumps({"day_us": until_us, "kind": "retention_sweep", "policy": row.policy}, separators=(",", ":"))
        job = {
            "kind": "retention", "subject": f"{row.policy[:32]}:{until_us // 86_400_000_000}", "work": leaf.encode(),
            "due_us": until_us, "leased_until_us": 0, "lease": "", "tries": 0, "parked": False, "problem": "",
        }  # fmt: skip
        names = ", ".join(job)
        places = ", ".join(f":{name}" for name in job)
        connection.execute(text(f"INSERT INTO jobs ({names}) VALUES ({places})"), job)  # noqa: S608  names of ours
