"""What one policy changes against another, in words: what widens, what narrows, what merely changes. Pure.

"Widens" means that more is recorded, kept longer, used for more, seen by more, or that people have less say or less
time. Where a change could be either, it is said to widen.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

from aboveboard.core.policy import FRAME_LEVELS, CategoryTerms, Policy

Verdict: TypeAlias = Literal["widens", "narrows", "changes"]
Difference: TypeAlias = tuple[Verdict, str]
_OTHER: dict[bool, Verdict] = {True: "widens", False: "narrows"}


def _lists(name: str, old: Sequence[str], new: Sequence[str], *, more_is_wider: bool = True) -> list[Difference]:
    found: list[Difference] = [(_OTHER[more_is_wider], f"{name}: {each} is added") for each in new if each not in old]
    found += [(_OTHER[not more_is_wider], f"{name}: {each} is removed") for each in old if each not in new]
    return found or _order(name, old, new)


def _order(name: str, old: Sequence[str], new: Sequence[str]) -> list[Difference]:
    return [("changes", f"{name}: in another order")] if tuple(old) != tuple(new) else []


def _covered(
    name: str, old: Policy, new: Policy, values: Callable[[Policy], Sequence[str]],
    allows: Callable[[Policy, str], bool],
) -> list[Difference]:  # fmt: skip
    """Lists in which one entry can cover others: what is covered by the other side's list widens or narrows nothing."""
    before, after = values(old), values(new)
    found: list[Difference] = []
    for each in after:
        if each not in before:
            known = allows(old, each)
            found.append(("changes" if known else "widens", f"{name}: {each} is added"
                          + (", which was covered already" if known else "")))  # fmt: skip
    for each in before:
        if each not in after:
            still = allows(new, each)
            found.append(("changes" if still else "narrows", f"{name}: {each} is removed"
                          + (", and is covered still" if still else "")))  # fmt: skip
    return found or _order(name, before, after)


def _numbers(name: str, old: int, new: int, *, more_is_wider: bool) -> list[Difference]:
    return [(_OTHER[(new > old) == more_is_wider], f"{name}: {old} becomes {new}")] if old != new else []


def _words(name: str, old: object, new: object) -> list[Difference]:
    return [("changes", f"{name}: {old!r} becomes {new!r}")] if old != new else []


def _terms(name: str, old: CategoryTerms, new: CategoryTerms) -> list[Difference]:
    return [
        *_lists(f"{name}, purposes", old.purposes, new.purposes),
        *_words(f"{name}, necessity", old.necessity, new.necessity),
        *_numbers(f"{name}, retention_days", old.retention_days, new.retention_days, more_is_wider=True),
        *_lists(f"{name}, recipients", old.recipients, new.recipients),
    ]


def _categories(old: Policy, new: Policy) -> list[Difference]:
    found = _lists("categories", sorted(old.categories), sorted(new.categories))
    for name in sorted(old.categories.keys() & new.categories.keys()):
        found += _terms(name, old.categories[name], new.categories[name])
    level = FRAME_LEVELS.index
    if old.frames != new.frames:
        found.append((_OTHER[level(new.frames) > level(old.frames)], f"frames: {old.frames} becomes {new.frames}"))
    return found


def _people(old: Policy, new: Policy) -> list[Difference]:
    """What is left to the person, and for how long."""
    found = _lists("opt_out_reasons", old.opt_out_reasons, new.opt_out_reasons, more_is_wider=False)
    if old.enrolment != new.enrolment:
        found.append((_OTHER[new.enrolment == "default"], f"enrolment: {old.enrolment} becomes {new.enrolment}"))
    found += _numbers("data_mb_per_day", old.data_mb_per_day, new.data_mb_per_day, more_is_wider=True)
    for name in ("battery_percent_min", "review_hold_minutes", "notice_days"):
        found += _numbers(name, getattr(old, name), getattr(new, name), more_is_wider=False)
    # Dates are YYYY-MM-DD, so they sort as texts.
    if old.starts != new.starts:
        found.append((_OTHER[new.starts < old.starts], f"starts: {old.starts} becomes {new.starts}"))
    if old.expires != new.expires:
        found.append((_OTHER[new.expires > old.expires], f"expires: {old.expires} becomes {new.expires}"))
    return found


def compare(old: Policy, new: Policy) -> list[Difference]:
    """What differs, each with a sentence. Empty exactly when the policies are the same."""
    found = _lists("purposes", old.purposes, new.purposes)
    found += _categories(old, new)
    found += _lists("apps", old.apps, new.apps)
    # A browser that is no longer called one may be recorded on every site.
    found += _lists("browsers", old.browsers, new.browsers, more_is_wider=False)
    found += _covered("sites", old, new, lambda each: each.sites, Policy.allows_site)
    found += _lists("never_record", old.never_record, new.never_record, more_is_wider=False)
    found += _covered("regions", old, new, lambda each: each.regions, Policy.allows_region)
    found += _people(old, new)
    for name in ("title", "version", "controller", "contact", "legal_basis", "compensation", "dpia_sha256", "v"):
        found += _words(name, getattr(old, name), getattr(new, name))
    for name in ("bodies", "date", "outcome"):
        found += _words(f"consultation, {name}", getattr(old.consultation, name), getattr(new.consultation, name))
    return found
