"""A person's own page: what the collector can know of them. Content and keys are not here: those are on the laptop.

Signed in with the laptop's token, for which the browser is given a session: a cookie that no script reads and no other
site sends. Every query is by the contributor of that session: an ID of somebody else's finds nothing.
"""

from __future__ import annotations

import base64
from collections import Counter

from fastapi import Request
from sqlalchemy import func, select
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.access import accesses, given
from aboveboard.collector.http.replies import reply_for
from aboveboard.collector.http.requests import Me, RecordBody, Serving
from aboveboard.collector.identity import cookies
from aboveboard.collector.identity.devices import laptops, sign_off
from aboveboard.collector.identity.people import open_own_page
from aboveboard.collector.identity.state import PERSON_S
from aboveboard.collector.limits import TooMany
from aboveboard.collector.publisher import batch_proof
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import batches, commitments, consents, deletions, segments
from aboveboard.core.canonical import canonical
from aboveboard.core.consent import ConsentRecord, SignedConsent
from aboveboard.core.errors import Refused
from aboveboard.core.ids import ContributorId
from aboveboard.core.policy_diff import compare
from aboveboard.portal import lineage
from aboveboard.portal.built import Shown
from aboveboard.portal.history import agreed_policy, compensation, newer_policy
from aboveboard.portal.notice import changes
from aboveboard.portal.programme import published_policies
from aboveboard.portal.render import HEADERS, address, form, page, pages, words_of
from aboveboard.ui.language import message

router = pages()
SESSION_S = int(PERSON_S)
SEGMENTS_MAX = 100_000
CONSENTS_MAX = 1000  # words of one person, shown
SHOWN_MAX = 100  # accesses to their keys, the newest


@router.get("/me/sign-in")
def sign_in_form(request: Request) -> Response:
    return page(request, "sign_in.html", problem="")


@router.post("/me")
def sign_in(request: Request, service: Serving, body: RecordBody) -> Response:
    """The device's token opens one's own page, for an hour, in this browser only. The browser keeps a session's ID, not
    the token."""
    token = form(body).get("token", "").strip()
    try:
        session = open_own_page(service, token, address(request), cookies.read(request, cookies.PERSON))
    except (Refused, TooMany) as error:
        return page(request, "sign_in.html", status=reply_for(error).status_code, problem=str(error))
    answer = RedirectResponse("/me", 303)
    cookies.give(request, answer, cookies.PERSON, session, SESSION_S)
    return answer


@router.post("/me/leave")
def sign_out(request: Request, service: Serving) -> Response:
    """Ends the session here too, so that a copy of the cookie opens nothing."""
    service.identity.persons.close(cookies.read(request, cookies.PERSON))
    answer = RedirectResponse("/", 303)
    cookies.take(request, answer, cookies.PERSON)
    return answer


@router.get("/me")
def me(request: Request, service: Serving, cards: Shown, person: Me) -> Response:
    """What is held about oneself, who has been given the keys, what it became, and how to stop."""
    published = published_policies(service)
    records, words = _consents(service, person), words_of(request)
    history = [record for record, _ in records]
    newer = newer_policy(history, published)
    agreed = agreed_policy(history, published)
    with service.database.reading() as tx:
        own = laptops(tx, person)
    return page(
        request, "me.html", held=_held(service, person), records=records, accesses=given(service, person), laptops=own,
        shown_max=SHOWN_MAX,
        requests=_deletions(service, person), now_us=service.clock.now_us(), newer=newer,
        policies={each.policy.policy_id: each.policy for each in published},
        newer_changes=changes(compare(agreed.policy, newer.policy), words) if newer and agreed else [],
        due=compensation(history, published), became=lineage.own(service, person), cards=cards.all(),
    )  # fmt: skip


@router.get("/me/proofs/{consent}")
def own_proof(request: Request, service: Serving, person: Me, consent: str) -> Response:
    """One's own word, to be checked in the browser against a cosigned checkpoint."""
    record = SignedConsent.parse(_signed_consent(service, person, consent)).record
    data = record.to_bytes()
    return page(
        request, "own_proof.html", record=record, text=data.decode("utf-8"),
        data=base64.b64encode(data).decode("ascii"),
    )  # fmt: skip


@router.post("/me/devices/{device_id}/revocation")
def sign_off_laptop(service: Serving, person: Me, device_id: str) -> Response:
    """A lost laptop, say: nothing more is taken from it. What it sent stays until it is deleted."""
    sign_off(service.database, person, device_id)
    return RedirectResponse("/me", 303)


@router.get("/me/consents/{consent}")
def consent_proof(service: Serving, person: Me, consent: str) -> Response:
    """The proof of one's own word in the log, as a file."""
    proof = batch_proof(service, SignedConsent.parse(_signed_consent(service, person, consent)).record.commitment)
    return _file(proof.to_bytes(), f"consent-{consent[:16]}-proof.json")


@router.get("/me/accesses/{index}")
def access_proof(service: Serving, person: Me, index: int) -> Response:
    """One access with its grant, approvals, opening and proof, as a file."""
    for each in given(service, person):
        if each.index == index:
            return _file(each.proven(service).to_bytes(), f"access-{index}.json")
    raise Refused("unknown", message("no access of that number was to your keys"))


@router.get("/me/everything")
def everything(service: Serving, person: Me) -> Response:
    """All records that the collector holds of one: signed words, manifests, requests, as they were signed."""
    with service.database.reading() as tx:
        signed = tx.execute(select(consents.c.signed).where(consents.c.contributor == person)).scalars().all()
        query = select(segments.c.manifest).where(segments.c.contributor == person).order_by(segments.c.seq)
        manifests = tx.execute(query.limit(SEGMENTS_MAX)).scalars().all()
        asked = tx.execute(select(deletions.c.signed).where(deletions.c.contributor == person)).scalars().all()
    parts = {
        "accesses": [each.to_bytes() for each in accesses(service, person)], "consents": signed, "deletions": asked,
        "segments": manifests,
    }  # fmt: skip
    # Each record as the canonical bytes that were signed, so that signatures can be checked from the file alone.
    text = canonical({name: [each.decode("utf-8") for each in records] for name, records in parts.items()})
    return _file(text, "what-is-held-about-me.json")


def _signed_consent(service: Service, person: ContributorId, consent: str) -> bytes:
    """Raises Refused("unknown") for one that is not this person's."""
    query = select(consents.c.signed).where(consents.c.consent == consent, consents.c.contributor == person)
    with service.database.reading() as tx:
        signed: bytes | None = tx.execute(query).scalar()
    if signed is None:
        raise Refused("unknown", message("no such consent of yours is here"))
    return signed


def _file(data: bytes, name: str) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type="application/json", headers=headers)


def _held(service: Service, person: ContributorId) -> dict[str, tuple[int, int]]:
    """policy -> (segments held, segments deleted)."""
    query = select(segments.c.policy, segments.c.deleted, func.count()).where(segments.c.contributor == person)
    with service.database.reading() as tx:
        rows = tx.execute(query.group_by(segments.c.policy, segments.c.deleted)).all()
    counts = Counter({(policy, deleted): count for policy, deleted, count in rows})
    return {policy: (counts[policy, False], counts[policy, True]) for policy, _ in counts}


def _consents(service: Service, person: ContributorId) -> list[tuple[ConsentRecord, int | None]]:
    """Records in the order they came, each with the entry of the log whose batch holds it; None while it waits."""
    checkpoint = service.log.checkpoint
    size = checkpoint.size if checkpoint else 0
    query = select(consents.c.signed).where(consents.c.contributor == person).order_by(consents.c.number)
    with service.database.reading() as tx:
        found = [SignedConsent.parse(row).record for row in tx.execute(query.limit(CONSENTS_MAX)).scalars()]
        names = [record.commitment.hex() for record in found]
        where = select(commitments.c.commitment, batches.c.leaf_index).join(batches)
        rows = tx.execute(where.where(commitments.c.commitment.in_(names), batches.c.leaf_index < size)).all()
    at = {row.commitment: row.leaf_index for row in rows}
    return [(record, at.get(name)) for record, name in zip(found, names, strict=True)]


def _deletions(service: Service, person: ContributorId) -> list[tuple[str, int, bool]]:
    """(the request's commitment in the log, due, done)."""
    with service.database.reading() as tx:
        rows = tx.execute(select(deletions).where(deletions.c.contributor == person)).all()
    return [(row.deletion, row.due_us, row.done) for row in rows]
