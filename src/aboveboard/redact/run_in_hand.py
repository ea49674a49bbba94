"""The run of typing that is open, what is held back behind it, and what is remembered of the ones before.

Whether a run is whole depends on what came before it in its field: letters may follow a run that was cut short, at the
same caret or elsewhere, and a field that was typed or pasted into is no longer known to have been empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import msgspec

from aboveboard.core.events import Element, KeptEvent, Key, KeyEdge, ObservedElement, Redacted
from aboveboard.redact import keys
from aboveboard.redact.fields import is_editable, is_secret
from aboveboard.redact.own_words import OwnWords
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.trust import same_field
from aboveboard.redact.typing import TypedRun

_TOUCHED_MAX = 256
FieldId: TypeAlias = tuple[object, ...]  # window and page, then the field where it is known


@dataclass(frozen=True, slots=True)
class _Tail:
    """The end of what was typed into a field, more of which may follow. joined: at the same caret."""

    field: FieldId
    text: str
    joined: bool


_NO_TAIL = _Tail((), "", joined=True)


class RunInHand:
    """One thread, the redaction stage's. run: the open one; field: where it is; held: events that wait for its end."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self.run: TypedRun | None = None
        self.field: FieldId = ()
        self.held: list[Redacted] = []
        self._tail: _Tail | None = None  # of a run that was cut short
        self._said: FieldId | None = None  # where a secret was cut short by nothing the person did
        # Fields typed into: no longer known to have been empty; True for one whose last run was cut short.
        self._touched: dict[FieldId, bool] = {}
        self._pasted: FieldId | None = None
        self._own = OwnWords()

    @staticmethod
    def begins(event: KeyEdge, target: ObservedElement | None) -> bool:
        """Whether the key begins a run where none is open."""
        if keys.is_character(event) or keys.is_paste(event) or keys.is_composing(event):
            return True
        name = keys.name_of(event)
        if target is not None and is_secret(target) and (name in keys.WITHIN or keys.is_line_shortcut(event)):
            return True
        return name in keys.EDITING or keys.is_editing_shortcut(event)

    def begin(self, t_us: int, target: ObservedElement | None, field: FieldId) -> TypedRun:
        prior_empty = target is not None and not target.value and field not in self._touched
        self.run = TypedRun(
            self._redactor, t_us, target, prior_empty=prior_empty, pasted=self._pasted == field,
            said=self._said == field,
        )  # fmt: skip
        self.field = field
        self._touched.setdefault(field, False)
        if len(self._touched) > _TOUCHED_MAX:
            del self._touched[next(iter(self._touched))]
        return self.run

    def end(self, element: Element | None, *, torn: bool) -> tuple[Sequence[KeptEvent], list[Redacted]]:
        """What was typed, and what was held back meanwhile; nothing is in hand any more. element: the run's own, as it
        is kept; torn: more of the run may follow."""
        run, held, field = self.run, self.held, self.field
        if run is None:
            return [], []
        self.run, self.held, self.field = None, [], ()
        # Also where the field is another now, or was not known in between: nothing has led away from it since.
        tail = self._tail if self._tail is not None and self._tail.field[:2] == field[:2] else _NO_TAIL
        self._own.wrote(field, run.written())
        if element is not None and run.is_in(element.name):
            element = msgspec.structs.replace(element, name="")
        goes_on = tail is not _NO_TAIL or self._touched.get(field, False)
        finished = run.finish(element, tail.text, torn=torn or goes_on, joined=tail.joined)
        self._touched[field] = torn
        self._tail = _Tail(field, run.tail(tail.text), joined=True) if torn else None
        return finished, held

    def seen(self, field: FieldId, element: ObservedElement, typing: str = "") -> ObservedElement:
        """An element of the screen, marked as the person's own writing where it is. typing: the key that is being
        looked at."""
        in_hand = self.run.written(until_caret=True) if self.run is not None and self.field == field else ""
        return self._own.seen(field, element, in_hand + typing)

    def drop(self) -> None:
        """Nothing of what is in hand is ever given."""
        if self.run is not None:
            self._tail = _Tail(self.field, "", joined=False)
        self.run, self.held, self.field = None, [], ()

    # ------------------------------------------------------------ what happened to the field

    def pressed_within(self, target: ObservedElement | None) -> bool:
        """Whether a button went down in the run's own field, or where nobody knows."""
        run = self.run
        if run is None or not (target is None or run.element is None or same_field(run.element, target)):
            return False
        if target is not None:
            run.field_held(target.value)
        return True

    def pressed_at(self, field: FieldId | None) -> None:
        """After that run has ended: more of it may follow, at another caret, in this field; None: anywhere."""
        if self._tail is not None:
            self._tail = replace(self._tail, joined=False) if field in (None, self._tail.field) else None

    def slipped_to(self, target: ObservedElement | None) -> None:
        """Typing is in another field though nothing moved the focus. Where that is secret or unknown, the letters
        before may have been its own."""
        if self.run is not None and (target is None or (is_editable(target) and is_secret(target))):
            self.run.distrust()
            self.held = [item for item in self.held if not isinstance(item.event, Key)]  # its pastes

    def caret_moved(self) -> None:
        """What follows in the field need not join what was typed before."""
        if self._tail is not None:
            self._tail = replace(self._tail, joined=False)

    def left(self) -> None:
        """The focus went elsewhere: nothing more of what was cut short follows."""
        self._tail = None

    def pasted(self, field: FieldId | None) -> None:
        """Something of which nothing is known was put into this field; None: into none."""
        self._pasted = field

    def cut_short(self, field: FieldId) -> None:
        """A secret was ended in this field by nothing the person did."""
        self._said = field

    def something_said(self) -> None:
        """Something else the person did was kept since."""
        self._said = None

    def forget_place(self) -> None:
        self._said = self._pasted = None
