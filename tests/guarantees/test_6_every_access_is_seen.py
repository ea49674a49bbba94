"""Guarantee 6: two shares make a key; each keeper decides for itself; the access is in the log before, and shown."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pyrage
import pytest

from aboveboard.audit.laptop import Laptop
from aboveboard.audit.own_checks import check_own_accesses
from aboveboard.core.errors import BadInput, CheckFailed, Refused, Unavailable
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import join_secret
from aboveboard.wire.api import (
    Given,
    GuardianReleaseReply,
    MyAccesses,
    MyGiven,
    from_base64,
    parse,
    sign_given_request,
    to_base64,
)
from aboveboard.wire.segment import unseal
from aboveboard.witness.given import GivenRecords
from aboveboard.witness.releases import read_releases
from tests.support.servers import Person, Researcher, Servers, now_us, running
from tests.support.world import World


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers")) as made:
        yield made


def _mine(reader: Researcher, person: Person) -> tuple[Any, Any]:
    """(release of this person's key, the whole reply)."""
    reply = reader.release()
    return next(each for each in reply.releases if each.opening.contributor == person.contributor), reply


def _give(servers: Servers, request: Any) -> bytes:
    reply = servers.guardian.release("/v1/release", request.to_bytes())
    return from_base64(parse(reply.body, "share", GuardianReleaseReply).share, "share")


def test_both_shares_open_the_data_and_the_person_sees_it(servers: Servers) -> None:
    person = Person(servers).ready()
    segment = person.sealed()
    person.send(segment)
    seen = servers.http.get("/v1/me/accesses", headers=person.headers).json()["accesses"]
    assert seen == []
    reader = Researcher(servers)
    assert reader.bring().status_code == 201
    release, reply = _mine(reader, person)
    ours = pyrage.decrypt(from_base64(release.collector_share, "share"), [reader.identity])
    theirs = pyrage.decrypt(_give(servers, reader.to_guardian(release, reply)), [reader.identity])
    assert unseal(segment, join_secret(ours, theirs)).events
    answer = servers.http.get("/v1/me/accesses", headers=person.headers)
    accesses = parse(answer.content, "accesses", MyAccesses).accesses
    laptop = Laptop(person.contributor, person.device, person.device_key.verify_key, [], [], [], "", "")
    check = check_own_accesses(laptop, accesses, {}, servers.world.steps)
    assert (check.result, "Fola" in check.reason) == ("holds", True)
    assert release.opening.leaf().commitment in {each.commitment for each in read_releases(servers.folder)}
    # The same again is the same access, not another one.
    assert _mine(reader, person)[0].opening == release.opening


def test_the_employers_share_alone_opens_nothing(servers: Servers) -> None:
    person = Person(servers).ready()
    segment = person.sealed()
    person.send(segment)
    reader = Researcher(servers)
    reader.bring()
    release, _ = _mine(reader, person)
    share = pyrage.decrypt(from_base64(release.collector_share, "share"), [reader.identity])
    with pytest.raises(CheckFailed):
        join_secret(share, share)
    with pytest.raises((pyrage.IdentityError, CheckFailed, ValueError, UnicodeDecodeError)):
        unseal(segment, share.decode("latin-1"))


def test_the_guardian_believes_nothing_it_has_not_checked(servers: Servers) -> None:
    """Every lie a collector could tell it, one by one; then the truth."""
    world = servers.world
    person, other = Person(servers).ready(), Person(servers).ready()
    reader = Researcher(servers)
    reader.bring()
    release, reply = _mine(reader, person)
    theirs, _ = _mine(reader, other)
    honest = reader.to_guardian(release, reply)
    one_steward = Researcher(servers, 1, key=reader.key)
    twice = msgspec.structs.replace(reader.signed, signatures=(reader.signed.signatures[0],) * 2)
    widened = msgspec.structs.replace(reader.signed.grant, expires_us=reader.signed.grant.expires_us + 1)
    expired = Researcher(servers, 2, {"created_us": now_us() - 10**10, "expires_us": now_us() - 1})
    purpose = Researcher(servers, 2, {"purpose": "research-interfaces"})
    unsigned = world.signed(servers.policy, [world.employer, world.representatives[0]])
    unlogged = world.signed(world.policy(notice_days=0, starts="2026-01-02"))
    lies: dict[str, dict[str, Any]] = {
        "one steward": {"grant": one_steward.signed},
        "one steward twice": {"grant": twice},
        "a grant widened after it was signed": {"grant": msgspec.structs.replace(reader.signed, grant=widened)},
        "an expired grant": {"grant": expired.signed},
        "a purpose the policy does not name": {"grant": purpose.signed},
        "a policy that one representative signed": {"signed_policy": to_base64(unsigned.to_bytes())},
        "a policy that is not in the log": {"signed_policy": to_base64(unlogged.to_bytes())},
        "another's release": {"opening": theirs.opening},
        "another's epoch": {"opening": msgspec.structs.replace(release.opening, epoch=other.epoch)},
        "a release that is not in the log": {"opening": msgspec.structs.replace(release.opening, salt="0" * 32)},
        "another entry's proof": {"log_proof": reply.policies[0].log_proof},
    }
    before = len(read_releases(servers.folder))
    believed = []
    for lie, changes in lies.items():
        with contextlib.suppress(Refused, CheckFailed, BadInput):
            _give(servers, msgspec.structs.replace(honest, **changes))
            believed.append(lie)
    assert believed == []
    assert len(read_releases(servers.folder)) == before
    assert _give(servers, honest)


def _ask(servers: Servers, person: Person, key: SigningKey | None = None, at_us: int | None = None) -> list[Given]:
    request = sign_given_request(person.contributor, key or person.key, at_us or now_us())
    return list(parse(servers.guardian.given("/v1/given", request.to_bytes()).body, "given", MyGiven).given)


def test_the_guardian_tells_the_person_what_it_gave_and_nobody_else(servers: Servers) -> None:
    """So that a collector that shows nothing hides nothing."""
    person, other = Person(servers).ready(), Person(servers).ready()
    assert _ask(servers, person) == []
    reader = Researcher(servers)
    reader.bring()
    release, reply = _mine(reader, person)
    assert _ask(servers, person) == [], "nothing was given yet"
    _give(servers, reader.to_guardian(release, reply))
    _give(servers, reader.to_guardian(release, reply))
    assert [(each.opening, each.grant) for each in _ask(servers, person)] == [(release.opening, reader.signed)]
    assert _ask(servers, other) == []
    with pytest.raises(CheckFailed):
        _ask(servers, person, key=other.key)
    with pytest.raises(Refused, match="dated"):
        _ask(servers, person, at_us=now_us() - 3600 * 1_000_000)


def test_what_was_given_is_written_down_before_it_leaves(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(servers).ready()
    reader = Researcher(servers)
    reader.bring()
    release, reply = _mine(reader, person)

    def full(*_: Any) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(GivenRecords, "record", full)
    with pytest.raises(Unavailable):
        _give(servers, reader.to_guardian(release, reply))


def test_a_checkpoint_without_the_workers_witness_moves_no_share(servers: Servers) -> None:
    person = Person(servers).ready()
    reader = Researcher(servers)
    reader.bring()
    release, reply = _mine(reader, person)
    lines = release.log_proof.splitlines(keepends=True)
    without = "".join(line for line in lines if not line.startswith("— witness-council "))
    assert len(without) < len(release.log_proof)
    with pytest.raises(Refused, match="log"):
        _give(servers, reader.to_guardian(release, reply, log_proof=without))


def test_a_reader_does_not_approve_their_own_reading() -> None:
    """Also when the reader is a steward."""
    from aboveboard.core.access import SignedGrant, check_grant, new_grant, sign_grant

    world = World()
    policy = world.policy()
    grant = new_grant(
        purpose="train-agents", reader="a steward", reader_key=world.stewards[0].verify_key, reader_recipient="age1",
        policies=(policy.policy_id,), contributors="all", created_us=0, expires_us=1000,
    )  # fmt: skip
    signed: SignedGrant = sign_grant(sign_grant(grant, world.stewards[0]), world.stewards[1])
    with pytest.raises(Refused, match="other than the reader"):
        check_grant(signed, world.charter, policy, 1)
    check_grant(sign_grant(signed, world.stewards[2]), world.charter, policy, 1)
