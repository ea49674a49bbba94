"""A tree is read as late as it may, and soon enough for the next press."""

from __future__ import annotations

import pytest

from aboveboard.recorder.pace import (
    AFTER_PRESS_US,
    AGAIN_MAX,
    AGAIN_US,
    APART_S_MAX,
    APART_S_MIN,
    SLIDES_US,
    UNTOLD_MAX,
    Pace,
)

NOW_US = 10_000_000_000


def _us(ago_s: float | None) -> int:
    return 0 if ago_s is None else NOW_US - round(ago_s * 1e6)


@pytest.mark.parametrize(("input_ago_s", "changed_ago_s", "written", "rest_s", "due"), [
    (0.5, None, False, 0.7, "tree"),  # at work, nothing told: looked at once a second
    (9.0, None, False, None, "tree"),  # away, nothing told
    (0.5, 0.1, False, 0.0, "tree"),  # read 0.3 s ago, and 0.25 s apart is enough
    (0.5, 0.005, False, 0.01, "tree"),  # more of the flock may come
    (9.0, 0.1, False, 1.7, "tree"),  # who does nothing needs no tree of what goes on without them
    (0.5, None, True, 0.1, "tree"),  # written in a field: that alone, 0.4 s apart
])  # fmt: skip
def test_what_is_read_when(
    input_ago_s: float, changed_ago_s: float | None, written: bool, rest_s: float | None, due: str
) -> None:
    """The tree was read 0.3 s ago, at little cost."""
    pace = Pace(
        dirty_us=_us(changed_ago_s), input_us=_us(input_ago_s), read_us=_us(0.3), apart_us=APART_S_MIN * 1e6,
        written_us=NOW_US if written else 0,
    )  # fmt: skip
    found, what = pace.rest(NOW_US)
    assert found == (None if rest_s is None else pytest.approx(rest_s)), what
    assert what == due
    pace.awaited = True
    assert pace.rest(NOW_US) == (0.0, "tree"), "somebody waits"


def _busy(changed_ago_s: float = 0.1) -> Pace:
    """At work; read 0.2 s ago, and at its own pace not again for 0.3 s."""
    return Pace(dirty_us=_us(changed_ago_s), input_us=NOW_US, read_us=_us(0.2), apart_us=APART_S_MAX * 1e6)


def test_what_a_press_changes_is_read_before_the_next_one() -> None:
    pace = _busy()
    assert pace.rest(NOW_US)[0] == pytest.approx(0.3)
    assert pace.pressed(_us(0.1)), "who waits has to think anew"
    assert pace.rest(NOW_US)[0] == pytest.approx(AFTER_PRESS_US / 1e6 - 0.1)
    assert not pace.pressed(_us(0.05)), "of a row of presses the first is soon enough"
    assert pace.soon_us == _us(0.1) + AFTER_PRESS_US
    pace.read_us = NOW_US + AFTER_PRESS_US
    pace.read(pace.read_us + 5000, 5000, torn=False, told=True)
    pace.dirty_us = pace.read_us + 10_000
    assert pace.rest(pace.dirty_us)[0] == pytest.approx(APART_S_MAX - 0.01), "and then at its own pace"


def test_a_press_that_changed_nothing_does_not_hasten_what_comes_of_the_next() -> None:
    pace = _busy(changed_ago_s=5.0)
    assert not pace.pressed(_us(0.15)), "nothing has changed: it is waited for anyway"
    assert not pace.pressed(NOW_US)
    assert pace.soon_us == NOW_US + AFTER_PRESS_US


def test_what_a_hand_on_its_way_may_act_on_is_read_at_once_and_not_for_nothing() -> None:
    pace = _busy()
    assert pace.stirred(NOW_US)
    assert pace.rest(NOW_US)[0] == 0.0
    assert not _busy(changed_ago_s=5.0).stirred(NOW_US), "nothing changed since it was read"
    just_read = _busy()
    just_read.read_us = _us(0.11)
    assert not just_read.stirred(NOW_US)


def test_what_a_wheel_moved_is_read_when_it_has_come_to_rest_also_without_a_sign() -> None:
    pace = _busy(changed_ago_s=5.0)
    assert pace.turned(_us(0.05)), "who waits has to think anew"
    assert not pace.turned(NOW_US), "of a run of notches the last one counts"
    first_us, last_us = SLIDES_US
    assert pace.rest(NOW_US)[0] == pytest.approx(first_us / 1e6)
    assert pace.rest(NOW_US + first_us)[0] == 0.0
    pace.read_us = NOW_US + first_us
    assert pace.rest(pace.read_us)[0] == pytest.approx((last_us - first_us) / 1e6), "and once more"
    assert pace.turned(pace.read_us + 1)


def test_a_reading_that_a_change_fell_into_is_made_again_but_not_for_ever() -> None:
    pace = _busy()
    for again in range(1, AGAIN_MAX + 2):
        pace.read_us = NOW_US + again * 1_000_000
        ended_us = pace.read_us + 20_000
        pace.read(ended_us, 20_000, torn=True, told=True)
        rest_s, due = pace.rest(ended_us)
        assert due == "tree"
        if again <= AGAIN_MAX:
            assert rest_s == pytest.approx(AGAIN_US / 1e6)
        else:
            assert rest_s is None or rest_s > AGAIN_US / 1e6


def test_a_page_that_was_not_told_is_asked_for_again_also_at_rest_and_not_for_ever() -> None:
    """Nobody does anything and nothing changes: without this, a page whose address came late was never recorded."""
    pace, waits = Pace(read_us=NOW_US), []
    for _ in range(UNTOLD_MAX + 1):
        pace.read(pace.read_us, 1000, torn=False, told=False)
        rest_s, due = pace.rest(pace.read_us)
        waits.append(rest_s)
        assert due == "tree"
        pace.read_us += round((rest_s or 0) * 1e6)
    assert waits == [1.0, 2.0, 4.0, 8.0, None]
    pace.read(pace.read_us, 1000, torn=False, told=True)
    assert pace.rest(pace.read_us)[0] is None
