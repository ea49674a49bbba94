"""The stage between gate and spool: the only place that makes `Redacted`.

Permitted input goes in one by one; kept events come out in order of time. Typed text is held back until its run ends
(Return, Tab, another field, a button, another window, a gap, `flush`); what happens meanwhile is held back with it, so
that order holds. Anything that goes wrong inside drops what was in hand and leaves a Gap "redaction_failed".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

from aboveboard.core.clock import Clock
from aboveboard.core.columns import encode_column
from aboveboard.core.events import (
    Button,
    ButtonEdge,
    Element,
    Focus,
    Gap,
    GapReason,
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
    Surface,
    Task,
    WheelStep,
)
from aboveboard.redact import keys
from aboveboard.redact.elements import redact_element, redact_elements
from aboveboard.redact.fields import is_editable
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.typing import TypedRun

_HELD_MAX = 2_000
_TOUCHED_MAX = 256
_DESCRIPTION_CHARS_MAX = 2_000
# After these, what was typed before must not appear either.
_DISCARDING: frozenset[GapReason] = frozenset({"opted_out", "forgotten", "paused", "redaction_failed", "no_consent"})
_ACTIVATED_BY_SPACE = frozenset(
    {"push button", "button", "toggle button", "check box", "radio button", "check menu item", "radio menu item"}
    | {"menu item", "switch", "link", "list item", "tree item", "combo box", "page tab", "tab", "toggle"}
)
_FieldId: TypeAlias = tuple[object, ...]


def _field_id(surface: Surface, target: ObservedElement | None) -> _FieldId:
    if target is None:
        return (surface.window, surface.site)
    return (surface.window, surface.site, target.role, target.path or target.box)


def _times_of(raw: RawInput) -> tuple[int, int]:
    """When it began and was over; (0, 0) for a motion without samples."""
    if isinstance(raw, Motion):
        return (int(raw.t_us[0]), int(raw.t_us[-1])) if len(raw.t_us) else (0, 0)
    return raw.t_us, raw.t_us


class RedactionStage:
    """One per session, with that session's redactor. Not thread-safe: one thread feeds it."""

    def __init__(self, redactor: Redactor, clock: Clock) -> None:
        self._redactor = redactor
        self._clock = clock
        self._surface: tuple[object, ...] | None = None
        self._app = ""
        self._run: TypedRun | None = None
        self._run_field: _FieldId = ()
        self._held: list[Redacted] = []
        self._last_us = 0
        self._tail: tuple[_FieldId, str] = ((), "")
        self._touched: dict[_FieldId, None] = {}  # fields typed into: no longer known to have been empty
        self._pasted: _FieldId | None = None

    # ------------------------------------------------------------ what callers use

    def feed(self, permitted: Permitted) -> list[Redacted]:
        """Events that are complete now, oldest first; often none. Never raises for what the input holds."""
        return self._guarded(*_times_of(permitted.input), lambda out: self._feed(permitted, out))

    def gap(self, t_us: int, end_us: int, reason: GapReason) -> list[Redacted]:
        """Nothing is kept from t_us to end_us. What was typed before is flushed, or dropped for some reasons."""
        if reason in _DISCARDING and self._run is not None:
            start = min(t_us, self._run.t_us)  # what is dropped lies in the gap too
            self._drop_run()
            out = []
        else:
            out = self._guarded(t_us, t_us, self._close_run)
            start = max(t_us, self._last_us)
        self._forget_place()
        self._emit(out, Gap(t_us=start, end_us=max(end_us, start), reason=reason))
        self._last_us = max(self._last_us, end_us)
        return out

    def flush(self, t_us: int | None = None) -> list[Redacted]:
        """Ends an open run, e.g. before a segment is sealed. The caller decides when the hand has been idle.

        t_us: now, up to which a failure's Gap reaches; the last event's time if not given.
        """
        field, run = self._run_field, self._run
        now = self._last_us if t_us is None else t_us
        out = self._guarded(now, now, self._close_run)
        if run is not None:
            self._tail = (field, run.tail)
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
            self._close_run(out)
            said = self._redactor.text(description[:_DESCRIPTION_CHARS_MAX]).text
            self._emit(out, Task(t_us=self._at(when), phase=phase, description=said, outcome=outcome))

        return self._guarded(when, when, work)

    def focus(self, t_us: int, surface: Surface) -> list[Redacted]:
        """A permitted surface came to the front without input yet."""
        return self._guarded(t_us, t_us, lambda out: self._enter(surface, t_us, out))

    def _guarded(self, t_us: int, end_us: int, work: Callable[[list[Redacted]], None]) -> list[Redacted]:
        """What `work` puts out; if it fails, nothing of it and nothing in hand, but a Gap from where that began."""
        start_us = self._run.t_us if self._run is not None else max(t_us, self._last_us)
        out: list[Redacted] = []
        try:
            work(out)
        except Exception:  # noqa: BLE001  fail closed: nothing half-redacted goes on, and a Gap marks the hole
            self._drop_run()
            self._forget_place()
            self._last_us = max(self._last_us, end_us)
            return [Redacted(Gap(t_us=start_us, end_us=self._last_us, reason="redaction_failed"), self._app)]
        return out

    @property
    def open_since_us(self) -> int | None:
        """When the run in hand began; what comes out later may be as old as that. None when nothing is held back."""
        return None if self._run is None else self._run.t_us

    # ------------------------------------------------------------ input by kind

    def _feed(self, permitted: Permitted, out: list[Redacted]) -> None:
        event, surface, target = permitted.input, permitted.surface, permitted.target
        t_us = int(event.t_us[0]) if isinstance(event, Motion) else event.t_us
        self._enter(surface, t_us, out)
        field = _field_id(surface, target)
        pressed = isinstance(event, ButtonEdge) and event.pressed
        elsewhere = (
            isinstance(event, KeyEdge) and event.pressed and field != self._run_field and not keys.is_modifier(event)
        )
        if pressed or elsewhere:
            self._close_run(out)
        if permitted.scene is not None:
            elements = redact_elements(self._redactor, permitted.scene.elements)
            self._emit(out, Scene(t_us=self._at(min(permitted.scene.t_us, t_us)), elements=elements))
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
        if len(self._held) > _HELD_MAX:
            out += self.flush()

    def _motion(self, event: Motion, out: list[Redacted]) -> None:
        first = int(event.t_us[0])
        path = PointerPath(
            t_us=self._at(first),
            n=len(event.t_us),
            t=encode_column(event.t_us - first),
            x=encode_column(event.x.astype("int64")),
            y=encode_column(event.y.astype("int64")),
        )
        self._emit(out, path)

    def _button(self, event: ButtonEdge, target: ObservedElement | None, field: _FieldId, out: list[Redacted]) -> None:
        if event.pressed:
            self._tail = ((), "")
            # The middle button pastes: what the field holds from now on is unknown.
            self._pasted = field if event.button == 2 and (target is None or is_editable(target)) else None
        button = Button(
            t_us=self._at(event.t_us), x=event.x, y=event.y, button=event.button, pressed=event.pressed,
            modifiers=tuple(sorted(event.modifiers)), element=self._element(target) if event.pressed else None,
        )  # fmt: skip
        self._emit(out, button)

    def _key(self, event: KeyEdge, target: ObservedElement | None, field: _FieldId, out: list[Redacted]) -> None:
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
            return
        if self._run is None and (editable or keys.is_character(event)) and self._begins_run(event):
            self._begin_run(event, target, field)
        if self._run is not None and (editable or keys.is_character(event)):
            verdict = self._run.apply(event)
            if verdict == "also_key":
                self._emit_key(event, target, out)
            if verdict != "outside":
                return
        self._close_run(out)
        if keys.is_shortcut(event) or keys.is_named(event):
            self._tail = ((), "")
            self._emit_key(event, target, out)

    @staticmethod
    def _begins_run(event: KeyEdge) -> bool:
        if keys.is_character(event) or keys.is_paste(event) or keys.is_composing(event):
            return True
        return keys.name_of(event) in keys.EDITING or keys.is_editing_shortcut(event)

    # ------------------------------------------------------------ runs

    def _begin_run(self, event: KeyEdge, target: ObservedElement | None, field: _FieldId) -> None:
        prior_empty = target is not None and not target.value and field not in self._touched
        self._run = TypedRun(
            self._redactor, self._at(event.t_us), target, prior_empty=prior_empty, unknown=self._pasted == field
        )
        self._run_field = field
        self._touched[field] = None
        if len(self._touched) > _TOUCHED_MAX:
            del self._touched[next(iter(self._touched))]

    def _close_run(self, out: list[Redacted]) -> None:
        """The run's events, then what was held back meanwhile: the run began first."""
        run, held = self._run, self._held
        if run is None:
            return
        self._run, self._held = None, []
        before = self._tail[1] if self._tail[0] == self._run_field else ""
        self._tail = ((), "")
        self._run_field = ()
        events = [Redacted(event, self._app) for event in run.finish(self._element(run.element), before)]
        out += sorted([*events, *held], key=lambda redacted: redacted.event.t_us)

    def _drop_run(self) -> None:
        self._run, self._held, self._run_field = None, [], ()

    def _forget_place(self) -> None:
        """After a hole, the next event says anew where it is."""
        self._surface = None
        self._tail = ((), "")
        self._pasted = None

    # ------------------------------------------------------------ events

    def _enter(self, surface: Surface, t_us: int, out: list[Redacted]) -> None:
        now = (surface.window, surface.app, surface.site, surface.title, surface.box)
        if now == self._surface:
            return
        self._close_run(out)
        self._surface = now
        self._app = surface.app or ""
        site = self._redactor.url_origin(surface.site) or None if surface.site is not None else None
        title = self._redactor.title(surface.title)
        self._emit(out, Focus(t_us=self._at(t_us), app=self._app, site=site, title=title, box=surface.box))

    def _element(self, target: ObservedElement | None) -> Element | None:
        return None if target is None else redact_element(self._redactor, target)

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
        (out if self._run is None else self._held).append(Redacted(event, self._app))
