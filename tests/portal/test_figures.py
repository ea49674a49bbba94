"""Figures about people: none below ten, and then the true one; a person who leaves counts no more."""

from __future__ import annotations

from pathlib import Path

from tests.support.accounts import member
from tests.support.servers import Person, running


def test_figures_begin_at_ten_people(tmp_path: Path) -> None:
    with running(tmp_path) as servers:
        steward = member(servers, "steward")
        people = []
        for _ in range(9):
            people.append(Person(servers).ready())
            assert "<b>under 10</b> people taking part" in steward.get("/stewards").text
        people.append(Person(servers).ready())
        assert "<b>10</b> people taking part" in steward.get("/stewards").text
        people.append(Person(servers).ready())
        assert "<b>11</b> people taking part" in steward.get("/stewards").text
        for person in people[:2]:
            assert person.say("opt_out").status_code == 201
        assert "<b>under 10</b> people taking part" in steward.get("/stewards").text
