"""Each kind of finding: what must be found, and what looks like it and must not be."""

from __future__ import annotations

import pytest

from aboveboard.redact.credentials import entropy_bits, looks_random
from aboveboard.redact.national import luhn
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.structured import iban_holds

GITHUB = "ghp_" + "a1B2c3D4e5F6" * 3

FOUND: list[tuple[str, str, str]] = [
    ("EMAIL", "write to jane.doe+shop@mail.example.co.uk today", "jane.doe+shop@mail.example.co.uk"),
    ("EMAIL", "mailto:o'neil_99@example.org?", "neil_99@example.org"),
    ("EMAIL", "post@bücher.example", "post@bücher.example"),
    ("PHONE", "ring +44 7912 345678 after six", "+44 7912 345678"),
    ("PHONE", "ring (212) 555-0199 ext 12", "(212) 555-0199 ext 12"),
    ("PHONE", "030/1234567", "030/1234567"),
    ("PHONE", "phone: 5550199123", "5550199123"),
    ("PHONE", "06 12 34 56 78", "06 12 34 56 78"),
    ("CARD", "pay with 4111 1111 1111 1111 please", "4111 1111 1111 1111"),
    ("CARD", "378282246310005", "378282246310005"),
    ("CARD", "5500-0000-0000-0004", "5500-0000-0000-0004"),
    ("IBAN", "to DE89 3704 0044 0532 0130 00 by noon", "DE89 3704 0044 0532 0130 00"),
    ("IBAN", "GB82WEST12345698765432", "GB82WEST12345698765432"),
    ("SSN", "his is 536-90-4399", "536-90-4399"),
    ("IP", "host 10.1.2.3 is down", "10.1.2.3"),
    ("IP", "from fe80::1ff:fe23:4567:890a", "fe80::1ff:fe23:4567:890a"),
    ("MAC", "card 00:1A:2B:3C:4D:5E", "00:1A:2B:3C:4D:5E"),
    ("MAC", "001a.2b3c.4d5e", "001a.2b3c.4d5e"),
    ("URL_SECRET", "https://shop.example/reset?token=abc#x", "?token=abc#x"),
    ("SECRET", f"use {GITHUB} here", GITHUB),
    ("SECRET", "AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("SECRET", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.dBjftJeZ4CVPmB92K27uhb", "eyJhbGciOiJIUzI1NiJ9"),
    (
        "SECRET",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7\n-----END RSA PRIVATE KEY-----",
        "MIIEpAIBAAKCAQEA7",
    ),
    ("SECRET", "postgres://app:hunter2@db.example/prod", "hunter2"),
    ("SECRET", "password: correct-horse", "correct-horse"),
    ("SECRET", 'Enter the password "fX" into both fields', "fX"),
    ("SECRET", "DB_PASSWORD=letmein", "letmein"),
    ("SECRET", "dbPassword = 'letmein'", "letmein"),
    ("SECRET", "Authorization: Bearer abcdef1234567890abcd", "abcdef1234567890abcd"),
    ("SECRET", "key kJ8s9Kd02mNbVqPzXw71LrTy", "kJ8s9Kd02mNbVqPzXw71LrTy"),
    ("ID", "your order number is 8812-AB-33", "8812-AB-33"),
    ("ID", "550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
    ("ID", "see 3f786850e387550fdab836ed7e6dc881de23001b", "3f786850e387550fdab836ed7e6dc881de23001b"),
    ("ID", "user uuid 550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
    ("ID", "commit of customer 3f786850e387550f", "3f786850e387550f"),
    ("SECRET", "password hash: 5f4dcc3b5aa765d61d8327deb882cf99", "5f4dcc3b5aa765d61d8327deb882cf99"),
    ("ID", "passport no. C01X00T47", "C01X00T47"),
    ("NUMBER", "it was 83920174 then", "83920174"),
    ("DATE_OF_BIRTH", "born on 12/03/1980 in", "12/03/1980"),
    ("DATE_OF_BIRTH", "DOB: March 3, 1980", "March 3, 1980"),
    ("ADDRESS", "at 345 Birchwood Xqzzt Road now", "345 Birchwood Xqzzt Road"),
    ("ADDRESS", "to 12 Elm Street, Apt 4, Springfield, IL 62704", "12 Elm Street, Apt 4, Springfield, IL 62704"),
    ("ADDRESS", "Musterstraße 12a, 10115 Berlin", "Musterstraße 12a, 10115 Berlin"),
    ("ADDRESS", "12 rue de la Paix, 75002 Paris", "12 rue de la Paix, 75002 Paris"),
    ("ADDRESS", "Calle Mayor 5, 28013 Madrid", "Calle Mayor 5, 28013 Madrid"),
    ("ADDRESS", "SW1A 1AA", "SW1A 1AA"),
    ("ORGANISATION", "signed by Acme Widgets Inc. today", "Acme Widgets Inc."),
    ("HEALTH", "she has diabetes", "diabetes"),
    ("PERSON", "met Karen today", "Karen"),
    ("PERSON", "ask karrie", "karrie"),
    ("PERSON", "Dear Mark, thanks", "Mark"),
    ("PERSON", "KOWALSKI", "KOWALSKI"),
    ("PERSON", "O'Brien", "O'Brien"),
    ("PERSON", "пишет Иван", "Иван"),
]

STAYS = [
    'Click on the "Ok" button.',
    "Select words from list",
    "Mark as read",
    "Rose garden, white walls, a grey day",
    "The total is 1,234,567.89 in 2023-2024",
    "12 15 18 22 31 44",
    "Enter 03/12/2020 as the date and hit submit.",
    "2026-11-24T12:30:45 took 12:30",
    "version 1.2.3.4",
    "std::string a::b",
    "Ctrl+S F12 A4 Q3 1st UTF-8 10px 3pm tab2 v2.1",
    "Password: Required",
    "Forgot your password?",
    "JavaScript on GitHub",
    "don't, can't, it's, you'll",
    "lorem ipsum dolor sit amet, ut Vivamus",
    "Page 3 of 12, 250 results",
    "10000 Results",
    "Monday, 4 May",
]


@pytest.mark.parametrize(("label", "text", "original"), FOUND)
def test_finds(redactor: Redactor, label: str, text: str, original: str) -> None:
    redaction = redactor.text(text)
    assert original not in redaction.text
    covered = [(span.label, text[span.start : span.end]) for span in redaction.spans]
    assert any(kind == label and original in part for kind, part in covered), covered


@pytest.mark.parametrize("text", STAYS)
def test_leaves_ordinary_text(redactor: Redactor, text: str) -> None:
    assert redactor.text(text).text == text


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("4111 1111 1111 1112", "CARD"),
        ("DE89 3704 0044 0532 0130 01", "IBAN"),
        ("666-90-4399", "SSN"),
        ("300.1.2.3", "IP"),
        ("12:30:45", "IP"),
        ("00:1A:2B:3C:4D:5G", "MAC"),
        ("3f786850e387550fdab836ed7e6dc881de23001b", "SECRET"),
        ("550e8400-e29b-41d4-a716-446655440000", "SECRET"),
        ("/usr/share/applications/mimeinfo/cache", "SECRET"),
    ],
)
def test_look_alikes_get_no_such_label(redactor: Redactor, text: str, label: str) -> None:
    assert label not in {span.label for span in redactor.text(text).spans}


def test_checksums() -> None:
    assert luhn("79927398713")
    assert not luhn("79927398710")
    assert iban_holds("GB82WEST12345698765432")
    assert not iban_holds("GB82WEST12345698765433")
    assert not iban_holds("GB82")


def test_randomness() -> None:
    assert entropy_bits("") == 0
    assert entropy_bits("aaaa") == 0
    assert entropy_bits("abcd") == 2
    assert looks_random("kJ8s9Kd02mNbVqPzXw71LrTy")
    assert not looks_random("internationalisation2024")
