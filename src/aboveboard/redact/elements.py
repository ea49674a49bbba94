"""Elements after redaction: role, label, box, states, path. Never a value, never what was written into one, never
what other people wrote: a label is short, and stands on something a page offers, not in a paragraph or a message.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aboveboard.core.events import Element, ObservedElement
from aboveboard.redact.fields import is_editable
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.titles import redact_title
from aboveboard.redact.words import word_set

# States a policy can learn from; others (by toolkit, or telling about content) are dropped.
_STATES = word_set(
    "active armed busy checked collapsed default editable enabled expandable expanded focusable focused has-popup"
    " floating has-tooltip indeterminate"
    " invalid-entry is-default iconified modal multi-line multiselectable opaque pressed read-only required"
    " selectable selected sensitive"
    " showing single-line supports-autocompletion vertical horizontal visible visited checkable"
)
_ROLE = re.compile(r"[a-z][a-z /-]{0,39}")
# What people read rather than act on; "section" and "static" hold labels as well as letters, so length decides.
_WRITING_ROLES = frozenset(
    {"paragraph", "block quote", "article", "comment", "log", "footnote", "caption", "description value", "math"}
    | {"definition", "suggestion", "content deletion", "content insertion", "marquee", "terminal", "subtitle"}
)
_TEXT_ROLES = frozenset({"static", "static text", "text leaf", "text", "inline text box"})
_BLOCK_ROLES = _TEXT_ROLES | {"section", "list item", "table cell", "table row", "landmark", "grouping", "panel"}
_BLOCK_CHARS_MAX = 120
_PLACES_MAX = 16
_VALUE_CHARS_MIN = 4  # a shorter value is part of many a label by chance


class Surroundings:
    """Which parts of each place's tree take text or hold people's writing, as last seen."""

    def __init__(self) -> None:
        self._within: OrderedDict[object, _Roots] = OrderedDict()

    def see(self, place: object, elements: Sequence[ObservedElement]) -> None:
        """A scene of the place."""
        self._within[place] = _Roots.of(elements)
        self._within.move_to_end(place)
        if len(self._within) > _PLACES_MAX:
            self._within.popitem(last=False)

    def inside_writing(self, place: object, element: ObservedElement) -> bool:
        """True when the element's name is what somebody wrote; also for a mere text of which nothing else is known."""
        roots = self._within.get(place)
        if roots is None or not element.path:
            return element.role in _TEXT_ROLES
        return roots.hold(element)


def redact_element(redactor: Redactor, element: ObservedElement, *, inside_writing: bool = False) -> Element:
    """inside_writing: some ancestor takes text or is a message, so the name is what a person wrote and is dropped."""
    name = "" if inside_writing else _name(redactor, element)
    role = element.role if _ROLE.fullmatch(element.role) else "unknown"
    states = tuple(sorted(state for state in element.states if state.replace(" ", "-").replace("_", "-") in _STATES))
    return Element(role=role, name=name, box=element.box, states=states, path=element.path)


def redact_elements(redactor: Redactor, elements: Sequence[ObservedElement]) -> tuple[Element, ...]:
    """One tree's elements in their order. What is below an editable one keeps no name, nor does text in a message."""
    roots = _Roots.of(elements)
    return tuple(redact_element(redactor, each, inside_writing=roots.hold(each)) for each in elements)


@dataclass(frozen=True, slots=True)
class _Roots:
    editable: frozenset[tuple[int, ...]]
    written: frozenset[tuple[int, ...]]

    @classmethod
    def of(cls, elements: Iterable[ObservedElement]) -> _Roots:
        known = [each for each in elements if each.path]
        return cls(
            frozenset(each.path for each in known if is_editable(each)),
            frozenset(each.path for each in known if each.role in _WRITING_ROLES),
        )

    def hold(self, element: ObservedElement) -> bool:
        above = {element.path[:n] for n in range(1, len(element.path))}
        return not above.isdisjoint(self.editable) or (
            element.role in _BLOCK_ROLES and not above.isdisjoint(self.written)
        )


def _name(redactor: Redactor, element: ObservedElement) -> str:
    """The label; some toolkits give the content as the name of a field, which then does not stay."""
    if element.role in _WRITING_ROLES:
        return ""
    value = element.value.strip() if is_editable(element) else ""
    longest = _BLOCK_CHARS_MAX if element.role in _BLOCK_ROLES else None
    for name in (element.name, element.label):
        if longest is not None and len(name) > longest:
            continue
        if name and not (value and (name.strip() == value or (len(value) >= _VALUE_CHARS_MIN and value in name))):
            return redact_title(redactor, name, redactor.label)
    return ""
