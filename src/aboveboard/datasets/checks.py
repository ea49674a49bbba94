"""What the events of an opened segment have to be, whoever signed it: a device's key may be in bad hands."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.core.columns import decode_column
from aboveboard.core.errors import Corrupt
from aboveboard.core.events import (
    Button,
    Correction,
    Crop,
    Element,
    Focus,
    Frame,
    Gap,
    KeptEvent,
    Key,
    PointerPath,
    Scene,
    Scroll,
    Task,
    Text,
    only_corrects,
)

TIME_US_MAX = 1 << 53
PIXELS_MAX = 1 << 20
NOTCHES_MAX = 1 << 16
ELEMENTS_MAX = 20_000
TEXT_CHARS_MAX = 100_000
NAME_CHARS_MAX = 16_384  # of an app, a site, a title, a task: each row that has to do with it repeats it
STATES_MAX, DEPTH_MAX = 64, 256


def _within(value: int, bound: int, what: str) -> None:
    if not -bound <= value <= bound:
        raise Corrupt(f"{what} of an event is out of its range")


def _element(element: Element | None) -> None:
    if element is None:
        return
    for number in element.box:
        _within(number, 1 << 31, "an element's box")
    if not all(0 <= step < 1 << 31 for step in element.path):
        raise Corrupt("an element's path has a step that is none")
    if len(element.states) > STATES_MAX or len(element.path) > DEPTH_MAX or len(element.name) > TEXT_CHARS_MAX:
        raise Corrupt("an element has too many states or too long a name, or lies too deep")
    _named(element.role, *element.states)


def _named(*names: str | None) -> None:
    if any(name is not None and len(name) > NAME_CHARS_MAX for name in names):
        raise Corrupt("a name in an event is too long")


def _path(event: PointerPath) -> None:
    for column, bound in ((event.t, TIME_US_MAX), (event.x, PIXELS_MAX), (event.y, PIXELS_MAX)):
        values = decode_column(column, event.n)
        if values.size and not (-bound <= int(values.min()) and int(values.max()) <= bound):
            raise Corrupt("a sample of a pointer path is out of its range")


def check_events(events: Sequence[KeptEvent]) -> None:
    """Raises Corrupt for numbers outside any screen or time, columns that don't decode, and spans that end before they
    begin. A scene or text of absurd size is refused too, and a correction among what was recorded."""
    if any(isinstance(event, Correction) for event in events) and not only_corrects(events):
        raise Corrupt("a correction stands among what was recorded")
    for event in events:
        if not 0 <= event.t_us <= TIME_US_MAX:
            raise Corrupt("the time of an event is out of its range")
        match event:
            case PointerPath():
                _path(event)
            case Button() | Scroll():
                _within(event.x, PIXELS_MAX, "a place")
                _within(event.y, PIXELS_MAX, "a place")
                _element(event.element)
                if isinstance(event, Scroll):
                    _within(event.dx, NOTCHES_MAX, "a scroll")
                    _within(event.dy, NOTCHES_MAX, "a scroll")
                elif not 0 < event.button < 256:
                    raise Corrupt("a button of an event is none")
            case Key():
                _element(event.element)
                _named(event.key, *event.modifiers)
            case Task():
                _named(event.description)
            case Correction():
                _named(event.session, event.description)
            case Text():
                _element(event.element)
                if len(event.text) > TEXT_CHARS_MAX or not event.t_us <= event.end_us <= TIME_US_MAX:
                    raise Corrupt("a text ends before it begins, or is too long")
            case Gap():
                if not event.t_us <= event.end_us <= TIME_US_MAX:
                    raise Corrupt("a gap ends before it begins")
            case Focus():
                _named(event.app, event.site, event.title)
                for number in event.box:
                    _within(number, 1 << 31, "a window's box")
            case Scene():
                if len(event.elements) > ELEMENTS_MAX:
                    raise Corrupt("a scene has too many elements")
                for element in event.elements:
                    _element(element)
            case Frame() | Crop():
                if not 0 <= event.seen_us <= event.t_us:
                    raise Corrupt("a picture was seen after it was made known")
                for number in event.box:
                    _within(number, PIXELS_MAX, "a picture's box")
