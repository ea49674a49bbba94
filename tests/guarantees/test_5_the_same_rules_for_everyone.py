"""Guarantee 5: the policy grammar has no rank, no manager's grant, no per-person setting; nor has the decision."""

from __future__ import annotations

import inspect

import msgspec
import pytest

from aboveboard.core.decide import decide
from aboveboard.core.errors import BadInput
from aboveboard.core.policy import CategoryTerms, Consultation, Policy
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


@pytest.mark.parametrize("field", ["rank", "contributor", "managers", "exempt", "groups", "role"])
@pytest.mark.parametrize("place", ["", "categories", "consultation"])
def test_a_field_for_some_people_is_refused_wherever_it_stands(field: str, place: str) -> None:
    fields = msgspec.to_builtins(World().policy())
    {"": fields, "categories": fields["categories"]["keys"], "consultation": fields["consultation"]}[place][field] = "x"
    with pytest.raises(BadInput, match=field):
        Policy.parse(msgspec.json.encode(fields, order="sorted"))


def test_the_decision_does_not_ask_who_it_is() -> None:
    asked = set(inspect.signature(decide).parameters)
    assert asked == {"policy", "consent", "paused", "indicator", "surface", "category", "power_ok", "budget_ok",
                     "region", "narrowing"}  # fmt: skip
