"""Whether what was recorded of a person stayed within the terms they agreed to. Pure functions over opened segments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from aboveboard.audit.laptop import Laptop, OwnSegment
from aboveboard.audit.programme_checks import in_force_from_s
from aboveboard.audit.published import KnownPolicy
from aboveboard.audit.report import Check, checked, judged
from aboveboard.core.charter_chain import Charters, under
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import CheckFailed
from aboveboard.core.events import Button, Crop, Focus, Frame, Gap, KeptEvent, Key, PointerPath, Scene, Scroll, Text
from aboveboard.core.ids import PolicyId
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.policy import CLOCK_SLACK_S, Category, Policy
from aboveboard.core.proof import check_batch_proof


def category_of(event: KeptEvent) -> Category | None:
    """The category of data that the policy has to name for this event to be kept; None: of none (gaps, tasks)."""
    match event:
        case PointerPath() | Button() | Scroll():
            return "pointer"
        case Key():
            return "keys"
        case Text():
            return "text"
        case Scene():
            return "elements"
        case Frame() | Crop():
            return "frames"
        case _:
            return None


def _outside(event: KeptEvent, policy: Policy) -> str | None:
    """What of an event the policy does not allow, in words."""
    category = category_of(event)
    if category is not None and category not in policy.categories:
        return f"data of the category {category}"
    if not isinstance(event, Focus):
        return None
    if event.app not in policy.apps:
        return "an app that is not listed"
    if event.app in policy.browsers and (event.site is None or not policy.allows_site(event.site)):
        return "a site that is not listed"
    if "windows" not in policy.categories and event.title:
        return "a window's title"
    return None


def _problems_of(segment: OwnSegment, known: KnownPolicy | None, agreed: frozenset[Category]) -> Iterator[str]:
    if known is None:
        yield f"segment {segment.seq} was recorded under a policy that is not published and valid"
        return
    for event in segment.body.events if segment.body else ():
        category = category_of(event)
        if category is not None and category not in agreed:
            yield f"segment {segment.seq} holds data of the category {category}, which the consent does not name"
        outside = _outside(event, known.policy)
        if outside is not None:
            yield f"segment {segment.seq} holds {outside}, beyond its policy"


def check_own_within_terms(laptop: Laptop, policies: Mapping[PolicyId, KnownPolicy]) -> Check:
    """Every kept event is of a category, an app and a site that the policy in its consent names; nothing wider."""
    agreed = {
        signed.record.consent_id: frozenset(signed.record.categories)
        for signed, _ in laptop.consents if signed.record.kind == "given"
    }  # fmt: skip
    problems: list[str] = []
    for each in laptop.segments:
        manifest = each.sealed.manifest
        problems += _problems_of(each, policies.get(manifest.policy), agreed.get(manifest.consent, frozenset()))
    events = sum(len(each.body.events) for each in laptop.segments if each.body)
    return judged("own_within_terms", problems, f"{events} events, each of a kind, an app and a site agreed to")


def check_own_policy_in_force(laptop: Laptop, policies: Mapping[PolicyId, KnownPolicy], charters: Charters) -> Check:
    """Nothing was recorded, and nothing accepted, before the notice of its policy had run by the witnesses' time."""

    def run() -> str:
        for each in laptop.segments:
            known = policies.get(each.sealed.manifest.policy)
            if known is None:
                raise CheckFailed(f"segment {each.seq} names a policy that is not published and valid")
            starts_s = in_force_from_s(known)
            # The recorder allows its clock to differ by seconds only where there is no notice at all (a demonstration).
            slack_s = CLOCK_SLACK_S if starts_s == known.cosigned_s else 0
            kept = [event.t_us for event in each.body.events if not isinstance(event, Gap)] if each.body else []
            if kept and min(kept) < (starts_s - slack_s) * US_PER_S:
                raise CheckFailed(f"segment {each.seq} holds something from before its policy's notice had run")
            if each.proof is not None:
                commitment = segment_commitment(each.sealed.manifest.segment_id)
                _, accepted_s, _ = under(charters, partial(check_batch_proof, commitment, each.proof))
                if accepted_s < starts_s:
                    raise CheckFailed(f"segment {each.seq} was accepted before its policy's notice had run")
        return f"{len(laptop.segments)} segments, none from before its policy was in force"

    return checked("own_policy_in_force", run)
