"""axe-core finds nothing to complain about on any page, in light and dark, wide and narrow."""

from __future__ import annotations

import pytest

from tests.support.chromium import Chromium, violations
from tests.support.portal_world import Portal


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1120, 360])
def test_no_page_has_a_violation(browser: Chromium, portal: Portal, axe: str, theme: str, width: int) -> None:
    browser.theme(theme)
    browser.size(width, 800)
    found: dict[str, object] = {}
    for path in (*portal.paths, "/log/999999", "/policies/nothing"):
        browser.go(portal.url + path)
        if result := violations(browser, axe):
            found[path] = result
    assert found == {}


def test_every_control_is_reached_and_seen_by_keyboard(browser: Chromium, portal: Portal) -> None:
    """Tab goes through all links and controls of a page, first to the way past the menu; each shows where it is."""
    browser.go(f"{portal.url}/representatives")
    seen: list[str] = []
    for _ in range(60):
        browser.call("Input.dispatchKeyEvent", type="keyDown", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        browser.call("Input.dispatchKeyEvent", type="keyUp", key="Tab", code="Tab", windowsVirtualKeyCode=9)
        here = browser.evaluate(
            "(() => { const e = document.activeElement; const s = getComputedStyle(e); const name = e.tagName + ' ' + "
            "(e.textContent || e.id).trim().slice(0, 30); return [name, s.outlineStyle, s.outlineWidth]; })()"
        )
        if here[0] in seen or here[0].startswith("BODY"):
            break
        assert (here[1], here[2]) != ("none", "0px"), here
        seen.append(here[0])
    assert seen[0] == "A To the content"
    assert "BUTTON Bring it" in seen
    assert "BUTTON Dark" in seen
