"""Each role's main paths in a real browser, on a collector that `aboveboard simulate` has filled: every page that can
be reached by following links is read, in light and dark."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.cli import main
from aboveboard.core.access import SignedGrant, sign_grant
from aboveboard.core.policy import SignedPolicy, sign_policy
from tests.support.chromium import Chromium, violations
from tests.support.portal_world import settle
from tests.support.servers import Researcher
from tests.support.simulated import PEOPLE, Simulated, simulated

pytestmark = pytest.mark.prove

# Links of a page to other places of this server, without what only changes something.
LINKS = """[...document.querySelectorAll('a[href]')].map((each) => each.href)
.filter((each) => each.startsWith(location.origin)).map((each) => each.slice(location.origin.length).split('#')[0])"""


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulated]:
    with simulated(tmp_path_factory.mktemp("simulated")) as made:
        yield made


@pytest.fixture
def visitor(_chromium: Chromium) -> Chromium:
    _chromium.call("Network.clearBrowserCookies")
    _chromium.size(1120, 800)
    _chromium.theme("light")
    _chromium.scripts(allowed=True)
    _chromium.clear()
    return _chromium


def _sign_in(browser: Chromium, filled: Simulated, role: str) -> None:
    if role == "contributor":
        browser.cookie(filled.url, "device", filled.session(filled.person), "/me")
    elif role != "nobody":
        browser.cookie(filled.url, "session", filled.members[role].session, "/")


def _kind(path: str) -> str:
    return re.sub(r"[0-9a-f]{64}|[0-9a-f]{32}|\d+", "N", path)


def _is_page(filled: Simulated, path: str, cookies: str) -> bool:
    """A file is read here and not in the browser, which would save it."""
    answer = filled.servers.http.get(path, headers={"Cookie": cookies})
    assert answer.status_code < 400, path
    return answer.status_code == 303 or answer.headers["Content-Type"].startswith("text/html")


# Pages that each role has to come to by links alone.
MUST = {
    "nobody": {"/", "/policies", "/policies/N", "/policies/N/notice", "/log", "/log/N", "/uses", "/datasets",
               "/datasets/N", "/models", "/models/N", "/deletions", "/verify", "/charter", "/stop", "/sign-in",
               "/set-up", "/me/sign-in"},
    "contributor": {"/me", "/me/proofs/N", "/stop", "/datasets/N", "/models/N", "/log/N", "/policies/N"},
    "representative": {"/representatives", "/representatives/N", "/account", "/uses", "/deletions"},
    "steward": {"/stewards", "/stewards/policy", "/researchers", "/representatives", "/exemptions", "/account"},
    "researcher": {"/researchers", "/datasets/N", "/models/N", "/account"},
}  # fmt: skip


@pytest.mark.parametrize("role", MUST)
def test_every_page_that_links_lead_to_is_sound(visitor: Chromium, filled: Simulated, axe: str, role: str) -> None:
    """No console error, nothing asked of another origin, no broken link, nothing that axe-core finds, no mistake of the
    server's; whoever may not see a page is led to signing in."""
    _sign_in(visitor, filled, role)
    of_a_kind = 2 if role == "nobody" else 1  # pages that differ in a number or a hash only
    cookies = f"session={filled.members[role].session}" if role in filled.members else ""
    if role == "contributor":
        cookies = f"device={filled.session(filled.person)}"
    waiting, seen, kinds, found = ["/"], {"/"}, Counter[str](), set[str]()
    while waiting:
        path = waiting.pop(0)
        visitor.clear()
        visitor.go(filled.url + path)
        found.add(_kind(str(visitor.evaluate("location.pathname"))))
        refused = visitor.evaluate("document.querySelector('main [role=alert]') !== null")
        assert refused or visitor.problems == [], (path, visitor.problems)
        assert [url for url in visitor.requests if not url.startswith((filled.url, "data:"))] == [], path
        assert visitor.evaluate("document.querySelectorAll('h1').length") == 1, path
        for theme in ("light", "dark"):
            visitor.theme(theme)
            assert violations(visitor, axe) == [], (path, theme)
        for link in visitor.evaluate(LINKS):
            if link in seen or kinds[_kind(link)] >= of_a_kind:
                continue
            seen.add(link)
            kinds[_kind(link)] += 1
            if _is_page(filled, link, cookies):
                waiting.append(link)
    assert MUST[role] - found == set()
    assert not any("/me" in each and each != "/me/sign-in" for each in found) or role == "contributor"


def test_a_contributor_sees_what_is_held_who_read_it_and_what_it_became(visitor: Chromium, filled: Simulated) -> None:
    person = filled.person
    visitor.go(f"{filled.url}/me")
    visitor.evaluate(f"document.getElementById('token').value = {json.dumps(person.token)}")
    visitor.scripts(allowed=False)
    visitor.press("main form button")
    visitor.scripts(allowed=True)
    text = visitor.text()
    for wanted in ("Marta Lindqvist", "train-agents", "Office tasks, spring", "Office tasks, summer",
                   "affected by a deletion", "one paid hour a month"):  # fmt: skip
        assert wanted in text, wanted
    held = visitor.evaluate("document.querySelector('td[data-name=held]').textContent")
    assert int(held) == len(person.acknowledged)
    visitor.press("a[href^='/me/proofs/']")
    visitor.evaluate("document.getElementById('verify').click()")
    visitor.wait("document.querySelector('#result b') !== null")
    assert visitor.evaluate("document.querySelector('#result b').textContent") == "It is yours, and in the log."
    assert visitor.problems == []
    others = [each.contributor for each in filled.laptops if each is not person]
    assert not any(each in visitor.text() or each in text for each in others)


def test_a_representative_reads_a_proposal_signs_it_and_brings_it(
    visitor: Chromium, filled: Simulated, tmp_path: Path
) -> None:
    _sign_in(visitor, filled, "representative")
    visitor.go(f"{filled.url}/representatives")
    assert f"{PEOPLE // 10 * 10} or more" in visitor.text()
    visitor.press(f"a[href='/representatives/{filled.proposal.policy_id}']")
    assert "apps: gimp is added" in visitor.text()
    answer = filled.members["representative"].get(f"/representatives/{filled.proposal.policy_id}/file")
    signed = SignedPolicy.parse(answer.content)
    for key in filled.servers.world.representatives[:2]:
        signed = SignedPolicy.of(signed.policy_bytes, (*signed.signatures, sign_policy(signed.policy_bytes, key)))
    path = tmp_path / "signed.json"
    path.write_bytes(signed.to_bytes())
    visitor.go(f"{filled.url}/representatives")
    visitor.choose_file("#file", path)
    visitor.press("form[enctype] button")
    assert visitor.evaluate("location.pathname") == f"/policies/{filled.proposal.policy_id}"
    settle(filled.servers)


def test_a_steward_sees_the_programme_and_no_person(visitor: Chromium, filled: Simulated) -> None:
    _sign_in(visitor, filled, "steward")
    visitor.go(f"{filled.url}/stewards")
    text = visitor.text()
    assert f"{PEOPLE // 10 * 10} or more" in text
    assert not any(each.contributor in text or each.device in text for each in filled.laptops)
    visitor.press("a[href='/stewards/policy']")
    visitor.evaluate("document.getElementById('apps').value += '\\ninkscape'")
    visitor.press("form[action='/stewards/policy'] button.first")
    assert "It is complete." in visitor.text()
    assert visitor.problems == []


def test_a_researcher_asks_for_a_grant_that_two_stewards_approve(
    visitor: Chromium, filled: Simulated, tmp_path: Path
) -> None:
    _sign_in(visitor, filled, "researcher")
    visitor.go(f"{filled.url}/researchers")
    asked = Researcher(filled.servers, 0, {"reader": "Ines Duarte"}).signed.grant
    form = {"reader": asked.reader, "purpose": asked.purpose, "policy": asked.policies[0], "days": "30",
            "reader_key": asked.reader_key, "reader_recipient": asked.reader_recipient}  # fmt: skip
    answer = filled.servers.http.post("/researchers/ask", data=form, headers=filled.members["researcher"].headers)
    grant, path = SignedGrant.parse(answer.content), tmp_path / "grant.json"
    for number, key in enumerate(filled.servers.world.stewards[:2]):
        grant = sign_grant(grant, key)
        path.write_bytes(grant.to_bytes())
        visitor.choose_file("#file", path)
        visitor.press("form[action='/researchers'] button")
        assert "Ines Duarte: train-agents" in visitor.text()
        assert ("It has all approvals" in visitor.text()) == (number == 1)


def test_the_three_commands_do_as_the_page_says(
    visitor: Chromium, filled: Simulated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """An auditor, without an account, types what stands there; the third is for a contributor's own laptop."""
    visitor.go(f"{filled.url}/verify")
    lines = visitor.evaluate("[...document.querySelectorAll('ol.steps pre')].map((each) => each.textContent)")
    assert len(lines) == 3
    monkeypatch.chdir(tmp_path)
    (tmp_path / "charter.json").write_bytes(filled.servers.world.charter.to_bytes())
    for line in lines[:2]:
        assert main(line.split()[1:]) in (0, 3), line
        said = capsys.readouterr()
        assert "fails" not in said.out, line
    visitor.go(f"{filled.url}/log")
    visitor.press("tbody a[href^='/log/']")
    visitor.evaluate("document.getElementById('verify').click()")
    visitor.wait("document.querySelector('#result b') !== null")
    assert visitor.evaluate("document.querySelector('#result b').textContent") == "It is in the log."
