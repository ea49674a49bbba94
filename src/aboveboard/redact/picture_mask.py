"""Which pixels of a crop may stay: those of elements that are known to show a plain label, and of nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Box, ObservedElement
from aboveboard.redact.elements import redact_elements
from aboveboard.redact.fields import is_editable
from aboveboard.redact.redactor import Redactor

Mask: TypeAlias = npt.NDArray[np.bool_]

# What shows its name and nothing else. Not: entries, lists, tables, pictures, whatever shows a value.
_LABELLED = frozenset(
    {"push button", "button", "toggle button", "check box", "radio button", "switch", "link", "menu", "menu item"}
    | {"check menu item", "radio menu item", "page tab", "tab", "label", "heading", "static", "text leaf"}
    | {"column header", "tool tip"}
)
_PICTURES = frozenset({"image", "icon", "canvas", "video", "animation", "graphic", "map", "embedded", "drawing area"})
_LABEL_CHARS_MAX = 60
_SPREAD = 2  # pixels that antialiasing and a focus ring may reach beyond a box


def allowed_pixels(area: Box, tree: Sequence[ObservedElement], redactor: Redactor) -> Mask:
    """bool (height, width) of `area`, in screen coordinates: True where a safe element lies and no unsafe one but those
    it is part of."""
    kept = redact_elements(redactor, tree)
    safe = [each for each, after in zip(tree, kept, strict=True) if _is_safe(each, after.name)]
    unsafe = [each for each, after in zip(tree, kept, strict=True) if _is_unsafe(each, after.name)]
    allowed = np.zeros((area[3], area[2]), dtype=np.bool_)
    for element in safe:
        inside = _slices(area, element.box, 0)
        if inside is None:
            continue
        part = np.ones_like(allowed[inside])
        for other in unsafe:
            if not _is_part(element, other):
                _clear(part, area, inside, other.box)
        allowed[inside] |= part
    return allowed


def _is_safe(element: ObservedElement, name_after: str) -> bool:
    name = " ".join(element.name.split())
    shows_more = bool(element.value) and element.value.strip() != name
    return (
        element.role in _LABELLED
        and not is_editable(element)
        and 0 < len(name) <= _LABEL_CHARS_MAX
        and name_after == name
        and not shows_more
    )


def _is_unsafe(element: ObservedElement, name_after: str) -> bool:
    """It shows something that must not be seen. Containers without a text of their own are neither safe nor unsafe."""
    if is_editable(element):
        return True
    if element.role in _PICTURES or "password" in element.role:
        return True
    return bool(element.value.strip() or " ".join(element.name.split()) != name_after)


def _is_part(element: ObservedElement, of: ObservedElement) -> bool:
    return bool(of.path) and len(of.path) < len(element.path) and element.path[: len(of.path)] == of.path


def _slices(area: Box, box: Box, spread: int) -> tuple[slice, slice] | None:
    x0, y0 = max(box[0] - spread - area[0], 0), max(box[1] - spread - area[1], 0)
    x1 = min(box[0] + box[2] + spread - area[0], area[2])
    y1 = min(box[1] + box[3] + spread - area[1], area[3])
    return (slice(y0, y1), slice(x0, x1)) if box[2] > 0 and box[3] > 0 and x1 > x0 and y1 > y0 else None


def _clear(part: Mask, area: Box, inside: tuple[slice, slice], box: Box) -> None:
    """part: the pixels at `inside` of the area; those of the box become False."""
    where = _slices(area, box, _SPREAD)
    if where is None:
        return
    top, left = inside[0].start, inside[1].start
    rows = slice(max(where[0].start - top, 0), max(where[0].stop - top, 0))
    columns = slice(max(where[1].start - left, 0), max(where[1].stop - left, 0))
    part[rows, columns] = False
