"""Every route of the table against four attacks: somebody else's ID, a form on another site, a frame on another site,
and a script in what a page gives back. A new route has to be named here, or a test fails."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from aboveboard.collector.identity.table import TABLE, Row
from aboveboard.collector.storage.tables import epochs
from aboveboard.core.ids import sha256_hex
from aboveboard.portal.render import SCRIPTS
from aboveboard.wire.api import reader_headers
from aboveboard.witness.http import Reply, Route
from tests.support.chromium import Chromium
from tests.support.portal_world import Portal, build, manifest, settle
from tests.support.servers import Person, Researcher, now_us, small_server

SCRIPT = '"><script>document.title="taken"</script>'
ID = re.compile(r"{\w+}")
# Which of them the values of a person's own are in; see Own.
NAMED = {"consent", "index", "device_id", "device", "seq", "epoch", "name", "grant_id", "segment", "manifest"}


@dataclass
class Own:
    """Two people and two readers. ids: of the first, for a path's parameters; bodies: what the first one sent there."""

    portal: Portal
    mine: Person
    other: Person
    reader: Researcher
    stranger: Researcher
    ids: dict[str, str]
    bodies: dict[str, bytes]

    def ask(self, row: Row, person: Person, reader: Researcher) -> httpx.Response:
        path = ID.sub(lambda found: self.ids[found[0][1:-1]], row.path)
        headers = {"Origin": self.portal.url}
        if "laptop" in row.who:
            headers |= person.headers
        elif "contributor" in row.who:
            headers["Cookie"] = f"device={person.session}"
        elif "reader" in row.who:
            headers |= reader_headers(reader.key, row.method, path, now_us())
        body = self.bodies.get(row.path, b"")
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers["Content-Digest"] = f"sha-256=:{digest}:"
        answer = self.portal.servers.http.request(row.method, path, content=body, headers=headers)
        self.portal.servers.http.cookies.clear()
        return answer


@pytest.fixture(scope="module")
def own(portal: Portal) -> Own:
    mine, other = Person(portal.servers).ready(), Person(portal.servers).ready()
    first = mine.sealed()
    assert mine.send(first).status_code == 201
    assert other.send(other.sealed()).status_code == 201
    held, sent = first.manifest.segment_id, mine.sealed()
    assert mine.send(sent).status_code == 201
    reader, stranger = Researcher(portal.servers), Researcher(portal.servers)
    for one in (reader, stranger):
        assert one.bring().status_code == 201
    reader.release()
    asked = mine.delete("segments", (sent.manifest.segment_id,))
    answer = portal.servers.http.post("/v1/deletions", content=asked, headers=mine.headers)
    assert answer.status_code == 202
    data = manifest(portal.servers, "Somebody's", (held,))
    name = build(reader, data, (held,))
    settle(portal.servers)
    assert mine.consent is not None
    page = portal.servers.get("/me", Cookie=f"device={mine.session}").text
    ids = {
        "consent": mine.consent.record.consent_id, "index": re.findall(r"/me/accesses/(\d+)", page)[0],
        "device_id": mine.device, "device": mine.device, "seq": "0", "epoch": mine.epoch,
        "name": answer.json()["deletion"], "grant_id": reader.signed.grant.grant_id, "segment": held,
        "manifest": name,
    }  # fmt: skip
    with portal.servers.service.database.reading() as tx:
        deposit = tx.execute(select(epochs.c.deposit).where(epochs.c.epoch == mine.epoch)).scalar_one()
    bodies = {"/v1/epochs/{epoch}": deposit, "/v1/segments/{device_id}/{seq}": first.to_bytes()}
    return Own(portal, mine, other, reader, stranger, ids, bodies)


# The number is of one's own segments: whoever asks gets their own.
OF_ONESELF = {"/v1/me/segments/{seq}"}
WITH_IDS = [row for row in TABLE if ID.search(row.path) and row.about in ("own", "granted")]


@pytest.mark.parametrize("row", WITH_IDS, ids=lambda row: f"{row.method} {row.path}")
def test_an_id_of_somebody_elses_opens_and_changes_nothing(own: Own, row: Row) -> None:
    """Known exactly, and asked for with a session, token or grant of one's own that is good."""
    assert {each[1:-1] for each in ID.findall(row.path)} <= NAMED
    refused = own.ask(row, own.other, own.stranger)
    if row.path in OF_ONESELF:
        assert refused.content != own.ask(row, own.mine, own.reader).content
    else:
        assert refused.status_code in (401, 403, 404), (row.path, refused.status_code, refused.text)
    assert own.mine.contributor not in refused.text
    assert own.ids["segment"] not in refused.text
    if row.method == "GET" or row.path in own.bodies:  # the request is a good one: it is the other who may not
        assert own.ask(row, own.mine, own.reader).status_code in (200, 201), row.path


FORMS = [row for row in TABLE if row.method == "POST" and not row.path.startswith("/v1/")]


@pytest.mark.parametrize("row", FORMS, ids=lambda row: row.path)
@pytest.mark.parametrize("header", [("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")])
def test_no_form_of_another_site_is_taken(own: Own, row: Row, header: tuple[str, str]) -> None:
    """With the cookies of whoever it is for, as a browser would send them if it sent them at all."""
    path = ID.sub(lambda found: own.ids.get(found[0][1:-1], own.portal.proposal.policy_id), row.path)
    cookies = f"device={own.mine.session}; session={own.portal.member_of(path).session}"
    answer = own.portal.servers.http.post(path, data={"a": "b"}, headers={"Cookie": cookies, header[0]: header[1]})
    assert answer.status_code == 403, (row.path, answer.text)
    assert "Set-Cookie" not in answer.headers
    assert "sent from another site" in answer.text or "not sent from a page of ours" in answer.text


def _seen_in_frames(browser: Chromium) -> list[str]:
    tree = browser.call("Page.getFrameTree")["frameTree"]
    return [str(each["frame"]["url"]) for each in tree.get("childFrames", [])]


def test_no_page_can_be_put_into_a_frame(browser: Chromium, portal: Portal) -> None:
    """By a real browser, on a page of another origin: it shows its own error in the frame's place."""
    paths = ("/", "/stop", "/sign-in", "/me", "/representatives", "/models", "/datasets")
    frames = "".join(f'<iframe src="{portal.url}{path}"></iframe>' for path in paths)
    evil = f"<!doctype html><title>evil</title>{frames}<iframe src='/inside'></iframe>".encode()
    pages = [Route("GET", "/inside", 0, lambda *_: _html(b"<p>framed</p>")),
             Route("GET", "/", 0, lambda *_: _html(evil))]  # fmt: skip
    with small_server(pages) as url:
        browser.go(f"{url}/")
        shown = _seen_in_frames(browser)
    assert shown.count(f"{url}/inside") == 1, "a page that allows it is framed"
    assert shown.count("chrome-error://chromewebdata/") == len(paths)
    browser.clear()


def _html(body: bytes) -> Reply:
    return Reply(200, body, "text/html; charset=utf-8")


# What a page gives back of what was asked: addresses, and fields of forms that are shown again.
GIVEN_BACK: dict[str, Callable[[Portal], httpx.Response]] = {
    "back": lambda portal: portal.servers.get(f"/sign-in?back={quote(SCRIPT)}"),
    "a name to sign in": lambda portal: portal.servers.http.post("/sign-in", data=_fields("name", "password", "code")),
    "a name to set up": lambda portal: portal.servers.http.post("/set-up", data=_fields("name", "code", "password")),
    "a token": lambda portal: portal.servers.http.post("/me", data=_fields("token")),
    "a policy's fields": lambda portal: _as_steward(portal, "/stewards/policy"),
    "a policy's text": lambda portal: _as_steward(portal, "/stewards/policy/file"),
    "a grant's fields": lambda portal: _as_steward(portal, "/researchers/ask"),
    "before": lambda portal: portal.servers.get(f"/models?before={quote(SCRIPT)}"),
    "what the provider says": lambda portal: portal.servers.get(f"/sign-in/provider/return?error={quote(SCRIPT)}"),
    "a theme": lambda portal: portal.servers.http.post("/theme", data=_fields("theme", "back")),
    "a language": lambda portal: portal.servers.get("/", **{"Accept-Language": SCRIPT, "Cookie": f"language={SCRIPT}"}),
    "a host": lambda portal: portal.servers.get("/verify", Host="evil.example\"><script>"),
}  # fmt: skip
_POLICY = [
    "title",
    "controller",
    "contact",
    "legal_basis",
    "compensation",
    "dpia_sha256",
    "starts",
    "expires",
    "version",
    "data_mb_per_day",
    "sites",
    "apps",
    "battery_percent_min",
    "review_hold_minutes",
    "notice_days",
    "purposes",
    "categories",
    "regions",
    "never_record",
    "yaml",
    "reader",
    "purpose",
    "policy",
    "days",
    "reader_key",
    "reader_recipient",
    "browsers",
    "frames",
    "enrolment",
    "opt_out_reasons",
    "bodies",
    "date",
    "outcome",
]


def _fields(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, SCRIPT)


def _as_steward(portal: Portal, path: str) -> httpx.Response:
    return portal.servers.http.post(path, data=_fields(*_POLICY), headers=portal.members["steward"].headers)


@pytest.mark.parametrize("what", GIVEN_BACK)
def test_what_is_given_back_is_text(portal: Portal, what: str) -> None:
    answer = GIVEN_BACK[what](portal)
    portal.servers.http.cookies.clear()
    assert answer.status_code < 500
    assert "<script>" not in answer.text
    assert "<script>" not in json.dumps(dict(answer.headers))


def test_a_script_of_ours_is_by_its_name_only(portal: Portal) -> None:
    for name in ("../me.py", "..%2f..%2fme.py", "verify.js%00", "x.js", sha256_hex(b"x")):
        assert portal.servers.get(f"/scripts/{name}").status_code == 404
    assert [portal.servers.get(f"/scripts/{name}").status_code for name in SCRIPTS] == [200] * len(SCRIPTS)
