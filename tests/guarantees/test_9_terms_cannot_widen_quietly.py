"""Guarantee 9: other terms are another policy, with its own signatures, notice and consent; data keeps its own."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.core.access import check_grant, new_grant, sign_grant
from aboveboard.core.canonical import canonical
from aboveboard.core.consent import ConsentRecord, SignedConsent, check_consent, fold, sign_consent
from aboveboard.core.decide import decide
from aboveboard.core.errors import BadInput, Refused, SignatureError
from aboveboard.core.events import Surface
from aboveboard.core.ids import ContributorId, DeviceId, PolicyId, key_id_of
from aboveboard.core.policy import Policy, SignedPolicy, verify_signatures
from aboveboard.core.policy_diff import compare
from aboveboard.core.signatures import Signature
from aboveboard.core.signing import SigningKey
from tests.support.policies import policies
from tests.support.world import T0_S, World

US = 1_000_000
WIDER: list[dict[str, Any]] = [
    {"apps": ("chromium", "libreoffice", "gimp")},
    {"purposes": ("train-agents", "research-interfaces")},
    {"never_record": ("*bank*",)},
    {"data_mb_per_day": 500},
    {"expires": "2029-12-31"},
    {"review_hold_minutes": 0},
]


@pytest.mark.parametrize("changes", WIDER)
def test_any_change_is_another_policy_that_no_old_signature_or_consent_covers(changes: dict[str, Any]) -> None:
    world = World()
    old, new = world.policy(), world.policy(**changes)
    assert old.policy_id != new.policy_id
    with pytest.raises(Refused):
        verify_signatures(SignedPolicy.of(new.to_bytes(), world.signed(old).signatures), world.charter)
    yes = ConsentRecord(
        "given", ContributorId("c" * 32), "", DeviceId("d" * 32), old.policy_id, (), "0" * 64, 1, "0" * 32
    )
    assert (fold([yes], old.policy_id), fold([yes], new.policy_id)) == ("given", "none")
    surface = Surface(1, "chromium", True, "https://example.org", "A page", (0, 0, 1, 1))
    verdict = decide(
        policy=new, consent=fold([yes], new.policy_id), paused=False, indicator=True, surface=surface, region="DE"
    )  # fmt: skip
    assert verdict.reason == "no_consent"


def test_a_purpose_that_came_later_does_not_reach_data_given_before() -> None:
    """The grant names both policies; the data's own policy decides."""
    world = World()
    old, new = world.policy(), world.policy(version=2, purposes=("train-agents", "research-interfaces"))
    grant = new_grant(
        purpose="research-interfaces", reader="R", reader_key=SigningKey.generate("reader").verify_key,
        reader_recipient="age1", policies=(old.policy_id, new.policy_id), contributors="all", created_us=T0_S * US,
        expires_us=(T0_S + 86_400) * US,
    )  # fmt: skip
    signed = sign_grant(sign_grant(grant, world.stewards[0]), world.stewards[1])
    check_grant(signed, world.charter, new, (T0_S + 1) * US)
    with pytest.raises(Refused, match="not in the policy that the data was given under"):
        check_grant(signed, world.charter, old, (T0_S + 1) * US)


# ------------------------------------------------------------ forged and folded consents


def _record(world: World, key: SigningKey, **changes: Any) -> ConsentRecord:
    base = ConsentRecord(
        "given", ContributorId(key_id_of(key.verify_key.public)), key.verify_key.encode(), DeviceId("d" * 32),
        world.policy().policy_id, ("pointer",), "0" * 64, T0_S * US, "0" * 32,
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def test_a_forged_consent_is_no_consent() -> None:
    world, person, forger = World(), SigningKey.generate("contributor"), SigningKey.generate("contributor")
    honest = sign_consent(_record(world, person), person)
    check_consent(honest)
    wider = world.policy(version=2, apps=("chromium", "libreoffice", "gimp")).policy_id
    forged = [
        sign_consent(_record(world, person), forger),  # another's signature
        sign_consent(_record(world, forger, contributor=honest.record.contributor), forger),  # another's key
        SignedConsent(msgspec.structs.replace(honest.record, policy=wider), honest.signature),  # moved to wider terms
        SignedConsent(msgspec.structs.replace(honest.record, categories=("pointer", "text")), honest.signature),
        SignedConsent(msgspec.structs.replace(honest.record, at_us=0), honest.signature),
        SignedConsent(honest.record, Signature.make(person, "deletion", honest.record.to_bytes())),  # said about else
        SignedConsent(msgspec.structs.replace(honest.record, contributor_key="nonsense"), honest.signature),
    ]
    for each in forged:
        with pytest.raises(SignatureError):
            check_consent(each)


def test_a_consent_with_a_field_no_one_has_seen_is_refused() -> None:
    world, person = World(), SigningKey.generate("contributor")
    fields = msgspec.to_builtins(sign_consent(_record(world, person), person))
    fields["record"]["also_policy"] = "1" * 64
    with pytest.raises(BadInput, match="also_policy"):
        SignedConsent.parse(canonical(fields))


POLICIES = [PolicyId(f"{i}" * 64) for i in range(3)]
WORDS = st.lists(st.tuples(st.sampled_from(["given", "withdrawn", "opt_out"]), st.sampled_from(POLICIES)), max_size=12)


@given(WORDS, st.sampled_from(POLICIES))
def test_folding_lets_only_a_yes_to_this_very_policy_after_the_last_no_count(
    words: list[Any], policy: PolicyId
) -> None:
    key = SigningKey("contributor", bytes(32))
    base = ConsentRecord(
        "given", ContributorId("c" * 32), key.verify_key.encode(), DeviceId("d" * 32), policy, (), "0" * 64, 1, "0" * 32
    )
    records = [msgspec.structs.replace(base, kind=kind, policy=of) for kind, of in words]
    last_no = max((i for i, (kind, _) in enumerate(words) if kind != "given"), default=-1)
    yes = any(kind == "given" and of == policy for kind, of in words[last_no + 1 :])
    no = {"withdrawn": "withdrawn", "opt_out": "opted_out"}.get(words[last_no][0], "none") if last_no >= 0 else "none"
    assert fold(records, policy) == ("given" if yes else no)


@given(policies(), policies())
def test_a_policy_has_one_form_and_a_wider_one_another_name(old: Policy, new: Policy) -> None:
    assert Policy.parse(old.to_bytes()) == old
    assert Policy.parse(old.to_bytes()).to_bytes() == old.to_bytes()
    if any(verdict == "widens" for verdict, _ in compare(old, new)):
        assert old.policy_id != new.policy_id
