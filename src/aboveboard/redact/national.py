"""National identification numbers with a check digit: twenty-odd countries.

Each has a shape and a rule; a number that breaks the rule is none. Rules as published by the issuing authorities and
collected in python-stdnum's documentation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from aboveboard.redact.late import Late
from aboveboard.redact.spans import Span

_START, _END = r"(?<![\w.-])", r"(?![\w-]|\.\w)"


def luhn(digits: str) -> bool:
    """digits: decimal digits only. ISO/IEC 7812-1 annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


def _mod_11_10(digits: str) -> bool:
    """ISO 7064: German tax number, Croatian OIB."""
    rest = 10
    for digit in digits[:-1]:
        rest = (int(digit) + rest) % 10 or 10
        rest = rest * 2 % 11
    return (11 - rest) % 10 == int(digits[-1])


_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


def _verhoeff(digits: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[place % 8][int(digit)])])
    return check == 0


def _cpf(digits: str) -> bool:
    if digits == digits[0] * 11:
        return False
    return all(_weighted(digits, range(n + 1, 1, -1)) * 10 % 11 % 10 == int(digits[n]) for n in (9, 10))


def _cnpj(digits: str) -> bool:
    weights = (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
    return all((-_weighted(digits[:n], weights[13 - n :]) % 11) % 10 == int(digits[n]) for n in (12, 13))


def _norwegian(digits: str) -> bool:
    return (
        _weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1)) % 11 == 0
        and _weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0
    )


def _turkish(digits: str) -> bool:
    odd, even = sum(map(int, digits[0:9:2])), sum(map(int, digits[1:8:2]))
    return (odd * 7 - even) % 10 == int(digits[9]) and sum(map(int, digits[:10])) % 10 == int(digits[10])


def _codice_fiscale(text: str) -> bool:
    odd = "1 0 5 7 9 13 15 17 19 21 2 4 18 20 11 3 6 8 12 14 16 10 22 25 24 23".split()  # noqa: SIM905
    total = 0
    for place, char in enumerate(text[:15]):
        value = int(char) if char.isdecimal() else ord(char) - 65
        total += value if place % 2 else int(odd[value])
    return chr(65 + total % 26) == text[15]


def _dni(text: str) -> bool:
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def _hetu(text: str) -> bool:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[7:10]) % 31] == text[10]


def _rut(text: str) -> bool:
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(text[:-1])))
    return "0K987654321"[total % 11] == text[-1]


def _nir(text: str) -> bool:
    body = text[:13].replace("2A", "19").replace("2B", "18")
    return 97 - int(body) % 97 == int(text[13:])


def _belgian(digits: str) -> bool:
    check = int(digits[9:])
    return check in (97 - int(digits[:9]) % 97, 97 - int("2" + digits[:9]) % 97)


def _chinese(text: str) -> bool:
    return "10X98765432"[_weighted(text, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11] == text[17]


def _taiwanese(text: str) -> bool:
    letter = "ABCDEFGHJKLMNPQRSTUVXYWZIO".index(text[0]) + 10
    return (letter // 10 + letter % 10 * 9 + _weighted(text[1:], (8, 7, 6, 5, 4, 3, 2, 1, 1))) % 10 == 0


def _singapore(text: str) -> bool:
    offset = 4 if text[0] in "TG" else 0
    letters = "JZIHGFEDCBA" if text[0] in "ST" else "XWUTRQPNMLK"
    return letters[(_weighted(text[1:8], (2, 7, 6, 5, 4, 3, 2)) + offset) % 11] == text[8]


def _curp(text: str) -> bool:
    alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(alphabet.index(char) * (18 - place) for place, char in enumerate(text[:17]))
    return (10 - total % 10) % 10 == int(text[17])


# Shape -> rule on the shape's letters and digits, in capitals. Shapes that are mere runs of digits come last.
_RULES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("Brazil CPF", r"\d{3}\.\d{3}\.\d{3}-\d{2}", _cpf),
    ("Brazil CNPJ", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", _cnpj),
    ("Chile RUT", r"\d{1,2}\.?\d{3}\.?\d{3}-[\dKk]", _rut),
    ("Argentina CUIT", r"(?:20|2[3-7]|3[034])-\d{8}-\d",
     lambda d: (11 - _weighted(d, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11 == int(d[10])),
    ("Spain DNI, NIE", r"(?:\d{8}|[XYZ]-?\d{7})-?[A-Z]", _dni),
    ("Italy codice fiscale", r"[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]", _codice_fiscale),
    ("Finland HETU", r"\d{6}[-+A]\d{3}[0-9A-Y]", _hetu),
    ("Mexico CURP", r"[A-Z][AEIOUX][A-Z]{2}\d{6}[HMX][A-Z]{5}[A-Z\d]\d", _curp),
    ("Britain NINO", r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-DT]",
     lambda t: t[:2] not in ("GB", "NK")),
    ("Britain VAT", r"GB ?\d{3} ?\d{4} ?\d{2}(?: ?\d{3})?",
     lambda t: (_weighted(t[2:9], range(8, 1, -1)) + int(t[9:11])) % 97 in (0, 42)),
    ("India PAN", r"[A-Z]{3}[ABCFGHLJPT][A-Z]\d{4}[A-Z]", lambda t: True),
    ("China", r"\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])[0-3]\d{4}[\dX]", _chinese),
    ("Taiwan", r"[A-Z][1289]\d{8}", _taiwanese),
    ("Singapore NRIC", r"[STFG]\d{7}[A-Z]", _singapore),
    ("France NIR", r"[12] ?\d{2} ?[01]\d ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", _nir),
    ("Belgium", r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", _belgian),
    ("India Aadhaar", r"[2-9]\d{3}[ -]?\d{4}[ -]?\d{4}", _verhoeff),
    ("Korea", r"\d{6}-[1-8]\d{6}",
     lambda d: (11 - _weighted(d, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10 == int(d[12])),
    ("Sweden", r"(?:19|20)?\d{6}[-+]\d{4}", lambda d: luhn(d[-10:])),
    ("Denmark CPR", r"[0-3]\d[01]\d\d{2}-\d{4}",
     lambda d: 1 <= int(d[:2]) <= 31 and 1 <= int(d[2:4]) <= 12),
    ("Czechia, Slovakia", r"\d{6}/\d{3,4}", lambda d: len(d) == 9 or int(d) % 11 == 0 or int(d[:9]) % 11 == 10),
    ("Canada SIN", r"\d{3}[ -]\d{3}[ -]\d{3}", luhn),
    ("Britain NHS", r"\d{3}[ -]?\d{3}[ -]?\d{4}",
     lambda d: (11 - _weighted(d, range(10, 1, -1)) % 11) % 11 == int(d[9])),
    ("Germany tax, Croatia OIB", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", _mod_11_10),
    ("Poland PESEL", r"\d{11}", lambda d: _weighted(d, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0),
    ("Norway", r"\d{6} ?\d{5}", _norwegian),
    ("Turkey", r"[1-9]\d{10}", _turkish),
    ("Greece AMKA", r"[0-3]\d[01]\d{8}", luhn),
    ("South Africa", r"\d{2}[01]\d[0-3]\d{6}[01]\d{2}", luhn),
    ("Romania CNP", r"[1-9]\d{2}[01]\d[0-3]\d{7}",
     lambda d: _weighted(d, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11 % 10 == int(d[12])),
    ("Netherlands BSN", r"\d{9}",
     lambda d: _weighted(d, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and int(d) > 9_999_999),
    ("Australia TFN", r"\d{3} \d{3} \d{3}", lambda d: _weighted(d, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0),
)  # fmt: skip
_ANY = Late(_START + "(?:" + "|".join(f"({shape})" for _, shape, _ in _RULES) + ")" + _END, re.ASCII)
_SHAPES = tuple(Late(shape, re.ASCII) for _, shape, _ in _RULES)
_SEPARATORS = re.compile(r"[^0-9A-Za-z]")


def find_national_ids(text: str) -> Iterator[Span]:
    """ID findings: in order, disjoint. A shape that several countries share counts when one rule holds."""
    for match in _ANY.finditer(text):
        found = match.group()
        plain = _SEPARATORS.sub("", found).upper()
        if any(
            shape.fullmatch(found) and rule(found.upper() if "HETU" in name else plain)
            for shape, (name, _, rule) in zip(_SHAPES, _RULES, strict=True)
        ):
            yield Span(match.start(), match.end(), "ID")
