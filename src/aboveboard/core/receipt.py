"""Consent receipts: ISO/IEC TS 27560:2023 in W3C DPV's terms, as JSON-LD. The mapping is in docs/spec/consent.md. Pure.

A receipt is the person's own copy of one consent and of what became of it: made from the records they signed, the
policy, and the charter; nobody has to issue it, and it holds what is needed to check it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

import msgspec

from aboveboard.core.charter import Charter
from aboveboard.core.clock import US_PER_S
from aboveboard.core.consent import ConsentRecord, SignedConsent
from aboveboard.core.dpv import CONTEXT, JsonLd, hash_iri, one, policy_terms
from aboveboard.core.errors import BadInput
from aboveboard.core.policy import Policy

RECORD_SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#record"
RECEIPT_SCHEMA = "https://w3id.org/dpv/schema/dpv-27560#receipt"
_STATUS = {"given": "dpv:ConsentGiven", "withdrawn": "dpv:ConsentWithdrawn", "opt_out": "dpv:ConsentWithdrawn"}
_WORDS = {
    "given": "given by a click below the notice, on the person's own laptop",
    "withdrawn": "withdrawn: recording stopped, and what was given goes into no dataset built afterwards",
    "opt_out": "opted out: recording stopped; what was given keeps its terms until it is deleted or withdrawn",
}


def _time(at_us: int) -> JsonLd:
    text = datetime.datetime.fromtimestamp(at_us / US_PER_S, datetime.UTC).isoformat(timespec="microseconds")
    return {"@type": "xsd:dateTime", "@value": text.replace("+00:00", "Z")}


def _event(record: ConsentRecord, policy: Policy) -> JsonLd:
    """One turn of the consent: state, time, type, by whom, until when."""
    event: JsonLd = {
        "@type": _STATUS[record.kind], "dct:identifier": record.consent_id, "dct:date": _time(record.at_us),
        "dpv:hasLegalBasis": one("dpv:ExplicitlyExpressedConsent"), "dct:description": _WORDS[record.kind],
        "dpv:isImplementedByEntity": one(f"ab:person:{record.contributor}"), "ab:at_us": record.at_us,
        "ab:kind": record.kind,
    }  # fmt: skip
    if record.kind == "given":
        event["dct:valid"] = {"@type": "xsd:date", "@value": policy.expires}
    if record.reason:
        event["ab:reason"] = record.reason
    return event


def _signed(signed: SignedConsent) -> JsonLd:
    """The record with its signature, every field as signed, so that the receipt can be checked by itself."""
    fields = {f"ab:{name}": value for name, value in msgspec.to_builtins(signed.record).items()}
    proof = {f"ab:{name}": value for name, value in msgspec.to_builtins(signed.signature).items()}
    return {"@type": "ab:SignedRecord", **fields, "ab:signature": proof}


def receipt(given: SignedConsent, later: Sequence[SignedConsent], policy: Policy, charter: Charter) -> JsonLd:
    """given: a consent to this policy; later: what ended it, in order, if anything did.

    Raises BadInput when `given` is no consent to the policy, or another person's word is among `later`.
    """
    record = given.record
    if record.kind != "given" or record.policy != policy.policy_id:
        raise BadInput("a receipt is of a consent that was given to its policy", "receipt")
    if any(each.record.contributor != record.contributor or each.record.kind == "given" for each in later):
        raise BadInput("a receipt holds one person's consent, and what ended it", "receipt")
    every = [given, *later]
    terms = policy_terms(policy, charter)
    terms["dpv:hasProcess"] = [each for each in terms["dpv:hasProcess"] if each["dct:title"] in record.categories]
    return {
        "@context": CONTEXT, "@id": f"ab:receipt:{record.consent_id}", "@type": "dpv:ConsentReceipt",
        "dct:conformsTo": one(RECEIPT_SCHEMA), "dct:identifier": f"receipt-{record.consent_id}",
        "dct:hasPart": {
            "@id": hash_iri(record.consent_id), "@type": "dpv:ConsentRecord", "dct:conformsTo": one(RECORD_SCHEMA),
            "dct:identifier": record.consent_id,
            "dct:created": _time(record.at_us), "dct:modified": _time(every[-1].record.at_us),
            "dpv:hasDataSubject": {
                "@id": f"ab:person:{record.contributor}", "@type": "dpv:DataSubject",
                "dct:identifier": record.contributor,
            },
            "dpv:hasNotice": {
                "@id": hash_iri(record.notice_sha256), "@type": "dpv:ConsentNotice", "dct:language": "en",
                "dct:identifier": record.notice_sha256,
            },
            "dpv:hasPolicy": {"@id": hash_iri(policy.policy_id), "@type": "dpv:Policy",
                              "dct:identifier": policy.policy_id},
            "ab:charter": charter.charter_id,
            "dpv:hasConsentStatus": [_event(each.record, policy) for each in every],
            "dct:source": [_signed(each) for each in every],
            **terms,
        },
    }  # fmt: skip


def endings(records: Iterable[SignedConsent], given: SignedConsent) -> list[SignedConsent]:
    """What ended a consent: every "no" after it, up to the person's next "yes" to the same policy."""
    found: list[SignedConsent] = []
    after = False
    for each in records:
        if each == given:
            after = True
        elif after and each.record.kind != "given":
            found.append(each)
        elif after and each.record.policy == given.record.policy:
            break
    return found
