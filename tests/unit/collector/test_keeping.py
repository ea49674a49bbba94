"""How long an epoch is kept."""

from __future__ import annotations

import datetime

import msgspec
import pytest

from aboveboard.core.keeping import kept_until_us
from tests.support.world import World


def _us(moment: str) -> int:
    return int(datetime.datetime.fromisoformat(f"{moment}+00:00").timestamp()) * 1_000_000


@pytest.mark.parametrize(
    ("brought", "until"),
    [
        ("2026-11-01T00:00", "2026-12-08T00:00"),
        ("2026-11-30T22:59", "2026-12-08T00:00"),
        ("2026-12-15T12:00", "2027-01-08T00:00"),
        ("2028-01-31T23:30", "2028-03-08T00:00"),  # a laptop whose clock is half an hour ahead brings February's
    ],
)
def test_an_epoch_is_kept_for_its_days_after_its_month(brought: str, until: str) -> None:
    """A laptop uses an epoch until the month ends, also when the policy's days are fewer than a month's."""
    base = World().policy()
    [first, *_] = base.categories
    categories = {**base.categories, first: msgspec.structs.replace(base.categories[first], retention_days=7)}
    assert kept_until_us(msgspec.structs.replace(base, categories=categories), _us(brought)) == _us(until)
