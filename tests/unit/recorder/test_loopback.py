"""The laptop's own pages are for the person alone: the address with its token does not do for another user."""

from __future__ import annotations

import os
import queue
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from aboveboard.recorder.replay.loopback import Asked, Loopback, Reply, own_connection

NOBODY = 65534
# Follows no redirect: the answer to the token itself is what counts.
_GET = (
    "import http.client, sys; c = http.client.HTTPConnection(sys.argv[1]); c.request('GET', sys.argv[2]); "
    "print(c.getresponse().status)"
)


@pytest.fixture
def pages() -> Iterator[Loopback]:
    pages = Loopback(lambda asked: Reply(200, asked.path.encode()), 0, "replay")
    yield pages
    pages.close()


def test_an_address_leads_to_a_page_of_ours_and_nowhere_else(pages: Loopback) -> None:
    with httpx.Client() as http:
        for to, found in (("/review", "/review"), ("//example.org", "/"), ("https://example.org/", "/")):
            answer = http.get(pages.url, params={"token": pages.token, "to": to})
            assert (answer.status_code, answer.headers["Location"]) == (303, found)


def test_a_browser_that_leaves_a_page_is_nothing_to_tell(capfd: pytest.CaptureFixture[str]) -> None:
    answered: queue.Queue[threading.Thread] = queue.Queue()

    def answer(asked: Asked) -> Reply:
        answered.put(threading.current_thread())
        return Reply(200, bytes(1 << 24))

    large = Loopback(answer, 0, "replay")
    with socket.create_connection(("127.0.0.1", large.port)) as browser:
        browser.sendall(f"GET / HTTP/1.1\r\nHost: {large.host}\r\nCookie: replay={large.token}\r\n\r\n".encode())
        handler = answered.get(timeout=10)
        browser.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.join(10)
    assert not handler.is_alive()
    large.close()
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can ask as another user")
def test_another_user_of_the_machine_is_refused_even_with_the_token(pages: Loopback) -> None:
    assert httpx.get(pages.url).status_code == 303
    program = Path(sys._base_executable)  # type: ignore[attr-defined]
    tries = [str(program), "/usr/bin/python3"]
    words = next(
        ([each, "-I", "-c", _GET, pages.host, f"/?token={pages.token}"] for each in tries if _runs(each)), None
    )
    if words is None:
        pytest.skip("no Python here that another user may run")
    done = subprocess.run(words, user=NOBODY, capture_output=True, text=True, check=False, cwd="/")
    assert done.stdout.strip() == "403", done


def _runs(program: str) -> bool:
    try:
        return subprocess.run([program, "-I", "-c", ""], user=NOBODY, check=False, cwd="/").returncode == 0
    except OSError:
        return False


def test_whose_a_connection_is_stands_in_the_systems_own_table(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        mine, theirs = client.getsockname()[1], server.getsockname()[1]
        assert own_connection(mine, theirs)
        assert not own_connection(mine, theirs + 1)
    table = tmp_path / "tcp"
    row = f"0: 0100007F:1388 0100007F:1770 01 00000000:00000000 00:00000000 00000000 {os.getuid() + 1} 0 1"
    table.write_text(f"heading\n{row}\n")
    assert not own_connection(5000, 6000, table)
    table.write_text(f"heading\n{row.replace(f' {os.getuid() + 1} ', f' {os.getuid()} ')}\n")
    assert own_connection(5000, 6000, table)
