"""A policy written with a form: the page's fields become the YAML that `aboveboard policy check` reads. Keeps nothing.

The form decides nothing: what it writes is checked by the same compiler as a file written by hand, and signed offline.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

import msgspec
import yaml

from aboveboard.core.errors import BadInput
from aboveboard.core.leaves import Purpose
from aboveboard.core.policy import FRAME_LEVELS, Category, OptOutReason, Policy
from aboveboard.core.policy_yaml import TEMPLATE, compile_policy
from aboveboard.portal.forms import value

PURPOSES: tuple[str, ...] = get_args(Purpose)
CATEGORIES: tuple[str, ...] = get_args(Category)
REASONS: tuple[str, ...] = get_args(OptOutReason)
TEXTS = ("title", "controller", "contact", "legal_basis", "compensation", "dpia_sha256", "starts", "expires")
NUMBERS = ("version", "data_mb_per_day", "battery_percent_min", "review_hold_minutes", "notice_days")
LISTS = ("apps", "browsers", "sites", "never_record", "regions")


@dataclass(frozen=True, slots=True)
class Written:
    """yaml: the file; policy: None when it can't be compiled, and then problem says why and where (a field)."""

    fields: dict[str, Any]
    yaml: str
    policy: Policy | None
    problem: str
    where: str


def start(newest: Policy | None) -> dict[str, Any]:
    """What the form begins with: the newest policy, one version on; else the template."""
    known = compile_policy(TEMPLATE) if newest is None else newest
    found: dict[str, Any] = msgspec.to_builtins(known)
    found.pop("v")
    if newest is not None:
        found["version"] = newest.version + 1
    return found


def _lines(form: dict[str, list[str]], name: str) -> list[str]:
    return [line.strip() for line in value(form, name).splitlines() if line.strip()]


def _number(text: str) -> int | str:
    """As written when it is none: the compiler says so, with its field."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def read(form: dict[str, list[str]]) -> dict[str, Any]:
    """The policy's fields, in the order of the YAML."""
    found: dict[str, Any] = {name: value(form, name) for name in ("title",)}
    found["version"] = _number(value(form, "version"))
    found |= {name: value(form, name) for name in ("controller", "contact", "legal_basis")}
    found["purposes"] = [each for each in PURPOSES if each in form.get("purposes", [])]
    found["categories"] = {
        name: {
            "purposes": [each for each in PURPOSES if each in form.get(f"{name}.purposes", [])],
            "necessity": value(form, f"{name}.necessity"),
            "retention_days": _number(value(form, f"{name}.retention_days")),
            "recipients": _lines(form, f"{name}.recipients"),
        }
        for name in CATEGORIES
        if name in form.get("categories", [])
    }
    frames = value(form, "frames")
    found["frames"] = frames if frames in FRAME_LEVELS else "none"
    found |= {name: _lines(form, name) for name in LISTS}
    found["enrolment"] = "default" if value(form, "enrolment") == "default" else "invitation"
    found["opt_out_reasons"] = [each for each in REASONS if each in form.get("opt_out_reasons", [])]
    found |= {name: _number(value(form, name)) for name in NUMBERS[1:]}
    found |= {name: value(form, name) for name in ("compensation", "dpia_sha256")}
    found["consultation"] = {
        "bodies": _lines(form, "bodies"), "date": value(form, "date"), "outcome": value(form, "outcome"),
    }  # fmt: skip
    return found | {name: value(form, name) for name in ("starts", "expires")}


def write(fields: dict[str, Any]) -> Written:
    """The YAML, compiled once to see that it says what it should."""
    text = yaml.safe_dump(fields, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)
    try:
        return Written(fields, text, compile_policy(text), "", "")
    except BadInput as error:
        return Written(fields, text, None, error.what, error.where.rpartition(": ")[2])
