"""Text typed into one element: held in memory only, replayed with its edits, given away once and redacted.

A run models what stands in the field because of it: characters, BackSpace, Delete, the caret, selections, and "select
all". What it can't know (a paste, an input method, overwriting) makes the whole run secret. Keys that lead out of
the typed text are not the run's: the caller ends it. What was typed and is not to be seen is in remains.py.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from aboveboard.core.events import Element, Key, KeyEdge, ObservedElement, Text
from aboveboard.redact.fields import is_secret
from aboveboard.redact.keys import (
    EDITING,
    WITHIN,
    is_character,
    is_composing,
    is_editing_shortcut,
    is_line_shortcut,
    is_paste,
    name_of,
)
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.remains import FRAGMENT_CHARS, Remains, hangs_on, part_of_a_code, readable
from aboveboard.redact.spans import SENSITIVE, Label
from aboveboard.redact.urls import with_routes

SECRET_TEXT = "<SECRET>"  # noqa: S105  a placeholder, not a password
_CHARS_MAX = 10_000
_SCANNED_AROUND_CARET = 128
_TAIL_CHARS = 64
_WORDS: frozenset[Label] = frozenset({"PERSON", "ORGANISATION", "ADDRESS", "HEALTH"})

# taken: an edit of this run. also_key: an edit, and a Key event beside it. outside: not an edit of this run.
Verdict: TypeAlias = Literal["taken", "also_key", "outside"]


class TypedRun:
    """One run from its first key to its flush. Never printed, stored or copied."""

    __slots__ = (
        "_all_selected_us", "_anchor", "_buffer", "_caret", "_cleared_by", "_distrusted", "_grew", "_keys", "_last_us",
        "_own", "_pasted", "_prior_empty", "_redactor", "_remains", "_replaced", "_replaced_us", "_said", "_since_us",
        "_stood", "_typed", "_unknown", "element", "secret", "t_us",
    )  # fmt: skip

    def __init__(
        self,
        redactor: Redactor,
        t_us: int,
        element: ObservedElement | None,
        *,
        prior_empty: bool = False,
        pasted: bool = False,
        said: bool = False,
    ) -> None:
        """prior_empty: the field held nothing before. pasted: something was put into it of which nothing is known but
        what the field shows. said: the run before in this field was secret and cut by nothing a person did; that this
        one goes on with it would tell of timing."""
        self._redactor = redactor
        self.t_us = t_us
        self.element = element
        self.secret = is_secret(element)
        self._prior_empty = prior_empty
        self._unknown = False
        self._pasted = pasted
        self._buffer = ""
        self._caret = 0
        self._anchor: int | None = None  # the other end of a selection
        self._all_selected_us: int | None = None  # Ctrl+A is pending: what is typed next replaces everything
        self._replaced = False
        self._replaced_us = t_us  # when what was replaced had been selected
        self._cleared_by = ""
        self._typed = False
        self._keys = 0
        self._last_us = t_us
        self._since_us: int | None = None  # of what is typed in place of all that stood there
        self._grew = False  # since the last deletion
        self._said = said
        self._distrusted = False
        self._remains = Remains(redactor)
        self._stood: frozenset[str] | None = None  # letters beyond ASCII that were in the field before
        self._own: set[str] = set()  # characters that were typed

    def __repr__(self) -> str:
        return "<TypedRun>"

    # ------------------------------------------------------------ edits

    def apply(self, edge: KeyEdge, value: str = "") -> Verdict:
        """edge: a press that is no modifier. value: what the field held before, if known. "outside" changes nothing."""
        self.field_held(value)
        self._own.update(edge.text)
        before = self._buffer
        if not self.secret and self._grew and not is_character(edge):
            self._remains.scan_whole(self._around(before))  # it may be deleted now
            self._grew = False
        verdict = self._edit(edge)
        if verdict == "outside" or self._all_selected_us == edge.t_us:
            return verdict  # what is selected may be another's to use: the text had ended before
        self._keys += 1
        if self._replaced and self._since_us is None:
            self._since_us = edge.t_us
        self._last_us = max(self._last_us, edge.t_us)
        if len(self._buffer) > _CHARS_MAX:
            self._buffer, self._caret, self._anchor, self._unknown = "", 0, None, True
        if not self.secret and self._buffer != before:
            self._remains.scan(self._around(self._buffer))
            self._grew = self._grew or len(self._buffer) > len(before)
            self._unknown = self._unknown or self._remains.too_many
        return verdict

    def _around(self, text: str) -> str:
        return text[max(0, self._caret - _SCANNED_AROUND_CARET) : self._caret + _SCANNED_AROUND_CARET]

    def field_held(self, value: str) -> None:
        """The field's content before an edit, or when something else was done to it. Letters beyond ASCII that neither
        stood there nor were typed came from an input method: keys are no text then."""
        self._remains.value(value)
        others: frozenset[str] = frozenset()
        if not value.isascii():
            others = frozenset(each for each in value if each > "\x7f" and each.isalpha())
        if self._stood is None:
            self._stood = others
        elif others - self._stood - self._own:
            self._unknown = True

    def distrust(self) -> None:
        """The field it was said to be in may not have been the one: all of it is secret."""
        self.secret = self._distrusted = True

    def _edit(self, edge: KeyEdge) -> Verdict:
        name = name_of(edge)
        control, shift = "Control" in edge.modifiers, "Shift" in edge.modifiers
        if is_paste(edge):
            self._unknown = True
            return "taken" if self.secret else "also_key"
        if is_composing(edge):
            self._unknown = self._typed = True
            return "taken"
        if is_character(edge):
            self._insert(edge.text)
            return "taken"
        if control and edge.key in ("a", "A") and not edge.modifiers & {"Alt", "Super"}:
            self._all_selected_us = edge.t_us
            return "taken"
        if self.secret and (name in WITHIN or is_line_shortcut(edge)):
            return "taken"  # in a secret field the number of edits says something too: none of them shows
        if name == "Insert" and not edge.modifiers:
            self._unknown = True
            return "taken"
        if name in EDITING and not edge.modifiers & {"Alt", "Super"}:
            done = (
                self._delete(name, word=control)
                if name in ("BackSpace", "Delete")
                else self._move(name, word=control, select=shift)
            )
            return "taken" if done or self.secret else "outside"
        if control and edge.key in ("x", "X") and self._anchor is not None:
            self._cut_selection()
            return "taken"
        return "taken" if self.secret and is_editing_shortcut(edge) else "outside"

    def _cut_selection(self) -> bool:
        if self._anchor is None:
            return False
        start, end = sorted((self._anchor, self._caret))
        self._anchor = None
        self._buffer = self._buffer[:start] + self._buffer[end:]
        self._caret = start
        return end > start

    def _take_all(self, by: str = "") -> bool:
        """What follows "select all" replaces the field's whole content. by: the deleting key, "" for a character."""
        if self._all_selected_us is None:
            return False
        self._replaced = self._replaced or not self._prior_empty or not self._buffer
        self._replaced_us, self._since_us = self._all_selected_us, None
        self._cleared_by = by
        self._buffer, self._caret, self._anchor, self._all_selected_us = "", 0, None, None
        self._prior_empty = True
        return True

    def _insert(self, text: str) -> None:
        self._take_all()
        self._cut_selection()
        self._buffer = self._buffer[: self._caret] + text + self._buffer[self._caret :]
        self._caret += len(text)
        self._typed = True

    def _delete(self, name: str, *, word: bool) -> bool:
        """False when it would reach what was there before the run."""
        if self._take_all(by=name) or self._cut_selection():
            return True
        back = name == "BackSpace"
        if self._caret == (0 if back else len(self._buffer)):
            return self._prior_empty
        if back:
            start = self._word_left() if word else self._caret - 1
            self._buffer = self._buffer[:start] + self._buffer[self._caret :]
            self._caret = start
        else:
            end = self._word_right() if word else self._caret + 1
            self._buffer = self._buffer[: self._caret] + self._buffer[end:]
        return True

    def _move(self, name: str, *, word: bool, select: bool) -> bool:
        """False when the caret would leave the run's own text for what was there before."""
        if self._all_selected_us is not None:
            if not self._prior_empty:
                return False
            self._all_selected_us = None
            self._anchor, self._caret = 0, len(self._buffer)
        if name == "Home":
            to = 0
        elif name == "End":
            to = len(self._buffer)
        elif name == "Left":
            to = self._word_left() if word else self._caret - 1
        else:
            to = self._word_right() if word else self._caret + 1
        if not self._prior_empty and (name in ("Home", "End") or not 0 <= to <= len(self._buffer)):
            return False
        to = min(max(to, 0), len(self._buffer))
        if select:
            self._anchor = self._caret if self._anchor is None else self._anchor
        elif self._anchor is not None:
            if (
                name in ("Left", "Right") and not word and self._anchor != self._caret
            ):  # a plain arrow goes to the selection's edge
                to = (min if name == "Left" else max)(self._anchor, self._caret)
            self._anchor = None
        self._caret = to
        return True

    def _word_left(self) -> int:
        at = self._caret
        while at and self._buffer[at - 1].isspace():
            at -= 1
        kind = _is_word(self._buffer[at - 1]) if at else False
        while at and not self._buffer[at - 1].isspace() and _is_word(self._buffer[at - 1]) == kind:
            at -= 1
        return at

    def _word_right(self) -> int:
        at, end = self._caret, len(self._buffer)
        while at < end and self._buffer[at].isspace():
            at += 1
        kind = _is_word(self._buffer[at]) if at < end else False
        while at < end and not self._buffer[at].isspace() and _is_word(self._buffer[at]) == kind:
            at += 1
        return at

    # ------------------------------------------------------------ what may be kept

    def finish(
        self, element: Element | None, before: str = "", *, torn: bool = False, joined: bool = True
    ) -> list[Key | Text]:
        """The run's events in order of time: at most a "select all" it began with, its text, or a clearing key.

        element: the redacted target. before: what runs before this one left in the same field; an identifier that
        spans both is masked. joined: the caret has not moved in between, so that words may span both too.
        torn: more of the same text may come, or came, in another run: then nothing that could be a piece of a number,
        token or address stays.
        """
        if self.secret:
            if self._buffer and not self._unknown and not self._distrusted:
                self._redactor.remember_secret(self._buffer)
            # Of edits in a field that nobody knows, one mark says that something is missing; of a password, none does.
            known = self.element is not None and not self._distrusted
            edited = not known and (self._keys > 0 or self._all_selected_us is not None)
            entered = (self._typed or self._unknown or edited) and not self._said
            return [Text(t_us=self.t_us, end_us=self.t_us, text=SECRET_TEXT, element=element)] if entered else []
        events: list[Key | Text] = []
        if self._typed and (self._buffer or self._unknown):
            events.append(self._text(element, self._spans_seam(before, joined), torn))
        elif self._replaced and self._cleared_by:
            cleared_us = self._replaced_us if self._since_us is None else self._since_us
            events.append(Key(t_us=cleared_us, key=self._cleared_by, element=element))
        if self._replaced:  # of a text whose rhythm is not told, neither is when that was
            selected_us = min([self._replaced_us, *(each.t_us for each in events)])
            events.insert(0, Key(t_us=selected_us, key="a", modifiers=("Control",), element=element))
        if self._all_selected_us is not None:
            events.append(Key(t_us=self._all_selected_us, key="a", modifiers=("Control",), element=element))
        return events

    def _text(self, element: Element | None, split: bool, torn: bool) -> Text:
        routed = with_routes(self._buffer)
        redaction = self._redactor.text(routed)
        whole = len(redaction.spans) == 1 and redaction.spans[0] == (0, len(routed), "SECRET")
        shown = readable(routed, redaction.spans)
        if (
            self._unknown
            or (self._pasted and not self._remains.shows(self._buffer))
            or whole
            or split
            or self._remains.stay_in(shown, self._buffer)
            or self._remains.completed(self._buffer)
            or hangs_on(routed, redaction.spans)
            or (torn and part_of_a_code(routed, redaction.spans))
        ):
            return Text(t_us=self.t_us, end_us=self.t_us, text=SECRET_TEXT, element=element)
        if routed != self._buffer or any(span.label in SENSITIVE for span in redaction.spans):
            # Rhythm and length are part of what was taken out.
            return Text(t_us=self.t_us, end_us=self.t_us, text=redaction.text, element=element)
        since_us = self.t_us if self._since_us is None else self._since_us
        return Text(t_us=since_us, end_us=self._last_us, text=redaction.text, element=element, keys=self._keys)

    def _spans_seam(self, before: str, joined: bool) -> bool:
        if not before:
            return False
        orders = [(before, self._buffer)] if joined else [(before, self._buffer), (self._buffer, before)]
        return any(
            start < len(first) < end and (joined or label not in _WORDS)
            for first, second in orders
            for start, end, label in self._redactor.text(first + second).spans
        )

    def tail(self, before: str) -> str:
        """The end of what was typed into the field, for the seam with a following run. before: as for `finish`."""
        return "" if self.secret or self._unknown or self._pasted else (before + self._buffer)[-_TAIL_CHARS:]

    def written(self, *, until_caret: bool = False) -> str:
        """What is known to have been typed; "" for a secret."""
        if self.secret or self._unknown or self._pasted:
            return ""
        return self._buffer[: self._caret] if until_caret else self._buffer

    def is_in(self, name: str) -> bool:
        """True when an element's name is, or holds, what was typed: some toolkits name a field by its content."""
        name, text = name.strip(), self._buffer.strip()
        if min(len(name), len(text)) < FRAGMENT_CHARS:
            return bool(text) and name == text
        return text in name or text.startswith(name)


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"
