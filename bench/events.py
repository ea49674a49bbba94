"""Bytes and seconds to keep pointer events: our sealed segments beside zstd-compressed JSON lines."""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import pyrage
import zstandard

from aboveboard.core.columns import decode_column, encode_column
from aboveboard.core.events import I64, PointerPath, Redacted
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId
from aboveboard.core.signing import SigningKey
from aboveboard.wire import segment
from bench.common import Row, arguments, row, tell

RUN = 250  # samples of one movement


def hand(n: int, seed: int) -> tuple[I64, I64, I64]:
    """n pointer samples of a hand at 125 Hz: smooth, noisy, with jitter in time. Three arrays of shape (n,)."""
    rng = np.random.default_rng(seed)
    t = 1_700_000_000_000_000 + np.cumsum(8000 + rng.integers(-120, 120, n)).astype(np.int64)
    angle = np.cumsum(rng.normal(0, 0.15, n))
    speed = np.abs(np.cumsum(rng.normal(0, 0.6, n))) % 14
    x = np.round(960 + np.cumsum(speed * np.cos(angle))).astype(np.int64)
    y = np.round(540 + np.cumsum(speed * np.sin(angle))).astype(np.int64)
    return t, x, y


def ours(t: I64, x: I64, y: I64) -> tuple[float, float, float]:
    """(bytes, seconds to seal, seconds to open and decode): one sealed segment, padding and signature included."""
    identity = pyrage.x25519.Identity.generate()
    device = SigningKey.generate("device")
    begun = time.perf_counter()
    events = []
    for i in range(0, len(t), RUN):
        part = slice(i, i + RUN)
        columns = (encode_column(t[part] - t[i]), encode_column(x[part]), encode_column(y[part]))
        events.append(Redacted(PointerPath(int(t[i]), len(columns[0]) // 4, *columns)))
    sealed = segment.seal(
        events, session="00", start_us=int(t[0]), end_us=int(t[-1]) + 1, seq=0, prev=segment.GENESIS,
        contributor=ContributorId("c"), device=DeviceId("d"), epoch=EpochId("e"), recipient=str(identity.to_public()),
        policy=PolicyId("p"), consent=ConsentId("c"), device_key=device,
    )  # fmt: skip
    data = sealed.to_bytes()
    sealed_at = time.perf_counter()
    body = segment.unseal(segment.parse(data), str(identity))
    xs = [decode_column(event.x, event.n) for event in body.events if isinstance(event, PointerPath)]
    opened_at = time.perf_counter()
    if not np.array_equal(np.concatenate(xs), x):
        raise AssertionError("what was sealed is not what was opened")
    return len(data), sealed_at - begun, opened_at - sealed_at


def jsonl(t: I64, x: I64, y: I64) -> tuple[float, float, float]:
    """The same for JSON lines under zstd, neither sealed nor signed."""
    begun = time.perf_counter()
    lines = "".join(
        json.dumps({"type": "move", "t": a, "x": b, "y": c}, separators=(",", ":")) + "\n"
        for a, b, c in zip(t.tolist(), x.tolist(), y.tolist(), strict=True)
    )
    data = zstandard.ZstdCompressor(level=9).compress(lines.encode())
    written_at = time.perf_counter()
    back = [json.loads(line) for line in zstandard.ZstdDecompressor().decompress(data).splitlines()]
    read_at = time.perf_counter()
    if len(back) != len(t):
        raise AssertionError("lines were lost")
    return len(data), written_at - begun, read_at - written_at


def main() -> int:
    """Prints and writes the rows."""
    args = arguments(__doc__ or "")
    n = 20_000 if args.quick else 100_000
    columns = hand(n, seed=1)
    mine, theirs = ours(*columns), jsonl(*columns)
    peer = "JSON lines + zstd"
    rows: list[Row] = [
        row("bytes per pointer event", mine[0] / n, "B", peer=theirs[0] / n, peer_name=peer, target="<= 1"),
        row("time to write an event", mine[1] / n * 1e6, "us", peer=theirs[1] / n * 1e6, peer_name=peer, target="<= 1"),
        row("time to read an event", mine[2] / n * 1e6, "us", peer=theirs[2] / n * 1e6, peer_name=peer, target="<= 1"),
    ]
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
