"""The pages in a real Chromium: nothing from elsewhere, no console error, no sideways scrolling, main paths with and
without JavaScript."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aboveboard.core.policy import SignedPolicy, sign_policy
from aboveboard.core.signing import SigningKey
from tests.support.chromium import Chromium
from tests.support.portal_world import Portal, settle


@pytest.mark.parametrize("width", [1120, 360])
def test_every_page_stays_at_home_and_fits(browser: Chromium, portal: Portal, width: int) -> None:
    browser.size(width, 800)
    for path in portal.paths:
        browser.clear()
        browser.go(portal.url + path)
        assert browser.problems == [], path
        strangers = [url for url in browser.requests if not url.startswith((portal.url, "data:"))]
        assert strangers == [], path
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, path
        assert browser.evaluate("document.querySelectorAll('h1').length") == 1, path


@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.prove)])
def test_an_entry_is_checked_in_the_browser(browser: Chromium, portal: Portal, every: bool) -> None:
    """One of each kind, and proofs of each shape: the log holds what every other test of the pages did."""
    log = portal.servers.service.log
    kinds = {json.loads(entry)["kind"]: index for index, entry in enumerate(log.entries(0, log.size))}
    edges = {side for power in range(log.size.bit_length()) for side in (2**power - 1, 2**power)}
    chosen = {*kinds.values(), *(edges & {*range(log.size)}), log.size - 1}
    for index in range(log.size) if every else sorted(chosen):
        browser.go(f"{portal.url}/log/{index}")
        assert _verdict(browser) == "It is in the log.", index
    assert browser.problems == []


def test_the_browser_finds_an_entry_that_is_not_in_the_log(browser: Chromium, portal: Portal) -> None:
    browser.go(f"{portal.url}/log/1")
    browser.evaluate("document.getElementById('check').dataset.entry = btoa('{\"kind\":\"policy\"}')")
    assert _verdict(browser) == "The check fails."


@pytest.mark.parametrize("change", ["c.log.key = w", "c.witnesses.quorum.need = 3", "c.witnesses.keys.pop()",
                                    "c.log.origin += 'x'"])  # fmt: skip
def test_the_browser_goes_by_the_persons_own_charter(
    browser: Chromium, portal: Portal, tmp_path: Path, change: str
) -> None:
    """With another log key, other witnesses or a quorum not met, the same proof does not hold."""
    own = tmp_path / "charter.json"
    own.write_bytes(portal.servers.world.charter.to_bytes())
    browser.go(f"{portal.url}/log/1")
    browser.choose_file("#charter", own)
    assert _verdict(browser) == "It is in the log."
    text = browser.evaluate(
        f"(() => {{ const c = {own.read_text()}; const w = {json.dumps(_other_key())}; {change}; "
        "return JSON.stringify(c); })()"
    )
    own.write_text(text)
    browser.go(f"{portal.url}/log/1")
    browser.choose_file("#charter", own)
    assert _verdict(browser) == "The check fails."


def _other_key() -> str:
    return SigningKey.generate("log.example").verify_key.encode()


def _verdict(browser: Chromium) -> str:
    browser.evaluate("document.getElementById('result').replaceChildren()")
    browser.evaluate("document.getElementById('verify').click()")
    browser.wait("document.querySelector('#result b') !== null")
    return str(browser.evaluate("document.querySelector('#result b').textContent"))


def test_signing_in_looking_and_leaving_need_no_script(browser: Chromium, portal: Portal) -> None:
    browser.call("Network.clearBrowserCookies")
    browser.go(f"{portal.url}/me")
    browser.evaluate(f"document.getElementById('token').value = {json.dumps(portal.person.token)}")
    browser.scripts(allowed=False)
    browser.press("main form button")
    text = browser.text()
    assert "Fola" in text
    assert "train-agents" in text
    assert "steward-0, steward-1" in text
    assert "one paid hour a month" in text
    browser.press("a[href='/stop']")
    assert "aboveboard opt-out" in browser.text()
    browser.go(f"{portal.url}/me")
    browser.press("form[action='/me/leave'] button")
    browser.go(f"{portal.url}/me")
    assert browser.evaluate("document.getElementById('token') !== null")


def test_light_and_dark_are_a_choice_that_stays(browser: Chromium, portal: Portal) -> None:
    paper = "getComputedStyle(document.body).backgroundColor"
    browser.go(f"{portal.url}/log")
    light = browser.evaluate(paper)
    browser.scripts(allowed=False)
    browser.press("form[action='/theme'] button[value='dark']")
    assert browser.evaluate("location.pathname") == "/log"
    dark = browser.evaluate(paper)
    assert light != dark
    browser.go(f"{portal.url}/uses")
    assert browser.evaluate(paper) == dark
    browser.press("form[action='/theme'] button[value='']")
    assert browser.evaluate(paper) == light


def test_a_representative_signs_offline_and_brings_it_back(browser: Chromium, portal: Portal, tmp_path: Path) -> None:
    """Two signatures, one after another; with the second it is complete, and in the log."""
    world, servers = portal.servers.world, portal.servers
    policy = world.policy(version=7, title="A seventh", notice_days=0)
    signed = world.signed(policy, [world.employer])
    for number, key in enumerate(world.representatives[:2]):
        signed = SignedPolicy.of(signed.policy_bytes, (*signed.signatures, sign_policy(signed.policy_bytes, key)))
        path = tmp_path / "signed.json"
        path.write_bytes(signed.to_bytes())
        browser.go(f"{portal.url}/representatives")
        browser.choose_file("#file", path)
        browser.scripts(allowed=False)
        browser.press("form[enctype] button")
        browser.scripts(allowed=True)
        where = browser.evaluate("location.pathname")
        assert where == (f"/representatives/{policy.policy_id}" if number == 0 else f"/policies/{policy.policy_id}")
    settle(servers)
    assert browser.problems == []
    assert portal.members["steward"].get(f"/representatives/{policy.policy_id}").status_code == 404
    assert "A seventh" in servers.get("/policies").text
