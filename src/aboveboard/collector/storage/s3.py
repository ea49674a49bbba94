"""Sealed segments in an S3-compatible store, through obstore. Credentials come from AWS_* in the environment."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, urlsplit

from obstore.exceptions import BaseError
from obstore.store import S3Store

if TYPE_CHECKING:
    from obstore.store import S3Config

from aboveboard.collector.storage.blobs import PIECE_BYTES, PIECE_OVERLAP_BYTES, BlobName, Stored, checked
from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.ids import ContributorId, EpochId
from aboveboard.wire.segment import FILE_BYTES_MAX

T = TypeVar("T")
REQUEST_S_MAX = 30
RETRIES_MAX = 3
RETRY_S_MAX = 20


@dataclass(frozen=True, slots=True)
class S3Address:
    """s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME]."""

    bucket: str
    prefix: str
    endpoint: str | None
    region: str | None

    @classmethod
    def parse(cls, url: str) -> S3Address:
        """Raises BadInput."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True))
        if parts.scheme != "s3" or not parts.hostname or parts.username or set(options) - {"endpoint", "region"}:
            raise BadInput("is s3://BUCKET[/PREFIX][?endpoint=URL&region=NAME]; keys are set as AWS_*", "blobs")
        return cls(parts.hostname, parts.path.strip("/"), options.get("endpoint"), options.get("region"))


class S3Blobs:
    """Blobs (see blobs.py) as objects.

    What was put is read back and compared before `put` returns, because not every compatible store checks the
    checksum that goes along with the upload.
    """

    at_once = 32  # each waits for the network most of the time
    light_at_once = at_once
    together = 1

    def __init__(self, address: S3Address) -> None:
        self._name = f"s3://{address.bucket}/{address.prefix}".rstrip("/")
        config: S3Config = {"checksum_algorithm": "sha256"}
        if address.endpoint:
            config["endpoint"] = address.endpoint
        if address.region:
            config["region"] = address.region
        seconds = datetime.timedelta(seconds=REQUEST_S_MAX)
        try:
            self._store = S3Store(
                address.bucket, prefix=address.prefix or None, config=config,
                client_options={"timeout": seconds, "connect_timeout": datetime.timedelta(seconds=5),
                                "allow_http": (address.endpoint or "").startswith("http:")},
                retry_config={"max_retries": RETRIES_MAX, "retry_timeout": datetime.timedelta(seconds=RETRY_S_MAX)},
            )  # fmt: skip
        except BaseError as error:
            raise BadInput(f"can't be used: {type(error).__name__}", "blobs") from error

    def __str__(self) -> str:
        return self._name

    def _ask(self, what: Callable[[], T]) -> T:
        """Errors name the bucket and the kind of failure; the store's own words may hold anything."""
        try:
            return what()
        except FileNotFoundError:
            raise
        except (BaseError, OSError) as error:
            raise Unavailable(f"the store {self._name} can't be used now: {type(error).__name__}") from error

    def put(self, name: BlobName, pieces: Sequence[bytes]) -> None:
        data = b"".join(pieces)
        self._ask(lambda: self._store.put(name.path, data, use_multipart=False))
        if self._read(name.path) != data:
            raise Unavailable(f"the store {self._name} does not hold what was put there")

    def put_all(self, blobs: Sequence[tuple[BlobName, Sequence[bytes]]]) -> list[Unavailable | None]:
        return [self._put(name, pieces) for name, pieces in blobs]

    def _put(self, name: BlobName, pieces: Sequence[bytes]) -> Unavailable | None:
        try:
            self.put(name, pieces)
        except Unavailable as error:
            return error
        return None

    def _read(self, path: str) -> bytes | None:
        """None when it isn't there. Never more than a segment's bytes in memory."""
        try:
            found = self._ask(lambda: self._store.get(path))
            if found.meta["size"] > FILE_BYTES_MAX:
                return b""
            return bytes(self._ask(found.bytes))
        except FileNotFoundError:
            return None

    def get(self, name: BlobName) -> bytes:
        return checked(name, self._read(name.path))

    def has(self, name: BlobName) -> bool:
        try:
            self._ask(lambda: self._store.head(name.path))
        except FileNotFoundError:
            return False
        return True

    def remove(self, name: BlobName) -> None:
        self._remove(name.path)

    def _remove(self, path: str) -> None:
        try:
            self._ask(lambda: self._store.delete(path))
        except FileNotFoundError:
            return

    def names(self, contributor: ContributorId | None = None, epoch: EpochId | None = None) -> Iterator[Stored]:
        prefix = "" if contributor is None else f"{contributor}/" + (f"{epoch}/" if epoch else "")
        listing = self._ask(lambda: self._store.list(prefix or None))
        while page := self._ask(lambda: next(listing, None)):
            for meta in page:
                name = BlobName.of(meta["path"])
                if name is not None and epoch in (None, name.epoch):
                    yield Stored(name, meta["last_modified"].timestamp())

    def raw(self) -> Iterator[tuple[str, bytes]]:
        listing = self._ask(lambda: self._store.list(None))
        while page := self._ask(lambda: next(listing, None)):
            for meta in page:
                path, size = meta["path"], meta["size"]
                for start in range(0, max(size, 1), PIECE_BYTES):
                    end = min(start + PIECE_BYTES + PIECE_OVERLAP_BYTES, size)
                    got = bytes(self._ask(partial(self._store.get_range, path, start=start, end=end))) if size else b""
                    yield path, got

    def remove_torn(self, before_s: float) -> int:
        return 0  # an object is there as a whole or not at all

    def check(self) -> None:
        """Puts a small object and takes it away again."""
        path = f".check-{secrets.token_hex(8)}"
        try:
            result = self._ask(lambda: self._store.put(path, b"aboveboard", use_multipart=False))
        except FileNotFoundError as error:
            raise Unavailable(f"the store {self._name} can't be used now: there is no such bucket") from error
        try:
            if result["version"] is not None:
                raise BadInput(
                    f"the bucket of {self._name} keeps old versions, so deleting would not delete: turn that off",
                    "blobs",
                )
            if self._read(path) != b"aboveboard":
                raise Unavailable(f"the store {self._name} does not hold what was put there")
        finally:
            self._remove(path)
