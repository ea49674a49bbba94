"""The notice, posted and on screen: every field of the policy stands in both, whatever is in it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from aboveboard.core.policy import Policy
from aboveboard.core.policy_posting import posting
from aboveboard.core.policy_words import explain, summary
from tests.support.world import World


def _told_apart() -> Policy:
    """A policy in which no two values are the same, so that finding one finds its own field."""
    fields = msgspec.to_builtins(World().policy())
    for number, (name, terms) in enumerate(fields["categories"].items()):
        terms["necessity"] = f"because of {name}"
        terms["retention_days"] = 1001 + number
        terms["recipients"] = [f"group {name}"]
    fields["categories"]["frames"] = {**fields["categories"]["pointer"], "necessity": "to see", "retention_days": 1017,
                                      "recipients": ["group frames"]}  # fmt: skip
    fields |= {
        "frames": "on_action", "version": 77, "data_mb_per_day": 313, "battery_percent_min": 41, "notice_days": 59,
        "review_hold_minutes": 611, "dpia_sha256": "ab" * 32, "enrolment": "default",
    }  # fmt: skip
    policy = msgspec.convert(fields, Policy)
    policy.check()
    return policy


def _values(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every scalar, and the names of the categories, each with where it stands."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if path == ".categories":
                yield path, name
            yield from _values(inner, f"{path}.{name}")
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _values(inner, f"{path}[{index}]")
    else:
        yield path, str(value)


def _plain(page: str) -> str:
    body = page.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.parametrize("form", ["screen", "posting", "summary"])
def test_every_field_stands_in_it(form: str) -> None:
    world, policy = World(), _told_apart()
    text = {
        "screen": lambda: explain(policy, world.charter),
        "posting": lambda: _plain(posting(policy, world.charter)),
        "summary": lambda: summary(policy),
    }[form]()
    flat = " ".join(text.split())
    found = list(_values(msgspec.to_builtins(policy)))
    assert {path.split(".")[1].partition("[")[0] for path, _ in found} == set(Policy.__struct_fields__)
    for path, value in found:
        assert re.search(rf"(?<!\w){re.escape(value)}(?!\w)", flat), f"{path}: {value!r} is not in the {form}"


def test_it_says_that_a_charter_is_a_demonstration() -> None:
    policy = World().policy()
    for demo in (False, True):
        charter = World(demo=demo, notice_days_min=0 if demo else 30).charter
        assert ("DEMONSTRATION" in explain(policy, charter)) == demo
        assert ("DEMONSTRATION" in posting(policy, charter)) == demo


def test_the_posting_loads_and_runs_nothing_whatever_the_policy_says() -> None:
    evil = World().policy(title="<script>alert(1)</script><img src=https://evil.example/x>", compensation='"><b>&amp;')
    page = posting(evil, World().charter)
    assert not re.search(r"<(?!/?(html|head|meta|title|style|body|h1|h2|p|ul|li)\b|!doctype)", page)
    assert "src=" not in page.replace("src=https://evil.example", "")
    assert "default-src 'none'" in page


def test_lines_on_the_screen_are_short_enough() -> None:
    world = World()
    assert max(map(len, explain(world.policy(), world.charter).splitlines())) <= 98
