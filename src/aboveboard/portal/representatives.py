"""For the workers' representatives: proposals with their difference, signing offline, never-record list, witnesses."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.figures import PEOPLE_MIN
from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.core.policy_diff import compare
from aboveboard.core.policy_words import explain
from aboveboard.portal.programme import published_policies, witness_states
from aboveboard.portal.proposals import Proposals, floor_missing, uploaded
from aboveboard.portal.render import HEADERS, page, pages
from aboveboard.portal.wording import word_difference

router = pages()


def proposals_of(request: Request) -> Proposals:
    found: Proposals = request.app.state.proposals
    return found


Waiting = Annotated[Proposals, Depends(proposals_of)]


@router.get("/representatives")
def representatives(request: Request, service: Serving, waiting: Waiting) -> Response:
    found = published_policies(service)
    return page(
        request, "representatives.html", charter=service.charter, proposals=waiting.all(),
        newest=found[0].policy if found else None, witnesses=witness_states(service), people_min=PEOPLE_MIN,
        checkpoint=service.log.checkpoint,
    )  # fmt: skip


@router.post("/representatives")
def bring(request: Request, waiting: Waiting, body: RecordBody) -> Response:
    """A signed file: adds its signatures; complete, it goes into the log."""
    policy_id, published = waiting.bring(uploaded(request.headers.get("Content-Type", ""), body))
    return RedirectResponse(f"/policies/{policy_id}" if published else f"/representatives/{policy_id}", 303)


@router.get("/representatives/{policy_id}")
def proposal(request: Request, service: Serving, waiting: Waiting, policy_id: str) -> Response:
    """What it says, what changes in meaning and in words, who has signed, how to sign."""
    one = waiting.get(policy_id)
    found = published_policies(service)
    old = found[0].policy if found else None
    words = explain(one.policy, service.charter)
    return page(
        request, "proposal.html", one=one, old=old, missing=one.missing(service.charter),
        floor=floor_missing(one.policy, service.charter), changes=compare(old, one.policy) if old else None,
        pieces=word_difference(explain(old, service.charter), words) if old else [("same", words)],

    )  # fmt: skip


@router.get("/representatives/{policy_id}/file")
def proposal_file(waiting: Waiting, policy_id: str) -> Response:
    """To be signed offline with `aboveboard policy sign`."""
    one = waiting.get(policy_id)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="policy-{one.policy.version}.json"'}
    return Response(one.signed.to_bytes(), media_type="application/json", headers=headers)
