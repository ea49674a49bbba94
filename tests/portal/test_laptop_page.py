"""The recorder's own page: what waits is shown as it would leave, and goes when its person says so; nothing inline."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast, get_args

import httpx
import pytest

from aboveboard.core.events import Gap, Text
from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.recorder import Recorder
from aboveboard.recorder.words import PICTURES
from aboveboard.redact.pictures import WithheldReason
from tests.support.chromium import Chromium, violations
from tests.support.own_data import S, midnight_us
from tests.support.told_recorder import ToldRecorder

EVIL = "<script>document.title='taken'</script><img src=x>"
NINE_US = midnight_us(0) + 9 * 3600 * S
FIRST, SECOND = f"/stretch/{NINE_US}", f"/stretch/{NINE_US + 600 * S}"
SEEN = "checkVisibility({checkVisibilityCSS: true, contentVisibilityAuto: true})"


@pytest.fixture
def recorder(tmp_path: Path) -> ToldRecorder:
    return ToldRecorder(EVIL, tmp_path)


@pytest.fixture
def laptop(recorder: ToldRecorder) -> Iterator[StatusPage]:
    page = StatusPage(cast("Recorder", recorder), recorder.spool)
    yield page
    page.close()


@pytest.fixture
def person(laptop: StatusPage) -> Iterator[httpx.Client]:
    """Somebody with the address, without a browser."""
    with httpx.Client(follow_redirects=True, base_url=f"http://{laptop.host}") as http:
        http.get(laptop.url)
        yield http


def _post(person: httpx.Client, laptop: StatusPage, path: str, **fields: str) -> str:
    return person.post(path, data={"form": laptop.server.form_token, **fields}).text


def test_the_policy_of_the_page_allows_only_what_is_ours(laptop: StatusPage, person: httpx.Client) -> None:
    answer = person.get("/")
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self';" in policy
    assert "img-src 'self' data:;" in policy
    assert "style=" not in answer.text
    assert "onclick" not in answer.text
    assert person.get("/style.css").headers["Content-Type"].startswith("text/css")
    for path in ("/style.css", FIRST, f"{FIRST}.json", "/picture/1/4", "/scripts/replay.js"):
        assert httpx.get(f"http://{laptop.host}{path}").status_code == 403
        assert httpx.get(f"http://{laptop.host}{path}", headers={"Host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", ["recording", "paused", "not_allowed", "waiting_for_consent", "off"])
def test_it_is_accessible_fits_and_stays_on_the_laptop(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder, axe: str, theme: str, state: str
) -> None:
    recorder.state = state
    browser.theme(theme)
    browser.size(360, 800)
    browser.clear()
    browser.go(laptop.url)
    assert browser.problems == []
    assert all(url.startswith((f"http://{laptop.host}/", "data:")) for url in browser.requests)
    assert browser.evaluate("document.title") != "taken"
    assert browser.evaluate("document.documentElement.scrollWidth") <= 360
    assert browser.evaluate("getComputedStyle(document.querySelector('.state')).borderTopWidth") == "2px"
    assert violations(browser, axe) == []


@pytest.mark.parametrize(("theme", "width"), [("light", 1120), ("dark", 360)])
@pytest.mark.parametrize("path", [FIRST, SECOND, "/stretch/5"])
def test_what_waits_is_shown_as_it_would_leave(
    browser: Chromium, laptop: StatusPage, axe: str, theme: str, width: int, path: str
) -> None:
    browser.theme(theme)
    browser.size(width, 800)
    browser.go(laptop.url)
    browser.clear()
    browser.go(f"http://{laptop.host}{path}")
    if path != "/stretch/5":
        browser.wait("document.getElementById('replay').dataset.ready === 'yes'")
        assert browser.problems == []
    assert all(url.startswith((f"http://{laptop.host}/", "data:")) for url in browser.requests)
    assert browser.evaluate("document.documentElement.scrollWidth") <= width
    assert browser.evaluate("document.title") != "taken"
    assert violations(browser, axe) == []


def test_the_day_the_stretches_and_the_holes_are_on_the_first_page(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder
) -> None:
    browser.go(laptop.url)
    text = browser.text()
    for words in (
        "chromium", "libreoffice", "you paused", "It waits here for at least 24 hours", EVIL, "pictures: 5",
        "on their way: 2", "Ctrl+Alt+Shift+P pauses, in every program", "is taken by another program",
    ):  # fmt: skip
        assert words in text
    assert browser.evaluate("document.querySelectorAll('.plays a').length") == 3
    browser.press(f".plays a[href='{FIRST}']")
    told = browser.text()
    assert "Dear <PERSON_1>, they are ready. Call <PHONE_1>." in told
    assert "withheld: something in it could be read" in told
    browser.wait("[...document.querySelectorAll('.seen img')].every((each) => each.complete && each.naturalWidth)")
    sizes = browser.evaluate("[...document.querySelectorAll('.seen img')].map((each) => each.naturalWidth)")
    assert sizes == [320, 320, 320, 900]


def test_the_drawing_paints_what_the_frames_hold(browser: Chromium, laptop: StatusPage) -> None:
    """At each moment the frame that was seen last; the title bar of each has another colour."""
    browser.go(laptop.url)
    browser.go(f"http://{laptop.host}{FIRST}")
    browser.wait("document.getElementById('replay').dataset.ready === 'yes'")
    for at, blue in ((2000, 0x48), (5000, 0xC8), (11_000, 0x68)):
        browser.evaluate(f"document.getElementById('at').value = {at}; "
                         "document.getElementById('at').dispatchEvent(new Event('input'))")  # fmt: skip
        browser.wait(f"({_PIXEL})(700, 80)[2] === {blue}")
    assert browser.evaluate(f"({_PIXEL})(700, 80)")[:2] == [0x38, 0x58]


# The colour at a place of the screen.
_PIXEL = """((x, y) => { const c = document.getElementById('screen'), scale = c.width / (1280 + 24);
return [...c.getContext('2d').getImageData(Math.round(x * scale), Math.round(y * scale), 1, 1).data]; })"""


def test_the_drawing_is_what_is_in_the_spool_and_nothing_else(person: httpx.Client) -> None:
    told = person.get(f"{FIRST}.json").json()
    assert [each["k"] for each in told["pictures"]] == ["frame", "frame", "frame", "crop"]
    answer = person.get(told["pictures"][0]["src"])
    assert (answer.headers["Content-Type"], answer.content[:4]) == ("image/png", b"\x89PNG")
    answer = person.get(told["pictures"][3]["src"])
    assert (answer.headers["Content-Type"], answer.content[8:12]) == ("image/webp", b"WEBP")
    for path in ("/picture/1/0", "/picture/99/4", "/picture/1/99999", "/stretch/5.json", "/stretch/x", "/nothing"):
        assert person.get(path).status_code == 404


def _on_disk(recorder: ToldRecorder) -> str:
    return json.dumps([str(event) for _, chunk in recorder.spool.chunks() for event in chunk.events])


def test_a_part_is_deleted_and_nothing_beside_it(browser: Chromium, laptop: StatusPage, recorder: ToldRecorder) -> None:
    """The two moments come from the drawing."""
    browser.go(laptop.url)
    browser.go(f"http://{laptop.host}{FIRST}")
    browser.wait("document.getElementById('replay').dataset.ready === 'yes'")
    for at, mark in ((8000, "from"), (15_000, "to")):
        browser.evaluate(f"document.getElementById('at').value = {at}; "
                         "document.getElementById('at').dispatchEvent(new Event('input'))")  # fmt: skip
        browser.evaluate(f"document.querySelector('[data-mark={mark}]').click()")
    browser.press("#delete-part")
    assert "Deleted, gone from this laptop: " in browser.text()
    left = [event for _, chunk in recorder.spool.chunks() for event in chunk.events if event.t_us < NINE_US + 30 * S]
    assert [event.t_us - NINE_US for event in left if isinstance(event, Text)] == [3 * S]
    assert [(e.t_us - NINE_US, e.end_us - NINE_US) for e in left if isinstance(e, Gap) and e.reason == "forgotten"] == [
        (8 * S, 16 * S)
    ]
    browser.go(f"http://{laptop.host}/")
    assert "Deleted" not in browser.text()  # it is said once


def test_a_stretch_a_program_and_everything_are_deleted_without_any_script(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder
) -> None:
    browser.go(laptop.url)
    browser.scripts(allowed=False)
    browser.go(f"http://{laptop.host}{FIRST}")
    browser.press("#delete-all")
    assert "PERSON_1>, they" in _on_disk(recorder)  # the other letter
    assert FIRST not in _hrefs(browser)
    assert "SUBJECT" not in _on_disk(recorder)
    browser.evaluate("document.querySelectorAll('summary')[1].click()")
    browser.press("form:has(input[value=libreoffice]) button")
    assert "What was sent" not in browser.text()
    assert "PERSON_1>, they" not in _on_disk(recorder)
    assert "evil" in _on_disk(recorder)
    browser.press("form[action='/forget']:not(:has(input[name=last_s], input[name=app])) button")
    assert "evil" not in _on_disk(recorder)
    assert recorder.asked[-1] == ("forget", 0, None)


def _hrefs(browser: Chromium) -> list[str]:
    return cast("list[str]", browser.evaluate("[...document.querySelectorAll('.plays a')].map((e) => e.pathname)"))


def test_what_is_not_understood_deletes_nothing(
    laptop: StatusPage, person: httpx.Client, recorder: ToldRecorder
) -> None:
    stretch = str(NINE_US)
    for fields, why in (
        ({"stretch": stretch, "from": "soon", "to": "0:09"}, "minutes and seconds"),
        ({"stretch": stretch, "from": "0:09", "to": "0:03"}, "after the beginning"),
        ({"stretch": stretch, "from": "0:09"}, "minutes and seconds"),
        ({"stretch": "5"}, "sent or deleted meanwhile"),
        ({"stretch": "²"}, "sent or deleted meanwhile"),
        ({"last_s": "²"}, "number of seconds"),
    ):
        assert why in _post(person, laptop, "/forget", **fields)
    assert recorder.asked == []
    assert person.post("/forget", data={"stretch": stretch}).status_code == 403  # no form of this page


def test_a_task_is_corrected_in_its_stretch_and_what_follows_stands_on_the_first_page(
    laptop: StatusPage, person: httpx.Client, recorder: ToldRecorder
) -> None:
    nine = midnight_us(0) + 9 * 3600 * S
    html = person.get(FIRST).text
    assert f'name="task" value="{nine}"' in html
    assert "gone, and was not sent" in _post(person, laptop, "/correct", task=str(nine), description="a letter")
    assert 'value="a letter"' in person.get(FIRST).text
    answer = _post(person, laptop, "/correct", task=str(nine - S), description=f"sent before {EVIL}")
    assert "waits here first" in answer
    assert "<b>sent before &lt;script&gt;" in answer
    assert person.get(FIRST).status_code == 200, "it is no stretch, and ends none"
    german = person.get("/", headers={"Accept-Language": "de"}).text
    assert "Berichtigungen zu schon Versiegeltem" in german
    asked = len(recorder.asked)
    assert "the moment at which it began" in _post(person, laptop, "/correct", task="yesterday", description="x")
    assert len(recorder.asked) == asked


def test_what_was_sent_or_deleted_meanwhile_is_said(
    laptop: StatusPage, person: httpx.Client, recorder: ToldRecorder
) -> None:
    assert person.get(FIRST).status_code == 200
    recorder.spool.remove(recorder.spool.names())
    answer = person.get(FIRST)
    assert answer.status_code == 404
    assert "it was sent, or deleted" in answer.text
    assert "Nothing waits." in person.get("/").text


def test_only_what_changed_is_read_again(person: httpx.Client, recorder: ToldRecorder) -> None:
    read: list[str] = []
    was = recorder.spool.read
    recorder.spool.read = lambda name: read.append(name) or was(name)  # type: ignore[method-assign,func-returns-value]
    person.get("/")
    first = len(read)
    person.get("/")
    assert len(read) == first
    recorder.spool.forget(NINE_US + S, NINE_US + 2 * S)
    read.clear()
    person.get("/")
    assert len(read) == 1


def test_the_keyboard_alone_is_enough(browser: Chromium, laptop: StatusPage, recorder: ToldRecorder) -> None:
    """Tab reaches a stretch, the drawing's controls and the button that deletes; Enter presses it."""
    browser.go(laptop.url)
    assert _tab_to(browser, f"document.activeElement.pathname === '{FIRST}'")
    browser.key("Enter", loads=True)
    browser.wait("document.getElementById('replay')?.dataset.ready === 'yes'")
    assert _tab_to(browser, "document.activeElement.id === 'play'")
    assert _tab_to(browser, "document.activeElement.id === 'at'")
    before = browser.evaluate("document.getElementById('at').value")
    browser.key("ArrowRight")
    assert browser.evaluate("document.getElementById('at').value") != before
    assert _tab_to(browser, "document.activeElement.id === 'delete-all'")
    browser.key("Enter", loads=True)
    browser.wait("document.querySelector('[role=status]') !== null")
    assert recorder.asked == [("forget", NINE_US, None)]


def _tab_to(browser: Chromium, holds: str) -> bool:
    for _ in range(60):
        browser.key("Tab")
        if browser.evaluate(holds):
            return bool(browser.evaluate("document.activeElement.matches(':focus-visible')"))
    return False


def test_pause_takes_one_click_leaving_two_deleting_all_two(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder
) -> None:
    """Without any script: the first click opens what will happen, and closes it again; the second does it."""
    browser.go(laptop.url)
    assert browser.evaluate(f"document.getElementById('pause').{SEEN}")
    assert not browser.evaluate(f"document.getElementById('leave').{SEEN}")
    for number, (summary, button) in enumerate([(0, "Leave"), (1, "Delete everything")]):
        browser.go(laptop.url)
        browser.evaluate(f"document.querySelectorAll('summary')[{summary}].click()")
        assert not recorder.asked[number:]
        inside = f"[...document.querySelectorAll('details[open] button')].find((b) => b.innerText === '{button}')"
        assert browser.evaluate(f"{inside}.{SEEN}")
        browser.evaluate(f"{inside}.setAttribute('data-press', '')")
        browser.press("[data-press]")
        recorder.state = "recording"
    assert recorder.asked == [("opt_out", "", False, False), ("forget", 0, None)]
    browser.go(laptop.url)
    browser.press("#pause")
    assert recorder.asked[-1] == ("pause", "until-resumed")


@pytest.mark.parametrize(("press", "asked"), [
    ("#leave", ("opt_out", "power", False, False)), ("[name=withdraw]", ("opt_out", "power", False, True)),
    ("[name=delete]", ("opt_out", "power", True, False)),
])  # fmt: skip
def test_leaving_may_name_a_reason_and_take_back_what_was_given(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder, press: str, asked: tuple[object, ...]
) -> None:
    browser.go(laptop.url)
    browser.evaluate("document.getElementById('reason').value = 'power'")
    browser.scripts(allowed=False)
    browser.press(press)
    assert recorder.asked == [asked]


def test_a_pause_is_as_long_as_one_likes(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder, person: httpx.Client
) -> None:
    browser.go(laptop.url)
    browser.evaluate("document.getElementById('minutes').value = 95")
    browser.scripts(allowed=False)
    browser.press("#pause-for")
    assert recorder.asked == [("pause", "95m")]
    for wrong in ("0", "-5", "x", "10081", "9" * 30, "\u0665"):
        assert "has to be from 1 to 10080" in _post(person, laptop, "/pause", minutes=wrong)
    assert recorder.asked == [("pause", "95m")]


@pytest.mark.parametrize("path", ["/", FIRST, "/stretch/1", "/nothing"])
def test_pausing_takes_one_click_from_every_page(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder, path: str
) -> None:
    """And going on takes one too; neither needs a script."""
    browser.go(laptop.url)
    browser.scripts(allowed=False)
    browser.go(f"http://{laptop.host}{path}")
    browser.press("form[action='/pause'] button")
    assert recorder.asked == [("pause", "until-resumed")]
    browser.go(f"http://{laptop.host}{path}")
    assert browser.evaluate("document.querySelectorAll(\"form[action='/pause']\").length") == 0
    browser.press("form[action='/resume'] button")
    assert recorder.asked[-1] == ("resume",)


ENGLISH = re.compile(r"\b(the|you|your|what|nothing|this|of|and|delete|pause|recorded)\b", re.IGNORECASE)
# What people wrote, and what is marked as English for whoever listens.
OURS = """(() => { const page = document.body.cloneNode(true);
for (const each of page.querySelectorAll('[lang], code, kbd, .told b, .told code, .told .soft, .plays .soft, .lead, '
+ '.bars, tbody th:not(.soft), details form, input')) each.remove(); return page.textContent; })()"""


@pytest.mark.parametrize("path", ["/", FIRST, "/nothing"])
def test_every_page_speaks_german_to_whoever_asks_for_it(
    browser: Chromium, laptop: StatusPage, axe: str, path: str
) -> None:
    browser.call("Network.setExtraHTTPHeaders", headers={"Accept-Language": "de-DE,de;q=0.9"})
    try:
        browser.size(360, 800)
        browser.go(laptop.url)
        browser.go(f"http://{laptop.host}{path}")
        assert browser.evaluate("document.documentElement.lang") == "de"
        assert "Diese Seite ist auf Ihrem Laptop" in browser.text()
        assert ENGLISH.findall(browser.evaluate(OURS)) == []
        assert browser.evaluate("document.documentElement.scrollWidth") <= 360
        assert violations(browser, axe) == []
    finally:
        browser.call("Network.setExtraHTTPHeaders", headers={})


def test_every_reason_for_withholding_a_picture_has_words() -> None:
    assert set(PICTURES) == set(get_args(WithheldReason))
