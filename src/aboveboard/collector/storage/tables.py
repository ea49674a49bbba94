"""The collector's tables. Nothing in them tells when a person worked: no arrival times, no sizes per day, no measures.

Records that were signed are kept as the bytes that were signed. `commitments` are what still has to go, or went, into a
batch of the log.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)

metadata = MetaData()

invitations = Table(
    "invitations", metadata,
    Column("code_sha256", String(64), primary_key=True),
    Column("expires_us", BigInteger, nullable=False),
    Column("used", Boolean, nullable=False, default=False),
    Column("signed", LargeBinary, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
)  # fmt: skip

devices = Table(
    "devices", metadata,
    Column("device", String(32), primary_key=True),
    Column("contributor", String(32), nullable=False, index=True),
    Column("cert", LargeBinary, nullable=False),
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("revoked", Boolean, nullable=False, default=False),
)  # fmt: skip

# Representatives, stewards and researchers; contributors have none. issuer, subject: at the identity provider; "local"
# and the account otherwise. totp: the secret, sealed to the vault; totp_step: the newest that was used (RFC 6238).
# stamp: changes whenever all sessions of the account have to end.
accounts = Table(
    "accounts", metadata,
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
)  # fmt: skip

recovery_codes = Table(
    "recovery_codes", metadata,
    Column("account", String(32), ForeignKey("accounts.account"), primary_key=True),
    Column("code_sha256", String(64), primary_key=True),
)  # fmt: skip

# Every role given and taken, and its entry in the log. One that was given acts once leaf_index is there.
role_changes = Table(
    "role_changes", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("account", String(32), ForeignKey("accounts.account"), nullable=False, index=True),
    Column("role", String(16), nullable=False),
    Column("given", Boolean, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger),
)  # fmt: skip

charters = Table(
    "charters", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("charter", String(64), nullable=False, unique=True),
    Column("signed", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    Column("log_proof", LargeBinary),  # NULL until the quorum of the charter before it has cosigned the entry
)  # fmt: skip

exemptions = Table(
    "exemptions", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("exemption", String(64), nullable=False, unique=True),
    Column("signed", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    Column("log_proof", LargeBinary),
)  # fmt: skip

policies = Table(
    "policies", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("policy", String(64), nullable=False, unique=True),
    Column("signed", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    Column("log_proof", LargeBinary),  # the first one: the notice period runs from the witnesses' time in it
)  # fmt: skip

consents = Table(
    "consents", metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("consent", String(64), nullable=False, unique=True),
    Column("contributor", String(32), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("signed", LargeBinary, nullable=False),
)  # fmt: skip

epochs = Table(
    "epochs", metadata,
    Column("epoch", String(32), primary_key=True),
    Column("contributor", String(32), nullable=False, index=True),
    Column("policy", String(64), nullable=False),
    Column("deposit", LargeBinary),  # NULL once the share is destroyed
    Column("until_us", BigInteger, nullable=False, index=True),  # a whole day: see keeping.py
)  # fmt: skip

segments = Table(
    "segments", metadata,
    Column("segment", String(64), primary_key=True),
    Column("device", String(32), ForeignKey("devices.device"), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("contributor", String(32), nullable=False, index=True),
    Column("epoch", String(32), ForeignKey("epochs.epoch"), nullable=False),
    Column("policy", String(64), nullable=False),
    Column("consent", String(64), nullable=False),
    Column("manifest", LargeBinary, nullable=False),
    Column("deleted", Boolean, nullable=False, default=False),
    UniqueConstraint("device", "seq"),
)  # fmt: skip
# Of the few that are: which datasets hold some is asked once a day of everybody, and on each person's page.
Index("segments_deleted", segments.c.contributor, sqlite_where=segments.c.deleted, postgresql_where=segments.c.deleted)

batches = Table(
    "batches", metadata,
    Column("batch", Integer, primary_key=True, autoincrement=True),
    Column("what", String(16), nullable=False),
    Column("items", LargeBinary, nullable=False),  # 32 bytes each
    Column("leaf_index", BigInteger, nullable=False),
)  # fmt: skip

commitments = Table(
    "commitments", metadata,
    Column("commitment", String(64), primary_key=True),
    Column("what", String(16), nullable=False),
    Column("batch", Integer, ForeignKey("batches.batch")),
    Index("commitments_pending", "batch", "what"),
)  # fmt: skip

grants = Table(
    "grants", metadata,
    Column("grant_id", String(64), primary_key=True),
    Column("signed", LargeBinary, nullable=False),
)  # fmt: skip

grant_revocations = Table(
    "grant_revocations", metadata,
    Column("grant_id", String(64), primary_key=True),  # also of a grant that was never brought here
    Column("signed", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
)  # fmt: skip

releases = Table(
    "releases", metadata,
    Column("grant_id", String(64), ForeignKey("grants.grant_id"), primary_key=True),
    Column("epoch", String(32), primary_key=True),
    Column("contributor", String(32), nullable=False, index=True),
    Column("opening", LargeBinary, nullable=False),
    Column("leaf_index", BigInteger, nullable=False),
    Column("at_us", BigInteger, nullable=False),
)  # fmt: skip

deletions = Table(
    "deletions", metadata,
    Column("deletion", String(64), primary_key=True),
    Column("contributor", String(32), nullable=False, index=True),
    Column("signed", LargeBinary, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("done", Boolean, nullable=False, default=False),
)  # fmt: skip

# What a reader says that a dataset holds, segment by segment, before the log has it. leaf_index: its entry, once it is
# in the log; marked_index: of the entry that says it holds what may be used no more.
datasets = Table(
    "datasets", metadata,
    Column("manifest", String(64), primary_key=True),
    Column("grant_id", String(64), ForeignKey("grants.grant_id"), nullable=False),
    Column("leaf_index", BigInteger),
    Column("marked_index", BigInteger),
)  # fmt: skip

dataset_sources = Table(
    "dataset_sources", metadata,
    Column("manifest", String(64), ForeignKey("datasets.manifest"), primary_key=True),
    Column("segment", String(64), ForeignKey("segments.segment"), primary_key=True),
    Index("dataset_sources_segment", "segment"),
)  # fmt: skip

# Whose segments a dataset holds, beside which: so that a person's page need not go through all of theirs.
dataset_people = Table(
    "dataset_people", metadata,
    Column("manifest", String(64), ForeignKey("datasets.manifest"), primary_key=True),
    Column("contributor", String(32), primary_key=True),
    Index("dataset_people_contributor", "contributor"),
)  # fmt: skip

models = Table(
    "models", metadata,
    Column("model", String(64), primary_key=True),
    Column("manifest", String(64), ForeignKey("datasets.manifest"), primary_key=True, index=True),
    Column("leaf_index", BigInteger, nullable=False),
    Column("marked_index", BigInteger),
)  # fmt: skip

# What was last shown of groups of people, see figures.py. value: NULL while it is hidden. upto: the newest of the
# consents that it was made from. day_us: a whole day.
figures = Table(
    "figures", metadata,
    Column("figure", String(32), primary_key=True),
    Column("cell", String(64), primary_key=True),
    Column("value", BigInteger),
    Column("upto", BigInteger, nullable=False),
    Column("day_us", BigInteger, nullable=False),
)  # fmt: skip

# Work that has to happen, written in the transaction that makes it due. leased_until_us: while a worker holds it.
# parked: it failed too often and waits for a person. `problem` names what failed, and no one.
jobs = Table(
    "jobs", metadata,
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
    Index("jobs_subject", "kind", "subject", unique=True),
    Index("jobs_due", "parked", "due_us"),
)  # fmt: skip
