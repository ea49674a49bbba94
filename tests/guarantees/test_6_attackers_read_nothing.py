"""Guarantee 6 attacked: by a steward alone, a researcher beyond the grant, whoever has the collector's machine with
all its keys, and a collector that hides a reading from one person. Each by its own ways in."""

from __future__ import annotations

import itertools
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import select

from aboveboard.collector.storage.tables import metadata
from aboveboard.core.errors import AboveboardError, CheckFailed, Refused
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import SignedDeposit, join_secret
from aboveboard.datasets.reader import Opened
from aboveboard.wire.api import MyAccesses, from_base64, parse, reader_headers
from aboveboard.wire.segment import parse as parse_segment
from aboveboard.wire.segment import unseal
from tests.support.attackers import Watch, guardian_server, reader_of, sent, sql
from tests.support.servers import DAY_US, Person, Researcher, Servers, now_us


def test_a_steward_alone_gets_no_key_released(servers: Servers) -> None:
    """With their own key as the reader's, signing once, twice, or asking for what no policy names."""
    sent(servers)
    steward, second = servers.world.stewards[:2]
    alone = [
        Researcher(servers, 1, key=SigningKey.generate("reader")),
        Researcher(servers, 2, key=steward),  # reader and one of two
        Researcher(servers, 2, {"purpose": "research-interfaces"}),
        Researcher(servers, 2, {"expires_us": now_us() + 400 * DAY_US}),
        Researcher(servers, 2, {"policies": ()}),
    ]
    before = servers.get("/published/counters.json").json()["key_released"]
    for each in alone:
        assert each.bring().status_code == 403
        assert each.ask("POST", f"/v1/grants/{each.signed.grant.grant_id}/release").status_code == 403
        assert each.ask("GET", f"/v1/grants/{each.signed.grant.grant_id}/segments").status_code == 403
    assert servers.get("/published/counters.json").json()["key_released"] == before
    assert second != steward


def test_what_lies_in_the_log_or_in_a_link_is_no_way_around_the_grant(servers: Servers) -> None:
    """A segment's name is known to many: its bytes come only to its person and to a reader whose grant holds."""
    person, segment = sent(servers)
    stranger = Person(servers).ready()
    name = segment.manifest.segment_id
    for path in (
        f"/v1/segments/{person.device}/0", f"/v1/segments/{name}", f"/blobs/{name}", f"/published/{name}",
        f"/published/..%2f..%2fblobs/{person.contributor}", f"/tile/../../blobs/{person.contributor}",
    ):  # fmt: skip
        assert servers.http.get(path, headers=stranger.headers).status_code in (403, 404, 405), path
    assert stranger.send(segment).status_code in (401, 403, 409, 422)
    assert servers.http.get("/v1/me/segments/0", headers=stranger.headers).status_code != 200


def test_a_researcher_reads_nothing_beyond_the_grant(servers: Servers) -> None:
    """Another person than the grant names; another reader with a grant that was overheard; a request said again."""
    named, _ = sent(servers)
    other, segment = sent(servers)
    researcher = Researcher(servers, 2, {"contributors": (named.contributor,)})
    assert researcher.bring().status_code == 201
    assert {each.opening.contributor for each in researcher.release().releases} == {named.contributor}
    base = f"/v1/grants/{researcher.signed.grant.grant_id}"
    assert researcher.ask("GET", f"{base}/segments/{segment.manifest.segment_id}").status_code == 403
    assert other.contributor not in researcher.ask("GET", f"{base}/segments").text
    thief = SigningKey.generate("reader")
    assert researcher.ask("POST", f"{base}/release", key=thief).status_code == 401
    heard = reader_headers(researcher.key, "GET", f"{base}/segments", now_us())
    assert servers.http.get(f"{base}/segments", headers=heard).status_code == 200
    assert servers.http.post(f"{base}/release", headers=heard).status_code == 401, "said again for something else"
    old = reader_headers(researcher.key, "GET", f"{base}/segments", now_us() - 600_000_000)
    assert servers.http.get(f"{base}/segments", headers=old).status_code == 401, "said again much later"


class Ahead:
    """Two minutes ahead: the collector's clock when the grant has run out."""

    def now_us(self) -> int:
        return now_us() + 120_000_000


def test_a_key_from_a_grant_that_has_expired_gets_nothing_new_to_open(servers: Servers) -> None:
    """The key opens a whole month; the grant ends before it."""
    person, _ = sent(servers)
    with guardian_server(servers) as guardian:
        researcher = Researcher(
            servers, 2, {"contributors": (person.contributor,), "expires_us": now_us() + 100_000_000}
        )
        reader = reader_of(servers, researcher, guardian)
        assert reader.unlock() == 1
        assert len([each for each in reader.segments() if isinstance(each, Opened)]) == 1
        later = person.sealed()
        assert person.send(later).status_code == 201
        honest = servers.service.clock
        object.__setattr__(servers.service, "clock", Ahead())
        try:
            with pytest.raises(Refused, match="expired"):
                list(reader.segments())
            base = f"/v1/grants/{researcher.signed.grant.grant_id}/segments"
            assert researcher.ask("GET", f"{base}/{later.manifest.segment_id}").status_code == 403
        finally:
            object.__setattr__(servers.service, "clock", honest)
        reader.close()


def test_the_whole_collector_with_its_master_key_opens_nothing(servers: Servers) -> None:
    """Every row, every blob, every key on the machine; each key, each share and each pair of shares is tried."""
    people = [sent(servers)[0] for _ in range(3)]
    researcher = Researcher(servers)
    researcher.bring()
    researcher.release()  # the employer has two stewards, too
    service = servers.service
    blobs = [service.blobs.get(stored.name) for stored in service.blobs.names()]
    assert len(blobs) >= len(people)
    shares, rows = [], 0
    with service.database.reading() as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(select(table)):
                rows += 1
                if table.name == "epochs" and row.deposit:
                    deposit = SignedDeposit.parse(row.deposit).deposit
                    assert not deposit.guardian_share
                    shares.append(pyrage.decrypt(from_base64(deposit.collector_share, "share"), [service.keys.vault]))
    assert rows > len(shares) >= len(people)
    joined = []
    for one, two in itertools.combinations(shares, 2):
        with pytest.raises(CheckFailed):
            joined.append(join_secret(one, two))
    keys = [str(service.keys.vault), *joined, *(share.decode("latin-1") for share in shares)]
    opened = []
    for data in blobs:
        for key in keys:
            try:
                opened.append(unseal(parse_segment(data), key))
            except (AboveboardError, pyrage.IdentityError, ValueError):
                continue
    assert opened == []
    assert unseal(parse_segment(service.blobs.get(next(iter(service.blobs.names(people[0].contributor))).name)),
                  people[0].identity).events  # fmt: skip


def test_a_collector_that_hides_a_reading_from_one_person_is_found_out_by_them(
    servers: Servers, tmp_path: Path
) -> None:
    person, segment = sent(servers)
    other, _ = sent(servers)
    assert person.consent is not None
    with guardian_server(servers) as guardian:
        watch = Watch(servers, person, [person.consent], [segment], guardian, tmp_path / "monitor")
        reader = reader_of(servers, Researcher(servers), guardian)
        assert reader.unlock() >= 2
        reader.close()
        honest = watch.look()
        assert honest["own_accesses_complete"].result == "holds", honest["own_accesses_complete"].reason
        assert sql(servers, "DELETE FROM releases WHERE contributor = :who", who=person.contributor) == 1
        told = _accesses(servers, other)
        assert told == 1, "the others are shown theirs"
        found = watch.look()
        assert found["own_accesses_complete"].result == "fails"
        assert "does not show it" in found["own_accesses_complete"].reason


def _accesses(servers: Servers, person: Person) -> int:
    answer = servers.http.get("/v1/me/accesses", headers=person.headers)
    return len(parse(answer.content, "accesses", MyAccesses).accesses)
