"""The rules around the policy, for everybody: the charter over time, exemptions, and the notice to print and post."""

from __future__ import annotations

import datetime

from fastapi import Request
from sqlalchemy import select
from starlette.responses import Response

from aboveboard.collector.http.requests import Serving
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import charters, exemptions
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import SignedCharter
from aboveboard.core.charter_words import compare_charters, quorum_words
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import Refused
from aboveboard.core.exemption import Exemption, SignedExemption
from aboveboard.core.policy_diff import Difference
from aboveboard.portal.notice import notice, said
from aboveboard.portal.programme import published_policies, witness_states
from aboveboard.portal.render import page, pages, words_of
from aboveboard.ui.language import message

router = pages()
SHOWN_MAX = 100


@router.get("/charter")
def charter(request: Request, service: Serving) -> Response:
    """Who may sign what, and every charter since the first."""
    words = words_of(request)
    return page(
        request, "charter.html", charter=service.charter, quorum=quorum_words(service.charter.witnesses.quorum),
        witnesses=witness_states(service), earlier=[(each, said(found, words)) for each, found in _over_time(service)],
    )  # fmt: skip


def _over_time(service: Service) -> list[tuple[Charter, list[Difference] | None]]:
    """Newest first, each with what it changed; None for the first."""
    with service.database.reading() as tx:
        rows = tx.execute(select(charters.c.signed).order_by(charters.c.number).limit(SHOWN_MAX)).scalars().all()
    found: list[tuple[Charter, list[Difference] | None]] = []
    for row in rows:
        each = Charter.parse(SignedCharter.parse(row).charter_bytes)
        found.append((each, compare_charters(found[-1][0], each) if found else None))
    return found[::-1]


@router.get("/exemptions")
def all_exemptions(request: Request, service: Serving) -> Response:
    with service.database.reading() as tx:
        query = select(exemptions.c.signed).order_by(exemptions.c.number.desc()).limit(SHOWN_MAX)
        found = [SignedExemption.parse(row) for row in tx.execute(query).scalars()]
    today = datetime.datetime.fromtimestamp(service.clock.now_us() / US_PER_S, datetime.UTC).date().isoformat()
    return page(
        request, "exemptions.html", found=[(each, _state(each.exemption, today)) for each in found],
        url=str(request.base_url).rstrip("/"),
    )  # fmt: skip


def _state(exemption: Exemption, today: str) -> str:
    if today < exemption.starts:
        return "later"
    return "over" if today > exemption.expires else "runs"


@router.get("/policies/{policy_id}/notice")
def posting(request: Request, service: Serving, policy_id: str) -> Response:
    """The notice on its own, to print."""
    one = next((each for each in published_policies(service) if each.policy.policy_id == policy_id), None)
    if one is None:
        raise Refused("unknown", message("no policy of that name is in this log"))
    return page(
        request, "notice.html", one=one, charter=one.charter,
        sections=notice(one.policy, one.charter, words_of(request)), url=str(request.base_url).rstrip("/"),
    )  # fmt: skip


@router.get("/stop")
def stop(request: Request) -> Response:
    """Pause, leave, delete: what each does, and where. For everybody, as nobody is to sign in first to stop."""
    return page(request, "stop.html")
