"""From spool to outbox: chunks that may go are sealed into segments, durably, before anything is sent."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import msgspec

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.events import Correction, Task
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId
from aboveboard.core.signing import SigningKey
from aboveboard.recorder.epochs import EpochFile
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.recorder.spool.chunks import Chunk
from aboveboard.recorder.spool.spool import Spool
from aboveboard.wire.api import parse
from aboveboard.wire.durable import remove_durable
from aboveboard.wire.segment import GENESIS, seal
from aboveboard.wire.segment import parse as parse_segment

EVENTS_MAX = 6000  # a segment: minutes of work
CHUNKS_MAX = 600


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """outbox/<seq>.json, then sent/<seq>.json. chunks: what of the spool went into it. kept: False when it reached the
    collector after its days of keeping, which then took no more than its place in the chain. tasks: when tasks were
    begun in it; corrects: when those that it corrects were, which go with them. µs since 1970."""

    segment: str
    start_us: int
    end_us: int
    chunks: tuple[str, ...] = ()
    proof: dict[str, object] | None = None
    kept: bool = True
    tasks: tuple[int, ...] = ()
    corrects: tuple[int, ...] = ()

    def touches(self, from_us: int, until_us: int) -> bool:
        """Whether it lies in the span, or corrects what was begun in it."""
        lies = self.start_us < until_us and self.end_us > from_us
        return lies or any(from_us <= at < until_us for at in self.corrects)


class Chain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """chain.json: the number and the "prev" of the device's next segment."""

    seq: int = 0
    prev: str = GENESIS


def name_of(seq: int) -> str:
    return f"{seq:08d}"


def _chain(home: Home) -> Chain:
    data = home.read("chain.json")
    return Chain() if data is None else parse(data, "chain.json", Chain)


def empty_outbox(home: Home) -> list[Sent]:
    """Removes what was sealed and never left; what may have arrived without our hearing of it stays, and is given back.

    The chain goes on where that ends: what never left was never in it.
    """
    paths = sorted(home.path("outbox").glob("*.json"))
    tried = [path for path in paths if path.with_suffix(".tried").exists()]
    never = [path for path in paths if path not in tried]
    if never:
        first = parse_segment(never[0].with_suffix(".seg").read_bytes()).manifest
        home.write(json_bytes(Chain(first.seq, first.prev)), "chain.json")
    for path in reversed(never):  # a crash leaves a chain without a hole
        remove_durable(path)
        remove_durable(path.with_suffix(".seg"))
    return [msgspec.json.decode(path.read_bytes(), type=Sent) for path in tried]


class Sealer:
    """One thread."""

    def __init__(self, home: Home, spool: Spool, contributor: ContributorId, device: DeviceId, key: SigningKey) -> None:
        """Finishes what a crash cut short: chunks that are in a sealed segment leave the spool."""
        self._home, self._spool = home, spool
        self._contributor, self._device, self._key = contributor, device, key
        self._chain = _chain(home)
        for path in sorted(home.path("outbox").glob("*.json")):
            sent = msgspec.json.decode(path.read_bytes(), type=Sent)
            spool.remove(sent.chunks)
            if int(path.stem) >= self._chain.seq:
                self._advance(Chain(int(path.stem) + 1, sent.segment))

    def _advance(self, chain: Chain) -> None:
        self._home.write(json_bytes(chain), "chain.json")
        self._chain = chain

    def drop(self) -> list[Sent]:
        """Nothing that was not sent is kept any more, sealed or not. What may have arrived without our hearing of it
        stays, to be sent to its end, and is given back."""
        self._spool.remove(self._spool.names())
        tried = empty_outbox(self._home)
        self._chain = _chain(self._home)
        return tried

    def expire(self, before_us: int) -> int:
        """What ended before and never left is deleted for its age, with a Gap in its place; how many chunks."""
        return self._spool.expire(before_us)

    def ready(self, until_us: int) -> bool:
        """Whether anything has waited long enough."""
        return bool(self._spool.ended(until_us))

    def seal_ready(self, until_us: int, bytes_max: int | None = None) -> int:
        """Seals every chunk that ended by until_us, until bytes_max of them are sealed; how many segments.

        Of what is sealed nothing can be taken out any more, so no more is than may leave soon.
        """
        made = 0
        group: list[tuple[str, Chunk]] = []
        stored = self._spool.stamps() if bytes_max is not None else {}
        for name in self._spool.ended(until_us):
            if bytes_max is not None:
                bytes_max -= stored[name][1] if name in stored else 0
                if bytes_max < 0 and (made or group):
                    break
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
        events = [event for _, chunk in group for event in chunk.events]
        sent = Sent(
            sealed.manifest.segment_id, first.start_us, last.end_us, names,
            tasks=tuple(each.t_us for each in events if isinstance(each, Task) and each.phase == "start"),
            corrects=tuple(each.task_us for each in events if isinstance(each, Correction)),
        )  # fmt: skip
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
