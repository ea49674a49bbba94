"""What keeps the pages quick whatever lies in the tables, said without a clock: each page asks a few questions, as many
for a long list as for a short one; none goes through a table that grows with people or days; a signature that was
checked is not checked again; and no list makes a page heavy."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import Engine, event

from aboveboard.core.ids import PolicyId, SegmentId, sha256_hex
from aboveboard.core.signing import VerifyKey
from aboveboard.portal import programme
from aboveboard.portal.comments import SHOWN_MAX, TEXT_MAX, Comment, Comments
from tests.support.portal_world import Portal, build, manifest, settle, train
from tests.support.servers import Person, Researcher

QUESTIONS_MAX = 20
GROW = ("segments", "consents", "commitments", "batches", "dataset_sources", "dataset_people", "releases", "epochs",
        "deletions", "devices", "accounts", "role_changes", "jobs")  # fmt: skip
# The week's release of figures is made by whoever comes first in a week; it has to go through all that was said.
ONCE_A_WEEK = re.compile(r"SELECT consents\.number, consents\.contributor, consents\.kind, consents\.policy\s+FROM")


@dataclass
class Heard:
    """What was asked of the database in a thread that answers a request."""

    asked: list[tuple[str, Any]] = field(default_factory=list)

    def __call__(self, _connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            self.asked.append((statement, values))


@contextmanager
def heard() -> Iterator[Heard]:
    found = Heard()
    event.listen(Engine, "before_cursor_execute", found)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", found)


# The background looks for work meanwhile: its questions are not a page's.
BACKGROUND = re.compile(r"FROM jobs|commitments\.batch IS NULL|log_proof IS (NOT )?NULL|FROM charters|FROM exemptions")


def _asked(portal: Portal, path: str, cookies: str = "") -> list[tuple[str, Any]]:
    with heard() as found:
        answer = portal.servers.http.get(path, headers={"Cookie": cookies or portal.cookies(path)})
    assert answer.status_code == 200, path
    return [(text, values) for text, values in found.asked if not BACKGROUND.search(text)]


def _scanned(portal: Portal, statement: str, values: Any) -> list[str]:
    """By SQLite's own plan of a question: SEARCH takes an index, SCAN takes the table row by row."""
    with portal.servers.service.database.reading() as tx:
        plan = [row[3] for row in tx.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    return [line for line in plan if (found := re.match(r"SCAN (\w+)", line)) and found[1] in GROW]


def test_no_page_goes_through_a_table_that_grows(portal: Portal) -> None:
    assert _scanned(portal, "SELECT segment FROM segments WHERE policy = ?", ("a",)) == ["SCAN segments"]
    looked_at = 0
    for path in portal.paths:
        for statement, values in _asked(portal, path):
            if not ONCE_A_WEEK.search(statement):
                assert _scanned(portal, statement, values) == [], (path, statement)
                looked_at += 1
    assert looked_at > 50


def test_each_page_asks_a_few_questions(portal: Portal) -> None:
    counts = {path: len(_asked(portal, path)) for path in portal.paths}
    assert {path: n for path, n in counts.items() if n > QUESTIONS_MAX} == {}
    assert counts["/me"] > 5, "they are heard at all"


def test_a_long_life_asks_no_more_questions_than_a_short_one(portal: Portal) -> None:
    """Words, accesses, datasets and models of one person: one question for all of a kind."""
    person, cookies = Person(portal.servers).ready(), ""
    counts: list[int] = []
    links: list[int] = []
    for round_ in range(2):
        for number in range(1 + 3 * round_):
            reader = Researcher(portal.servers)
            assert reader.bring().status_code == 201
            reader.release()
            assert person.send(person.sealed()).status_code == 201
            held = (SegmentId(person.prev),)
            data = manifest(portal.servers, f"Build {round_} {number}", held)
            train(reader, sha256_hex(data + b"model"), build(reader, data, held))
            assert person.say("given").status_code == 201
        settle(portal.servers)
        cookies = f"device={person.session}"
        counts.append(len(_asked(portal, "/me", cookies)))
        links.append(portal.servers.get("/me", Cookie=cookies).text.count("/log/"))
    assert links[1] > links[0] + 6
    assert counts[0] == counts[1]


def test_a_signature_that_holds_is_checked_once_not_for_each_page(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ("/", "/policies", "/policy", "/charter", "/log", "/representatives", "/researchers", "/stewards", "/me")
    settle(portal.servers)
    checked: list[str] = []
    plain = VerifyKey.verify_raw

    def counted(key: VerifyKey, message: bytes, signature: bytes) -> None:
        if any("/portal/" in each.filename for each in traceback.extract_stack()):  # not the log's background
            checked.append(key.name)
        plain(key, message, signature)

    monkeypatch.setattr(VerifyKey, "verify_raw", counted)
    for _ in range(10):  # witnesses sign anew now and then, which is a new text to check
        note = portal.servers.service.log.note
        for _twice in range(2):
            checked.clear()
            for path in paths:
                portal.servers.get(path, Cookie=portal.cookies(path))
        if note == portal.servers.service.log.note:
            break
    assert checked == []
    signed = portal.servers.world.signed(portal.servers.world.policy(version=91, title="Not seen before"))
    assert programme.signers(signed, portal.servers.world.charter)
    assert checked, "they are counted at all"


def test_a_long_thread_is_read_part_by_part(portal: Portal, tmp_path: Any) -> None:
    comments, policy = Comments(tmp_path), PolicyId("a" * 64)
    for number in range(2 * SHOWN_MAX + 3):
        comments.add(policy, Comment("Ada", "steward", number, f"{number}" + "x" * (TEXT_MAX - 3)))
    seen: list[int] = []
    before = ""
    while True:
        part = comments.part(policy, before)
        assert len(part.comments) <= SHOWN_MAX
        seen = [each.at_us for each in part.comments] + seen
        if not part.first:
            break
        before = str(part.first)
    assert seen == list(range(2 * SHOWN_MAX + 3))
    assert portal.servers.get(f"/policies/{portal.servers.policy.policy_id}?before=x").status_code == 400
