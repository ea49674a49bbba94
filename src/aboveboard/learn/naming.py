"""What a nameless thing is called: by the text in it, as a person does who sees an entry of a list."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from aboveboard.core.events import Element
from aboveboard.desktop.seen import INTERACTIVE, TEXT_INSIDE

TEXTS_MAX = 3  # in a box with more, no one of them is its name


def called(elements: Sequence[Element]) -> tuple[Element, ...]:
    """The elements in their order; of those to be acted on, the nameless have the name of the few texts in them."""
    texts = [each for each in elements if each.role in TEXT_INSIDE and each.name]
    return tuple(_called(each, texts) for each in elements)


def _called(element: Element, texts: Sequence[Element]) -> Element:
    if element.name or element.role not in INTERACTIVE:
        return element
    depth = len(element.path)
    inside = [each.name for each in texts if len(each.path) > depth and each.path[:depth] == element.path]
    if not 0 < len(inside) <= TEXTS_MAX:
        return element
    return msgspec.structs.replace(element, name=" ".join(inside))
