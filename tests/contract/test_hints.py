"""What is remembered between uploads accepts nothing: the database decides, whatever a process last saw."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from aboveboard.collector.heads import Heads
from aboveboard.collector.registries import token_hash
from aboveboard.collector.settings import Settings
from aboveboard.collector.storage.tables import devices, epochs
from tests.support.servers import Person, Servers, put_request, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


def _remembered(servers: Servers) -> Person:
    person = Person(servers).ready()
    for _ in range(2):
        assert person.send(person.sealed()).status_code == 201
    return person


def test_a_token_that_was_taken_back_counts_no_longer(servers: Servers) -> None:
    person = _remembered(servers)
    with servers.service.database.transaction() as tx:
        tx.execute(update(devices).where(devices.c.device == person.device).values(token_sha256=token_hash("other")))
    segment = person.sealed()
    for _ in range(2):
        answer = person.send(segment)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "token")
    person.token = "other"
    assert person.send(segment).status_code == 201


def test_a_consent_that_was_withdrawn_counts_no_longer(servers: Servers) -> None:
    person = _remembered(servers)
    assert person.say("withdrawn").status_code == 201
    assert person.send(person.sealed()).json()["error"]["reason"] == "no_consent"


def test_a_key_that_was_destroyed_takes_no_more(servers: Servers) -> None:
    person = _remembered(servers)
    with servers.service.database.transaction() as tx:
        tx.execute(update(epochs).where(epochs.c.epoch == person.epoch).values(deposit=None))
    assert person.send(person.sealed()).json()["error"]["reason"] == "destroyed"


def test_a_chain_that_went_on_elsewhere_is_followed_there(servers: Servers) -> None:
    """As when another server, or a restored database, knows better than this process."""
    person = _remembered(servers)
    one, other = person.sealed(), person.sealed()
    heads: Heads = servers.service.intake._heads
    before = heads._heads[person.device]
    assert person.send(one).status_code == 201
    heads._heads[person.device] = before  # what it still holds for the end of the chain, `other` follows
    answer = person.send(other)
    assert (answer.status_code, answer.json()["expected"]) == (409, 3)
    assert person.send(one).status_code == 200


def test_the_framework_s_route_answers_as_the_one_in_front(servers: Servers) -> None:
    """An address that the front does not know by sight: the same checks, the same answer."""
    person = _remembered(servers)
    segment = person.sealed()
    _, headers, body = put_request(person, segment)
    path = f"/v1/segments/{person.device}/+{segment.manifest.seq}"
    assert servers.http.put(path, content=body, headers=headers).status_code == 201
    assert person.send(segment).status_code == 200
    assert "/v1/segments/{device_id}/{seq}" in servers.http.get("/openapi.json").json()["paths"]
