"""Whether a segment may come now: what the database says about its device, its chain, consent, policy and epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    ScalarSelect,
    Select,
    String,
    bindparam,
    cast,
    column,
    func,
    select,
)

from aboveboard.collector.arrival import Arrival
from aboveboard.collector.storage.sql import Prepared
from aboveboard.collector.storage.tables import consents, devices, epochs, segments
from aboveboard.core.errors import ChainError, Refused
from aboveboard.core.ids import DeviceId, SegmentId
from aboveboard.wire.segment import GENESIS, Manifest

SIGNED_OFF = "this laptop was signed off, so nothing more is taken from it: enrol it anew, with a key of its own"


class OutOfOrder(ChainError):
    """Another segment is expected; `expected` is its number."""

    def __init__(self, expected: int, text: str) -> None:
        super().__init__(text)
        self.expected = expected


@dataclass(frozen=True, slots=True)
class Accepted:
    """kept: False when it came after its days of keeping: it stands in the chain and in the log, and that is all.
    until_us: how long its epoch is kept; 0 when that was not asked, because the segment was here."""

    segment: SegmentId
    new: bool
    kept: bool = True
    until_us: int = 0


class Standing:
    """Decides within one transaction, each arrival in the knowledge of those before it."""

    def __init__(self, tx: Connection, arrivals: Sequence[Arrival]) -> None:
        """Reads what is needed to decide about these."""
        self._tx = tx
        self._rows = _read(tx, [each.manifest for each in arrivals])
        self._added: dict[tuple[str, int], tuple[str, bool]] = {}  # (device, number) -> (segment, deleted)

    def decide(self, number: int, arrival: Arrival, now_us: int) -> Accepted:
        """number: which of the arrivals it is. Whether it is new, and to be kept. Raises OutOfOrder, or Refused when
        it may not come at all."""
        manifest, row = arrival.manifest, self._rows[number]
        if row.token != arrival.token_sha256:
            raise Refused("token", "the device's token is not known: enrol with `aboveboard record --invitation CODE`")
        if row.revoked:
            raise Refused("revoked", SIGNED_OFF)
        here, deleted = self._added.get((manifest.device, manifest.seq), (row.here, row.deleted))
        if here == arrival.segment:
            return Accepted(arrival.segment, new=False, kept=not deleted)
        self._check_chain(manifest, here, row.before)
        _check_terms(row)
        if row.until_us <= now_us:
            return Accepted(arrival.segment, new=True, kept=False, until_us=row.until_us)
        if row.readable is None:
            raise Refused("destroyed", "this epoch's key was destroyed at the person's request")
        return Accepted(arrival.segment, new=True, until_us=row.until_us)

    def add(self, arrival: Arrival, accepted: Accepted) -> None:
        """What is decided after this one knows of it."""
        self._added[arrival.manifest.device, arrival.manifest.seq] = arrival.segment, not accepted.kept

    def _check_chain(self, manifest: Manifest, here: str | None, before: str | None) -> None:
        if here is not None:
            raise self._out_of_order(manifest, "is here already, another one")
        if manifest.seq == 0:
            before = GENESIS
        else:
            before, _ = self._added.get((manifest.device, manifest.seq - 1), (before, False))
        if before is None:
            raise self._out_of_order(manifest, "comes too early")
        if manifest.prev != before:
            raise self._out_of_order(manifest, "does not follow the one before it")

    def _out_of_order(self, manifest: Manifest, why: str) -> OutOfOrder:
        added = (seq + 1 for device, seq in self._added if device == manifest.device)
        expected = max(next_number(self._tx, manifest.device), *added, 0)
        return OutOfOrder(expected, f"segment {manifest.seq} of this device {why}")


def _check_terms(row: _Found) -> None:
    """The consent the segment names was given by this person for this policy, and nothing after it withdrew it."""
    if row.consent is None:
        raise Refused("no_consent", "the segment names no consent of this person to this policy")
    # After an opt-out, what the person chose to send before leaving may still arrive; after a withdrawal nothing may.
    if row.last_word == "withdrawn":
        raise Refused("no_consent", "the person has withdrawn their consent")
    if row.epoch is None:
        raise Refused("epoch", "the segment's epoch was not deposited by this person for this policy")


def next_number(tx: Connection, device: DeviceId) -> int:
    """The number of the segment that has to come next."""
    query = select(segments.c.seq).where(segments.c.device == device).order_by(segments.c.seq.desc()).limit(1)
    last = tx.execute(query).scalar()
    return 0 if last is None else last + 1


# ---------------------------------------------------------------- one question for all of a group

_TEXTS = "device", "contributor", "policy", "consent", "epoch"


def _asked(kind: str) -> FromClause:
    """What is asked about as a table, from one parameter of JSON: so that the question is the same for any number."""
    given = bindparam("asked", type_=String)
    if kind == "sqlite":
        each = func.json_each(given).table_valued("key", "value")
        texts = [func.json_extract(each.c.value, f"$.{name}", type_=String).label(name) for name in _TEXTS]
        numbers = [func.json_extract(each.c.value, f"$.{name}", type_=BigInteger).label(name) for name in ("n", "seq")]
        return select(*numbers, *texts).select_from(each).subquery("asked")
    columns: list[ColumnElement[Any]] = [column("n", Integer), column("seq", BigInteger)]
    columns += (column(name, String) for name in _TEXTS)
    return func.json_to_recordset(cast(given, JSON)).table_valued(*columns, name="asked").render_derived(
        with_types=True
    )  # fmt: skip


def _question(kind: str) -> Select[Any]:
    asked = _asked(kind)

    def one(wanted: Column[Any], *where: ColumnElement[bool]) -> ScalarSelect[Any]:
        return select(wanted).where(*where).correlate(asked).scalar_subquery()

    place = segments.c.device == asked.c.device, segments.c.seq == asked.c.seq
    epoch = epochs.c.epoch == asked.c.epoch
    its_epoch = epoch, epochs.c.contributor == asked.c.contributor, epochs.c.policy == asked.c.policy
    newest = select(consents.c.kind).where(consents.c.contributor == asked.c.contributor)
    return select(
        asked.c.n,
        one(devices.c.token_sha256, devices.c.device == asked.c.device).label("token"),
        one(devices.c.revoked, devices.c.device == asked.c.device).label("revoked"),
        one(segments.c.segment, *place).label("here"),
        one(segments.c.deleted, *place).label("deleted"),
        one(segments.c.segment, place[0], segments.c.seq == asked.c.seq - 1).label("before"),
        one(
            consents.c.consent, consents.c.consent == asked.c.consent, consents.c.kind == "given",
            consents.c.contributor == asked.c.contributor, consents.c.policy == asked.c.policy,
        ).label("consent"),
        newest.order_by(consents.c.number.desc()).limit(1).correlate(asked).scalar_subquery().label("last_word"),
        one(epochs.c.epoch, *its_epoch).label("epoch"),
        one(epochs.c.epoch, *its_epoch, epochs.c.deposit.is_not(None)).label("readable"),
        one(epochs.c.until_us, *its_epoch).label("until_us"),
    )  # fmt: skip


class _Found(NamedTuple):
    """A row of the question's answer, in the order of its columns."""

    n: int
    token: str | None
    revoked: bool | None
    here: str | None
    deleted: bool
    before: str | None
    consent: str | None
    last_word: str | None
    epoch: str | None
    readable: bool | None
    until_us: int


_QUESTIONS = {kind: Prepared(_question(kind)) for kind in ("sqlite", "postgresql")}


def _read(tx: Connection, manifests: Sequence[Manifest]) -> list[_Found]:
    asked = [
        {"n": n, "seq": each.seq, **{name: getattr(each, name) for name in _TEXTS}} for n, each in enumerate(manifests)
    ]
    rows = _QUESTIONS[tx.dialect.name].rows(tx, {"asked": msgspec.json.encode(asked).decode()})
    found = {row[0]: _Found(*row) for row in rows}
    return [found[n] for n in range(len(manifests))]
