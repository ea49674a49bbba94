"""Grants on their way: written by a researcher, approved offline by one steward after another, used by their reader.

Like proposals: nobody else's text gets in, a grant is kept only with a steward's approval that holds, and with exactly
those that do. It comes into force with the reader who brings it, complete, to the collector and the guardian.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyrage

from aboveboard.collector.service import Service
from aboveboard.core.access import GRANT_CONTEXT, GRANT_DAYS_MAX, Grant, SignedGrant, new_grant
from aboveboard.core.charter import Charter
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import PolicyId
from aboveboard.core.signatures import Signature, check_threshold
from aboveboard.core.signing import VerifyKey
from aboveboard.portal.folder import Folder
from aboveboard.portal.forms import value
from aboveboard.portal.programme import Published
from aboveboard.ui.language import message

GRANTS_MAX = 128
GRANT_BYTES_MAX = 256 << 10
READER_MAX = 100
DAY_US = 86_400 * US_PER_S


@dataclass(frozen=True, slots=True)
class Asked:
    """approved_by: stewards other than the reader whose signature holds; needed: how many more."""

    grant: Grant
    signed: SignedGrant
    approved_by: tuple[str, ...]
    needed: int


def write_grant(form: dict[str, list[str]], policies: list[Published], now_us: int) -> SignedGrant:
    """An unsigned grant from the page's form. Raises BadInput with what is wrong."""
    reader = value(form, "reader")
    if not 0 < len(reader) <= READER_MAX or not reader.isprintable():
        raise BadInput(message("say your name, in one line of at most 100 characters"))
    known = {each.policy.policy_id: each.policy for each in policies}
    chosen = [known[PolicyId(name)] for name in form.get("policy", []) if name in known]
    if not chosen:
        raise BadInput(message("choose at least one policy that the data was given under"))
    purpose = next((each for each in chosen[0].purposes if each == value(form, "purpose")), None)
    if purpose is None or any(purpose not in policy.purposes for policy in chosen):
        raise BadInput(message("this purpose is not in each of the policies you chose"))
    days = value(form, "days")
    if not (days.isascii() and days.isdigit() and 1 <= int(days[:9]) <= GRANT_DAYS_MAX):
        raise BadInput(message("a grant runs from 1 to 366 days"))
    try:
        key = VerifyKey.decode(value(form, "reader_key"))
    except BadInput as error:
        raise BadInput(message("the public key can't be read: copy reader_key as reader-init prints it")) from error
    recipient = value(form, "reader_recipient")
    try:
        pyrage.x25519.Recipient.from_str(recipient)
    except Exception as error:  # pyrage has no class of its own for it
        raise BadInput(
            message("the recipient can't be read: copy reader_recipient as reader-init prints it")
        ) from error
    return SignedGrant(
        new_grant(
            purpose=purpose, reader=reader, reader_key=key, reader_recipient=recipient,
            policies=tuple(policy.policy_id for policy in chosen), contributors="all", created_us=now_us,
            expires_us=now_us + int(days) * DAY_US,
        )
    )  # fmt: skip


@lru_cache(maxsize=GRANTS_MAX * 2)
def _asked(data: bytes, charter: Charter) -> Asked:
    """Once for each text and charter: an approval that held holds."""
    signed = SignedGrant.parse(data)
    kept = _holding(signed.grant, signed.signatures, charter)
    names = tuple(dict.fromkeys(each.key for each in kept))
    needed = max(0, charter.stewards.threshold - len(names))
    return Asked(signed.grant, SignedGrant(signed.grant, kept), names, needed)


def _holding(grant: Grant, signatures: tuple[Signature, ...], charter: Charter) -> tuple[Signature, ...]:
    """One signature of each steward other than the reader, of those that hold."""
    reader = VerifyKey.decode(grant.reader_key)
    keys = [key for key in charter.steward_keys if key.public != reader.public]
    data, kept = grant.to_bytes(), dict[str, Signature]()
    for signature in signatures:
        if check_threshold(keys, 0, [signature], GRANT_CONTEXT, data, who="anyone", reason="grant"):
            kept.setdefault(f"{signature.key} {signature.key_id}", signature)
    return tuple(kept.values())


class GrantsOnTheirWay:
    """Safe for several threads of one process."""

    def __init__(self, service: Service, path: Path) -> None:
        self._service = service
        self._folder = Folder(path, files_max=GRANTS_MAX, bytes_max=GRANT_BYTES_MAX)

    def all(self) -> list[Asked]:
        """Not expired; those that need most first, then the newest."""
        now_us = self._service.clock.now_us()
        found = [self._read(data) for _, data in self._folder.all()]
        open_ones = [each for each in found if each.grant.expires_us > now_us]
        return sorted(open_ones, key=lambda each: (-each.needed, -each.grant.created_us))

    def get(self, grant_id: str) -> Asked:
        """Raises Refused("unknown")."""
        data = self._folder.get(grant_id)
        if data is None:
            raise Refused("unknown", message("no grant of that name is on its way here"))
        return self._read(data)

    def _read(self, data: bytes) -> Asked:
        return _asked(data, self._service.charter)

    def bring(self, data: bytes) -> Asked:
        """Adds a signed file's approvals to what is here. Raises BadInput, or Refused when none of them holds."""
        signed = SignedGrant.parse(data)
        grant = signed.grant
        now_us = self._service.clock.now_us()
        if not grant.created_us < grant.expires_us <= grant.created_us + GRANT_DAYS_MAX * DAY_US:
            raise BadInput(message("a grant runs from 1 to 366 days"))
        if grant.expires_us <= now_us or len(grant.reader) > READER_MAX:
            raise BadInput(message("the grant has expired, or its reader's name is too long"))
        if not _holding(grant, signed.signatures, self._service.charter):
            raise Refused("grant", message("no signature in this file is by a steward of the charter: one signs first"))
        with self._folder.lock:
            self._drop_expired(now_us)
            known = self._folder.get(grant.grant_id)
            before = () if known is None else SignedGrant.parse(known).signatures
            kept = _holding(grant, (*before, *signed.signatures), self._service.charter)
            self._folder.put(grant.grant_id, SignedGrant(grant, kept).to_bytes())
            return self.get(grant.grant_id)

    def _drop_expired(self, now_us: int) -> None:
        for name, data in self._folder.all():
            with contextlib.suppress(BadInput):
                if SignedGrant.parse(data).grant.expires_us <= now_us:
                    self._folder.remove(name)
