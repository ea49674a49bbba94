"""Receipts and policies in DPV's terms: valid JSON-LD that holds every field, and nothing that is not said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from pyld import jsonld

from aboveboard.core.consent import ConsentRecord, SignedConsent, sign_consent
from aboveboard.core.dpv import policy_document
from aboveboard.core.errors import BadInput
from aboveboard.core.ids import ContributorId, DeviceId, key_id_of
from aboveboard.core.receipt import endings, receipt
from aboveboard.core.signing import SigningKey
from tests.support.world import T0_S, World

DPV = "https://w3id.org/dpv#"
DCT = "http://purl.org/dc/terms/"
WORLD = World()
KEY = SigningKey.generate("contributor")


def _say(kind: Any, at_s: int, **changes: Any) -> SignedConsent:
    record = ConsentRecord(
        kind, ContributorId(key_id_of(KEY.verify_key.public)), KEY.verify_key.encode(), DeviceId("d" * 32),
        WORLD.policy().policy_id, tuple(WORLD.policy().categories) if kind == "given" else (), "ab" * 32,
        at_s * 1_000_000, f"{at_s:032x}",
    )  # fmt: skip
    return sign_consent(msgspec.structs.replace(record, **changes), KEY)


def _offline(_url: str, _options: Any) -> Any:
    raise AssertionError("a receipt is read without fetching anything")


def _expand(document: Any) -> list[Any]:
    expanded: list[Any] = jsonld.expand(json.loads(json.dumps(document)), {"documentLoader": _offline})
    return expanded


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _scalars(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _scalars(inner)
    else:
        yield str(value)


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


GIVEN, LEFT = _say("given", T0_S), _say("opt_out", T0_S + 9, reason="power")


def test_a_receipt_expands_and_holds_every_field_of_record_and_policy() -> None:
    expanded = _expand(receipt(GIVEN, [LEFT], WORLD.policy(), WORLD.charter))
    held = set(_scalars(expanded))
    fields = [*_scalars(msgspec.to_builtins(GIVEN)), *_scalars(msgspec.to_builtins(LEFT))]
    fields += [*_scalars(msgspec.to_builtins(WORLD.policy())), WORLD.charter.charter_id, GIVEN.record.consent_id]
    assert [each for each in fields if each and each not in held] == []
    assert all(key.startswith(("http://", "https://", "urn:", "@")) for key in _keys(expanded))


@pytest.mark.parametrize(
    "term",
    [  # what ISO/IEC TS 27560 makes mandatory, in the terms of the DPVCG's guide
        DCT + "conformsTo", DCT + "identifier", DPV + "hasDataSubject", DPV + "hasNotice", DCT + "language",
        DPV + "hasPurpose", DPV + "hasPersonalData", DPV + "hasDataController", DPV + "hasStorageCondition",
        DPV + "hasDuration", DPV + "hasJurisdiction", DPV + "hasRecipient", DPV + "hasConsentControl",
        DPV + "hasAddress", DPV + "hasName", DPV + "hasContact", DCT + "date", DCT + "valid", DPV + "hasLegalBasis",
        DPV + "isImplementedByEntity", DPV + "hasConsentStatus", DPV + "hasProcess", DPV + "hasProcessing",
        DPV + "hasDataSource", DPV + "hasRight", DPV + "hasImpactAssessment",
    ],
)  # fmt: skip
def test_what_the_standard_asks_for_is_there(term: str) -> None:
    assert term in set(_keys(_expand(receipt(GIVEN, [], WORLD.policy(), WORLD.charter))))


def test_it_says_what_became_of_the_consent() -> None:
    def states(*later: SignedConsent) -> list[str]:
        [top] = _expand(receipt(GIVEN, later, WORLD.policy(), WORLD.charter))
        [record] = top[DCT + "hasPart"]
        return [each["@type"][0].removeprefix(DPV) for each in record[DPV + "hasConsentStatus"]]

    assert states() == ["ConsentGiven"]
    assert states(LEFT) == ["ConsentGiven", "ConsentWithdrawn"]
    assert states(LEFT, _say("withdrawn", T0_S + 10)) == ["ConsentGiven", "ConsentWithdrawn", "ConsentWithdrawn"]


def test_only_what_was_consented_to_is_in_its_processes() -> None:
    given = _say("given", T0_S, categories=("pointer",))
    found = receipt(given, [], WORLD.policy(), WORLD.charter)["dct:hasPart"]["dpv:hasProcess"]
    assert [each["dct:title"] for each in found] == ["pointer"]


def test_a_receipt_of_something_else_is_refused() -> None:
    other = WORLD.policy(version=2)
    stranger = sign_consent(msgspec.structs.replace(LEFT.record, contributor=ContributorId("e" * 32)), KEY)
    for given, later, policy in ((LEFT, [], WORLD.policy()), (GIVEN, [], other), (GIVEN, [stranger], WORLD.policy()),
                                 (GIVEN, [GIVEN], WORLD.policy())):  # fmt: skip
        with pytest.raises(BadInput):
            receipt(given, later, policy, WORLD.charter)


def test_a_consent_ends_with_the_next_no_and_not_with_one_after_a_new_yes() -> None:
    again, last = _say("given", T0_S + 20), _say("withdrawn", T0_S + 30)
    elsewhere = _say("given", T0_S + 5, policy="1" * 64)
    records = [GIVEN, elsewhere, LEFT, again, last]
    assert endings(records, GIVEN) == [LEFT]
    assert endings(records, again) == [last]


def test_a_policy_in_dpv_terms_holds_every_field() -> None:
    policy = WORLD.policy()
    held = set(_scalars(_expand(policy_document(policy))))
    assert [each for each in _scalars(msgspec.to_builtins(policy)) if each not in held] == []
