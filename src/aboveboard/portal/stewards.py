"""For the organisation's stewards: how the programme stands, never how a person does. There is no way to content."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from aboveboard.collector.figures import PEOPLE_MIN
from aboveboard.collector.http.requests import Serving
from aboveboard.portal.programme import health, witness_states
from aboveboard.portal.public import Scan
from aboveboard.portal.render import page, pages

router = pages()


@router.get("/stewards")
def stewards(request: Request, service: Serving, scan: Scan) -> Response:
    """Aggregates over ten or more, overdue deletions, grants, how to invite."""
    seen, checkpoint = scan.seen(), service.log.checkpoint
    return page(
        request, "stewards.html", charter=service.charter, health=health(service), seen=seen, people_min=PEOPLE_MIN,
        overdue=seen.overdue(service.clock.now_us()), waiting=service.log.size - (checkpoint.size if checkpoint else 0),
        witnesses=witness_states(service),
    )  # fmt: skip
