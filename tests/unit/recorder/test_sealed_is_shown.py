"""What is sealed and has not left yet is shown on the recorder's page as what still waits is, until it has left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.events import Redacted
from aboveboard.core.ids import ContributorId, DeviceId, PolicyId, key_id_of
from aboveboard.recorder.epochs import current_epoch
from aboveboard.recorder.home import Home
from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.review.look import Look
from aboveboard.recorder.review.outbox import Outbox
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.spool.spool import Spool
from tests.support.told_recorder import ToldRecorder, waiting
from tests.support.world import World

TYPED = "Minutes"
TERMS = {"policy": "a" * 64, "consent": "b" * 64}


class Shown:
    """A laptop whose first stretch is sealed, and whose others wait."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder / "home")
        self.home.make()
        key = self.home.key("device")
        contributor = ContributorId(key_id_of(self.home.key("contributor").verify_key.public))
        device = DeviceId(key_id_of(key.verify_key.public))
        self.told: Any = ToldRecorder(TYPED, folder / "told")
        parts = waiting(TYPED, folder)
        clock = FixedClock(parts[0][1][0][1].t_us)
        epoch = current_epoch(self.home, World().charter, PolicyId("a" * 64), contributor, device, clock).epoch
        self.spool = Spool(self.home.path("spool"), bytes(32))
        for session, events, until_us in parts:
            self.spool.append(
                [Redacted(event, app) for app, event in events], session=session, epoch=epoch,
                start_us=events[0][1].t_us, end_us=until_us, **TERMS,
            )  # fmt: skip
            self.spool.fold()
        self.before = Look(self.spool).told()
        Sealer(self.home, self.spool, contributor, device, key).seal_ready(parts[0][2])
        assert list(self.home.path("outbox").glob("*.seg"))


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[tuple[Shown, StatusPage, httpx.Client]]:
    laptop = Shown(tmp_path)
    page = StatusPage(cast("Recorder", laptop.told), laptop.spool, outbox=Outbox(laptop.home))
    with closing(page), httpx.Client(follow_redirects=True, base_url=f"http://{page.host}") as person:
        person.get(page.url)
        yield laptop, page, person


def test_what_is_sealed_stays_on_the_page(shown: tuple[Shown, StatusPage, httpx.Client]) -> None:
    laptop, _, person = shown
    look = Look(laptop.spool, Outbox(laptop.home))
    assert [each.start_us for each in look.told()[0]] == [each.start_us for each in laptop.before[0]]
    assert [each.start_us for each in Look(laptop.spool).told()[0]] != [each.start_us for each in laptop.before[0]]
    first = laptop.before[0][0]
    html = person.get(f"/stretch/{first.start_us}").text
    assert 'id="sealed"' in html
    pictures = [
        each["src"] for each in person.get(f"/stretch/{first.start_us}.json").json()["pictures"] if each["src"]
    ]  # fmt: skip
    assert pictures
    assert all(src.startswith("/picture/sealed/0/") for src in pictures)
    assert all(person.get(src).headers["Content-Type"].startswith("image/") for src in pictures)
    later = laptop.before[0][1]
    assert 'id="sealed"' not in person.get(f"/stretch/{later.start_us}").text


def test_what_has_left_is_gone_from_it(shown: tuple[Shown, StatusPage, httpx.Client]) -> None:
    laptop, _, person = shown
    first = laptop.before[0][0]
    for path in laptop.home.path("outbox").glob("*"):
        path.rename(laptop.home.path("sent", path.name))
    assert person.get(f"/stretch/{first.start_us}").status_code == 404
    assert person.get("/picture/sealed/0/0").status_code == 404


def test_what_can_not_be_opened_is_left_out(shown: tuple[Shown, StatusPage, httpx.Client]) -> None:
    """Its month's key goes when everything is asked to be deleted."""
    laptop, _, person = shown
    for path in laptop.home.path("epochs").glob("*.key"):
        path.unlink()
    first = laptop.before[0][0]
    assert person.get(f"/stretch/{first.start_us}").status_code == 404
    assert person.get("/").status_code == 200
