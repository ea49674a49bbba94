"""Guarantee 5: the policy grammar has no rank, no manager's grant, no per-person setting; nor has the decision."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.canonical import canonical
from aboveboard.core.decide import decide
from aboveboard.core.errors import BadInput
from aboveboard.core.events import Surface
from aboveboard.core.exemption import Exemption
from aboveboard.core.narrowing import Narrowing
from aboveboard.core.policy import CategoryTerms, Consultation, Policy
from aboveboard.core.policy_yaml import compile_policy
from tests.support.policies import TEXTS, policies
from tests.support.world import World

# Everything a policy can say. A field added here has to be the same for everyone: think before you add one.
FIELDS = {
    "title", "version", "controller", "contact", "legal_basis", "purposes", "categories", "frames", "apps", "browsers",
    "sites", "never_record", "regions", "enrolment", "opt_out_reasons", "data_mb_per_day", "battery_percent_min",
    "review_hold_minutes", "notice_days", "compensation", "dpia_sha256", "consultation", "starts", "expires", "v",
}  # fmt: skip


def test_the_grammar_is_closed() -> None:
    assert set(Policy.__struct_fields__) == FIELDS
    assert set(CategoryTerms.__struct_fields__) == {"purposes", "necessity", "retention_days", "recipients"}
    assert set(Consultation.__struct_fields__) == {"bodies", "date", "outcome"}


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in it, at any depth."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)


NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=12)
WANTED = st.sampled_from(["rank", "contributor", "managers", "exempt", "groups", "role", "except", "only_for", "team"])


@given(policies(), WANTED | NAMES, st.integers(0, 100), st.none() | st.text(max_size=5) | st.lists(st.text(max_size=5)))
@settings(max_examples=200)
def test_a_field_no_one_has_seen_is_refused_wherever_it_stands(policy: Policy, name: str, at: int, value: Any) -> None:
    """By whoever reads the bytes, and by whoever compiles the YAML."""
    fields = msgspec.to_builtins(policy)
    places = list(_objects(fields))
    place = places[at % len(places)]
    if name in place or (place is fields["categories"] and name in {"pointer", "keys", "text", "windows", "elements"}):
        return
    place[name] = value
    with pytest.raises(BadInput):
        Policy.parse(canonical(fields))
    with pytest.raises(BadInput, match=r"p\.yaml:1"):
        compile_policy(msgspec.json.encode(fields).decode(), "p.yaml")


@pytest.mark.parametrize("purpose", ["performance", "appraisal", "discipline", "monitor-people", "attendance", "hours"])
def test_a_purpose_of_appraisal_can_not_be_said(purpose: str) -> None:
    fields = msgspec.to_builtins(World().policy())
    for place in (fields, fields["categories"]["keys"]):
        old, place["purposes"] = place["purposes"], [*place["purposes"], purpose]
        with pytest.raises(BadInput, match="purposes"):
            Policy.parse(canonical(fields))
        place["purposes"] = old


PERSON = "9c1f" * 8


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("apps", f"app-{PERSON}"[:64]), ("apps", PERSON), ("sites", f"https://{PERSON}.example.org"),
        ("sites", "https://jane@example.org"), ("regions", PERSON), ("regions", "jane@example.org"),
        ("never_record", "*jane.doe@example.org*"), ("never_record", f"*{PERSON}*"), ("never_record", PERSON.upper()),
        ("browsers", PERSON), ("enrolment", PERSON), ("enrolment", "jane@example.org"), ("frames", PERSON),
    ],
)  # fmt: skip
def test_one_person_can_not_be_named_where_it_would_have_an_effect(field: str, value: str) -> None:
    old = getattr(World().policy(), field)
    fields = {**msgspec.to_builtins(World().policy()), field: [*old, value] if isinstance(old, tuple) else value}
    with pytest.raises(BadInput):
        Policy.parse(canonical(fields))


@given(policies(), TEXTS)
def test_free_text_has_no_effect(policy: Policy, text: str) -> None:
    """Whatever title, necessity or recipients say, of whomever: what is recorded is the same."""
    page = Surface(1, "chromium", True, "https://example.org", "A page", (0, 0, 1, 1))
    terms = {
        name: msgspec.structs.replace(each, necessity=f"for {PERSON} {text}", recipients=(f"jane@example.org {text}",))
        for name, each in policy.categories.items()
    }
    other = msgspec.structs.replace(
        policy, title=f"only for {PERSON} {text}", compensation=text or "-", categories=terms
    )
    for category in policy.categories:
        asked = [
            decide(
                policy=each, consent="given", paused=False, indicator=True, surface=page, region="DE", category=category
            )
            for each in (policy, other)
        ]
        assert asked[0] == asked[1]


def test_the_decision_does_not_ask_who_it_is() -> None:
    asked = set(inspect.signature(decide).parameters)
    assert asked == {
        "policy", "consent", "paused", "indicator", "surface", "category", "power_ok", "budget_ok", "region",
        "narrowing",
    }  # fmt: skip
    assert set(Narrowing.__slots__) == {
        "apps", "sites", "titles", "categories", "data_mb_per_day", "battery_percent_min",
    }  # fmt: skip


def test_an_exemption_is_for_ten_or_more_and_names_nobody() -> None:
    assert set(Exemption.__struct_fields__) == {
        "title", "region", "group", "people_least", "apps", "sites", "titles", "categories", "starts", "expires", "v",
    }  # fmt: skip
    with pytest.raises(BadInput, match="at least 10"):
        Exemption("t", "", "boss", 1, ("gimp",), (), (), (), "2027-01-01", "2027-02-01").check()
