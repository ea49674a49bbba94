"""Pages for everybody, with no account: programme, policies, log, what data was used for, deletions, how to check."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from aboveboard.collector.http.requests import Serving
from aboveboard.core.errors import Refused
from aboveboard.core.leaves import Leaf, parse_leaf
from aboveboard.portal import lineage
from aboveboard.portal.built import Shown
from aboveboard.portal.comments import Comments
from aboveboard.portal.notice import notice, said
from aboveboard.portal.programme import published_policies, witness_states
from aboveboard.portal.render import page, pages, words_of
from aboveboard.portal.scan import SHOWN_MAX, LogScan
from aboveboard.ui.language import message

router = pages()
ENTRIES_SHOWN = 25
KINDS = {
    "charter": message("charter"), "policy": message("policy published"), "batch": message("batch"),
    "key_released": message("key released to a reader"), "grant_revoked": message("grant taken back"),
    "dataset_built": message("dataset built"), "model_trained": message("model trained"),
    "dataset_marked": message("dataset marked: not to be used any more"),
    "model_marked": message("model marked: not to be used any more"), "deletion_asked": message("deletion asked"),
    "deletion_done": message("deletion done"), "exemption": message("exemption"),
    "retention_sweep": message("retention sweep"), "recorder_release": message("recorder release"),
    "role": message("role given or taken"),
}  # fmt: skip


def scan_of(request: Request) -> LogScan:
    scan: LogScan = request.app.state.log_scan
    return scan


Scan = Annotated[LogScan, Depends(scan_of)]


def kind_of(leaf: Leaf) -> str:
    tag = str(type(leaf).__struct_config__.tag)
    return KINDS.get(tag, tag.replace("_", " "))


@router.get("/")
def home(request: Request, service: Serving, scan: Scan) -> Response:
    """The programme at a glance."""
    seen, found = scan.seen(), published_policies(service)
    return page(
        request, "home.html", charter=service.charter, newest=found[0] if found else None,
        checkpoint=service.log.checkpoint, counts=seen.counts, witnesses=witness_states(service),
        overdue=seen.overdue(service.clock.now_us()), waiting=len(seen.open),
    )  # fmt: skip


@router.get("/policy")
def policy(request: Request, service: Serving) -> Response:
    """The newest policy, in words."""
    found = published_policies(service)
    if not found:
        return page(request, "no_policy.html")
    return _policy_page(request, service, found[0].policy.policy_id)


@router.get("/policies")
def policies(request: Request, service: Serving) -> Response:
    found, words = published_policies(service), words_of(request)
    return page(request, "policies.html", found=[(one, said(one.changes, words)) for one in found])


@router.get("/policies/{policy_id}")
def one_policy(request: Request, service: Serving, policy_id: str) -> Response:
    return _policy_page(request, service, policy_id)


def _policy_page(request: Request, service: Serving, policy_id: str) -> Response:
    found = {each.policy.policy_id: each for each in published_policies(service)}
    one = next((each for name, each in found.items() if name == policy_id), None)
    if one is None:
        raise Refused("unknown", message("no policy of that name is in this log"))
    words = words_of(request)
    thread: Comments = request.app.state.comments
    return page(
        request, "policy.html", one=one, sections=notice(one.policy, one.charter, words),
        newest=next(iter(found)) == policy_id, changes=said(one.changes, words), speaker="",
        comments=thread.of(one.policy.policy_id),
    )  # fmt: skip


@router.get("/log")
def log(request: Request, service: Serving) -> Response:
    """Checkpoint, witnesses and their times, the newest entries."""
    checkpoint = service.log.checkpoint
    size = checkpoint.size if checkpoint else 0
    first = max(0, size - ENTRIES_SHOWN)
    entries = [
        (first + at, kind_of(parse_leaf(entry)))
        for at, entry in enumerate(service.log.entries(first, size) if size else [])
    ]
    return page(
        request, "log.html", note=service.log.note, checkpoint=checkpoint, witnesses=witness_states(service),
        entries=entries[::-1],
    )  # fmt: skip


@router.get("/log/{index}")
def entry(request: Request, service: Serving, index: str) -> Response:
    """One entry, its proof, and a check of it in the browser."""
    checkpoint = service.log.checkpoint
    known = index.isascii() and index.isdigit() and len(index) < 19
    if not known or checkpoint is None or int(index) >= checkpoint.size:
        raise Refused("unknown", message("the cosigned log has no entry of that number"))
    at = int(index)
    [data] = service.log.entries(at, at + 1)
    return page(
        request, "entry.html", index=at, size=checkpoint.size, text=data.decode("utf-8"),
        kind=kind_of(parse_leaf(data)), data=base64.b64encode(data).decode("ascii"),
        proof=service.log.proof(at).encode(),
    )  # fmt: skip


@router.get("/uses")
def uses(request: Request, service: Serving, scan: Scan, cards: Shown) -> Response:
    """Keys released, the newest datasets and models."""
    return page(
        request, "uses.html", seen=scan.seen(), cards=cards.all(), built=lineage.newest_datasets(service),
        trained=lineage.newest_models(service),
    )  # fmt: skip


@router.get("/deletions")
def deletions(request: Request, service: Serving, scan: Scan) -> Response:
    """Due and done, as the log alone shows them."""
    seen, now_us = scan.seen(), service.clock.now_us()
    waiting = sorted((due_us, index, name) for name, (due_us, index) in seen.open.items())
    return page(
        request, "deletions.html", waiting=waiting[:SHOWN_MAX], more=max(0, len(waiting) - SHOWN_MAX),
        done=list(seen.done)[::-1], now_us=now_us, overdue=seen.overdue(now_us), counts=seen.counts,
    )  # fmt: skip


@router.get("/verify")
def verify(request: Request, service: Serving) -> Response:
    """Everything, by oneself, with three commands."""
    return page(request, "verify.html", url=str(request.base_url).rstrip("/"), charter=service.charter)
