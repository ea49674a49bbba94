"""Consent records: signatures that hold or do not, commitments, and what a person's records say about one policy."""

from __future__ import annotations

from itertools import product
from typing import Any, cast

import msgspec

from aboveboard.core.consent import ConsentRecord, SignedConsent, fold, sign_consent
from aboveboard.core.ids import ContributorId, DeviceId, PolicyId, key_id_of
from aboveboard.core.signatures import Signature
from tests.support.world import T0_S
from tests.vectors.keys import key

PERSON, FORGER = key("contributor"), key("contributor", seed_of="forger")
POLICY, OTHER = PolicyId("1" * 64), PolicyId("2" * 64)
RECORD = ConsentRecord(
    "given", ContributorId(key_id_of(PERSON.verify_key.public)), PERSON.verify_key.encode(), DeviceId("d" * 32),
    POLICY, ("pointer", "text"), "a" * 64, T0_S * 1_000_000, "5a" * 16,
)  # fmt: skip


def make() -> dict[str, Any]:
    honest = sign_consent(RECORD, PERSON)
    signed = [
        ("signed by the person", honest, True),
        ("signed by somebody else", sign_consent(RECORD, FORGER), False),
        ("another's key", sign_consent(msgspec.structs.replace(RECORD, contributor_key=FORGER.verify_key.encode()),
                                       FORGER), False),
        ("moved to another policy",
         SignedConsent(msgspec.structs.replace(RECORD, policy=OTHER), honest.signature), False),
        ("signed for something else",
         SignedConsent(RECORD, Signature.make(PERSON, "deletion", RECORD.to_bytes())), False),
    ]  # fmt: skip
    words = ("given", "given-other", "withdrawn", "opt_out")
    return {
        "records": [{"what": what, "signed": each.to_bytes().decode(), "consent_id": each.record.consent_id,
                     "commitment": each.record.commitment.hex(), "valid": valid} for what, each, valid in signed],
        "folding": [_folded(sequence) for n in range(4) for sequence in product(words, repeat=n)],
    }  # fmt: skip


def _folded(words: tuple[str, ...]) -> dict[str, Any]:
    """ "given-other" is a consent to another policy than the one that is asked about."""
    records = [
        msgspec.structs.replace(RECORD, kind=cast("Any", word.removesuffix("-other")),
                                policy=OTHER if word.endswith("-other") else POLICY) for word in words
    ]  # fmt: skip
    return {"records": list(words), "state": fold(records, POLICY)}
