"""Policies in the terms of the W3C Data Privacy Vocabulary (DPV 2.3), as JSON-LD. Pure.

Follows the DPVCG guide "Consent Records and Receipts as per ISO/IEC TS 27560:2023 using DPV". What DPV has no term for
stands under `ab:`, with the policy's own field names. The context is inlined: nothing has to be fetched to read it.
"""

from __future__ import annotations

import base64
from typing import Any, TypeAlias

import msgspec

from aboveboard.core.charter import Charter
from aboveboard.core.leaves import Purpose
from aboveboard.core.policy import Category, CategoryTerms, Policy
from aboveboard.core.policy_words import CATEGORY_WORDS

JsonLd: TypeAlias = dict[str, Any]
CONTEXT: JsonLd = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "ab": "urn:aboveboard:",
}
PURPOSE_TYPES: dict[Purpose, str] = {
    "train-agents": "dpv:ResearchAndDevelopment",
    "evaluate-agents": "dpv:ResearchAndDevelopment",
    "research-interfaces": "dpv:ResearchAndDevelopment",
    "improve-accessibility": "dpv:OptimiseUserInterface",
}
# GDPR: access, rectification, erasure, restriction, portability, objection, withdrawal, complaint.
RIGHTS = ("A15", "A16", "A17", "A18", "A20", "A21", "A7-3", "A77")
_OF_OUR_OWN = (
    "v", "version", "frames", "apps", "browsers", "sites", "never_record", "enrolment", "opt_out_reasons",
    "data_mb_per_day", "battery_percent_min", "review_hold_minutes", "notice_days", "compensation",
)  # fmt: skip


def hash_iri(sha256: str) -> str:
    """A name for a thing by its SHA-256 in hex: RFC 6920 `ni`."""
    digest = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode("ascii").rstrip("=")
    return f"ni:///sha-256;{digest}"


def one(iri: str) -> JsonLd:
    return {"@id": iri}


def controller(policy: Policy) -> JsonLd:
    """The policy says name and address in one text."""
    return {
        "@id": "ab:controller", "@type": ["dpv:DataController", "dpv:LegalEntity"], "dct:identifier": "controller",
        "dpv:hasName": policy.controller, "dpv:hasAddress": policy.controller, "dpv:hasContact": policy.contact,
    }  # fmt: skip


def _purpose(purpose: Purpose) -> JsonLd:
    return {"@type": ["dpv:Purpose", PURPOSE_TYPES[purpose]], "dct:identifier": purpose}


def process(name: Category, terms: CategoryTerms, policy: Policy, charter: Charter | None) -> JsonLd:
    """One category of data: what for, from whom, how long, where, to whom."""
    places = "the person's own laptop, until it is sent"
    if charter is not None:
        places += f"; then the collector at {charter.collector.url}"
    return {
        "@type": "dpv:Process", "dct:title": name,
        "dpv:hasPurpose": [_purpose(each) for each in terms.purposes],
        "dpv:hasLegalBasis": {"@type": "dpv:ExplicitlyExpressedConsent", "dct:description": policy.legal_basis},
        "dpv:hasPersonalData": {
            "@type": ["dpv:PersonalData", "dpv:ObservedPersonalData"], "dct:identifier": name,
            "dct:description": CATEGORY_WORDS[name],
            "dpv:hasNecessity": {"@type": "dpv:Required", "dct:description": terms.necessity},
        },
        "dpv:hasDataController": one("ab:controller"),
        "dpv:hasDataSource": one("dpv:DataSubject"),
        "dpv:hasProcessing": [one("dpv:Collect"), one("dpv:Pseudonymise"), one("dpv:Store"), one("dpv:Use")],
        "dpv:hasStorageCondition": [
            {"@type": "dpv:StorageDuration",
             "dpv:hasDuration": {"@type": "xsd:duration", "@value": f"P{terms.retention_days}D"},
             "ab:retention_days": terms.retention_days},
            {"@type": "dpv:StorageLocation", "dct:description": places},
        ],
        "dpv:hasRecipient": [{"@type": "dpv:Recipient", "dpv:hasName": each} for each in terms.recipients],
        "dpv:hasJurisdiction": [{"@type": "dpv:Jurisdiction", "dct:identifier": each} for each in policy.regions],
    }  # fmt: skip


def policy_terms(policy: Policy, charter: Charter | None = None) -> JsonLd:
    """What policy and receipt share; every field of the policy is in it."""
    own = {f"ab:{name}": msgspec.to_builtins(getattr(policy, name)) for name in _OF_OUR_OWN}
    return {
        "dct:title": policy.title,
        "dpv:hasPurpose": [_purpose(each) for each in policy.purposes],
        "dpv:hasDataController": controller(policy),
        "dpv:hasProcess": [process(name, terms, policy, charter) for name, terms in policy.categories.items()],
        "dpv:hasRight": [{"@id": f"eu-gdpr:{each}", "@type": "dpv:DataSubjectRight"} for each in RIGHTS],
        "dpv:hasConsentControl": {
            "@type": "dpv:WithdrawConsent",
            "dct:description": "`aboveboard opt-out`, or the page of the recorder on the laptop; no reason needed",
        },
        "dpv:hasImpactAssessment": {
            "@id": hash_iri(policy.dpia_sha256), "@type": "dpv:DPIA", "dct:identifier": policy.dpia_sha256,
        },
        "dpv:hasOrganisationalMeasure": {
            "@type": "dpv:ConsultationWithDataSubjectRepresentative",
            "dct:contributor": list(policy.consultation.bodies),
            "dct:date": {"@type": "xsd:date", "@value": policy.consultation.date},
            "dct:description": policy.consultation.outcome,
        },
        "dct:valid": [{"@type": "xsd:date", "@value": policy.starts}, {"@type": "xsd:date", "@value": policy.expires}],
        "ab:purposes": list(policy.purposes),
        **own,
    }  # fmt: skip


def policy_document(policy: Policy, charter: Charter | None = None) -> JsonLd:
    """`policy show --dpv`: the policy as a document of its own."""
    return {
        "@context": CONTEXT, "@id": hash_iri(policy.policy_id), "@type": "dpv:Policy",
        "dct:identifier": policy.policy_id, **policy_terms(policy, charter),
    }  # fmt: skip
