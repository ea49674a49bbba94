"""Whose segments each dataset holds, and which segments are deleted.

Revision ID: 0007_people_of_datasets
Revises: 0006_lineage
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, ForeignKey, String, text

revision = "0007_people_of_datasets"
down_revision = "0006_lineage"


def upgrade() -> None:
    op.create_table(
        "dataset_people",
        Column("manifest", String(64), ForeignKey("datasets.manifest"), primary_key=True),
        Column("contributor", String(32), primary_key=True),
    )
    op.create_index("dataset_people_contributor", "dataset_people", ["contributor"])
    op.execute(
        "INSERT INTO dataset_people (manifest, contributor) SELECT DISTINCT s.manifest, g.contributor "
        "FROM dataset_sources s JOIN segments g ON g.segment = s.segment"
    )
    deleted = text("deleted")
    op.create_index("segments_deleted", "segments", ["contributor"], sqlite_where=deleted, postgresql_where=deleted)
