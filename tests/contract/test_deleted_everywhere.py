"""What was deleted lies nowhere any more: PostgreSQL's own files and write-ahead log, store, new backups, logs."""

from __future__ import annotations

import time
from pathlib import Path

import httpx
import psycopg
import pytest
from sqlalchemy import select

from aboveboard.cli import main
from aboveboard.collector.settings import Settings, open_database
from aboveboard.collector.storage.tables import epochs
from tests.support.process import served
from tests.support.servers import Person
from tests.support.stores import Postgres, postgres

ROUNDS = 2
PEOPLE, SEGMENTS = 3, 3


def _administrator(cluster: Postgres, *statements: str) -> None:
    """What docs/run-a-collector.md has whoever runs PostgreSQL say."""
    with psycopg.connect(cluster._dsn("postgres"), autocommit=True) as connection:
        for each in statements:
            connection.execute(each.encode())


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_in_no_file_of_postgresql_and_in_nothing_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with postgres() as cluster:
        _administrator(cluster, "ALTER SYSTEM SET wal_recycle = off", "SELECT pg_reload_conf()")
        settings = Settings(database=cluster.new_database())
        with served(tmp_path / "a", settings) as (servers, process):
            stays = Person(servers).ready()
            assert stays.send(stays.sealed()).status_code == 201
            for number in range(ROUNDS):
                people = [Person(servers).ready() for _ in range(PEOPLE)]
                words = []
                for person in people:
                    for _ in range(SEGMENTS):
                        segment = person.sealed()
                        assert person.send(segment).status_code == 201
                        words.append(f"{segment.manifest.segment_id}.seg")
                        words.append(segment.sealed.split(b"\n")[1].decode())  # age's own line: of this file alone
                database = open_database(settings, process.home)
                with database.reading() as tx:
                    query = select(epochs.c.deposit).where(epochs.c.epoch.in_([each.epoch for each in people]))
                    words += [
                        each.decode().split('"collector_share":"')[1][100:180] for each in tx.execute(query).scalars()
                    ]
                database.close()
                canaries = tmp_path / "canaries"
                canaries.write_text("\n".join(words))
                search: list[str | Path] = [
                    "prove-deleted", "--home", process.home, "--file", canaries, "--database", settings.database,
                    "--also", cluster.folder, "--also", tmp_path / "a",
                ]  # fmt: skip
                code, said = _run(capsys, *search)
                assert code == 1
                assert f"{len(words)} of {len(words)} canaries" in said, "the search finds each before"
                assert "pg_wal" in said

                for person in people:
                    _deleted(servers.http, person, person.delete("all"))
                    assert servers.guardian.destroy("", person.delete("all")).status == 200
                assert _run(capsys, *search[:-2], "--vacuum")[0] in (0, 1)
                _administrator(cluster, "SELECT pg_switch_wal()", "CHECKPOINT", "CHECKPOINT")
                backup = tmp_path / f"backup-{number}.tar"
                assert _run(capsys, "backup", "--home", process.home, "--database", settings.database,
                            "--out", backup)[0] == 0  # fmt: skip
                code, said = _run(capsys, *search, "--also", backup)
                assert (code, said.startswith(f"0 of {len(words)} canaries")) == (0, True), said
            kept = servers.http.get("/v1/me/segments/0", headers=stays.headers)
            assert kept.status_code == 200, "who stays is still there"


def _deleted(http: httpx.Client, person: Person, body: bytes) -> None:
    name = http.post("/v1/deletions", content=body, headers=person.headers).json()["deletion"]
    deadline = time.monotonic() + 60
    while not http.get(f"/v1/deletions/{name}", headers=person.headers).json()["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["collector", *map(str, words)])
    return code, capsys.readouterr().out
