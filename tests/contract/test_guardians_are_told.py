"""A deletion reaches every guardian by the collector too: also one that was away, and when the laptop is gone."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import func, select, update

from aboveboard.collector import telling
from aboveboard.collector.settings import Settings
from aboveboard.collector.storage.tables import jobs
from aboveboard.core.errors import Refused
from tests.support.attackers import guarded, guardian_server
from tests.support.servers import Person, Servers


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with guarded(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


def _waiting(servers: Servers) -> tuple[int, int]:
    """(how many wait, how many are parked)"""
    with servers.service.database.reading() as tx:
        mine = select(func.count()).where(jobs.c.kind == telling.KIND)
        return tx.execute(mine).scalar_one(), tx.execute(mine.where(jobs.c.parked)).scalar_one()


def _until(servers: Servers, number: int, tried: bool = False) -> None:
    deadline = time.monotonic() + 20
    while True:
        with servers.service.database.reading() as tx:
            later = tx.execute(
                select(func.count()).where(jobs.c.kind == telling.KIND, jobs.c.due_us > servers.service.clock.now_us())
            ).scalar_one()
        if _waiting(servers) == (number, 0) and (not tried or later == number):
            return
        assert time.monotonic() < deadline, _waiting(servers)
        time.sleep(0.05)


def test_one_that_was_away_destroys_its_share_when_it_is_back(servers: Servers) -> None:
    person, other = Person(servers).ready(), Person(servers).ready()
    assert person.send(person.sealed()).status_code == 201
    assert servers.http.post("/v1/deletions", content=person.delete("all"), headers=person.headers).status_code == 202
    _until(servers, 1, tried=True)
    assert servers.guardian._shares.held(person.contributor) == [person.epoch], "nobody has told it yet"
    with guardian_server(servers):
        with servers.service.database.transaction() as tx:
            tx.execute(update(jobs).where(jobs.c.kind == telling.KIND).values(due_us=1))
        _until(servers, 0)
    assert servers.guardian._shares.held(person.contributor) == []
    assert servers.guardian._shares.held(other.contributor) == [other.epoch]
    with pytest.raises(Refused, match="destroyed"):
        person.deposit()


def test_single_segments_are_no_matter_of_the_guardians(servers: Servers) -> None:
    person = Person(servers).ready()
    segment = person.sealed()
    assert person.send(segment).status_code == 201
    body = person.delete("segments", segments=(segment.manifest.segment_id,))
    assert servers.http.post("/v1/deletions", content=body, headers=person.headers).status_code == 202
    assert _waiting(servers) == (0, 0)
