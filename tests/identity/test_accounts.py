"""Accounts, as their holders and their attackers meet them."""

from __future__ import annotations

import itertools
from unittest.mock import patch

import pytest

from aboveboard.collector.identity import accounts
from aboveboard.collector.identity.attempts import TRIES_MAX
from aboveboard.collector.identity.passwords import Passwords
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.leaves import RoleLeaf, parse_leaf
from tests.identity.conftest import House
from tests.support.accounts import PASSWORD, Member, code_for, member, post
from tests.support.servers import now_us

HOUR_US = 3_600_000_000
_number = itertools.count(1)


def _new(house: House, *roles: str) -> tuple[Member, str]:
    one = Member(house.servers, f"new-{next(_number)}", frozenset(roles))
    return one, accounts.add(house.servers.service.database, one.name, one.roles, now_us())


def test_a_code_of_the_authenticator_is_good_once(house: House) -> None:
    one = member(house.servers, "steward")  # signed in with the code of now
    again = one.sign_in()
    assert again.status_code == 401
    assert "used already" in again.text
    assert one.sign_in(later_steps=1).status_code == 303
    assert one.sign_in().status_code == 401  # an earlier one than the newest used is over too


@pytest.mark.parametrize("steps", [-3, 3, 100])
def test_a_code_of_another_time_is_none(house: House, steps: int) -> None:
    one, code = _new(house)
    one.set_up(code)
    assert one.sign_in(later_steps=steps).status_code == 401


@pytest.mark.parametrize("code", ["", "abcdef", "١٢٣٤٥٦", "12345", "1234567", "0" * 5000, "\x00" * 6])
def test_what_is_no_code_is_refused(house: House, code: str) -> None:
    one = house.members["steward"]
    assert post(house.servers, "/sign-in", {"name": one.name, "password": PASSWORD, "code": code}).status_code == 401


def test_a_recovery_code_is_good_once_however_it_is_typed(house: House) -> None:
    one = member(house.servers, "steward")
    first, second = one.recovery[:2]
    assert one.sign_in(code=first.upper().replace(" ", "-")).status_code == 303
    assert one.sign_in(code=first).status_code == 401
    assert one.sign_in(code=second).status_code == 303
    assert "6 recovery codes are left" in one.get("/account").text


def test_a_password_alone_opens_nothing_and_a_code_alone_neither(house: House) -> None:
    one, code = _new(house)
    one.set_up(code)
    assert one.sign_in(password="another password").status_code == 401
    fresh = code_for(one.secret, now_us())
    assert post(house.servers, "/sign-in", {"name": one.name, "password": "", "code": fresh}).status_code == 401
    assert one.sign_in().status_code == 303  # neither attempt used the code up


def test_guessing_ends_soon_and_even_the_right_word_waits_then(house: House) -> None:
    one, code = _new(house)
    one.set_up(code)
    answers = [one.sign_in(password=f"guess {n}").status_code for n in range(TRIES_MAX["account"] + 2)]
    assert answers.count(401) == TRIES_MAX["account"]
    assert answers[-2:] == [429, 429]
    refused = one.sign_in()
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 0
    assert house.members["steward"].get("/account").status_code == 200  # who is signed in stays so


def test_guessing_at_many_names_ends_soon_too(house: House) -> None:
    """From one address; names that are none cost the same."""
    form = {"password": "password", "code": "123456"}
    service = house.servers.service
    with patch.object(service.identity.passwords, "fits", return_value=False):
        answers = [
            post(house.servers, "/sign-in", {"name": f"n{n}", **form}).status_code
            for n in range(TRIES_MAX["address"] + 1)
        ]
    assert answers == [401] * TRIES_MAX["address"] + [429]


def test_an_unknown_name_costs_the_same_work_and_gets_the_same_words(house: House) -> None:
    one = house.members["steward"]
    hashed: list[str] = []
    before = Passwords.fits

    def counted(self: Passwords, password: str, kept: str) -> bool:
        hasher = self._hasher

        class Watched:
            def verify(self, hash_: str, word: str) -> bool:
                hashed.append(hash_.split("$")[3])
                return bool(hasher.verify(hash_, word))

        with patch.object(self, "_hasher", Watched()):
            return before(self, password, kept)

    texts = []
    with patch.object(Passwords, "fits", counted):
        for name in (one.name, "nobody-at-all"):
            answer = post(house.servers, "/sign-in", {"name": name, "password": "wrong words here", "code": "000000"})
            texts.append((answer.status_code, answer.text.replace(name, "")))
    assert texts[0] == texts[1]
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]  # the same costs


def test_the_code_for_setting_up_is_gone_once_somebody_signed_in(house: House) -> None:
    one, code = _new(house, "researcher")
    assert one.set_up("wrong code").status_code == 403
    assert one.set_up(code).status_code == 200
    assert one.set_up(code).status_code == 200  # the telephone's camera did not work: once more
    assert one.sign_in().status_code == 303
    assert one.set_up(code).status_code == 403
    assert one.get("/account").status_code == 200


def test_the_code_for_setting_up_runs_out(house: House) -> None:
    name = f"new-{next(_number)}"
    code = accounts.add(house.servers.service.database, name, frozenset(), now_us() - 73 * HOUR_US)
    assert Member(house.servers, name, frozenset()).set_up(code).status_code == 403


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "x" * 300, "my name is new- something"])
def test_a_password_that_is_quickly_guessed_is_refused(house: House, password: str) -> None:
    one, code = _new(house)
    word = password.replace("new-", one.name)
    assert one.set_up(code, word).status_code == 400


def test_resetting_ends_sessions_and_the_old_password(house: House) -> None:
    one = member(house.servers, "steward")
    code = accounts.reset(house.servers.service.database, one.name, now_us())
    assert one.get("/stewards").status_code == 303
    assert one.sign_in(later_steps=1).status_code == 401
    assert one.sign_in(code=one.recovery[0]).status_code == 401
    assert one.set_up(code).status_code == 200
    assert one.sign_in().status_code == 303


def test_a_role_that_goes_ends_sessions_at_once_and_the_log_tells_of_it(house: House) -> None:
    one = member(house.servers, "steward")
    service = house.servers.service
    assert one.get("/stewards").status_code == 200
    assert accounts.set_roles(service.database, one.name, frozenset({"researcher"}), now_us())
    assert one.get("/stewards").status_code == 303
    assert one.sign_in(later_steps=1).status_code == 303
    assert one.get("/stewards").status_code == 403
    history = accounts.role_history(service, _id(house, one))
    told = [(each.role, each.given) for each in history]
    assert told == [("steward", True), ("researcher", True), ("steward", False)]
    for each in history:
        assert each.index is not None
        [entry] = service.log.entries(each.index, each.index + 1)
        leaf = parse_leaf(entry)
        assert isinstance(leaf, RoleLeaf)
        assert (leaf.role, leaf.given) == (each.role, each.given)


def _id(house: House, one: Member) -> str:
    account = accounts.account_of(house.servers.service, one.session)
    assert account is not None
    return account.account


def test_a_role_acts_only_once_the_log_tells_of_it(house: House) -> None:
    one, code = _new(house, "steward")
    service = house.servers.service
    with (
        patch.object(service.log, "append", side_effect=RuntimeError("the log's disk is full")),
        patch("aboveboard.collector.identity.accounts.publish_now"),
    ):
        one.set_up(code)
        assert one.sign_in().status_code == 303
        assert one.get("/stewards").status_code == 403


def test_a_disabled_account_is_out(house: House) -> None:
    one = member(house.servers, "representative")
    accounts.disable(house.servers.service.database, one.name, now_us())
    assert one.get("/representatives").status_code == 303
    assert one.sign_in(later_steps=1).status_code == 401


def test_nobody_is_on_both_sides(house: House) -> None:
    with pytest.raises(BadInput, match="take two people"):
        accounts.add(house.servers.service.database, "both", frozenset({"steward", "representative"}), now_us())
    with pytest.raises(BadInput, match="is no role"):
        accounts.add(house.servers.service.database, "boss", frozenset({"manager"}), now_us())
    with pytest.raises(Refused, match="already"):
        accounts.add(house.servers.service.database, house.members["steward"].name, frozenset(), now_us())


# ------------------------------------------------------------ sessions in a browser


def test_a_planted_session_is_worth_nothing_afterwards(house: House) -> None:
    one, code = _new(house, "researcher")
    one.set_up(code)
    form = {"name": one.name, "password": PASSWORD, "code": code_for(one.secret, now_us())}
    answer = post(house.servers, "/sign-in", form, Cookie="session=planted")
    assert answer.status_code == 303
    assert "planted" not in answer.headers["Set-Cookie"]
    assert house.servers.get("/account", Cookie="session=planted").status_code == 303


def test_the_cookie_is_for_no_script_and_no_other_site(house: House) -> None:
    one = member(house.servers)
    cookie = one.sign_in(later_steps=1).headers["Set-Cookie"]
    for word in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=43200"):
        assert word in cookie
    assert "Domain" not in cookie


def test_behind_tls_the_cookie_is_for_this_host_only(house: House) -> None:
    """X-Forwarded-Proto of the reverse proxy on this machine."""
    one = member(house.servers)
    form = {"name": one.name, "password": PASSWORD, "code": one.recovery[0]}
    cookie = post(house.servers, "/sign-in", form, **{"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert "Secure" in cookie
    session = cookie.partition("=")[2].partition(";")[0]
    secure = {"X-Forwarded-Proto": "https"}
    assert house.servers.get("/account", Cookie=f"__Host-session={session}", **secure).status_code == 200
    assert house.servers.get("/account", Cookie=f"session={session}", **secure).status_code == 303  # a neighbour's


def test_signing_out_ends_the_session_on_the_server(house: House) -> None:
    one = member(house.servers)
    answer = house.servers.http.post("/account/sign-out", headers=one.headers)
    assert answer.status_code == 303
    assert one.get("/account").status_code == 303


@pytest.mark.parametrize("headers", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}, {"Origin": ""},
])  # fmt: skip
def test_a_form_from_elsewhere_changes_nothing(house: House, headers: dict[str, str]) -> None:
    """Even when a browser sends the cookie along; and one that says nothing of where it comes from."""
    one = house.members["steward"]
    own = {"Cookie": f"session={one.session}", **headers}
    for path in ("/account/sign-out", "/representatives"):
        assert house.servers.http.post(path, headers=own).status_code == 403, path
    laptop = f"/me/devices/{house.person.device}/revocation"
    cookie = {"Cookie": f"device={house.person.session}", **headers}
    assert house.servers.http.post(laptop, headers=cookie).status_code == 403
    assert one.get("/account").status_code == 200
    assert house.person.say().status_code == 201


@pytest.mark.parametrize("back", [
    "//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a?b=//c",
    "/a\r\nSet-Cookie: b", "", "/%2f/evil.example",
])  # fmt: skip
def test_signing_in_leads_nowhere_else(house: House, back: str) -> None:
    one = member(house.servers)
    answer = one.sign_in(code=one.recovery[0], back=back)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account")
    page = house.servers.http.get("/sign-in", params={"back": back}).text
    assert 'name="back" value="/account"' in page


def test_signing_in_leads_back_to_the_page(house: House) -> None:
    refused = house.servers.get("/stewards")
    assert refused.headers["Location"] == "/sign-in?back=/stewards"
    one = member(house.servers, "steward")
    assert one.sign_in(code=one.recovery[0], back="/stewards").headers["Location"] == "/stewards"


def test_no_secret_is_on_the_disk_as_it_is(house: House) -> None:
    """Neither passwords, sessions, codes, tokens, nor the authenticators' secrets: in no row and no file."""
    one = member(house.servers, "steward")
    secrets = [PASSWORD, one.session, *one.recovery, *(each.replace(" ", "") for each in one.recovery),
               house.person.token, house.person.session]  # fmt: skip
    words = [each.encode() for each in secrets] + [one.secret]
    for path in house.servers.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not [word for word in words if word in data], path
