"""Guarantee 9: other terms are another policy, with its own signatures, notice and consent; data keeps its own."""

from __future__ import annotations

from typing import Any

import pytest

from aboveboard.core.access import check_grant, new_grant, sign_grant
from aboveboard.core.consent import ConsentRecord, fold
from aboveboard.core.decide import decide
from aboveboard.core.errors import Refused
from aboveboard.core.events import Surface
from aboveboard.core.ids import ContributorId, DeviceId
from aboveboard.core.policy import SignedPolicy, verify_signatures
from aboveboard.core.signing import SigningKey
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
    given = ConsentRecord(
        "given", ContributorId("c" * 32), "", DeviceId("d" * 32), old.policy_id, (), "0" * 64, 1, "0" * 32
    )
    assert (fold([given], old.policy_id), fold([given], new.policy_id)) == ("given", "none")
    surface = Surface(1, "chromium", True, "https://example.org", "A page", (0, 0, 1, 1))
    verdict = decide(
        policy=new, consent=fold([given], new.policy_id), paused=False, indicator=True, surface=surface, region="DE"
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
