"""Each guardian is told of each deletion of keys and each end of a grant, until it has heeded it.

The laptop, or who ended the grant, tells them too, and need not trust us in it. But a laptop may be lost or thrown away
before a guardian that was away is back. What we carry is a signed word: a guardian checks it by itself.
"""

from __future__ import annotations

from typing import Any

import structlog
from sqlalchemy import Select, select

from aboveboard.collector.jobs import Job, enqueue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import deletions, grant_revocations
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, Refused
from aboveboard.wire.client import Client

KIND = "guardians"
REVOCATIONS = "guardians_grants"
AGAIN_US = 600 * US_PER_S
EXCHANGE_S_MAX = 20.0
REPLY_BYTES_MAX = 1 << 16
_log = structlog.get_logger()


def run(service: Service, job: Job) -> None:
    """One deletion to all guardians; the same again does nothing more there. While one has not answered it is never
    parked, but due again: `aboveboard collector jobs` and the metrics count what waits."""
    _tell(service, job, "/v1/destroy", select(deletions.c.signed).where(deletions.c.deletion == job.subject))


def run_revocation(service: Service, job: Job) -> None:
    """As run(), of one grant's end."""
    mine = grant_revocations.c.grant_id == job.subject
    _tell(service, job, "/v1/grants/revocations", select(grant_revocations.c.signed).where(mine))


def _tell(service: Service, job: Job, path: str, query: Select[Any]) -> None:
    with service.database.reading() as tx:
        signed: bytes = tx.execute(query).scalar_one()
    urls = dict.fromkeys(each.url for each in service.charter.guardians)
    silent = [url for url in urls if not _told(url, path, signed)]
    with service.database.transaction() as tx:
        job.done(tx)
        if silent:
            enqueue(tx, job.kind, job.subject, service.clock.now_us() + AGAIN_US)
    if silent:
        _log.warning("guardians not told yet", what=job.kind, guardians=len(silent))


def _told(url: str, path: str, signed: bytes) -> bool:
    client = Client(url, EXCHANGE_S_MAX)
    try:
        answer = client.request("POST", path, size_max=REPLY_BYTES_MAX, body=signed)
        if answer.status != 200:
            raise Refused("guardian", f"it answers {answer.status}")
    except AboveboardError:
        return False  # away, or not able to: it is asked again
    finally:
        client.close()
    return True
