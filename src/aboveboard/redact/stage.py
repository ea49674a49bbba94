"""The stage between gate and spool: the only place that makes `Redacted`.

Permitted input goes in one by one; kept events come out in order of time. Typed text is held back until its run ends
(Return, Tab, another field, a button, another window, a gap, `flush`); what happens meanwhile is held back with it, so
that order holds. Which field a key is in has to be believed first (trust.py). Anything that goes wrong inside drops
what was in hand and leaves a Gap "redaction_failed".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import msgspec

from aboveboard.core.clock import Clock
from aboveboard.core.columns import encode_columns
from aboveboard.core.events import (
    Button,
    ButtonEdge,
    Correction,
    Crop,
    Element,
    Focus,
    Frame,
    Gap,
    GapReason,
    Glance,
    KeptEvent,
    Key,
    KeyEdge,
    Motion,
    ObservedElement,
    Permitted,
    PointerPath,
    RawInput,
    Redacted,
    Scene,
    Scroll,
    Snapshot,
    Surface,
    Task,
    WheelStep,
)
from aboveboard.redact import keys
from aboveboard.redact.elements import Surroundings, redact_element, redact_elements
from aboveboard.redact.fields import is_editable
from aboveboard.redact.ocr import Reader, Tesseract
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.run_in_hand import FieldId, RunInHand
from aboveboard.redact.titles import redact_title
from aboveboard.redact.trust import FieldTrust, Place

if TYPE_CHECKING:
    from aboveboard.redact.picture_stage import PictureStage

_HELD_MAX = 2_000
DESCRIPTION_CHARS_MAX = 2_000
# After these, what was typed before must not appear either.
_DISCARDING: frozenset[GapReason] = frozenset({"opted_out", "forgotten", "paused", "redaction_failed", "no_consent"})
_ACTIVATED_BY_SPACE = frozenset(
    {"push button", "button", "toggle button", "check box", "radio button", "check menu item", "radio menu item"}
    | {"menu item", "switch", "link", "list item", "tree item", "combo box", "page tab", "tab", "toggle"}
)


def _place(surface: Surface) -> Place:
    return surface.window, surface.site


def _field_id(surface: Surface, target: ObservedElement | None) -> FieldId:
    if target is None:
        return _place(surface)
    return (*_place(surface), target.role, target.path or target.box)


def _times_of(raw: RawInput) -> tuple[int, int]:
    """When it began and was over; (0, 0) for a motion without samples."""
    if isinstance(raw, Motion):
        return (int(raw.t_us[0]), int(raw.t_us[-1])) if len(raw.t_us) else (0, 0)
    return raw.t_us, raw.t_us


def correction(t_us: int, session: str, task_us: int, description: str) -> Redacted:
    """What a contributor says better of a task of any session. What is replaced has the number 0, which no session
    gives: nobody knows any more which of them it is."""
    text = description[:DESCRIPTION_CHARS_MAX]
    said, at = "", 0
    for start, end, label in Redactor().text(text).spans:
        said, at = f"{said}{text[at:start]}<{label}_0>", end
    return Redacted(Correction(t_us, session, task_us, said + text[at:]))


class RedactionStage:
    """One per session, with that session's redactor. Not thread-safe: one thread feeds it."""

    def __init__(self, redactor: Redactor, clock: Clock, reader: Reader | None = None) -> None:
        """reader: checks crops; tesseract if not given."""
        self._redactor = redactor
        self._reader = reader or Tesseract()
        self._pictures: PictureStage | None = None  # with the first picture: its libraries are not small
        self._clock = clock
        self._surface: tuple[object, ...] | None = None
        self._app = ""
        self._hand = RunInHand(redactor)
        self._last_us = 0
        self._trust = FieldTrust()
        self._around = Surroundings()

    # ------------------------------------------------------------ what callers use

    def feed(self, permitted: Permitted) -> list[Redacted]:
        """Events that are complete now, oldest first; often none. Never raises for what the input holds."""
        out: list[Redacted] = []
        run, last_us = self._hand.run, self._last_us
        try:
            self._feed(permitted, out)
        except Exception:  # noqa: BLE001  fail closed, see _guarded
            t_us, end_us = _times_of(permitted.input)
            return self._failed(max(t_us, last_us) if run is None else run.t_us, end_us)
        return out

    def pictures(self) -> list[Redacted]:
        """Crops whose check has ended since. Never raises for what they show."""
        return self._guarded(self._last_us, self._last_us, self._checked)

    @property
    def waits_for_pictures(self) -> bool:
        return self._pictures is not None and self._pictures.waiting

    def _picture_stage(self) -> PictureStage:
        if self._pictures is None:
            from aboveboard.redact.picture_stage import PictureStage

            self._pictures = PictureStage(self._redactor, self._reader)
        return self._pictures

    def close(self) -> None:
        """Drops what is in hand."""
        if self._pictures is not None:
            self._pictures.close()

    def gap(self, t_us: int, end_us: int, reason: GapReason) -> list[Redacted]:
        """Nothing is kept from t_us to end_us. What was typed before is flushed, or dropped for some reasons."""
        if self._pictures is not None:
            if reason in _DISCARDING:
                self._pictures.drop()
            self._pictures.again()
        if reason in _DISCARDING and (run := self._hand.run) is not None:
            start = min(t_us, run.t_us)  # what is dropped lies in the gap too
            self._hand.drop()
            out = []
        else:
            out = self._guarded(t_us, t_us, lambda out: self._close_run(out, torn=True))
            start = max(t_us, self._last_us)
        self._forget_place()
        self._emit(out, Gap(t_us=start, end_us=max(end_us, start), reason=reason))
        self._last_us = max(self._last_us, end_us)
        return out

    def flush(self, t_us: int | None = None) -> list[Redacted]:
        """Ends an open run, e.g. before a segment is sealed. The caller decides when the hand has been idle.

        t_us: now, up to which a failure's Gap reaches; the last event's time if not given.
        """
        field, run = self._hand.field, self._hand.run
        secret = run is not None and run.secret
        now = self._last_us if t_us is None else t_us
        out = self._guarded(now, now, lambda out: self._close_run(out, torn=True))
        if secret:
            self._hand.cut_short(field)
        return out

    def task(
        self,
        phase: Literal["start", "stop"],
        description: str = "",
        outcome: Literal["success", "failure", ""] = "",
        t_us: int | None = None,
    ) -> list[Redacted]:
        """The contributor says what they are doing. t_us: now if not given."""
        when = self._clock.now_us() if t_us is None else t_us

        def work(out: list[Redacted]) -> None:
            self._close_run(out, torn=True)
            said = self._redactor.text(description[:DESCRIPTION_CHARS_MAX]).text
            self._emit(out, Task(t_us=self._at(when), phase=phase, description=said, outcome=outcome))

        return self._guarded(when, when, work)

    def focus(self, t_us: int, surface: Surface) -> list[Redacted]:
        """A permitted surface came to the front without input yet."""
        return self._guarded(t_us, t_us, lambda out: self._enter(surface, t_us, out))

    def _guarded(self, t_us: int, end_us: int, work: Callable[[list[Redacted]], None]) -> list[Redacted]:
        """What `work` puts out; if it fails, nothing of it and nothing in hand, but a Gap from where that began."""
        run = self._hand.run
        start_us = run.t_us if run is not None else max(t_us, self._last_us)
        out: list[Redacted] = []
        try:
            work(out)
        except Exception:  # noqa: BLE001  fail closed: nothing half-redacted goes on, and a Gap marks the hole
            return self._failed(start_us, end_us)
        return out

    def _failed(self, start_us: int, end_us: int) -> list[Redacted]:
        self._hand.drop()
        self._forget_place()
        self._last_us = max(self._last_us, end_us)
        return [Redacted(Gap(t_us=start_us, end_us=self._last_us, reason="redaction_failed"), self._app)]

    @property
    def open_since_us(self) -> int | None:
        """When the run in hand began; what comes out later may be as old as that. None when nothing is held back."""
        return None if self._hand.run is None else self._hand.run.t_us

    # ------------------------------------------------------------ input by kind

    def _feed(self, permitted: Permitted, out: list[Redacted]) -> None:
        event, surface, target = permitted.input, permitted.surface, permitted.target
        if isinstance(event, Glance):
            for picture in self._picture_stage().look(permitted, event):
                self._emit(out, msgspec.structs.replace(picture, t_us=self._at(event.t_us)))
            return
        t_us = int(event.t_us[0]) if isinstance(event, Motion) else event.t_us
        self._enter(surface, t_us, out)
        pressed = isinstance(event, ButtonEdge) and event.pressed
        types = isinstance(event, KeyEdge) and event.pressed and not keys.is_modifier(event)
        if permitted.scene is not None:
            self._trust.shown(_place(surface), [self._seen(surface, each) for each in permitted.scene.elements])
        if target is not None:
            target = self._seen(surface, target, event.text if isinstance(event, KeyEdge) and types else "")
        if types:
            target = self._trust.believe(_place(surface), target, t_us)
        field = _field_id(surface, target)
        if pressed:
            self._trust.pressed(_place(surface), target, t_us)
            self._press(target, field, out)
        elif types and self._hand.run is not None and field != self._hand.field:
            self._slip(target, out)
        if permitted.scene is not None:
            self._scene(permitted.scene, surface, t_us, out)
        match event:
            case Motion():
                self._motion(event, out)
            case ButtonEdge():
                self._button(event, target, field, out)
            case WheelStep():
                element = self._element(target)
                self._emit(
                    out, Scroll(t_us=self._at(t_us), x=event.x, y=event.y, dx=event.dx, dy=event.dy, element=element)
                )
            case KeyEdge():
                self._key(event, target, field, out)
        if len(self._hand.held) > _HELD_MAX:
            out += self.flush()

    def _seen(self, surface: Surface, element: ObservedElement, typing: str = "") -> ObservedElement:
        return self._hand.seen(_field_id(surface, element), element, typing) if is_editable(element) else element

    def _press(self, target: ObservedElement | None, field: FieldId, out: list[Redacted]) -> None:
        """A button ends a run; within the same field, or where nobody knows, more of the text may follow."""
        here = self._hand.pressed_within(target)
        self._close_run(out, torn=here)
        self._hand.pressed_at(None if here or target is None else field)

    def _slip(self, target: ObservedElement | None, out: list[Redacted]) -> None:
        """Typing is in another field though nothing moved the focus: it came late, or the page did it."""
        self._hand.slipped_to(target)
        self._close_run(out, torn=True)
        self._hand.caret_moved()

    def _scene(self, scene: Snapshot, surface: Surface, t_us: int, out: list[Redacted]) -> None:
        self._around.see(_place(surface), scene.elements)
        elements = redact_elements(self._redactor, scene.elements)
        self._emit(out, Scene(t_us=self._at(min(scene.t_us, t_us)), elements=elements))

    def _motion(self, event: Motion, out: list[Redacted]) -> None:
        first, times = int(event.t_us[0]), event.t_us
        since = [t_us - first for t_us in times] if isinstance(times, list) else times - first
        t, x, y = encode_columns(since, event.x, event.y)
        self._emit(out, PointerPath(t_us=self._at(first), n=len(event.t_us), t=t, x=x, y=y))

    def _button(self, event: ButtonEdge, target: ObservedElement | None, field: FieldId, out: list[Redacted]) -> None:
        if event.pressed:
            # The middle button pastes: what the field holds from now on is unknown.
            self._hand.pasted(field if event.button == 2 and (target is None or is_editable(target)) else None)
        button = Button(
            t_us=self._at(event.t_us), x=event.x, y=event.y, button=event.button, pressed=event.pressed,
            modifiers=tuple(sorted(event.modifiers)), element=self._element(target) if event.pressed else None,
        )  # fmt: skip
        self._emit(out, button)

    def _key(self, event: KeyEdge, target: ObservedElement | None, field: FieldId, out: list[Redacted]) -> None:
        if not event.pressed or keys.is_modifier(event):
            return
        editable = target is None or is_editable(target)
        if (
            not editable
            and keys.name_of(event) in ("space", "KP_Space")
            and target is not None
            and target.role in _ACTIVATED_BY_SPACE
        ):
            self._close_run(out)
            self._emit_key(event, target, out, name="space")
            self._leave(event)
            return
        value = target.value if target is not None else ""
        run, fills = self._hand.run, editable or keys.is_character(event)
        if run is None and fills and self._hand.begins(event, target):
            run = self._hand.begin(self._at(event.t_us), target, field)
        if run is not None and fills:
            verdict = run.apply(event, value)
            if verdict == "also_key":
                self._emit_key(event, target, out)
            if verdict != "outside":
                return
        if run is not None:
            run.field_held(value)
        leaves = keys.moves_focus(event) and not (target is not None and "multi-line" in target.states)
        self._close_run(out, torn=not leaves)
        if keys.is_shortcut(event) or keys.is_named(event):
            self._emit_key(event, target, out)
            if leaves:
                self._leave(event)
            else:
                self._hand.caret_moved()

    def _leave(self, event: KeyEdge) -> None:
        self._trust.moved(event.t_us)
        self._hand.left()

    def _checked(self, out: list[Redacted]) -> None:
        for crop in self._pictures.done() if self._pictures is not None else ():
            self._emit(out, msgspec.structs.replace(crop, t_us=self._at(crop.acted_us)))

    # ------------------------------------------------------------ runs

    def _close_run(self, out: list[Redacted], *, torn: bool = False) -> None:
        """The run's events, then what was held back meanwhile: the run began first. torn: more of it may follow."""
        run = self._hand.run
        if run is None:
            return
        finished, held = self._hand.end(self._element(run.element), torn=torn)
        events = [Redacted(event, self._app) for event in finished]
        out += sorted([*events, *held], key=lambda redacted: redacted.event.t_us)

    def _forget_place(self) -> None:
        """After a hole, the next event says anew where it is."""
        self._surface = None
        self._hand.forget_place()

    # ------------------------------------------------------------ events

    def _enter(self, surface: Surface, t_us: int, out: list[Redacted]) -> None:
        now = (surface.window, surface.site, surface.app, surface.title, surface.box)
        if now == self._surface:
            return
        if self._surface is None or now[:3] != self._surface[:3]:  # a title alone may change while one types
            self._close_run(out, torn=True)
        self._surface = now
        self._app = surface.app or ""
        site = self._redactor.url_origin(surface.site) or None if surface.site is not None else None
        title = redact_title(self._redactor, surface.title)
        self._emit(out, Focus(t_us=self._at(t_us), app=self._app, site=site, title=title, box=surface.box))

    def _element(self, target: ObservedElement | None) -> Element | None:
        if target is None or self._surface is None:
            return None
        inside = self._around.inside_writing(self._surface[:2], target)
        return redact_element(self._redactor, target, inside_writing=inside)

    def _emit_key(self, event: KeyEdge, target: ObservedElement | None, out: list[Redacted], name: str = "") -> None:
        key = Key(
            t_us=self._at(event.t_us),
            key=name or keys.name_of(event),
            modifiers=tuple(sorted(event.modifiers)),
            element=self._element(target),
        )
        self._emit(out, key)

    def _at(self, t_us: int) -> int:
        """Time never falls: clocks are mapped with some jitter, and a scene may be older than the last event."""
        self._last_us = max(self._last_us, t_us)
        return self._last_us

    def _emit(self, out: list[Redacted], event: KeptEvent) -> None:
        if not isinstance(event, PointerPath | Scene | Frame | Crop):
            self._hand.something_said()
        (out if self._hand.run is None else self._hand.held).append(Redacted(event, self._app))
