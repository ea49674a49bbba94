"""What an attacker tries on the pages: scripts in texts, forms from elsewhere, other people's IDs, bad files."""

from __future__ import annotations

import os
import re

import httpx
import pytest

from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.policy import Consultation, SignedPolicy
from tests.support.chromium import Chromium
from tests.support.portal_world import Portal, bring, brought, build, manifest, settle, train
from tests.support.servers import Person, Researcher

EVIL = '</p></title><script>document.title="taken"</script><img src=x onerror=alert(1)>"\' onmouseover=alert(1) {{7*7}}'
UNSAFE = re.compile(r"unsafe-|\*|https?:")


def _every_answer(portal: Portal) -> list[httpx.Response]:
    """Pages, errors, files and what is shared, signed in."""
    http = portal.servers.http
    other = ("/log/x", "/policies/x", "/representatives/x", "/me/consents/x", "/me/accesses/9", "/me/everything",
             "/scripts/x.js", f"/representatives/{portal.proposal.policy_id}/file")  # fmt: skip
    answers = [http.get(path, headers={"Cookie": portal.cookies(path)}) for path in (*portal.paths, *other)]
    own = portal.members["representative"].headers
    return [
        *answers, http.post("/me", data={"token": "no"}), http.post("/sign-in", data={"name": "no"}),
        http.post("/representatives", content=b"x", headers=own),
    ]  # fmt: skip


def test_every_page_says_a_strict_policy(portal: Portal) -> None:
    for answer in _every_answer(portal):
        policy = answer.headers["Content-Security-Policy"]
        assert not UNSAFE.search(policy), answer.url
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "form-action 'self'" in policy
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<[^>]*\s(on\w+|style)\s*=|<style|javascript:", answer.text), answer.url


def test_a_script_in_a_policy_stays_text(browser: Chromium, portal: Portal) -> None:
    """In every free text of a proposal and of a published policy, on every page that shows them."""
    servers, world = portal.servers, portal.servers.world
    policy = world.policy(
        version=66, title=EVIL, controller=EVIL, contact=EVIL, legal_basis=EVIL, compensation=EVIL, notice_days=0,
        never_record=("*bank*", EVIL), consultation=Consultation((EVIL,), "2026-10-01", EVIL),
    )  # fmt: skip
    assert bring(portal, world.signed(policy, [world.employer]).to_bytes()) == 303
    proposal = f"/representatives/{policy.policy_id}"
    _stays_text(browser, portal, ("/representatives", proposal))
    assert bring(portal, world.signed(policy, world.representatives[:2]).to_bytes()) == 303
    settle(servers)
    person = Person(servers)
    servers.policy, before = policy, servers.policy
    try:
        person.ready()
    finally:
        servers.policy = before
    browser.cookie(portal.url, "device", person.session, "/me")
    _stays_text(browser, portal, ("/", "/policy", "/policies", f"/policies/{policy.policy_id}", "/me"))


def _stays_text(browser: Chromium, portal: Portal, paths: tuple[str, ...]) -> None:
    for path in paths:
        browser.clear()
        browser.go(portal.url + path)
        assert "<script>document.title" in browser.text(), path
        assert "{{7*7}}" in browser.text(), path
        assert browser.evaluate("document.title") != "taken", path
        assert browser.evaluate("document.querySelectorAll('main script, main img').length") == 0, path
        assert browser.problems == [], path


def test_a_script_in_a_comment_stays_text_and_the_thread_stays_with_the_policy(
    browser: Chromium, portal: Portal
) -> None:
    """Written by a representative, under the name of their account, whatever the form says; read by everybody."""
    representative, path = portal.members["representative"], f"/representatives/{portal.proposal.policy_id}"
    http = portal.servers.http
    answer = http.post(f"{path}/comments", data={"text": EVIL, "author": "Somebody else"},
                       headers=representative.headers)  # fmt: skip
    assert answer.status_code == 303
    _stays_text(browser, portal, (path,))
    text = representative.get(path).text
    assert representative.name in text
    assert "Somebody else" not in text
    for headers, status in (({}, 401), (portal.members["researcher"].headers, 403),
                            ({**representative.headers, "Origin": "https://evil.example"}, 403)):  # fmt: skip
        assert http.post(f"{path}/comments", data={"text": "no"}, headers=headers).status_code == status
    for bad in ("", " ", "x" * 4001):
        answer = http.post(f"{path}/comments", data={"text": bad}, headers=representative.headers)
        assert (answer.status_code, "1 to 4,000 characters" in answer.text) == (400, True)
    assert http.post("/representatives/nothing/comments", data={"text": "no"},
                     headers=representative.headers).status_code == 404  # fmt: skip


def test_somebody_elses_laptop_is_not_signed_off(portal: Portal) -> None:
    mine, other = portal.person, Person(portal.servers).ready()
    headers = {"Cookie": f"device={other.session}", "Origin": portal.url}
    answer = portal.servers.http.post(f"/me/devices/{mine.device}/revocation", headers=headers)
    assert answer.status_code == 404
    assert mine.send(mine.sealed()).status_code == 201
    assert portal.servers.http.post(f"/me/devices/{other.device}/revocation", headers=headers).status_code == 303
    assert other.send(other.sealed()).status_code == 401


def test_a_script_in_a_readers_name_stays_text(browser: Chromium, portal: Portal) -> None:
    reader = Researcher(portal.servers, changes={"reader": EVIL})
    assert reader.bring().status_code == 201
    person = Person(portal.servers).ready()
    reader.release()
    browser.cookie(portal.url, "device", person.session, "/me")
    _stays_text(browser, portal, ("/me",))


def test_a_script_in_a_datasets_title_stays_text(browser: Chromium, portal: Portal) -> None:
    """On every page that shows it. A model's name is a hash: there is nothing to put a script into."""
    reader = Researcher(portal.servers, changes={"reader": EVIL})
    assert reader.bring().status_code == 201
    person = Person(portal.servers).ready()
    assert person.send(person.sealed()).status_code == 201
    sources = (SegmentId(person.prev),)
    data, model = manifest(portal.servers, EVIL, sources), sha256_hex(b"evil")
    dataset = build(reader, data, sources)
    train(reader, model, dataset)
    settle(portal.servers)
    assert bring(portal, data, "/researchers/cards") == 303
    browser.cookie(portal.url, "device", person.session, "/me")
    pages = ("/datasets", f"/datasets/{dataset}", "/models", f"/models/{model}", "/uses", "/researchers", "/me")
    _stays_text(browser, portal, pages)


@pytest.mark.parametrize("path", ["/log/{}", "/policies/{}", "/representatives/{}", "/me/consents/{}",
                                  "/datasets/{}", "/models/{}", "/researchers/{}/file"])  # fmt: skip
def test_a_script_in_an_address_is_not_given_back(portal: Portal, path: str) -> None:
    answer = portal.servers.get(path.format("%3Cscript%3Ealert(1)%3C%2Fscript%3E"),
                                Cookie=f"{portal.cookies(path)}; theme=<script>")  # fmt: skip
    assert answer.status_code == 404
    assert "<script>" not in answer.text


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Origin": "null"},
                                     {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}])  # fmt: skip
def test_a_form_on_another_site_changes_nothing(portal: Portal, headers: dict[str, str]) -> None:
    """Neither signs somebody in as another, nor out, nor brings a proposal, nor sets a cookie."""
    http, world = portal.servers.http, portal.servers.world
    for path, data in (("/me", {"token": portal.person.token}), ("/me/leave", {}), ("/theme", {"theme": "dark"})):
        answer = http.post(path, data=data, headers={"Cookie": portal.cookies(path), **headers})
        assert answer.status_code == 403, path
        assert "Set-Cookie" not in answer.headers
    policy = world.policy(version=50)
    assert bring(portal, world.signed(policy, [world.employer]).to_bytes(), **headers) == 403
    assert portal.members["steward"].get(f"/representatives/{policy.policy_id}").status_code == 404


def test_no_script_reads_the_session_and_the_token_is_not_in_it(portal: Portal) -> None:
    """A cookie planted beforehand is worth nothing, and is replaced at signing in."""
    http = portal.servers.http
    answer = http.post("/me", data={"token": portal.person.token}, headers={"Cookie": "device=planted"})
    cookie = answer.headers["Set-Cookie"]
    assert portal.person.token not in cookie
    assert "planted" not in cookie
    for word in ("HttpOnly", "SameSite=strict", "Path=/me", "Max-Age=3600"):
        assert word in cookie
    http.cookies.clear()
    for path in ("/me", "/me/everything", "/me/accesses/6", "/me/consents/x", "/me/proofs/x"):
        for cookies in ("device=planted", f"device={portal.person.token}", ""):
            refused = portal.servers.get(path, Cookie=cookies)
            assert (refused.status_code, refused.headers["Location"]) == (303, "/me/sign-in")


def test_somebody_elses_ids_find_nothing(portal: Portal) -> None:
    mine, other = portal.person, Person(portal.servers).ready()
    settle(portal.servers)
    assert mine.consent is not None
    consent = mine.consent.record.consent_id
    own = portal.servers.proven(f"/me/consents/{consent}", {"Cookie": f"device={mine.session}"})
    assert own.status_code == 200
    [index] = {int(found) for found in re.findall(r"/me/accesses/(\d+)", _me(portal, mine).text)} - _later(portal)
    assert portal.servers.get(f"/me/accesses/{index}", Cookie=f"device={mine.session}").status_code == 200
    for path in (f"/me/consents/{consent}", f"/me/accesses/{index}"):
        assert portal.servers.get(path, Cookie=f"device={other.session}").status_code == 404
    everything = portal.servers.get("/me/everything", Cookie=f"device={other.session}").text
    assert other.contributor in everything
    assert mine.contributor not in everything
    assert mine.contributor not in _me(portal, other).text


def _me(portal: Portal, person: Person) -> httpx.Response:
    return portal.servers.get("/me", Cookie=f"device={person.session}")


def _later(portal: Portal) -> set[int]:
    """Releases that other tests made."""
    return set(range(10, portal.servers.service.log.size))


def test_only_a_signer_of_the_charter_gets_a_text_onto_the_page(portal: Portal) -> None:
    world = portal.servers.world
    policy = world.policy(version=51, title="Somebody's text")
    for signed in (world.signed(policy, []), world.signed(policy, [world.stewards[0]])):
        assert bring(portal, signed.to_bytes()) == 403
    moved = world.signed(world.policy(version=52), [world.employer]).signatures
    assert bring(portal, SignedPolicy.of(policy.to_bytes(), moved).to_bytes()) == 403
    assert "Somebody's text" not in portal.members["representative"].get("/representatives").text


def test_a_bad_signature_neither_counts_nor_stays(portal: Portal) -> None:
    world = portal.servers.world
    policy, other = world.policy(version=53, title="With a bad one"), world.policy(version=54)
    good = world.signed(policy, [world.employer]).signatures
    bad = world.signed(other, world.representatives[:2]).signatures
    assert bring(portal, SignedPolicy.of(policy.to_bytes(), (*bad, *good)).to_bytes()) == 303
    kept = portal.members["representative"].get(f"/representatives/{policy.policy_id}/file").content
    assert SignedPolicy.parse(kept).signatures == good
    assert "2 more of the representatives" in portal.members["steward"].get(f"/representatives/{policy.policy_id}").text


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff" * 100, os.urandom(3000), b"[" * 100_000])
def test_a_file_that_is_no_policy_is_refused_in_words(portal: Portal, body: bytes) -> None:
    answer = brought(portal, body)
    assert answer.status_code == 400
    assert "That did not work" in answer.text


def test_a_body_over_the_bound_is_refused(portal: Portal) -> None:
    assert bring(portal, b"x" * (2 << 20)) == 400


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/x?y", "/a\r\nSet-Cookie: b"]
)
def test_choosing_a_theme_leads_nowhere_else(portal: Portal, back: str) -> None:
    answer = portal.servers.http.post("/theme", data={"theme": "dark", "back": back})
    portal.servers.http.cookies.clear()
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


def test_no_public_page_names_a_person_or_a_device(portal: Portal) -> None:
    """Whose grant it is stands on the page of grants, for those who may take it back."""
    for path in portal.paths:
        if not path.startswith("/me"):
            text = portal.member_of(path).get(path).text
            reader = () if path == "/grants" else ("Fola",)
            for secret in (portal.person.contributor, portal.person.device, portal.person.token, *reader):
                assert secret not in text, path
