"""Pausing in one click, leaving in two, deleting everything in three, in a browser, on a whole recorder and a real
collector; and each leaves a receipt that `aboveboard audit` finds and checks."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import func, select

from aboveboard.cli import main
from aboveboard.collector.storage.tables import deletions
from aboveboard.core.clock import SystemClock
from aboveboard.core.events import ButtonEdge, Observed, Snapshot
from aboveboard.recorder.cli.replay import look
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.control import answer
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.pauses import Pauses
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.recording import Parts
from aboveboard.recorder.replay.pages import ReplayPages
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink
from aboveboard.witness.http import Route
from tests.support.chromium import Chromium
from tests.support.laptop import Lamp
from tests.support.own_data import home_of
from tests.support.portal_world import Portal, settle
from tests.support.scripted import BUTTON, NOTE, ScriptedObserver, page
from tests.support.servers import Person, now_us, small_server

SOON_S = 60


@dataclass
class House:
    """Somebody's laptop, recording."""

    portal: Portal
    person: Person
    home: Home
    recorder: Recorder
    spool: Spool
    status: StatusPage
    observers: list[ScriptedObserver] = field(default_factory=list)

    def click(self) -> None:
        """A press and a release, kept when it returns."""
        before = self._kept()
        surface, t_us = page(), now_us()
        scene = Snapshot(t_us - 1, (NOTE, BUTTON), BUTTON)
        for pressed in (True, False):
            edge = ButtonEdge(t_us + (not pressed), 30, 70, 1, pressed)
            self.observers[-1].queue.append(Observed(edge, surface, BUTTON, scene if pressed else None))
        until(lambda: self._kept() > before)

    def _kept(self) -> int:
        return sum(self.recorder.status()["counters"]["kept"].values())

    def sent(self) -> int:
        return int(self.recorder.status()["sent_segments"])


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


@pytest.fixture
def house(portal: Portal, tmp_path: Path) -> Iterator[House]:
    person = Person(portal.servers)
    assert person.enrol().status_code == 201
    home, clock, guardian = home_of(person, tmp_path / "home"), SystemClock(), portal.servers.guardian
    home.path("epochs", f"{person.epoch}.key").unlink()  # the recorder makes its own
    with ExitStack() as stack:
        keeper = stack.enter_context(
            small_server(
                [
                    Route("PUT", "/v1/epochs/", 1 << 17, guardian.deposit),
                    Route("POST", "/v1/policies", 1 << 20, guardian.policy),
                    Route("POST", "/v1/given", 1 << 17, guardian.given),
                    Route("POST", "/v1/destroy", 1 << 20, guardian.destroy),
                ]
            )
        )
        home.write(Config("DE", portal.url, keeper).to_bytes(), "config.json")
        terms, consents = Terms(home, clock), Consents(home, clock)
        uplink, spool = Uplink(home.config(), person.token), Spool(home.path("spool"), home.spool_key())
        terms.refresh(uplink)
        sealer = Sealer(home, spool, consents.contributor, consents.device, home.key("device"))
        sender, observers = Sender(home, uplink, consents, sealer, clock), list[ScriptedObserver]()

        def observe() -> ScriptedObserver:
            observers.append(ScriptedObserver())
            return observers[-1]

        parts = Parts(home, terms, terms.charter(), terms.policy(), consents, Pauses(home, clock), spool, sender,
                      cast("Any", Lamp()), observe, clock)  # fmt: skip
        recorder = Recorder(parts)
        recorder.start()
        stack.callback(recorder.stop)
        status = StatusPage(recorder, spool)
        stack.callback(status.close)
        yield House(portal, person, home, recorder, spool, status, observers)


def _audit(house: House, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What `aboveboard audit monitor` says of each check, on the laptop, with the charter it was given."""
    capsys.readouterr()
    charter = house.home.path("charter.json")
    state = house.home.folder.parent / f"state-{time.monotonic_ns()}"
    main(["audit", "monitor", house.portal.url, "--charter", str(charter), "--home", str(house.home.folder),
          "--state", str(state), "--json"])  # fmt: skip
    told = json.loads(capsys.readouterr().out)
    assert [each for each in told["checks"] if each["result"] == "fails"] == []
    return {each["check"]: each["result"] for each in told["checks"]}


def _found(house: House, capsys: pytest.CaptureFixture[str], *checks: str) -> None:
    """As soon as the recorder has fetched its proofs, these hold; none ever fails."""
    settle(house.portal.servers)
    until(lambda: {_audit(house, capsys)[each] for each in checks} == {"holds"})


def test_each_way_to_stop_takes_its_clicks_and_leaves_a_receipt_that_the_audit_finds(
    browser: Chromium, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    recorder, ask = house.recorder, functools.partial(answer, house.recorder, now_us)
    browser.scripts(allowed=False)
    browser.go(house.status.url)
    browser.press("#agree")
    until(lambda: bool(house.observers))
    house.click()

    browser.go(house.status.url)
    browser.press("#pause")  # one click
    assert recorder.state == "paused"
    browser.go(house.status.url)
    browser.press("form[action='/resume'] button")
    until(lambda: recorder.state == "recording")
    house.click()
    browser.go(house.status.url)
    browser.press("#send")
    until(lambda: house.sent() > 0)
    _found(house, capsys, "pauses_marked", "nothing_while_paused", "own_segments_logged", "own_consents_logged")

    pages = ReplayPages(look(house.home, 1), lambda **request: ask(request))
    at = f"http://{pages.server.host}"
    try:
        browser.go(pages.url)
        browser.press(".now a[href='/delete']")  # one
        browser.press("main a[href='/delete/sure']")  # two
        assert _asked(house) == 0
        browser.press("main form[action='/delete'] button")  # three
        assert "the request is signed" in browser.text()
        until(lambda: _asked(house) == 1)
        _found(house, capsys, "deletions", "own_segments_held")

        browser.go(f"{at}/")
        browser.press(".now a[href='/leave']")  # one
        assert recorder.state == "recording"
        browser.press("main form[action='/leave'] button")  # two
        assert recorder.state == "off"
        assert "Your signed word is the receipt" in browser.text()
    finally:
        pages.close()
    _found(house, capsys, "own_consents", "own_consents_logged", "deletions", "own_segments_held")
    mine = house.portal.servers.get("/me", Cookie=f"device={house.person.session}").text
    assert ">left<" in mine
    assert _request(house) in mine
    browser.scripts(allowed=True)
    _three_commands(browser, house)


def _three_commands(browser: Chromium, house: House) -> None:
    """As the page prints them, typed into a shell on that laptop, beside the charter that its person was given."""
    browser.go(f"{house.portal.url}/verify")
    lines = browser.evaluate("[...document.querySelectorAll('ol.steps pre')].map((each) => each.textContent)")
    assert [line.split()[:2] for line in lines] == [["aboveboard", "charter"], *[["aboveboard", "audit"]] * 2]
    folder = house.home.folder.parent / "desk"
    (folder / ".local" / "state").mkdir(parents=True)
    (folder / ".local" / "state" / "aboveboard").symlink_to(house.home.folder)
    shutil.copy(house.home.path("charter.json"), folder / "charter.json")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    said = [
        subprocess.run(["sh", "-c", line], cwd=folder, env={"HOME": str(folder), "PATH": path}, capture_output=True,
                       text=True, timeout=SOON_S, check=False)
        for line in lines
    ]  # fmt: skip
    # 3: nothing fails, and something can't be judged from here: the charter's guardian is at an address of its own.
    assert said[0].returncode == 0
    assert {each.returncode for each in said[1:]} <= {0, 3}, said
    assert house.portal.servers.world.charter.employer_key.name in said[0].stdout
    for each in said[1:]:
        assert "holds" in each.stdout
        assert "fails" not in each.stdout, each.stdout


def _request(house: House) -> str:
    """Its name in the log."""
    with house.portal.servers.service.database.reading() as tx:
        query = select(deletions.c.deletion).where(deletions.c.contributor == house.person.contributor)
        return str(tx.execute(query).scalar_one())


def _asked(house: House) -> int:
    """Deletions that are in the log for this person."""
    with house.portal.servers.service.database.reading() as tx:
        query = select(func.count()).where(deletions.c.contributor == house.person.contributor)
        return int(tx.execute(query).scalar_one())
