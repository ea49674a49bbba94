"""A policy in plain words, and what one changes, in the reader's language. In English exactly as `core.policy_words`
and `core.policy_diff` say it: the page and the notice that is posted tell one story (a test holds both to it).

What people wrote into the policy stays as they wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from aboveboard.core.charter import Charter
from aboveboard.core.policy import Policy
from aboveboard.core.policy_diff import Difference
from aboveboard.core.policy_words import CATEGORY_WORDS, DEMO_WORDS, FRAME_WORDS, Section, headline, laid_out
from aboveboard.ui.language import Speech, message

# The words of the core, marked for translation here.
MARKED = (
    message("how the pointer moves, clicks and scrolls"),
    message("shortcuts and named keys (never characters one by one)"),
    message("text you type, with personal details replaced; passwords and unknown fields never"),
    message("which allowed program or site is in front"),
    message("the controls you use and those visible beside them, with their labels"),
    message("pictures of the screen, masked on your laptop"),
    message("none"),
    message("when you act; sharp only around what you act on, all else too coarse to read"),
    message("when you act, and now and then between; sharp only around what you act on, else too coarse to read"),
    message("THIS IS A DEMONSTRATION: its charter allows a notice period shorter than 30 days."),
)


def _listing(values: Sequence[str], words: Speech) -> str:
    return ", ".join(values) if values else words.say("none")


def _yours(policy: Policy, words: Speech) -> Section:
    say = words.say
    how = say(message("by invitation")) if policy.enrolment == "invitation" else say(message("by default"))
    return Section(
        say(message("In your hands")),
        (
            say(message("Nothing is recorded before you agree. You can pause at any time for any time, look at what was recorded, delete it, and leave, without giving a reason and without anyone's leave.")),  # noqa: E501
            say(message("Enrolment: %(how)s (%(word)s); either way only with your own consent."))
            % {"how": how, "word": policy.enrolment},
            say(message("Reasons for leaving you may name, but need not: %(reasons)s."))
            % {"reasons": _listing(policy.opt_out_reasons, words)},
            say(message("Your connection: at most %(mb)s MB a day. Your battery: nothing below %(percent)s %%. You can set both stricter, and exclude more programs and sites."))  # noqa: E501
            % {"mb": policy.data_mb_per_day, "percent": policy.battery_percent_min},
            say(message("What is recorded waits at least %(minutes)s minutes on your laptop before it is sent, so that you can look at it first."))  # noqa: E501
            % {"minutes": policy.review_hold_minutes},
            say(message("Compensation: %(words)s.")) % {"words": policy.compensation},
        ),
    )  # fmt: skip


def _what(policy: Policy, words: Speech) -> Section:
    line = words.say(
        message(
            "%(name)s: %(what)s. Why: %(why)s. For: %(purposes)s. Kept %(days)s days after the end of the month. "
            "Received by: %(recipients)s."
        )
    )
    lines = [
        "- " + line % {
            "name": name, "what": words.say(CATEGORY_WORDS[name]), "why": terms.necessity,
            "purposes": _listing(terms.purposes, words), "days": terms.retention_days,
            "recipients": _listing(terms.recipients, words),
        }
        for name, terms in policy.categories.items()
    ]  # fmt: skip
    pictures = words.say(message("Pictures of the screen (%(level)s): %(words)s."))
    lines.append("- " + pictures % {"level": policy.frames, "words": words.say(FRAME_WORDS[policy.frames])})
    return Section(words.say(message("What is recorded")), tuple(lines))


def _where(policy: Policy, words: Speech) -> Section:
    say = words.say
    return Section(
        say(message("Where")),
        (
            say(message("Only in these programs: %(apps)s.")) % {"apps": _listing(policy.apps, words)},
            say(message("In a browser (%(browsers)s) only on these sites: %(sites)s."))
            % {"browsers": _listing(policy.browsers, words), "sites": _listing(policy.sites, words)},
            say(message("Never when a title or site matches: %(patterns)s."))
            % {"patterns": _listing(policy.never_record, words)},
            say(message("Only in: %(regions)s.")) % {"regions": _listing(policy.regions, words)},
        ),
    )  # fmt: skip


def _who(policy: Policy, charter: Charter, words: Speech) -> Section:
    say = words.say
    return Section(
        say(message("Who stands behind it")),
        (
            say(message("Who is responsible: %(who)s. Contact: %(contact)s."))
            % {"who": policy.controller, "contact": policy.contact},
            say(message("Legal basis: %(basis)s.")) % {"basis": policy.legal_basis},
            say(message("What for: %(purposes)s. Never for appraisal: there is no figure about a person anywhere."))
            % {"purposes": _listing(policy.purposes, words)},
            say(message("Consulted: %(bodies)s on %(date)s: %(outcome)s."))
            % {"bodies": _listing(policy.consultation.bodies, words), "date": policy.consultation.date,
               "outcome": policy.consultation.outcome},
            say(message("Signed by the employer and by at least %(need)s of %(all)s representatives."))
            % {"need": charter.representatives.threshold, "all": len(charter.representatives.keys)},
            say(message("Data protection impact assessment, SHA-256: %(hash)s.")) % {"hash": policy.dpia_sha256},
        ),
    )  # fmt: skip


def _when(policy: Policy, charter: Charter, words: Speech) -> Section:
    say = words.say
    return Section(
        say(message("When")),
        (
            say(message("Notice: %(days)s days from the witnesses' signature (the policy says %(policy)s, the charter at least %(charter)s)."))  # noqa: E501
            % {"days": max(policy.notice_days, charter.notice_days_min), "policy": policy.notice_days,
               "charter": charter.notice_days_min},
            say(message("In force from %(starts)s to %(expires)s, both days included."))
            % {"starts": policy.starts, "expires": policy.expires},
            say(message("Format version %(v)s. Policy %(policy)s, under charter %(charter)s."))
            % {"v": policy.v, "policy": policy.policy_id, "charter": charter.charter_id},
        ),
    )  # fmt: skip


def notice(policy: Policy, charter: Charter, words: Speech) -> tuple[Section, ...]:
    """The notice in order: what the person decides on first."""
    return (
        _yours(policy, words), _what(policy, words), _where(policy, words), _who(policy, charter, words),
        _when(policy, charter, words),
    )  # fmt: skip


def notice_text(policy: Policy, charter: Charter, words: Speech) -> str:
    """As core.policy_words.explain: plain text, for comparing word by word."""
    demo = words.say(DEMO_WORDS) if charter.demo else ""
    return laid_out(headline(policy), demo, notice(policy, charter, words))


# The forms that core.policy_diff writes: what is said about a field of the policy, whose name stays.
_FORMS = (
    (re.compile(r"(?s)(.*): (.*) is added, which was covered already"),
     message("%(name)s: %(one)s is added, which was covered already")),
    (re.compile(r"(?s)(.*): (.*) is removed, and is covered still"),
     message("%(name)s: %(one)s is removed, and is covered still")),
    (re.compile(r"(?s)(.*): (.*) is added to the floor"), message("%(name)s: %(one)s is added to the floor")),
    (re.compile(r"(?s)(.*): (.*) is removed from the floor"), message("%(name)s: %(one)s is removed from the floor")),
    (re.compile(r"(?s)([a-z_, ]+): (.*) is added"), message("%(name)s: %(one)s is added")),
    (re.compile(r"(?s)([a-z_, ]+): (.*) is removed"), message("%(name)s: %(one)s is removed")),
    (re.compile(r"(?s)([a-z_, ]+): (.*) becomes (.*)"), message("%(name)s: %(one)s becomes %(other)s")),
    (re.compile(r"(?s)([a-z_, ]+): in another order"), message("%(name)s: in another order")),
)  # fmt: skip


def sentence(text: str, words: Speech) -> str:
    """A sentence of core.policy_diff in the reader's language."""
    if words.language == "en":
        return text
    for pattern, form in _FORMS:
        if found := pattern.fullmatch(text):
            parts = (*found.groups(), "", "")
            return words.say(form) % {"name": parts[0], "one": parts[1], "other": parts[2]}
    return text


def changes(found: Iterable[Difference], words: Speech) -> list[Difference]:
    return [(verdict, sentence(text, words)) for verdict, text in found]


def said(found: Iterable[Difference] | None, words: Speech) -> list[Difference] | None:
    """None stays None: there is nothing before it."""
    return None if found is None else changes(found, words)
