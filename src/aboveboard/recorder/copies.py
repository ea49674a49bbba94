"""One's own sealed files on this laptop, opened with the keys that it has of its own months."""

from __future__ import annotations

from aboveboard.core.errors import Corrupt, Refused
from aboveboard.core.ids import EpochId
from aboveboard.recorder.home import Home
from aboveboard.wire.durable import read_bounded
from aboveboard.wire.segment import FILE_BYTES_MAX, Manifest, SegmentBody, parse, unseal


def epoch_key(home: Home, epoch: EpochId) -> str:
    """The age identity of a month. Raises Corrupt when it is not here."""
    data = home.read("epochs", f"{epoch}.key")
    if data is None:
        raise Corrupt("the key of its month is not on this laptop")
    return data.decode("ascii").strip()


def open_copy(home: Home, folder: str, name: str) -> tuple[Manifest, SegmentBody]:
    """name: of a file in `outbox` or `sent`. What is opened lives in memory only. Raises Refused when it is not there,
    Corrupt or SignatureError when it can't be opened."""
    data = read_bounded(home.path(folder, name), FILE_BYTES_MAX)
    if data is None:
        raise Refused("gone", f"{folder}/{name} is not on this laptop any more")
    sealed = parse(data)
    return sealed.manifest, unseal(sealed, epoch_key(home, sealed.manifest.epoch))
