"""The stores themselves: what was put is there whole, what was removed is gone, what is damaged is noticed."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyrage
import pytest
from sqlalchemy import create_engine, inspect, select, text

from aboveboard.collector import keeping
from aboveboard.collector.settings import Settings, open_blobs
from aboveboard.collector.storage.blobs import BlobName, Blobs
from aboveboard.collector.storage.folder import FolderBlobs
from aboveboard.collector.storage.s3 import S3Address, S3Blobs
from aboveboard.collector.storage.sql import CACHE_KB, Database, insert, migrate, parse_url
from aboveboard.collector.storage.tables import epochs, invitations, jobs, metadata
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput, Corrupt, Unavailable
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, EpochId, PolicyId
from aboveboard.core.keeping import CLOCK_US_MAX, kept_until_us
from aboveboard.core.leaves import RetentionSweepLeaf, parse_leaf
from aboveboard.core.signing import SigningKey
from aboveboard.wire.segment import GENESIS, SealedSegment, seal
from tests.support.stores import S3, Postgres, free_port
from tests.support.world import World

RECIPIENT = str(pyrage.x25519.Identity.generate().to_public())
DEVICE = SigningKey.generate("device")


def _segment(contributor: str = "c" * 32, epoch: str = "e" * 32) -> tuple[BlobName, bytes]:
    sealed: SealedSegment = seal(
        [], session="5" * 32, start_us=1, end_us=2, seq=0, prev=GENESIS, contributor=ContributorId(contributor),
        device=DeviceId("d" * 32), epoch=EpochId(epoch), recipient=RECIPIENT, policy=PolicyId("a" * 64),
        consent=ConsentId("b" * 64), device_key=DEVICE,
    )  # fmt: skip
    return BlobName(ContributorId(contributor), EpochId(epoch), sealed.manifest.segment_id), sealed.to_bytes()


@pytest.fixture(params=["folder", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    url = request.getfixturevalue("s3").new_bucket() if request.param == "s3" else ""
    return open_blobs(Settings(blobs=url), tmp_path)


def test_the_pages_that_a_connection_keeps_are_few(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/collector.sqlite")
    with database.reading() as tx:
        assert tx.exec_driver_sql("PRAGMA cache_size").scalar() == -CACHE_KB
    database.close()


def test_what_was_put_is_there_and_what_was_removed_is_gone(blobs: Blobs) -> None:
    name, data = _segment()
    blobs.put(name, (data,))
    blobs.put(name, (data,))
    assert blobs.get(name) == data
    blobs.remove(name)
    blobs.remove(name)
    with pytest.raises(Corrupt, match="missing"):
        blobs.get(name)
    assert list(blobs.names()) == []


def test_a_persons_and_an_epochs_blobs_are_found_by_listing(blobs: Blobs) -> None:
    made = [_segment(c * 32, e * 32) for c in "12" for e in "34" for _ in range(2)]
    for name, data in made:
        blobs.put(name, (data,))
    one = ContributorId("1" * 32)
    assert {each.name for each in blobs.names()} == {name for name, _ in made}
    assert {each.name for each in blobs.names(one)} == {name for name, _ in made if name.contributor == one}
    assert len(list(blobs.names(one, EpochId("3" * 32)))) == 2
    assert list(blobs.names(ContributorId("9" * 32))) == []
    assert all(abs(each.written_s - time.time()) < 300 for each in blobs.names())


def test_what_is_not_the_segment_of_its_name_is_never_given(blobs: Blobs) -> None:
    name, data = _segment()
    _, others = _segment()
    for wrong in (others, data[:-1], data[:-1] + bytes([data[-1] ^ 1]), b"", b"x" * 100):
        blobs.put(name, (wrong,))
        with pytest.raises(Corrupt):
            blobs.get(name)


def test_a_folder_keeps_nothing_half_written(tmp_path: Path) -> None:
    blobs = FolderBlobs(tmp_path / "segments")
    name, data = _segment()
    blobs.put(name, (data,))
    torn = (tmp_path / "segments" / name.path).with_name(f".{name.segment}.seg.00.tmp")
    torn.write_bytes(data[:100])
    assert [each.name for each in blobs.names()] == [name]
    assert blobs.remove_torn(time.time() + 1) == 1
    assert not torn.exists()
    assert blobs.get(name) == data
    modes = {oct(path.stat().st_mode & 0o777) for path in (tmp_path / "segments").rglob("*")}
    assert modes == {"0o700", "0o600"}


class _Lying(BaseHTTPRequestHandler):
    """An S3 that says yes to every PUT and gives back something else, less, or an error."""

    mode = "other"

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status = 500 if self.mode == "error" else 200
        self.send_response(status)
        self.send_header("ETag", '"x"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        body = b"something else" * 400
        self.send_response(200)
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Wed, 25 Nov 2026 02:00:00 GMT")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if self.mode == "partial" else body)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture(params=["other", "partial", "error"])
def lying(request: pytest.FixtureRequest, s3: S3) -> Iterator[S3Blobs]:
    handler = type("Handler", (_Lying,), {"mode": request.param})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield S3Blobs(S3Address("bucket", "p", f"http://127.0.0.1:{server.server_port}", "us-east-1"))
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_store_that_lies_errs_or_answers_in_part_acknowledges_nothing(lying: S3Blobs) -> None:
    name, data = _segment()
    with pytest.raises(Unavailable):
        lying.put(name, (data,))


def test_a_bucket_that_keeps_old_versions_is_refused(s3: S3) -> None:
    with pytest.raises(BadInput, match="old versions"):
        open_blobs(Settings(blobs=s3.new_bucket(versioned=True)), Path())


def test_a_store_that_is_not_there_is_said_so(s3: S3, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="no such bucket"):
        open_blobs(Settings(blobs=f"s3://nowhere?endpoint={s3.endpoint}&region=us-east-1"), tmp_path)
    for bad in ("s3://", "s3://b?key=1", "s3://user:pass@b", "http://b", "gs://b"):
        with pytest.raises(BadInput, match="blobs"):
            open_blobs(Settings(blobs=bad), tmp_path)


# ---------------------------------------------------------------- databases


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        made: str = request.getfixturevalue("postgresql").new_database()
        return made
    return f"sqlite:///{tmp_path}/x.sqlite"


def _schema(url: str) -> dict[str, set[str]]:
    engine = create_engine(parse_url(url))
    inspector = inspect(engine)
    found = {name: {column["name"] for column in inspector.get_columns(name)} for name in inspector.get_table_names()}
    engine.dispose()
    return found


@pytest.mark.parametrize("first", ["0001", "0002"])
def test_migrations_lead_to_the_tables_as_written_from_any_earlier_one(url: str, first: str) -> None:
    engine, policy = create_engine(parse_url(url)), World().policy()
    migrate(engine, first)
    signed = World().signed(policy).to_bytes()
    with engine.begin() as tx:
        tx.execute(text("INSERT INTO invitations (code_sha256, expires_us, used) VALUES ('00', 7, false)"))
        tx.execute(
            text("INSERT INTO policies (policy, signed, leaf_index) VALUES (:policy, :signed, 1)"),
            {"policy": policy.policy_id, "signed": signed},
        )
        tx.execute(
            text("INSERT INTO epochs (epoch, contributor, policy) VALUES ('e', 'c', :policy)"),
            {"policy": policy.policy_id},
        )
    migrate(engine)
    migrate(engine)
    with engine.begin() as tx:
        until_us = tx.execute(select(epochs.c.until_us)).scalar_one()
        job = tx.execute(select(jobs)).one()
        assert until_us == kept_until_us(policy, SystemClock().now_us() - CLOCK_US_MAX)
        assert (job.due_us, parse_leaf(job.work)) == (until_us, RetentionSweepLeaf(policy.policy_id, until_us))
        tx.execute(jobs.delete())
        keeping.schedule_sweep(tx, policy.policy_id, until_us)
        again = tx.execute(select(jobs)).one()
        assert (again.kind, again.subject, again.work) == (job.kind, job.subject, job.work)
    with engine.begin() as tx:
        tx.execute(
            text("INSERT INTO invitations (code_sha256, expires_us, used) VALUES ('01', 1800000000000000, true)")
        )
        assert tx.execute(select(invitations.c.expires_us).order_by("code_sha256")).scalars().all() == [7, 18 * 10**14]
    engine.dispose()
    expected = {name: set(table.columns.keys()) for name, table in metadata.tables.items()}
    assert {name: columns for name, columns in _schema(url).items() if name != "alembic_version"} == expected


def test_a_transaction_that_fails_leaves_nothing(url: str) -> None:
    database = Database(url)
    row = {"code_sha256": "0", "expires_us": 1 << 50, "used": False}

    def fail() -> None:
        with database.transaction("x") as tx:
            tx.execute(insert(invitations).values(**row))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.reading() as tx:
        assert tx.execute(select(invitations)).all() == []
    database.close()


def test_two_that_decide_about_one_subject_run_one_after_the_other(url: str) -> None:
    database = Database(url)
    inside, most = 0, 0

    def decide() -> None:
        nonlocal inside, most
        for _ in range(5):
            with database.transaction("same") as tx:
                inside += 1
                most = max(most, inside)
                tx.execute(select(invitations)).all()
                time.sleep(0.002)
                inside -= 1

    threads = [threading.Thread(target=decide) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    database.close()


def test_two_that_rewrite_the_files_at_once_wait_for_each_other(url: str) -> None:
    database, problems = Database(url), []

    def rewrite() -> None:
        try:
            database.erase_free_space()
        except Exception as error:  # noqa: BLE001  told to the test
            problems.append(error)

    threads = [threading.Thread(target=rewrite) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    database.close()
    assert problems == []


def test_addresses_that_are_none_are_refused_without_repeating_a_password(tmp_path: Path) -> None:
    secret = "hunter2-geheim"
    for bad in (
        f"mysql://u:{secret}@h/d",
        f"{secret}",
        f"postgresql://u:{secret}@h",
        "sqlite://",
        "postgresql+asyncpg://h/d",
    ):
        with pytest.raises(BadInput, match="database") as caught:
            Database(bad)
        assert secret not in str(caught.value)
    with pytest.raises(Unavailable) as unreachable:
        Database(f"postgresql://u:{secret}@127.0.0.1:{free_port()}/d")
    assert secret not in str(unreachable.value)
    assert "refused" in str(unreachable.value)


def test_a_wrong_password_is_said_and_not_shown(postgresql: Postgres) -> None:
    url = postgresql.new_database().replace(postgresql.password, "wrong-one")
    with pytest.raises(Unavailable, match="authentication failed") as caught:
        Database(url)
    assert "wrong-one" not in str(caught.value)


def test_a_database_that_comes_back_is_used_again(postgresql: Postgres) -> None:
    database = Database(postgresql.new_database())
    postgresql.kill()
    with pytest.raises(Unavailable), database.reading() as tx:
        tx.execute(select(invitations)).all()
    postgresql.start()
    with database.reading() as tx:
        assert tx.execute(select(invitations)).all() == []
    database.close()


def test_deleted_rows_leave_nothing_in_sqlites_files(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.sqlite")
    canary = os.urandom(20).hex()
    with database.transaction() as tx:
        tx.execute(insert(invitations).values(code_sha256=canary, expires_us=1, used=False))
    assert any(canary.encode() in path.read_bytes() for path in tmp_path.iterdir())
    with database.transaction() as tx:
        tx.execute(invitations.delete())
    database.erase_free_space()
    assert not [path for path in tmp_path.iterdir() if canary.encode() in path.read_bytes()]
    database.close()
