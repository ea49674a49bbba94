"""People who upload to a collector while something breaks, and what has to hold of it afterwards."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from aboveboard.collector.settings import open_blobs
from aboveboard.wire.segment import SealedSegment
from tests.support.process import Process
from tests.support.servers import Person, Servers

QUICK, PROVE = 2, 20
PEOPLE = 4
RETRY_S_MAX = 40.0


def rounds_of() -> list[Any]:
    """A few rounds each time, and many for the proof."""
    return [QUICK, pytest.param(PROVE, marks=pytest.mark.prove)]


class Sending:
    """People who upload all the time, each segment until it is acknowledged."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.people = [Person(servers).ready() for _ in range(PEOPLE)]
        self.acknowledged: dict[tuple[str, int], bytes] = {}
        self._stopping = threading.Event()
        self.problems: list[object] = []

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        self._stopping.clear()
        threads = [threading.Thread(target=self._send, args=(person,)) for person in self.people]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            for thread in threads:
                thread.join()

    def _send(self, person: Person) -> None:
        while not self._stopping.is_set():
            segment = person.sealed()
            if not self._until_acknowledged(person, segment):
                return

    def _until_acknowledged(self, person: Person, segment: SealedSegment) -> bool:
        deadline = time.monotonic() + RETRY_S_MAX
        while time.monotonic() < deadline:
            with contextlib.suppress(httpx.TransportError):
                answer = person.send(segment)
                if answer.status_code in (200, 201):
                    number = segment.manifest.seq
                    self.acknowledged[person.device, number] = segment.to_bytes()
                    person.seq, person.prev = number + 1, segment.manifest.segment_id
                    return True
                if answer.status_code not in (429, 503):
                    self.problems.append((answer.status_code, answer.text))
                    return False
            time.sleep(0.02)
        self.problems.append("not acknowledged in time")
        return False

    def check(self) -> None:
        """Asks the server for all of it, and looks for what it should not have."""
        assert not self.problems, self.problems[:3]
        for person in self.people:
            listed = self.servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"]
            held = {each["seq"] for each in listed}
            assert held == set(range(len(held))), "a chain without holes"
            for number in held:  # a listed one that was not acknowledged has to be whole as well
                answer = self.servers.http.get(f"/v1/me/segments/{number}", headers=person.headers)
                assert answer.status_code == 200, answer.text
                known = self.acknowledged.get((person.device, number))
                assert known in (None, answer.content)
            assert held >= {number for device, number in self.acknowledged if device == person.device}


def no_row_without_its_blob(process: Process) -> None:
    """Every file that the store lists is a whole segment."""
    blobs = open_blobs(process.settings, process.home)
    for stored in blobs.names():
        blobs.get(stored.name)
