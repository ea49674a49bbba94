"""Guarantee 8: at the person's signed word files and shares are gone on both sides, and the log says asked and done."""

from __future__ import annotations

import time

import pytest

from aboveboard.audit.source import FolderSource
from aboveboard.audit.verify import verify
from aboveboard.core.access import SignedDeletion
from aboveboard.core.errors import CheckFailed, Corrupt, Refused
from aboveboard.core.ids import SegmentId
from tests.support.servers import Person, Researcher, Servers


def _files(servers: Servers, person: Person) -> list[str]:
    return [stored.name.path for stored in servers.service.blobs.names(person.contributor)]


def _ask(servers: Servers, person: Person, body: bytes) -> None:
    answer = servers.http.post("/v1/deletions", content=body, headers=person.headers)
    assert answer.status_code == 202, answer.text
    name = answer.json()["deletion"]
    deadline = time.monotonic() + 10
    while not servers.http.get(f"/v1/deletions/{name}", headers=person.headers).json()["done"]:
        assert time.monotonic() < deadline, "not done in time"
        time.sleep(0.05)


def test_single_segments_go_and_stay_in_the_chain_by_their_manifests(servers: Servers) -> None:
    person = Person(servers).ready()
    first, second = person.sealed(), None
    person.send(first)
    second = person.sealed()
    person.send(second)
    _ask(servers, person, person.delete("segments", segments=(SegmentId(first.manifest.segment_id),)))
    assert len(_files(servers, person)) == 1
    assert servers.http.get("/v1/me/segments/0", headers=person.headers).status_code in (403, 404, 410)
    assert servers.http.get("/v1/me/segments/1", headers=person.headers).status_code == 200
    assert len(servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"]) == 2


def test_all_of_it_goes_on_both_sides_and_nobody_can_read_it_any_more(servers: Servers) -> None:
    person = Person(servers).ready()
    segment = person.sealed()
    person.send(segment)
    assert len(_files(servers, person)) == 1
    body = person.delete("all")
    _ask(servers, person, body)
    servers.guardian.destroy("/v1/destroy", body)
    assert _files(servers, person) == []
    reader = Researcher(servers)
    reader.bring()
    assert person.contributor not in {each.opening.contributor for each in reader.release().releases}
    for path in servers.folder.rglob("*"):
        if path.is_file() and path.suffix != ".sqlite-wal":
            assert segment.sealed[:64] not in path.read_bytes(), path
    answer, _ = servers.http.put(f"/v1/epochs/{person.epoch}", content=b"{}", headers=person.headers), None
    assert answer.status_code >= 400


def test_the_guardian_destroys_without_asking_the_collector_and_takes_no_share_back(servers: Servers) -> None:
    person = Person(servers).ready()
    reader = Researcher(servers)
    reader.bring()
    reply = reader.release()
    release = next(each for each in reply.releases if each.opening.contributor == person.contributor)
    request = reader.to_guardian(release, reply)
    assert servers.guardian.release("/v1/release", request.to_bytes()).status == 200
    servers.guardian.destroy("/v1/destroy", person.delete("epochs", epochs=(person.epoch,)))
    with pytest.raises((Refused, Corrupt)):
        servers.guardian.release("/v1/release", request.to_bytes())
    with pytest.raises(Refused):
        person.deposit()


def test_nobody_deletes_for_somebody_else(servers: Servers) -> None:
    person, other = Person(servers).ready(), Person(servers).ready()
    person.send(person.sealed())
    body = person.delete("all")
    assert servers.http.post("/v1/deletions", content=body, headers=other.headers).status_code == 403
    forged = SignedDeletion(SignedDeletion.parse(body).request, SignedDeletion.parse(other.delete("all")).signature)
    assert servers.http.post("/v1/deletions", content=forged.to_bytes(), headers=person.headers).status_code in (
        403,
        422,
    )
    with pytest.raises(CheckFailed):
        servers.guardian.destroy("/v1/destroy", forged.to_bytes())
    assert len(_files(servers, person)) == 1


def test_the_log_alone_shows_what_was_asked_and_done(servers: Servers) -> None:
    person = Person(servers).ready()
    _ask(servers, person, person.delete("all"))
    deadline = time.monotonic() + 10
    while True:
        report, found = verify(FolderSource(servers.folder / "collector"), servers.world.charter)
        facts = found.reading.facts
        if facts.asked_n and facts.done_n and not facts.asked and report.ok:  # one may be said to be done twice
            break
        assert time.monotonic() < deadline, report.to_text()
        time.sleep(0.1)
