"""Makes a picture of every page, light and dark, wide and narrow: `python -m tests.portal.pictures [FOLDER]`."""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import cast

from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.recorder import Recorder
from tests.support.chromium import Chromium, chromium
from tests.support.portal_world import Portal, portal
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


def make(folder: Path, browser: Chromium, portal: Portal) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    browser.call("Network.clearBrowserCookies")
    _pictures(folder, browser, f"{portal.url}/me", "me-sign-in")
    portal.sign_in(browser)
    for path in portal.paths:
        ready = "document.querySelector('#result b') !== null" if path == "/log/1" else ""
        _pictures(folder, browser, portal.url + path, name_of(path, portal), ready)
    _pictures(folder, browser, f"{portal.url}/policies/unknown", "problem")
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
