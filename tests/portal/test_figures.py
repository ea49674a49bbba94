"""Figures about people on the pages and at their address: none below ten, in tens, once a week, the same for all."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import update

from aboveboard.collector.storage.tables import figures
from aboveboard.core.leaves import DAY_US
from tests.support.accounts import member
from tests.support.servers import Person, Servers, running


def _a_week_passes(servers: Servers) -> None:
    with servers.service.database.transaction() as tx:
        tx.execute(update(figures).values(day_us=figures.c.day_us - 7 * DAY_US))


def _total(servers: Servers) -> int | None:
    [total] = [each for each in servers.get("/v1/figures").json()["figures"] if each["cell"] == ""]
    value: int | None = total["value"]
    return value


def test_figures_begin_at_ten_people_and_stand_still_for_a_week(tmp_path: Path) -> None:
    with running(tmp_path) as servers:
        steward = member(servers, "steward")
        people = [Person(servers).ready() for _ in range(9)]
        assert _total(servers) is None
        assert "<b>under 10</b> people taking part" in steward.get("/stewards").text
        people += [Person(servers).ready() for _ in range(3)]
        assert _total(servers) is None  # whoever looks all day does not see who came last
        _a_week_passes(servers)
        assert "<b>10 or more</b> people taking part" in steward.get("/stewards").text
        for person in people[:5]:
            assert person.say("opt_out").status_code == 201
        _a_week_passes(servers)
        assert _total(servers) == 10  # five have left: that is nobody's to know
        for person in people[5:10]:
            assert person.say("opt_out").status_code == 201
        _a_week_passes(servers)
        assert _total(servers) is None
        assert "<b>under 10</b> people taking part" in steward.get("/stewards").text
