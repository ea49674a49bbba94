"""For the workers' representatives: proposals with their difference, signing offline, never-record list, witnesses."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Request
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.figures import PEOPLE_MIN, taking_part
from aboveboard.collector.http.requests import RecordBody, Serving, caller
from aboveboard.core.errors import Refused
from aboveboard.core.policy_diff import compare
from aboveboard.portal.comments import Comment, Comments
from aboveboard.portal.forms import fields, uploaded, value
from aboveboard.portal.notice import changes, notice_text
from aboveboard.portal.programme import published_policies, witness_states
from aboveboard.portal.proposals import Proposals, floor_missing
from aboveboard.portal.render import HEADERS, page, pages, words_of
from aboveboard.portal.wording import word_difference
from aboveboard.ui.language import message

router = pages()


def proposals_of(request: Request) -> Proposals:
    found: Proposals = request.app.state.proposals
    return found


Waiting = Annotated[Proposals, Depends(proposals_of)]


def comments_of(request: Request) -> Comments:
    found: Comments = request.app.state.comments
    return found


Thread = Annotated[Comments, Depends(comments_of)]


def speaker(request: Request) -> tuple[str, Literal["representative", "steward"]]:
    """Who may write into a thread: a name, and as what. The name is empty when nobody of them is signed in."""
    account = caller(request).account
    if account is None:
        return "", "steward"
    if "representative" in account.roles:
        return account.name, "representative"
    return (account.name if "steward" in account.roles else ""), "steward"


@router.get("/representatives")
def representatives(request: Request, service: Serving, waiting: Waiting) -> Response:
    found = published_policies(service)
    return page(
        request, "representatives.html", charter=service.charter, proposals=waiting.all(),
        newest=found[0].policy if found else None, witnesses=witness_states(service), people_min=PEOPLE_MIN,
        checkpoint=service.log.checkpoint, figures=taking_part(service),
        titles={each.policy.policy_id: each.policy for each in found},
    )  # fmt: skip


@router.post("/representatives")
def bring(request: Request, waiting: Waiting, body: RecordBody) -> Response:
    """A signed file: adds its signatures; complete, it goes into the log."""
    policy_id, published = waiting.bring(uploaded(request.headers.get("Content-Type", ""), body))
    return RedirectResponse(f"/policies/{policy_id}" if published else f"/representatives/{policy_id}", 303)


@router.get("/representatives/{policy_id}")
def proposal(request: Request, service: Serving, waiting: Waiting, comments: Thread, policy_id: str) -> Response:
    """What it says, what changes in meaning and in words, who has signed, how to sign."""
    one = waiting.get(policy_id)
    found = published_policies(service)
    old = found[0].policy if found else None
    words = words_of(request)
    text = notice_text(one.policy, service.charter, words)
    before = notice_text(old, service.charter, words) if old else None
    return page(
        request, "proposal.html", one=one, old=old, missing=one.missing(service.charter),
        floor=floor_missing(one.policy, service.charter),
        changes=changes(compare(old, one.policy), words) if old else None,
        pieces=[("same", text)] if before is None else word_difference(before, text),
        thread=comments.part(one.policy.policy_id, request.query_params.get("before", "")), speaker=speaker(request)[0],
    )  # fmt: skip


@router.get("/representatives/{policy_id}/file")
def proposal_file(waiting: Waiting, policy_id: str) -> Response:
    """To be signed offline with `aboveboard policy sign`."""
    one = waiting.get(policy_id)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="policy-{one.policy.version}.json"'}
    return Response(one.signed.to_bytes(), media_type="application/json", headers=headers)


@router.post("/representatives/{policy_id}/comments")
def comment(
    request: Request, service: Serving, waiting: Waiting, comments: Thread, policy_id: str, body: RecordBody
) -> Response:
    """Adds to the thread that stays with the policy."""
    name, role = speaker(request)
    if not name:
        raise Refused("role", message("only representatives and stewards write here: sign in first"))
    policy = waiting.get(policy_id).policy.policy_id
    comments.add(policy, Comment(name, role, service.clock.now_us(), value(fields(body), "text")))
    return RedirectResponse(f"/representatives/{policy}", 303)
