"""A real browser and a real hand: pictures show what was there before the action, nothing that can be read, no page
that is not permitted, and nothing of a pause."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from Xlib import display as xdisplay

from aboveboard.core.events import Button, Crop, KeptEvent
from aboveboard.core.frames import SeenFrame, frames_of
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.spool.spool import Spool
from aboveboard.redact.ocr import Tesseract
from tests.support.chromium import chromium
from tests.support.pages import U8, enlarged, read_of
from tests.support.screens import Looking, Painted, has_colour
from tests.support.told_recorder import ToldRecorder

pytestmark = pytest.mark.desktop

NAME, ADDRESS, TYPED = "Ottoline Thistlethwaite", "rosalind.quill@example.org", "barnaby.larkspur@example.org"
COLOURS = (0xC0C0C0, 0x4040F0, 0xF0A040, 0x40C0C0)  # of the page, one after each click
ELSEWHERE, SHEET = 0x00FF00, 0xE0E0A0
PAGE = f"""<!doctype html><meta charset=utf-8><title>Accounts</title>
<style>body {{margin: 20px; background: #c0c0c0; font: 22px sans-serif}} button {{width: 220px; height: 60px}}
h1 {{font-size: 60px}} input {{display: block; width: 400px; height: 40px; font-size: 22px}}</style>
<h1>{NAME}</h1><p>Write to {ADDRESS}</p><label>E-mail <input id=mail></label><p>
<button id=go onmousedown="n = (window.n || 0) + 1;
 document.body.style.background = ['#4040f0', '#f0a040', '#40c0c0'][n - 1]">Continue</button>"""
OTHER = (
    "<!doctype html><title>Accounts</title><body style='background: #00ff00'><button style='margin: 200px'>Go</button>"
)


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write((OTHER if "other" in self.path else PAGE).encode())

    def log_request(self, *_: Any) -> None:
        """Says nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def centre(browser: Browser, what: str) -> tuple[int, int]:
    """On the screen."""
    found = cast("list[float]", browser.evaluate(
        f"(() => {{ const r = document.querySelector('{what}').getBoundingClientRect(); return ["
        "screenX + (outerWidth - innerWidth) / 2 + r.x + r.width / 2,"
        "screenY + outerHeight - innerHeight + r.y + r.height / 2]; })()"
    ))  # fmt: skip
    return round(found[0]), round(found[1])


def read(pixels: U8) -> str:
    return "\n".join(Tesseract().read(enlarged(pixels, times), 120.0) for times in (1, 2, 4))


def shown(crop: Crop) -> U8:
    return np.asarray(Image.open(io.BytesIO(crop.picture)).convert("RGB"))


def session(port: int, folder: Path) -> tuple[list[KeptEvent], list[int]]:
    """What was kept, and how many pictures had been kept when the pause began and when it ended."""
    with PrivateDisplay(900, 700) as display, pytest.MonkeyPatch.context() as patch:
        for name, value in display.env.items():
            patch.setenv(name, value)
        with (
            Browser(display.env, f"http://127.0.0.1:{port}/", 900, 700) as browser,
            Hand(display.name, speed=2) as hand,
            Looking(display, folder) as looking,
        ):
            time.sleep(3.0)
            hand.click(*centre(browser, "#mail"))
            hand.rest(1.5)
            hand.type(TYPED)
            hand.rest(2.0)
            for _ in COLOURS[1:]:
                hand.click(*centre(browser, "#go"))
                hand.rest(3.0)
            looking.pauses.pause(None)
            looking.observer.wake()
            time.sleep(0.3)
            counts = [looking.stage.frames]
            browser.evaluate("document.body.style.background = '#ff00ff'")
            hand.click(*centre(browser, "#go"))
            hand.rest(2.0)
            counts.append(looking.stage.frames)
            looking.pauses.resume()
            looking.observer.wake()
            browser.navigate(f"http://localhost:{port}/other")
            for _ in range(3):
                hand.click(*centre(browser, "button"))
                hand.rest(1.2)
            # Beside it, a window of a permitted program, which is clicked.
            x = xdisplay.Display(display.name)
            sheet = Painted(x, "libreoffice", SHEET, (620, 420, 240, 240), title="Sheet")
            for _ in range(3):  # what it drew before a window manager showed it is lost
                hand.rest(2.0)
                sheet.paint()
                hand.rest(3.0)
                hand.click(740, 540)
            hand.rest(2.0)
            x.close()
    return looking.kept, counts


def reviewed(folder: Path, picture: Path | None = None) -> dict[str, Any]:
    """What the person sees of it on the recorder's page before it leaves: widths of pictures, and text."""
    told = ToldRecorder("", folder / "told")
    told.spool = Spool(folder / "spool", bytes(32))
    with closing(StatusPage(cast("Recorder", told), told.spool)) as page, chromium() as browser:
        browser.go(page.url)
        address = browser.evaluate("document.querySelector('.plays a').href")
        found: dict[str, Any] = {"stretches": browser.evaluate("document.querySelectorAll('.plays a').length")}
        browser.go(address)
        browser.wait("document.getElementById('replay').dataset.ready === 'yes'")
        browser.evaluate("document.querySelectorAll('.seen img').forEach((each) => { each.loading = 'eager'; })")
        browser.wait("[...document.querySelectorAll('.seen img')].every((each) => each.complete)")
        found["widths"] = browser.evaluate("[...document.querySelectorAll('.seen img')].map((e) => e.naturalWidth)")
        found["text"] = browser.text()
        assert browser.problems == []
        if picture is not None:
            browser.evaluate("document.getElementById('at').value = document.getElementById('at').max / 2; "
                             "document.getElementById('at').dispatchEvent(new Event('input'))")  # fmt: skip
            time.sleep(0.5)
            browser.picture(picture)
    return found


def test_pictures_of_a_session_in_a_browser(port: int, tmp_path: Path) -> None:
    kept, counts = session(port, tmp_path)
    pictures = frames_of(kept)
    frames = [each for each in pictures if isinstance(each, SeenFrame)]
    crops = [each for each in pictures if isinstance(each, Crop)]
    presses = [event for event in kept if isinstance(event, Button) and event.pressed]
    on_button = [each for each in presses if each.element is not None and each.element.name == "Continue"]
    assert len(on_button) == 3, "the clicks that may be kept"
    for press, before, after in zip(on_button, COLOURS, COLOURS[1:], strict=False):
        seen = [each for each in frames if each.seen_us < press.t_us][-1]
        assert has_colour(seen.pixels, before), "as it was before the action"
        assert not has_colour(seen.pixels, after)
    assert [each for each in crops if each.picture], [each.withheld for each in crops]
    assert any("continue" in read(shown(each)).lower() for each in crops if each.picture), "the control is sharp"
    assert counts[0] == counts[1], "nothing of a pause"
    assert any(has_colour(each.pixels, SHEET) for each in frames), "the permitted window beside that page"
    for each in frames:
        assert not has_colour(each.pixels, ELSEWHERE), "a page that is not permitted"
        assert not has_colour(each.pixels, 0xFF00FF), "what was shown in a pause"
    for pixels in [*(each.pixels for each in frames), *(shown(each) for each in crops if each.picture)]:
        text = read(pixels)
        assert read_of([NAME, ADDRESS, TYPED, "Ottoline", "barnaby"], text) == []
    stored = (tmp_path / "spool" / "0000000001.chunk").read_bytes()
    page = reviewed(tmp_path)
    assert page["widths"], "the person sees the pictures before they leave"
    assert 0 not in page["widths"], "each of them can be shown"
    assert "Continue, push button" in page["text"]
    assert "typed <" in page["text"], "as it would leave: no letter of it"
    assert read_of([NAME, ADDRESS, TYPED], page["text"]) == []
    assert (tmp_path / "spool" / "0000000001.chunk").read_bytes() == stored, "looking changes nothing"
