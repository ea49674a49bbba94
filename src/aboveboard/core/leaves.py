"""What the log's entries say. Specified in docs/spec/log-entries.md. Pure.

An entry is canonical JSON with its kind in "kind". Hashes are 64 lower-case hex digits. What concerns a person goes in
as a commitment that only that person (and whom they show it to) can open, or as the root of a batch over many people.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Literal, TypeAlias, get_args

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import BadInput
from aboveboard.core.ids import ContributorId, EpochId, GrantId, SegmentId

ENTRY_BYTES_MAX = 4096
DAY_US = 86_400 * US_PER_S
DELETION_DAYS_MAX = 30  # from asking to overdue
# The sizes batches are filled up to (core/proof.py): a batch of any other size would tell how many acted.
BATCH_SIZES = (16, 64, 256, 1024, 4096)
# Closed on purpose: appraisal, discipline and monitoring of people can't be named. Terms after W3C DPV 2.3.
Purpose: TypeAlias = Literal["train-agents", "evaluate-agents", "research-interfaces", "improve-accessibility"]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=(1 << 53) - 1)]  # what every JSON reader keeps exactly
_HASH = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){1,3}([a-z0-9.+\-]{0,32})")


class _Leaf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    def encode(self) -> bytes:
        """The entry's bytes."""
        return canonical(msgspec.to_builtins(self))


class CharterLeaf(_Leaf, frozen=True, tag="charter"):
    """Entry 0 of every log: the charter it runs under. Later: one that follows it, in force from here on."""

    charter: str


class PolicyLeaf(_Leaf, frozen=True, tag="policy"):
    """A policy was published; its notice period runs from the witnesses' cosignature over this entry."""

    policy: str


class BatchLeaf(_Leaf, frozen=True, tag="batch"):
    """A batch of commitments: consents, withdrawals and opt-outs ("rights"), or segments accepted."""

    what: Literal["rights", "segments"]
    root: str
    size: Number


class KeyReleasedLeaf(_Leaf, frozen=True, tag="key_released"):
    """A share of one epoch's key may be given to one reader from here on."""

    commitment: str
    purpose: Purpose


class GrantRevokedLeaf(_Leaf, frozen=True, tag="grant_revoked"):
    """A grant ends here: no key is released under it from here on. grant: its ID, which tells nothing of whose data it
    is for: it is a hash over a nonce."""

    grant: str


class DatasetBuiltLeaf(_Leaf, frozen=True, tag="dataset_built"):
    """root: over the dataset's segment IDs, sorted; manifest: SHA-256 of its manifest."""

    root: str
    manifest: str


class ModelTrainedLeaf(_Leaf, frozen=True, tag="model_trained"):
    """model: SHA-256 of the weights; dataset: SHA-256 of the manifest of the dataset they come from."""

    model: str
    dataset: str


class DatasetMarkedLeaf(_Leaf, frozen=True, tag="dataset_marked"):
    """The dataset of this manifest holds something that may be used no more: it was deleted, withdrawn, or its days of
    keeping are over. Not which of these, or whose, and only once a day, so that it tells of nobody's wavering."""

    manifest: str


class ModelMarkedLeaf(_Leaf, frozen=True, tag="model_marked"):
    """The model of these weights comes from a dataset that is marked."""

    model: str


class ExemptionLeaf(_Leaf, frozen=True, tag="exemption"):
    """Less than the policy for a region or a group, in force from here on. exemption: SHA-256 of its bytes."""

    exemption: str


class RetentionSweepLeaf(_Leaf, frozen=True, tag="retention_sweep"):
    """What was kept under the policy and whose days of keeping ended before the day (µs since 1970, a whole day) is
    gone. Nothing about how much, or whose."""

    policy: str
    day_us: Number


class RecorderReleaseLeaf(_Leaf, frozen=True, tag="recorder_release"):
    """A version of the recorder was released: SHA-256 of its wheel and of the source archive it is built from."""

    version: str
    wheel: str
    source: str


Role: TypeAlias = Literal["representative", "steward", "researcher"]


class RoleLeaf(_Leaf, frozen=True, tag="role"):
    """An account at the collector has (given) or no longer has (not given) a role from here on. commitment: see
    role_commitment; the account's holder can open it."""

    role: Role
    given: bool
    commitment: str


class DeletionAskedLeaf(_Leaf, frozen=True, tag="deletion_asked"):
    """A person asked for deletion; overdue after due_us (a whole day, so that it tells no hour)."""

    commitment: str
    due_us: Number


class DeletionDoneLeaf(_Leaf, frozen=True, tag="deletion_done"):
    """The deletion of the same commitment is done."""

    commitment: str


Leaf: TypeAlias = (
    CharterLeaf
    | PolicyLeaf
    | BatchLeaf
    | KeyReleasedLeaf
    | GrantRevokedLeaf
    | DatasetBuiltLeaf
    | ModelTrainedLeaf
    | DatasetMarkedLeaf
    | ModelMarkedLeaf
    | DeletionAskedLeaf
    | DeletionDoneLeaf
    | ExemptionLeaf
    | RetentionSweepLeaf
    | RecorderReleaseLeaf
    | RoleLeaf
)


HASHES = frozenset(
    {"charter", "policy", "root", "commitment", "grant", "manifest", "model", "dataset", "exemption", "wheel", "source"}
)
_hash_fields = {kind: tuple(HASHES.intersection(kind.__struct_fields__)) for kind in get_args(Leaf)}

_decoder = msgspec.json.Decoder(Leaf)
_encoder = msgspec.json.Encoder(order="sorted")


def _decode(data: bytes) -> Leaf:
    """An auditor reads millions of entries, so the common case is quick: what these fields encode to, sorted and
    without white space, is RFC 8785 as long as there is nothing in it to escape. All else takes the long way."""
    if len(data) <= ENTRY_BYTES_MAX and data.isascii() and b"\\" not in data:
        try:
            leaf: Leaf = _decoder.decode(data)
            if _encoder.encode(leaf) == data:
                return leaf
        except (msgspec.MsgspecError, RecursionError):
            pass  # the long way says what is wrong
    fields = parse_canonical(data, "log entry", ENTRY_BYTES_MAX)
    try:
        converted: Leaf = msgspec.convert(fields, Leaf)
    except msgspec.ValidationError as error:
        raise BadInput(f"can't be read: {error}", "log entry") from error
    return converted


def parse_leaf(data: bytes) -> Leaf:
    """Raises BadInput for an entry that is not canonical, of no known kind, or with a malformed field."""
    leaf = _decode(data)
    for name in _hash_fields[type(leaf)]:
        if not _HASH.fullmatch(getattr(leaf, name)):
            raise BadInput(f"{name} is no hash", "log entry")
    if isinstance(leaf, RetentionSweepLeaf) and leaf.day_us % DAY_US:
        raise BadInput("day_us is no whole day", "log entry")
    if isinstance(leaf, DeletionAskedLeaf) and leaf.due_us % DAY_US:
        raise BadInput("due_us is no whole day", "log entry")
    if isinstance(leaf, BatchLeaf) and leaf.size not in BATCH_SIZES:
        raise BadInput(f"a batch has no {leaf.size} items", "log entry")
    if isinstance(leaf, RecorderReleaseLeaf) and not _VERSION.fullmatch(leaf.version):
        raise BadInput("version is no version such as 1.2.3", "log entry")
    return leaf


def due_day_us(asked_us: int, days: int) -> int:
    """When a deletion asked at `asked_us` is overdue: whole days, rounded up."""
    return -(-(asked_us + days * DAY_US) // DAY_US) * DAY_US


def segment_commitment(segment: SegmentId) -> bytes:
    """32 bytes. No salt: a segment's ID commits to random ciphertext, so nobody can guess it."""
    return hashlib.sha256(b"segment\0" + segment.encode("ascii")).digest()


def rights_commitment(salt: bytes, record: bytes) -> bytes:
    """32 bytes over a consent record's bytes; `salt` is the record's own, 16 bytes."""
    return hashlib.sha256(b"rights\0" + salt + record).digest()


def release_commitment(salt: bytes, grant: GrantId, contributor: ContributorId, epoch: EpochId) -> bytes:
    """32 bytes; salt: 16 random bytes, known to the person, the reader, and both vault keepers."""
    return hashlib.sha256(b"release\0" + salt + f"{grant}\0{contributor}\0{epoch}".encode("ascii")).digest()


def deletion_commitment(salt: bytes, request: bytes) -> bytes:
    """32 bytes over the request's bytes; `salt` is the request's own, 16 bytes."""
    return hashlib.sha256(b"deletion\0" + salt + request).digest()


def role_commitment(salt: bytes, account_name: str, role: Role) -> bytes:
    """32 bytes; salt: 16 random bytes, known to whoever holds the account."""
    return hashlib.sha256(b"role\0" + salt + f"{account_name}\0{role}".encode()).digest()
