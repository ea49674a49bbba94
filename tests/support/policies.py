"""Hypothesis strategies: any policy the grammar can say, and the same with one field said otherwise."""

from __future__ import annotations

import datetime
import functools
from typing import Any

import msgspec
from hypothesis import strategies as st

from aboveboard.core.policy import FRAME_LEVELS, Category, CategoryTerms, Consultation, Policy
from tests.support.world import World

PURPOSES = ("train-agents", "evaluate-agents", "research-interfaces", "improve-accessibility")
CATEGORIES: tuple[Category, ...] = ("pointer", "keys", "text", "windows", "elements")
APPS = ("chromium", "libreoffice", "gimp", "code", "evince")
SITES = ("https://example.org", "http://127.0.0.1:*", "http://127.0.0.1:80", "https://a.example:8443")
PATTERNS = ("*bank*", "*health*", "*union*", "*@example.org*", "private ?")
REGIONS = ("DE", "DE-BE", "FR", "US-CA", "US")
BASE = World().policy()

_TURNING = "".join(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], exclude_characters=_TURNING, include_characters="\t\n"),
    min_size=1, max_size=40,
).filter(str.strip)  # fmt: skip


@functools.cache  # making a strategy takes longer than drawing from it
def _some(values: tuple[str, ...], least: int = 0) -> Any:
    return st.lists(st.sampled_from(values), unique=True, min_size=least).map(tuple)


@functools.cache
def _dates(first: str, last: str) -> Any:
    low, high = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    return st.dates(low, high).map(datetime.date.isoformat)


@functools.cache
def terms(purposes: tuple[str, ...]) -> Any:
    recipients = st.lists(TEXTS, unique=True, max_size=3).map(tuple)
    return st.builds(CategoryTerms, _some(purposes, 1), TEXTS, st.integers(1, 3650), recipients)


def _valid(policy: Policy) -> Policy:
    policy.check()
    return policy


@st.composite
def policies(draw: Any) -> Policy:
    """Any policy that can be said."""
    purposes = draw(_some(PURPOSES, 1))
    frames = draw(st.sampled_from(FRAME_LEVELS))
    names = draw(_some(CATEGORIES, 1)) + (("frames",) if frames != "none" else ())
    apps = draw(_some(APPS))
    return _valid(Policy(
        title=draw(TEXTS), version=draw(st.integers(1, 1_000_000)), controller=draw(TEXTS), contact=draw(TEXTS),
        legal_basis=draw(TEXTS), purposes=purposes, categories={name: draw(terms(purposes)) for name in names},
        frames=frames, apps=apps, browsers=draw(_some(apps)) if apps else (), sites=draw(_some(SITES)),
        never_record=draw(_some(PATTERNS)), regions=draw(_some(REGIONS, 1)),
        enrolment=draw(st.sampled_from(["invitation", "default"])),
        opt_out_reasons=draw(_some(("bandwidth", "sensitive_work", "power"))),
        data_mb_per_day=draw(st.integers(1, 100_000)), battery_percent_min=draw(st.integers(0, 100)),
        review_hold_minutes=draw(st.integers(0, 43_200)), notice_days=draw(st.integers(0, 365)),
        compensation=draw(TEXTS), dpia_sha256=draw(st.binary(min_size=32, max_size=32)).hex(),
        consultation=Consultation(draw(st.lists(TEXTS, unique=True, min_size=1, max_size=3).map(tuple)),
                                  draw(_dates("2026-01-01", "2026-12-31")), draw(TEXTS)),
        starts=draw(_dates("2026-01-01", "2026-12-31")), expires=draw(_dates("2027-01-01", "2030-12-31")),
    ))  # fmt: skip


@st.composite
def one_change(draw: Any) -> tuple[str, Policy, Policy]:
    """(what, a policy, the same with one field of it said otherwise); nested fields as "categories.keys.necessity"."""
    old, other = draw(policies()), draw(policies())
    name = draw(st.sampled_from([each for each in Policy.__struct_fields__ if each not in ("v", "frames")]))
    what, new = name, old
    if name == "categories":
        category = draw(st.sampled_from(sorted(old.categories)))
        field = draw(st.sampled_from(CategoryTerms.__struct_fields__))
        changed = getattr(draw(terms(old.purposes)), field)
        inner = msgspec.structs.replace(old.categories[category], **{field: changed})
        what = f"categories.{category}.{field}"
        new = msgspec.structs.replace(old, categories={**old.categories, category: inner})
    elif name == "purposes":
        new = msgspec.structs.replace(old, purposes=(*old.purposes, *(p for p in PURPOSES if p not in old.purposes)))
    elif name == "apps":
        new = msgspec.structs.replace(old, apps=(*old.apps, *(a for a in other.apps if a not in old.apps)))
    elif name == "browsers":
        new = msgspec.structs.replace(old, browsers=draw(_some(old.apps)) if old.apps else ())
    elif name == "consultation":
        field = draw(st.sampled_from(Consultation.__struct_fields__))
        what = f"consultation.{field}"
        value = getattr(other.consultation, field)
        new = msgspec.structs.replace(old, consultation=msgspec.structs.replace(old.consultation, **{field: value}))
    else:
        new = msgspec.structs.replace(old, **{name: getattr(other, name)})
    return what, old, _valid(new)
