"""The recorder's folder on the laptop. Layout: docs/spec/recorder-home.md. Every secret in it has mode 0600."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.charter_chain import BUNDLE_BYTES_MAX, CharterBundle, InForce, history
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.records import Record
from aboveboard.core.signing import SigningKey
from aboveboard.wire.api import parse
from aboveboard.wire.durable import FolderLock, make_folders, read_bounded, write_durable

FILE_BYTES_MAX = 1 << 20


class Config(Record, frozen=True):
    """Set at installation. region: where this laptop is used; collector and guardians: their addresses;
    guardians_needed: how many of these it takes to read."""

    region: str
    collector: str
    guardian: str
    spare_guardians: tuple[str, ...] = ()
    guardians_needed: int = 1

    @classmethod
    def under(cls, charter: Charter, region: str, collector: str) -> Config:
        spares = tuple(each.url for each in charter.spare_guardians)
        return cls(region, collector, charter.guardian.url, spares, charter.guardians_needed)


class Home:
    """Paths, and reading and writing of the small files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, *parts: str) -> Path:
        return self.folder.joinpath(*parts)

    def make(self) -> None:
        for folder in (
            "", "charters", "consents", "epochs", "outbox", "policies", "receipts", "requests", "sent", "spool",
        ):  # fmt: skip
            make_folders(self.folder / folder, 0o700)

    def lock(self) -> FolderLock:
        """Raises Refused when another recorder runs on this folder."""
        text = f"another recorder runs on {self.folder}: stop it first, or use it with `aboveboard status`"
        return FolderLock(self.path("lock"), Refused("home_in_use", text))

    def read(self, *parts: str) -> bytes | None:
        return read_bounded(self.path(*parts), FILE_BYTES_MAX)

    def write(self, data: bytes, *parts: str) -> None:
        """Durable, and only for the owner to read."""
        write_durable(self.path(*parts), data, 0o600)

    def pinned(self) -> Charter:
        """Raises BadInput when there is none."""
        data = read_bounded(self.path("charter.json"), CHARTER_BYTES_MAX)
        if data is None:
            raise BadInput("no charter is pinned here: start with `aboveboard record --charter FILE`", str(self.folder))
        return Charter.parse(data, str(self.path("charter.json")))

    def bundles(self) -> list[CharterBundle]:
        """What was kept of the charters that follow the pinned one, or came before it."""
        paths = sorted(self.path("charters").glob("*.json"))
        return [
            CharterBundle.parse(data) for path in paths if (data := read_bounded(path, BUNDLE_BYTES_MAX)) is not None
        ]

    def steps(self) -> tuple[InForce, ...]:
        """The charters up to the one in force. Raises CheckFailed or Refused when they do not follow each other."""
        return history(self.pinned(), self.bundles())

    def config(self) -> Config:
        data = self.read("config.json")
        if data is None:
            raise BadInput("is not set up: start with `aboveboard record --charter FILE ...`", str(self.folder))
        return parse(data, str(self.path("config.json")), Config)

    def key(self, name: str) -> SigningKey:
        """contributor or device; made when it is not there yet."""
        data = self.read(f"{name}.key")
        if data is None:
            key = SigningKey.generate(name)
            self.write(key.encode().encode("ascii") + b"\n", f"{name}.key")
            return key
        return SigningKey.decode(data.decode("ascii"))

    def spool_key(self) -> bytes:
        """32 bytes that the spool is encrypted with."""
        data = self.read("spool.key")
        if data is None:
            data = os.urandom(32)
            self.write(data, "spool.key")
        if len(data) != 32:
            raise BadInput("has not 32 bytes", str(self.path("spool.key")))
        return data


def json_bytes(value: object) -> bytes:
    return msgspec.json.encode(value)
