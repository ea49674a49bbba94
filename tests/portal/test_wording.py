"""The word-by-word difference: it loses no word of either text, and finds small changes as small ones."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aboveboard.portal.wording import word_difference

TEXT = st.text(alphabet="ab \n<&", max_size=200)


@given(TEXT, TEXT)
def test_both_texts_can_be_read_back(old: str, new: str) -> None:
    pieces = word_difference(old, new)
    assert "".join(text for kind, text in pieces if kind != "new") == old
    assert "".join(text for kind, text in pieces if kind != "gone") == new


def test_one_word_changed_is_one_word() -> None:
    pieces = word_difference("Kept 90 days.\nSame line.\n", "Kept 30 days.\nSame line.\n")
    assert pieces == [("same", "Kept "), ("gone", "90"), ("new", "30"), ("same", " days.\nSame line.\n")]


def test_a_long_passage_is_shown_as_a_whole() -> None:
    """Comparing word by word grows with the square: beyond the bound it isn't tried."""
    old, new = "a " * 5000, "b " * 5000
    assert word_difference(old, new) == [("gone", old), ("new", new)]
    assert [kind for kind, _ in word_difference("a\n" * 5000, "b\n" * 5000)] == ["gone", "new"]
