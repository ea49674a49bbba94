"""A stretch as its page draws it: times in milliseconds from its start, places in pixels of the screen. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aboveboard.core.columns import decode_column
from aboveboard.core.events import (
    Button,
    Element,
    Focus,
    KeptEvent,
    Key,
    PointerPath,
    Scene,
    Scroll,
    Task,
    Text,
)
from aboveboard.recorder.replay.story import Stretch

EDGE = 24
_BUTTONS = {1: "left", 2: "middle", 3: "right", 8: "back", 9: "forward"}


def _element(element: Element | None) -> dict[str, Any] | None:
    return None if element is None else {"role": element.role, "name": element.name, "box": element.box}


def event(kept: KeptEvent, start_us: int) -> dict[str, Any] | None:
    """One event; None for what has nothing to be seen."""
    at = {"t": (kept.t_us - start_us) // 1000}
    match kept:
        case PointerPath():
            times = decode_column(kept.t, kept.n) // 1000 + at["t"]
            return {"k": "path", **at, "ts": times.tolist(), "xs": decode_column(kept.x, kept.n).tolist(),
                    "ys": decode_column(kept.y, kept.n).tolist()}  # fmt: skip
        case Button(pressed=True):
            return {"k": "press", **at, "x": kept.x, "y": kept.y, "button": _BUTTONS.get(kept.button, ""),
                    "modifiers": kept.modifiers, "element": _element(kept.element)}  # fmt: skip
        case Button():
            return {"k": "release", **at, "x": kept.x, "y": kept.y}
        case Scroll():
            return {"k": "scroll", **at, "x": kept.x, "y": kept.y, "dx": kept.dx, "dy": kept.dy}
        case Key():
            return {"k": "key", **at, "keys": "+".join((*kept.modifiers, kept.key)), "element": _element(kept.element)}
        case Text():
            return {"k": "text", **at, "end": (kept.end_us - start_us) // 1000, "text": kept.text,
                    "element": _element(kept.element)}  # fmt: skip
        case Focus():
            return {"k": "focus", **at, "app": kept.app, "site": kept.site or "", "title": kept.title, "box": kept.box}
        case Scene():
            return {"k": "scene", **at, "elements": [_element(each) for each in kept.elements]}
        case Task():
            return {"k": "task", **at, "phase": kept.phase, "description": kept.description, "outcome": kept.outcome}
        case _:
            return None


def drawing(stretch: Stretch, seen: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    """For the page's script. size: of a screen that holds every place in it; its true one is not recorded. seen: its
    pictures, see shown.pictures."""
    events = [found for kept in stretch.events if (found := event(kept, stretch.start_us)) is not None]
    if stretch.before is not None:
        first = event(stretch.before, stretch.before.t_us)
        events.insert(0, first or {})
    return {"size": _size([*events, *seen]), "length": (stretch.end_us - stretch.start_us) // 1000, "events": events,
            "pictures": [each for each in seen if each["src"]]}  # fmt: skip


def _size(events: list[dict[str, Any]]) -> tuple[int, int]:
    width, height = 640, 360
    for each in events:
        boxes = [each.get("box"), *([e["box"] for e in each.get("elements", ())])]
        boxes.append((each.get("element") or {}).get("box"))
        for box in boxes:
            if box is not None:
                width, height = max(width, box[0] + box[2]), max(height, box[1] + box[3])
        width = max(width, each.get("x", 0) + 1, *(x + 1 for x in each.get("xs", ())))
        height = max(height, each.get("y", 0) + 1, *(y + 1 for y in each.get("ys", ())))
    return min(width + EDGE, 16384), min(height + EDGE, 16384)
