"""From spool to outbox: chunks that may go are sealed into segments, durably, before anything is sent."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId
from aboveboard.core.signing import SigningKey
from aboveboard.recorder.epochs import EpochFile
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.recorder.spool.chunks import Chunk
from aboveboard.recorder.spool.spool import Spool
from aboveboard.wire.api import parse
from aboveboard.wire.segment import GENESIS, seal

EVENTS_MAX = 6000  # a segment: minutes of work
CHUNKS_MAX = 600


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """outbox/<seq>.json, then sent/<seq>.json. chunks: what of the spool went into it. kept: False when it reached the
    collector after its days of keeping, which then took no more than its place in the chain."""

    segment: str
    start_us: int
    end_us: int
    chunks: tuple[str, ...] = ()
    proof: dict[str, object] | None = None
    kept: bool = True


class Chain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """chain.json: the number and the "prev" of the device's next segment."""

    seq: int = 0
    prev: str = GENESIS


def name_of(seq: int) -> str:
    return f"{seq:08d}"


class Sealer:
    """One thread."""

    def __init__(self, home: Home, spool: Spool, contributor: ContributorId, device: DeviceId, key: SigningKey) -> None:
        """Finishes what a crash cut short: chunks that are in a sealed segment leave the spool."""
        self._home, self._spool = home, spool
        self._contributor, self._device, self._key = contributor, device, key
        data = home.read("chain.json")
        self._chain = Chain() if data is None else parse(data, "chain.json", Chain)
        for path in sorted(home.path("outbox").glob("*.json")):
            sent = msgspec.json.decode(path.read_bytes(), type=Sent)
            spool.remove(sent.chunks)
            if int(path.stem) >= self._chain.seq:
                self._advance(Chain(int(path.stem) + 1, sent.segment))

    def _advance(self, chain: Chain) -> None:
        self._home.write(json_bytes(chain), "chain.json")
        self._chain = chain

    def expire(self, before_us: int) -> int:
        """What ended before and never left is deleted for its age, with a Gap in its place; how many chunks."""
        return self._spool.expire(before_us)

    def seal_ready(self, until_us: int) -> int:
        """Seals every chunk that ended by until_us; how many segments."""
        made = 0
        group: list[tuple[str, Chunk]] = []
        for name in self._spool.ended(until_us):
            chunk = self._spool.read(name)
            if chunk is None:
                continue
            if group and not _together(group, chunk):
                self._seal(group)
                made, group = made + 1, []
            group.append((name, chunk))
        if group:
            self._seal(group)
            made += 1
        return made

    def _seal(self, group: Sequence[tuple[str, Chunk]]) -> None:
        first, last = group[0][1], group[-1][1]
        kept = self._home.read("epochs", f"{first.epoch}.json")
        if kept is None:
            raise Corrupt(
                f"the key of epoch {first.epoch} is missing in {self._home.path('epochs')}: nothing can be sealed"
            )
        epoch = msgspec.json.decode(kept, type=EpochFile)
        seq = self._chain.seq
        try:
            sealed = seal(
                [item for _, chunk in group for item in chunk.redacted()], session=first.session,
                start_us=first.start_us, end_us=last.end_us, seq=seq, prev=self._chain.prev,
                contributor=self._contributor, device=self._device, epoch=EpochId(first.epoch),
                recipient=epoch.recipient, policy=PolicyId(first.policy), consent=ConsentId(first.consent),
                device_key=self._key,
            )  # fmt: skip
        except (BadInput, struct.error):
            if len(group) == 1:
                raise
            middle = len(group) // 2
            self._seal(group[:middle])
            self._seal(group[middle:])
            return
        names = tuple(name for name, _ in group)
        sent = Sent(sealed.manifest.segment_id, first.start_us, last.end_us, names)
        # The segment, then its note, then the chain, then the spool: a crash anywhere loses nothing and sends nothing
        # twice (see __init__).
        self._home.write(sealed.to_bytes(), "outbox", f"{name_of(seq)}.seg")
        self._home.write(json_bytes(sent), "outbox", f"{name_of(seq)}.json")
        self._advance(Chain(seq + 1, sent.segment))
        self._spool.remove(names)


def _together(group: Sequence[tuple[str, Chunk]], chunk: Chunk) -> bool:
    """Whether the chunk goes into the same segment: same terms, no hole between, not too much."""
    before = group[-1][1]
    terms = (before.session, before.policy, before.consent, before.epoch)
    if terms != (chunk.session, chunk.policy, chunk.consent, chunk.epoch) or before.end_us != chunk.start_us:
        return False
    return len(group) < CHUNKS_MAX and sum(len(each.events) for _, each in group) + len(chunk.events) <= EVENTS_MAX
