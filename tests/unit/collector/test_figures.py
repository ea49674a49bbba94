"""Figures over groups: what somebody who sees every release, and subtracts, learns of one person."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aboveboard.collector.figures import ALL, NEVER, PEOPLE_MIN, Shown, Word, last_words, members, release

CELLS = (ALL, "a", "b", "c")


def _words(*said: tuple[str, str]) -> list[Word]:
    return [Word(number + 1, who, policy) for number, (who, policy) in enumerate(said)]


def _people(n: int, policy: str, first: int = 0) -> list[tuple[str, str]]:
    return [(f"p{first + i}", policy) for i in range(n)]


def _values(after: dict[str, Shown]) -> dict[str, int | None]:
    return {cell: shown.value for cell, shown in after.items()}


@pytest.mark.parametrize(("n", "value"), [(0, None), (1, None), (9, None), (10, 10), (19, 10), (20, 20), (8000, 8000)])
def test_tens_from_ten_on(n: int, value: int | None) -> None:
    assert release(_words(*_people(n, "a")), (ALL, "a"), {})[ALL].value == value


def test_one_person_more_or_less_changes_nothing() -> None:
    """The tenth, the eleventh; somebody who joins or leaves between two releases, at any size."""
    for n in range(10, 45):
        crowd = _people(n, "a")
        before = release(_words(*crowd), CELLS, {})
        for said in ([("new", "a")], [("p0", "")], [("p0", "b")], [("p0", ""), ("p0", "a")]):
            assert _values(release(_words(*crowd, *said), CELLS, before)) == _values(before), (n, said)


def test_nine_who_leave_one_after_another_are_not_seen_and_ten_are() -> None:
    crowd = _people(40, "a")
    before, said = release(_words(*crowd), CELLS, {}), list(crowd)
    for n in range(9):
        said.append((f"p{n}", ""))
        before_again = release(_words(*said), CELLS, before)
        assert _values(before_again) == _values(before)
        before = before_again
    said.append(("p9", ""))
    assert release(_words(*said), CELLS, before)[ALL].value == 30


def test_a_total_less_the_parts_gives_no_small_part_away() -> None:
    """30 in all, 25 of them under a: the 5 under b can't be had by subtracting."""
    after = _values(release(_words(*_people(25, "a"), *_people(5, "b", 100)), CELLS[:3], {}))
    assert after[ALL] == 30
    assert after["b"] is None
    assert after["a"] is None


def test_what_is_hidden_together_is_ten_people_or_more() -> None:
    said = [*_people(50, "a"), *_people(12, "b", 100), *_people(3, "c", 200)]
    after = _values(release(_words(*said), CELLS, {}))
    assert after == {ALL: 60, "a": 50, "b": None, "c": None}


SAID = st.tuples(st.integers(0, 39).map(lambda n: f"p{n}"), st.sampled_from(["a", "a", "b", "c", ""]))


@given(st.lists(st.lists(SAID, max_size=25), min_size=1, max_size=12))
def test_whoever_sees_every_release_learns_of_ten_at_once_or_of_nobody(weeks: list[list[tuple[str, str]]]) -> None:
    said: list[tuple[str, str]] = []
    before: dict[str, Shown] = {}
    for week in weeks:
        said += week
        words = _words(*said)
        after = release(words, CELLS, before)
        for cell, shown in after.items():
            group = members(last_words(words, shown.upto), cell)
            if shown.value is not None:
                assert shown.value % 10 == 0
                assert PEOPLE_MIN <= shown.value <= len(group) < shown.value + 10
            old = before.get(cell, NEVER)
            if shown != old:
                changed = group ^ members(last_words(words, old.upto), cell)
                assert len(changed) >= PEOPLE_MIN, "two releases differ by fewer than ten people"
        before = after


def test_an_attacker_with_every_release_can_not_tell_a_person_from_their_absence() -> None:
    """Two worlds that differ in one person's word only, a year of weeks: mostly the releases are the same ones. Where
    not, a rounding stood on that person; to use that, the attacker has to know of all others (docs/spec/aggregates.md).
    """
    rng, different = random.Random(4), 0
    for _ in range(200):
        crowd = _people(rng.randrange(15, 80), "a")
        said = [crowd, [*crowd, ("target", "a")]]
        before: list[dict[str, Shown]] = [{}, {}]
        seen: list[list[dict[str, int | None]]] = [[], []]
        for _week in range(52):
            moves = [(f"p{rng.randrange(80)}", rng.choice(["a", "b", ""])) for _ in range(rng.randrange(3))]
            for world in (0, 1):
                said[world] = [*said[world], *moves]
                before[world] = release(_words(*said[world]), CELLS, before[world])
                seen[world].append(_values(before[world]))
        different += seen[0] != seen[1]
    assert different / 200 < 0.35  # exact figures: always; tens alone, every week: four times in five
