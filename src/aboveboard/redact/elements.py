"""Elements after redaction: role, label, box, states, path. Never a value, never what was written into one."""

from __future__ import annotations

from collections.abc import Sequence

from aboveboard.core.events import Element, ObservedElement
from aboveboard.redact.fields import is_editable
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.words import word_set

# States a policy can learn from; others (by toolkit, or telling about content) are dropped.
_STATES = word_set(
    "active armed busy checked collapsed default editable enabled expandable expanded focusable focused has-popup"
    " has-tooltip indeterminate"
    " invalid-entry is-default iconified modal multi-line multiselectable opaque pressed read-only required"
    " selectable selected sensitive"
    " showing single-line supports-autocompletion vertical horizontal visible visited checkable"
)
_ROLE_CHARS_MAX = 40
_VALUE_CHARS_MIN = 4  # a shorter value is part of many a label by chance


def redact_element(redactor: Redactor, element: ObservedElement, *, inside_editable: bool = False) -> Element:
    """inside_editable: some ancestor takes text, so the name is what a person wrote and is dropped."""
    name = "" if inside_editable else _name(redactor, element)
    role = element.role[:_ROLE_CHARS_MAX]
    states = tuple(sorted(state for state in element.states if state.replace(" ", "-").replace("_", "-") in _STATES))
    return Element(role=role, name=name, box=element.box, states=states, path=element.path)


def redact_elements(redactor: Redactor, elements: Sequence[ObservedElement]) -> tuple[Element, ...]:
    """One tree's elements in their order. Those below an editable one keep no name."""
    editable = {element.path for element in elements if element.path and is_editable(element)}
    return tuple(
        redact_element(
            redactor, element, inside_editable=any(element.path[:n] in editable for n in range(1, len(element.path)))
        )
        for element in elements
    )


def _name(redactor: Redactor, element: ObservedElement) -> str:
    """The label; some toolkits give the content as the name of a field, which then does not stay."""
    value = element.value.strip() if is_editable(element) else ""
    for name in (element.name, element.label):
        if name and not (value and (name.strip() == value or (len(value) >= _VALUE_CHARS_MIN and value in name))):
            return redactor.label(name)
    return ""
