"""What a person did, sealed and sent as their laptop does it, and the folder of that laptop."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aboveboard.core.columns import encode_column
from aboveboard.core.events import (
    Button,
    Element,
    Focus,
    Gap,
    KeptEvent,
    Key,
    PointerPath,
    Redacted,
    Scene,
    Scroll,
    Task,
    Text,
)
from aboveboard.recorder.home import Config, Home
from aboveboard.wire.segment import SealedSegment, seal
from tests.support.servers import Person

S = 1_000_000
WINDOW = (40, 60, 1200, 640)
SUBJECT = Element("entry", "Subject", (260, 150, 900, 36), ("focusable",), (0, 1))
BODY = Element("entry", "Message", (260, 200, 900, 380), ("focusable",), (0, 2))
SEND = Element("push button", "Send", (1040, 610, 120, 40), ("enabled",), (0, 3))
INBOX = Element("list item", "Inbox", (60, 150, 170, 32), (), (0, 4))
DRAFTS = Element("list item", "Drafts", (60, 190, 170, 32), (), (0, 5))


def path(t_us: int, places: Sequence[tuple[int, int]], took_us: int = 700_000, n: int = 60) -> PointerPath:
    """A hand's way through the places."""
    at = np.linspace(0, len(places) - 1, n)
    ease = at + 0.12 * np.sin(at * 2 * np.pi)
    xs, ys = (np.interp(ease, range(len(places)), [p[k] for p in places]).astype(np.int64) for k in (0, 1))
    ts = np.linspace(0, took_us, n).astype(np.int64)
    return PointerPath(t_us, n, encode_column(ts), encode_column(xs), encode_column(ys))


def press(t_us: int, element: Element) -> list[KeptEvent]:
    x, y = element.box[0] + element.box[2] // 2, element.box[1] + element.box[3] // 2
    return [Button(t_us, x, y, 1, True, (), element), Button(t_us + 90_000, x, y, 1, False)]


def letter(
    t_us: int, *, title: str = "Inbox", subject: str = "Numbers for <PERSON_1>", task: str = ""
) -> list[KeptEvent]:
    """Some 20 seconds of writing a letter."""
    events: list[KeptEvent] = [
        Focus(t_us, "chromium", "https://mail.example.org", title, WINDOW),
        Scene(t_us + 1000, (INBOX, DRAFTS, SUBJECT, BODY, SEND)),
        path(t_us + S, [(120, 500), (300, 260), (700, 168)]),
        *press(t_us + 2 * S, SUBJECT),
        Text(t_us + 3 * S, t_us + 6 * S, subject, SUBJECT, 21),
        Key(t_us + 7 * S, "Tab", (), SUBJECT),
        Text(t_us + 8 * S, t_us + 14 * S, "Dear <PERSON_1>, they are ready. Call <PHONE_1>.", BODY, 46),
        path(t_us + 15 * S, [(700, 168), (900, 400), (1100, 630)]),
        Scroll(t_us + 16 * S, 1100, 500, 0, 1, BODY),
        *press(t_us + 17 * S, SEND),
    ]
    return [Task(t_us, "start", task), *events, Task(t_us + 18 * S, "stop", "", "success")] if task else events


def sealed_events(
    person: Person, events: Sequence[KeptEvent], start_us: int, end_us: int, session: str = "5" * 32
) -> SealedSegment:
    assert person.consent is not None
    return seal(
        [Redacted(event) for event in events], session=session, start_us=start_us, end_us=end_us, seq=person.seq,
        prev=person.prev, contributor=person.contributor, device=person.device, epoch=person.epoch,
        recipient=person.recipient, policy=person.servers.policy.policy_id,
        consent=person.consent.record.consent_id, device_key=person.device_key,
    )  # fmt: skip


def send_day(person: Person, day_us: int, *, title: str = "Inbox", subject: str = "Numbers for <PERSON_1>",
             task: str = "answer the question about numbers") -> None:  # fmt: skip
    """A day from nine: two programs, a pause, a program that isn't allowed, a stop at noon, and an afternoon."""
    nine, minute, session = day_us + 9 * 3600 * S, 60 * S, f"{day_us:032x}"[-32:]
    sheet = Focus(nine + 40 * minute, "libreoffice", None, "Budget", WINDOW)
    pieces: list[tuple[int, int, list[KeptEvent]]] = [
        (0, 40, letter(nine, title=title, subject=subject, task=task)),
        (40, 95, [sheet, path(nine + 41 * minute, [(200, 200), (640, 420)]), *press(nine + 42 * minute, SUBJECT)]),
        (95, 125, [Gap(nine + 95 * minute, nine + 125 * minute, "paused")]),
        (125, 170, [*letter(nine + 125 * minute, title=title),
                    Gap(nine + 150 * minute, nine + 170 * minute, "app_not_allowed")]),
        (240, 330, letter(nine + 240 * minute, title=title, subject=subject)),
    ]  # fmt: skip
    for since, until, events in pieces:
        sealed = sealed_events(person, events, nine + since * minute, nine + until * minute, session)
        answer = person.send(sealed)
        assert answer.status_code == 201, answer.text


def midnight_us(days_ago: int) -> int:
    """Of a day before today, in this machine's time zone."""
    date = datetime.datetime.now().astimezone().date() - datetime.timedelta(days=days_ago)
    return int(datetime.datetime.combine(date, datetime.time()).astimezone().timestamp()) * S


def home_of(person: Person, folder: Path) -> Home:
    """The recorder's folder of the laptop that sent it."""
    home = Home(folder)
    home.make()
    url = str(person.servers.http.base_url).rstrip("/")
    home.write(person.servers.world.charter.to_bytes(), "charter.json")
    home.write(Config("DE", url, url).to_bytes(), "config.json")
    home.write(person.token.encode(), "token")
    home.write(person.device_key.encode().encode(), "device.key")
    home.write(person.key.encode().encode(), "contributor.key")
    home.write(person.identity.encode(), "epochs", f"{person.epoch}.key")
    return home
