"""An episode's actions done again, by real X input, on a fresh copy of what they were done on.

Places are taken in the space of the window, so it may stand elsewhere now; times between actions are kept, since
programs tell two clicks from a double click by them. What was redacted is nobody's to type, except where the copy
itself asks for it: then `values_of` reads it off the copy's own words. An episode that types any other is refused.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from msgspec.structs import replace

from aboveboard.core.errors import BadInput
from aboveboard.core.events import Box
from aboveboard.datasets.schema import Episode, Step
from aboveboard.datasets.vocabulary import PLACEHOLDER
from aboveboard.desktop.input import Hand

GAP_S_MAX: Final = 10.0  # whoever went for a coffee need not do so again
REST_AFTER_S: Final = 0.3
_BUTTONS: Final = {"right_click": "right", "middle_click": "middle"}
_TIMES: Final = {"double_click": 2, "triple_click": 3}


def shift_of(episode: Episode, window: Box) -> tuple[int, int]:
    """How far the window in which the episode began stands from where it stood, in pixels; (0, 0) when not known."""
    begun = next((step.window for step in episode.steps if len(step.window) == 4), None)
    return (0, 0) if begun is None else (window[0] - begun[0], window[1] - begun[1])


def values_of(instruction: str, words: str) -> dict[str, str]:
    """What each numbered placeholder of a recorded instruction stands for in a copy that says the same in `words`;
    nothing when they say something else."""
    pattern, known = "", set[str]()
    for part in PLACEHOLDER.split(" ".join(instruction.split())):
        if PLACEHOLDER.fullmatch(part) and part[-2].isdigit():
            name = part[1:-1]  # the same one twice has to stand for the same twice
            pattern += f"(?P={name})" if name in known else f"(?P<{name}>.+?)"
            known.add(name)
        else:
            pattern += ".+?" if PLACEHOLDER.fullmatch(part) else re.escape(part)
    found = re.fullmatch(pattern, " ".join(words.split()))
    return {f"<{name}>": value for name, value in found.groupdict().items()} if found is not None else {}


def filled(episode: Episode, values: Mapping[str, str]) -> Episode:
    """With what placeholders stand for in what is typed. Raises BadInput for one that `values` does not tell."""
    steps = []
    for number, step in enumerate(episode.steps):
        if step.kind == "type":
            parts = [values.get(part, part) for part in PLACEHOLDER.split(step.text)]
            if any(map(PLACEHOLDER.fullmatch, parts)):
                why = f"step {number} types {step.text!r}: what it stands for is not known"
                raise BadInput(why, episode.episode_id)
            step = replace(step, text="".join(parts))
        steps.append(step)
    return replace(episode, steps=tuple(steps))


def replay(
    episode: Episode, hand: Hand, shift: tuple[int, int] = (0, 0), values: Mapping[str, str] | None = None
) -> None:
    """Does every action up to `done`. Raises BadInput as `filled`, before anything is done, and for a key or letter
    that this display's keyboard does not have."""
    done_s, before_us = time.monotonic(), 0
    for step in filled(episode, values or {}).steps:
        if step.kind in ("done", "wait"):
            continue  # a wait is the time between two others
        if step.x is not None and step.y is not None:
            hand.move(step.x + shift[0], step.y + shift[1])
        due_s = done_s + min((step.start_us - before_us) / 1e6, GAP_S_MAX)
        time.sleep(max(due_s - time.monotonic(), 0))
        _act(step, hand, shift)
        done_s, before_us = time.monotonic(), step.end_us
    time.sleep(REST_AFTER_S)


def _act(step: Step, hand: Hand, shift: tuple[int, int]) -> None:
    """The pointer is there already."""
    match step.kind:
        case "hover":
            time.sleep(min((step.end_us - step.start_us) / 1e6, GAP_S_MAX))
        case "scroll":
            hand.scroll(step.dy, step.dx)
        case "drag":
            with hand.holding(*step.modifiers):
                end_x, end_y = step.end_x or 0, step.end_y or 0
                hand.drag(hand.x, hand.y, end_x + shift[0], end_y + shift[1])
        case "type":
            hand.type(step.text)
        case "key" | "hotkey":
            hand.press(step.key, *step.modifiers)
        case _:
            with hand.holding(*step.modifiers):
                _click(step, hand, shift)


def _click(step: Step, hand: Hand, shift: tuple[int, int]) -> None:
    """Its presses and releases at even times from start to end, with every movement between them: there are programs
    that select otherwise when the hand slips by a pixel."""
    button, times = _BUTTONS.get(step.kind, "left"), _TIMES.get(step.kind, 1)
    slot_us = min((step.end_us - step.start_us) / (2 * times - 1), GAP_S_MAX * 1e6)
    acts: list[tuple[float, Callable[[], None]]] = [
        (t - step.start_us, partial(hand.move, x + shift[0], y + shift[1]))
        for t, x, y in zip(step.path_t, step.path_x, step.path_y, strict=True) if step.start_us < t <= step.end_us
    ]  # fmt: skip
    for press in range(times):
        acts.append((2 * press * slot_us, partial(hand.press_button, button)))
        acts.append(((2 * press + 1) * slot_us, partial(hand.release_button, button)))
    begun_s = time.monotonic()
    for due_us, act in sorted(acts, key=lambda each: each[0]):
        time.sleep(max(begun_s + due_us / 1e6 - time.monotonic(), 0))
        act()
