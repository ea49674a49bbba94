"""What a contributor's own monitor checks, with their keys and proofs. Pure functions over what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from functools import partial

from aboveboard.audit.laptop import Laptop, OwnSegment
from aboveboard.audit.log_reader import LogReading
from aboveboard.audit.published import KnownPolicy
from aboveboard.audit.report import Check, checked, judged
from aboveboard.core.access import check_grant
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import Charters, under
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.consent import SignedConsent, check_consent
from aboveboard.core.errors import AboveboardError, CheckFailed, Refused, Unavailable
from aboveboard.core.events import Gap
from aboveboard.core.ids import PolicyId
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.policy import Policy
from aboveboard.core.proof import BatchProof, LogProof, check_batch_proof, check_proof
from aboveboard.wire.api import Access, Given
from aboveboard.wire.segment import Manifest, check_chain


def check_own_consents(laptop: Laptop) -> Check:
    """Every consent on the laptop is this person's, signed by their key."""
    problems = []
    for signed, _ in laptop.consents:
        try:
            check_consent(signed)
            if signed.record.contributor != laptop.contributor:
                raise CheckFailed("it is another person's")
        except AboveboardError as error:
            problems.append(f"consent {signed.record.consent_id[:16]}: {error}")
    said = ", ".join(signed.record.kind for signed, _ in laptop.consents) or "none"
    return judged("own_consents", problems, f"signed by this person's key: {said}")


def check_own_consents_logged(laptop: Laptop, charters: Charters) -> Check:
    """Each is in a batch of rights that is in the log under the quorum."""

    def run() -> str:
        for signed, proof in laptop.consents:
            batched(signed.record.commitment, proof, charters, "rights", f"consent {signed.record.consent_id[:16]}")
        return f"{len(laptop.consents)} consents and withdrawals, each in the log as cosigned by the quorum"

    return checked("own_consents_logged", run)


def batched(commitment: bytes, proof: BatchProof | None, charters: Charters, what: str, name: str) -> int:
    """Index of the batch's entry. Raises Unavailable without a proof, CheckFailed for one that doesn't hold."""
    if proof is None:
        raise Unavailable(f"{name} has no proof yet: the recorder fetches it when the log has it")
    if proof.what != what:
        raise CheckFailed(f"{name}: its proof is of a batch of {proof.what}")
    try:
        _, _, index = under(charters, lambda charter: check_batch_proof(commitment, proof, charter))
    except CheckFailed as error:
        raise CheckFailed(f"{name}: {error}") from error
    return index


def check_own_policies(laptop: Laptop, policies: Mapping[PolicyId, KnownPolicy]) -> Check:
    """Every segment was recorded under a policy that the log has with all its signatures."""
    problems = [
        f"segment {each.seq} names the policy {each.sealed.manifest.policy[:16]}, which is not published and valid"
        for each in laptop.segments if each.sealed.manifest.policy not in policies
    ]  # fmt: skip
    names = {each.sealed.manifest.policy for each in laptop.segments}
    return judged("own_policies", problems, f"recorded under {len(names)} policies, each signed by both sides")


def check_own_chain(laptop: Laptop) -> Check:
    """From number 0 on, each segment signed by this device and following the one before it; every file readable."""

    def run() -> str:
        if laptop.problems:
            raise CheckFailed(laptop.problems[0])
        for each in laptop.segments:
            if each.sealed.manifest.contributor != laptop.contributor:
                raise CheckFailed(f"segment {each.seq} is another person's")
            each.sealed.verify(laptop.device_key)
        manifests = [each.sealed.manifest for each in laptop.segments]
        if laptop.held is None:
            check_chain(manifests)
            return f"{len(laptop.segments)} segments, none dropped, inserted, reordered or altered"
        # Of an archive: deleted ones are known by their manifests, which the next one's "prev" vouches for.
        check_chain(list(laptop.held))
        if any(laptop.held[each.seq : each.seq + 1] != (each,) for each in manifests):
            raise CheckFailed("a segment is not the one of its number in the chain")
        deleted = len(laptop.held) - len(manifests)
        return f"{len(manifests)} segments and {deleted} deleted, none dropped, inserted, reordered or altered"

    return checked("own_chain", run)


def _consent_of(laptop: Laptop, segment: OwnSegment) -> SignedConsent | None:
    wanted = segment.sealed.manifest.consent
    return next((signed for signed, _ in laptop.consents if signed.record.consent_id == wanted), None)


def check_own_segments_consented(laptop: Laptop) -> Check:
    """Each goes by a consent of this person to its very policy; nothing was kept before it, or after a "no"."""
    problems = []
    for each in laptop.segments:
        consent = _consent_of(laptop, each)
        if consent is None or consent.record.kind != "given":
            problems.append(f"segment {each.seq} names a consent that was never given")
            continue
        if consent.record.policy != each.sealed.manifest.policy:
            problems.append(f"segment {each.seq} was recorded under another policy than was consented to")
        kept = [event.t_us for event in each.body.events if not isinstance(event, Gap)] if each.body else []
        if kept and min(kept) < consent.record.at_us:
            problems.append(f"segment {each.seq} holds something from before the consent")
        ended = _ended_us(laptop, consent)
        if kept and ended is not None and max(kept) > ended:
            problems.append(f"segment {each.seq} holds something from after the person had said no")
    return judged("own_segments_consented", problems, f"{len(laptop.segments)} segments, each under a consent to it")


def _ended_us(laptop: Laptop, consent: SignedConsent) -> int | None:
    """When the first "no" after this consent was said."""
    later = [s.record.at_us for s, _ in laptop.consents
             if s.record.kind != "given" and s.record.at_us >= consent.record.at_us]  # fmt: skip
    return min(later, default=None)


def check_own_consent_first(laptop: Laptop, charters: Charters) -> Check:
    """In the log, each consent stands before the first segment that goes by it."""

    def run() -> str:
        places = {
            signed.record.consent_id: batched(signed.record.commitment, proof, charters, "rights", "the consent")
            for signed, proof in laptop.consents
        }
        for each in laptop.segments:
            commitment = segment_commitment(each.sealed.manifest.segment_id)
            index = batched(commitment, each.proof, charters, "segments", f"segment {each.seq}")
            if each.sealed.manifest.consent not in places:
                raise CheckFailed(f"segment {each.seq} names a consent that was never given")
            if index <= places[each.sealed.manifest.consent]:
                raise CheckFailed(f"segment {each.seq} is in the log before the consent that it goes by")
        return "the consent stands in the log before the first segment"

    return checked("own_consent_first", run)


def check_own_segments_logged(laptop: Laptop, charters: Charters) -> Check:
    """Each segment is in a batch in the log."""

    def run() -> str:
        for each in laptop.segments:
            commitment = segment_commitment(each.sealed.manifest.segment_id)
            batched(commitment, each.proof, charters, "segments", f"segment {each.seq}")
        return f"{len(laptop.segments)} segments, each in the log as cosigned by the quorum"

    return checked("own_segments_logged", run)


def _checkpoint_of(proof: BatchProof, charters: Charters) -> tuple[Checkpoint, int]:
    note = LogProof.parse(proof.log_proof).note
    return under(charters, lambda charter: charter.check_checkpoint(note))


def _check_grant(access: Access, policy: Policy, charter: Charter) -> None:
    check_grant(access.grant, charter, policy, access.at_us)


def own_checkpoints(laptop: Laptop, charters: Charters) -> list[Checkpoint]:
    """Every checkpoint this person was shown in a proof. Raises CheckFailed for one without its quorum."""
    notes: dict[tuple[int, bytes], Checkpoint] = {}
    for proof in [*(p for _, p in laptop.consents), *(s.proof for s in laptop.segments)]:
        if proof is not None:
            checkpoint, _ = _checkpoint_of(proof, charters)
            notes[checkpoint.size, checkpoint.root] = checkpoint
    return list(notes.values())


def check_own_same_log(laptop: Laptop, reading: LogReading, charters: Charters) -> Check:
    """Every checkpoint this person was shown is a beginning of the log that everyone is shown."""

    def run() -> str:
        shown = own_checkpoints(laptop, charters)
        if "entries" in reading.problems:
            raise reading.problems["entries"]
        for checkpoint in shown:
            if checkpoint.size > reading.facts.size or reading.roots.get(checkpoint.size) != checkpoint.root:
                raise CheckFailed(
                    f"a checkpoint of {checkpoint.size} entries shown to this person is no beginning of the published "
                    "log: the proof that holds it shows that the log tells two histories"
                )
        return f"{len(shown)} checkpoints from own proofs, each a beginning of the published log"

    return checked("own_same_log", run)


def check_own_segments_held(laptop: Laptop, held: Sequence[Manifest]) -> Check:
    """The collector holds of this device what the device sent, and nothing else."""
    own = [each.sealed.manifest.segment_id for each in laptop.segments if each.proof is not None]
    there = [manifest.segment_id for manifest in held]
    every = {each.sealed.manifest.segment_id for each in laptop.segments}
    every |= {manifest.segment_id for manifest in laptop.held or ()}  # deleted ones; own_chain looks at them
    problems = [
        f"segment {name[:16]} was sent, and the collector does not know it" for name in own if name not in there
    ]
    problems += [f"the collector has a segment {name[:16]} that this laptop never made" for name in there
                 if name not in every]  # fmt: skip
    return judged("own_segments_held", problems, f"the collector has {len(there)} segments, all of them this laptop's")


def check_own_accesses_complete(given: Sequence[Given], accesses: Sequence[Access], logged: Set[bytes]) -> Check:
    """What the guardian gave, the collector shows and the log holds: what one hides, another tells.

    logged: of the releases' entries, those that the log has.
    """
    shown = {access.opening.to_bytes() for access in accesses}
    problems = []
    for each in given:
        if each.opening.to_bytes() not in shown:
            problems.append(f"the guardian gave a key to {each.grant.grant.reader}, and the collector does not show it")
        if each.opening.leaf().encode() not in logged:
            problems.append(f"the guardian gave a key to {each.grant.grant.reader}, and the published log lacks it")
    return judged(
        "own_accesses_complete", problems, f"{len(given)} shares given by the guardian, each shown and logged"
    )


def check_own_accesses(
    laptop: Laptop, accesses: Sequence[Access], policies: Mapping[PolicyId, KnownPolicy], charters: Charters
) -> Check:
    """Who read: each access has a grant signed by enough stewards, for a purpose of its policy, and is in the log."""
    problems, readers = [], []
    own_policies = {each.sealed.manifest.policy for each in laptop.segments}
    for access in accesses:
        grant = access.grant.grant
        readers.append(f"{grant.reader} ({grant.purpose})")
        try:
            if access.opening.contributor != laptop.contributor or access.opening.grant_id != grant.grant_id:
                raise CheckFailed("the access shown is another person's, or of another grant")
            entry, proof = access.opening.leaf().encode(), LogProof.parse(access.log_proof)
            under(charters, partial(check_proof, entry, proof))
            for name in set(grant.policies) & own_policies:
                if name not in policies:
                    raise CheckFailed("its grant names a policy that is not published and valid")
                policy = policies[PolicyId(name)].policy
                under(charters, partial(_check_grant, access, policy))
        except (CheckFailed, Refused, AboveboardError) as error:
            problems.append(f"the access of {grant.reader}: {error}")
    return judged("own_accesses", problems, f"{len(accesses)} accesses: {', '.join(readers) or 'nobody has read'}")
