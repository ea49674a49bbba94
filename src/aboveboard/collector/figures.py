"""Figures over groups of people, and the only ones there are. Specified in docs/spec/aggregates.md.

How many take part, in all and under each policy. Never under ten; in tens; made anew once a week at most, for everybody
alike; and one that was shown stands still until ten people of its group have changed, so that no two releases can be
subtracted to learn about one of them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import consents, figures, policies
from aboveboard.core.clock import US_PER_S
from aboveboard.core.leaves import DAY_US

PEOPLE_MIN = 10  # no figure over fewer people is shown, anywhere; and fewer do not change one
STEP = 10
RELEASE_DAYS = 7
TAKING_PART = "taking_part"
ALL = ""
People = frozenset[str]


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word, in the order they came. policy: the one it was given under; empty when it was no."""

    number: int
    contributor: str
    policy: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands of a cell. value: None while hidden. upto: the newest word of the last one that was shown or hidden
    with ten people's change; 0 before any."""

    value: int | None
    upto: int


NEVER = Shown(None, 0)


def last_words(words: Iterable[Word], upto: int) -> dict[str, str]:
    """contributor -> policy of the last word up to that number."""
    return {word.contributor: word.policy for word in words if word.number <= upto}


def members(last: Mapping[str, str], cell: str) -> People:
    """Whose last word is yes: to anything, or under this policy."""
    return frozenset(who for who, policy in last.items() if policy and cell in (ALL, policy))


def release(words: Sequence[Word], cells: Sequence[str], before: Mapping[str, Shown]) -> dict[str, Shown]:
    """The next state of every cell: a policy's, or ALL. Pure."""
    upto = max((word.number for word in words), default=0)
    last = {number: last_words(words, number) for number in {upto, 0, *(each.upto for each in before.values())}}
    now = {cell: members(last[upto], cell) for cell in cells}
    hidden = {cell for cell in cells if len(now[cell]) < PEOPLE_MIN}
    hidden |= _with_those_that_give_away({cell: len(now[cell]) for cell in cells if cell != ALL}, hidden - {ALL})
    after: dict[str, Shown] = {}
    for cell in cells:
        old = before.get(cell, NEVER)
        if len(now[cell] ^ members(last[old.upto], cell)) < PEOPLE_MIN:
            after[cell] = old
        else:
            after[cell] = Shown(None if cell in hidden else len(now[cell]) // STEP * STEP, upto)
    return after


def _with_those_that_give_away(counts: Mapping[str, int], hidden: set[str]) -> set[str]:
    """Secondary suppression: as long as what is hidden is one cell, or fewer than ten people, the total less what is
    shown would tell of it; so the smallest that is shown goes too."""
    more = set(hidden)
    shown = sorted((cell for cell in counts if cell not in more), key=lambda cell: (counts[cell], cell))
    while more and shown and (len(more) < 2 or sum(counts[cell] for cell in more) < PEOPLE_MIN):
        more.add(shown.pop(0))
    return more


@dataclass(frozen=True, slots=True)
class Figure:
    """As everybody sees it. day: of the release it comes from, as YYYY-MM-DD."""

    cell: str
    value: int | None
    day: str


def taking_part(service: Service) -> list[Figure]:
    """Makes the week's release when it is due; the one for the whole programme comes first."""
    with service.database.reading() as tx:
        found = _stored(tx)
    if not _is_due(found, service.clock.now_us()):
        return _figures(found)
    with service.database.transaction("figures") as tx:
        found = _stored(tx)
        if _is_due(found, service.clock.now_us()):
            _make(tx, {cell: shown for cell, (shown, _) in found.items()}, service.clock.now_us())
        return _figures(_stored(tx))


def people_taking_part(service: Service) -> int | None:
    """In the whole programme: that many, or up to nine more."""
    return next(each.value for each in taking_part(service) if each.cell == ALL)


def _is_due(found: Mapping[str, tuple[Shown, int]], now_us: int) -> bool:
    """All cells are released together. A clock that was set back releases nothing."""
    return not found or now_us - max(day_us for _, day_us in found.values()) >= RELEASE_DAYS * DAY_US


def _stored(tx: Connection) -> dict[str, tuple[Shown, int]]:
    rows = tx.execute(select(figures).where(figures.c.figure == TAKING_PART).order_by(figures.c.cell))
    return {row.cell: (Shown(row.value, row.upto), row.day_us) for row in rows}


def _make(tx: Connection, before: Mapping[str, Shown], now_us: int) -> None:
    query = select(consents.c.number, consents.c.contributor, consents.c.kind, consents.c.policy)
    rows = tx.execute(query.order_by(consents.c.number))
    words = [Word(row.number, row.contributor, row.policy if row.kind == "given" else "") for row in rows]
    cells = [ALL, *tx.execute(select(policies.c.policy).order_by(policies.c.number)).scalars()]
    after, day_us = release(words, cells, before), now_us // DAY_US * DAY_US
    tx.execute(delete(figures).where(figures.c.figure == TAKING_PART))
    made = [
        {"figure": TAKING_PART, "cell": cell, "value": shown.value, "upto": shown.upto, "day_us": day_us}
        for cell, shown in after.items()
    ]
    tx.execute(insert(figures), made)


def _figures(found: Mapping[str, tuple[Shown, int]]) -> list[Figure]:
    return [Figure(cell, shown.value, _day(day_us)) for cell, (shown, day_us) in found.items()]


def _day(day_us: int) -> str:
    return datetime.datetime.fromtimestamp(day_us / US_PER_S, datetime.UTC).date().isoformat()
