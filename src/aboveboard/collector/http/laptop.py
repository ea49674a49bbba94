"""Routes for a contributor's laptop: enrolment, consent, epochs, one's own accesses, deletion."""

from __future__ import annotations

from fastapi import APIRouter
from sqlalchemy import select
from starlette.responses import Response

from aboveboard.collector import deletion, lineage
from aboveboard.collector.access import accesses
from aboveboard.collector.enrolment import enrol
from aboveboard.collector.http.replies import json_reply
from aboveboard.collector.http.requests import Device, RecordBody, Serving
from aboveboard.collector.identity.devices import laptops, sign_off
from aboveboard.collector.publisher import batch_proof
from aboveboard.collector.registries import deposit_epoch, record_consent
from aboveboard.collector.storage.blobs import BlobName
from aboveboard.collector.storage.tables import consents, segments
from aboveboard.core.access import SignedDeletion
from aboveboard.core.consent import SignedConsent
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.vault import SignedDeposit
from aboveboard.wire.api import (
    ConsentReply,
    DeletionReply,
    EnrolReply,
    EnrolRequest,
    MyAccesses,
    MyDatasets,
    MyDevice,
    MyDevices,
    MySegments,
    parse,
)
from aboveboard.wire.segment import Manifest

router = APIRouter(prefix="/v1")


@router.post("/enrol")
def new_device(service: Serving, body: RecordBody) -> Response:
    """With an invitation's code instead of a token."""
    return json_reply(EnrolReply(enrol(service, parse(body, "enrolment", EnrolRequest))), 201)


@router.post("/consents")
def new_consent(service: Serving, cert: Device, body: RecordBody) -> Response:
    consent = record_consent(service, cert, SignedConsent.parse(body))
    return json_reply(ConsentReply(consent, service.promise("consent", consent)), 201)


@router.get("/consents/{consent}/proof")
def consent_proof(service: Serving, cert: Device, consent: str) -> Response:
    with service.database.reading() as tx:
        signed = tx.execute(
            select(consents.c.signed).where(
                consents.c.consent == consent, consents.c.contributor == cert.cert.contributor
            )
        ).scalar()
    if signed is None:
        raise Refused("unknown", "no such consent of yours is here")
    return json_reply(batch_proof(service, SignedConsent.parse(signed).record.commitment))


@router.put("/epochs/{epoch}")
def new_epoch(service: Serving, cert: Device, epoch: str, body: RecordBody) -> Response:
    signed = SignedDeposit.parse(body)
    if signed.deposit.epoch != epoch:
        raise BadInput("the deposit is of another epoch", "epoch")
    return Response(status_code=201 if deposit_epoch(service, cert, signed) else 200)


@router.get("/segments/{device}/{seq}/proof")
def segment_proof(service: Serving, cert: Device, device: str, seq: int) -> Response:
    with service.database.reading() as tx:
        query = select(segments.c.segment).where(segments.c.device == device, segments.c.seq == seq)
        segment = tx.execute(query.where(segments.c.contributor == cert.cert.contributor)).scalar()
    if segment is None:
        raise Refused("unknown", "no such segment of yours is here")
    return json_reply(batch_proof(service, segment_commitment(segment)))


@router.get("/me/segments")
def my_segments(service: Serving, cert: Device) -> Response:
    """Manifests of this device, in order; deleted ones stay in the chain."""
    with service.database.reading() as tx:
        query = select(segments.c.manifest).where(segments.c.device == cert.cert.device).order_by(segments.c.seq)
        rows = list(tx.execute(query).scalars())
    return json_reply(MySegments(tuple(Manifest.parse(row) for row in rows)))


@router.get("/me/segments/{seq}")
def my_segment(service: Serving, cert: Device, seq: int) -> Response:
    """The sealed file, for the person's own key to open."""
    with service.database.reading() as tx:
        query = select(segments).where(segments.c.device == cert.cert.device, segments.c.seq == seq)
        row = tx.execute(query).one_or_none()
    if row is None or row.deleted:
        raise Refused("unknown", "no such segment of yours is here, or it was deleted")
    data = service.blobs.get(BlobName(row.contributor, row.epoch, row.segment))
    return Response(data, media_type="application/octet-stream")


@router.get("/me/accesses")
def my_accesses(service: Serving, cert: Device) -> Response:
    return json_reply(MyAccesses(tuple(accesses(service, cert.cert.contributor))))


@router.get("/me/datasets")
def my_datasets(service: Serving, cert: Device) -> Response:
    """Which datasets hold segments of this person, under which grant, and which models come from them."""
    return json_reply(MyDatasets(tuple(lineage.of_person(service, cert.cert.contributor))))


@router.get("/me/devices")
def my_devices(service: Serving, cert: Device) -> Response:
    """This person's laptops, and which were signed off."""
    with service.database.reading() as tx:
        found = laptops(tx, cert.cert.contributor)
    return json_reply(MyDevices(tuple(MyDevice(each.device, each.revoked) for each in found)))


@router.post("/me/devices/{device_id}/revocation")
def revoke_device(service: Serving, cert: Device, device_id: str) -> Response:
    """Nothing more is taken from it: one that was lost, or this very one."""
    sign_off(service.database, cert.cert.contributor, device_id)
    return Response(status_code=204)


@router.post("/deletions")
def new_deletion(service: Serving, cert: Device, body: RecordBody) -> Response:
    state = deletion.ask(service, cert, SignedDeletion.parse(body))
    return json_reply(DeletionReply(state.deletion), 202)


@router.get("/deletions/{name}")
def deletion_state(service: Serving, cert: Device, name: str) -> Response:
    return json_reply(deletion.state(service, cert.cert.contributor, name))
