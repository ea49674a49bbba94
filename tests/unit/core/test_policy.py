"""Policies: every field said, errors with the line, a grammar in which nobody can be singled out."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aboveboard.core.errors import BadInput
from aboveboard.core.leaves import Purpose
from aboveboard.core.policy import Policy, SignedPolicy
from aboveboard.core.policy_diff import compare
from aboveboard.core.policy_words import explain
from aboveboard.core.policy_yaml import compile_policy, new_policy_yaml
from tests.support.world import World

YAML = new_policy_yaml()


def _yaml(**replacements: str) -> str:
    """The template with a date that counts, and lines replaced."""
    lines = YAML.splitlines()
    for name, value in replacements.items():
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{name}:"))
        lines[at] = f"{name}: {value}"
    return "\n".join(lines) + "\n"


def test_the_template_compiles_once_its_blanks_are_filled() -> None:
    policy = compile_policy(YAML)
    assert Policy.parse(policy.to_bytes()) == policy


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", "one"), ("regions", "[Germany]"), ("sites", "[example.org]"), ("apps", "[Chromium]"),
        ("notice_days", "-1"), ("enrolment", "forced"), ("purposes", "[appraisal]"), ("expires", "soon"),
        ("dpia_sha256", "abc"), ("battery_percent_min", "101"), ("frames", "all"),
    ],
)  # fmt: skip
def test_a_value_that_cant_be_is_an_error_at_its_line(field: str, value: str) -> None:
    text = _yaml(**{field: value})
    line = next(i for i, each in enumerate(text.splitlines(), 1) if each.startswith(f"{field}:"))
    with pytest.raises(BadInput) as caught:
        compile_policy(text, "p.yaml")
    assert str(caught.value).startswith(f"p.yaml:{line}: {field}")


PLAIN_FIELDS = [name for name in Policy.__struct_fields__ if name not in ("v", "categories", "consultation")]


@pytest.mark.parametrize("field", PLAIN_FIELDS)
def test_a_missing_field_is_an_error_that_names_it(field: str) -> None:
    lines = YAML.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith(f"{field}:"))
    end = next((i for i in range(at + 1, len(lines)) if lines[i] and not lines[i].startswith((" ", "-", "#"))), at + 1)
    with pytest.raises(BadInput, match=field):
        compile_policy("\n".join(lines[:at] + lines[end:]), "p.yaml")


def test_an_error_within_a_category_names_it_and_its_line() -> None:
    lines = YAML.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("categories:"))
    at = next(i for i in range(at, len(lines)) if "retention_days:" in lines[i])
    name = next(lines[i] for i in range(at, 0, -1) if lines[i].startswith("  ") and not lines[i].startswith("   "))
    lines[at] = lines[at].partition("retention_days:")[0] + "retention_days: long"
    with pytest.raises(BadInput) as caught:
        compile_policy("\n".join(lines), "p.yaml")
    assert str(caught.value).startswith(f"p.yaml:{at + 1}: categories.{name.strip(' :')}.retention_days")


@pytest.mark.parametrize("name", ["person", "rank", "managers", "exempt_users", "teams"])
def test_a_field_for_some_people_only_can_not_be_said(name: str) -> None:
    with pytest.raises(BadInput, match=name):
        compile_policy(YAML + f"{name}: [Jane]\n", "p.yaml")


def test_no_purpose_of_appraisal_can_be_said() -> None:
    purposes = msgspec.inspect.type_info(Purpose)
    assert isinstance(purposes, msgspec.inspect.LiteralType)
    assert set(purposes.values) == {"train-agents", "evaluate-agents", "research-interfaces", "improve-accessibility"}


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "title: [\n", "title: a\ntitle: b\n", "a: &x [*x]\n", "\0"])
def test_text_that_is_no_policy_is_a_clear_error(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        compile_policy(text, "p.yaml")
    assert "p.yaml" in str(caught.value)


def test_sites_are_origins_and_a_port_may_be_open_for_one_host() -> None:
    policy = World().policy()
    assert policy.allows_site("https://example.org")
    assert policy.allows_site("http://127.0.0.1:8080")
    for other in ("http://example.org", "https://example.org.evil.net", "http://127.0.0.2:80", "https://example.org:80",
                  "http://127.0.0.1:x"):  # fmt: skip
        assert not policy.allows_site(other)


def test_a_signed_policy_holds_the_exact_bytes() -> None:
    world = World()
    signed = SignedPolicy.parse(world.signed().to_bytes())
    assert Policy.parse(signed.policy_bytes).to_bytes() == signed.policy_bytes


@pytest.mark.parametrize(
    ("changes", "wider"),
    [
        ({"apps": ("chromium", "libreoffice", "gimp")}, True),
        ({"apps": ("chromium",)}, False),
        ({"data_mb_per_day": 60}, True),
        ({"battery_percent_min": 10}, True),
        ({"never_record": ("*bank*",)}, True),
        ({"review_hold_minutes": 120}, False),
        ({"purposes": ("train-agents", "research-interfaces")}, True),
        ({"sites": ("https://example.org",)}, False),
    ],
)
def test_a_difference_says_whether_it_widens_or_narrows(changes: dict[str, Any], wider: bool) -> None:
    world = World()
    found = compare(world.policy(), world.policy(version=2, **changes))
    said = {kind for kind, _ in found if kind in ("widens", "narrows")}
    assert said == {"widens" if wider else "narrows"}, found


def test_the_notice_says_what_the_person_has_to_know() -> None:
    world = World()
    notice = explain(world.policy(), world.charter)
    for words in ("Example GmbH", "dpo@example.org", "chromium", "https://example.org", "90", "train-agents",
                  "one paid hour a month"):  # fmt: skip
        assert words in notice, words


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  keys:\n", "  mouse:\n", "p.yaml:15: categories.mouse"),
        ("regions: [DE]\n", "regions:\n  - DE\n  - Berlin\n", "p.yaml:42: regions[1]"),
        ("version: 1\n", "version: 010\n", "p.yaml:3: version"),
        ("version: 1\n", "version: 1_0\n", "p.yaml:3: version"),
        ("version: 1\n", "? [version]\n: 1\n", "p.yaml:3: a field's name"),
        ("consultation:\n", "consultation: !!set\n", "p.yaml:49: consultation"),
        ("agreed with changes", '"agreed\\e[2K"', "p.yaml:52: consultation.outcome"),
        ("agreed with changes", '"\\u202edeerga ton"', "p.yaml:52: consultation.outcome"),
        ("agreed with changes", '"\\ud800"', "p.yaml:52: consultation.outcome"),
        ("agreed with changes", '""', "p.yaml:52: consultation.outcome"),
    ],
)
def test_what_readers_could_read_differently_or_not_see_is_refused_at_its_place(old: str, new: str, said: str) -> None:
    assert YAML.count(old) == 1
    with pytest.raises(BadInput) as caught:
        compile_policy(YAML.replace(old, new), "p.yaml")
    assert str(caught.value).startswith(said)


def test_aliases_that_blow_up_or_nest_are_refused_at_once() -> None:
    wide = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    deep = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} {'[' * 90}*a{i - 1}{']' * 90}\n" for i in range(1, 20))
    for text, why in ((wide, "values"), (deep, "deep"), ("a: &a [*a]\n", "refers to itself")):
        with pytest.raises(BadInput, match=why):
            compile_policy(text, "p.yaml")


@pytest.mark.parametrize(
    "pattern", ["jane@example.org", "jane*@example.org*", "*jane.doe*@*", "[j]ane[@]example.org", "jané?@x", "9C1F" * 8]
)
def test_a_pattern_that_is_about_one_person_is_refused_also_with_wildcards(pattern: str) -> None:
    with pytest.raises(BadInput, match=r"never_record\[0\]: .* names one person"):
        World().policy(never_record=(pattern,))
    assert World().policy(never_record=("*@example.org*",))
