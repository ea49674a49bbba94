"""axe-core finds nothing to complain about on any page, in light and dark, wide and narrow."""

from __future__ import annotations

import pytest

from tests.support.chromium import Chromium, violations
from tests.support.portal_world import Portal

pytestmark = pytest.mark.early(2)


# Each theme and each width once; every pair in `make prove`.
@pytest.mark.parametrize(
    ("width", "theme"),
    [
        (1120, "light"), (360, "dark"),
        pytest.param(1120, "dark", marks=pytest.mark.prove), pytest.param(360, "light", marks=pytest.mark.prove),
    ],
)  # fmt: skip
def test_no_page_has_a_violation(browser: Chromium, portal: Portal, axe: str, theme: str, width: int) -> None:
    browser.theme(theme)
    browser.size(width, 800)
    found: dict[str, object] = {}
    for path in (*portal.paths, "/log/999999", "/policies/nothing"):
        browser.go(portal.url + path)
        if result := violations(browser, axe):
            found[path] = result
    assert found == {}


# What a person can act on and sees.
CONTROLS = """[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, '
+ '[tabindex="0"]')].filter((each) => each.checkVisibility({visibilityProperty: true}) && !each.disabled)"""
# The control that has the focus now: marked, and whether its outline is drawn; null behind the last one.
HERE = """(() => { const e = document.activeElement; if (e === document.body || e.reached) return null;
e.reached = true; const s = getComputedStyle(e);
return [(e.tagName + ' ' + (e.textContent || e.id)).trim().slice(0, 40), s.outlineStyle, s.outlineWidth]; })()"""
MISSED = f"{CONTROLS}.filter((each) => !each.reached).map((each) => each.outerHTML.slice(0, 100))"


def test_every_control_of_every_page_is_reached_and_seen_by_keyboard(browser: Chromium, portal: Portal) -> None:
    """Tab goes through all links and controls of a page, first to the way past the menu; each shows where it is."""
    for path in (*portal.paths, "/policies/nothing"):
        browser.go(portal.url + path)
        first = ""
        for _ in range(int(browser.evaluate(f"{CONTROLS}.length")) + 30):  # a field for dates has several stops
            browser.key("Tab")
            here = browser.evaluate(HERE)
            if here is None:
                if not browser.evaluate(MISSED):
                    break
                continue
            assert (here[1], here[2]) not in (("none", "0px"), ("none", "3px")), (path, here)
            first = first or here[0]
        assert first == "A To the content", path
        assert browser.evaluate(MISSED) == [], path


def test_a_choice_is_made_with_keys_alone(browser: Chromium, portal: Portal) -> None:
    browser.go(f"{portal.url}/policies")
    for _ in range(60):
        browser.key("Tab")
        if browser.evaluate("document.activeElement.value") == "dark":
            break
    browser.key("Enter", loads=True)
    assert browser.evaluate("document.documentElement.dataset.theme") == "dark"
