"""The capacity page is what the command says, of the costs that were measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.cli import main
from aboveboard.collector.capacity import Cost, Programme, measured, need
from aboveboard.core.errors import BadInput

PAGE = Path(__file__).parents[2] / "docs" / "capacity.md"
COST = Cost("SQLite", 100_000, 2.0, 1000, 100, 50e6, 1000)


def test_the_page_holds_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["collector", "capacity"]) == 0
    said = capsys.readouterr().out.strip()
    assert said in PAGE.read_text("utf-8"), "make it anew: see the page"
    assert {each.database for each in measured().costs} == {"SQLite", "PostgreSQL"}


def test_a_programme_worked_out_by_hand() -> None:
    found = need(Programme(9000, segments_an_hour=4, hours_a_day=8, peak=2, days=45), COST)
    assert found.segments_a_day == 288_000
    assert found.segments_a_second == 20
    assert found.cores == pytest.approx(0.04)
    assert found.processes == 1
    assert found.network_mbit_s == pytest.approx(16)
    assert found.store_tb == pytest.approx(288_000 * 0.7 * 60 * 100_000 / 1e12)
    assert found.memory_gb == pytest.approx(0.052)
    assert need(Programme(900_000, peak=20), COST).processes > 1


@pytest.mark.parametrize("changes", [{"people": 0}, {"peak": 0}, {"days": 0}, {"hours_a_day": 25}])
def test_what_is_no_programme_is_refused(changes: dict[str, int]) -> None:
    with pytest.raises(BadInput, match=next(iter(changes))):
        Programme(**{"people": 10, **changes}).check()
