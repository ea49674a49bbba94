"""Uploads are bounded: how many, how large, how slow; and what can be refused from outside the seal is."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pyrage
import pytest
from sqlalchemy import Connection

from aboveboard.collector.ingest import _Come
from aboveboard.collector.jobs import counts
from aboveboard.collector.limits import Bodies, TooMany, Uploads
from aboveboard.collector.settings import Settings
from aboveboard.collector.storage.blobs import BlobName
from aboveboard.core.errors import Unavailable
from aboveboard.core.ids import sha256_hex
from aboveboard.serve import THREADS
from aboveboard.wire.segment import CONTEXT, SealedSegment
from tests.support.servers import Person, Servers, put_request, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


def test_a_device_and_the_server_have_their_limits(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    person = Person(servers).ready()
    monkeypatch.setattr(servers.service.uploads, "_at_once_max", 0)
    answer = person.send(person.sealed())
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True)
    monkeypatch.undo()
    monkeypatch.setattr(servers.service.uploads, "_hourly_bytes", 6_000)
    statuses = [person.send(person.sealed()).status_code for _ in range(3)]
    assert statuses == [201, 429, 429]
    assert Person(servers).ready().send(person.sealed()).status_code != 429, "another device has its own"


def test_however_many_ask_at_once_the_threads_that_answer_are_few(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keeps memory, and a connection of the database while it works."""
    working, most = list[str](), list[int]()

    def slow(tx: Connection) -> dict[tuple[str, bool], int]:
        working.append(threading.current_thread().name)
        most.append(len(working))
        time.sleep(0.02)
        working.pop()
        return counts(tx)

    monkeypatch.setattr("aboveboard.collector.http.operate.counts", slow)
    with ThreadPoolExecutor(max_workers=4 * THREADS) as pool:
        answers = list(pool.map(lambda _: servers.http.get("/readyz").status_code, range(8 * THREADS)))
    assert answers == [200] * 8 * THREADS
    assert THREADS // 2 <= max(most) <= THREADS


def test_large_ones_that_wait_for_the_store_hold_up_no_small_one(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many large ones as small ones have lanes."""
    blobs, person = servers.service.blobs, Person(servers).ready()
    large = [Person(servers).ready() for _ in range(min(blobs.light_at_once, 6))]
    held, go, put_all = threading.Semaphore(0), threading.Event(), blobs.put_all

    def slow(asked: Sequence[tuple[BlobName, Sequence[bytes]]]) -> list[Unavailable | None]:
        if asked and asked[0][0].contributor != person.contributor:
            held.release()
            go.wait(10)
        return put_all(asked)

    monkeypatch.setattr(blobs, "put_all", slow)
    monkeypatch.setattr(_Come, "light", lambda come: come.cert.cert.device == person.device)
    with ThreadPoolExecutor(max_workers=len(large)) as pool:
        answers = [pool.submit(each.send, each.sealed()) for each in large]
        assert all(held.acquire(timeout=10) for _ in large)
        assert person.send(person.sealed()).status_code == 201
        go.set()
        assert [each.result().status_code for each in answers] == [201] * len(large)


def test_a_sender_that_drips_is_let_go_and_its_slot_is_free(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aboveboard.collector.http.uploads.BODY_S_MAX", 0.3)
    person = Person(servers).ready()
    path, headers, body = put_request(person, person.sealed())
    url = servers.http.base_url
    with socket.create_connection((url.host, url.port or 80), 10) as raw:
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        raw.sendall(head.encode() + body[:10])
        assert b" 408 " in raw.recv(1000).splitlines()[0]
    assert servers.service.uploads.under_way == 0


@pytest.mark.parametrize(("name", "value", "status"), [
    ("Content-Length", str(6 << 20), 413), ("Authorization", "Bearer nobody", 401), ("Content-Digest", "md5=x", 400),
])  # fmt: skip
def test_what_can_be_refused_from_the_head_is_refused_before_the_body(
    name: str, value: str, status: int, servers: Servers
) -> None:
    person = Person(servers).ready()
    path, headers, _ = put_request(person, person.sealed())
    headers[name] = value
    url = servers.http.base_url
    with socket.create_connection((url.host, url.port or 80), 10) as raw:
        raw.sendall(
            (
                f"PUT {path} HTTP/1.1\r\nHost: x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
            ).encode()
        )
        assert f" {status} ".encode() in raw.recv(1000).splitlines()[0]


def test_a_size_that_is_no_class_is_refused(servers: Servers) -> None:
    """As a laptop would send it that does not pad: signed, sealed, and telling by its length how much happened."""
    person = Person(servers).ready()
    good = person.sealed()
    sealed = pyrage.encrypt(b"\0" * 5000, [pyrage.x25519.Recipient.from_str(person.recipient)])
    manifest = msgspec.structs.replace(good.manifest, sealed_sha256=sha256_hex(sealed), sealed_size=len(sealed))
    bad = SealedSegment(manifest, person.device_key.sign(CONTEXT, manifest.to_bytes()), sealed)
    answer = person.send(bad)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "size")
    assert list(servers.service.blobs.names(person.contributor)) == []
    assert person.send(good).status_code == 201


def test_an_unavailable_store_acknowledges_nothing(servers: Servers, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise Unavailable("no space left")

    person = Person(servers).ready()
    segment = person.sealed()
    with monkeypatch.context() as patch:
        patch.setattr(type(servers.service.blobs), "put_all", full)
        answer = person.send(segment)
        assert (answer.status_code, "Retry-After" in answer.headers) == (503, True)
    assert person.send(segment).status_code == 201


def test_a_device_is_remembered_until_it_may_send_as_much_as_any(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = 1000.0
    monkeypatch.setattr("aboveboard.collector.limits.time.monotonic", lambda: now_s)
    uploads = Uploads(device_mb_per_hour=36)  # 10 kB a second
    for number in range(1000):
        now_s += 0.1
        with uploads.slot(f"{number:032x}", 5_000):  # half a second's
            pass
        assert len(uploads._buckets) <= 6
    with uploads.slot("one", 36_000_000):
        pass
    now_s += 1800
    for number in range(100):
        with uploads.slot(f"{number:032x}", 0):
            pass
    with pytest.raises(TooMany), uploads.slot("one", 18_100_000):
        pass
    with uploads.slot("one", 18_000_000):
        pass


def test_records_of_all_connections_together_are_bounded() -> None:
    bodies = Bodies(100)
    with bodies.reading() as one:
        one(60)
        with bodies.reading() as other:
            other(40)
            with pytest.raises(TooMany, match="busy"):
                other(1)
        with bodies.reading() as again:
            again(40)
