"""One session in, its episodes out: the pure function that every engine runs, and the sealed bytes it passes around.

What an engine is given and what it gives back is ChaCha20-Poly1305 (RFC 8439) under a key that lives in memory only and
comes from the reader's own signing key: what an engine spills, and what a build that was cut off leaves on the disk,
tells nothing without it. The same inputs give the same episodes on every engine; nothing here knows one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import msgspec
import pyarrow as pa
import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from aboveboard import __version__
from aboveboard.core.errors import AboveboardError, CheckFailed, Corrupt
from aboveboard.core.events import Gap, KeptEvent, PointerPath
from aboveboard.core.signing import SigningKey
from aboveboard.datasets.episodes import Recorded, episodes_of
from aboveboard.datasets.schema import SCHEMA, Episode, table_of

_NONCE: Final = 12
_UNPACKED_MAX: Final = 1 << 30
ROWS_AT_ONCE: Final = 256  # made into one table: enough that its columns cost little, few enough to hold
ELEMENT_BYTES: Final = 64  # about what an element takes in a row, without its name
EPISODE_BYTES_MAX: Final = 512 << 20
SESSION_BYTES_MAX: Final = 4 << 30
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, repr=False)
class BuildKeys:
    """salt: of the pseudonyms; seal: of what is under way. Both 32 bytes, never written down."""

    salt: bytes
    seal: bytes

    @classmethod
    def derive(cls, key: SigningKey, spec_sha256: str) -> BuildKeys:
        """The same for the same reader and spec, unknown to everybody else: an Ed25519 signature (RFC 8032) that is
        shown to nobody is a pseudorandom function of what it signs."""
        secret = key.sign("dataset-pseudonyms", spec_sha256.encode())
        seal = b"seal " + __version__.encode()  # another version may work out something else
        return cls(*(hmac.new(secret, what, hashlib.sha256).digest() for what in (b"salt", seal)))


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One segment's events, with the ID of the segment."""

    segment: str
    events: tuple[KeptEvent, ...]


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Consecutive segments of one session of one device."""

    contributor: str
    session: str
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        """64 hex digits, for the segments it is of."""
        return hashlib.sha256("".join(part.segment for part in self.parts).encode()).hexdigest()

    def recorded(self) -> Recorded:
        events = tuple(event for part in self.parts for event in part.events)
        segments = tuple(part.segment for part in self.parts for _ in part.events)
        return Recorded(self.contributor, self.session, events, segments)


class Summary(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What choosing needs to know of an episode. likeness: equal for near-duplicates of the same instruction, see
    `likeness_of`."""

    episode_id: str
    contributor: str
    instruction: str
    outcome: str
    flags: tuple[str, ...]
    apps: tuple[str, ...]
    sites: tuple[str, ...]
    segments: tuple[str, ...]
    steps: int
    likeness: str


class Result(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """summaries[i] is of episodes[i], its rows as Arrow has them, each sealed apart; why: not "" when the session
    can't be used."""

    summaries: tuple[Summary, ...]
    episodes: tuple[bytes, ...]
    events: int
    why: str = ""


def seal(value: Any, key: bytes) -> bytes:
    """nonce || ciphertext of zstd of MessagePack."""
    nonce = os.urandom(_NONCE)
    packed = zstandard.ZstdCompressor(level=1).compress(msgspec.msgpack.encode(value))
    return nonce + ChaCha20Poly1305(key).encrypt(nonce, packed, None)


def unseal(data: bytes, key: bytes, kind: type[Value]) -> Value:
    """Raises CheckFailed for bytes that this key did not seal, Corrupt for another kind of value."""
    try:
        packed = ChaCha20Poly1305(key).decrypt(data[:_NONCE], data[_NONCE:], None)
        unpacked = zstandard.ZstdDecompressor().decompress(packed, max_output_size=_UNPACKED_MAX)
        return msgspec.msgpack.decode(unpacked, type=kind)
    except (InvalidTag, ValueError) as error:
        if isinstance(error, msgspec.MsgspecError):
            raise Corrupt(f"what was kept of this build is not as written: {error}") from error
        raise CheckFailed("what was kept of this build was sealed by another reader, spec or hand") from error


def work(data: bytes, keys: BuildKeys) -> bytes:
    """A sealed Session to a sealed Result. A session that can't be used says why in it, and harms no other."""
    session = unseal(data, keys.seal, Session)
    try:
        episodes = episodes_of(session.recorded(), keys.salt)
        check_size(episodes)
    except AboveboardError as error:
        return seal(Result((), (), 0, str(error)), keys.seal)
    # As Arrow rows already: to make them is half of the work, and this is where there are many hands.
    sealed = tuple(seal(rows, keys.seal) for rows in _arrow(episodes))
    return seal(Result(tuple(map(summary_of, episodes)), sealed, events_in(session)), keys.seal)


def check_size(episodes: Sequence[Episode]) -> None:
    """Every row repeats what was visible: a small segment can be made to become terabytes of rows. Raises Corrupt."""
    scenes: dict[int, int] = {}  # the same tuple is of many steps
    total = 0
    for episode in episodes:
        size = 0
        for step in episode.steps:
            key = id(step.elements)
            if key not in scenes:
                scenes[key] = sum(ELEMENT_BYTES + len(each.name) + 8 * len(each.path) for each in step.elements)
            pictures = sum(len(each.data) for each in (step.frame, step.crop) if each is not None)
            size += scenes[key] + pictures + len(step.text) + len(step.app) + len(step.site or "") + len(step.path_t)
            size += len(episode.instruction)
        total += size
        if size > EPISODE_BYTES_MAX or total > SESSION_BYTES_MAX:
            raise Corrupt(f"its rows would take more than {size >> 20} MB: no recording shows so much")


def _arrow(episodes: Sequence[Episode]) -> Iterator[bytes]:
    """Each episode's rows as one message of Arrow's IPC format, without their schema, which is everybody's."""
    group: list[Episode] = []
    for n, episode in enumerate(episodes, 1):
        group.append(episode)
        if n < len(episodes) and sum(len(each.steps) for each in group) < ROWS_AT_ONCE:
            continue
        [batch] = table_of(*group).to_batches()
        at = 0
        for each in group:
            yield batch.slice(at, len(each.steps)).serialize().to_pybytes()
            at += len(each.steps)
        group = []


def table_in(sealed: bytes, key: bytes) -> pa.Table:
    """An episode's rows, out of a Result. Raises CheckFailed."""
    return pa.Table.from_batches([pa.ipc.read_record_batch(pa.py_buffer(unseal(sealed, key, bytes)), SCHEMA)])


def events_in(session: Session) -> int:
    """Pointer samples and other events; gaps are none."""
    return sum(map(events_of, session.parts))


def events_of(part: Part) -> int:
    """Of one segment."""
    return sum(event.n if isinstance(event, PointerPath) else not isinstance(event, Gap) for event in part.events)


def summary_of(episode: Episode) -> Summary:
    apps: set[str] = set()
    sites: set[str] = set()
    segments: set[str] = set()
    for step in episode.steps:
        apps.add(step.app)
        sites.add(step.site or "")
        segments.update(step.segments)
    return Summary(
        episode.episode_id, episode.contributor, episode.instruction, episode.outcome, episode.flags,
        tuple(sorted(apps - {""})), tuple(sorted(sites - {""})), tuple(sorted(segments)), len(episode.steps),
        likeness_of(episode),
    )  # fmt: skip


def likeness_of(episode: Episode) -> str:
    """The same for episodes of one person that differ only in words, hand and time: same acts on same things.

    Kind, program, role and name of the target, text, key and scroll direction of each step; no place, path or time.
    """
    acts: list[object] = [episode.contributor, episode.outcome]
    for step in episode.steps:
        if step.kind not in ("wait", "hover"):
            target = (step.target.role, step.target.name, step.target.path) if step.target is not None else None
            acts.append((step.kind, step.app, target, step.text, step.key, step.modifiers, step.dx > 0, step.dy > 0))
    return hashlib.sha256(msgspec.json.encode(acts)).hexdigest()
