"""What counts as the same action, when a diary of what was done is at hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from aboveboard.core.events import Element
from aboveboard.datasets.agreement import Truth, agreement, why_not
from aboveboard.datasets.vocabulary import Action

SAVE = Element("push button", "Save", (100, 100, 80, 30))
CLICK = Action("click", 1_000_000, 1_060_000, 120, 110, 1, SAVE)
DID = Truth("click", SAVE.box, "", "", 1_000_000, 1_060_000, name="Save")


@pytest.mark.parametrize(
    ("found", "did", "why"),
    [
        (CLICK, DID, ""),
        (structs.replace(CLICK, kind="drag"), DID, "drag for click"),
        (structs.replace(CLICK, element=None), DID, "no element"),
        (structs.replace(CLICK, x=300), DID, "another place"),
        (structs.replace(CLICK, element=Element("panel", "Save", (0, 0, 800, 600))), DID, "another element"),
        (structs.replace(CLICK, element=Element("push button", "Print", SAVE.box)), DID, "an element of another name"),
        (
            structs.replace(CLICK, kind="drag", end_x=90, end_y=90),
            replace(DID, kind="drag", end=(60, 90)),
            "another end",
        ),
        (structs.replace(CLICK, kind="scroll", dy=3), replace(DID, kind="scroll", dy=4), "another way to scroll"),
        (Action("key", 0, 0, key="F2"), Truth("key", (0, 0, 0, 0), "", "F2", 0, 0), ""),
        (
            Action("hotkey", 0, 0, key="s", modifiers=("Alt",)),
            Truth("hotkey", (0, 0, 0, 0), "", "s", 0, 0, modifiers=("Control",)),
            "other modifiers",
        ),
        (Action("type", 0, 0, text="hallo"), Truth("type", (0, 0, 0, 0), "hello", "", 0, 0), "another text"),
    ],
)
def test_why_not(found: Action, did: Truth, why: str) -> None:
    assert why_not(found, did) == why


def test_what_was_not_done_counts_against_it_unless_its_kind_is_said_to_be_unknown() -> None:
    later = Truth("click", SAVE.box, "", "", 9_000_000, 9_060_000)
    last = structs.replace(CLICK, start_us=9_000_000, end_us=9_060_000)
    wait = Action("wait", 3_000_000, 7_000_000)
    strict = agreement([CLICK, wait, last], [DID, later], frozenset({"done"}))
    assert (strict.matched, strict.total, strict.exact["click"]) == (2, 3, 2)
    assert strict.confusion["nothing"]["wait"] == 1
    assert agreement([CLICK, wait, last], [DID, later]).total == 2
