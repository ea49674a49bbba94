"""Guarantee 10: no table, column, route or record yields a measure of one person. The rule: docs/spec/aggregates.md.

Every column is listed here with what it may be. A new one fails this test until somebody has said what it is, and a
number or a time beside a person has to be one of the few kinds that measure nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, MetaData, String, create_engine

from aboveboard.collector.identity.table import TABLE
from aboveboard.collector.storage.sql import migrate
from aboveboard.collector.storage.tables import metadata
from aboveboard.wire import api

PERSON = {"contributor", "device", "account"}
# Numbers and times in tables that name a person or an account, and why each measures nobody.
HARMLESS = {
    ("consents", "number"): "the order in which words came; no time",
    ("epochs", "until_us"): "a whole day, the same for everybody of a month and policy",
    ("segments", "seq"): "place in the device's chain; sent at times unrelated to work",
    ("releases", "leaf_index"): "what a reader did", ("releases", "at_us"): "what a reader did",
    ("deletions", "due_us"): "a whole day, 30 days after a request",
    ("accounts", "totp_step"): "the newest code used, so that none is good twice; no contributor has an account",
    ("accounts", "set_up_until_us"): "when a code for setting up runs out",
    ("role_changes", "number"): "the order of changes", ("role_changes", "leaf_index"): "the entry of the log",
}  # fmt: skip
SUSPICIOUS = re.compile(
    r"score|rank|rating|activity|active|idle|productiv|hours?\b|minutes|worked|speed|keystrokes|clicks|last_seen|seen_at|"
    r"created|updated|logged_in|login|(?<!ac)count|total|average|duration|ip_addr|address|user_agent"
)


def _rows_that_name_somebody(schema: MetaData) -> list[str]:
    found = []
    for table in schema.sorted_tables:
        if PERSON & set(table.columns.keys()):
            for column in table.columns:
                number = isinstance(column.type, Integer | BigInteger) and not isinstance(column.type, Boolean)
                if number and (table.name, column.name) not in HARMLESS:
                    found.append(f"{table.name}.{column.name}: a number beside a person, and nobody said what it is")
                if not isinstance(column.type, Integer | BigInteger | Boolean | String | LargeBinary):
                    found.append(f"{table.name}.{column.name}: a type that measures ({column.type})")
        found += [f"{table.name}.{c.name}" for c in table.columns if SUSPICIOUS.search(c.name)]
    return found


def test_no_table_holds_a_measure_of_a_person() -> None:
    assert _rows_that_name_somebody(metadata) == []


def test_the_schema_that_migrations_make_holds_none_either(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    migrate(engine)
    made = MetaData()
    made.reflect(engine)
    engine.dispose()
    made.remove(made.tables["alembic_version"])
    assert _rows_that_name_somebody(made) == []
    assert {(t.name, c.name) for t in made.sorted_tables for c in t.columns} == {
        (t.name, c.name) for t in metadata.sorted_tables for c in t.columns
    }


def test_the_rule_finds_a_measure() -> None:
    schema = MetaData()
    from sqlalchemy import Column, DateTime, Table

    Table("hours", schema, Column("contributor", String), Column("n", Integer), Column("at", DateTime))
    Table("group_stats", schema, Column("keystrokes", Integer))
    assert len(_rows_that_name_somebody(schema)) == 3


def test_what_the_database_says_is_harmless_is_there() -> None:
    for table, column in HARMLESS:
        assert column in metadata.tables[table].columns, (table, column)


def test_no_route_takes_a_person_for_anybody_but_that_person() -> None:
    """An address with a person, a device or a segment in it is for the person themselves, or under a grant."""
    for row in TABLE:
        names = set(re.findall(r"{(\w+)", row.path))
        if names & {"contributor", "contributor_id", "person", "device", "device_id", "consent", "epoch", "segment"}:
            assert row.about in ("own", "granted"), row
        assert not SUSPICIOUS.search(row.path), row


def test_no_record_that_everybody_gets_names_a_person_or_measures_one() -> None:
    """What is said under "own" and "granted" goes to the person or the grant's reader; all else knows nobody."""
    own = {
        "EnrolReply", "ConsentReply", "SegmentReply", "MySegments", "MyAccesses", "MyDevice", "MyDevices",
        "DeletionReply", "DeletionState", "Access", "ChainReply", "MyDataset", "MyDatasets",
    }  # fmt: skip
    for name, kind in vars(api).items():
        if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct)) or name in own:
            continue
        if name.endswith("Reply") or name in ("FigureShown", "Counters", "Policies", "Exemptions", "CharterChain"):
            fields = set(kind.__struct_fields__)
            assert not fields & {"contributor", "device", "consent", "epoch"}, name
            assert not [each for each in fields if SUSPICIOUS.search(each)], name
