"""Action strings of BrowserGym's "coord" action set: one JSON line an episode, steps in a browser only.

Places are pixels within the window: a page's own origin lies below the browser's toolbars.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from aboveboard.datasets.export.keys import DOM, named
from aboveboard.datasets.export.lines import write_lines
from aboveboard.datasets.schema import Episode, Step

PIXELS_A_NOTCH = 100
_BUTTONS = {1: "left", 2: "middle", 3: "right"}


def actions_of(step: Step) -> Iterator[str]:
    """Calls of BrowserGym's functions; none for "done" and for steps outside a browser."""
    if step.site is None:
        return
    left, top = step.window[:2] if len(step.window) == 4 else (0, 0)
    x, y = (step.x or 0) - left, (step.y or 0) - top
    button = _BUTTONS.get(step.button, "left")
    match step.kind:
        case "click" | "right_click" | "middle_click":
            yield f"mouse_click({x}, {y}, button={button!r})"
        case "double_click":
            yield f"mouse_dblclick({x}, {y}, button={button!r})"
        case "triple_click":
            yield from [f"mouse_click({x}, {y}, button={button!r})"] * 3
        case "drag":
            yield f"mouse_drag_and_drop({x}, {y}, {(step.end_x or 0) - left}, {(step.end_y or 0) - top})"
        case "scroll":
            yield f"mouse_move({x}, {y})"
            yield f"scroll({step.dx * PIXELS_A_NOTCH}, {step.dy * PIXELS_A_NOTCH})"
        case "type":
            yield f"keyboard_type({step.text!r})"
        case "key" | "hotkey":
            yield f"keyboard_press({'+'.join(named(each, DOM) for each in (*step.modifiers, step.key))!r})"
        case "hover":
            yield f"mouse_move({x}, {y})"
        case "wait":
            yield f"noop({(step.end_us - step.start_us) / 1000:.0f})"
        case _:
            return


def write(episodes: Sequence[Episode], out: Path, screen: tuple[int, int]) -> None:
    records = (
        {
            "episode_id": each.episode_id, "goal": each.instruction, "outcome": each.outcome,
            "actions": [action for step in each.steps for action in actions_of(step)],
        }
        for each in episodes
    )  # fmt: skip
    write_lines(out, (json.dumps(record, ensure_ascii=False) for record in records))
