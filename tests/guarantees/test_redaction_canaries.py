"""Nothing sensitive leaves the laptop: secrets typed, shown and titled in a session, looked for in every kept byte."""

from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, ObservedElement, Permitted, Redacted, Snapshot, Surface
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.stage import RedactionStage

BOX = (0, 0, 100, 20)
FIELDS = {
    "name": ObservedElement(role="entry", name="Full name", box=BOX, path=(0, 1)),
    "mail": ObservedElement(role="entry", name="E-mail", box=BOX, path=(0, 2)),
    "phone": ObservedElement(role="entry", name="Telephone", box=BOX, path=(0, 3)),
    "street": ObservedElement(role="entry", name="Street address", box=BOX, path=(0, 4)),
    "charge": ObservedElement(role="entry", name="Where to charge it", box=BOX, path=(0, 5)),
    "password": ObservedElement(role="password text", name="Choose a phrase", box=BOX, path=(0, 6)),
    "code": ObservedElement(role="entry", name="One-time code from your phone", box=BOX, path=(0, 7)),
    "nowhere": None,
}
CANARIES = {
    "name": "Rosalind Thistlethwaite",
    "mail": "qxwvbn.zzkrtm@example.org",
    "phone": "+44 7912 345678",
    "street": "345 Birchwood Xqzzt Road",
    "charge": "4532 0151 1283 0366",
    "password": "Pw-qxzvbn-4821!",
    "code": "8301927465",
    "nowhere": "typed into who knows what qzxv",
}
SHOWN = {
    "other person's name": "Ottoline Bcdfghjk",
    "other person's e-mail": "xkqzjvwpb@example.net",
    "token": "ghp_" + "AbCdEf9hJk" * 3 + "mnpqrs",
    "card in a table": "4111-1111-1111-1111",
    "iban": "DE89 3704 0044 0532 0130 00",
}
PUBLIC = "the quiet old garden"


class Session:
    def __init__(self) -> None:
        self.stage = RedactionStage(Redactor(b"session"), FixedClock(1))
        self.kept: list[Redacted] = []
        self.t_us = 1_700_000_000_000_000
        self.surface = Surface(
            window=1, app="chromium", is_browser=True, site="https://u:Pw-qxzvbn-4821!@a.example/x?token=qzxvqzxvqzxv",
            title="Ottoline Bcdfghjk <qxwvbn.zzkrtm@example.org>", box=BOX,
        )  # fmt: skip

    def give(
        self, raw: Motion | ButtonEdge | KeyEdge, target: ObservedElement | None, scene: Snapshot | None = None
    ) -> None:
        self.kept += self.stage.feed(Permitted(raw, self.surface, target, scene, "p"))

    def press(self, key: str, text: str, target: ObservedElement | None, *modifiers: str) -> None:
        self.t_us += 90_000
        self.give(KeyEdge(self.t_us, key, text, True, frozenset(modifiers)), target)
        self.give(KeyEdge(self.t_us + 40_000, key, text, False, frozenset(modifiers)), target)

    def bytes(self) -> bytes:
        return b"\n".join(
            msgspec.json.encode(redacted.event) + msgspec.msgpack.encode(redacted.event) for redacted in self.kept
        )


def pieces(canary: str) -> set[str]:
    """The canary, its words, and its digits without separators: what must not be found."""
    digits = "".join(char for char in canary if char.isdigit())
    words = {
        word
        for word in canary.replace("@", " ").split()
        if len(word) >= 6 and word not in ("example.org", "example.net", "Birchwood")
    }
    return {canary, *words} | ({digits} if len(digits) >= 8 else set())


def clumsy(session: Session, text: str, target: ObservedElement | None, rng: random.Random) -> None:
    """Types with slips, corrections and detours, ending with exactly `text`."""
    for at, char in enumerate(text):
        if rng.random() < 0.2:
            session.press("x", "x", target)
            session.press("BackSpace", "", target)
        if rng.random() < 0.1 and at:
            session.press("Left", "", target)
            session.press("Right", "", target)
        if rng.random() < 0.1:
            session.t_us += 700_000
            times = session.t_us + np.arange(5, dtype=np.int64) * 1000
            session.give(Motion(times, np.arange(5, dtype=np.int32), np.arange(5, dtype=np.int32)), None)
        session.press(char, char, target)


@pytest.mark.parametrize("seed", range(20))
def test_no_canary_in_any_kept_byte(seed: int) -> None:
    rng = random.Random(seed)
    session = Session()
    tree = [
        ObservedElement(role="paragraph", name=f"From {text}: see below", box=BOX, path=(0, 20 + n))
        for n, text in enumerate(SHOWN.values())
    ]
    tree += [
        ObservedElement(role=field.role, name=field.name, box=BOX, path=field.path, value=CANARIES[name])
        for name, field in FIELDS.items()
        if field is not None
    ]
    order = list(CANARIES)
    rng.shuffle(order)
    for name in order:
        target = FIELDS[name]
        session.t_us += 500_000
        session.give(ButtonEdge(session.t_us, 5, 5, 1, True), target, Snapshot(session.t_us, tuple(tree)))
        clumsy(session, CANARIES[name], target, rng)
        if rng.random() < 0.5:
            session.press("Tab", "", target)
    session.press("Return", "", FIELDS["name"])
    note = ObservedElement(role="entry", name="Note", box=BOX, path=(0, 9))
    for char in PUBLIC:
        session.press(char, char, note)
    session.kept += session.stage.task("stop", f"Registered {CANARIES['name']} with {CANARIES['mail']}")
    data = session.bytes()
    assert PUBLIC.encode() in data, "the search must be able to find what was kept"
    for text in [*CANARIES.values(), *SHOWN.values(), "qzxvqzxvqzxv"]:
        for piece in pieces(text):
            for codec in ("utf-8", "utf-16-le", "utf-16-be"):
                assert piece.encode(codec) not in data, piece


def test_a_run_cut_at_any_key_shows_no_secret() -> None:
    """Whatever ends the run, and wherever: a gap, a flush, a lost field."""
    secret = CANARIES["password"]
    for cut in range(1, len(secret)):
        for target in (FIELDS["password"], FIELDS["code"], None):
            session = Session()
            for char in secret[:cut]:
                session.press(char, char, target)
            session.kept += session.stage.flush()
            for char in secret[cut:]:
                session.press(char, char, FIELDS["password"])
            session.kept += session.stage.gap(session.t_us, session.t_us, "paused")
            texts = [redacted.event for redacted in session.kept if type(redacted.event).__name__ == "Text"]
            assert {getattr(event, "text", "") for event in texts} == {"<SECRET>"}
            assert {getattr(event, "keys", 1) for event in texts} == {0}
