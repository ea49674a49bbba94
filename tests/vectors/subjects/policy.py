"""Policies: canonical forms, what is refused, differences, whether one acts, and the decision for one event."""

from __future__ import annotations

from typing import Any

import msgspec

from aboveboard.core.canonical import canonical
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import Policy
from aboveboard.core.policy_diff import compare
from tests.support.world import DAY_S, T0_S, World
from tests.vectors.programme import programme

PERSON = "9c1f" * 8


def make() -> dict[str, Any]:
    policy = programme().policy()
    fields = msgspec.to_builtins(policy)

    def changed(**changes: Any) -> str:
        return canonical({**fields, **changes}).decode()

    terms = fields["categories"]["keys"]
    refused = [
        ("a field that no one has seen", changed(rank="manager")),
        ("such a field further in", changed(categories={**fields["categories"], "keys": {**terms, "person": PERSON}})),
        ("a missing field", canonical({name: value for name, value in fields.items() if name != "regions"}).decode()),
        ("a purpose of appraisal", changed(purposes=["train-agents", "performance"])),
        ("an ID among the sites", changed(sites=[f"https://{PERSON}.example.org"])),
        ("an address among the patterns", changed(never_record=["*jane.doe@example.org*"])),
        ("an ID among the apps", changed(apps=[PERSON])),
        ("pictures without terms", changed(frames="on_action")),
        ("one thing twice", changed(regions=["DE", "DE"])),
        ("a date in another form", changed(starts="20261201")),
        ("not canonical", " " + policy.to_bytes().decode()),
    ]
    others: list[dict[str, Any]] = [
        {"apps": ("chromium", "libreoffice", "gimp")}, {"apps": ("chromium",)}, {"data_mb_per_day": 51},
        {"battery_percent_min": 10}, {"never_record": ("*bank*",)}, {"review_hold_minutes": 120},
        {"sites": ("https://example.org",)}, {"sites": (*policy.sites, "http://127.0.0.1:80")},
        {"regions": ("DE", "FR")}, {"regions": ("DE", "DE-BE")}, {"enrolment": "default"}, {"expires": "2029-12-31"},
        {"starts": "2026-11-01"}, {"notice_days": 60}, {"title": "Another"}, {"opt_out_reasons": ("power",)},
    ]  # fmt: skip
    return {
        "valid": {"policy": policy.to_bytes().decode(), "policy_id": policy.policy_id},
        "refused": [{"what": what, "policy": text} for what, text in refused],
        "differences": [_difference(policy, programme().policy(**changes)) for changes in others],
        "acts": _acts(),
    }  # fmt: skip


def _difference(old: Policy, new: Policy) -> dict[str, Any]:
    """From the valid policy above."""
    found = compare(old, new)
    return {"new": new.to_bytes().decode(), "verdicts": [verdict for verdict, _ in found],
            "sentences": [sentence for _, sentence in found]}  # fmt: skip


def _acts() -> list[dict[str, Any]]:
    """now_s: the laptop's clock; witnessed_s: the newest second a quorum vouches for, or null."""
    found: list[dict[str, Any]] = []
    end_s = T0_S + 30 * DAY_S

    def case(what: str, reason: str | None, now_s: int = end_s, witnessed_s: int | None = end_s, region: str = "DE",
             signers: Any = None, witnesses: Any = None, **changes: Any) -> None:  # fmt: skip
        world: World = programme()
        signed = world.signed(world.policy(**changes), None if signers is None else signers(world))
        index = world.append(PolicyLeaf(signed.policy_id).encode())
        note = world.note(T0_S, None if witnesses is None else witnesses(world))
        found.append({
            "what": what, "charter": world.charter.to_bytes().decode(), "signed": signed.to_bytes().decode(),
            "log_proof": world.proof(index, note).encode(), "now_s": now_s, "witnessed_s": witnessed_s,
            "region": region, "reason": reason,
        })  # fmt: skip

    case("all in order", None)
    case("a subdivision of an eligible country", None, region="DE-BE")
    case("a second early", "no_policy", end_s - 1, end_s - 1)
    case("the laptop's clock set forward", "no_policy", end_s, T0_S)
    case("no checkpoint since", "no_policy", end_s, None)
    case("the laptop's clock set back", "no_policy", T0_S - DAY_S, T0_S)
    case("another region", "region", region="FR")
    case("without the employer", "no_policy", signers=lambda world: world.representatives)
    case("one representative too few", "no_policy", signers=lambda world: [world.employer, world.representatives[0]])
    case(
        "the same representative twice",
        "no_policy",
        signers=lambda world: [world.employer, world.representatives[0], world.representatives[0]],
    )
    case("no witness quorum", "no_quorum", witnesses=lambda world: [world.auditor])
    case("below the charter's never-record floor", "no_policy", never_record=("*private*",))
    case("expired by the witnesses' time", "no_policy", end_s, T0_S + 3000 * DAY_S)
    case("not begun", "no_policy", starts="2028-01-01")
    return found
