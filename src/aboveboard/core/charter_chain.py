"""From the charter one has pinned to the one in force: each new charter is signed by those whom the old one names, and
stands in the log under the old one's witness quorum. Specified in docs/spec/charter.md. Pure.

Nobody has to be told that a charter was replaced, or trust whoever tells them: the bundles prove it, and without them
the pinned charter stays the one that counts.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.errors import BadInput, CheckFailed, ProofError, Refused
from aboveboard.core.ids import sha256_hex
from aboveboard.core.leaves import CharterLeaf
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.core.records import Record, parse_record
from aboveboard.core.signatures import SIGNATURES_MAX, Signature, check_threshold
from aboveboard.core.signing import SigningKey

T = TypeVar("T")

CONTEXT = "charter"
CHAIN_MAX = 64
BUNDLE_BYTES_MAX = 4 * CHARTER_BYTES_MAX


class SignedCharter(Record, frozen=True):
    """charter: base64 of the exact bytes of the new charter; signatures: by the old one's people, context "charter"."""

    charter: str
    signatures: tuple[Signature, ...] = ()

    @property
    def charter_bytes(self) -> bytes:
        try:
            return base64.b64decode(self.charter, validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadInput("is not base64", "charter") from error

    @classmethod
    def of(cls, charter_bytes: bytes, signatures: tuple[Signature, ...] = ()) -> SignedCharter:
        return cls(base64.b64encode(charter_bytes).decode("ascii"), signatures)

    @classmethod
    def parse(cls, data: bytes) -> SignedCharter:
        """Raises BadInput. Checks no signature: check_signed does."""
        signed = parse_record(data, "signed charter", cls, BUNDLE_BYTES_MAX)
        if len(signed.signatures) > SIGNATURES_MAX:
            raise BadInput(f"at most {SIGNATURES_MAX} signatures", "signed charter")
        return signed


class CharterBundle(Record, frozen=True):
    """published/charters/<id>.json: a charter, who signed it, and the tlog-proof of its entry. The first charter of a
    log has no signatures: it is what people pin."""

    signed: SignedCharter
    log_proof: str

    @classmethod
    def parse(cls, data: bytes) -> CharterBundle:
        """Raises BadInput. Checks nothing: follow and history do."""
        return parse_record(data, "charter bundle", cls, BUNDLE_BYTES_MAX)

    @property
    def charter_id(self) -> str:
        return sha256_hex(self.signed.charter_bytes)


@dataclass(frozen=True, slots=True)
class InForce:
    """charter: counts for entries of the log from index `since` on, until the next one."""

    since: int
    charter: Charter


Charters: TypeAlias = Sequence[InForce]
"""Oldest first, as from history."""


def sign_charter(charter_bytes: bytes, key: SigningKey) -> Signature:
    """A signature over the exact bytes, of a charter that can be read."""
    Charter.parse(charter_bytes)
    return Signature.make(key, CONTEXT, charter_bytes)


def check_signed(old: Charter, signed: SignedCharter) -> Charter:
    """The new charter, if those whom the old one names have signed it and it keeps what must stay.

    Raises Refused("charter") with the reason.
    """
    data = signed.charter_bytes
    try:
        new = Charter.parse(data)
    except BadInput as error:
        raise Refused("charter", f"the new charter can't be read: {error}") from error
    if new.previous != old.charter_id:
        raise Refused("charter", "the new charter does not name the old one as its previous one")
    if new.log != old.log:
        raise Refused("charter", "a new charter keeps the log's key and origin: the record goes on in the same log")
    if new.demo and not old.demo:
        raise Refused("charter", "a charter for real people can't become a demonstration, which may do without notice")
    check_threshold([old.employer_key], 1, signed.signatures, CONTEXT, data, who="the old charter's employer",
                    reason="charter")  # fmt: skip
    check_threshold(
        old.representative_keys, old.representatives.threshold, signed.signatures, CONTEXT, data,
        who="the old charter's representatives", reason="charter",
    )  # fmt: skip
    return new


def check_succession(old: Charter, bundle: CharterBundle) -> InForce:
    """The new charter and its place in the log. Raises Refused("charter"), ProofError or SignatureError."""
    new = check_signed(old, bundle.signed)
    proof = LogProof.parse(bundle.log_proof)
    check_proof(CharterLeaf(new.charter_id).encode(), proof, old)
    return InForce(proof.index, new)


def _previous(bundle: CharterBundle) -> str:
    return Charter.parse(bundle.signed.charter_bytes).previous


def _by_id(bundles: Iterable[CharterBundle]) -> dict[str, CharterBundle]:
    """Each charter once. Raises CheckFailed for a fork: two charters that follow the same one."""
    found: dict[str, CharterBundle] = {}
    after: dict[str, str] = {}
    for bundle in bundles:
        if len(found) >= CHAIN_MAX:
            raise CheckFailed(f"over {CHAIN_MAX} charters: this is no programme's history")
        try:
            name, previous = bundle.charter_id, _previous(bundle)
        except BadInput as error:
            raise CheckFailed(f"a charter that was handed over can't be read: {error}") from error
        if previous and after.setdefault(previous, name) != name:
            raise CheckFailed(f"two charters follow {previous[:16]}: {after[previous][:16]} and {name[:16]}")
        found[name] = bundle
    return found


def history(pinned: Charter, bundles: Sequence[CharterBundle]) -> tuple[InForce, ...]:
    """Every charter from the earliest that is known to the one in force, oldest first.

    Charters before the pinned one are known by their hash, which their successor names; those after it by the
    signatures and proofs of each step. Raises CheckFailed or Refused when anything handed over does not hold: a
    forged successor, a fork, a charter of another history, an order that the log does not have.
    """
    found = _by_id(bundles)
    ahead = {_previous(bundle): bundle for bundle in found.values()}
    line, used = [pinned], {pinned.charter_id}
    while line[0].previous in found:
        line.insert(0, Charter.parse(found[line[0].previous].signed.charter_bytes))
        used.add(line[0].charter_id)
    # As far back as each step is shown: what came before only matters for entries from before.
    first = next(i for i in range(len(line)) if all(each.charter_id in found for each in line[i + 1 :]))
    steps = [InForce(0, line[first])]
    while (bundle := ahead.get(steps[-1].charter.charter_id)) is not None:
        step = check_succession(steps[-1].charter, bundle)
        if step.since <= steps[-1].since:
            raise ProofError("the charters stand in the log in another order than they follow each other")
        steps.append(step)
        used.add(step.charter.charter_id)
    if strangers := set(found) - used:
        raise CheckFailed(f"charter {sorted(strangers)[0][:16]} does not follow from the pinned one")
    return tuple(steps)


def follow(pinned: Charter, bundles: Sequence[CharterBundle]) -> tuple[Charter, ...]:
    """The pinned charter and those after it, oldest first; the last is in force. Raises as history does."""
    charters = [each.charter for each in history(pinned, bundles)]
    return tuple(charters[[each.charter_id for each in charters].index(pinned.charter_id) :])


def charter_at(steps: Sequence[InForce], index: int) -> Charter:
    """The charter under which the entry at `index` of the log counts. steps: from history."""
    return next(each.charter for each in reversed(steps) if each.since <= index or each is steps[0])


def under(steps: Charters, check: Callable[[Charter], T]) -> T:
    """What a check gives under the charter in force, or under one before it: what was proven then stays proven.

    Raises as the check does under the charter in force, when it holds under none.
    """
    try:
        return check(steps[-1].charter)
    except (CheckFailed, Refused):
        for step in reversed(steps[:-1]):
            with contextlib.suppress(CheckFailed, Refused):
                return check(step.charter)
        raise
