"""What a person did, from recorded events only: one gesture, one action, in the vocabulary the field shares.

    click double_click triple_click right_click middle_click drag scroll type key hotkey hover wait done

The element acted on comes from the tree as it was *before* the gesture: the recorder's own hit test where it made one,
else one in the scene. Nothing is guessed across a hole: an action that touches a Gap is dropped and counted, and after
a Gap no scene is known until the recorder gives a new one.

`actions_of` is pure and sees one session of one device, events in the order in which they were recorded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from msgspec.structs import replace

from aboveboard.core.columns import decode_column
from aboveboard.core.events import (
    I64,
    Button,
    Element,
    Focus,
    Gap,
    KeptEvent,
    Key,
    PointerPath,
    Scene,
    Scroll,
    Task,
    Text,
)  # fmt: skip
from aboveboard.datasets.hittest import element_at
from aboveboard.datasets.pauses import with_hovers_and_waits
from aboveboard.datasets.vocabulary import NO_PATH, Action, Dropped, Gaps, Path, Reconstruction

DOUBLE_CLICK_US = 400_000  # from press to press: what GTK and Qt take unless told otherwise
PAGE_DOUBLE_CLICK_US = 500_000  # what a page in a browser takes
DOUBLE_CLICK_PX = 6
DRAG_PX = 8  # release farther than this from the press
EXCURSION_PX = 16  # or the pointer was ever farther than this from it: a drag there and back
SCROLL_RUN_US = 1_000_000  # slow hands turn a wheel about twice a second
SCROLL_RUN_PX = 50
SCENE_SETTLES_US = 300_000  # the recorder may hold the first key back so long until it knows where it goes
COMMANDS = frozenset({"Control", "Alt", "Super"})
MODIFIER_KEYS = ("Shift", "Control", "Alt", "Super", "Meta", "Hyper", "ISO_Level", "Caps_Lock", "Num_Lock")
# On these two quick clicks are two clicks: a counter goes up by two. A double click means nothing else to them.
REPEATABLE_ROLES = frozenset({"push button", "spin button", "check box", "radio button", "toggle button", "scroll bar"})
# These act on a release inside them, however the hand shook between; nothing in them can be dragged or marked.
FIRM_ROLES = REPEATABLE_ROLES - {"spin button", "scroll bar"} | {"menu item", "page tab", "combo box"}
CLICK_KINDS = {1: "click", 2: "middle_click", 3: "right_click"}
MULTI_CLICK = {1: "click", 2: "double_click", 3: "triple_click"}


@dataclass(frozen=True, slots=True)
class _Before:
    """What was known when an event came: the scenes since the last gap or focus change, and the focus."""

    scenes: tuple[tuple[int, Scene], ...]
    focus: Focus | None

    def last_until(self, t_us: int) -> tuple[int, tuple[Element, ...]]:
        """The last scene that stood by `t_us`: never one from after the action had its effect."""
        for index, scene in reversed(self.scenes):
            if scene.t_us <= t_us:
                return index, scene.elements
        return -1, ()


@dataclass(slots=True)
class _Press:
    index: int
    event: Button
    before: _Before


class _Reader:
    """Walks one session's events in recorded order. Paths and gaps are known beforehand: either may be written down
    after the gesture it belongs to."""

    def __init__(self, pointer: Path, gaps: Gaps) -> None:
        self.actions: list[Action] = []
        self.dropped: list[Dropped] = []
        self.scenes: list[tuple[int, Scene]] = []
        self._pointer, self._gaps = pointer, gaps
        self._before = _Before((), None)
        self._pressed: dict[int, _Press] = {}
        self._clicks = 0  # how many clicks the last action holds, 0 when it can't grow
        self._last_press_us = 0

    def read(self, index: int, event: KeptEvent) -> None:
        match event:
            case Scene():
                self.scenes.append((index, event))
                # The last few are enough: only a typed run looks back, to where it began.
                self._before = _Before((*self._before.scenes[-15:], (index, event)), self._before.focus)
            case Focus():
                self._before = _Before((), event)
            case Gap():
                self._before = _Before((), self._before.focus)
                self._drop_presses("press without release")
                self._clicks = 0
            case Button():
                self._button(index, event)
            case Scroll():
                self._scroll(index, event)
            case Key():
                self._key(index, event)
            case Text():
                self._text(index, event)
            case Task():
                if event.phase == "stop":
                    self._add(
                        Action("done", event.t_us, event.t_us, text=event.outcome, sources=(index,)), self._before
                    )

    def finish(self) -> None:
        self._drop_presses("press without release")

    def _add(self, action: Action, before: _Before) -> None:
        focus = before.focus
        if focus is not None:
            action = replace(action, app=focus.app, site=focus.site, window=focus.box)
        self._clicks = 0
        self.actions.append(action)

    def _drop_presses(self, why: str) -> None:
        self.dropped += [Dropped(press.event.t_us, why) for press in self._pressed.values()]
        self._pressed.clear()

    def _button(self, index: int, event: Button) -> None:
        press = self._pressed.pop(event.button, None)
        if event.pressed:
            if press is not None:
                self.dropped.append(Dropped(press.event.t_us, "press without release"))
            self._pressed[event.button] = _Press(index, event, self._before)
        elif press is None:
            self.dropped.append(Dropped(event.t_us, "release without press"))
        elif event.t_us < press.event.t_us:
            self.dropped.append(Dropped(event.t_us, "release before its press"))
        else:
            self._gesture(press, index, event)

    def _gesture(self, press: _Press, index: int, release: Button) -> None:
        down = press.event
        # Most pages act on the release, but menus open on the press: only what stood before that was seen.
        scene_index, elements = press.before.last_until(down.t_us)
        guess = None if down.element is not None else self._guess(press.before, elements, down)
        action = Action(
            CLICK_KINDS.get(down.button, "click"), down.t_us, release.t_us, down.x, down.y, down.button,
            down.element or guess, guess is not None, scene_index, elements,
            modifiers=down.modifiers, sources=(press.index, index),
        )  # fmt: skip
        if self._gaps.touch(down.t_us, release.t_us):
            self.dropped.append(Dropped(down.t_us, "touches a gap"))
        elif self._dragged(action, release):
            self._add(replace(action, kind="drag", end_x=release.x, end_y=release.y), press.before)
        elif down.button == 1:
            self._click(action, press.before)
        else:
            self._add(action, press.before)

    @staticmethod
    def _guess(before: _Before, elements: tuple[Element, ...], event: Button | Scroll) -> Element | None:
        """Where the recorder names no element: the one that stood there, if it can be of the window acted on. What is
        larger than a menu's window lies under it."""
        if before.focus is not None:
            _, _, width, height = before.focus.box
            elements = tuple(each for each in elements if each.box[2] <= width and each.box[3] <= height)
        return element_at(elements, event.x, event.y)

    def _dragged(self, action: Action, release: Button) -> bool:
        """Whether the pointer was moved on purpose while the button was down; a shaking hand is not."""
        down = (action.x or 0, action.y or 0)
        if action.element is not None and action.element.role in FIRM_ROLES:
            left, top, width, height = action.element.box
            return not (left <= release.x < left + width and top <= release.y < top + height)
        if math.dist(down, (release.x, release.y)) > DRAG_PX:
            return True
        during = self._pointer.between(action.start_us - 1, release.t_us)
        return bool(during.x.size) and float(np.hypot(during.x - down[0], during.y - down[1]).max()) > EXCURSION_PX

    def _click(self, action: Action, before: _Before) -> None:
        clicks, last = self._clicks, self.actions[-1] if self.actions else None
        if last is not None and 0 < clicks < 3 and self._same_place(last, action):
            grown = replace(
                last, kind=MULTI_CLICK[clicks + 1], end_us=action.end_us, sources=last.sources + action.sources
            )
            self.actions[-1] = grown
            self._clicks = clicks + 1
        else:
            self._add(action, before)
            self._clicks = 1
        self._last_press_us = action.start_us

    def _same_place(self, last: Action, action: Action) -> bool:
        if last.x is None or last.y is None or action.x is None or action.y is None:
            return False
        span_us = DOUBLE_CLICK_US if last.site is None else PAGE_DOUBLE_CLICK_US
        return (
            0 <= action.start_us - self._last_press_us <= span_us
            and not self._gaps.touch(last.end_us, action.start_us)
            and _same_thing(last.element, action.element)
            and math.dist((last.x, last.y), (action.x, action.y)) <= DOUBLE_CLICK_PX
            and last.modifiers == action.modifiers
            and (last.element is None or last.element.role not in REPEATABLE_ROLES)
        )

    def _scroll(self, index: int, event: Scroll) -> None:
        last = self.actions[-1] if self.actions else None
        if last is not None and _goes_on(last, event) and self._same_surface(last, event.t_us):
            self.actions[-1] = replace(
                last, end_us=event.t_us, dx=last.dx + event.dx, dy=last.dy + event.dy, sources=(*last.sources, index)
            )
            return
        scene_index, elements = self._before.last_until(event.t_us)
        guess = None if event.element is not None else self._guess(self._before, elements, event)
        self._add(
            Action(
                "scroll", event.t_us, event.t_us, event.x, event.y, 0, event.element or guess, guess is not None,
                scene_index, elements, dx=event.dx, dy=event.dy, sources=(index,),
            ),
            self._before,
        )  # fmt: skip

    def _same_surface(self, last: Action, t_us: int) -> bool:
        focus = self._before.focus
        here = (focus.app, focus.site) if focus is not None else ("", None)
        return here == (last.app, last.site) and not self._gaps.touch(last.end_us, t_us)

    def _key(self, index: int, event: Key) -> None:
        if event.key.startswith(MODIFIER_KEYS):
            return  # says nothing alone; what it modifies carries it
        kind = "hotkey" if COMMANDS.intersection(event.modifiers) else "key"
        scene_index, elements = self._before.last_until(event.t_us + SCENE_SETTLES_US)
        self._add(
            Action(
                kind, event.t_us, event.t_us, element=event.element, scene_index=scene_index, elements=elements,
                key=event.key, modifiers=event.modifiers, sources=(index,),
            ),
            self._before,
        )  # fmt: skip

    def _text(self, index: int, event: Text) -> None:
        if not event.text or event.end_us < event.t_us:
            return  # typed and taken back
        scene_index, elements = self._before.last_until(event.t_us + SCENE_SETTLES_US)
        self._add(
            Action(
                "type", event.t_us, event.end_us, element=event.element, scene_index=scene_index, elements=elements,
                text=event.text, sources=(index,),
            ),
            self._before,
        )  # fmt: skip


def _goes_on(last: Action, event: Scroll) -> bool:
    """Whether this notch continues that run: soon after, at the same place, in the same direction."""
    return (
        last.kind == "scroll"
        and 0 <= event.t_us - last.end_us <= SCROLL_RUN_US
        and math.dist((last.x or 0, last.y or 0), (event.x, event.y)) <= SCROLL_RUN_PX
        and (_sign(last.dx), _sign(last.dy)) == (_sign(event.dx), _sign(event.dy))
    )


def _same_thing(one: Element | None, two: Element | None) -> bool:
    """False when the first click opened something else under the pointer, which took the second."""
    return one is None or two is None or one.role == two.role or one.path == two.path


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


def _pointer_of(events: Iterable[KeptEvent]) -> Path:
    """Every sample of the session, by time. Raises Corrupt for columns that can't be decoded."""
    samples: list[tuple[I64, I64, I64]] = []
    for each in events:
        if isinstance(each, PointerPath):
            t = decode_column(each.t, each.n) + each.t_us
            samples.append((t, decode_column(each.x, each.n), decode_column(each.y, each.n)))
    if not samples:
        return NO_PATH
    t, x, y = (np.concatenate(column) for column in zip(*samples, strict=True))
    order = np.argsort(t, kind="stable")
    return Path(t[order], x[order].astype(np.int32), y[order].astype(np.int32))


def _with_paths(actions: list[Action], pointer: Path, gaps: Gaps) -> list[Action]:
    """Each action with the samples since the one before it, until its button is let go, and none from before a gap."""
    out: list[Action] = []
    done_us = -1
    for action in actions:
        since_us = max(done_us, gaps.last_end_until(action.start_us))
        until_us = action.end_us if action.button else action.start_us
        out.append(replace(action, path=pointer.between(since_us, until_us)))
        done_us = max(done_us, action.end_us)
    return out


def reconstruct(events: Iterable[KeptEvent]) -> Reconstruction:
    """Everything that one session's events tell. Raises Corrupt for a pointer path that can't be decoded."""
    known = tuple(events)
    gaps = Gaps((each.t_us, each.end_us) for each in known if isinstance(each, Gap))
    pointer = _pointer_of(known)
    reader = _Reader(pointer, gaps)
    for index, event in enumerate(known):
        reader.read(index, event)
    reader.finish()
    whole: list[Action] = []
    for action in sorted(reader.actions, key=lambda action: action.start_us):
        if gaps.touch(action.start_us, action.end_us):
            reader.dropped.append(Dropped(action.start_us, "touches a gap"))
        else:
            whole.append(action)
    actions = with_hovers_and_waits(_with_paths(whole, pointer, gaps), pointer, gaps, reader.scenes)
    dropped = tuple(sorted(reader.dropped, key=lambda item: item.t_us))
    return Reconstruction(tuple(actions), dropped, gaps, pointer)


def actions_of(events: Iterable[KeptEvent]) -> list[Action]:
    """The actions of one session, by start."""
    return list(reconstruct(events).actions)
