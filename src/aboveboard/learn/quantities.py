"""Numbers and dates in names and instructions: what is least, what is odd, what is earlier."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet

import numpy as np
import numpy.typing as npt

from aboveboard.core.events import Element
from aboveboard.learn.relations import like
from aboveboard.learn.words import numbers, plain_words, words_of

F32 = npt.NDArray[np.float32]
Quantity = tuple[float, ...]  # the numbers of one name: "11h 28m" is (11, 28)
# Is one, the least and the greatest of its kind, odd, less than, equal to and more than the told number; is as told
# (odd, more than, the least, the day of the month) and is not; is the first of its kind that is out of order, and would
# be in order there.
AMOUNTS = 11
_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONEY = re.compile(r"[$€£¥]\s?\d")
_COSTS = frozenset({"cost", "costs", "price", "prices", "expensive", "cheap", "cheaper", "cheapest"})
_CALLED = frozenset({"push button", "link", "menu item", "page tab"})  # by their own names, and by no label


_MORE = frozenset({"greater", "more", "larger", "bigger", "higher", "above", "over"})
_LESS = frozenset({"less", "fewer", "smaller", "lower", "below", "under"})
_MOST = frozenset({"most", "greatest", "largest", "biggest", "highest", "longest", "maximum", "oldest"})
_LEAST = frozenset({"least", "fewest", "smallest", "cheapest", "lowest", "shortest", "minimum", "youngest"})


def told_number(instruction: str) -> float | None:
    """The only number of the instruction."""
    told = [value for word in words_of(instruction) if (value := numbers(word.text))]
    return told[0][0] if len(told) == 1 else None


def is_as_told(value: float, words: AbstractSet[str], limit: float | None) -> bool | None:
    """Whether a number is as the instruction's words want one; None when they want none in particular."""
    if ("odd" in words) != ("even" in words):
        return (value % 2 == 1) == ("odd" in words)
    if limit is None or bool(words & _MORE) == bool(words & _LESS):
        return None
    return value > limit if words & _MORE else value < limit


def is_as_called(name: Collection[str], *, odd: bool) -> bool | None:
    """Whether a number is of the kind that a name's plain words tell; None when they tell none."""
    return ("odd" in name) == odd if ("odd" in name) != ("even" in name) else None


def extreme_told(words: AbstractSet[str]) -> Callable[[Iterable[Quantity]], Quantity] | None:
    """`min` or `max`, where the words want the one or the other of several quantities."""
    if bool(words & _MOST) == bool(words & _LEAST):
        return None
    return max if words & _MOST else min


def out_of_order(values: Sequence[Quantity]) -> tuple[int, int] | None:
    """The first place at which something less follows, and where the least of what follows is; None when all rise."""
    for at, value in enumerate(values):
        least = min(values[at:])
        if least < value:
            return at, values.index(least, at)
    return None


def amounts(
    shown: Sequence[Element], instruction: str, day: int | None = None, labelled: Sequence[bool] | None = None
) -> F32:
    """(n, AMOUNTS) of 0 and 1. day: of the month that is shown, the one that the instruction tells (see `told_day`).
    labelled: (n,) which have a label that the instruction tells: where some numbers have, no others are compared, nor
    where money is asked for and shown."""
    found = [numbers(element.name) for element in shown]
    limit = told_number(instruction)
    words = plain_words([instruction])
    extreme, asked = extreme_told(words), _asked(shown, words, labelled or [False] * len(shown))
    groups: dict[str, list[Quantity]] = {}
    places: dict[str, list[int]] = {}
    for i, (element, value) in enumerate(zip(shown, found, strict=True)):
        if value:
            groups.setdefault(like(element), []).append(value)
            places.setdefault(like(element), []).append(i)
    rows = np.zeros((len(shown), AMOUNTS), dtype=np.float32)
    for i, (element, value) in enumerate(zip(shown, found, strict=True)):
        if not value:
            continue
        among = groups[like(element)]
        several, first = len(among) > 1, value[0]
        compared = (first < limit, first == limit, first > limit) if limit is not None else (False,) * 3
        fits = is_as_told(first, words, limit)
        if fits is None and extreme is not None and several and (not asked or like(element) in asked):
            fits = value == extreme(among)
        if day is not None and element.name.isdigit():
            fits = first == day
        rows[i, :9] = [
            True, several and value == min(among), several and value == max(among), first % 2 == 1, *compared,
            fits is True, fits is False,
        ]  # fmt: skip
    for kind, among in groups.items():
        swap = out_of_order(among)
        if swap is not None:
            rows[places[kind][swap[0]], 9] = rows[places[kind][swap[1]], 10] = 1
    return rows


def _asked(shown: Sequence[Element], words: AbstractSet[str], labelled: Sequence[bool]) -> set[str]:
    """Kinds of numbers that are asked for: money, or those that have the told label."""
    money = {like(each) for each in shown if _MONEY.search(each.name)} if words & _COSTS else set()
    return money or {
        like(each)
        for each, told in zip(shown, labelled, strict=True)
        if told and each.role not in _CALLED and numbers(each.name)
    }


def told_date(instruction: str) -> tuple[int, int, int] | None:
    """Year, month, day."""
    match = _DATE.search(instruction)
    return None if match is None else (int(match[3]), int(match[1]), int(match[2]))


def shown_month(names: Sequence[str]) -> tuple[int, int] | None:
    """Year and month, where a month's name is shown with a year in or right after it."""
    for at, name in enumerate(names):
        words = name.lower().split()
        if words and words[0] in _MONTHS:
            year = next((m for each in names[at : at + 2] if (m := _YEAR.search(each))), None)
            if year is not None:
                return int(year[0]), _MONTHS.index(words[0]) + 1
    return None


def dates(instruction: str, names: Sequence[str]) -> tuple[float, float, float]:
    """Of 0 and 1: the month shown is before, in, after the month told; all 0 when one of the two isn't there."""
    told, shown = told_date(instruction), shown_month(names)
    if told is None or shown is None:
        return (0.0, 0.0, 0.0)
    return float(shown < told[:2]), float(shown == told[:2]), float(shown > told[:2])


def told_day(instruction: str, months: tuple[float, float, float]) -> int | None:
    """The day to take in the month that is shown, 0 for none of it; None where no date is told or no month shown.
    months: as `dates` gives them."""
    told = told_date(instruction)
    if told is None or not any(months):
        return None
    return told[2] if months[1] else 0
