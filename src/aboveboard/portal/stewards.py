"""For the organisation's stewards: how the programme stands, never how a person does. There is no way to content."""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from aboveboard.collector.figures import PEOPLE_MIN
from aboveboard.collector.http.requests import RecordBody, Serving
from aboveboard.collector.service import Service
from aboveboard.core.policy import FRAME_LEVELS, Policy
from aboveboard.core.policy_diff import compare
from aboveboard.core.policy_words import CATEGORY_WORDS
from aboveboard.core.policy_yaml import compile_policy
from aboveboard.portal import policy_form
from aboveboard.portal.forms import fields, value
from aboveboard.portal.notice import changes, notice
from aboveboard.portal.operations import operations
from aboveboard.portal.programme import health, published_policies, witness_states
from aboveboard.portal.proposals import floor_missing
from aboveboard.portal.public import Scan
from aboveboard.portal.render import HEADERS, page, pages, words_of
from aboveboard.portal.representatives import Waiting
from aboveboard.portal.researchers import Waiting as GrantsWaiting

router = pages()


@router.get("/stewards")
def stewards(request: Request, service: Serving, scan: Scan, proposals: Waiting, grants: GrantsWaiting) -> Response:
    """Aggregates over ten or more, overdue deletions, grants, jobs, how to invite."""
    seen, checkpoint = scan.seen(), service.log.checkpoint
    return page(
        request, "stewards.html", charter=service.charter, health=health(service), seen=seen, people_min=PEOPLE_MIN,
        overdue=seen.overdue(service.clock.now_us()), waiting=service.log.size - (checkpoint.size if checkpoint else 0),
        witnesses=witness_states(service), url=str(request.base_url).rstrip("/"), proposals=len(proposals.all()),
        asked=sum(each.needed > 0 for each in grants.all()),
        server=operations(service),
    )  # fmt: skip


@router.get("/stewards/policy")
def policy(request: Request, service: Serving) -> Response:
    """A form that begins with the newest policy."""
    newest = _newest(service)
    return _form(request, service, newest, None)


@router.post("/stewards/policy")
def write_policy(request: Request, service: Serving, body: RecordBody) -> Response:
    """What the form says as YAML, whether it can be compiled, and what it changes. Keeps nothing."""
    return _form(request, service, _newest(service), policy_form.write(policy_form.read(fields(body))))


@router.post("/stewards/policy/file")
def policy_file(body: RecordBody) -> Response:
    """The YAML as a file. Raises BadInput for what is no policy."""
    text = value(fields(body), "yaml") + "\n"
    compile_policy(text)
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="policy.yaml"'}
    return Response(text, media_type="application/yaml", headers=headers)


def _newest(service: Service) -> Policy | None:
    found = published_policies(service)
    return found[0].policy if found else None


def _form(request: Request, service: Service, newest: Policy | None, written: policy_form.Written | None) -> Response:
    words, made = words_of(request), written.policy if written else None
    return page(
        request, "policy_form.html", status=400 if written and made is None else 200, written=written,
        fields=written.fields if written else policy_form.start(newest), purposes=policy_form.PURPOSES,
        categories=policy_form.CATEGORIES, reasons=policy_form.REASONS, category_words=CATEGORY_WORDS,
        frame_levels=FRAME_LEVELS, floor=floor_missing(made, service.charter) if made else [],
        changes=changes(compare(newest, made), words) if newest and made else None,
        sections=notice(made, service.charter, words) if made else (),
    )  # fmt: skip
