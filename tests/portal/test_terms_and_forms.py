"""The newer pages do what they say: the notice in English is the core's, the form writes what compiles, grants need a
steward's hand, and one's own word is checked in the browser."""

from __future__ import annotations

import html
import re

import pytest

from aboveboard.core.access import SignedGrant
from aboveboard.core.policy_words import explain, sections
from aboveboard.core.policy_yaml import compile_policy
from aboveboard.portal import policy_form
from aboveboard.portal.notice import notice, notice_text
from aboveboard.ui.language import chosen, speech
from tests.support.chromium import Chromium
from tests.support.portal_world import Portal, bring
from tests.support.servers import Person, Researcher


def test_the_notice_on_the_page_is_the_one_that_is_posted(portal: Portal) -> None:
    words, charter = speech("aboveboard.portal", "en"), portal.servers.world.charter
    for policy in (portal.servers.policy, portal.proposal):
        assert notice(policy, charter, words) == sections(policy, charter)
        assert notice_text(policy, charter, words) == explain(policy, charter)


def test_a_language_that_is_not_here_is_not_spoken() -> None:
    assert chosen("", "fr, xx;q=0.9, *;q=0.1") == "en"
    assert chosen("<script>", ";;;,q=,en;q=x") == "en"


def test_the_form_writes_a_policy_that_compiles_to_the_same() -> None:
    fields = policy_form.start(None)
    written = policy_form.write(fields)
    assert written.policy is not None
    assert compile_policy(written.yaml) == written.policy
    assert policy_form.start(written.policy)["version"] == written.policy.version + 1
    broken = policy_form.write({**fields, "regions": []})
    assert broken.policy is None
    assert "region" in broken.where + broken.problem


def test_the_steward_writes_a_policy_without_any_script(browser: Chromium, portal: Portal) -> None:
    browser.go(f"{portal.url}/stewards/policy")
    browser.evaluate("document.getElementById('apps').value += '\\ngimp'")
    browser.scripts(allowed=False)
    browser.press("form[action='/stewards/policy'] button.first")
    text = browser.text()
    assert "It is complete." in text
    assert "apps: gimp is added" in text


@pytest.mark.parametrize("signed", [0, 1])
def test_a_grant_is_listed_once_a_steward_has_signed_it(portal: Portal, signed: int) -> None:
    grant = Researcher(portal.servers, signed, {"reader": f"Reader {signed} <b>"}).signed
    assert bring(portal, grant.to_bytes(), "/researchers") == (303 if signed else 403)
    text = portal.members["researcher"].get("/researchers").text
    assert (f"Reader {signed} &lt;b&gt;" in text) == bool(signed)
    assert f"Reader {signed} <b>" not in text
    if signed:
        kept = portal.members["steward"].get(f"/researchers/{grant.grant.grant_id}/file").content
        assert SignedGrant.parse(kept) == grant


def test_ones_own_word_is_checked_in_the_browser_and_nobody_elses(browser: Chromium, portal: Portal) -> None:
    consent = portal.person.consent
    assert consent is not None
    path = f"/me/proofs/{consent.record.consent_id}"
    other = Person(portal.servers).ready()
    assert portal.servers.get(path, Cookie=f"device={other.session}").status_code == 404
    other_salt = "document.getElementById('check').dataset.salt = '0'.repeat(32)"
    for change, said in (("", "It is yours, and in the log."), (other_salt, "The check fails.")):
        browser.go(portal.url + path)
        browser.evaluate(change or "0")
        browser.evaluate("document.getElementById('verify').click()")
        browser.wait("document.querySelector('#result b') !== null")
        assert browser.evaluate("document.querySelector('#result b').textContent") == said


def test_the_yaml_comes_as_a_file_only_when_it_is_a_policy(portal: Portal) -> None:
    text, own = policy_form.write(policy_form.start(None)).yaml, portal.members["steward"].headers
    answer = portal.servers.http.post("/stewards/policy/file", data={"yaml": text}, headers=own)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    refused = portal.servers.http.post("/stewards/policy/file", data={"yaml": "<script>alert(1)</script>"}, headers=own)
    assert refused.status_code == 400
    assert "<script>alert" not in refused.text
    assert re.search("policy", html.unescape(refused.text))
