"""What is found in logs, tables, forms and sentences: all of what stands between [[ ]], and nothing around it."""

from __future__ import annotations

import re

import pytest

from aboveboard.redact.redactor import Redactor

ADDRESSES = [
    "Our new place: [[4177 Douglas Cape Suite 100, Stevenland, ND 59699]]",
    "| [[7614 Rogers Track Apt. 424 Lake David, FL 82279]] | 3 |",
    "She moved to [[Schmidtstraße 8]]",
    "Die Firma: [[Gina-Hahn-Platz 35]]",
    "[[Jobbaan 73, 5576YQ, Morra]]",
    "Pickup from [[ul. Polna 10 66-374 Police]] at noon",
    "ship to [[8530 hernandez drive, west michael, UT 28930]]",
    "[[Skrytka pocztowa 78404]]",
    "2025-01-03 INFO shipping to [[boulevard de Langlois, 21940 Lesage]] done",
    "We met at 10:30 am, [[12 Elm Street]]",
]
PEOPLE = [
    "We hired [[Dr. Heidi McGlynn]] as the new accountant",
    "(customer=[[Derek Combs Jr.]], retries=3)",
    "[[Prof. Junk]] called",
    "Name: [[Siv Simonsen-Strand]] (spouse)",
    "Reader: [[Ágata PINTO]]",
    "NAME: [[SUSANN DRUB]]",
    "[[JUNK, Karl-Hermann]]",
    "Dear [[Angela Ward]],",
    "Call [[Ryan]]!",
    "Happy birthday [[Mark]]!",
]
BIRTHS = [
    "Date of Birth (DD/MM/YYYY): [[1991-04-03]]",
    '"date_of_birth": "[[18 Nov 1942]]"',
    "birth_date,[[2017-02-13]]",
    "She was born [[10-Nov-1929]]",
    "DOB [[2 August 1968]]",
    "fecha de nacimiento: [[4 de julio de 1990]]",
    "born in Cornwall on [[12/03/1980]]",
]
STAYS = [
    "The meeting has moved to 3pm",
    "Due 2 August 1968 or May 3, 2024",
]


def _parts(marked: str) -> tuple[str, set[int]]:
    """The text without its marks, and where its marked letters and digits are."""
    text, inside = "", set[int]()
    for i, piece in enumerate(re.split(r"\[\[|\]\]", marked)):
        if i % 2:
            inside |= {len(text) + at for at, char in enumerate(piece) if char.isalnum()}
        text += piece
    return text, inside


@pytest.mark.parametrize("marked", [*ADDRESSES, *PEOPLE, *BIRTHS])
def test_finds_all_of_it_and_no_more(marked: str) -> None:
    text, inside = _parts(marked)
    spans = Redactor(b"k" * 16).text(text).spans
    masked = {at for span in spans for at in range(span.start, span.end) if text[at].isalnum()}
    assert masked == inside, Redactor(b"k" * 16).text(text).text


@pytest.mark.parametrize("text", STAYS)
def test_leaves_what_says_nothing(text: str) -> None:
    assert Redactor(b"k" * 16).text(text).text == text
