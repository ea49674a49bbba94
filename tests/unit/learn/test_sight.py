"""What the policy is told outright: what belongs to what, what the screen only repeats, what numbers and dates say."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
import torch

from aboveboard.core.errors import BadInput
from aboveboard.core.events import Element
from aboveboard.learn.choosing import _likeliest_span
from aboveboard.learn.matching import AS_WRITTEN, BEGINS, ENDS, NUMBERED, SAME_WORD, WHOLE
from aboveboard.learn.naming import called
from aboveboard.learn.past import Identity, Past, corresponds, identity
from aboveboard.learn.quantities import AMOUNTS, amounts, dates, shown_month, told_number
from aboveboard.learn.relations import ABOVE, BELOW, NEAREST, NEXT, OWNER, RIGHT, ROW, TIES
from aboveboard.learn.scene import FIXED, Scene
from aboveboard.learn.sight import HISTORY, OF_WHOLE, OF_WORDS, see
from aboveboard.learn.tasks import desk
from aboveboard.learn.words import kinds_of_placeholders, quoted, words_of


def text(name: str, x: int, y: int, *path: int, width: int = 60) -> Element:
    return Element("static", name, (x, y, width, 12), (), path)


def image(x: int, y: int, *path: int) -> Element:
    return Element("image", "", (x, y, 12, 12), (), path)


MAIL = (
    text("Find the mail by", 0, 0, 0, 0), text("Gray", 70, 0, 0, 1), text("and star it.", 100, 0, 0, 2),
    text("Ann", 0, 40, 1, 0, 0, 0), image(100, 42, 1, 0, 1, 0), image(120, 42, 1, 0, 1, 1),
    text("Gray", 0, 80, 1, 1, 0, 0), image(100, 82, 1, 1, 1, 0), image(120, 82, 1, 1, 1, 1),
)  # fmt: skip


def test_a_row_belongs_to_the_name_in_it() -> None:
    scene = Scene("Find the mail by <PERSON_3> and star it.", MAIL)
    assert scene.ties.shape == (TIES, 9, 9)
    assert [i for i in range(9) if scene.ties[OWNER, i, 6]] == [7, 8]  # the icons of the second row, for its name
    assert scene.ties[ROW, 3, 4]
    assert scene.ties[RIGHT, 4, 5]
    assert not scene.ties[RIGHT, 3, 5]
    assert scene.ties[BELOW, 3, 6]
    assert scene.ties[ABOVE, 6, 3]
    assert scene.ties[NEXT, 5, 7]
    assert not scene.ties[:, np.arange(9), np.arange(9)].any()


def test_what_only_says_the_instruction_is_tied_to_nothing_and_tells_what_a_mask_stands_for() -> None:
    """Alone, "Gray" is no name to redaction; in the instruction it is: the page's own text says that they are one."""
    scene = Scene("Find the mail by <PERSON_3> and star it.", MAIL)
    assert scene.told.spoken == [True] * 3 + [False] * 6
    assert not scene.ties[:, :3].any()
    assert scene.told.also == {4: "gray"}
    assert [i for i in range(9) if scene.match[WHOLE, i, 4]] == [6]
    through_owner = scene.match[WHOLE + 1, :, 4]
    assert [i for i in range(9) if through_owner[i]] == [7, 8]


def test_a_text_that_shares_a_few_words_with_the_instruction_is_no_repetition_of_it() -> None:
    other = (text("Find the", 0, 0, 0, 0), text("rest of it here", 70, 0, 0, 1), *MAIL[3:])
    assert not any(Scene("Find the mail by <PERSON_3> and star it.", other).told.spoken)


def test_a_button_below_a_price_is_nearest_to_it_where_the_tree_says_nothing() -> None:
    tickets = (
        text("9h 5m", 0, 0, 0, 0, 0), Element("button", "Book for $90", (0, 14, 80, 15), (), (0, 1)),
        text("2h 5m", 0, 40, 0, 2, 0), Element("button", "Book for $80", (0, 54, 80, 15), (), (0, 3)),
    )  # fmt: skip
    scene = Scene("Book the shortest", tickets)
    assert scene.ties[NEAREST, 3, 2]
    assert not scene.ties[NEAREST, 1, 2]
    least = scene.amounts[:, 1]
    assert least.tolist() == [0, 0, 1, 1]  # among what is like it: durations, prices


def test_the_number_of_a_placeholder_is_no_quantity() -> None:
    assert not amounts([text("<PERSON_7>", 0, 0, 0)], "Find <PERSON_9>").any()
    assert told_number("Find <PERSON_9> and 3 others") == 3


def test_ordinals_count_what_is_there_and_not_the_words_of_the_instruction() -> None:
    fields = tuple(Element("entry", "", (0, 30 * i, 50, 20), (), (1, i)) for i in range(1, 4))
    scene = Scene("Focus into the third field", fields)
    word = scene.told.words.index("third")
    assert [bool(each) for each in scene.match[NUMBERED, :, word]] == [False, False, True]
    assert not scene.match[SAME_WORD].any()


def test_a_month_shown_is_before_in_or_after_the_one_told() -> None:
    assert shown_month(["Prev", "December", "2016", "1"]) == (2016, 12)
    assert shown_month(["December", "1", "2"]) is None
    assert dates("Select 05/08/2016", ["May 2016"]) == (0.0, 1.0, 0.0)
    assert dates("Select 05/08/2016", ["December", "2015"]) == (1.0, 0.0, 0.0)
    assert dates("Select it", ["May 2016"]) == (0.0, 0.0, 0.0)


def test_what_is_new_and_what_was_done_shows_and_an_empty_screen_can_be_seen() -> None:
    past = Past().after("click", MAIL[4], "", MAIL[:6])
    features = see("Find the mail", MAIL, past).features
    changed = np.flatnonzero(see("Find the mail", MAIL, Past()).features[8] != features[8])
    assert len(changed) >= 1  # the last row is new
    assert past.after("click", MAIL[4]).again() == 2
    assert past.after("click", MAIL[5]).again() == 1
    assert see("Do it", (), Past()).ties.shape == (TIES, 0, 0)


def test_a_nameless_entry_is_called_by_the_text_in_it_and_a_box_of_many_is_not() -> None:
    entries = [Element("list item", "", (0, 20 * i, 50, 20), (), (0, i)) for i in range(2)]
    texts = [text(each, 0, 20 * i, 0, i, 0) for i, each in enumerate(("Singapore", "Sierra Leone"))]
    lists = Element("list item", "", (0, 0, 50, 200), (), (0,))
    many = [text(each, 0, 0, 0, 2 + i) for i, each in enumerate("abcd")]
    shown = called((lists, *entries, *texts, *many, Element("section", "", (0, 0, 9, 9), (), (0, 0))))
    assert [each.name for each in shown[:3]] == ["", "Singapore", "Sierra Leone"]
    assert shown[-1].name == "", "a mere box"
    assert shown[3:-1] == (*texts, *many)
    scene = Scene('starts with "Si" and ends with "ore"', shown)
    begins, ends = scene.told.words.index("si"), scene.told.words.index("ore")
    assert scene.match[BEGINS, 1:3, begins].tolist() == [1, 1]
    assert scene.match[ENDS, 1:3, ends].tolist() == [1, 0]


def test_numbers_below_zero_are_of_a_kind_with_others() -> None:
    found = amounts([text(each, 0, 20 * i, i) for i, each in enumerate(("4", "-3", "7"))], "Sort them")
    assert found[:, 1].tolist() == [0, 1, 0]
    assert found[:, 9].tolist() == [1, 0, 0]
    assert found[:, 3].tolist() == [0, 1, 1], "odd"


def test_what_was_done_twice_where_all_looked_the_same_was_in_vain() -> None:
    past = Past().after("click", MAIL[4], "", MAIL)
    assert not past.in_vain(MAIL)
    focused = (*MAIL[:4], msgspec.structs.replace(MAIL[4], states=(*MAIL[4].states, "focused")), *MAIL[5:])
    past = past.after("click", MAIL[4], "", focused)
    assert past.in_vain(MAIL) == {("click", identity(MAIL[4]))}, "wherever the focus is"
    assert not past.in_vain(MAIL[:6]), "something else shows"
    assert past.after("key", None, "", MAIL).after("key", None, "", MAIL).in_vain(MAIL) == past.in_vain(MAIL)


def test_numbers_are_told_by_what_is_asked_of_them_and_by_their_order() -> None:
    shown = [text(each, 0, 20 * i, i) for i, each in enumerate(("3", "1", "2"))]
    found = amounts(shown, "Sort them")
    assert found[:, 9].tolist() == [1, 0, 0], "less follows"
    assert found[:, 10].tolist() == [0, 1, 0], "it belongs there"
    assert not amounts(shown[1:], "Sort them")[:, 9:].any()
    for told, fitting in (
        ("an even number", [0, 0, 1]), ("an odd number", [1, 1, 0]), ("a number greater than 1", [1, 0, 1]),
        ("less than 2", [0, 1, 0]), ("mark them odd or even", [0, 0, 0]), ("the number 2", [0, 0, 0]),
    ):  # fmt: skip
        assert amounts(shown, told)[:, 7].tolist() == fitting, told
    assert amounts(shown, "an even number")[:, 8].tolist() == [1, 1, 0]


def test_what_is_asked_for_in_words_of_most_and_least_is_told_of_whole_quantities() -> None:
    shown = [text(each, 0, 20 * i, i) for i, each in enumerate(("4h 28m", "1h 49m", "4h 30m"))]
    for told, fitting in (
        ("the shortest duration", [0, 1, 0]), ("the longest one", [0, 0, 1]), ("a long one", [0, 0, 0]),
        ("the shortest or the longest", [0, 0, 0]),
    ):  # fmt: skip
        assert amounts(shown, told)[:, 7].tolist() == fitting, told
    assert amounts(shown, "the shortest")[:, 8].tolist() == [1, 0, 1]
    assert not amounts(shown[:1], "the shortest")[:, 7:9].any(), "of one there is no least"


def test_where_some_numbers_have_the_told_label_no_others_are_compared() -> None:
    shown = [
        text("Duration:", 0, 0, 0), text("4h 28m", 0, 12, 1),
        Element("push button", "Book for $9", (0, 24, 90, 15), (), (2,)),
        text("Duration:", 0, 100, 3), text("1h 49m", 0, 112, 4),
        Element("push button", "Book for $7", (0, 124, 90, 15), (), (5,)),
    ]  # fmt: skip
    assert Scene("the shortest duration", shown).amounts[:, 7].tolist() == [0, 0, 0, 0, 1, 0]
    assert Scene("the smallest number", shown).amounts[:, 7].tolist() == [0, 0, 0, 0, 1, 1]


def test_a_form_asks_for_what_stands_beside_the_same_label_elsewhere() -> None:
    cells = [text(each, 80 * (i % 2), 20 * (i // 2), i) for i, each in enumerate(("Color", "green", "Name", "Ann"))]
    field = Element("entry", "", (80, 100, 60, 12), ("editable", "focused"), (7,))
    shown = [*cells, text("Color:", 0, 100, 6), field]
    assert Scene("Fill it in", shown).told_of_names("asked for").tolist() == [0, 1, 0, 0, 0, 0]
    unfocused = [*shown[:-1], Element("entry", "", field.box, ("editable",), (7,))]
    assert not Scene("Fill it in", unfocused).told_of_names("asked for").any()


def test_roles_and_what_placeholders_stand_for_are_named_by_the_instruction() -> None:
    shown = [Element("check box", "", (0, 0, 9, 9), (), (0,)), text("<EMAIL_3>", 0, 20, 1), text("<PHONE_1>", 0, 40, 2)]
    for instruction, in_quotes in (('Click on a "checkbox"', 1), ("Click on a checkbox", 0)):
        scene = Scene(instruction, shown)
        assert scene.told_of_names("role").tolist() == [1, 0, 0]
        assert scene.told_of_names("role in quotes").tolist() == [in_quotes, 0, 0]
    assert kinds_of_placeholders(["<email_3>", "email"]) == {"email"}


def test_a_quotation_is_what_stands_between_two_marks_and_an_apostrophe_is_none() -> None:
    def inside(told: str) -> list[list[str]]:
        words, which = [word.text for word in words_of(told)], quoted(told)
        return [[word for word, each in zip(words, which, strict=True) if each == k] for k in range(1, max(which) + 1)]

    assert inside('Reply to Ann\'s mail with "Now, or never." to "<PERSON_1>".') == [
        ["Now", ",", "or", "never", "."], ["<PERSON_1>"],
    ]  # fmt: skip
    assert inside("<PERSON_1>'s mail: answer 'it's late' and “no”") == [["it", "'", "s", "late"], ["no"]]
    assert max(quoted('Say "nothing')) == 0, "never closed"
    assert quoted("") == []


def test_the_first_and_the_last_word_of_a_quotation_are_told() -> None:
    sight = see('Say "so it is" twice', MAIL, Past())
    begins, ends = (sight.word_features[:, OF_WORDS.index(what)].tolist() for what in ("begins one", "ends one"))
    assert (begins, ends) == ([0, 0, 1, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0])


def test_of_two_names_the_one_that_stood_in_the_row_acted_on_is_told_and_what_was_met() -> None:
    """Who wrote the mail that is open, and who it is to go to."""
    past = Past().after("click", MAIL[4], "", MAIL[3:])
    sight = see("Forward the mail by Ann to Gray", (), past)
    told = {what: sight.word_features[:, OF_WORDS.index(what)] for what in ("in a row with what was acted on",
                                                                            "met before")}  # fmt: skip
    assert told["in a row with what was acted on"].tolist() == [0, 0, 0, 0, 1, 0, 0]
    assert told["met before"].tolist() == [0, 0, 0, 0, 1, 0, 1]
    wheel = Past().after("scroll_down", MAIL[4], "", MAIL)
    assert (wheel.acted, wheel.beside) == ((), frozenset())


def test_the_text_in_a_button_is_the_button() -> None:
    button, inside = Element("push button", "Send", (0, 0, 60, 20), (), (4,)), text("Send", 2, 2, 4, 0)
    assert Past().after("click", inside).has_acted_on(identity(button))
    assert Past().after("click", button).has_acted_on(identity(inside))
    assert not Past().after("click", button).has_acted_on(identity(text("Send", 0, 50, 5)))


def test_a_place_is_where_a_named_column_crosses_a_named_row() -> None:
    columns = [text(str(k), 40 * k, 0, 0, k, width=12) for k in (1, 2, 3)]
    rows = [text(str(k), 0, 40 * k, 1, k, width=12) for k in (1, 2, 3)]
    places = [image(40 * x, 40 * y, 2, x, y) for x in (1, 2, 3) for y in (1, 2, 3)]
    scene = Scene("Click on (3,1)", [*columns, *rows, *places])
    assert scene.told_of_names("column then row").nonzero()[0].tolist() == [6 + 6]
    assert scene.told_of_names("row then column").nonzero()[0].tolist() == [6 + 2]
    assert not Scene("Select 03/01/2016", scene.shown).told_of_names("column then row").any(), "a date is one thing"


def test_a_caption_below_a_picture_is_its_label() -> None:
    picture, caption = Element("image", "", (0, 0, 40, 20), (), (0,)), text("Forward", 0, 24, 1)
    assert Scene("It should be forwarded", [picture, caption]).labelled.tolist() == [True, False]
    button = msgspec.structs.replace(picture, role="push button")
    assert not Scene("It should be forwarded", [button, caption]).labelled.any()


def test_the_kind_of_number_that_a_button_is_for() -> None:
    shown = [
        each
        for y, number in ((0, "7"), (40, "8"))
        for each in (
            Element("push button", "Odd", (0, y, 30, 12), (), (y, 0)), text(number, 40, y, y, 1, width=12),
            Element("push button", "Even", (80, y, 30, 12), (), (y, 2)),
        )
    ]  # fmt: skip
    fixed = Scene("Mark each as odd or even", shown).fixed[:, -3 * AMOUNTS :]
    assert fixed[:, 7].tolist() == [1, 0, 0, 0, 0, 1]
    assert fixed[:, 8].tolist() == [0, 0, 1, 1, 0, 0]


def test_what_comes_after_the_named_and_what_is_named_by_its_number() -> None:
    items = [Element("list item", name, (0, 20 * i, 60, 12), (), (0, i)) for i, name in enumerate("ABC")]
    scene = Scene("Put it below B in the 3rd list item", items)
    assert scene.told_of_names("after the named").tolist() == [0, 0, 1]
    assert scene.told_of_names("before the named").tolist() == [1, 0, 0]
    assert scene.told_of_names("role and number together").tolist() == [0, 0, 1]


def test_a_span_that_is_typed_stays_in_one_quotation() -> None:
    parts = np.array([0, 1, 1, 2])
    start, end = torch.tensor([0.0, 5, 0, 0, 4] + [0.0] * 15), torch.tensor([0.0, 0, 3, 9, 9] + [0.0] * 15)
    assert _likeliest_span(start, end, parts) == (4, 4), "of a name, as nothing divides it"
    assert _likeliest_span(start[:4], end[:4], parts) == (3, 3)
    assert _likeliest_span(start[:4], torch.tensor([0.0, 0, 5, 9]), parts) == (1, 2)


def test_more_like_the_last_one_are_wanted_until_there_are_as_many_as_told() -> None:
    likes = [image(0, 20 * i, 0, i) for i in range(3)]
    few, enough = (HISTORY.index(f"one more like the last, {each}") for each in ("too few yet", "enough already"))
    for n, at in ((1, few), (2, enough)):
        past = Past()
        for each in likes[:n]:
            past = past.after("click", each)
        told = see("Like 2 posts", likes, past).features[:, FIXED:]
        assert told[:, at].tolist() == [0.0] * n + [1.0] * (3 - n), n
        assert not told[:, few + enough - at].any()


@pytest.mark.parametrize(
    ("instruction", "shown", "past", "told"),
    [
        ('Click on "Ann"', MAIL[3:], Past(), {"quotation"}),
        ('Click on "Eve"', MAIL[3:], Past(), {"quotation", "quotation named by nothing"}),
        ('Type "Eve"', (), Past(typed=("Eve",)), {"quotation"}),
        ("Tell <PERSON_1>", (text("<PERSON_1>", 0, 0, 0),), Past(), {"placeholder"}),
        ("Tell <PERSON_1> of <PERSON_2>", (), Past(), {"placeholder", "placeholders", "placeholder nowhere"}),
        ("Choose B", (Element("option", "B", (0, 0, 9, 9), ("selected",), (0,)),), Past(), {"name chosen"}),
        ("Choose Ann, Oman from it", MAIL[3:], Past(), {"capital nowhere"}),
        ("Choose Ann, Gray from it. Then", MAIL[3:], Past(), set()),
        ("Sort them", (text("3", 0, 0, 0), text("1", 0, 20, 1)), Past(), {"out of order"}),
    ],
)
def test_what_is_told_of_the_screen_as_a_whole(
    instruction: str, shown: tuple[Element, ...], past: Past, told: set[str]
) -> None:
    whole = dict(zip(OF_WHOLE, see(instruction, shown, past).whole.tolist(), strict=True))
    asked = OF_WHOLE[OF_WHOLE.index("name chosen") :]
    assert {what for what in asked if whole[what]} == told


def test_what_corresponds_in_another_row() -> None:
    def at(*path: int) -> Identity:
        return identity(Element("image", "", (0, 0, 9, 9), (), path))

    assert corresponds(at(0, 1, 2), at(0, 3, 2))
    assert not corresponds(at(0, 1, 2), at(0, 3, 1)), "another place in its row"
    assert not corresponds(at(0, 1, 2), at(0, 1, 3)), "the same row"
    assert not corresponds(at(0, 1, 2), at(0, 1, 2))


def test_a_day_is_the_told_one_in_the_told_month_only() -> None:
    days = [text(each, 0, 20 * i, i) for i, each in enumerate(("7", "8", "9"))]
    for month, fits, other in (("May", [0, 1, 0], [1, 0, 1]), ("June", [0, 0, 0], [1, 1, 1]), ("", [0] * 3, [0] * 3)):
        shown = [*days, text(f"{month} 2016", 200, 0, 5)]
        found = Scene("Select 05/08/2016", shown).amounts[:3]
        assert (found[:, 7].tolist(), found[:, 8].tolist()) == (fits, other), month


def test_how_many_alike_were_acted_on_is_counted_whatever_was_done_between() -> None:
    likes = [Element("image", "", (0, 20 * i, 9, 9), (), (0, i)) for i in range(3)]
    past = Past().after("click", likes[0]).after("scroll_down", MAIL[0]).after("click", likes[1])
    assert (past.alike(), past.again()) == (2, 1)
    assert past.after("scroll_down", MAIL[0]).alike() == 2
    assert past.after("click", likes[1]).alike() == 2, "the same one again"
    assert past.after("click", MAIL[0]).alike() == 1
    assert Past().alike() == 0


def test_a_task_of_the_desktop_is_the_same_for_the_same_seed() -> None:
    for task in desk.DRAWS:
        assert desk.drawn(task, "dev-1") == desk.drawn(task, "dev-1")
    assert desk.drawn("desktop/mousepad-write", "dev-1") != desk.drawn("desktop/mousepad-write", "dev-2")
    with pytest.raises(BadInput, match="no task"):
        desk.drawn("desktop/none", "dev-1")


def test_two_links_that_differ_in_a_capital_are_told_apart() -> None:
    links = (text("pharetra", 0, 0, 0), text("Pharetra", 0, 20, 1), text("Quis", 0, 40, 2))
    scene = Scene('Find and click on the link "Pharetra".', links)
    assert scene.match[WHOLE].any(axis=1).tolist() == [False, True, False], "what is quoted is meant so"
    assert scene.match[AS_WRITTEN].any(axis=1).tolist() == [False, True, False]
    marked = (text("fermentum.", 0, 0, 0), text("fermentum,", 0, 20, 1))
    assert Scene('Click on "fermentum,".', marked).match[WHOLE].any(axis=1).tolist() == [False, True]
    assert Scene("Click on pharetra", links).match[WHOLE].any(axis=1).tolist() == [True, True, False]
