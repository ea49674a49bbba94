"""What each dataset and model is made from, and whether it is marked.

Revision ID: 0006_lineage
Revises: 0005_figures
"""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, ForeignKey, String

revision = "0006_lineage"
down_revision = "0005_figures"


def upgrade() -> None:
    op.create_table(
        "datasets",
        Column("manifest", String(64), primary_key=True),
        Column("grant_id", String(64), ForeignKey("grants.grant_id"), nullable=False),
        Column("leaf_index", BigInteger),
        Column("marked_index", BigInteger),
    )
    op.create_table(
        "dataset_sources",
        Column("manifest", String(64), ForeignKey("datasets.manifest"), primary_key=True),
        Column("segment", String(64), ForeignKey("segments.segment"), primary_key=True),
    )
    op.create_index("dataset_sources_segment", "dataset_sources", ["segment"])
    op.create_table(
        "models",
        Column("model", String(64), primary_key=True),
        Column("manifest", String(64), ForeignKey("datasets.manifest"), primary_key=True),
        Column("leaf_index", BigInteger, nullable=False),
        Column("marked_index", BigInteger),
    )
    op.create_index("ix_models_manifest", "models", ["manifest"])
