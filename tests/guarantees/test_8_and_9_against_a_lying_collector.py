"""Guarantees 8 and 9 attacked by whoever runs the collector: its own rules are taken out one by one, and what stands
against it is the guardian, the reader's machine, the log, and the person's monitor."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.audit.programme_checks import check_deletions
from aboveboard.audit.source import FolderSource
from aboveboard.audit.verify import verify
from aboveboard.collector import deletion
from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import AboveboardError, Refused
from aboveboard.core.keeping import kept_until_us
from aboveboard.core.leaves import DAY_US, DELETION_DAYS_MAX
from tests.support.attackers import Watch, guardian_server, reader_of, sent, sql
from tests.support.servers import Person, Researcher, Servers, now_us

NOBODY_WITHDREW = "aboveboard.collector.scope.withdrawn"


def test_a_deletion_that_the_collector_skips_ends_reading_and_shows(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the request, puts it into the log because the person waits for that, and keeps everything."""
    person, _ = sent(servers)
    monkeypatch.setattr(deletion, "forbid", lambda *_: None)
    monkeypatch.setattr(deletion, "enqueue", lambda *_: None)
    body = person.delete("all")
    assert servers.http.post("/v1/deletions", content=body, headers=person.headers).status_code == 202
    servers.guardian.destroy("/v1/destroy", body)
    researcher = Researcher(servers, 2, {"contributors": (person.contributor,)})
    with guardian_server(servers) as guardian:
        reader = reader_of(servers, researcher, guardian)
        with pytest.raises(AboveboardError, match="destroyed"):
            reader.unlock()
        reader.close()
    assert servers.proven(f"/v1/leaves/{servers.service.log.size - 1}/proof", {}).status_code == 200
    _, found = verify(FolderSource(servers.folder / "collector"), servers.world.charter)
    today_s = now_us() // 1_000_000
    assert check_deletions(found.reading.facts, today_s).result == "holds"
    overdue_s = today_s + (DELETION_DAYS_MAX + 2) * DAY_US // 1_000_000
    assert "overdue" in check_deletions(found.reading.facts, overdue_s).reason


def test_a_reading_after_a_withdrawal_is_found_out_by_the_person(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the places of both in the log, also when the person has left since."""
    person, segment = sent(servers)
    assert person.consent is not None
    said = [person.consent]
    researcher = Researcher(servers, 2, {"contributors": (person.contributor,)})
    late = Researcher(servers, 2, {"contributors": (person.contributor,)})
    with guardian_server(servers) as guardian:
        reader = reader_of(servers, researcher, guardian)
        assert reader.unlock() == 1
        reader.close()
        said += [person.words(word) for word in ("withdrawn", "opt_out")]
        watch = Watch(servers, person, said, [segment], guardian, tmp_path / "monitor")
        honest = watch.look()["own_withdrawal_ends_reading"]
        assert honest.result == "holds", honest.reason
        assert reader_of(servers, late, guardian).unlock() == 0, "the honest collector gives none"
        monkeypatch.setattr(NOBODY_WITHDREW, lambda *_: False)
        assert reader_of(servers, late, guardian).unlock() == 1
        found = watch.look()["own_withdrawal_ends_reading"]
        assert (found.result, "after the withdrawal" in found.reason) == ("fails", True)


def test_a_wider_policy_reaches_nothing_that_was_given_before_it(servers: Servers) -> None:
    """The new policy is signed by both sides, and in the log. The collector writes the old data over to it."""
    world = servers.world
    person, _ = sent(servers)
    purposes = ("train-agents", "research-interfaces")
    wider = world.policy(notice_days=0, starts="2026-01-01", version=2, purposes=purposes)
    assert servers.http.post("/v1/policies", content=world.signed(wider).to_bytes()).status_code == 201
    assert servers.proven(f"/v1/leaves/{servers.service.log.size - 1}/proof", {}).status_code == 200
    both = {"policies": (servers.policy.policy_id, wider.policy_id), "purpose": "research-interfaces"}
    assert Researcher(servers, 2, both).bring().status_code == 403, "not in the terms of the old one"
    only = {"policies": (wider.policy_id,), "purpose": "research-interfaces", "contributors": (person.contributor,)}
    with guardian_server(servers) as guardian:
        assert reader_of(servers, Researcher(servers, 2, only), guardian).unlock() == 0
        moved = sql(servers, "UPDATE epochs SET policy = :new WHERE contributor = :who", new=wider.policy_id,
                    who=person.contributor)  # fmt: skip
        assert moved == 1
        with pytest.raises(AboveboardError, match=r"policy that it did not show"):
            reader_of(servers, Researcher(servers, 2, only), guardian).unlock()
        # Past the reader's machine, too: the guardian decides alone, by the deposit that the person signed.
        researcher = Researcher(servers, 2, only)
        assert researcher.bring().status_code == 201
        reply = researcher.release()
        [release] = reply.releases
        with pytest.raises(Refused, match="given under another policy"):
            servers.guardian.release("/v1/release", researcher.to_guardian(release, reply).to_bytes())
        sql(servers, "UPDATE epochs SET policy = :old WHERE contributor = :who", old=servers.policy.policy_id,
            who=person.contributor)  # fmt: skip
    assert person.say(policy=wider.policy_id).status_code == 201
    assert servers.policy.policy_id in {each["policy"] for each in _mine(servers, person)}


def _mine(servers: Servers, person: Person) -> list[dict[str, str]]:
    segments: list[dict[str, str]] = servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"]
    return segments


def test_a_segment_under_terms_that_nobody_agreed_to_is_not_taken(servers: Servers) -> None:
    """A recorder that goes on by the old yes when the policy has changed, or after a no."""
    person, _ = sent(servers)
    wider = servers.world.policy(notice_days=0, starts="2026-01-01", version=3, apps=("chromium", "gimp"))
    servers.http.post("/v1/policies", content=servers.world.signed(wider).to_bytes())
    old, servers.policy = servers.policy, wider
    try:
        assert person.send(person.sealed()).status_code == 403
    finally:
        servers.policy = old
    assert person.say("withdrawn").status_code == 201
    assert person.send(person.sealed()).status_code == 403


def test_a_collector_that_ignores_the_days_of_keeping_reads_nothing_after_them(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It never sweeps, and its clock stands still. The guardian goes by its own, for good."""
    person, _ = sent(servers)
    researcher = Researcher(servers, 2, {"contributors": (person.contributor,), "expires_us": now_us() + 300 * DAY_US})
    assert researcher.bring().status_code == 201
    reply = researcher.release()
    [release] = reply.releases
    request = researcher.to_guardian(release, reply).to_bytes()
    shares = servers.guardian._shares
    came_us = shares.came_us(person.contributor, person.epoch)
    until_us = kept_until_us(servers.policy, came_us)
    assert 90 * DAY_US < until_us - came_us <= 122 * DAY_US
    with monkeypatch.context() as patch:
        patch.setattr(servers.guardian, "_clock", FixedClock(until_us - 1))
        assert servers.guardian.release("/v1/release", request).status == 200
        patch.setattr(servers.guardian, "_clock", FixedClock(until_us))
        with pytest.raises(Refused, match="days of keeping"):
            servers.guardian.release("/v1/release", request)
    assert shares.held(person.contributor) == []
    with pytest.raises(Refused, match="no share"):
        servers.guardian.release("/v1/release", request)
    person.deposit()
    assert shares.came_us(person.contributor, person.epoch) == came_us, "the same share brought anew is as old"
