"""One's own data again: fetched sealed, opened on the laptop; the timeline, the replay, and the ways to stop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from aboveboard.core.errors import ChainError, Unavailable
from aboveboard.recorder.cli.replay import look
from aboveboard.recorder.home import Home
from aboveboard.recorder.replay.own import fetch
from aboveboard.recorder.replay.pages import ReplayPages
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.segment import Manifest
from tests.support.chromium import Chromium, violations
from tests.support.own_data import S, home_of, midnight_us, send_day
from tests.support.portal_world import Portal
from tests.support.servers import Person

EVIL = "<script>document.title='taken'</script><img src=x onerror=alert(1)>"


@dataclass
class Told:
    """Stands for the recorder's control socket."""

    state: str = "recording"
    asked: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, **request: Any) -> dict[str, Any]:
        if not self.state:
            raise Unavailable("no recorder runs here")
        if request["do"] != "status":
            self.asked.append(request)
            self.state = {"pause": "paused", "resume": "recording"}.get(request["do"], self.state)
        return {"state": self.state}


@dataclass
class Laptop:
    person: Person
    home: Home
    told: Told
    pages: ReplayPages


@pytest.fixture
def laptop(portal: Portal, tmp_path: Path) -> Iterator[Laptop]:
    person = Person(portal.servers).ready()
    send_day(person, midnight_us(2), title=EVIL, subject=EVIL, task=EVIL)
    send_day(person, midnight_us(1))
    home, told = home_of(person, tmp_path / "home"), Told()
    pages = ReplayPages(look(home, 7), told.ask)
    yield Laptop(person, home, told, pages)
    pages.close()


def _paths(laptop: Laptop) -> list[str]:
    return ["/", "/stretch/0", "/stretch/3", "/leave", "/delete", "/delete/sure", "/stretch/999"]


# Each theme and each width once; every pair in `make prove`.
@pytest.mark.parametrize(
    ("width", "theme"),
    [
        (1120, "light"), (360, "dark"),
        pytest.param(1120, "dark", marks=pytest.mark.prove), pytest.param(360, "light", marks=pytest.mark.prove),
    ],
)  # fmt: skip
def test_every_page_fits_is_accessible_and_asks_nobody_else(
    browser: Chromium, laptop: Laptop, axe: str, theme: str, width: int
) -> None:
    browser.theme(theme)
    browser.size(width, 800)
    browser.go(laptop.pages.url)
    for path in _paths(laptop):
        browser.clear()
        browser.go(f"http://{laptop.pages.server.host}{path}")
        if path.startswith("/stretch/") and "999" not in path:
            browser.wait("document.getElementById('replay').dataset.ready === 'yes'")
        assert browser.problems == [] or "404" in str(browser.problems), path
        assert all(url.startswith((f"http://{laptop.pages.server.host}/", "data:")) for url in browser.requests), path
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, path
        assert browser.evaluate("document.title") != "taken", path
        assert browser.evaluate("document.querySelectorAll('main img, main script').length") == 0, path
        assert violations(browser, axe) == [], path


def test_a_stretch_is_drawn_and_told_in_words(browser: Chromium, laptop: Laptop) -> None:
    browser.go(laptop.pages.url)
    text = browser.text()
    assert "libreoffice" in text
    assert "you paused" in text
    assert "this program is not on the policy's list" in text
    browser.go(f"http://{laptop.pages.server.host}/stretch/0")
    browser.wait("document.getElementById('replay').dataset.ready === 'yes'")
    told = browser.text()
    assert "Dear <PERSON_1>, they are ready. Call <PHONE_1>." in told
    assert "Send, push button" in told
    assert "key Tab Subject, entry" in told
    assert EVIL in told
    blank = browser.evaluate(_COLOURS)
    browser.evaluate("document.getElementById('at').value = 17300; "
                     "document.getElementById('at').dispatchEvent(new Event('input'))")  # fmt: skip
    assert browser.evaluate("document.getElementById('caption').textContent") == "Send"
    assert browser.evaluate("document.getElementById('clock').textContent") == "0:17"
    assert browser.evaluate(_COLOURS) > blank  # the trail, the ring of the click and its element
    assert "Send" in browser.evaluate("document.querySelector('.told .current').innerText")
    browser.evaluate("document.getElementById('at').value = 8600; "
                     "document.getElementById('at').dispatchEvent(new Event('input'))")  # fmt: skip
    browser.evaluate("document.getElementById('play').click()")
    browser.wait("Number(document.getElementById('at').value) > 16000")


# How many different colours are on the canvas.
_COLOURS = """(() => { const c = document.getElementById('screen');
const seen = c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer;
return new Set(new Uint32Array(seen)).size; })()"""


def test_pausing_takes_one_click_leaving_two_deleting_all_three(browser: Chromium, laptop: Laptop) -> None:
    """From any page, without any script; up to the last click nothing has happened."""
    browser.go(laptop.pages.url)
    browser.scripts(allowed=False)
    for path in ("/", "/stretch/1", "/leave", "/delete", "/delete/sure", "/nothing"):
        browser.go(f"http://{laptop.pages.server.host}{path}")
        browser.press("form[action='/pause'] button")
        assert laptop.told.asked.pop() == {"do": "pause", "length": "until-resumed"}
        browser.press("form[action='/resume'] button")
        assert laptop.told.asked.pop() == {"do": "resume"}
        browser.go(f"http://{laptop.pages.server.host}{path}")
        browser.press(".now a[href='/leave']")
        assert laptop.told.asked == []
        browser.press("main form[action='/leave'] button")
        assert laptop.told.asked.pop() == {"do": "opt_out"}
        browser.go(f"http://{laptop.pages.server.host}{path}")
        browser.press(".now a[href='/delete']")
        browser.press("main a[href='/delete/sure']")
        assert laptop.told.asked == []
        browser.press("main form[action='/delete'] button")
        assert laptop.told.asked.pop() == {"do": "forget", "all": True}
    laptop.told.state = ""
    browser.go(f"http://{laptop.pages.server.host}/")
    assert "no recorder runs" in browser.text()


def test_the_server_never_sees_the_key_nor_what_is_in_it(portal: Portal, laptop: Laptop, tmp_path: Path) -> None:
    """Everything that left for the collector while the data was opened and looked at."""
    sent: list[bytes] = []

    class Watched(Uplink):
        def _see(self, *words: object) -> None:
            sent.append(repr(words).encode())

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            asked = self._collector.request

            def request(method: str, path: str, **more: Any) -> Any:
                self._see(method, path, more)
                return asked(method, path, **more)

            self._collector.request = request  # type: ignore[method-assign]

    uplink = Watched(laptop.home.config(), laptop.person.token)
    own = fetch(laptop.home, uplink, 0)
    assert len(own.opened) == 10
    assert len(sent) == 11
    key = laptop.person.identity
    assert all(key.encode() not in each and b"AGE-SECRET" not in each for each in sent)
    files = [path.read_bytes() for path in laptop.home.folder.rglob("*") if path.is_file()]
    assert not any(b"they are ready" in each for each in files)


def test_a_segment_that_the_collector_leaves_out_is_noticed(laptop: Laptop) -> None:
    class Short(Uplink):
        def my_segments(self) -> tuple[Manifest, ...]:
            found = super().my_segments()
            return (*found[:3], *found[4:])

    class Swapped(Uplink):
        def my_segment(self, seq: int) -> bytes:
            return super().my_segment(1 if seq == 2 else seq)

    with pytest.raises(ChainError):
        fetch(laptop.home, Short(laptop.home.config(), laptop.person.token), 0)
    own = fetch(laptop.home, Swapped(laptop.home.config(), laptop.person.token), 0)
    assert [each.seq for each in own.closed] == [2]
    assert "another segment" in own.closed[0].why


def test_without_the_key_it_says_so_and_shows_the_rest(laptop: Laptop) -> None:
    laptop.home.path("epochs", f"{laptop.person.epoch}.key").unlink()
    own = look(laptop.home, 7)
    assert own.opened == ()
    assert "not on this laptop" in own.closed[0].why
    pages = ReplayPages(own, laptop.told.ask)
    try:
        with httpx.Client(follow_redirects=True) as http:
            assert "10 segments can&#39;t be shown" in http.get(pages.url).text.replace("'", "&#39;")
    finally:
        pages.close()


def test_a_task_that_was_sent_is_corrected_by_the_recorder(laptop: Laptop) -> None:
    headers = {"Cookie": f"replay={laptop.pages.server.token}"}
    url = f"http://{laptop.pages.server.host}"
    nine = midnight_us(2) + 9 * 3600 * S
    assert f'name="task" value="{nine}"' in httpx.get(f"{url}/stretch/0", headers=headers).text
    form = {"form": laptop.pages.server.form_token, "task": str(nine), "description": "a letter"}
    answer = httpx.post(f"{url}/correct", data=form, headers={**headers, "Accept-Language": "de"})
    assert "Berichtigt" in answer.text
    assert laptop.told.asked == [{"do": "task_correct", "task": nine, "description": "a letter"}]
    assert 'value="a letter"' in httpx.get(f"{url}/stretch/0", headers=headers).text
    laptop.told.state = ""
    assert "No recorder runs here" in httpx.post(f"{url}/correct", data=form, headers=headers).text


def test_only_the_printed_address_opens_it(laptop: Laptop) -> None:
    host = laptop.pages.server.host
    assert httpx.get(f"http://{host}/").status_code == 403
    assert httpx.get(f"http://{host}/stretch/0.json", headers={"Cookie": "replay=x"}).status_code == 403
    cookie = {"Cookie": f"replay={laptop.pages.server.token}"}
    assert httpx.get(f"http://{host}/", headers={**cookie, "Host": "evil.example"}).status_code == 403
    for form in ({}, {"form": "x"}):
        assert httpx.post(f"http://{host}/delete", data=form, headers=cookie).status_code == 403
    assert laptop.told.asked == []
    answer = httpx.get(f"http://{host}/stretch/0", headers=cookie)
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"
    drawn = httpx.get(f"http://{host}/stretch/0.json", headers=cookie)
    assert drawn.headers["Content-Type"] == "application/json"
    assert json.loads(drawn.text)["events"]
