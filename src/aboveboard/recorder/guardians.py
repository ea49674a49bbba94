"""What each guardian still has to get: its part of each key, and the word to destroy it.

A charter has one guardian or several. One that is lost for good holds up nothing: the others are told, and reading
takes as many as the charter says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.core.access import SignedDeletion
from aboveboard.core.errors import AboveboardError
from aboveboard.core.ids import EpochId, sha256_hex
from aboveboard.recorder.epochs import EpochFile
from aboveboard.recorder.home import Home
from aboveboard.recorder.upload import Uplink


@dataclass(frozen=True, slots=True)
class Waiting:
    """epochs/<epoch>.<number>.guardian, for the guardian at `url`."""

    path: Path
    epoch: EpochId
    url: str

    def done(self) -> None:
        self.path.rename(self.path.with_suffix(".guardian-done"))


def waiting_deposits(home: Home) -> Iterator[Waiting]:
    """Of guardians that are still in the charter: a part was sealed to one of them and is of no use to another."""
    paths = sorted(home.path("epochs").glob("*.guardian"))
    urls = {each.recipient: each.url for each in home.steps()[-1].charter.guardians} if paths else {}
    for path in paths:
        epoch, _, number = path.stem.partition(".")
        data = home.read("epochs", f"{epoch}.json")
        if data is None:
            continue  # a crash cut its making short, and nothing is sealed to it
        url = urls.get(msgspec.json.decode(data, type=EpochFile).guardians[int(number)])
        if url is not None:
            yield Waiting(path, EpochId(epoch), url)


def posted(request: Path) -> Path:
    """Marks that the collector has a request for deletion."""
    return request.with_suffix(".posted")


def tell_guardians(home: Home, uplink: Uplink, request: Path, signed: SignedDeletion) -> str:
    """Has each guardian destroy its part; why not all of them did, "" when they did. Each is told once."""
    problem = ""
    for guardian in home.steps()[-1].charter.guardians:
        told = request.with_suffix(f".told-{sha256_hex(guardian.recipient.encode())[:16]}")
        if told.exists():
            continue
        try:
            uplink.destroy_share(guardian.url, signed)
            home.write(b"", "requests", told.name)
        except AboveboardError as error:
            problem = str(error)
    return problem
