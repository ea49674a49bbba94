"""A policy in plain words: the notice, as it is posted and shown before consent. Every field of the policy is in it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aboveboard.core.charter import Charter
from aboveboard.core.policy import Policy

WIDTH = 98
CATEGORY_WORDS = {
    "pointer": "how the pointer moves, clicks and scrolls",
    "keys": "shortcuts and named keys (never characters one by one)",
    "text": "text you type, with personal details replaced; passwords and unknown fields never",
    "windows": "which allowed program or site is in front",
    "elements": "the controls you use and those visible beside them, with their labels",
    "frames": "pictures of the screen, masked on your laptop",
}
FRAME_WORDS = {
    "none": "none",
    "on_action": "when you act; sharp only around what you act on, all else too coarse to read",
    "keyframes": "when you act, and now and then between; sharp only around what you act on, else too coarse to read",
}


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, and its sentences; those that begin with "- " are points of a list."""

    heading: str
    lines: tuple[str, ...]


def _listing(values: Sequence[str]) -> str:
    return ", ".join(values) if values else "none"


def _what(policy: Policy) -> Section:
    lines = []
    for name, terms in policy.categories.items():
        lines.append(
            f"- {name}: {CATEGORY_WORDS[name]}. Why: {terms.necessity}. For: {_listing(terms.purposes)}. "
            f"Kept {terms.retention_days} days after the end of the month. Received by: {_listing(terms.recipients)}."
        )
    lines.append(f"- Pictures of the screen ({policy.frames}): {FRAME_WORDS[policy.frames]}.")
    return Section("What is recorded", tuple(lines))


def _where(policy: Policy) -> Section:
    return Section(
        "Where",
        (
            f"Only in these programs: {_listing(policy.apps)}.",
            f"In a browser ({_listing(policy.browsers)}) only on these sites: {_listing(policy.sites)}.",
            f"Never when a title or site matches: {_listing(policy.never_record)}.",
            f"Only in: {_listing(policy.regions)}.",
        ),
    )


def _yours(policy: Policy) -> Section:
    how = "by invitation" if policy.enrolment == "invitation" else "by default"
    return Section(
        "In your hands",
        (
            "Nothing is recorded before you agree. You can pause at any time for any time, look at what was recorded, "
            "delete it, and leave, without giving a reason and without anyone's leave.",
            f"Enrolment: {how} ({policy.enrolment}); either way only with your own consent.",
            f"Reasons for leaving you may name, but need not: {_listing(policy.opt_out_reasons)}.",
            f"Your connection: at most {policy.data_mb_per_day} MB a day. Your battery: nothing below "
            f"{policy.battery_percent_min} %. You can set both stricter, and exclude more programs and sites.",
            f"What is recorded waits at least {policy.review_hold_minutes} minutes on your laptop before it is sent, "
            "so that you can look at it first.",
            f"Compensation: {policy.compensation}.",
        ),
    )


def _who(policy: Policy, charter: Charter) -> Section:
    signers = f"{charter.representatives.threshold} of {len(charter.representatives.keys)} representatives"
    return Section(
        "Who stands behind it",
        (
            f"Who is responsible: {policy.controller}. Contact: {policy.contact}.",
            f"Legal basis: {policy.legal_basis}.",
            f"What for: {_listing(policy.purposes)}. Never for appraisal: there is no figure about a person anywhere.",
            f"Consulted: {_listing(policy.consultation.bodies)} on {policy.consultation.date}: "
            f"{policy.consultation.outcome}.",
            f"Signed by the employer and by at least {signers}.",
            f"Data protection impact assessment, SHA-256: {policy.dpia_sha256}.",
        ),
    )


def _when(policy: Policy, charter: Charter) -> Section:
    days = max(policy.notice_days, charter.notice_days_min)
    return Section(
        "When",
        (
            f"Notice: {days} days from the witnesses' signature (the policy says {policy.notice_days}, the charter at "
            f"least {charter.notice_days_min}).",
            f"In force from {policy.starts} to {policy.expires}, both days included.",
            f"Format version {policy.v}. Policy {policy.policy_id}, under charter {charter.charter_id}.",
        ),
    )


def sections(policy: Policy, charter: Charter) -> tuple[Section, ...]:
    """The notice in order: what the person decides on first."""
    return (
        _yours(policy),
        _what(policy),
        _where(policy),
        _who(policy, charter),
        _when(policy, charter),
    )


def headline(policy: Policy) -> str:
    return f"{policy.title} (version {policy.version})"


DEMO_WORDS = "THIS IS A DEMONSTRATION: its charter allows a notice period shorter than 30 days."


def explain(policy: Policy, charter: Charter) -> str:
    """The on-screen notice: plain text, lines of at most 98 characters where words allow it."""
    return laid_out(headline(policy), DEMO_WORDS if charter.demo else "", sections(policy, charter))


def laid_out(first: str, demo: str, found: Iterable[Section]) -> str:
    """Plain text of a notice in any language, in lines of at most WIDTH. demo: "" where it is none."""
    lines = [first, ""]
    if demo:
        lines += [demo, ""]
    for section in found:
        lines.append(section.heading)
        for text in section.lines:
            hanging = "    " if text.startswith("- ") else "  "
            lines += textwrap.wrap(
                text, WIDTH, initial_indent="  ", subsequent_indent=hanging, break_long_words=False,
                break_on_hyphens=False,
            )  # fmt: skip
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def summary(policy: Policy) -> str:
    """Field by field, for whoever drafts or signs: no charter needed."""
    lines = [f"{headline(policy)}", f"policy {policy.policy_id}"]
    for name in policy.__struct_fields__:
        value = getattr(policy, name)
        if name == "categories":
            for category, terms in value.items():
                lines.append(
                    f"{category}: kept {terms.retention_days} days after the end of the month, for "
                    f"{_listing(terms.purposes)}, received by {_listing(terms.recipients)}; {terms.necessity}"
                )
        elif name == "consultation":
            lines.append(f"consultation: {_listing(value.bodies)}, {value.date}, {value.outcome}")
        else:
            lines.append(f"{name}: {_listing(value) if isinstance(value, tuple) else value}")
    return "\n".join(lines) + "\n"
