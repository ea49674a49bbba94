"""The guardian by itself: shares past their days of keeping are destroyed, of every policy that it has seen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from aboveboard.core.errors import CheckFailed, Refused
from aboveboard.core.keeping import kept_until_us
from aboveboard.wire.api import CurrentPolicy, to_base64
from aboveboard.witness import cli
from tests.support.servers import Person, Servers, now_us, running


@dataclass
class Moved:
    """A clock that is set by hand."""

    us: int

    def now_us(self) -> int:
        return self.us


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers")) as made:
        yield made


def test_what_is_past_its_days_is_destroyed_without_asking_anybody(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    guardian, clock = servers.guardian, Moved(now_us())
    monkeypatch.setattr(guardian, "_clock", clock)
    early = Person(servers).ready()
    until_us = kept_until_us(servers.policy, clock.us)

    clock.us = until_us + 1
    assert guardian.sweep() == 0, "it has not seen the policy, and can't tell"
    unsigned = servers.world.signed(servers.policy, [servers.world.employer])
    current = CurrentPolicy(**servers.http.get("/v1/policies/current").json())
    for signed, proof in ((unsigned.to_bytes(), current.log_proof), (current.open()[0].to_bytes(), "")):
        lie = CurrentPolicy(to_base64(signed), proof)
        with pytest.raises((Refused, CheckFailed)):
            guardian.policy("/v1/policies", lie.to_bytes())
    assert guardian.policy("/v1/policies", current.to_bytes()).status == 200

    clock.us = until_us - 1
    assert guardian.sweep() == 0
    assert guardian._shares.held(early.contributor) == [early.epoch]
    clock.us = until_us
    late = Person(servers).ready()  # brought just now: kept for days of its own
    assert guardian.sweep() == 1
    assert (guardian._shares.held(early.contributor), guardian._shares.held(late.contributor)) == ([], [late.epoch])
    assert guardian.sweep() == 0


def test_the_server_sweeps_at_its_start_and_stops(servers: Servers) -> None:
    swept, stopping = threading.Event(), threading.Event()

    class Counting:
        def sweep(self) -> int:
            swept.set()
            raise Refused("damaged", "a file can't be read")

    thread = threading.Thread(target=cli._sweep, args=(Counting(), stopping))
    thread.start()
    assert swept.wait(5)
    stopping.set()
    thread.join(5)
    assert not thread.is_alive()
