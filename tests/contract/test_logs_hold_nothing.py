"""Whatever is sent, and however the server fails at it: no line of its log holds any of it, at the level that says
most."""

from __future__ import annotations

import io
import json
import logging
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aboveboard.cli import main
from aboveboard.collector.logs import LEVELS, configure_logs
from tests.support.process import Process, served
from tests.support.servers import Person, Researcher, Servers, put_request

CANARY = "kanarienvogel-4711"
ROUTES = ("/v1/enrol", "/v1/consents", "/v1/deletions", "/v1/policies", "/v1/charters", "/v1/exemptions",
          "/v1/invitations", "/v1/invitations/revocations", "/v1/grants", "/v1/datasets", "/v1/models", "/me",
          "/representatives")  # fmt: skip


@pytest.fixture(scope="module")
def debugging(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Servers, Process]]:
    with served(tmp_path_factory.mktemp("logs") / "a", None, "--log-level", "debug") as made:
        yield made


def _raw(servers: Servers, data: bytes) -> None:
    url = servers.http.base_url
    with socket.create_connection((url.host, url.port or 80), 10) as raw:
        raw.sendall(data)
        raw.settimeout(0.5)
        try:
            raw.recv(1000)
        except TimeoutError:
            return


def test_uploads_errors_and_attacks(debugging: tuple[Servers, Process]) -> None:
    servers, process = debugging
    http, person, reader = servers.http, Person(servers).ready(), Researcher(servers)
    sent = [person.sealed()]
    assert person.send(sent[0]).status_code == 201
    assert person.send(person.sealed(seq=9)).status_code == 409
    assert reader.bring().status_code == 201
    reader.release()
    headers = {**person.headers, "User-Agent": CANARY, "X-Forwarded-For": "203.0.113.77", "Cookie": f"session={CANARY}"}
    path, put_headers, body = put_request(person, person.sealed())
    http.put(path, content=body[:-1] + b"x", headers=put_headers)
    other = body[:100] + CANARY.encode() + body[100:]
    http.put(path, content=other, headers={**put_headers, "Content-Length": str(len(other))})
    http.put(path, content=body, headers={**put_headers, "Authorization": f"Bearer {CANARY}"})
    for where in ROUTES:
        for text in (
            f'{{"{CANARY}":"{CANARY}"}}',
            CANARY,
            f'{{"grant":"{CANARY}\\u0000","root":"","manifest_sha256":""}}',
        ):
            http.post(where, content=text.encode(), headers=headers)
    for where in (f"/{CANARY}", f"/v1/policies?name={CANARY}", f"/tile/../../{CANARY}", f"/published/{CANARY}%0A",
                  f"/v1/me/segments/{CANARY}", f"/v1/deletions/{CANARY}%00",
                  f"/v1/grants/{CANARY}/segments"):  # fmt: skip
        http.get(where, headers=headers)
    for data in (f"{CANARY}\r\n\r\n", f"GET /{CANARY} HTTP/9.9\r\n\r\n", f"PUT {path} HTTP/1.1\r\nHost: {CANARY}\r\n",
                 f"GET / HTTP/1.1\r\nHost: x\r\n{CANARY}\0: x\r\n\r\n",
                 f"GET /{'a' * 70_000}{CANARY} HTTP/1.1\r\n\r\n"):  # fmt: skip
        _raw(servers, data.encode())
    _a_deletion_that_fails(servers, process, person)
    log = process.log()
    assert "job failed" in log, "something has to be in it"
    assert '"level": "info"' in log, "at the level that says most"
    for line in log.splitlines():
        json.loads(line)
    names = {
        "canary": CANARY, "address": "127.0.0.1", "forwarded": "203.0.113.77", "token": person.token,
        "person": person.contributor, "device": person.device, "epoch": person.epoch,
        "segment": sent[0].manifest.segment_id, "grant": reader.signed.grant.grant_id, "reader": "Fola",
    }  # fmt: skip
    assert {what for what, name in names.items() if name in log} == set()
    assert servers.http.get("/healthz").status_code == 200


def _a_deletion_that_fails(servers: Servers, process: Process, person: Person) -> None:
    """Where its bytes should be there lies a folder, which can't be taken away as a file."""
    [blob] = (process.home / "segments").rglob("*.seg")
    blob.unlink()
    (blob / "x").mkdir(parents=True)
    answer = servers.http.get("/v1/me/segments/0", headers=person.headers)
    assert answer.status_code in (422, 503)
    assert person.contributor not in answer.text
    servers.http.post("/v1/deletions", content=person.delete("all"), headers=person.headers)
    deadline = time.monotonic() + 20
    while "job failed" not in process.log() and time.monotonic() < deadline:
        time.sleep(0.1)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged meanwhile."""
    root, hook, unraisable = logging.getLogger(), threading.excepthook, sys.unraisablehook
    before = root.handlers[:], root.level
    out = io.StringIO()
    configure_logs("debug", out)
    try:
        yield out
    finally:
        logging.captureWarnings(False)
        threading.excepthook, sys.unraisablehook = hook, unraisable
        root.handlers[:], level = before
        root.setLevel(level)


def test_whatever_a_library_says(lines: io.StringIO) -> None:
    """Templates stay; what was filled in, put together beforehand, raised or warned of does not."""
    log = logging.getLogger("some.library")
    log.error("can't read %s", CANARY)
    log.error(f"can't read {CANARY}")
    log.info({"object": CANARY})
    try:
        raise ValueError(CANARY)
    except ValueError:
        log.exception("failed")
        log.error("failed", exc_info=True)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(False)
        logging.captureWarnings(True)  # within: catch_warnings has put its own in the place
        warnings.warn(f"careful with {CANARY}", RuntimeWarning, stacklevel=1)

    def fail() -> None:
        raise KeyError(CANARY)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert CANARY not in lines.getvalue()
    assert [line.get("event") for line in said][:2] == ["can't read %s", None]
    assert [line["error"] for line in said if "error" in line] == ["ValueError", "ValueError", "KeyError"]
    assert all(line["timestamp"] and line["level"] in (*LEVELS, "error") for line in said)


def test_the_level_is_an_argument_and_others_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["collector", "serve", "--home", str(tmp_path), "--charter", "x", "--log-level", "trace"])


def test_no_access_log_is_kept(debugging: tuple[Servers, Process]) -> None:
    servers, process = debugging
    before = len(process.log().splitlines())
    for _ in range(50):
        assert httpx.get(f"{servers.http.base_url}/v1/policies").status_code == 200
    assert len(process.log().splitlines()) - before < 10, "no line a request"
