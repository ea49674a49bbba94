"""The contract of the redactor: any text, the same placeholders all session, nothing of a masked span left over."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.redact.redactor import OVERLAP_CHARS, WINDOW_CHARS, Redactor
from aboveboard.redact.spans import STRENGTH, Span, free, merge
from aboveboard.redact.words import CODES, WORDS, Lexicon, codes

PIECES = st.sampled_from(
    [
        "jane@example.org",
        "4111 1111 1111 1111",
        "Karen",
        "Mark",
        "Baker",
        "+44 7912 345678",
        "10.1.2.3",
        "hello",
        " ",
        "\n",
        "password: ",
        "12 Elm Street",
        "<EMAIL_1>",
        "https://a.example/x?y=1",
        "PIN 4711",
        "4711",
        "'",
        '"',
        "-",
        "ß",
        "é́",
        "\u202e",
        "\x00",
        "�",
        "٣٤٥٦٧٨٩٠",
        "DE89 3704 0044 0532 0130 00",
        "://",
        "@",
        "::",
        "山田",
    ]
)
TEXTS = st.one_of(st.text(st.characters(), max_size=200), st.lists(PIECES, max_size=12).map("".join))


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_gives_spans_in_order_that_explain_the_output(text: str) -> None:
    redactor = Redactor(b"k")
    redaction = redactor.text(text)
    at = 0
    out = ""
    by_original = {original: placeholder for placeholder, original in redactor.placeholders().items()}
    for span in redaction.spans:
        assert at <= span.start < span.end <= len(text)
        assert span.label in STRENGTH
        out += text[at : span.start] + by_original[text[span.start : span.end]]
        at = span.end
    assert out + text[at:] == redaction.text


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_the_same_text_gives_the_same_whatever_the_seed(text: str) -> None:
    one, other = Redactor(b"one"), Redactor(b"other")
    assert one.text(text) == other.text(text)
    assert one.text(text) == one.text(text)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_what_is_redacted_stays_redacted(text: str) -> None:
    """Placeholders pass through a second time as they are."""
    redactor = Redactor(b"k")
    once = redactor.text(text).text
    again = redactor.text(once).text
    for placeholder in re.findall(r"<(?:EMAIL|CARD|IBAN)_\d+>", once):
        assert placeholder in again


@pytest.mark.parametrize(
    "word", ["Deena", "Ronda", "karrie", "Bobine", "jane@example.org", "+44 7912 345678", "XK-77-1234"]
)
def test_one_string_has_one_placeholder_wherever_it_stands(redactor: Redactor, word: str) -> None:
    (placeholder,) = re.findall(r"<\w+_\d+>", redactor.text(f"Enter '{word}' into the field and press Submit.").text)
    assert redactor.text(word).text == placeholder
    assert redactor.label(word) == placeholder
    assert redactor.title(f"Reply to {word}") == f"Reply to {placeholder}"
    assert redactor.text(f"{word}, again: {word}!").text == f"{placeholder}, again: {placeholder}!"
    assert redactor.placeholders()[placeholder] == word


def test_numbers_follow_first_sight_and_say_nothing_about_content() -> None:
    assert Redactor().text("Karen met Deena").text == "<PERSON_1> met <PERSON_2>"
    assert Redactor().text("Deena met Karen").text == "<PERSON_1> met <PERSON_2>"


@pytest.mark.parametrize("before", range(2800, 4400, 400))
def test_a_long_secret_is_found_across_windows(redactor: Redactor, before: int) -> None:
    words = "open the file and save it " * (before // 26)
    token = "eyJ" + "hbGciOiJIUzI1" * 5 + ".eyJ" + "zdWIiOiIxMjM0NSJ9" * 150 + "." + "dBjftJeZ4CVPmB92K27uhb" * 12
    assert redactor.text(words + token + words).text.count("<SECRET_1>") == 1
    key = "-----BEGIN RSA PRIVATE KEY-----" + "\\nMIIEpAIBAAKCAQEA7bq" * 300 + "\\n-----END RSA PRIVATE KEY-----"
    assert redactor.text(words + key + words).text == f"{words}<SECRET_2>{words}"


def test_a_possessive_is_the_same_person(redactor: Redactor) -> None:
    assert redactor.text("Karen's list, Karen").text == "<PERSON_1>'s list, <PERSON_1>"


def test_plain_words_that_are_names_need_a_neighbour(redactor: Redactor) -> None:
    assert redactor.text("Mark the Rose as Read").text == "Mark the Rose as Read"
    assert redactor.text("Mark Baker").text == "<PERSON_1> <PERSON_2>"
    assert redactor.text("Rose Kowalski").text == "<PERSON_3> <PERSON_4>"
    assert redactor.text("Dr. Young").text == "<PERSON_5>. <PERSON_6>"  # the title too


def test_a_short_number_given_away_by_context_is_masked_from_then_on(redactor: Redactor) -> None:
    assert redactor.text("4711 items").text == "4711 items"
    assert redactor.text("PIN 4711").text == "PIN <ID_1>"
    assert redactor.text("4711 items").text == "<ID_1> items"


def test_a_typed_secret_is_known_again_by_its_fingerprint(redactor: Redactor) -> None:
    assert redactor.text("use correct-horse now").spans == ()
    redactor.remember_secret("correct-horse")
    assert redactor.text('use "correct-horse" now').text == 'use "<SECRET_1>" now'
    fresh = Redactor()
    fresh.remember_secret("correct-horse")
    assert "correct-horse" not in repr(vars(fresh))
    redactor.remember_secret("submit")
    assert redactor.text("submit").text == "submit", "an interface word that served as a password must not hide buttons"


@pytest.mark.parametrize("at", [0, WINDOW_CHARS - 9, WINDOW_CHARS - OVERLAP_CHARS, 3 * WINDOW_CHARS])
def test_long_lines_are_searched_across_their_windows(redactor: Redactor, at: int) -> None:
    text = ("word " * 4000)[:at] + " jane.doe@example.org " + "word " * 2000
    redaction = redactor.text(text)
    assert [span.label for span in redaction.spans if span.label == "EMAIL"] == ["EMAIL"]
    assert redaction.text.count("<EMAIL_1>") == 1
    assert len(redaction.spans) <= 2, "words cut at a window's edge must not be taken for names"


def test_a_number_that_straddles_two_windows_is_found_whole(redactor: Redactor) -> None:
    for at in range(WINDOW_CHARS - 60, WINDOW_CHARS + 5, 3):
        text = ("a " * WINDOW_CHARS)[:at] + " 4111 1111 1111 1111 " + "a " * 300
        assert redactor.text(text).text.count("<CARD_1>") == 1


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.redact.redactor._KNOWN_MAX", 10)
    monkeypatch.setattr("aboveboard.redact.redactor._CACHE_MAX", 10)
    redactor = Redactor()
    for n in range(50):
        redactor.text(f"user{n}@example.org")
    assert len(redactor.placeholders()) == 10
    assert redactor.text("user49@example.org").text == "<EMAIL_50>"
    assert redactor.text("user0@example.org").text == "<EMAIL_51>", (
        "a forgotten string gets a new number, never another's"
    )


def test_labels_and_titles_are_cut_outside_placeholders(redactor: Redactor) -> None:
    label = redactor.label("word " * 58 + "jane.doe@example.org and more")
    assert len(label) <= 301
    assert label.endswith("…")
    assert "<EMAIL" not in label.replace("<EMAIL_1>", "")
    assert redactor.title("a\n b") == "a b"


def test_merging_keeps_the_union_and_the_stronger_label() -> None:
    found = [Span(5, 9, "PERSON"), Span(0, 6, "EMAIL"), Span(9, 12, "ID"), Span(3, 3, "ID")]
    assert merge(found) == [Span(0, 9, "EMAIL"), Span(9, 12, "ID")]
    assert free([Span(0, 2, "PERSON"), Span(4, 7, "PERSON"), Span(12, 13, "PERSON")], [Span(5, 12, "ID")]) == [
        Span(0, 2, "PERSON"),
        Span(12, 13, "PERSON"),
    ]


def test_the_lexicon_finds_first_middle_and_last_and_whole_words_only(tmp_path: Path) -> None:
    path = tmp_path / "lexicon.txt"
    path.write_bytes("ca\te\ncat\teG\ncategory\te\nzoë\tG\n山田\tF\n".encode())
    lexicon = Lexicon(path)
    assert [lexicon.codes(word) for word in ("ca", "cat", "category", "zoë", "山田")] == ["e", "eG", "e", "G", "F"]
    assert [lexicon.codes(word) for word in ("", "c", "categ", "at", "zzz", "\t", "\n")] == [""] * 7


def test_the_shipped_lexicon_is_sorted_and_knows_words_and_names() -> None:
    lines = (resources.files("aboveboard.redact") / "lists" / "lexicon.txt").read_bytes().splitlines()
    assert lines == sorted(lines)
    assert {chr(code) for line in lines[::97] for code in line.split(b"\t")[1]} <= {*CODES.values(), "G", "F", "H"}
    for word in ("click", "button", "meeting", "speichern", "enregistrer", "guardar", "файл"):
        assert WORDS.plain(word), word
    assert "G" in codes("deena")
    assert "F" in codes("kowalczyk")
    assert not WORDS.plain("deena")
    assert "mark" in WORDS.given
    assert "baker" in WORDS.family
