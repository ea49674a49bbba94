"""A contributor's own session: opened with a laptop's token, and over as soon as that laptop is signed off."""

from __future__ import annotations

from sqlalchemy import select

from aboveboard.collector.identity.attempts import address_subject
from aboveboard.collector.identity.state import Person
from aboveboard.collector.registries import device_of
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import devices

TOKEN_LENGTH_MAX = 200


def open_own_page(service: Service, token: str, address: str, instead_of: str = "") -> str:
    """The ID of a new session. Raises Refused for a token that is none, TooMany."""
    with service.identity.attempts.attempt(address_subject(address)) as tried:
        cert = device_of(service, token[:TOKEN_LENGTH_MAX]).cert
        tried.went_well()
    return service.identity.persons.open(Person(cert.contributor, cert.device), instead_of)


def person_of(service: Service, session: str) -> Person | None:
    """Whose session it is; None when it is over or its laptop is signed off."""
    person = service.identity.persons.holder(session)
    if person is None:
        return None
    with service.database.reading() as tx:
        revoked = tx.execute(select(devices.c.revoked).where(devices.c.device == person.device)).scalar()
    return None if revoked is None or revoked else person
