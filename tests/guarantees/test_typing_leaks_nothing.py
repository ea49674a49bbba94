"""Randomised typing sessions: passwords, codes, cards and addresses, looked for in everything that is kept."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from aboveboard.core.events import Key, Redacted, Text
from aboveboard.redact.fields import is_secret
from aboveboard.redact.keys import EDITING, WITHIN
from tests.support.typist import Field, Typist, slips

SESSIONS, SESSIONS_PROVE = 250, 10_000
FRAGMENT = 4
SECRET_KINDS = frozenset({"password", "code"})
PUBLIC = "the quiet old garden"
_PLAIN = ("velvet", "walrus", "dolphin", "meadow", "trumpet", "biscuit", "lantern", "hedgehog", "quarry", "hammock")
_SIGNS = "qxzjkvwQXZJKVW0123456789!#$%&*+"


def luhn_card(rng: random.Random) -> str:
    digits = [4, *[rng.randrange(10) for _ in range(14)]]
    total = sum(d if n % 2 else (2 * d - 9 if d > 4 else 2 * d) for n, d in enumerate(digits))
    plain = "".join(map(str, [*digits, -total % 10]))
    return " ".join(plain[i : i + 4] for i in range(0, 16, 4)) if rng.random() < 0.5 else plain


def signs(rng: random.Random, n: int, among: str = _SIGNS) -> str:
    return "".join(rng.choice(among) for _ in range(n))


def strings(value: Any) -> Iterator[str]:
    """Every text in a kept event."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def leaks(kept: list[Redacted], secret: str) -> list[str]:
    """Pieces of four or more characters of the secret in any text; longer ones in the bytes, also encoded."""
    texts = "\n".join(text for item in kept for text in strings(msgspec.to_builtins(item.event, builtin_types=[bytes])))
    joined = texts.replace(" ", "").replace("-", "")
    data = b"".join(msgspec.msgpack.encode(item.event) + msgspec.json.encode(item.event) for item in kept)
    plain = secret.replace(" ", "").replace("-", "")
    found = [secret[i : i + FRAGMENT] for i in range(len(secret) - FRAGMENT + 1)]
    found = [piece for piece in found if piece in texts]
    found += [plain[i : i + FRAGMENT] for i in range(len(plain) - FRAGMENT + 1) if plain[i : i + FRAGMENT] in joined]
    if len(secret) >= 6:
        forms = [secret.encode(codec) for codec in ("utf-8", "utf-16-le", "utf-16-be")]
        forms += [secret.encode().hex().encode(), secret.encode().hex().upper().encode()]
        forms += [base64.b64encode(b"x" * shift + secret.encode())[4:-4] for shift in range(3)]
        found += [form.decode("latin-1") for form in forms if len(form) > 6 and form in data]
    return found


def field_of(rng: random.Random, kind: str) -> Field:
    password = rng.choice(["Password", "Choose a phrase", "", "Kennwort"])
    names = {
        "password": Field("password text", password, 1),
        "code": Field("entry", rng.choice(["One-time code", "PIN", "Security answer", "Geheimzahl", "CVV"]), 2),
        "card": Field("entry", "Where to charge it", 3),
        "mail": Field("entry", "E-mail", 4),
        "note": Field("entry", "Note", 5),
    }
    return names[kind]


def secret_for(rng: random.Random, kind: str) -> str:
    match kind:
        case "password" | "code" if rng.random() < 0.5:
            # Nothing but the field says that these are secret.
            return rng.choice(["", " ", "-"]).join(rng.sample(_PLAIN, 3))
        case "password":
            return signs(rng, rng.randint(6, 16))
        case "code":
            return signs(rng, rng.randint(5, 9), "0123456789")
        case "card":
            return luhn_card(rng)
        case _:
            return f"{signs(rng, 5, 'qxzjkvw')}.{signs(rng, 6, 'qxzjkvw')}@{signs(rng, 7, 'qxzjkvw')}.qwx"


def interfere(hand: Typist, at: Field, rng: random.Random, *, by_page: bool) -> None:
    """What a page, a person and a bus do between two keys."""
    cut = hand.t_us >= hand.settled_us or not by_page  # see "Limits" in docs/spec/redaction.md
    match rng.randrange(10):
        case 0:
            hand.title = rng.choice(["Sign up", "(1) Sign up", f"Sign up {at.name}"])
        case 1 | 9 if at.role == "password text" and at.row in hand.told:
            at.role = "entry"  # shown as plain text; if nobody ever said it is a password, nobody can know
        case 2 if at.name in ("Password", "Choose a phrase"):
            at.name = rng.choice(["Password", "Choose a phrase", "Your phrase"])
        case 3 if cut:
            hand.click(at, known=rng.random() < 0.8)
            hand.wait(60, 300)
            hand.key("End")
        case 4 if cut:
            hand.kept += hand.stage.flush()
        case 5 if cut:
            hand.kept += hand.stage.gap(hand.t_us, hand.t_us + 100, rng.choice(["power", "paused", "site_not_allowed"]))
        case 6 if cut:
            hand.key("z", "z", "Control")
        case 7:
            hand.wait(5_000, 20_000)
        case _:
            hand.lost = rng.choice([0.0, 0.0, 0.3, 1.0])


def session(seed: int) -> tuple[Typist, dict[str, str]]:
    rng = random.Random(seed)
    kinds = rng.sample(["password", "code", "card", "mail"], rng.randint(1, 4))
    fields = {kind: field_of(rng, kind) for kind in [*kinds, "note"]}
    hand = Typist(rng, list(fields.values()))
    secrets = {kind: secret_for(rng, kind) for kind in kinds}
    hand.focus = hand.said = fields["note"]
    if rng.random() < 0.5:
        hand.click(fields["note"])
    often = rng.choice([0.0, 0.05, 0.2])
    for kind in kinds:
        at = fields[kind]
        hand.lost = rng.choice([0.0, 0.0, 0.1, 0.5])
        by_page = False
        if rng.random() < 0.6:
            hand.click(at, known=rng.random() < 0.8)
        elif rng.random() < 0.8:
            hand.wait(50, 200)
            hand.key("Tab", "\t")
            hand.move_focus(at)
        elif kind in ("password", "code"):
            hand.move_focus(at)  # the page does it, in the middle of typing
            by_page = True
        else:
            hand.click(at)
        hand.wait(1, 5) if rng.random() < 0.5 else hand.wait(100, 400)
        for name, text, modifiers in slips(rng, secrets[kind]):
            if by_page and hand.t_us < hand.settled_us and len(text) != 1:
                continue
            if rng.random() < often:
                interfere(hand, at, rng, by_page=by_page)
            hand.key(name, text, *modifiers)
            if not by_page and rng.random() < 0.02:
                hand.kept += hand.stage.flush()  # also while the focus is still said to be elsewhere
            if rng.random() < 0.03:  # held for too long
                hand.key(name, text, *modifiers, repeat=True)
                if len(text) == 1:
                    hand.key("BackSpace")
            hand.wait(2, 12) if rng.random() < 0.3 else hand.wait(60, 250)
        if rng.random() < 0.2:
            hand.key("dead_acute")
        hand.lost = 0.0
        if rng.random() < 0.5:
            hand.wait(60, 200)
            hand.key(rng.choice(["Return", "Tab"]), "")
    hand.wait(300, 400)
    hand.click(fields["note"])
    hand.wait(100, 200)
    for char in PUBLIC:
        hand.key("space" if char == " " else char, char)
        hand.wait(60, 90)
    hand.finish()
    return hand, secrets


def check(seed: int) -> bool:
    """Fails on a leak; returns whether what is public was kept readable."""
    hand, secrets = session(seed)
    for kind, secret in secrets.items():
        assert not leaks(hand.kept, secret), (seed, kind)
    readable = False
    for item in hand.kept:
        event = item.event
        if isinstance(event, Text):
            if SECRET_KINDS.issuperset(secrets):
                assert event.text in ("<SECRET>", PUBLIC), (seed, event.text)  # not even a first letter
            readable = readable or PUBLIC in event.text
            if event.text == "<SECRET>":
                assert (event.end_us, event.keys) == (event.t_us, 0), seed
        if isinstance(event, Key) and event.element is not None and not event.modifiers:
            at = next((each for each in hand.fields if each.element().path == event.element.path), None)
            if at is not None and is_secret(at.element()) and at.role == "password text":
                assert event.key not in EDITING | WITHIN, seed
    return readable


def test_typing_sessions() -> None:
    readable = sum(check(seed) for seed in range(SESSIONS))
    assert readable > SESSIONS * 0.95, "the search must be able to find what was kept"


@pytest.mark.prove
@pytest.mark.parametrize("block", range(10))
def test_ten_thousand_typing_sessions(block: int) -> None:
    each = SESSIONS_PROVE // 10
    assert sum(check(1_000_000 + block * each + n) for n in range(each)) > each * 0.95
