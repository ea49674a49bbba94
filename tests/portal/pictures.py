"""Makes a picture of every page, light and dark, wide and narrow: `python -m tests.portal.pictures [FOLDER]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.chromium import Chromium, chromium
from tests.support.portal_world import Portal, portal

SIZES = {"wide": (1120, 800), "phone": (390, 800)}
FOLDER = Path(__file__).parents[2] / "docs" / "portal"


def name_of(path: str, portal: Portal) -> str:
    return path.strip("/").replace(portal.proposal.policy_id, "proposal").replace("/", "-") or "programme"


def make(folder: Path, browser: Chromium, portal: Portal) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    browser.cookie(portal.url, "device", portal.person.token, "/me")
    for path in portal.paths:
        for size, (width, height) in SIZES.items():
            browser.size(width, height)
            browser.go(portal.url + path)
            if path == "/log/1":
                browser.evaluate("document.getElementById('verify').click()")
                browser.wait("document.getElementById('result').innerText.length > 0")
            for theme in ("light", "dark"):
                browser.theme(theme)
                browser.picture(folder / f"{name_of(path, portal)}-{size}-{theme}.webp")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with tempfile.TemporaryDirectory() as home, portal(Path(home)) as pages, chromium() as browser:
        make(folder, browser, pages)


if __name__ == "__main__":
    main()
