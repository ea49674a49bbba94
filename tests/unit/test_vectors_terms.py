"""Our code agrees with the vectors of charter, policy, consent, log entries and receipt."""

from __future__ import annotations

import json

import pytest

from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import CharterBundle, follow
from aboveboard.core.consent import SignedConsent, check_consent
from aboveboard.core.errors import BadInput, CheckFailed, Refused, SignatureError
from aboveboard.core.leaves import parse_leaf
from aboveboard.core.policy import Policy, SignedPolicy, in_force
from aboveboard.core.policy_diff import compare
from aboveboard.core.proof import LogProof
from aboveboard.core.receipt import receipt
from tests.vectors.make import load


def test_charters() -> None:
    found = load("charter")
    assert Charter.parse(found["valid"]["charter"].encode()).charter_id == found["valid"]["charter_id"]
    for item in found["refused"]:
        with pytest.raises(BadInput) as caught:
            Charter.parse(item["charter"].encode())
        assert caught.value.where.startswith(item["field"]), item["what"]
    for item in found["chains"]:
        pinned = Charter.parse(item["pinned"].encode())
        bundles = [CharterBundle.parse(each.encode()) for each in item["bundles"]]
        if item["valid"]:
            assert [each.charter_id for each in follow(pinned, bundles)] == item["in_force"], item["what"]
        else:
            with pytest.raises((Refused, CheckFailed)):
                follow(pinned, bundles)


def test_policies() -> None:
    found = load("policy")
    policy = Policy.parse(found["valid"]["policy"].encode())
    assert policy.policy_id == found["valid"]["policy_id"]
    for item in found["refused"]:
        with pytest.raises(BadInput):
            Policy.parse(item["policy"].encode())
    for item in found["differences"]:
        assert [verdict for verdict, _ in compare(policy, Policy.parse(item["new"].encode()))] == item["verdicts"]
    for item in found["acts"]:
        reason = None
        try:
            in_force(
                SignedPolicy.parse(item["signed"].encode()), LogProof.parse(item["log_proof"]),
                Charter.parse(item["charter"].encode()), item["now_s"] * 1_000_000, item["region"], item["witnessed_s"],
            )  # fmt: skip
        except Refused as refused:
            reason = refused.reason
        assert reason == item["reason"], item["what"]


def test_consents() -> None:
    for item in load("consent")["records"]:
        signed = SignedConsent.parse(item["signed"].encode())
        assert (signed.record.consent_id, signed.record.commitment.hex()) == (item["consent_id"], item["commitment"])
        if item["valid"]:
            check_consent(signed)
        else:
            with pytest.raises(SignatureError):
                check_consent(signed)


def test_log_entries() -> None:
    found = load("log-entries")
    for entry in found["valid"]:
        assert parse_leaf(entry.encode()).encode().decode() == entry
    for item in found["refused"]:
        with pytest.raises(BadInput):
            parse_leaf(item["entry"].encode())


def test_receipts() -> None:
    found = load("receipt")
    given, *later = (SignedConsent.parse(each.encode()) for each in [found["given"], *found["later"]])
    policy, charter = Policy.parse(found["policy"].encode()), Charter.parse(found["charter"].encode())
    made = receipt(given, later, policy, charter)
    assert json.loads(json.dumps(made)) == found["receipt"]
