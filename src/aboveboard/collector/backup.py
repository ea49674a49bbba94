"""Backup and restore. One format for all stores, so a backup of SQLite and a folder restores into PostgreSQL and S3.

    backup.tar      rows/<table>    each row as u32 (big-endian) length || MessagePack array of its columns
                    home/...        log.key, vault.json (wrapped; the master key is not in it), the log's folder
                    segments/...    sealed files by their paths

A backup knows nothing of deletions asked after it. Those are kept beside the home's other files, one signed request
each (`deletions/`), and the log has an entry of each. So restoring needs the newest copies of both; it does again every
deletion and every retention that is due, and refuses to end while the log names a deletion whose request is missing.
"""

from __future__ import annotations

import io
import struct
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
from sqlalchemy import Connection, Integer, insert, select, text, update

from aboveboard.collector import deletion, retention
from aboveboard.collector.jobs import enqueue
from aboveboard.collector.journal import decode_frames
from aboveboard.collector.logstore import LogStore
from aboveboard.collector.storage.blobs import BlobName, Blobs
from aboveboard.collector.storage.sql import Database
from aboveboard.collector.storage.tables import deletions, metadata, segments
from aboveboard.core.access import SignedDeletion, check_deletion
from aboveboard.core.errors import BadInput, Corrupt, Refused, Unavailable
from aboveboard.core.ids import SegmentId
from aboveboard.core.leaves import DeletionAskedLeaf, DeletionDoneLeaf, parse_leaf
from aboveboard.wire.durable import read_bounded, sync_folder, write_durable
from aboveboard.wire.segment import FILE_BYTES_MAX

ROW_BYTES_MAX = 16 << 20
FILE_IN_HOME_BYTES_MAX = 1 << 30
ROWS_AT_ONCE = 500
_HOME = ("log.key", "vault.json")
_SKIPPED = {"lock"}


def back_up(home: Path, database: Database, blobs: Blobs, out: Path) -> int:
    """Writes a new file; how many segments it holds. The server may run meanwhile.

    Rows first, then what rows name: a row of the backup never names an entry or segment that came later than it.
    """
    if out.exists():
        raise BadInput("is there already", str(out))
    number = 0
    try:
        with tempfile.NamedTemporaryFile(dir=out.parent, prefix=f".{out.name}.", delete=False) as file:
            aside = Path(file.name)
            with tarfile.open(fileobj=file, mode="w") as tar:
                _add_rows(tar, database, out.parent)
                _add_home(tar, home)
                for stored in blobs.names():
                    number += _add_segment(tar, blobs, stored.name)
        aside.rename(out)
        sync_folder(out.parent)
    except OSError as error:
        raise Unavailable(f"can't write {out}: {error.strerror}") from error
    return number


def _add_rows(tar: tarfile.TarFile, database: Database, folder: Path) -> None:
    with database.snapshot() as tx:
        for table in metadata.sorted_tables:
            with tempfile.TemporaryFile(dir=folder) as rows:
                for row in tx.execute(select(table).execution_options(yield_per=ROWS_AT_ONCE)):
                    data = msgspec.msgpack.encode(list(row))
                    rows.write(struct.pack(">I", len(data)) + data)
                info = tarfile.TarInfo(f"rows/{table.name}")
                info.size, info.mode = rows.tell(), 0o600
                rows.seek(0)
                tar.addfile(info, rows)


def _add_home(tar: tarfile.TarFile, home: Path) -> None:
    # The checkpoint first: tiles and journal that are copied later hold at least what it says.
    log = home / "log"
    paths = [home / name for name in _HOME] + [log / "checkpoint"]
    paths += [path for path in sorted(log.rglob("*")) if path != log / "checkpoint"]
    for path in paths:
        if path.is_file() and path.name not in _SKIPPED and not path.name.endswith(".tmp"):
            data = read_bounded(path, FILE_IN_HOME_BYTES_MAX)
            if data is not None:
                _add(tar, f"home/{path.relative_to(home)}", data)


def _add_segment(tar: tarfile.TarFile, blobs: Blobs, name: BlobName) -> int:
    try:
        data = blobs.get(name)
    except Corrupt:
        return 0  # deleted meanwhile, or torn: the restore misses it if a row names it
    _add(tar, f"segments/{name.path}", data)
    return 1


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))


# ---------------------------------------------------------------- restore


def unpack_home(backup: Path, home: Path) -> None:
    """Keys and log into a new folder. Raises BadInput when there is one with keys or a log."""
    if any((home / name).exists() for name in (*_HOME, "log")):
        raise BadInput("holds a collector already; take another folder", str(home))
    for name, file in _members(backup):
        if name.startswith("home/"):
            path = home / name.removeprefix("home/")
            mode = 0o644 if "log/" in name else 0o600
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o755 if "log/" in name else 0o700)
            write_durable(path, file.read(), mode)


def restore(backup: Path, database: Database, blobs: Blobs) -> None:
    """Rows and segments into empty stores. After BadInput, Corrupt or Unavailable, begin anew with empty ones."""
    with database.transaction("restore") as tx:
        if any(tx.execute(select(table).limit(1)).first() is not None for table in metadata.sorted_tables):
            raise BadInput("is not empty: restore into a new one", "database")
        tables = {f"rows/{table.name}": table for table in metadata.sorted_tables}
        for name, file in _members(backup):
            if name in tables:
                table = tables.pop(name)
                columns = [column.name for column in table.columns]
                while some := list(_rows(file, len(columns))):
                    tx.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in some])
        if tables:
            raise Corrupt(f"the backup is not whole: {', '.join(tables)} is missing")
        _mend_sequences(tx)
    for name, file in _members(backup):
        found = BlobName.of(name.removeprefix("segments/"))
        if name.startswith("segments/") and found is not None:
            blobs.put(found, (file.read(FILE_BYTES_MAX),))
    _check_segments(database, blobs)


def _members(backup: Path) -> Iterator[tuple[str, IO[bytes]]]:
    try:
        with tarfile.open(backup, "r:") as tar:
            for info in tar:
                file = tar.extractfile(info) if info.isreg() else None
                if file is None or ".." in Path(info.name).parts or info.name.startswith("/"):
                    raise Corrupt(f"{backup} is no backup")
                yield info.name, file
    except (tarfile.TarError, OSError) as error:
        raise Corrupt(f"{backup} is no backup, or damaged") from error


def _rows(file: IO[bytes], width: int) -> Iterator[list[object]]:
    """The next ROWS_AT_ONCE."""
    for _ in range(ROWS_AT_ONCE):
        head = file.read(4)
        if not head:
            return
        length = int.from_bytes(head, "big")
        row = msgspec.msgpack.decode(file.read(length)) if length <= ROW_BYTES_MAX else None
        if not isinstance(row, list) or len(row) != width:
            raise Corrupt("a row of the backup is damaged")
        yield row


def _mend_sequences(tx: Connection) -> None:
    """PostgreSQL counts on from its own sequence, not from the highest number there."""
    if tx.dialect.name != "postgresql":
        return
    for table in metadata.sorted_tables:
        [key, *more] = table.primary_key.columns
        if not more and isinstance(key.type, Integer):
            sequence = f"pg_get_serial_sequence('{table.name}', '{key.name}')"
            most = f"(SELECT COALESCE(MAX({key.name}), 0) + 1 FROM {table.name})"  # noqa: S608  names of ours
            tx.execute(text(f"SELECT setval({sequence}, {most}, false)"))


def _check_segments(database: Database, blobs: Blobs) -> None:
    there = {stored.name.segment for stored in blobs.names()}
    with database.reading() as tx:
        named = tx.execute(select(segments.c.segment).where(segments.c.deleted.is_(False))).scalars()
        missing = sum(1 for each in named if SegmentId(each) not in there)
    if missing:
        raise Corrupt(f"{missing} segments that the backup's rows name are not in it")


def replay(home: Path, requests: Path, database: Database, blobs: Blobs, now_us: int) -> int:
    """Does again what was deleted or due after the backup was made; how many deletions.

    requests: the newest copy of the home's deletions/. home: with the newest log. Raises Refused when the log has a
    deletion whose request is not there: then nothing may be served yet.
    """
    asked, done = _logged(home)
    signed = [(path, SignedDeletion.parse(path.read_bytes())) for path in sorted(requests.glob("*.json"))]
    new = 0
    for path, each in signed:
        request = check_deletion(each)
        name = request.commitment.hex()
        with database.transaction() as tx:
            if tx.execute(select(deletions.c.done).where(deletions.c.deletion == name)).first() is None:
                values = {"deletion": name, "contributor": request.contributor, "signed": each.to_bytes()}
                tx.execute(insert(deletions).values(**values, due_us=asked.get(name, now_us), done=False))
                new += 1
            deletion.forbid(tx, request)
            tx.execute(update(deletions).where(deletions.c.deletion == name).values(done=name in done))
            if name not in done:
                enqueue(tx, deletion.KIND, name, now_us)
        deletion.remove_bytes(database, blobs, request.contributor)
        write_durable(home / "deletions" / path.name, each.to_bytes(), 0o600)
    with database.reading() as tx:
        known = set(tx.execute(select(deletions.c.deletion)).scalars())
    if unknown := set(asked) - known:
        raise Refused("deletion", f"the log has {len(unknown)} deletions whose requests are not in {requests}")
    retention.sweep_past(database, blobs, now_us)
    return new


def _logged(home: Path) -> tuple[dict[str, int], set[str]]:
    """Of the whole log: deletions asked, with their due day, and done."""
    asked: dict[str, int] = {}
    done: set[str] = set()
    for entry in _entries(home / "log"):
        match parse_leaf(entry):
            case DeletionAskedLeaf(commitment=name, due_us=due_us):
                asked[name] = due_us
            case DeletionDoneLeaf(commitment=name):
                done.add(name)
    return asked, done


def _entries(folder: Path) -> Iterator[bytes]:
    """Those in tiles, then those still in the journal."""
    log = LogStore(folder)
    for start in range(0, log.size, 1000):
        yield from log.entries(start, min(start + 1000, log.size))
    journal = read_bounded(folder / ".state" / "journal", FILE_IN_HOME_BYTES_MAX)
    for _, entries in decode_frames(journal or b"")[0]:
        yield from entries
