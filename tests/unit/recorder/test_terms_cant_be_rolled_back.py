"""A collector that shows a laptop an older policy, or another log, gets nowhere: the laptop remembers both."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import Refused
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import SignedPolicy
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.api import CurrentPolicy, Exemptions, to_base64
from tests.support.published import log_files
from tests.support.world import DAY_S, T0_S, World

LATER_S = T0_S + 40 * DAY_S


class Showing:
    """What a collector chooses to show."""

    def __init__(self, world: World, entries: list[bytes], policies: Sequence[CurrentPolicy], time_s: int) -> None:
        self._note = world.note(time_s, entries=entries)
        self._files, self._policies = log_files(entries), tuple(policies)

    def charters(self) -> tuple[()]:
        return ()

    def checkpoint(self) -> str:
        return self._note

    def tile(self, path: str) -> bytes:
        return self._files[path]

    def exemptions(self) -> Exemptions:
        return Exemptions(())

    def policies(self) -> tuple[CurrentPolicy, ...]:
        return self._policies


def _laptop(folder: Path, world: World) -> Terms:
    home = Home(folder)
    home.make()
    home.write(world.charter.to_bytes(), "charter.json")
    home.write(Config("DE", "http://127.0.0.1:1", "http://127.0.0.1:2").to_bytes(), "config.json")
    return Terms(home, FixedClock(LATER_S * 1_000_000))


def _refresh(terms: Terms, showing: Showing) -> None:
    terms.refresh(cast("Uplink", showing))


def _two_policies(world: World) -> list[CurrentPolicy]:
    """The wide one first, then a narrower one, each with the proof of its first day."""
    world.start_log()
    found = []
    for apps in (("chromium", "libreoffice"), ("chromium",)):
        signed: SignedPolicy = world.signed(world.policy(apps=apps))
        index = world.append(PolicyLeaf(signed.policy_id).encode())
        found.append(CurrentPolicy(to_base64(signed.to_bytes()), world.proof(index).encode()))
    return found


def test_an_older_and_wider_policy_does_not_come_back(tmp_path: Path) -> None:
    world = World()
    wide, narrow = _two_policies(world)
    terms = _laptop(tmp_path, world)
    _refresh(terms, Showing(world, world.entries, [wide], LATER_S))
    assert terms.policy().apps == ("chromium", "libreoffice")
    _refresh(terms, Showing(world, world.entries, [narrow, wide], LATER_S))
    assert terms.policy().apps == ("chromium",)
    for shown in ([wide], [wide, narrow], []):
        _refresh(terms, Showing(world, world.entries, shown, LATER_S))
        assert terms.policy().apps == ("chromium",)


def test_another_log_is_refused_and_what_was_in_force_stays(tmp_path: Path) -> None:
    world = World()
    wide, narrow = _two_policies(world)
    terms = _laptop(tmp_path, world)
    _refresh(terms, Showing(world, world.entries, [narrow], LATER_S))
    forked = [world.entries[0], world.entries[1], PolicyLeaf("e" * 64).encode(), b"{}"]
    for entries in (forked, world.entries[:2]):
        with pytest.raises(Refused) as refused:
            _refresh(terms, Showing(world, entries, [wide], LATER_S + 60))
        assert refused.value.reason == "no_quorum"
        assert terms.policy().apps == ("chromium",)
    assert len(list(tmp_path.glob("evidence/*"))) == 2
