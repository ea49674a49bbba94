"""The recorder's own page wears the same look: nothing inline, no violation, and the clicks that stopping takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import httpx
import pytest

from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.recorder import Recorder
from tests.support.chromium import Chromium, violations
from tests.support.told_recorder import ToldRecorder

EVIL = "<script>document.title='taken'</script>"


@pytest.fixture
def recorder() -> ToldRecorder:
    return ToldRecorder(EVIL)


@pytest.fixture
def laptop(recorder: ToldRecorder) -> Iterator[StatusPage]:
    page = StatusPage(cast("Recorder", recorder))
    yield page
    page.close()


def test_the_policy_of_the_page_allows_nothing_inline(laptop: StatusPage) -> None:
    with httpx.Client(follow_redirects=True) as http:
        answer = http.get(laptop.url)
        assert answer.status_code == 200
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "script" not in answer.headers["Content-Security-Policy"]
        assert "style=" not in answer.text
        style = http.get(f"http://{laptop.host}/style.css")
        assert style.headers["Content-Type"].startswith("text/css")
    assert httpx.get(f"http://{laptop.host}/style.css").status_code == 403


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


def test_pause_takes_one_click_leaving_two_deleting_all_two(
    browser: Chromium, laptop: StatusPage, recorder: ToldRecorder
) -> None:
    """Without any script: the first click opens what will happen, and closes it again; the second does it."""
    browser.go(laptop.url)
    seen = "checkVisibility({checkVisibilityCSS: true, contentVisibilityAuto: true})"
    assert browser.evaluate(f"document.getElementById('pause').{seen}")
    assert not browser.evaluate(f"document.getElementById('leave').{seen}")
    for number, (summary, button) in enumerate([(0, "Leave"), (1, "Delete everything")]):
        browser.go(laptop.url)
        browser.evaluate(f"document.querySelectorAll('summary')[{summary}].click()")
        assert not recorder.asked[number:]
        inside = f"[...document.querySelectorAll('details[open] button')].find((b) => b.innerText === '{button}')"
        assert browser.evaluate(f"{inside}.{seen}")
        browser.evaluate(f"{inside}.setAttribute('data-press', '')")
        browser.press("[data-press]")
        recorder.state = "recording"
    assert recorder.asked == [("opt_out", "", False), ("forget", 0, None)]
    browser.go(laptop.url)
    browser.press("#pause")
    assert recorder.asked[-1] == ("pause", "until-resumed")
