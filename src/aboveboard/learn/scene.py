"""What of a sight does not depend on the past: the instruction and the elements, and what is told of both outright.

Words are hashed, so no vocabulary is stored. How an element's name matches the instruction, itself or through what lies
beside it, is found in matching.py, how elements lie to each other in relations.py and crossings.py, what numbers and
dates say in quantities.py.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element
from aboveboard.learn.crossings import crossings
from aboveboard.learn.matching import (
    AMONG_LIKE,
    AMONG_SIBLINGS,
    LABEL,
    LAST,
    NUMBERED,
    ROLE,
    THROUGH,
    WHOLE,
    Ranks,
    Spans,
    Told,
    is_word,
    looked_up,
    match,
    ranked,
    told,
    whole_names,
)
from aboveboard.learn.quantities import AMOUNTS, amounts, dates, is_as_called, told_date, told_day
from aboveboard.learn.relations import NEAREST, NEXT, OWNER, PREVIOUS, like, relations, ties
from aboveboard.learn.words import kinds_of_placeholders, plain, quoted, word_id, words_of

WORDS_MAX = 56
ELEMENTS_MAX = 112
NAME_WORDS_MAX = 16
STATES = (
    "focused", "checked", "selected", "expanded", "editable", "focusable", "collapsed", "expandable", "checkable",
    "multi-line",
)  # fmt: skip
# What is told of an element's name, in this order.
NAMED = (
    "whole", "share", "some", "where", "long", "nameless", "largest", "fills a quotation", "as written",
    "placeholder's kind", "through owner", "through nearest", "through row", "through column", "labelled", "role",
    "role in quotes", "asked for", "numbered in its role", "numbered among those like it", "numbered beside them",
    "last", "role and number together", "after the named", "before the named", "the place told",
    "column then row", "row then column",
)  # fmt: skip
_PLACES, _KINDS = 4, 5
_DOWN = frozenset({"down", "below", "under", "after", "next", "following"})
_UP = frozenset({"up", "above", "over", "before", "previous"})
FIXED = len(STATES) + _PLACES + _KINDS + len(NAMED) + 3 * AMOUNTS

# Of what is told, that which says where in the order of things one stands: its middle, and that it is the last.
IN_ORDER = (len(STATES), len(STATES) + 1, len(STATES) + _PLACES + 1)

F32 = npt.NDArray[np.float32]
I64 = npt.NDArray[np.int64]


def told_words(instruction: str) -> list[str]:
    """As many as the policy reads."""
    return [word.text for word in words_of(instruction)][:WORDS_MAX] or [""]


def name_words(element: Element) -> list[str]:
    """As many as the policy reads."""
    return [word.text for word in words_of(element.name)][:NAME_WORDS_MAX]


class Scene:
    """What of a sight does not depend on the past: made once, seen as often as needed. Only the first WORDS_MAX words
    and ELEMENTS_MAX elements are looked at."""

    def __init__(self, instruction: str, elements: Sequence[Element]) -> None:
        self.instruction = instruction
        self.written = told_words(instruction)
        self.quotes = quoted(instruction)[:WORDS_MAX] or [0]
        self.parts = np.cumsum(np.diff(self.quotes, prepend=0) != 0)
        self.shown = shown = list(elements)[:ELEMENTS_MAX]
        words = [plain(word) for word in self.written]
        names = [name_words(element) for element in shown]
        self.labels = labels = [[plain(word) for word in its] for its in names]
        self.told: Told = told(words, shown)
        self.spans: Spans = whole_names(self.told, labels, self.written, names, self.quotes)
        self.ranks: Ranks = ranked(shown, self.told.spoken)
        self.relation, self.ties = relations(shown), ties(shown, self.told.spoken)
        self.match = match(self.told, labels, shown, self.ties, self.spans, self.ranks)
        n = len(shown)
        self.names = np.zeros((n, NAME_WORDS_MAX), dtype=np.int64)
        self.counts = np.zeros((n, NAME_WORDS_MAX), dtype=np.int64)
        for i, its in enumerate(labels):
            self.names[i, : len(its)] = [word_id(word) for word in its]
            self.counts[i, : len(its)] = np.cumsum([is_word(word) for word in its])
        said = [i for i, spoken in enumerate(self.told.spoken) if not spoken]
        self.there = {word for i in said for word in labels[i]}  # but for what only says the instruction
        self.dates = dates(instruction, [shown[i].name for i in said])
        self.labelled = self.match[LABEL].any(axis=1)
        self.amounts = amounts(shown, instruction, told_day(instruction, self.dates), self.labelled.tolist())
        self.fixed = np.concatenate(
            [_states(shown), _places(shown), _kinds(shown, self.told, self.ranks), _named(self), self._through()],
            axis=1,
        )

    def _through(self) -> F32:
        """(n, 3 * AMOUNTS): numbers, of it and of what it belongs to; another of its own kind is nothing of it. What
        is called by a kind of number is as told where it belongs to one, and is not where it belongs to another."""
        its, kinds = self.amounts, np.array([like(element) for element in self.shown], dtype=np.str_)
        other = kinds[:, None] != kinds[None, :]
        through = [(self.ties[tie] & other).astype(np.float32) @ its > 0 for tie in (OWNER, NEAREST)]
        found = np.concatenate([its, *through], axis=1).astype(np.float32)
        for i, label in enumerate(self.labels):
            its_number = next((each[i] for each in through if each[i, 0]), None)
            fits = is_as_called(label, odd=bool(its_number[3])) if its_number is not None else None
            if fits is not None and not its[i, 0]:
                found[i, 7:9] = fits, not fits
            elif not its[i, 7:9].any():  # what is compared is beside it: the duration of a ticket, beside its button
                found[i, 7] = any(each[i, 7] for each in through)
                found[i, 8] = not found[i, 7] and any(each[i, 8] for each in through)
        return found

    def told_of_names(self, what: str) -> F32:
        """(n,) One of NAMED."""
        told_of: F32 = self.fixed[:, len(STATES) + _PLACES + _KINDS + NAMED.index(what)]
        return told_of


def _states(shown: Sequence[Element]) -> F32:
    rows = [[state in element.states for state in STATES] for element in shown]
    return np.array(rows, dtype=np.float32).reshape(-1, len(STATES))


def _places(shown: Sequence[Element]) -> F32:
    """(n, 4): centre and size relative to what is visible as a whole: no absolute position on the screen."""
    boxes = np.array([element.box for element in shown], dtype=np.float32).reshape(-1, 4)
    if not len(boxes):
        return boxes
    left, top = boxes[:, 0].min(), boxes[:, 1].min()
    width = max((boxes[:, 0] + boxes[:, 2]).max() - left, 1)
    height = max((boxes[:, 1] + boxes[:, 3]).max() - top, 1)
    middle_x, middle_y = boxes[:, 0] + boxes[:, 2] / 2 - left, boxes[:, 1] + boxes[:, 3] / 2 - top
    return np.stack([middle_x / width, middle_y / height, boxes[:, 2] / width, boxes[:, 3] / height], axis=1)


def _kinds(shown: Sequence[Element], told: Told, ranks: Ranks) -> F32:
    """(n, _KINDS): only says the instruction, the last and the only one of its role, the only one like it, holds
    others."""
    likes: dict[str, int] = {}
    for element in shown:
        likes[like(element)] = likes.get(like(element), 0) + 1
    paths = {element.path[:-1] for element in shown}
    rows = [
        [
            told.spoken[i], ranks.last[i], ranks.last[i] and ranks.role[i] == 0, likes[like(element)] == 1,
            element.path in paths,
        ]
        for i, element in enumerate(shown)
    ]  # fmt: skip
    return np.array(rows, dtype=np.float32).reshape(-1, _KINDS)


def _named(scene: Scene) -> F32:
    """(n, len(NAMED))."""
    known, quotes = set(scene.told.words) | set(scene.told.also.values()), scene.quotes
    within = np.array(quotes) > 0
    quoted_words = [quote if is_word(word) else 0 for quote, word in zip(quotes, scene.told.words, strict=True)]
    rows = []
    for i, its in enumerate(scene.labels):
        spans = scene.spans.of[i]
        share = sum(word in known for word in its) / len(its) if its and not scene.told.spoken[i] else 0.0
        alone = any(
            quotes[a] and quoted_words[a : b + 1].count(quotes[a]) == quoted_words.count(quotes[a]) for a, b in spans
        )
        whole = bool(spans)
        rows.append((
            whole, share, share > 0, spans[0][0] / WORDS_MAX if whole else 0.0, len(its) >= 6, not its,
            scene.spans.largest[i], alone,
            bool(scene.spans.written[i]), bool(kinds_of_placeholders(its) & known),
        ))  # fmt: skip
    own = np.array(rows, dtype=np.float32).reshape(-1, 10)
    reached = [scene.match[WHOLE + 1 + k].any(axis=1) for k in range(len(THROUGH))]
    role = scene.match[ROLE].astype(bool)
    flags = (scene.labelled, role.any(axis=1), (role & within).any(axis=1))
    numbered = scene.match[NUMBERED].astype(bool)
    orders = [scene.match[channel].any(axis=1) for channel in (NUMBERED, AMONG_LIKE, AMONG_SIBLINGS, LAST)]
    together = np.zeros_like(numbered)
    for apart in (1, 2):
        together[:, :-apart] |= numbered[:, :-apart] & role[:, apart:]
    asked = looked_up(scene.shown, scene.labels, scene.ties)
    largest = np.array(scene.spans.largest, dtype=np.int64)
    after, before = ((scene.ties[tie] @ largest) > 0 for tie in (PREVIOUS, NEXT))
    down, up = (bool(words & known) for words in (_DOWN, _UP))
    place = (after & (down and not up)) | (before & (up and not down)) | orders[0] | orders[3]
    dated = told_date(scene.instruction) is not None  # its numbers are one thing, and no column and row
    cross = crossings(scene.shown, [[]] * len(scene.shown) if dated else scene.spans.of).T
    told = np.stack([*reached, *flags, asked, *orders, together.any(axis=1), after, before, place, *cross], axis=1)
    return np.concatenate([own, told.astype(np.float32)], axis=1)
