"""The event vocabulary, in three stages that types keep apart.

    Observed  -> gate ->  Permitted  -> redaction ->  Redacted  -> sealed segment

`Observed` and `Permitted` live in memory only: they refuse to be pickled, hide their content from repr, and
nothing in Aboveboard encodes them. `Redacted` wraps one kept event; the spool and the sealer accept nothing else.

Times are microseconds since the Unix epoch, from the display server's clock plus a measured offset.
Coordinates are pixels of the whole screen (root window), boxes are (x, y, width, height).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

Box: TypeAlias = tuple[int, int, int, int]
I32: TypeAlias = npt.NDArray[np.int32]
I64: TypeAlias = npt.NDArray[np.int64]
U8: TypeAlias = npt.NDArray[np.uint8]

# ---------------------------------------------------------------- what a source sees (memory only)


class MemoryOnly:
    """Refuses to be pickled or copied to disk by accident, and shows nothing in a traceback or log."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} never leaves memory")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, slots=True, repr=False)
class Motion(MemoryOnly):
    """A run of pointer positions. All three have the length n >= 1: arrays of the shape (n,), lists for a short run;
    t_us never falls."""

    t_us: I64 | list[int]
    x: I32 | list[int]
    y: I32 | list[int]


@dataclass(frozen=True, slots=True, repr=False)
class ButtonEdge(MemoryOnly):
    """A button went down or up. 1 left, 2 middle, 3 right, 8 back, 9 forward; the wheel is WheelStep."""

    t_us: int
    x: int
    y: int
    button: int
    pressed: bool
    modifiers: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, repr=False)
class WheelStep(MemoryOnly):
    """Notches: dy > 0 scrolls down, dx > 0 to the right."""

    t_us: int
    x: int
    y: int
    dx: int
    dy: int


@dataclass(frozen=True, slots=True, repr=False)
class KeyEdge(MemoryOnly):
    """A key went down or up.

    key:  X keysym name ("a", "Return", "Left", "Control_L"); text: what it types, "" for a key that types nothing.
    modifiers: of "Shift", "Control", "Alt", "Super", "AltGr", held before this edge.
    """

    t_us: int
    key: str
    text: str
    pressed: bool
    modifiers: frozenset[str] = frozenset()
    repeat: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Glance(MemoryOnly):
    """The screen is looked at, as it was at seen_us, before what happened at t_us. at: where the person acts then;
    None where a key, or nothing yet, follows."""

    t_us: int
    seen_us: int
    at: tuple[int, int] | None = None


RawInput: TypeAlias = Motion | ButtonEdge | WheelStep | KeyEdge | Glance


@dataclass(frozen=True, slots=True, repr=False)
class ObservedElement(MemoryOnly):
    """An accessible element as the bus gives it: raw names, maybe private.

    role: AT-SPI role name ("push button", "entry", "password text", "static", "link", ...).
    name: the accessible name; label: what labels it, if said apart; value: its text content or value ("" if none).
    states: of "focused", "focusable", "editable", "checked", "selected", "expanded", "enabled", "showing", ...
    path: child indices from the window's (or document's) root: identity within one tree.
    own: what stands in it was written by the person themself, this session.
    """

    role: str
    name: str
    box: Box
    states: frozenset[str] = frozenset()
    path: tuple[int, ...] = ()
    label: str = ""
    value: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Surface(MemoryOnly):
    """Where input lands: one window and, for a browser, the origin of its page. None means unknown: not allowed.

    app:  lower-case WM_CLASS class, e.g. "chromium", "xterm".
    site: origin "https://host[:port]" of a browser's page; None for an app that is no browser, or when unknown.
    """

    window: int
    app: str | None
    is_browser: bool
    site: str | None
    title: str
    box: Box


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot(MemoryOnly):
    """The visible accessible elements of one surface, complete at `t_us`: the tree *before* later events."""

    t_us: int
    elements: tuple[ObservedElement, ...]
    focused: ObservedElement | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Layer(MemoryOnly):
    """One top-level window on the screen, with its own pixels and nobody else's.

    box: on the screen; pixels: uint8 (height, width, 4), blue, green, red and nothing, as the display has them; None
    where none were taken: it is blank.
    drawn: bool (height, width), False where the window has not drawn yet and so shows what was there before it.
    """

    surface: Surface | None
    box: Box
    pixels: U8 | None = None
    drawn: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class ScreenPicture(MemoryOnly):
    """The screen at t_us. size: (width, height); layers: every visible window, the lowest first."""

    t_us: int
    size: tuple[int, int]
    layers: tuple[Layer, ...]


@dataclass(frozen=True, slots=True, repr=False)
class Observed(MemoryOnly):
    """One piece of input with what it landed on. target: element under the pointer (pointer input, from the tree
    before the event) or with the keyboard focus (keys); None = unknown. scene: visible neighbours, if newly known; for
    a Glance, the whole tree. picture: of a Glance."""

    input: RawInput
    surface: Surface | None
    target: ObservedElement | None = None
    scene: Snapshot | None = None
    picture: ScreenPicture | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Permitted(MemoryOnly):
    """What the gate let through. Only `recorder/gate.py` makes these (a test holds us to it)."""

    input: RawInput
    surface: Surface
    target: ObservedElement | None
    scene: Snapshot | None
    policy_id: str
    picture: ScreenPicture | None = None  # of permitted windows only


# ---------------------------------------------------------------- what may be kept


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="k"):
    """Base of kept events: encoded as a map with the kind in "k"."""


class Element(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An element after redaction: the name holds labels and placeholders, never what a person wrote."""

    role: str
    name: str
    box: Box
    states: tuple[str, ...] = ()
    path: tuple[int, ...] = ()


class PointerPath(_Kept, frozen=True, tag="path"):
    """Pointer positions as columns, see core/columns.py: t in µs from t_us, x, y in pixels, n samples."""

    t_us: int
    n: int
    t: bytes
    x: bytes
    y: bytes


class Button(_Kept, frozen=True, tag="button"):
    """A button edge, with the element it landed on (press only)."""

    t_us: int
    x: int
    y: int
    button: int
    pressed: bool
    modifiers: tuple[str, ...] = ()
    element: Element | None = None


class Scroll(_Kept, frozen=True, tag="scroll"):
    """A wheel notch; dy > 0 is down."""

    t_us: int
    x: int
    y: int
    dx: int
    dy: int
    element: Element | None = None


class Key(_Kept, frozen=True, tag="key"):
    """A named key or a shortcut was pressed: "Return", "Tab", "s" with ("Control",). Never a typed character."""

    t_us: int
    key: str
    modifiers: tuple[str, ...] = ()
    element: Element | None = None


class Text(_Kept, frozen=True, tag="text"):
    """Text typed into one element, as it stood at the end, with placeholders; or exactly "<SECRET>".

    For a secret, end_us equals t_us: neither length nor rhythm is kept.
    keys: how many key presses made it, for pacing; 0 for a secret.
    """

    t_us: int
    end_us: int
    text: str
    element: Element | None = None
    keys: int = 0


class Focus(_Kept, frozen=True, tag="focus"):
    """Input goes to another window or page from now on. Title redacted."""

    t_us: int
    app: str
    site: str | None
    title: str
    box: Box


class Scene(_Kept, frozen=True, tag="scene"):
    """The visible elements of the surface in focus, as they were at t_us; holds until the next one."""

    t_us: int
    elements: tuple[Element, ...]


class Frame(_Kept, frozen=True, tag="frame"):
    """The screen at a quarter of its size with nothing left in it to read, as it was at seen_us; holds until the next.

    box: what of the screen it shows. grid and tiles: see core/frames.py. Made known at t_us, a moment later.
    """

    t_us: int
    seen_us: int
    box: Box
    grid: bytes
    tiles: tuple[bytes, ...] = ()


class Crop(_Kept, frozen=True, tag="crop"):
    """What the person acted on at acted_us, sharp, as it was at seen_us; grey where masked. Made known at t_us.

    picture: WebP of box's width and height; empty when withheld, for the reason in `withheld`.
    """

    t_us: int
    seen_us: int
    acted_us: int
    box: Box
    picture: bytes = b""
    withheld: str = ""


class Task(_Kept, frozen=True, tag="task"):
    """The contributor says what they are doing. outcome on stop: "success", "failure" or "" (not said)."""

    t_us: int
    phase: Literal["start", "stop"]
    description: str = ""
    outcome: Literal["success", "failure", ""] = ""


class Correction(_Kept, frozen=True, tag="correction"):
    """The contributor says better what a task was, which the session's start mark of task_us began. It counts in place
    of the mark's description, and of earlier corrections. It stands in a body of its own, see `only_corrects`."""

    t_us: int
    session: str
    task_us: int
    description: str


GapReason: TypeAlias = Literal[
    "not_started", "paused", "opted_out", "no_policy", "no_consent", "no_quorum", "region", "app_not_allowed",
    "site_not_allowed", "never_record", "category_not_allowed", "unknown_focus", "no_indicator", "data_budget",
    "power", "forgotten", "redaction_failed", "source_lost", "spool_full", "stopped", "excluded",
]  # fmt: skip


class Gap(_Kept, frozen=True, tag="gap"):
    """Nothing was kept from t_us to end_us, and why. No episode is spliced across one."""

    t_us: int
    end_us: int
    reason: GapReason


KeptEvent: TypeAlias = (
    PointerPath | Button | Scroll | Key | Text | Focus | Scene | Frame | Crop | Task | Correction | Gap
)


def only_corrects(events: Sequence[KeptEvent]) -> bool:
    """Whether they are a body of corrections. It covers no time: sessions go on around it."""
    return bool(events) and all(isinstance(event, Correction) for event in events)


@dataclass(frozen=True, slots=True)
class Redacted:
    """One event that may be stored and sent. Only `redact/stage.py` makes these, and `recorder/spool/chunks.py` gives
    back those it authenticates as its own (a test holds us to it). Reading a segment gives plain KeptEvents."""

    event: KeptEvent
    app: str = ""
    warnings: tuple[str, ...] = field(default=())
