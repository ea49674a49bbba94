"""Signing in by way of a real OpenID provider (oidc-provider of npm): the way through, and every way round it."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from aboveboard.core.leaves import RoleLeaf, parse_leaf, role_commitment
from tests.identity.conftest import Browsers, Provided
from tests.support.oidc import Browser
from tests.support.portal_world import settle

pytestmark = pytest.mark.early(2)


def _account_page(browser: Browser, provided: Provided) -> str:
    answer = browser.go(f"{provided.url}/account")
    return answer.text if answer.status_code == 200 else ""


@pytest.mark.parametrize(
    ("name", "role", "opens", "not_"),
    [("rosa", "representative", "/representatives", "/stewards"), ("stefan", "steward", "/stewards", "/me")],
)
def test_a_group_at_the_provider_is_a_role_here(
    provided: Provided, browsers: Browsers, name: str, role: str, opens: str, not_: str
) -> None:
    browser = browsers()
    answer = browser.sign_in(provided.url, name)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    assert f"This account is for: {role}." in _account_page(browser, provided)
    assert browser.go(provided.url + opens).status_code == 200
    assert browser.go(provided.url + not_).status_code in (303, 403)


def test_the_role_stands_in_the_log_and_its_holder_can_open_the_entry(provided: Provided, browsers: Browsers) -> None:
    browser = browsers()
    browser.sign_in(provided.url, "fola")
    settle(provided.servers)
    page = _account_page(browser, provided)
    index = int(page.split('href="/log/')[1].split('"')[0])
    salt = bytes.fromhex(page.split('data-name="salt"><code>')[1].split("<")[0])
    [entry] = provided.servers.service.log.entries(index, index + 1)
    assert parse_leaf(entry) == RoleLeaf("researcher", True, role_commitment(salt, "fola", "researcher").hex())


def test_nobody_gets_in_without_a_group_and_nothing_is_kept_of_them(provided: Provided, browsers: Browsers) -> None:
    browser = browsers()
    answer = browser.sign_in(provided.url, "nobody")
    assert answer.status_code == 403
    assert "no role here" in answer.text
    assert _account_page(browser, provided) == ""
    assert not _known(provided, "nobody")


def test_nobody_is_on_both_sides(provided: Provided, browsers: Browsers) -> None:
    answer = browsers().sign_in(provided.url, "both")
    assert answer.status_code == 403
    assert "take two people" in answer.text
    assert not _known(provided, "both")


def _known(provided: Provided, name: str) -> bool:
    from aboveboard.collector.identity.accounts import listed

    with provided.servers.service.database.reading() as tx:
        return name in {each.name for each in listed(tx)}


def test_the_address_of_the_provider_carries_pkce_a_nonce_and_nothing_secret(
    provided: Provided, browsers: Browsers
) -> None:
    answer = browsers().go(f"{provided.url}/sign-in/provider")
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert query["code_challenge_method"] == ["S256"]
    assert query["response_type"] == ["code"]
    assert query["redirect_uri"] == [f"{provided.url}/sign-in/provider/return"]
    assert min(len(query["state"][0]), len(query["nonce"][0])) > 40
    assert provided.provider.secret not in answer.headers["Location"]
    cookie = answer.headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Path=/sign-in/provider", "Max-Age=600"):
        assert word in cookie


def test_an_answer_is_good_once(provided: Provided, browsers: Browsers) -> None:
    browser = browsers()
    back = browser.until_return(provided.url, "stefan")
    cookie = browser.http.cookies.get("asked", path="/sign-in/provider")
    assert cookie is not None
    assert browser.go(back).status_code == 303
    again = browsers()
    again.http.cookies.set("asked", cookie, domain="127.0.0.1", path="/sign-in/provider")
    refused = again.go(back)
    assert refused.status_code == 403
    assert "not begun in this browser" in refused.text  # refused here, before the provider is asked
    assert _account_page(again, provided) == ""


def test_a_code_is_good_once_at_the_provider_too(provided: Provided, browsers: Browsers) -> None:
    """The same code with a fresh sign-in's cookie and state: PKCE and the provider refuse it."""
    browser, other = browsers(), browsers()
    back = browser.until_return(provided.url, "stefan")
    mine = parse_qs(urlsplit(other.until_return(provided.url, "fola")).query)
    stolen = parse_qs(urlsplit(back).query)["code"][0]
    query = urlencode({"code": stolen, "state": mine["state"][0], "iss": mine["iss"][0]})
    answer = other.go(f"{provided.url}/sign-in/provider/return?{query}")
    assert answer.status_code == 403
    assert _account_page(other, provided) == ""


def test_an_answer_brought_to_another_browser_signs_nobody_in(provided: Provided, browsers: Browsers) -> None:
    """Login CSRF: an attacker's own answer, put into somebody else's browser."""
    back = browsers().until_return(provided.url, "stefan")
    victim = browsers()
    assert victim.go(back).status_code == 403
    victim.go(f"{provided.url}/sign-in/provider")  # even one that is signing in just now
    assert victim.go(back).status_code == 403
    assert _account_page(victim, provided) == ""


@pytest.mark.parametrize("change", [
    {"iss": "https://evil.example"}, {"iss": None}, {"state": "x"}, {"state": None}, {"code": "x" * 43},
    {"code": None}, {"code": "x" * 5000}, {"error": "access_denied"}, {"error": "<script>alert(1)</script>"},
])  # fmt: skip
def test_an_answer_that_was_changed_is_refused(
    provided: Provided, browsers: Browsers, change: dict[str, str | None]
) -> None:
    """Another provider's (mix-up), none named though this one always does, another state, another code, an error."""
    browser = browsers()
    back = urlsplit(browser.until_return(provided.url, "stefan"))
    query = {name: values[0] for name, values in parse_qs(back.query).items()} | change
    kept = {name: value for name, value in query.items() if value is not None}
    answer = browser.go(f"{provided.url}{back.path}?{urlencode(kept)}")
    assert answer.status_code == 403
    assert "session" not in browser.http.cookies
    assert "<script>" not in answer.text


def test_a_session_planted_before_is_not_the_one_after(provided: Provided, browsers: Browsers) -> None:
    browser, planted = browsers(), secrets.token_urlsafe(32)
    browser.http.cookies.set("session", planted, domain="127.0.0.1", path="/")
    answer = browser.sign_in(provided.url, "stefan")
    assert answer.status_code == 303
    assert planted not in answer.headers["Set-Cookie"]
    thief = browsers()
    thief.http.cookies.set("session", planted, domain="127.0.0.1", path="/")
    assert _account_page(thief, provided) == ""


def test_who_leaves_the_group_loses_the_role_and_every_session(provided: Provided, browsers: Browsers) -> None:
    from aboveboard.collector.identity.arrivals import arrived
    from aboveboard.collector.identity.idtoken import Claims
    from aboveboard.core.errors import Refused

    service, provider = provided.servers.service, provided.servers.service.identity.provider
    assert provider is not None
    earlier = browsers()
    earlier.sign_in(provided.url, "moves")
    assert "researcher" in _account_page(earlier, provided)
    gone = Claims(provided.provider.issuer, "moves", "moves", {"groups": ["canteen"]})
    with pytest.raises(Refused, match="any more"):
        arrived(service, provider, gone, "")
    assert _account_page(earlier, provided) == ""
    kinds = [parse_leaf(each) for each in service.log.entries(0, service.log.size)]
    assert any(isinstance(each, RoleLeaf) and not each.given for each in kinds)
