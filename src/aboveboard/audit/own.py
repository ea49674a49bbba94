"""All of a contributor's own checks: the laptop's files, the published log, and what they were told."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aboveboard.audit.answers import NOT_ASKED, Answers, told
from aboveboard.audit.laptop import Laptop
from aboveboard.audit.own_checks import (
    check_own_accesses,
    check_own_accesses_complete,
    check_own_chain,
    check_own_consent_first,
    check_own_consents,
    check_own_consents_logged,
    check_own_policies,
    check_own_same_log,
    check_own_segments_consented,
    check_own_segments_held,
    check_own_segments_logged,
)
from aboveboard.audit.own_datasets import HeldManifest, check_own_datasets
from aboveboard.audit.own_terms import check_own_policy_in_force, check_own_within_terms
from aboveboard.audit.own_withdrawal import check_own_withdrawal_ends_reading
from aboveboard.audit.report import Check
from aboveboard.audit.spans import (
    check_contiguous,
    check_events_in_span,
    check_holes_explained,
    check_nothing_while_paused,
    check_pauses_marked,
)
from aboveboard.audit.verify import Audit
from aboveboard.core.errors import AboveboardError, Unavailable


def _asked(name: str, check: Callable[[], Check]) -> Check:
    """What a server does not answer is unknown, not held against it, and not vouched for."""
    try:
        return check()
    except Unavailable as error:
        return Check(name, "unknown", str(error))
    except AboveboardError as error:
        return Check(name, "fails", f"the answer can't be used: {error}")


def own_checks(
    laptop: Laptop, audit: Audit, answers: Answers = NOT_ASKED, manifests: Sequence[HeldManifest] = ()
) -> tuple[Check, ...]:
    """audit: a look that was asked for the sizes of own_checkpoints and the entries of Answers.logged."""
    charters, reading, good = audit.published.charters, audit.reading, audit.policies.good
    spans = [each.span for each in laptop.segments if each.span is not None]
    return (
        check_own_consents(laptop),
        check_own_policies(laptop, good),
        check_own_policy_in_force(laptop, good, charters),
        check_own_segments_logged(laptop, charters),
        check_own_same_log(laptop, reading, charters),
        check_contiguous(spans),
        check_events_in_span(spans),
        check_nothing_while_paused(spans, laptop.pauses),
        check_pauses_marked(spans, laptop.pauses),
        check_holes_explained(spans),
        _asked("own_accesses", lambda: check_own_accesses(laptop, told(answers.accesses), good, charters)),
        _asked(
            "own_accesses_complete",
            lambda: check_own_accesses_complete(told(answers.given), told(answers.accesses), reading.found),
        ),
        check_own_datasets(laptop, manifests, reading.facts),
        check_own_chain(laptop),
        _asked("own_segments_held", lambda: check_own_segments_held(laptop, told(answers.held))),
        check_own_consents_logged(laptop, charters),
        check_own_segments_consented(laptop),
        check_own_consent_first(laptop, charters),
        check_own_within_terms(laptop, good),
        _asked(
            "own_withdrawal_ends_reading",
            lambda: check_own_withdrawal_ends_reading(laptop, told(answers.given), told(answers.accesses), charters),
        ),
    )
