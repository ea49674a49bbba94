"""What an operator does: back up, restore, prove a deletion, read figures and logs, stop."""

from __future__ import annotations

import base64
import shutil
import time
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from aboveboard.cli import main
from aboveboard.collector import backup
from aboveboard.collector.search import Search
from aboveboard.collector.settings import Settings, open_blobs, open_database
from aboveboard.collector.storage.tables import epochs
from aboveboard.core.ids import SegmentId
from tests.support.process import served
from tests.support.servers import Person, now_us
from tests.support.stores import S3, Postgres, free_port


def _run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str]:
    code = main(["collector", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out + said.err


def _stores(settings: Settings) -> list[str]:
    return [*(("--database", settings.database) if settings.database else ()),
            *(("--blobs", settings.blobs) if settings.blobs else ())]  # fmt: skip


def _deleted(http: httpx.Client, person: Person, body: bytes) -> None:
    name = http.post("/v1/deletions", content=body, headers=person.headers).json()["deletion"]
    deadline = time.monotonic() + 20
    while not http.get(f"/v1/deletions/{name}", headers=person.headers).json()["done"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(params=["sqlite-folder", "postgresql-s3"])
def other(request: pytest.FixtureRequest) -> Settings:
    """Where a backup of SQLite and a folder is restored to."""
    if request.param == "sqlite-folder":
        return Settings()
    cluster: Postgres = request.getfixturevalue("postgresql")
    s3: S3 = request.getfixturevalue("s3")
    return Settings(database=cluster.new_database(), blobs=s3.new_bucket())


def test_a_restore_does_later_deletions_again_before_anything_is_served(
    other: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with served(tmp_path / "a") as (servers, process):
        stays, goes, partly = (Person(servers).ready() for _ in range(3))
        kept = stays.sealed()
        for person, segment in ((stays, kept), (goes, goes.sealed()), (partly, partly.sealed())):
            assert person.send(segment).status_code == 201
        partly_second = partly.sealed()
        assert partly.send(partly_second).status_code == 201
        home, out = process.home, tmp_path / "backup.tar"
        code, said = _run(capsys, "backup", "--home", home, "--out", out)
        assert (code, said.split()[0]) == (0, "4"), said
        assert _run(capsys, "backup", "--home", home, "--out", out)[0] == 2, "never written over"
        _deleted(servers.http, goes, goes.delete("all"))
        _deleted(
            servers.http, partly, partly.delete("segments", segments=(SegmentId(partly_second.manifest.segment_id),))
        )
        process.stop()
        new = tmp_path / "b" / "collector"
        new.parent.mkdir()
        (none := tmp_path / "none").mkdir()
        words = ("restore", "--from", out, "--log", home / "log", "--home")
        code, said = _run(capsys, *words, tmp_path / "c", "--deletions", none)
        assert code == 1
        assert "2 deletions whose requests" in said
        code, said = _run(capsys, *words, new, "--deletions", home / "deletions", *_stores(other))
        assert (code, "2 deletions" in said) == (0, True), said
        shutil.copy(home / "master.key", new / "master.key")
        database, blobs = open_database(other, new), open_blobs(other, new)
        there = {stored.name.segment for stored in blobs.names()}
        assert kept.manifest.segment_id in there
        assert len(there) == 2
        with database.reading() as tx:
            assert tx.execute(select(epochs.c.deposit).where(epochs.c.epoch == goes.epoch)).scalar() is None
        database.close()
        process.home, process.settings = new, other
        process.start()
        http, headers = servers.http, stays.headers
        assert http.get("/v1/me/segments/0", headers=headers).content == kept.to_bytes()
        assert stays.send(stays.sealed()).status_code == 201
        assert http.get("/v1/me/segments/0", headers=goes.headers).status_code == 404
        assert http.get("/v1/me/segments/1", headers=partly.headers).status_code == 404
        assert Person(servers).ready().say().status_code == 201, "numbers are counted on"
        process.stop()
        database = open_database(other, new)
        backup.replay(new, home / "deletions", database, blobs, now_us() + 1000 * 86_400_000_000)
        database.close()
        assert list(blobs.names()) == [], "what is past its days goes again too"


def test_what_was_deleted_is_found_nowhere(other: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with served(tmp_path / "a", other) as (servers, process):
        person = Person(servers).ready()
        sent = person.sealed()
        assert person.send(sent).status_code == 201
        canaries = tmp_path / "canaries"
        database = open_database(other, process.home)
        with database.reading() as tx:
            deposit = tx.execute(select(epochs.c.deposit).where(epochs.c.epoch == person.epoch)).scalar_one().decode()
        share = deposit.split('"collector_share":"')[1][100:180]
        canaries.write_text(f"{sent.manifest.segment_id}.seg\n{share}\n")
        words: tuple[str | Path, ...] = ("prove-deleted", "--home", process.home, "--file", canaries, *_stores(other))
        code, said = _run(capsys, *words)
        assert code == 1
        assert "2 of 2 canaries" in said
        assert share not in said
        _deleted(servers.http, person, person.delete("all"))
        code, said = _run(capsys, *words, "--vacuum")
        assert (code, said.startswith("0 of 2 canaries")) == (0, True), said
        (tmp_path / "old").write_text(f"a copy of {share}")
        assert _run(capsys, *words, "--also", tmp_path / "old")[0] == 1
        database.close()


@pytest.mark.parametrize("coded", [
    lambda word: word.encode("utf-16-le"), lambda word: b"x" + word.encode() + b"y",
    lambda word: word.encode().hex().encode(),
    *(lambda word, n=n: base64.b64encode(b"p" * n + word.encode() + b"rest") for n in range(3)),
])  # fmt: skip
def test_a_canary_is_found_however_it_is_written_and_across_pieces(coded, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    word = "kanarienvogel-77"
    needle = coded(word)
    (tmp_path / "file").write_bytes(b"\0" * ((8 << 20) - 7) + needle + b"\0" * 100)
    search = Search([word, "another-canary"])
    search.trees([tmp_path])
    assert {number for number, _ in search.found} == {1}


def test_figures_and_logs_hold_nothing_of_a_person_and_a_stop_is_clean(tmp_path: Path) -> None:
    port = free_port()
    with served(tmp_path / "a", None, "--metrics-port", str(port)) as (servers, process):
        person = Person(servers).ready()
        segment = person.sealed()
        assert person.send(segment).status_code == 201
        assert person.send(person.sealed(seq=9)).status_code == 409
        assert servers.http.get("/readyz").status_code == 200
        assert servers.http.get("/metrics").status_code == 404, "figures are for the machine's own operator"
        figures = httpx.get(f"http://127.0.0.1:{port}/metrics").text
        assert 'route="/v1/segments/{device_id}/{seq}",status="201"} 1.0' in figures
        assert "aboveboard_log_entries" in figures
        assert "aboveboard_jobs{" in figures
        assert process.stop() in (0, -15), "its own end, or the signal's after it"
        assert "Traceback" not in process.log()
        seen = figures + process.log()
        for name in (person.contributor, person.device, person.epoch, person.token, segment.manifest.segment_id):
            assert name not in seen


def test_settings_are_said_to_be_wrong_by_file_and_field(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "collector.yaml"
    words = ("jobs", "--home", tmp_path, "--config", file)
    for text, expected in (("databse: x", "databse"), ("uploads_at_once: many", "uploads_at_once"),
                           ("uploads_at_once: 0", "uploads_at_once"), ("- 1", "list"), ("a: [", "line"),
                           ("database: mysql://u:geheim@h/d", "database")):  # fmt: skip
        file.write_text(text)
        code, said = _run(capsys, *words)
        assert code == 2, text
        assert expected in said
        assert "geheim" not in said
    file.write_text(f"database: sqlite:///{tmp_path}/from-file.sqlite\n")
    assert _run(capsys, *words)[0] == 0
    assert (tmp_path / "from-file.sqlite").exists()
    monkeypatch.setenv("ABOVEBOARD_COLLECTOR_DATABASE", f"sqlite:///{tmp_path}/from-env.sqlite")
    assert _run(capsys, *words)[0] == 0
    assert (tmp_path / "from-env.sqlite").exists()
    monkeypatch.setenv("ABOVEBOARD_COLLECTOR_DATABSE", "x")
    assert "ABOVEBOARD_COLLECTOR_DATABSE" in _run(capsys, *words)[1]
