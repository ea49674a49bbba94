"""Until when an epoch's keys may be used: the same rule for collector and guardian, each by its own clock. Pure.

Counted from the end of the month (UTC) in which its share was brought: a laptop uses an epoch for one calendar month
and brings its shares first of all. A share that comes in a later month counts from the end of that one. A segment holds
the policy's categories together, so the shortest of their retentions is the epoch's.
"""

from __future__ import annotations

import datetime

from aboveboard.core.clock import US_PER_S
from aboveboard.core.leaves import DAY_US
from aboveboard.core.policy import Policy

CLOCK_US_MAX = 3600 * US_PER_S  # how far a laptop's clock may be ahead and bring next month's share


def month_end_us(now_us: int) -> int:
    """The first moment (UTC) of the next month."""
    now = datetime.datetime.fromtimestamp(now_us / US_PER_S, datetime.UTC)
    first = datetime.datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=datetime.UTC)
    return int(first.timestamp()) * US_PER_S


def kept_until_us(policy: Policy, brought_us: int) -> int:
    """When everything of an epoch whose share is brought now has to be gone. A whole day."""
    days = min(terms.retention_days for terms in policy.categories.values())
    return month_end_us(brought_us + CLOCK_US_MAX) + days * DAY_US
