"""A policy in plain words: the printable notice, and what a change widens or narrows."""

from __future__ import annotations

from aboveboard.core.charter import Charter
from aboveboard.core.policy import Policy

_CATEGORY = {
    "pointer": "how the pointer moves, clicks and scrolls",
    "keys": "shortcuts and named keys (never characters one by one)",
    "text": "text you type, with personal details replaced; passwords and unknown fields never",
    "windows": "which allowed program or site is in front",
    "elements": "the controls you use and those visible beside them, with their labels",
}


def _listing(values: tuple[str, ...]) -> str:
    return ", ".join(values) if values else "none"


def explain(policy: Policy, charter: Charter) -> str:
    """The notice: every field of the policy, as it is posted and shown before consent. Plain text, lines under 100."""
    notice_days = max(policy.notice_days, charter.notice_days_min)
    lines = [
        f"{policy.title} (version {policy.version})",
        "",
        "Nothing is recorded before you agree here. You can pause at any time for any time, look at what was",
        "recorded, delete it, and leave, without giving a reason and without anyone's leave.",
        "",
    ]
    if charter.demo:
        lines += ["THIS IS A DEMONSTRATION: its charter allows a notice period shorter than 30 days.", ""]
    lines += [
        f"Who is responsible: {policy.controller}. Contact: {policy.contact}.",
        f"Legal basis: {policy.legal_basis}.",
        f"What for: {_listing(policy.purposes)}. Never for appraisal: there is no figure about a person anywhere.",
        "",
        "What is recorded:",
    ]
    for name, terms in policy.categories.items():
        lines += [
            f"  - {name}: {_CATEGORY[name]}.",
            f"    Why: {terms.necessity}. For: {_listing(terms.purposes)}.",
            f"    Kept {terms.retention_days} days. Received by: {_listing(terms.recipients)}.",
        ]
    lines += [
        f"  - pictures of the screen: {policy.frames}.",
        "",
        f"Only in these programs: {_listing(policy.apps)}.",
        f"In a browser ({_listing(policy.browsers)}) only on these sites: {_listing(policy.sites)}.",
        f"Never when a title or site matches: {_listing(policy.never_record)}.",
        f"Only in: {_listing(policy.regions)}.",
        "",
        f"Enrolment: {'by invitation' if policy.enrolment == 'invitation' else 'by default'}; either way only with"
        " your own consent.",
        f"Reasons for leaving you may name, but need not: {_listing(policy.opt_out_reasons)}.",
        f"Your connection: at most {policy.data_mb_per_day} MB a day. Your battery: nothing below"
        f" {policy.battery_percent_min} %.",
        f"What is recorded waits {policy.review_hold_minutes} minutes on your laptop before it is sent, so that you can"
        " look at it first.",
        f"Compensation: {policy.compensation}.",
        "",
        f"Notice: {notice_days} days from the witnesses' signature. In force from {policy.starts} to {policy.expires}.",
        f"Consulted: {_listing(policy.consultation.bodies)} on {policy.consultation.date}:"
        f" {policy.consultation.outcome}.",
        f"Data protection impact assessment, SHA-256: {policy.dpia_sha256}.",
        f"Signed by the employer and by at least {charter.representatives.threshold} of"
        f" {len(charter.representatives.keys)} representatives. Format version {policy.v}.",
        f"Policy {policy.policy_id}.",
    ]
    return "\n".join(lines) + "\n"


def _sets(
    name: str, old: tuple[str, ...], new: tuple[str, ...], *, more_is_wider: bool = True
) -> list[tuple[str, str]]:
    wider, narrower = ("widens", "narrows") if more_is_wider else ("narrows", "widens")
    found = [(wider, f"{name}: {value} is added") for value in new if value not in old]
    return found + [(narrower, f"{name}: {value} is removed") for value in old if value not in new]


def _numbers(name: str, old: int, new: int, *, more_is_wider: bool) -> list[tuple[str, str]]:
    if old == new:
        return []
    verdict = "widens" if (new > old) == more_is_wider else "narrows"
    return [(verdict, f"{name}: {old} becomes {new}")]


def compare(old: Policy, new: Policy) -> list[tuple[str, str]]:
    """What differs, each as ("widens" | "narrows" | "changes", sentence). Empty when nothing does."""
    found: list[tuple[str, str]] = []
    for name in ("purposes", "apps", "sites", "regions"):
        found += _sets(name, getattr(old, name), getattr(new, name))
    found += _sets("browsers", old.browsers, new.browsers, more_is_wider=False)
    found += _sets("never_record", old.never_record, new.never_record, more_is_wider=False)
    found += _sets("opt_out_reasons", old.opt_out_reasons, new.opt_out_reasons, more_is_wider=False)
    found += _sets("categories", tuple(old.categories), tuple(new.categories))
    for name in old.categories.keys() & new.categories.keys():
        before, after = old.categories[name], new.categories[name]
        found += _sets(f"{name}, purposes", before.purposes, after.purposes)
        found += _sets(f"{name}, recipients", before.recipients, after.recipients)
        found += _numbers(f"{name}, retention days", before.retention_days, after.retention_days, more_is_wider=True)
        if before.necessity != after.necessity:
            found.append(("changes", f"{name}, necessity: {before.necessity!r} becomes {after.necessity!r}"))
    found += _numbers("data_mb_per_day", old.data_mb_per_day, new.data_mb_per_day, more_is_wider=True)
    for name in ("battery_percent_min", "review_hold_minutes", "notice_days"):
        found += _numbers(name, getattr(old, name), getattr(new, name), more_is_wider=False)
    if (old.enrolment, new.enrolment) != (new.enrolment, old.enrolment):
        found.append(("widens" if new.enrolment == "default" else "narrows", f"enrolment becomes {new.enrolment}"))
    if new.expires != old.expires:
        found.append(
            ("widens" if new.expires > old.expires else "narrows", f"expires: {old.expires} becomes {new.expires}")
        )
    for name in (
        "title",
        "controller",
        "contact",
        "legal_basis",
        "compensation",
        "dpia_sha256",
        "consultation",
        "starts",
    ):
        if getattr(old, name) != getattr(new, name):
            found.append(("changes", f"{name}: {getattr(old, name)!r} becomes {getattr(new, name)!r}"))
    return found
