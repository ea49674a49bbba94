"""Episodes: one attempt at one thing, by one person, without a hole in it.

Declared by the contributor's own marks (start and stop of a task). What lies outside the marks belongs to no declared
episode; where a session has no marks at all, it is cut by idle time and by change of program.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aboveboard.core.events import KeptEvent, Task
from aboveboard.datasets.actions import reconstruct
from aboveboard.datasets.hittest import index_of
from aboveboard.datasets.pictures import Pictures
from aboveboard.datasets.schema import Episode, Step
from aboveboard.datasets.vocabulary import POINTER_KINDS, Action, Reconstruction

IDLE_US = 20_000_000
SECRET = "<SECRET>"  # noqa: S105  # the placeholder, not a secret


@dataclass(frozen=True, slots=True)
class Recorded:
    """One session of one device: events in order, and the ID of the segment that each came from."""

    contributor: str
    session: str
    events: tuple[KeptEvent, ...]
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """Where an episode begins and ends (µs since 1970), and what the contributor said of it. sources: which events say
    it."""

    start_us: int
    end_us: int
    instruction: str
    outcome: str
    flags: tuple[str, ...]
    sources: tuple[int, ...] = ()


def declared(events: Sequence[KeptEvent]) -> Iterator[Marks]:
    """From the contributor's own marks. A start without a stop ends at the last event, flagged."""
    start: Task | None = None
    begun = 0
    last_us = events[-1].t_us if events else 0
    for n, event in enumerate(events):
        if not isinstance(event, Task):
            continue
        if start is not None and event.phase == "stop":
            yield Marks(start.t_us, event.t_us, start.description, event.outcome, (), (begun, n))
        elif start is not None:
            yield Marks(start.t_us, event.t_us, start.description, "", ("unfinished",), (begun,))
        start, begun = event if event.phase == "start" else None, n
    if start is not None:
        yield Marks(start.t_us, last_us, start.description, "", ("unfinished",), (begun,))


def undeclared(actions: Sequence[Action]) -> Iterator[Marks]:
    """From idle time and change of program."""
    begun = 0
    for i, action in enumerate(actions):
        following = actions[i + 1] if i + 1 < len(actions) else None
        if following is None or following.start_us - action.end_us > IDLE_US or following.app != action.app:
            yield Marks(actions[begun].start_us, action.end_us, "", "", ("undeclared",))
            begun = i + 1


def episodes_of(recorded: Recorded, salt: bytes) -> list[Episode]:
    """salt: the dataset's own; pseudonyms and episode IDs come from it, and mean nothing elsewhere."""
    told = reconstruct(recorded.events)
    pictures = Pictures(recorded.events)
    marks = list(declared(recorded.events)) or list(undeclared(told.actions))
    return [episode for mark in marks if (episode := _episode(recorded, told, pictures, mark, salt)) is not None]


def pseudonym(salt: bytes, *parts: str) -> str:
    """32 hex digits: HMAC-SHA-256 (RFC 2104), cut."""
    return hmac.new(salt, "\0".join(parts).encode(), hashlib.sha256).hexdigest()[:32]


def _episode(recorded: Recorded, told: Reconstruction, pictures: Pictures, mark: Marks, salt: bytes) -> Episode | None:
    actions = [a for a in told.actions if mark.start_us <= a.start_us and a.end_us <= mark.end_us and a.kind != "done"]
    if not actions:
        return None
    flags = set(mark.flags)
    if told.gaps.touch(mark.start_us, mark.end_us):
        flags.add("interrupted")
    if any(mark.start_us <= dropped.t_us <= mark.end_us for dropped in told.dropped):
        flags.add("interrupted_gesture")
    if any(action.text == SECRET for action in actions):
        flags.add("secret")
    if any(action.kind in POINTER_KINDS and action.element is None for action in actions):
        flags.add("no_target")
    steps = [_step(recorded, told, pictures, action, mark.start_us) for action in actions]
    said = tuple(sorted({recorded.segments[n] for n in mark.sources}))
    took_us = mark.end_us - mark.start_us
    steps.append(Step("done", took_us, took_us, text=mark.outcome, segments=said))
    return Episode(
        pseudonym(salt, "episode", recorded.contributor, recorded.session, str(mark.start_us)),
        pseudonym(salt, "contributor", recorded.contributor), "", mark.instruction, mark.outcome,
        tuple(sorted(flags)), tuple(steps),
    )  # fmt: skip


def _step(recorded: Recorded, told: Reconstruction, pictures: Pictures, action: Action, start_us: int) -> Step:
    index = index_of(action.element, action.elements)
    frame = pictures.frame(action.start_us, told.gaps.last_end_until(action.start_us))
    crop, withheld = pictures.crop(action.start_us, action.end_us)
    flags = []
    if action.scene_index < 0:
        flags.append("no_scene")
    if action.element_guessed:
        flags.append("target_guessed")
    if action.element is not None and index < 0:
        flags.append("target_not_in_scene")
    if withheld:
        flags.append("crop_withheld")
    shown = [each.index for each in (frame, crop) if each is not None]
    sources = {recorded.segments[i] for i in (*action.sources, action.scene_index, *shown) if i >= 0}
    path, placed = action.path, len(action.window) == 4
    return Step(
        action.kind, action.start_us - start_us, action.end_us - start_us, action.app, action.site, action.window,
        action.x, action.y,
        action.x - action.window[0] if placed and action.x is not None else None,
        action.y - action.window[1] if placed and action.y is not None else None,
        action.button, action.end_x, action.end_y, action.dx, action.dy, action.text, action.key,
        action.modifiers, action.element, index, action.elements, tuple((path.t_us - start_us).tolist()),
        tuple(path.x.tolist()), tuple(path.y.tolist()),
        frame.picture if frame is not None else None, frame.box if frame is not None else (),
        crop.picture if crop is not None else None, crop.box if crop is not None else (),
        tuple(flags), tuple(sorted(sources)),
    )  # fmt: skip
