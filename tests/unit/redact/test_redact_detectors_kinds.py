"""Names, addresses, national numbers and secrets, kind by kind; and lines made to be slow."""

from __future__ import annotations

import pytest

from aboveboard.redact.national import find_national_ids
from aboveboard.redact.redactor import Redactor

PEOPLE = [
    ("Dear Mark,", "Mark"),
    ("From: Grace Hill <hill@example.org>", "Grace Hill"),
    ("Young, Grace; Baker, Karen", "Karen"),
    ("I spoke with Gunner Olesen about it", "Gunner Olesen"),
    ("Alice R. Sales", "Alice R. Sales"),
    ("Mevrouw van den Heuvel", "van den Heuvel"),
    ("Victor de Boer", "Victor de Boer"),
    ("Marie St-Onge", "Marie St-Onge"),
    ("ask daniela kowalczyk", "daniela kowalczyk"),
    ("@Mark can you look?", "Mark"),
    ("Grace is typing…", "Grace"),
    ("DeShawn O'Neil", "DeShawn O'Neil"),
    ("担当者は山田太郎です。", "山田太郎"),
    ("鈴木 明美さん", "鈴木"),
    ("联系人:王小明", "王小明"),
    ("김민수님, 안녕하세요", "김민수"),
    ("Вчера звонил Иван Петров", "Иван Петров"),
    ("تحدثت مع محمد الغامدي", "محمد"),
]
ADDRESSES = [
    "30/543, Srinivas Chowk, Avadi 648391",
    "Flat 47, 5 Webster Copse, Cameronburgh G6 6PH",
    "Viale Regge, 28, 58043, Riva Del Sole (GR)",
    "ul. Błękitna 984, 77-482 Zgierz",
    "Nygränd 614, 64681 Trollhättan",
    "Συκαμίνου 25, 771 51 Ηράκλειο",
    "наб. Гайдара, д. 9 стр. 9/4",
    "Strada Ioniță Nr. 191, Filiasi, 896669",
    "Retorno Yucatán 919 Edif. 074",
    "東京都港区虎ノ門38丁目15番2号",
    "江西省南昌市广州街12号",
    "서울특별시 강남구 테헤란로 152",
    "PSC 1234, Box 5678",
    "P.O. Box 12",
]
NATIONAL = [
    "123.456.789-09", "9.876.543-3", "12345678Z", "X1234567L", "RSSMRA85T10A562S", "131052-308T", "943 476 5919",
    "49927398716 is no such number", "44051401359", "811218-9876", "QQ 12 34 56 C", "11010519491231002X", "A123456789",
    "S1234567D", "2 55 08 14 168 025 38", "2341 2341 2346",
]  # fmt: skip
STAYS = [
    "Das Programm speichert die Datei, wenn Sie das Fenster schließen",
    "Netzwerkverbindung",
    "Enregistrer le fichier sous",
    "Guardar como plantilla",
    "Mark All as Read",
    "xKq bLqF Xqz",
    "password: str",
    "token = os.environ['TOKEN']",
    "GET /index.html 200",
    "Results 2,000",
]


@pytest.mark.parametrize(("text", "name"), PEOPLE)
def test_every_letter_of_a_name_goes(text: str, name: str) -> None:
    start = text.index(name)
    masked = {at for span in Redactor(b"k" * 16).text(text).spans for at in range(span.start, span.end)}
    assert all(at in masked for at in range(start, start + len(name)) if text[at].isalpha()), masked


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_one_span(address: str) -> None:
    text = f"Our office has moved to {address}"
    spans = [span for span in Redactor(b"k" * 16).text(text).spans if span.label == "ADDRESS"]
    letters = [at for at in range(24, len(text)) if text[at].isalnum()]
    assert sum(any(span.start <= at < span.end for span in spans) for at in letters) >= 0.9 * len(letters), spans


@pytest.mark.parametrize("number", NATIONAL)
def test_national_numbers_need_their_check_digit(number: str) -> None:
    right = number not in ("49927398716 is no such number", "QQ 12 34 56 C")  # Q begins no British number
    assert bool(list(find_national_ids(number))) is right
    wrong = number.translate(str.maketrans("0123456789", "1234567890"))
    assert not list(find_national_ids(wrong))


@pytest.mark.parametrize("text", STAYS)
def test_ordinary_text_of_several_languages_stays(text: str) -> None:
    assert Redactor(b"k" * 16).text(text).text == text


@pytest.mark.parametrize("piece", ["1", "a", "@", " ", "A1 ", "van ", "12 Abc ", "王", "1.", "x=", "A-", "eyJ"])
def test_a_megabyte_of_anything_ends(piece: str) -> None:
    """Quadratic searches would run into the time limit of the test suite."""
    Redactor(b"k" * 16).text(piece * (200_000 // len(piece)))
