"""What is left of a token whose rest is hidden: a piece of no words goes too."""

from __future__ import annotations

import pytest

from aboveboard.redact.remains import hangs_on
from aboveboard.redact.spans import Span


def test_a_piece_of_no_words_behind_a_hidden_one_takes_the_rest_with_it() -> None:
    """An address with a slip in it is two names and an end; the end says what it was."""
    assert hangs_on("kjwvz.zzqwvk.qwx and so on", [Span(0, 5, "PERSON"), Span(6, 12, "PERSON")])
    assert hangs_on("qwx.kjwvz", [Span(4, 9, "PERSON")])


@pytest.mark.parametrize("text", ["Anna's house.", "Anna, garden.", "Anna (garden)", "Anna", "Anna-garden qwx"])
def test_words_and_marks_may_hang_on_to_a_name(text: str) -> None:
    assert not hangs_on(text, [Span(0, 4, "PERSON")])
