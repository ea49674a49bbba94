"""A laptop that is signed off: nothing more is taken from it, and it is told why."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.cli import main
from tests.identity.conftest import House
from tests.support.servers import Person

HEADERS = {"Sec-Fetch-Site": "same-origin"}


def _refused_everywhere(person: Person) -> None:
    answer = person.send(person.sealed())
    assert answer.status_code == 401
    assert answer.json()["error"]["reason"] == "revoked"
    assert "signed off" in answer.json()["error"]["text"]
    for path in ("/v1/me/segments", "/v1/me/accesses", "/v1/me/devices"):
        assert person.servers.get(path, **person.headers).status_code == 401
    assert person.say().status_code == 401


def test_a_person_signs_off_a_laptop_on_their_page(house: House) -> None:
    person = Person(house.servers).ready()
    assert person.send(person.sealed()).status_code == 201
    cookie = {"Cookie": f"device={person.session}", **HEADERS}
    assert person.device in house.servers.get("/me", **cookie).text
    answer = house.servers.http.post(f"/me/devices/{person.device}/revocation", headers=cookie)
    assert answer.status_code == 303
    assert house.servers.get("/me", **cookie).status_code == 303  # the session was that laptop's
    _refused_everywhere(person)


def test_a_person_signs_off_a_laptop_from_a_laptop(house: House) -> None:
    person = Person(house.servers).ready()
    listed = house.servers.get("/v1/me/devices", **person.headers).json()
    assert listed == {"devices": [{"device": person.device, "revoked": False}]}
    path = f"/v1/me/devices/{person.device}/revocation"
    assert house.servers.http.post(path, headers=person.headers).status_code == 204
    _refused_everywhere(person)


def test_nobody_signs_off_somebody_elses(house: House) -> None:
    thief, person = Person(house.servers).ready(), Person(house.servers).ready()
    path = f"/v1/me/devices/{person.device}/revocation"
    assert house.servers.http.post(path, headers=thief.headers).status_code == 404
    cookie = {"Cookie": f"device={thief.session}", **HEADERS}
    assert house.servers.http.post(f"/me/devices/{person.device}/revocation", headers=cookie).status_code == 404
    assert person.send(person.sealed()).status_code == 201


def test_a_laptop_signed_off_does_not_come_back_by_enrolling(house: House) -> None:
    """Neither with its old code, with which it may ask again otherwise, nor with a new one."""
    person, code = Person(house.servers), house.servers.invited()
    assert person.enrol(code).status_code == 201
    assert person.enrol(code).status_code == 201
    path = f"/v1/me/devices/{person.device}/revocation"
    assert house.servers.http.post(path, headers=person.headers).status_code == 204
    for again in (code, house.servers.invited()):
        answer = person.enrol(again)
        assert answer.status_code == 401
        assert answer.json()["error"]["reason"] == "revoked"


def test_whoever_runs_the_server_signs_off_by_the_command(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    person = Person(house.servers).ready()
    home = ["--home", str(house.servers.folder / "collector")]
    assert main(["collector", "device", "list", person.contributor, *home]) == 0
    assert capsys.readouterr().out == f"{person.device}  enrolled\n"
    assert main(["collector", "device", "revoke", person.device, *home]) == 0
    _refused_everywhere(person)
    assert main(["collector", "device", "revoke", "f" * 32, *home]) == 1
    assert "no such laptop" in capsys.readouterr().err


def test_accounts_by_the_command(house: House, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    from tests.support.accounts import Member

    home = ["--home", str(house.servers.folder / "collector")]
    assert main(["collector", "account", "add", "ines", "--role", "steward", *home]) == 0
    one = Member(house.servers, "ines", frozenset({"steward"}))
    assert one.set_up(capsys.readouterr().out.strip()).status_code == 200
    assert one.sign_in().status_code == 303
    assert one.get("/stewards").status_code == 200
    assert main(["collector", "account", "roles", "ines", "--role", "researcher", *home]) == 0
    assert one.get("/stewards").status_code == 303
    assert main(["collector", "account", "list", *home]) == 0
    assert "ines  " in capsys.readouterr().out
    assert main(["collector", "account", "reset", "ines", *home]) == 0
    assert one.set_up(capsys.readouterr().out.strip()).status_code == 200
    assert one.sign_in().status_code == 303
    assert main(["collector", "account", "disable", "ines", *home]) == 0
    assert one.get("/account").status_code == 303
    assert main(["collector", "account", "add", "ines", *home]) == 1
    assert main(["collector", "account", "add", "In es", *home]) in (1, 2)
    both = ["--role", "steward", "--role", "representative"]
    assert main(["collector", "account", "add", "both", *both, *home]) in (1, 2)
