"""What the log and the published files say about the programme: notice, access, lineage, deletion. Pure."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from aboveboard.audit.facts import Facts
from aboveboard.audit.log_checks import Seen
from aboveboard.audit.published import KnownPolicy, Policies, Published, unless_unread
from aboveboard.audit.report import Check, checked, judged
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import CheckFailed
from aboveboard.core.leaves import DAY_US, DELETION_DAYS_MAX, due_day_us
from aboveboard.core.policy import DAY_S

COUNTED = ("key_released", "dataset_built", "model_trained", "deletion_asked", "deletion_done")


def check_policies_logged(facts: Facts, policies: Policies) -> Check:
    """Every policy that the log names is published and valid, and its proof is of the place where it stands."""
    problems = [
        f"policy {name[:16]} is in the log, but not published or not valid"
        for name in sorted(set(facts.policies) - set(policies.good) - policies.unread)
    ]
    check = judged(
        "policies_logged", problems, f"{len(facts.policies)} policies in the log, each published with its proof"
    )
    return unless_unread(check, "holds", _not_read(policies))


def _not_read(policies: Policies) -> str:
    return f"{len(policies.unread)} policies of the log could not be read" if policies.unread else ""


def in_force_from_s(known: KnownPolicy) -> int:
    """The second at which its notice has run: from the witnesses' time of signing, for the longer of both periods."""
    return known.cosigned_s + DAY_S * max(known.policy.notice_days, known.charter.notice_days_min)


def check_nothing_before_notice(facts: Facts, policies: Policies, cosigned_s: int, seen: Sequence[Seen] = ()) -> Check:
    """The log holds segments only if some policy's notice had run by the witnesses' time, after that policy's entry.

    cosigned_s: of the newest checkpoint. seen: those from before, which may hold the first segments already and so say
    more closely when they were accepted.
    """
    first = facts.first_segments
    if first is not None:
        times = [each.cosigned_s for each in seen if each.cosigned_s and each.checkpoint.size > first]
        cosigned_s = min([cosigned_s, *times])

    def run() -> str:
        good = policies.good.values()
        if first is not None:
            before = [known for known in good if known.index < first]
            if not before:
                raise CheckFailed("segments were accepted before any valid policy was in the log")
            if min(in_force_from_s(known) for known in before) > cosigned_s:
                raise CheckFailed("segments were accepted although no policy's notice period has run")
        if not good:
            return "no policy, and no segments"
        earliest = min(in_force_from_s(known) for known in good)
        days = min(max(known.policy.notice_days, known.charter.notice_days_min) for known in good)
        moment = datetime.datetime.fromtimestamp(earliest, datetime.UTC)
        return f"notice of {days} days from the witnesses' time: in force from {moment:%Y-%m-%d %H:%M UTC}"

    return unless_unread(checked("nothing_before_notice", run), "fails", _not_read(policies))


def check_counters(found: Published, facts: Facts) -> Check:
    """The published numbers are those that anyone counts in the log."""

    def run() -> str:
        if "counters" in found.problems:
            raise found.problems["counters"]
        said = found.counters
        if said is None:
            raise CheckFailed("no counters are published")
        if said.size > facts.size:
            raise CheckFailed(f"the counters are of {said.size} entries, the log has {facts.size}")
        for name in COUNTED:
            if facts.counted[name] != getattr(said, name):
                raise CheckFailed(f"{name}: published as {getattr(said, name)}, in the log {facts.counted[name]}")
        return ", ".join(f"{getattr(said, name)} {name}" for name in COUNTED)

    return checked("counters", run)


def check_releases(facts: Facts, policies: Policies) -> Check:
    """Keys were released for purposes only that a policy before them in the log names."""
    problems = []
    for purpose, index in facts.purposes.items():
        named = [k.index for k in policies.good.values() if purpose in k.policy.purposes]
        if min(named, default=facts.size) > index:
            problems.append(
                f"entry {index}: a key was released for {purpose!r}, which no policy before it names"
            )  # fmt: skip
    reason = f"{facts.kinds['key_released']} keys released, each for a purpose of a policy"
    return unless_unread(judged("releases", problems, reason), "fails", _not_read(policies))


def check_lineage(facts: Facts) -> Check:
    """A dataset comes after a release of keys, a model after the dataset it names."""
    datasets, models = facts.kinds["dataset_built"], facts.kinds["model_trained"]
    reason = f"{datasets} datasets and {models} models, each after what it comes from; {len(facts.marked)} marked"
    return judged("lineage", facts.lineage.first, reason, facts.lineage.count)


def check_deletions(facts: Facts, now_s: int) -> Check:
    """What was asked is done by its day, which is not put off; nothing is done that was not asked.

    now_s: the witnesses' time, or later."""
    overdue = [name for name, due_us in facts.asked.items() if due_us < now_s * US_PER_S]
    # Asked before now, so due by then at the latest; a day more for clocks that differ.
    latest_us = due_day_us(now_s * US_PER_S, DELETION_DAYS_MAX) + DAY_US
    put_off = [name for name, due_us in facts.asked.items() if due_us > latest_us]
    problems = [
        *facts.deletions.first,
        *(f"deletion {name.hex()[:16]} is overdue" for name in overdue[:20]),
        *(f"deletion {name.hex()[:16]} is put off for over {DELETION_DAYS_MAX} days" for name in put_off[:20]),
    ]
    reason = f"{facts.asked_n} asked, {facts.done_n} done, {len(facts.asked)} within their time"
    return judged("deletions", problems, reason, facts.deletions.count + len(overdue) + len(put_off))
