"""What an audit says of each of the ten guarantees: it holds, it fails, or it can't be judged from what was given.

A guarantee holds when every check that it needs was made and holds. One failing check fails it. Where a check is
missing or could not be made, nothing is vouched for, and the reason says what would have to be given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.audit.report import Check, Result

LAPTOP = "a contributor's own laptop (aboveboard audit monitor --home)"


@dataclass(frozen=True, slots=True)
class Guarantee:
    """needs: the checks without which it can't be judged, and where those come from."""

    number: int
    title: str
    needs: tuple[str, ...]
    given_by: str
    never_seen: str = ""


# The ten of the design, in its words. never_seen: what no audit can see, said wherever the rest holds.
TEN: tuple[Guarantee, ...] = (
    Guarantee(1, "No policy without the workers", ("policies_signed", "policies_logged"), "the published policies"),
    Guarantee(2, "Notice runs its full course", ("nothing_before_notice",), "the published log"),
    Guarantee(3, "Everyone sees the same log", ("checkpoint", "charter", "entries", "tiles"), "the published log"),
    Guarantee(
        4, "Paused means nothing is kept", ("nothing_while_paused", "pauses_marked", "holes_explained"), LAPTOP,
        "a modified recorder is found by reproducible builds, not here",
    ),
    Guarantee(5, "The same rules for everyone", ("same_rules", "exemptions"), "the published policies and exemptions"),
    Guarantee(
        6, "Every access is seen by its subject", ("counters", "releases", "own_accesses", "own_accesses_complete"),
        f"the published log, {LAPTOP}, and the collector's and the guardian's answers to it",
        "a reader can copy what both sides gave",
    ),
    Guarantee(
        7, "Every dataset and model names its sources", ("lineage", "own_datasets"),
        f"the published log, {LAPTOP}, and every dataset's manifest (--manifest)",
    ),
    Guarantee(
        8, "Deletion reaches everything", ("deletions", "own_segments_held"),
        f"the published log, {LAPTOP}, and the collector's answer to it", "nobody can prove that a model forgot",
    ),
    Guarantee(
        9, "Terms cannot widen quietly", ("own_segments_consented", "own_consent_first", "own_within_terms",
                                             "own_withdrawal_ends_reading"),
        f"{LAPTOP}, and the collector's and the guardian's answers to it",
    ),
    Guarantee(
        10, "Never for appraisal", ("entry_kinds",), "the published log",
        "that no page shows a figure about a person is tested in the collector's own code",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Verdict:
    """On one guarantee. why: one sentence for people."""

    guarantee: Guarantee
    result: Result
    why: str


def verdicts(checks: Sequence[Check]) -> list[Verdict]:
    """One for each of the ten, in their order."""
    return [_verdict(each, [check for check in checks if check.guarantee == each.number]) for each in TEN]


def _verdict(guarantee: Guarantee, checks: Sequence[Check]) -> Verdict:
    for result in ("fails", "unknown"):
        bad = [check for check in checks if check.result == result]
        if bad:
            return Verdict(guarantee, bad[0].result, "; ".join(f"{check.name}: {check.reason}" for check in bad))
    held = "; ".join(check.reason for check in checks)
    made = {check.name for check in checks}
    missing = [name for name in guarantee.needs if name not in made]
    if missing:
        so_far = f"what was given holds ({held}), but " if held else ""
        why = f"{so_far}it can't be judged without {guarantee.given_by}: {', '.join(missing)} not made"
        return Verdict(guarantee, "unknown", why)
    return Verdict(guarantee, "holds", held + (f" ({guarantee.never_seen})" if guarantee.never_seen else ""))
