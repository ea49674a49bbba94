"""Makes a picture of every page, light and dark, wide and narrow: `python -m tests.portal.pictures [FOLDER]`."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import cast

from aboveboard.recorder.cli.replay import look
from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.replay.pages import ReplayPages
from tests.support.chromium import Chromium, chromium
from tests.support.own_data import home_of, midnight_us, send_day
from tests.support.portal_world import Portal, portal
from tests.support.servers import Person
from tests.support.told_recorder import ToldRecorder

SIZES = {"wide": (1120, 800), "phone": (390, 800)}
FOLDER = Path(__file__).parents[2] / "docs" / "portal"


def name_of(path: str, portal: Portal) -> str:
    name = re.sub(r"[0-9a-f]{64}", "one", path.replace(portal.proposal.policy_id, "proposal"))
    return name.strip("/").replace("/", "-") or "programme"


def _pictures(folder: Path, browser: Chromium, url: str, name: str, ready: str = "") -> None:
    for size, (width, height) in SIZES.items():
        browser.size(width, height)
        browser.go(url)
        if ready:
            browser.evaluate("document.getElementById('verify').click()")
            browser.wait(ready)
        for theme in ("light", "dark"):
            browser.theme(theme)
            browser.picture(folder / f"{name}-{size}-{theme}.webp")


def _paper(folder: Path, browser: Chromium, url: str) -> None:
    """The notice as a printer gets it, on A4 at 96 dots an inch."""
    browser.theme("light")
    browser.size(794, 1123)
    browser.go(url)
    browser.call("Emulation.setEmulatedMedia", media="print")
    browser.picture(folder / "notice-on-paper.webp")
    browser.call("Emulation.setEmulatedMedia", media="")


def _german(folder: Path, browser: Chromium, portal: Portal) -> None:
    browser.cookie(portal.url, "language", "de", "/")
    browser.theme("light")
    for path in ("/me", "/stop", "/representatives"):
        for size, (width, height) in SIZES.items():
            browser.size(width, height)
            browser.go(portal.url + path)
            browser.picture(folder / f"{name_of(path, portal)}-{size}-german.webp")
    browser.cookie(portal.url, "language", "en", "/")


def _replay(folder: Path, browser: Chromium, portal: Portal) -> None:
    person = Person(portal.servers).ready()
    send_day(person, midnight_us(2))
    send_day(person, midnight_us(1))
    with tempfile.TemporaryDirectory() as home:
        own = look(home_of(person, Path(home) / "home"), 7)
        with closing(ReplayPages(own, lambda **_request: {"state": "recording"})) as pages:
            _pictures(folder, browser, pages.url, "replay")
            at = "document.getElementById('at')"
            for size, (width, height) in SIZES.items():
                browser.size(width, height)
                browser.go(f"http://{pages.server.host}/stretch/0")
                browser.wait("document.getElementById('replay').dataset.ready === 'yes'")
                browser.evaluate(f"{at}.value = 17300; {at}.dispatchEvent(new Event('input'))")
                for theme in ("light", "dark"):
                    browser.theme(theme)
                    browser.evaluate(f"{at}.dispatchEvent(new Event('input'))")
                    browser.picture(folder / f"replay-stretch-{size}-{theme}.webp")


def make(folder: Path, browser: Chromium, portal: Portal) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    browser.call("Network.clearBrowserCookies")
    _pictures(folder, browser, f"{portal.url}/me", "me-sign-in")
    portal.sign_in(browser)
    for path in portal.paths:
        ready = "document.querySelector('#result b') !== null" if path == "/log/1" else ""
        _pictures(folder, browser, portal.url + path, name_of(path, portal), ready)
    _pictures(folder, browser, f"{portal.url}/policies/unknown", "problem")
    _paper(folder, browser, f"{portal.url}/policies/{portal.servers.policy.policy_id}/notice")
    _german(folder, browser, portal)
    _replay(folder, browser, portal)
    with tempfile.TemporaryDirectory() as home:
        told = ToldRecorder("<EMAIL_1>", Path(home))
        with closing(StatusPage(cast("Recorder", told), told.spool)) as laptop:
            _pictures(folder, browser, laptop.url, "laptop")
            path = browser.evaluate("document.querySelector('.plays a').getAttribute('href')")
            _pictures(folder, browser, f"http://{laptop.host}{path}", "laptop-review")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with tempfile.TemporaryDirectory() as home, portal(Path(home)) as pages, chromium() as browser:
        make(folder, browser, pages)


if __name__ == "__main__":
    main()
