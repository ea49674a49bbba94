"""A person's own page: what the collector can know of them. Content and keys are not here: those are on the laptop.

Signed in with the laptop's token, for which the browser is given a session: a cookie that no script reads and no other
site sends. Every query is by the contributor of that session: an ID of somebody else's finds nothing.
"""

from __future__ import annotations

from collections import Counter

from fastapi import Request
from sqlalchemy import func, select
from starlette.responses import RedirectResponse, Response

from aboveboard.collector.access import accesses
from aboveboard.collector.http.replies import reply_for
from aboveboard.collector.http.requests import Me, RecordBody, Serving
from aboveboard.collector.identity import cookies
from aboveboard.collector.identity.devices import laptops, sign_off
from aboveboard.collector.identity.people import open_own_page
from aboveboard.collector.identity.state import PERSON_S
from aboveboard.collector.limits import TooMany
from aboveboard.collector.publisher import batch_proof
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import consents, deletions, segments
from aboveboard.core.canonical import canonical
from aboveboard.core.consent import ConsentRecord, SignedConsent
from aboveboard.core.errors import Refused, Unavailable
from aboveboard.core.ids import ContributorId
from aboveboard.core.proof import LogProof
from aboveboard.portal.programme import published_policies
from aboveboard.portal.public import Scan
from aboveboard.portal.render import HEADERS, address, form, page, pages

router = pages()
SESSION_S = int(PERSON_S)
SEGMENTS_MAX = 100_000


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
def me(request: Request, service: Serving, scan: Scan, person: Me) -> Response:
    """What is held about oneself, who has been given the keys, what it became, and how to stop."""
    titles = {each.policy.policy_id: each.policy for each in published_policies(service)}
    seen = [(LogProof.parse(each.log_proof).index, each) for each in accesses(service, person)]
    first = min((index for index, _ in seen), default=None)
    log, requests = scan.seen(), _deletions(service, person)
    held = _held(service, person)
    with service.database.reading() as tx:
        own = laptops(tx, person)
    return page(
        request, "me.html", held=held, total=sum(each for each, _ in held.values()), records=_consents(service, person),
        accesses=seen, requests=requests, policies=titles, laptops=own,
        datasets=[each for each in log.datasets if first is not None and each.index > first],
        models=[each for each in log.models if first is not None and each.index > first],
    )  # fmt: skip


@router.get("/me/stop")
def stop(request: Request, person: Me) -> Response:
    """Pause, leave, delete: what each does, and where. No reason is asked for."""
    return page(request, "stop.html")


@router.post("/me/devices/{device_id}/revocation")
def sign_off_laptop(service: Serving, person: Me, device_id: str) -> Response:
    """A lost laptop, say: nothing more is taken from it. What it sent stays until it is deleted."""
    sign_off(service.database, person, device_id)
    return RedirectResponse("/me", 303)


@router.get("/me/consents/{consent}")
def consent_proof(service: Serving, person: Me, consent: str) -> Response:
    """The proof of one's own word in the log, as a file."""
    query = select(consents.c.signed).where(consents.c.consent == consent, consents.c.contributor == person)
    with service.database.reading() as tx:
        signed = tx.execute(query).scalar()
    if signed is None:
        raise Refused("unknown", "no such consent of yours is here")
    proof = batch_proof(service, SignedConsent.parse(signed).record.commitment)
    return _file(proof.to_bytes(), f"consent-{consent[:16]}-proof.json")


@router.get("/me/accesses/{index}")
def access_proof(service: Serving, person: Me, index: int) -> Response:
    """One access with its grant, approvals, opening and proof, as a file."""
    for each in accesses(service, person):
        if LogProof.parse(each.log_proof).index == index:
            return _file(each.to_bytes(), f"access-{index}.json")
    raise Refused("unknown", "no access of that number was to your keys")


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
    query = select(consents.c.signed).where(consents.c.contributor == person).order_by(consents.c.number)
    with service.database.reading() as tx:
        rows = tx.execute(query).scalars().all()
    found: list[tuple[ConsentRecord, int | None]] = []
    for row in rows:
        record = SignedConsent.parse(row).record
        try:
            found.append((record, LogProof.parse(batch_proof(service, record.commitment).log_proof).index))
        except Unavailable:
            found.append((record, None))
    return found


def _deletions(service: Service, person: ContributorId) -> list[tuple[str, int, bool]]:
    """(the request's commitment in the log, due, done)."""
    with service.database.reading() as tx:
        rows = tx.execute(select(deletions).where(deletions.c.contributor == person)).all()
    return [(row.deletion, row.due_us, row.done) for row in rows]
