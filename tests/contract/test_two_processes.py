"""Two server processes on one PostgreSQL and one store: each takes segments of the same people, either may die."""

from __future__ import annotations

import dataclasses
import random
import time
from pathlib import Path

import httpx
import pytest

from aboveboard.cli import main
from aboveboard.collector.ingest import Intake
from aboveboard.collector.registries import token_hash
from aboveboard.collector.settings import Settings
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import Unavailable
from aboveboard.core.ids import sha256_hex
from aboveboard.wire.segment import SealedSegment
from tests.support.process import Process, served
from tests.support.sending import Sending, no_row_without_its_blob, rounds_of
from tests.support.servers import Person, Servers, running
from tests.support.stores import Postgres

pytestmark = pytest.mark.early(2)


class Either(Sending):
    """Each try goes to one of the two, by chance."""

    def __init__(self, servers: Servers, other: Servers, rng: random.Random) -> None:
        super().__init__(servers)
        self._both, self._rng = (servers, other), rng

    def _until_acknowledged(self, person: Person, segment: SealedSegment) -> bool:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            person.servers = self._rng.choice(self._both)
            try:
                answer = person.send(segment)
            except httpx.TransportError:
                time.sleep(0.02)
                continue
            if answer.status_code in (200, 201):
                self.acknowledged[person.device, segment.manifest.seq] = segment.to_bytes()
                person.seq, person.prev = segment.manifest.seq + 1, segment.manifest.segment_id
                return True
            if answer.status_code not in (429, 503):
                self.problems.append((answer.status_code, answer.text))
                return False
        self.problems.append("not acknowledged in time")
        return False


@pytest.mark.parametrize("rounds", rounds_of())
def test_one_of_two_is_killed(rounds: int, tmp_path: Path, postgresql: Postgres) -> None:
    rng = random.Random(rounds)
    settings = Settings(database=postgresql.new_database())
    with served(tmp_path / "a", settings) as (servers, writer):
        further = Process(writer.home, writer.charter, settings, ["--uploads-only"])
        further.start()
        try:
            with httpx.Client(base_url=further.url, timeout=60) as http:
                assert [http.get(path).status_code for path in ("/healthz", "/readyz", "/v1/charter")] == [
                    200,
                    200,
                    404,
                ]
                sending = Either(servers, dataclasses.replace(servers, http=http), rng)
                for number in range(rounds):
                    with sending.under_way():
                        time.sleep(rng.uniform(0.2, 0.6))
                        victim = further if number % 2 == 0 else writer
                        victim.kill()
                        time.sleep(rng.uniform(0.0, 0.3))
                        victim.start()
                        time.sleep(0.3)
                    sending.check()
                assert len(sending.acknowledged) > rounds
            no_row_without_its_blob(writer)
            person = sending.people[0]
            for number in range(person.seq):  # the log's writer has put what the other took into the log, too
                answer = servers.proven(f"/v1/segments/{person.device}/{number}/proof", person.headers)
                assert answer.status_code == 200, answer.text
        finally:
            assert further.stop() in (0, -15)
    assert "Traceback" not in further.log() + writer.log()


def test_what_another_process_tidied_away_gets_no_row(tmp_path: Path, postgresql: Postgres) -> None:
    """Its bytes were staged here, and taken away as an orphan there, before it was decided about."""
    with running(tmp_path / "a", Settings(database=postgresql.new_database())) as servers:
        one, person = servers.service, Person(servers).ready()
        intake = Intake(one.database, one.blobs, SystemClock(), tidied_by_another=True)
        data = person.sealed().to_bytes()
        sent = person.cert(), token_hash(person.token), 0, data, sha256_hex(data)
        settle = intake._groups._settle

        def tidied(group: object) -> object:
            for stored in list(one.blobs.names()):
                one.blobs.remove(stored.name)
            return settle(group)  # type: ignore[arg-type]

        intake._groups._settle = tidied  # type: ignore[assignment]
        with pytest.raises(Unavailable, match="tidied"):
            intake.take(*sent)
        assert servers.http.get("/v1/me/segments/0", headers=person.headers).status_code == 404
        intake._groups._settle = settle
        assert intake.take(*sent).kept
        assert servers.http.get("/v1/me/segments/0", headers=person.headers).content == data
        intake.close()


def test_sqlite_has_one_writer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "charter.json").write_text("{}")
    words = ["collector", "serve", "--home", str(tmp_path), "--charter", str(tmp_path / "charter.json"), "--port", "0"]
    assert main([*words, "--uploads-only"]) == 2
    assert "PostgreSQL" in capsys.readouterr().err
