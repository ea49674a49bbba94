"""Whatever breaks while people upload: every acknowledged segment is there and readable, and none is half there."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import os
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from aboveboard.collector.home import Keys, write_home
from aboveboard.collector.ingest import Intake, OutOfOrder
from aboveboard.collector.registries import token_hash
from aboveboard.collector.settings import Settings
from aboveboard.collector.storage.sql import Database
from aboveboard.core.errors import Refused, Unavailable
from aboveboard.core.ids import sha256_hex
from aboveboard.serve import open_service
from aboveboard.wire.segment import SealedSegment
from tests.support.process import served
from tests.support.sending import Sending, no_row_without_its_blob, rounds_of
from tests.support.servers import Person, Servers, put_request, running
from tests.support.stores import S3, Postgres

pytestmark = pytest.mark.early(2)

HOUR_US = 3600 * 1_000_000


def _settings(request: pytest.FixtureRequest, name: str) -> Settings:
    return Settings(database=request.getfixturevalue("postgresql").new_database() if name == "postgresql" else "")


@pytest.mark.parametrize("rounds", rounds_of())
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_server_is_killed(rounds: int, database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rng = random.Random(rounds)
    with served(tmp_path / "a", _settings(request, database)) as (servers, process):
        sending = Sending(servers)
        for _ in range(rounds):
            with sending.under_way():
                time.sleep(rng.uniform(0.05, 0.6))
                process.kill()
                process.start()
                time.sleep(0.3)
            sending.check()
        assert len(sending.acknowledged) > rounds
        no_row_without_its_blob(process)


@pytest.mark.parametrize("rounds", rounds_of())
def test_the_database_is_killed(rounds: int, tmp_path: Path, postgresql: Postgres) -> None:
    rng = random.Random(rounds)
    with served(tmp_path / "a", Settings(database=postgresql.new_database())) as (servers, _):
        sending = Sending(servers)
        for _ in range(rounds):
            with sending.under_way():
                time.sleep(rng.uniform(0.05, 0.6))
                postgresql.kill()
                time.sleep(rng.uniform(0, 0.2))
                postgresql.start()
                time.sleep(0.3)
            sending.check()
        assert len(sending.acknowledged) > rounds


@contextlib.contextmanager
def _small_disk(folder: Path, size_kib: int) -> Iterator[None]:
    """A file system of its own that gets full."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_kib}k", "tmpfs", folder], check=False)
    if done.returncode:
        pytest.skip("needs the right to mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.parametrize("rounds", rounds_of())
@pytest.mark.skipif(os.geteuid() != 0, reason="needs the right to mount a file system")
def test_the_disk_gets_full(rounds: int, tmp_path: Path) -> None:
    """Refused with 503 while it is full; taken up again when there is room; what was acknowledged stays."""
    with _small_disk(tmp_path / "disk", 24_000), served(tmp_path / "disk" / "a") as (servers, _):
        sending = Sending(servers)
        for number in range(rounds):
            filler = tmp_path / "disk" / f"filler-{number}"
            with sending.under_way():
                time.sleep(0.2)
                with contextlib.suppress(OSError), filler.open("wb") as file:
                    while True:
                        file.write(b"\0" * 4096)
                        file.flush()
                time.sleep(0.3)
                filler.unlink()
                time.sleep(0.3)
            sending.check()
            for person in sending.people:  # room for the next round
                body = person.delete("all")
                assert servers.http.post("/v1/deletions", content=body, headers=person.headers).status_code == 202
            sending = Sending(servers)


class _Flaky(BaseHTTPRequestHandler):
    """In front of S3: passes on, or errs, or answers in part, or is slow, or goes away before or after the work."""

    endpoint = ""
    rng = random.Random(1)
    faulty = False

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = self.rng.choice(["error", "before", "after", "partial", "slow", "", ""]) if self.faulty else ""
        if fault == "before":
            self.close_connection = True
            return
        if fault == "error":
            self._answer(503, {}, b"<Error><Code>SlowDown</Code></Error>")
            return
        host, port = self.endpoint.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        if fault == "after":
            self.close_connection = True
            return
        if fault == "slow":
            time.sleep(0.3)
        kept = {
            k: v
            for k, v in answer.getheaders()
            if k.lower() not in ("transfer-encoding", "connection", "content-length")
        }
        self._answer(answer.status, kept, data, cut=fault == "partial")

    do_GET = do_PUT = do_DELETE = do_POST = do_HEAD = _pass_on  # noqa: N815  http.server's names

    def _answer(self, status: int, headers: dict[str, str], data: bytes, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        return


@pytest.mark.parametrize("rounds", rounds_of())
def test_s3_errs_is_slow_and_answers_in_part(rounds: int, tmp_path: Path, s3: S3) -> None:
    handler: Any = type("Handler", (_Flaky,), {"endpoint": s3.endpoint, "rng": random.Random(rounds)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    url = s3.new_bucket().replace(s3.endpoint, f"http://127.0.0.1:{server.server_port}")
    with served(tmp_path / "a", Settings(blobs=url)) as (servers, process):
        sending = Sending(servers)
        for _ in range(rounds):
            handler.faulty = True
            with sending.under_way():
                time.sleep(1)
                handler.faulty = False
                time.sleep(0.3)
            sending.check()
        assert len(sending.acknowledged) > rounds
        no_row_without_its_blob(process)
    server.shutdown()
    thread.join()
    server.server_close()


def _torn(servers: Servers, person: Person, segment: SealedSegment, sent: int) -> None:
    path, headers, body = put_request(person, segment)
    url = servers.http.base_url
    with socket.create_connection((url.host, url.port or 80), 10) as raw:
        head = f"PUT {path} HTTP/1.1\r\nHost: x\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        raw.sendall(head.encode() + body[:sent])


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


@pytest.mark.parametrize("rounds", rounds_of())
def test_connections_are_torn(rounds: int, servers: Servers) -> None:
    person, rng = Person(servers).ready(), random.Random(rounds)
    for _ in range(rounds):
        segment = person.sealed()
        size = len(segment.to_bytes())
        for sent in (0, 1, size // 2, size - 1, rng.randrange(size)):
            _torn(servers, person, segment, sent)
        listed = servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"]
        assert len(listed) == person.seq
        deadline = time.monotonic() + 10  # a torn upload gives its slot back
        while (answer := person.send(segment)).status_code == 429 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert answer.status_code == 201
    assert len(list(servers.service.blobs.names(person.contributor))) == rounds


@pytest.mark.parametrize("rounds", rounds_of())
def test_uploads_come_twice_at_once_and_in_any_order(rounds: int, servers: Servers) -> None:
    rng = random.Random(rounds)
    for _ in range(rounds):
        person = Person(servers).ready()
        chain = []
        for _ in range(6):
            segment = person.sealed()
            chain.append(segment)
            person.seq, person.prev = person.seq + 1, segment.manifest.segment_id
        left = {segment.manifest.seq: segment for segment in chain}
        accepted: list[int] = []

        def bring(
            person: Person = person, left: dict[int, SealedSegment] = left, accepted: list[int] = accepted
        ) -> None:
            order = list(left.values())
            rng.shuffle(order)
            for _ in range(30):
                for segment in order:
                    path, headers, body = put_request(person, segment)
                    status = servers.http.put(path, content=body, headers=headers).status_code
                    assert status in (200, 201, 409, 429)
                    accepted += [segment.manifest.seq] * (status == 201)
                if len(accepted) == len(left):
                    return

        threads = [threading.Thread(target=bring) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(accepted) == list(range(6)), "each is new exactly once"
        held = servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"]
        assert [each["prev"] for each in held] == [each.manifest.prev for each in chain], "and in the chain's order"


@pytest.mark.parametrize("rounds", rounds_of())
def test_two_servers_on_one_database(rounds: int, servers: Servers) -> None:
    """Two of everything that decides; the same chain is brought to both at once, with forks of it."""
    one = servers.service
    url = one.database._url.set(drivername=one.database.kind).render_as_string(hide_password=False)
    database = Database(url)
    other = dataclasses.replace(one, database=database, intake=Intake(database, one.blobs, one.clock))
    for _ in range(rounds):
        person = Person(servers).ready()
        cert, token = person.cert(), token_hash(person.token)
        for number in range(4):
            forks = [person.sealed(), person.sealed()]
            results: list[tuple[str, bool]] = []

            def bring(
                service: Any, segment: SealedSegment, number: int = number, cert: Any = cert,
                token: str = token,
                results: list[tuple[str, bool]] = results,
            ) -> None:  # fmt: skip
                data = segment.to_bytes()
                with contextlib.suppress(OutOfOrder):
                    accepted = service.intake.take(cert, token, number, data, sha256_hex(data))
                    results.append((accepted.segment, accepted.new))

            threads = [threading.Thread(target=bring, args=(service, segment))
                       for service in (one, other) for segment in forks]  # fmt: skip
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len({segment for segment, _ in results}) == 1, "one of the forks, never both"
            assert [new for _, new in results].count(True) == 1
            winner = next(each for each in forks if each.manifest.segment_id == results[0][0])
            person.seq, person.prev = number + 1, winner.manifest.segment_id
            assert servers.http.get(f"/v1/me/segments/{number}", headers=person.headers).content == winner.to_bytes()
    other.intake.close()
    database.close()


class _Clock:
    """That of the machine, set forward or back."""

    def __init__(self, clock: Any) -> None:
        self._clock, self.offset_us = clock, 0

    def now_us(self) -> int:
        now_us: int = self._clock.now_us()
        return now_us + self.offset_us


@pytest.mark.parametrize("rounds", rounds_of())
def test_the_clock_goes_back_an_hour(rounds: int, servers: Servers) -> None:
    """Once a round; chains go on, and what was acknowledged is there."""
    person, clock = Person(servers).ready(), _Clock(servers.service.clock)
    intake = Intake(servers.service.database, servers.service.blobs, clock)
    for _ in range(rounds):
        for clock.offset_us in (HOUR_US, 0, -HOUR_US):
            segment = person.sealed()
            data = segment.to_bytes()
            sent = person.cert(), token_hash(person.token), person.seq, data, sha256_hex(data)
            assert (intake.take(*sent).kept, intake.take(*sent).new) == (True, False)
            answer = servers.http.get(f"/v1/me/segments/{person.seq}", headers=person.headers)
            assert answer.content == data
            person.seq, person.prev = person.seq + 1, segment.manifest.segment_id


def test_a_clock_that_goes_back_over_the_last_day_of_keeping_names_no_bytes_that_are_not_there(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was past its days when its bytes were to be stored, and is not when it is decided about."""
    person, clock = Person(servers).ready(), _Clock(servers.service.clock)
    intake = Intake(servers.service.database, servers.service.blobs, clock)
    settle = intake._groups._settle

    def back(group: Any) -> Any:
        clock.offset_us = 0
        return settle(group)

    monkeypatch.setattr(intake._groups, "_settle", back)
    clock.offset_us = 1000 * 24 * HOUR_US
    data = person.sealed().to_bytes()
    sent = person.cert(), token_hash(person.token), 0, data, sha256_hex(data)
    with pytest.raises(Unavailable, match="clock"):
        intake.take(*sent)
    assert intake.take(*sent).kept
    assert servers.http.get("/v1/me/segments/0", headers=person.headers).content == data


def test_a_second_collector_with_a_log_of_its_own_is_refused_the_database(servers: Servers, tmp_path: Path) -> None:
    one = servers.service
    url = one.database._url.set(drivername=one.database.kind).render_as_string(hide_password=False)
    write_home(tmp_path / "home", Keys(servers.world.log_key, one.keys.vault))
    with pytest.raises(Refused, match="another collector"):
        open_service(tmp_path / "home", servers.world.charter, [], one.clock, Settings(database=url))
