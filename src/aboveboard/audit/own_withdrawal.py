"""Whether a withdrawal ended all reading: by the places of both in the log, which nobody's clock decides."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.audit.laptop import Laptop
from aboveboard.audit.own_checks import batched
from aboveboard.audit.report import Check, judged
from aboveboard.core.charter_chain import Charters
from aboveboard.core.consent import withdrawn
from aboveboard.core.proof import LogProof
from aboveboard.wire.api import Access, Given


def check_own_withdrawal_ends_reading(
    laptop: Laptop, given: Sequence[Given], accesses: Sequence[Access], charters: Charters
) -> Check:
    """No share was given under a release that stands in the log behind the withdrawal.

    Of a withdrawal that was taken back since by a new yes it can't be told: the same release may be used before and
    after. own_accesses_complete sees what was given and is not shown. Raises CheckFailed for a proof that fails.
    """
    places = {
        signed.record.consent_id: batched(signed.record.commitment, proof, charters, "rights", "a consent")
        for signed, proof in laptop.consents if proof is not None
    }  # fmt: skip
    records = [signed.record for signed, _ in laptop.consents]
    policies = {each.sealed.manifest.epoch: each.sealed.manifest.policy for each in laptop.segments}
    shown = {access.opening.to_bytes(): LogProof.parse(access.log_proof).index for access in accesses}
    problems = []
    for each in given:
        index, policy = shown.get(each.opening.to_bytes()), policies.get(each.opening.epoch)
        if index is None or policy is None or not withdrawn(records, policy):
            continue
        before = [one for one in records if places.get(one.consent_id, index) < index]
        if withdrawn(before, policy):
            reader = each.grant.grant.reader
            problems.append(f"a key was released for {reader} after the withdrawal stood in the log, and given to them")
    return judged(
        "own_withdrawal_ends_reading", problems, f"{len(given)} shares given, none after a withdrawal in the log"
    )
