"""Secrets made for one run, typed for real, and looked for afterwards in every byte the run left behind.

A canary's value lives in memory only: what the report holds is its name and what was found. Values are random
and at least ten characters long, so that a hit is never chance.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

_GIVEN = ("Quentin", "Rosalind", "Thaddeus", "Wilhelmina", "Ottoline", "Barnaby", "Isadora", "Leopold")
_FAMILY = ("Featherstone", "Quillfeather", "Abernathy", "Winterbourne", "Okonkwo-Hale", "Thistlethwaite")
_STREETS = ("Birchwood", "Larkspur", "Copperfield", "Wetherby", "Juniper", "Saltmarsh")
_LETTERS = "bcdfghjkmnpqrstvwxz"


@dataclass(frozen=True, slots=True, repr=False)
class Canary:
    """A secret with the name it goes by in the report. `pieces`: what must not be found, each of them."""

    name: str
    value: str
    pieces: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Canary {self.name}>"


def _luhn_digit(digits: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _token(rng: random.Random, length: int) -> str:
    return "".join(rng.choice(_LETTERS) for _ in range(length))


def _digits(rng: random.Random, length: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(length))


def make_canaries(rng: random.Random) -> dict[str, Canary]:
    """The secrets of one run by name."""
    made: dict[str, Canary] = {}

    def add(name: str, value: str, *pieces: str) -> None:
        made[name] = Canary(name, value, (value, *pieces))

    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    mailbox = f"{_token(rng, 6)}.{_token(rng, 6)}"
    card = "4" + _digits(rng, 14)
    card += _luhn_digit(card)
    phone = "79" + _digits(rng, 8)
    street = f"{rng.randrange(100, 999)} {rng.choice(_STREETS)} {_token(rng, 5).capitalize()} Road"
    add("password", f"Pw-{_token(rng, 6)}-{_digits(rng, 4)}!")
    add("e-mail", f"{mailbox}@example.org", mailbox)
    add("phone", f"+44 {phone[:4]} {phone[4:]}", phone)
    add("card", " ".join(card[i : i + 4] for i in range(0, 16, 4)), card)
    add("name", f"{given} {family}")
    add("address", street)
    add("one-time code", _digits(rng, 10))
    add("other person's name", f"{rng.choice(_GIVEN)} {_token(rng, 8).capitalize()}")
    add(
        "other person's e-mail",
        f"{_token(rng, 9)}@example.net",
    )
    add("other person's words", f"{_token(rng, 7)}-{_token(rng, 5)}@example.com")
    add(
        "access token in a reply",
        "ghp_" + "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkm23456789") for _ in range(36)),
    )
    add("secret in an address", _token(rng, 24))
    add("typed while paused", f"paused {_token(rng, 9)}")
    add("typed in an app not allowed", f"xterm {_token(rng, 9)}")
    add("typed, then forgotten", f"forget {_token(rng, 9)}")
    add("typed after opting out", f"later {_token(rng, 9)}")
    return made


def encodings(canary: Canary) -> list[bytes]:
    """The byte strings that would betray this canary: UTF-8, and UTF-16 both ways."""
    return [piece.encode(codec) for piece in canary.pieces for codec in ("utf-8", "utf-16-le", "utf-16-be")]
