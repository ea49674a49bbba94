"""What was asked at the last reading is asked in one piece before the next; what it can't know is asked then."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aboveboard.desktop.atspi import CHILDREN, NAME, ROLE, Node
from aboveboard.desktop.dbuswire import IN_FLIGHT_MAX, Batch, Question
from aboveboard.desktop.foresight import ASKED_MAX, Foresight

FRAME: Node = ("p", "/frame")
OLD: Node = ("p", "/old")
NEW: Node = ("p", "/new")


class Program:
    """Answers from a table, and counts how often it is asked."""

    def __init__(self) -> None:
        self.answers: dict[Question, Any] = {(FRAME, CHILDREN): [OLD], (OLD, NAME): "one", (OLD, ROLE): "link"}
        self.turns: list[list[Question]] = []

    def calls(self, asked: Sequence[Question], s_max: float = 2.0) -> list[Any]:
        self.turns.append(list(asked))
        return [self.answers.get(question) for question in asked]

    def again(self, batch: Batch, s_max: float = 2.0) -> list[Any]:
        return self.calls(batch.asked, s_max)


def _read(asks: Foresight, of: str = "window") -> list[Any]:
    asks.begin(of, 1.0)
    try:
        [children] = asks.calls([(FRAME, CHILDREN)])
        return [asks.calls([(child, NAME), (child, ROLE)]) for child in children]
    finally:
        asks.end()


def test_the_second_reading_is_one_question_and_its_answers_are_of_now() -> None:
    program = Program()
    asks = Foresight(program)
    assert _read(asks) == [["one", "link"]]
    assert len(program.turns) == 2, "nothing is foreseen: level by level"
    program.answers[OLD, NAME] = "two"
    assert _read(asks) == [["two", "link"]]
    assert len(program.turns) == 3
    assert set(program.turns[-1]) == {(FRAME, CHILDREN), (OLD, NAME), (OLD, ROLE)}


def test_what_was_not_there_before_is_asked_of_and_what_is_gone_no_more() -> None:
    program = Program()
    asks = Foresight(program)
    _read(asks)
    program.answers |= {(FRAME, CHILDREN): [NEW], (NEW, NAME): "new", (NEW, ROLE): "entry"}
    assert _read(asks) == [["new", "entry"]]
    assert program.turns[-1] == [(NEW, NAME), (NEW, ROLE)]
    assert _read(asks) == [["new", "entry"]]
    assert set(program.turns[-1]) == {(FRAME, CHILDREN), (NEW, NAME), (NEW, ROLE)}


def test_nothing_is_foreseen_of_another_window_nor_between_readings() -> None:
    program = Program()
    asks = Foresight(program)
    _read(asks)
    _read(asks, "another window")
    assert len(program.turns) == 4
    program.answers[OLD, NAME] = "three"
    assert asks.calls([(OLD, NAME)]) == ["three"]


def test_who_does_not_answer_in_time_is_not_taken_to_have_said_nothing() -> None:
    program = Program()
    asks = Foresight(program)
    _read(asks)
    program.turns.clear()
    asks.begin("window", -1.0)
    assert asks.calls([(OLD, NAME)]) == ["one"]
    assert len(program.turns) == 2
    asks.end()


def test_it_says_whether_all_is_as_it_was() -> None:
    program = Program()
    asks = Foresight(program)
    _read(asks)
    for _ in range(2):
        assert asks.begin("window", 1.0)
        asks.end()
    assert asks.begin("window", 1.0)
    assert asks.calls([(OLD, NAME)]) == ["one"]
    assert asks.calls([(NEW, NAME)]) == [None], "something else is asked all the same"
    asks.end()
    assert asks.begin("window", 1.0)
    assert program.turns[-1][-1] == (NEW, NAME), "and the next time it is foreseen"
    asks.end()
    program.answers[OLD, NAME] = "two"
    assert not asks.begin("window", 1.0)
    asks.end()
    assert not asks.begin("window", 1.0), "the reading that saw the change asked nothing: nothing is known"
    asks.end()


def test_a_large_page_goes_out_in_large_pieces_and_one_past_all_bounds_level_by_level() -> None:
    program = Program()
    asks = Foresight(program)
    children = [("p", f"/{i}") for i in range(IN_FLIGHT_MAX)]
    program.answers |= {(FRAME, CHILDREN): children} | {(child, NAME): child[1] for child in children}
    for _ in range(2):
        program.turns.clear()
        assert len(_read(asks)) == IN_FLIGHT_MAX
    assert [len(turn) for turn in program.turns] == [IN_FLIGHT_MAX, IN_FLIGHT_MAX, 1]
    program.answers[FRAME, CHILDREN] = children * 2 + [("p", f"/more/{i}") for i in range(ASKED_MAX // 2)]
    for _ in range(2):
        program.turns.clear()
        _read(asks)
    assert len(program.turns[0]) == 1
