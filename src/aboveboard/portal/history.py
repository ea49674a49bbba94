"""What a person's consents add up to: the policy they agreed to, a newer one, the compensation due. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.core.consent import ConsentRecord
from aboveboard.core.policy import Policy
from aboveboard.portal.programme import Published


def agreed_policy(records: Sequence[ConsentRecord], published: Sequence[Published]) -> Published | None:
    """The policy of the last "yes", unless a "no" came after it. records: in the order they came."""
    if not records or records[-1].kind != "given":
        return None
    return next((each for each in published if each.policy.policy_id == records[-1].policy), None)


def newer_policy(records: Sequence[ConsentRecord], published: Sequence[Published]) -> Published | None:
    """The newest policy, when it is a later one than was agreed to. published: newest first."""
    agreed = agreed_policy(records, published)
    return published[0] if agreed is not None and published and published[0].index > agreed.index else None


def compensation(
    records: Sequence[ConsentRecord], published: Sequence[Published]
) -> list[tuple[Policy, int, int | None]]:
    """(policy, since when, until when or None while it goes on), oldest first: from each "yes" to the next word."""
    known = {each.policy.policy_id: each.policy for each in published}
    found: list[tuple[Policy, int, int | None]] = []
    for at, record in enumerate(records):
        if record.kind == "given" and record.policy in known:
            later = records[at + 1].at_us if at + 1 < len(records) else None
            found.append((known[record.policy], record.at_us, later))
    return found
