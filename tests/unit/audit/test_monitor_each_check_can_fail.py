"""A person's own monitor: holds on an honest laptop, and each check fails when what it checks is broken."""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass

import msgspec
import pyrage
import pytest

from aboveboard.audit.facts import facts_of
from aboveboard.audit.laptop import Laptop, OwnSegment
from aboveboard.audit.log_reader import LogReading
from aboveboard.audit.own_checks import (
    check_own_accesses,
    check_own_accesses_complete,
    check_own_chain,
    check_own_consent_first,
    check_own_consents,
    check_own_consents_logged,
    check_own_policies,
    check_own_same_log,
    check_own_segments_consented,
    check_own_segments_held,
    check_own_segments_logged,
    own_checkpoints,
)
from aboveboard.audit.own_datasets import check_own_datasets, parse_manifest
from aboveboard.audit.own_terms import check_own_policy_in_force, check_own_within_terms
from aboveboard.audit.own_withdrawal import check_own_withdrawal_ends_reading
from aboveboard.audit.published import KnownPolicy
from aboveboard.audit.report import Check
from aboveboard.audit.spans import (
    Interval,
    Span,
    check_contiguous,
    check_events_in_span,
    check_holes_explained,
    check_nothing_while_paused,
    check_pauses_marked,
)
from aboveboard.core.access import ReleaseOpening, SignedGrant, new_grant, new_opening, sign_grant
from aboveboard.core.canonical import canonical
from aboveboard.core.charter_chain import Charters
from aboveboard.core.consent import ConsentRecord, SignedConsent, sign_consent
from aboveboard.core.events import Button, Focus, Gap, KeptEvent, Key, Redacted, Scene, Text
from aboveboard.core.ids import ContributorId, DeviceId, PolicyId, epoch_id_of, key_id_of
from aboveboard.core.leaves import DatasetBuiltLeaf, KeyReleasedLeaf, PolicyLeaf, segment_commitment
from aboveboard.core.merkle import leaf_hash, root_of_hashes
from aboveboard.core.proof import Batch
from aboveboard.core.signing import SigningKey
from aboveboard.wire.api import Access, Given
from aboveboard.wire.segment import GENESIS, seal, unseal
from tests.support.published import reading_of
from tests.support.world import DAY_S, T0_S, World

US = 1_000_000
NOON = T0_S * US


@dataclass
class Own:
    """A laptop with two segments, its world, and the policies that the log has."""

    world: World
    laptop: Laptop
    policies: dict[PolicyId, KnownPolicy]


def _own() -> Own:
    world = World()
    world.start_log()
    policy = world.policy()
    world.append(PolicyLeaf(policy.policy_id).encode())
    person, device = SigningKey.generate("contributor"), SigningKey.generate("device")
    contributor = ContributorId(key_id_of(person.verify_key.public))
    device_id = DeviceId(key_id_of(device.verify_key.public))
    record = ConsentRecord(
        "given", contributor, person.verify_key.encode(), device_id, policy.policy_id, ("pointer",), "0" * 64, NOON,
        "a" * 32,
    )  # fmt: skip
    consent = sign_consent(record, person)
    batch, place = world.batch([record.commitment], "rights")
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    sealed, prev = [], GENESIS
    for seq in range(2):
        start = NOON + (seq + 1) * 10 * US
        events = [Redacted(Button(start + US, 1, 2, 1, True)), Redacted(Gap(start + 2 * US, start + 3 * US, "paused"))]
        one = seal(
            events, session="5" * 32, start_us=start, end_us=start + 10 * US, seq=seq, prev=prev,
            contributor=contributor, device=device_id, epoch=epoch_id_of(recipient), recipient=recipient,
            policy=policy.policy_id, consent=record.consent_id, device_key=device,
        )  # fmt: skip
        sealed.append(one)
        prev = one.manifest.segment_id
    commitments = [segment_commitment(one.manifest.segment_id) for one in sealed]
    sent, sent_place = world.batch(commitments, "segments")
    segments = [
        OwnSegment(one.manifest.seq, one, 0, 0, world.batch_proof(sent, sent_place, commitment),
                   unseal(one, str(identity)))
        for one, commitment in zip(sealed, commitments, strict=True)
    ]  # fmt: skip
    consents: list[tuple[SignedConsent, object]] = [(consent, world.batch_proof(batch, place, record.commitment))]
    laptop = Laptop(
        contributor, device_id, device.verify_key, consents, segments,  # type: ignore[arg-type]
        [Interval(NOON + 12 * US, NOON + 13 * US), Interval(NOON + 22 * US, NOON + 23 * US)], "", "",
    )  # fmt: skip
    return Own(world, laptop, {policy.policy_id: KnownPolicy(policy, 1, T0_S - 31 * DAY_S, world.charter)})


@pytest.fixture
def own() -> Own:
    return _own()


def _spans(laptop: Laptop) -> list[Span]:
    return [span for each in laptop.segments if (span := each.span) is not None]


def _reading(entries: list[bytes], laptop: Laptop, charters: Charters) -> LogReading:
    return reading_of(entries, {checkpoint.size for checkpoint in own_checkpoints(laptop, charters)})


def _all(own: Own) -> list[Check]:
    laptop, charters = own.laptop, own.world.steps
    spans = _spans(laptop)
    return [
        check_own_consents(laptop),
        check_own_consents_logged(laptop, charters),
        check_own_policies(laptop, own.policies),
        check_own_chain(laptop),
        check_own_segments_consented(laptop),
        check_own_consent_first(laptop, charters),
        check_own_segments_logged(laptop, charters),
        check_own_same_log(laptop, _reading(own.world.entries, laptop, charters), charters),
        check_own_policy_in_force(laptop, own.policies, charters),
        check_own_within_terms(laptop, own.policies),
        check_own_datasets(laptop, [], facts_of(own.world.entries)),
        check_own_segments_held(laptop, [each.sealed.manifest for each in laptop.segments]),
        check_own_accesses(laptop, [], own.policies, charters),
        check_own_accesses_complete([], [], set()),
        check_own_withdrawal_ends_reading(laptop, [], [], charters),
        check_contiguous(spans),
        check_events_in_span(spans),
        check_nothing_while_paused(spans, laptop.pauses),
        check_pauses_marked(spans, laptop.pauses),
        check_holes_explained(spans),
    ]


def test_an_honest_laptop_holds_in_every_check(own: Own) -> None:
    assert [check for check in _all(own) if check.result != "holds"] == []


def test_a_dropped_segment_is_seen(own: Own) -> None:
    del own.laptop.segments[0]
    assert check_own_chain(own.laptop).result == "fails"


def test_segments_in_another_order_are_seen(own: Own) -> None:
    own.laptop.segments.reverse()
    assert check_own_chain(own.laptop).result == "fails"


def test_a_flipped_byte_of_a_segment_is_seen(own: Own) -> None:
    one = own.laptop.segments[0]
    sealed = bytearray(one.sealed.sealed)
    sealed[100] ^= 1
    one.sealed = msgspec.structs.replace(one.sealed, sealed=bytes(sealed))
    assert check_own_chain(own.laptop).result == "fails"


def test_a_segment_signed_by_another_device_is_seen(own: Own) -> None:
    own.laptop.device_key = SigningKey.generate("device").verify_key
    assert check_own_chain(own.laptop).result == "fails"


def test_a_file_that_cant_be_opened_is_seen(own: Own) -> None:
    own.laptop.problems.append("00000002.seg: can't be opened with this key")
    assert check_own_chain(own.laptop).result == "fails"


def test_a_consent_signed_by_somebody_else_is_seen(own: Own) -> None:
    signed, proof = own.laptop.consents[0]
    forged = sign_consent(signed.record, SigningKey.generate("contributor"))
    own.laptop.consents[0] = (forged, proof)
    assert check_own_consents(own.laptop).result == "fails"


def test_a_consent_without_its_proof_is_unknown_and_with_another_ones_fails(own: Own) -> None:
    signed, _ = own.laptop.consents[0]
    own.laptop.consents[0] = (signed, None)
    assert check_own_consents_logged(own.laptop, own.world.steps).result == "unknown"
    own.laptop.consents[0] = (signed, own.laptop.segments[0].proof)
    assert check_own_consents_logged(own.laptop, own.world.steps).result == "fails"


def test_a_segment_under_a_policy_that_nobody_signed_is_seen(own: Own) -> None:
    assert check_own_policies(own.laptop, {}).result == "fails"


def test_a_segment_under_no_consent_is_seen(own: Own) -> None:
    own.laptop.consents.clear()
    assert check_own_segments_consented(own.laptop).result == "fails"
    assert check_own_consent_first(own.laptop, own.world.steps).result == "fails"


def _say(own: Own, kind: str, at_us: int) -> None:
    signed, proof = own.laptop.consents[0]
    record = msgspec.structs.replace(signed.record, kind=kind, at_us=at_us, salt="b" * 32)
    own.laptop.consents.append((SignedConsent(record, signed.signature), proof))


def test_something_kept_after_the_person_left_is_seen(own: Own) -> None:
    _say(own, "opt_out", NOON + 30 * US)
    assert check_own_segments_consented(own.laptop).result == "holds"
    own.laptop.consents.pop()
    _say(own, "withdrawn", NOON + 15 * US)
    assert check_own_segments_consented(own.laptop).result == "fails"


def test_something_kept_before_the_consent_is_seen(own: Own) -> None:
    signed, proof = own.laptop.consents[0]
    body = own.laptop.segments[0].body
    assert body is not None
    early = msgspec.structs.replace(body, events=(Button(NOON - 1, 1, 2, 1, True), *body.events))
    own.laptop.segments[0].body = early
    assert (signed.record.at_us, proof is None) == (NOON, False)
    assert check_own_segments_consented(own.laptop).result == "fails"


def test_a_segment_that_is_in_the_log_before_its_consent_is_seen() -> None:
    own = _own()
    world, laptop = own.world, own.laptop
    signed, _ = laptop.consents[0]
    batch, place = world.batch([signed.record.commitment], "rights")  # logged again, after the segments
    laptop.consents[0] = (signed, world.batch_proof(batch, place, signed.record.commitment))
    assert check_own_consent_first(laptop, world.steps).result == "fails"


def test_a_segment_that_is_not_in_the_log_is_seen(own: Own) -> None:
    own.laptop.segments[1].proof = own.laptop.segments[0].proof
    assert check_own_segments_logged(own.laptop, own.world.steps).result == "fails"


def test_a_log_that_shows_this_person_another_history_is_seen(own: Own) -> None:
    charters = own.world.steps
    others = [*own.world.entries[:2], b"{}", *own.world.entries[3:]]
    for entries in (others, own.world.entries[:3]):
        assert check_own_same_log(own.laptop, _reading(entries, own.laptop, charters), charters).result == "fails"


def test_a_collector_that_lost_or_made_up_a_segment_is_seen(own: Own) -> None:
    manifests = [each.sealed.manifest for each in own.laptop.segments]
    assert check_own_segments_held(own.laptop, manifests[:1]).result == "fails"
    made_up = msgspec.structs.replace(manifests[1], seq=2)
    assert check_own_segments_held(own.laptop, [*manifests, made_up]).result == "fails"


def _access(own: Own, stewards: int, purpose: str = "train-agents") -> Access:
    world = own.world
    [name] = own.policies
    grant = new_grant(
        purpose=purpose, reader="Fola", reader_key=SigningKey.generate("reader").verify_key,  # type: ignore[arg-type]
        reader_recipient=str(pyrage.x25519.Identity.generate().to_public()), policies=(name,),
        contributors="all", created_us=NOON, expires_us=NOON + 86_400 * US,
    )  # fmt: skip
    signed = SignedGrant(grant)
    for key in world.stewards[:stewards]:
        signed = sign_grant(signed, key)
    epoch = own.laptop.segments[0].sealed.manifest.epoch
    opening: ReleaseOpening = new_opening(grant, own.laptop.contributor, epoch)
    index = world.append(opening.leaf().encode())
    return Access(opening, signed, NOON + US, world.proof(index).encode())


def test_an_access_is_shown_and_one_that_nobody_approved_is_seen(own: Own) -> None:
    charters = own.world.steps
    shown = check_own_accesses(own.laptop, [_access(own, 2)], own.policies, charters)
    assert (shown.result, "Fola (train-agents)" in shown.reason) == ("holds", True)
    assert check_own_accesses(own.laptop, [_access(own, 1)], own.policies, charters).result == "fails"
    other = _access(own, 2, "research-interfaces")
    assert check_own_accesses(own.laptop, [other], own.policies, charters).result == "fails"


def test_an_access_that_is_not_in_the_log_is_seen(own: Own) -> None:
    access = _access(own, 2)
    other = msgspec.structs.replace(access, opening=msgspec.structs.replace(access.opening, salt="0" * 32))
    assert check_own_accesses(own.laptop, [other], own.policies, own.world.steps).result == "fails"


def test_an_access_that_the_collector_hides_is_told_by_the_guardian(own: Own) -> None:
    access = _access(own, 2)
    given = [Given(access.opening, access.grant)]
    entries, wanted = own.world.entries, [access.opening.leaf().encode()]
    logged = reading_of(entries, wanted=wanted).found
    assert check_own_accesses_complete(given, [access], logged).result == "holds"
    hidden = check_own_accesses_complete(given, [], logged)
    assert (hidden.result, "does not show it" in hidden.reason) == ("fails", True)
    unlogged = check_own_accesses_complete(given, [access], reading_of(entries[:-1], wanted=wanted).found)
    assert (unlogged.result, "log lacks it" in unlogged.reason) == ("fails", True)
    assert check_own_accesses_complete([], [access], logged).result == "holds", "released, not yet given"


def test_something_recorded_or_accepted_before_the_notice_had_run_is_seen(own: Own) -> None:
    charters, [(name, known)] = own.world.steps, own.policies.items()
    assert check_own_policy_in_force(own.laptop, own.policies, charters).result == "holds"
    late = {name: KnownPolicy(known.policy, 1, T0_S - 29 * DAY_S, known.charter)}
    assert "before its policy" in check_own_policy_in_force(own.laptop, late, charters).reason
    assert check_own_policy_in_force(own.laptop, {}, charters).result == "fails"
    just = {name: KnownPolicy(known.policy, 1, T0_S - 30 * DAY_S, known.charter)}
    assert check_own_policy_in_force(own.laptop, just, charters).result == "holds"
    early = own.world.batch_proof(*_sent_again(own), note=own.world.note(T0_S - 5))
    own.laptop.segments[0].proof = early
    assert "accepted before" in check_own_policy_in_force(own.laptop, just, charters).reason


def _sent_again(own: Own) -> tuple[Batch, int, bytes]:
    commitment = segment_commitment(own.laptop.segments[0].sealed.manifest.segment_id)
    batch, place = own.world.batch([commitment], "segments")
    return batch, place, commitment


@pytest.mark.parametrize(
    "beyond",
    [
        Focus(NOON, "slack", None, "", (0, 0, 9, 9)),
        Focus(NOON, "chromium", "https://elsewhere.example", "", (0, 0, 9, 9)),
        Focus(NOON, "chromium", None, "", (0, 0, 9, 9)),
        Key(NOON, "Return"),
        Text(NOON, NOON, "hello"),
        Scene(NOON, ()),
    ],
)
def test_anything_beyond_the_terms_that_were_agreed_to_is_seen(own: Own, beyond: KeptEvent) -> None:
    """The consent of this laptop names pointers only; the policy lists chromium and libreoffice."""
    allowed = Focus(NOON, "chromium", "https://example.org", "Mail", (0, 0, 9, 9))
    for event, result in ((allowed, "holds"), (beyond, "fails")):
        body = own.laptop.segments[0].body
        assert body is not None
        own.laptop.segments[0].body = msgspec.structs.replace(body, events=(*body.events, event))
        assert check_own_within_terms(own.laptop, own.policies).result == result


def _manifest(own: Own, **changes: str) -> bytes:
    manifest = own.laptop.segments[0].sealed.manifest
    line = {"segment": manifest.segment_id, "policy": manifest.policy, "consent": manifest.consent, **changes}
    return canonical({"title": "Tasks", "purpose": "train-agents", "sources": [line], "root": _root(own)})


def _root(own: Own) -> str:
    return root_of_hashes([leaf_hash(own.laptop.segments[0].sealed.manifest.segment_id.encode())]).hex()


def test_a_dataset_that_is_not_given_or_holds_a_segment_under_other_terms_is_seen(own: Own) -> None:
    world, data = own.world, _manifest(own)
    world.append(KeyReleasedLeaf("1" * 64, "train-agents").encode())
    world.append(DatasetBuiltLeaf(_root(own), hashlib.sha256(data).hexdigest()).encode())
    facts = facts_of(world.entries)
    held = check_own_datasets(own.laptop, [parse_manifest(data, "manifest.json")], facts)
    assert (held.result, held.reason) == ("holds", "'Tasks' (train-agents) holds 1 of your segments")
    assert check_own_datasets(own.laptop, [], facts).result == "unknown"
    for changes in ({"policy": "9" * 64}, {"consent": "9" * 64}):
        other = parse_manifest(_manifest(own, **changes), "manifest.json")
        check = check_own_datasets(own.laptop, [other], facts)
        assert (check.result, "not in the log" in check.reason) == ("fails", True)
        world.append(DatasetBuiltLeaf(_root(own), other.digest.hex()).encode())
        check = check_own_datasets(own.laptop, [other], facts_of(world.entries))
        assert (check.result, "other terms" in check.reason) == ("fails", True)


def test_copies_share_nothing(own: Own) -> None:
    """The fixture is made anew for each test, so that one's damage is not another's."""
    assert copy.copy(own.laptop).segments is own.laptop.segments
    assert _own().laptop.device != own.laptop.device
