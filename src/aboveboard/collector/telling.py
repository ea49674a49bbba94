"""Each guardian is told of each deletion of keys, until it has destroyed its share.

The laptop tells them too, and need not trust us in it. But a laptop may be lost or thrown away before a guardian that
was away is back. The request is the person's signed word, so we only carry it: a guardian checks it by itself.
"""

from __future__ import annotations

import structlog
from sqlalchemy import select

from aboveboard.collector.jobs import Job, enqueue
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import deletions
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, Refused
from aboveboard.wire.client import Client

KIND = "guardians"
AGAIN_US = 600 * US_PER_S
EXCHANGE_S_MAX = 20.0
REPLY_BYTES_MAX = 1 << 16
_log = structlog.get_logger()


def run(service: Service, job: Job) -> None:
    """One deletion to all guardians; the same again does nothing more there. While one has not answered it is never
    parked, but due again: `aboveboard collector jobs` and the metrics count what waits."""
    with service.database.reading() as tx:
        signed = tx.execute(select(deletions.c.signed).where(deletions.c.deletion == job.subject)).scalar_one()
    silent = [url for url in dict.fromkeys(each.url for each in service.charter.guardians) if not _told(url, signed)]
    with service.database.transaction() as tx:
        job.done(tx)
        if silent:
            enqueue(tx, KIND, job.subject, service.clock.now_us() + AGAIN_US)
    if silent:
        _log.warning("guardians not told of a deletion yet", guardians=len(silent))


def _told(url: str, signed: bytes) -> bool:
    client = Client(url, EXCHANGE_S_MAX)
    try:
        answer = client.request("POST", "/v1/destroy", size_max=REPLY_BYTES_MAX, body=signed)
        if answer.status != 200:
            raise Refused("guardian", f"it answers {answer.status}")
    except AboveboardError:
        return False  # away, or not able to: it is asked again
    finally:
        client.close()
    return True
