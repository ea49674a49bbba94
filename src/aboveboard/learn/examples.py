"""From recorded episodes to training examples: what was seen, and what was then done."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from aboveboard.core.events import Box, Element
from aboveboard.datasets.schema import Episode, Step
from aboveboard.desktop.seen import INTERACTIVE, TEXT_INSIDE
from aboveboard.learn.naming import called
from aboveboard.learn.past import Past
from aboveboard.learn.scene import ELEMENTS_MAX, name_words, told_words
from aboveboard.learn.words import PLACEHOLDER, spans_of

POINTER = frozenset(
    {"click", "double_click", "triple_click", "right_click", "middle_click", "hover", "scroll_up", "scroll_down"}
    | {"drag"}
)
HELD = ("Control", "Shift", "Alt")
# Of an element each way: far, a bit and just before it, its beginning, middle and end, and so after it: what is dragged
# into a box that shows only its text goes beside the text. Beginning and end are a third of a small thing, and as much
# of a large one as a small button at its edge takes.
EDGE_PX_MAX = 16
THIRDS, BESIDE_PX, BESIDE_PX_MAX = 3, (4, 14, 40), (8, 24)
CELLS = THIRDS + 2 * len(BESIDE_PX)
PLACES = CELLS * CELLS
MIDDLE = PLACES // 2
HARDLY_PX = 4
GOAL_PX = 60  # what was dragged into a box that shows only its text
HOLDS = 3  # a nameless thing with so many others in it was hardly what was meant
AMOUNTS = (1, 3, 8, 40)  # notches of a scroll run: the largest goes to the end of most things
CASES = ("as it is", "lower", "upper")
NEAR_PX = 12  # a click beside a small thing was meant for it
SECRET = "<SECRET>"  # noqa: S105  # a word for one, none itself


@dataclass(frozen=True, slots=True)
class Span:
    """Words first ... last of the name of an element, or of the instruction (element -1)."""

    element: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Example:
    """One step. targets: which elements would have been right; place: where in it, of PLACES, -1 for none; goals,
    goal_place: likewise of where a drag ends; amount, case: index into AMOUNTS, CASES, -1 for none; spans: where what
    was typed is to be read."""

    instruction: str
    elements: tuple[Element, ...]
    past: Past
    kind: str
    targets: tuple[int, ...] = ()
    place: int = -1
    goals: tuple[int, ...] = ()
    goal_place: int = -1
    amount: int = -1
    spans: tuple[Span, ...] = ()
    case: int = -1
    key: str = ""


def kind_of(step: Step) -> str:
    """The kind as it is learned: "Control+click", "scroll_down"; "" for one that isn't."""
    if step.kind == "scroll":
        return "scroll_down" if step.dy > 0 else "scroll_up" if step.dy < 0 else ""
    if step.kind in POINTER:
        return "+".join([*(held for held in HELD if held in step.modifiers), step.kind])
    return step.kind if step.kind in ("type", "key", "hotkey") else ""


def points(kind: str) -> bool:
    """Whether a kind as it is learned needs an element."""
    return kind.rpartition("+")[2] in POINTER


def key_of(step: Step) -> str:
    """ "Return", "Control+a"."""
    return "+".join([*step.modifiers, step.key])


def examples_of(episodes: Iterable[Episode]) -> list[Example]:
    """Every step of a kind that is learned and of which it is known what was to be seen."""
    return [example for episode in episodes for example in _examples(episode)]


def _examples(episode: Episode) -> Iterator[Example]:
    past = Past()
    for step in episode.steps:
        kind = kind_of(step)
        if not kind:
            continue
        elements = called(step.elements[:ELEMENTS_MAX])
        example = _example(episode.instruction, elements, past, kind, step) if elements else None
        if example is not None:
            yield example
        element = step.target
        if element is None and (near := _near(step, elements)):
            element = elements[near[0]]
        elif 0 <= step.target_index < len(elements):
            element = elements[step.target_index]
        text = step.text if kind == "type" else ""
        if text == SECRET and example is not None:  # what was typed is known: it can be read in one place only
            text = told_words(episode.instruction)[example.spans[0].first]
        past = past.after(kind, element if points(kind) else None, text, elements, key_of(step))


def _example(
    instruction: str, elements: tuple[Element, ...], past: Past, kind: str, step: Step
) -> Example | None:  # fmt: skip
    """None when it can't be told from what was seen."""
    if points(kind):
        targets = _targets(step, elements)
        if not targets or (step.kind != "scroll" and _only_holds(elements, targets[0])):
            return None
        amount = -1
        if step.kind == "scroll":
            amount = min(range(len(AMOUNTS)), key=lambda i: abs(math.log(AMOUNTS[i] / abs(step.dy))))
        place = _place(step.x, step.y, elements[targets[0]].box)
        goals: tuple[int, ...] = ()
        goal_place = -1
        if step.kind == "drag":
            goals = _what_it_is_in(_at(step.end_x, step.end_y, elements, targets), elements)
            if not goals:
                return None
            goal_place = _place(step.end_x, step.end_y, elements[goals[0]].box)
        return Example(instruction, elements, past, kind, targets, place, goals, goal_place, amount)
    if kind == "type":
        spans, case = find_typed(instruction, elements, step.text)
        return Example(instruction, elements, past, kind, spans=spans, case=case) if spans else None
    return Example(instruction, elements, past, kind, key=key_of(step))


def _targets(step: Step, elements: Sequence[Element]) -> tuple[int, ...]:
    """The element acted on, and those in the very same place."""
    if 0 <= step.target_index < len(elements):
        box = elements[step.target_index].box
        twins = (i for i, each in enumerate(elements) if each.box == box and i != step.target_index)
        return (step.target_index, *twins)
    return _near(step, elements) if step.target_index < 0 else ()


def _only_holds(elements: Sequence[Element], index: int) -> bool:
    """A box around others, hit because what was meant was not seen (yet)."""
    element = elements[index]
    if element.name or element.role in INTERACTIVE:
        return False
    depth = len(element.path)
    return sum(each.path[:depth] == element.path for each in elements) > HOLDS


def _at(x: int | None, y: int | None, elements: Sequence[Element], dragged: Sequence[int]) -> tuple[int, ...]:
    """The smallest elements at a point but for what was dragged there, or the nearest: of a box, often only its text is
    seen. () for what was hardly moved."""
    if x is None or y is None or any(_distance(x, y, elements[k].box) <= HARDLY_PX for k in dragged):
        return ()
    away = [
        (_distance(x, y, each.box), each.box[2] * each.box[3], i)
        for i, each in enumerate(elements)
        if not any(each.path[: len(elements[k].path)] == elements[k].path for k in dragged)
    ]
    best = min(away, default=(GOAL_PX + 1, 0, -1))
    return tuple(i for gap, size, i in away if (gap, size) == best[:2]) if best[0] <= GOAL_PX else ()


def _what_it_is_in(found: tuple[int, ...], elements: Sequence[Element]) -> tuple[int, ...]:
    """For a text in a thing that is acted on, the thing: whether a hand lets go over its text or beside is chance."""
    if not found or elements[found[0]].role not in TEXT_INSIDE:
        return found
    path = elements[found[0]].path
    around = [
        i for i, each in enumerate(elements)
        if each.role in INTERACTIVE and len(each.path) < len(path) and path[: len(each.path)] == each.path
    ]  # fmt: skip
    return (max(around, key=lambda i: len(elements[i].path)),) if around else found


def _distance(x: int, y: int, box: Box) -> int:
    """Pixels from a point to a box, across and down together; 0 within it."""
    left, top, width, height = box
    return max(left - x, x - left - width + 1, 0) + max(top - y, y - top - height + 1, 0)


def _near(step: Step, elements: Sequence[Element]) -> tuple[int, ...]:
    """The nearest element to a click that hit none, if it is very near."""
    if step.x is None or step.y is None:
        return ()
    away = [_distance(step.x, step.y, each.box) for each in elements]
    best = min(range(len(elements)), key=lambda i: away[i], default=-1)
    return (best,) if best >= 0 and away[best] <= NEAR_PX else ()


def _place(x: int | None, y: int | None, box: Box) -> int:
    if x is None or y is None or box[2] <= 0 or box[3] <= 0:
        return MIDDLE
    return _cell(y, box[1], box[3]) * CELLS + _cell(x, box[0], box[2])


def _cell(at: int, start: int, size: int) -> int:
    sides = len(BESIDE_PX)
    if start <= at < start + size:
        edge = _edge(size)
        return sides + (0 if at - start < edge else 1 if at - start < size - edge else 2)
    gap = start - at if at < start else at - (start + size) + 1
    away = sum(gap > limit for limit in BESIDE_PX_MAX)
    return sides - 1 - away if at < start else sides + THIRDS + away


def spot(box: Box, place: int) -> tuple[int, int]:
    """The point on the screen that a place in a box stands for."""
    return _at_cell(place % CELLS, box[0], box[2]), _at_cell(place // CELLS, box[1], box[3])


def _at_cell(cell: int, start: int, size: int) -> int:
    sides = len(BESIDE_PX)
    if cell < sides:
        return start - BESIDE_PX[sides - 1 - cell]
    if cell >= sides + THIRDS:
        return start + size + BESIDE_PX[cell - sides - THIRDS] - 1
    edge = _edge(size)
    return start + int((edge / 2, size / 2, size - edge / 2)[cell - sides])


def meant(box: Box, place: int) -> bool:
    """Whether a hand hardly pressed there by chance: outside, or at an edge of what is large enough to show one."""
    sides = len(BESIDE_PX)
    return any(
        not sides <= cell < sides + THIRDS or (cell != sides + 1 and size > THIRDS * EDGE_PX_MAX)
        for cell, size in ((place % CELLS, box[2]), (place // CELLS, box[3]))
    )


def _edge(size: int) -> float:
    """Pixels of a thing that are its beginning, and its end."""
    return min(size / THIRDS, EDGE_PX_MAX)


def find_typed(instruction: str, elements: Sequence[Element], text: str) -> tuple[tuple[Span, ...], int]:
    """Where the typed text can be read, and in which case it was typed; ((), -1) when nowhere.

    "<SECRET>" is the one secret that the instruction holds: which of several it was, nobody can tell.
    """
    words = told_words(instruction)
    if text == SECRET:
        secrets = [i for i, word in enumerate(words) if (m := PLACEHOLDER.fullmatch(word)) and m[1] == "SECRET"]
        return ((Span(-1, secrets[0], secrets[0]),), 0) if len({words[i] for i in secrets}) == 1 else ((), -1)
    found = [(Span(-1, *span), words) for span in spans_of(words, text)]
    for i, element in enumerate(elements):
        name = name_words(element)
        found += [(Span(i, *span), name) for span in spans_of(name, text)]
    exact = [span for span, name in found if _joined(name, span) == _letters(text)]
    if exact:
        return tuple(exact), 0
    spans = tuple(span for span, _ in found)
    if not spans or not (text == text.lower() or text == text.upper()):
        return spans, 0 if spans else -1
    return spans, 1 if text == text.lower() else 2


def _joined(name: list[str], span: Span) -> str:
    return _letters("".join(name[span.first : span.last + 1]))


def _letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum() or char in "<>_")
