"""Lengths of pauses, the recorder's folder, and who may do what with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.recorder.app import Options, set_up
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.home import Home
from aboveboard.recorder.pauses import Pauses, parse_duration
from aboveboard.recorder.terms import Terms
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.scripted import NOON_US, Recording, page
from tests.support.world import World


@pytest.mark.parametrize(("text", "s"), [("30m", 1800), ("2h", 7200), ("45s", 45)])
def test_a_length_of_time(text: str, s: int) -> None:
    assert parse_duration(text, NOON_US) == NOON_US + s * 1_000_000


def test_a_pause_without_end_and_until_tomorrow() -> None:
    assert parse_duration("until-resumed", NOON_US) is None
    tomorrow = parse_duration("until-tomorrow", NOON_US)
    assert tomorrow is not None
    assert 0 < tomorrow - NOON_US <= 25 * 3600 * 1_000_000


@pytest.mark.parametrize("text", ["", "m", "-5m", "5", "5d", "1e3m", "٣m", "9999999m"])
def test_anything_else_is_a_clear_error(text: str) -> None:
    with pytest.raises(BadInput, match="30m, 2h"):
        parse_duration(text, NOON_US)


def test_a_timed_pause_ends_by_itself_and_can_be_made_longer(tmp_path: Path) -> None:
    home, clock = Home(tmp_path), FixedClock(NOON_US)
    home.make()
    pauses = Pauses(home, clock)
    pauses.pause(NOON_US + 1_000_000)
    clock.advance(999_999)
    assert pauses.state().since_us is not None
    pauses.pause(NOON_US + 3_000_000)
    clock.advance(1_000_001)
    assert pauses.state().since_us is not None
    clock.advance(1_000_000)
    assert pauses.state().since_us is None
    assert pauses.covers(NOON_US + 2_500_000)
    assert not pauses.covers(NOON_US + 3_500_000)


def _options(folder: Path, charter: Path | None, region: str | None = "DE") -> Options:
    return Options(folder, charter, None, None, region, None, 0)


def test_a_pinned_charter_is_never_replaced_by_another(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    one.write_bytes(World().charter.to_bytes())
    other.write_bytes(World().charter.to_bytes())
    home = set_up(_options(tmp_path / "home", one))
    assert set_up(_options(tmp_path / "home", one)).pinned() == home.pinned()
    with pytest.raises(Refused, match="another charter"):
        set_up(_options(tmp_path / "home", other))


def test_a_folder_that_is_not_set_up_says_how(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--charter"):
        set_up(_options(tmp_path / "home", None))
    charter = tmp_path / "charter.json"
    charter.write_bytes(World().charter.to_bytes())
    with pytest.raises(BadInput, match="--region"):
        set_up(_options(tmp_path / "home", charter, None))


def test_one_recorder_at_a_time_on_one_folder(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    lock = home.lock()
    with pytest.raises(Refused, match="another recorder"):
        home.lock()
    lock.close()
    home.lock().close()


def test_secrets_are_for_their_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    home.key("contributor")
    home.spool_key()
    for path in tmp_path.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_consent_counts_for_its_own_policy_and_only_until_a_no(tmp_path: Path) -> None:
    """Guarantee 9 on the laptop: a wider policy finds no consent, and asks anew."""
    home, clock, world = Home(tmp_path), FixedClock(NOON_US), World()
    home.make()
    consents = Consents(home, clock)
    policy, wider = world.policy(), world.policy(version=2, apps=("chromium", "libreoffice", "gimp"))
    signed = consents.say("given", policy, "the notice")
    assert consents.current(policy.policy_id) == signed.record.consent_id
    assert consents.current(wider.policy_id) is None
    clock.advance(1)
    consents.say("opt_out", policy, "the notice")
    assert Consents(home, clock).current(policy.policy_id) is None
    assert consents.state(policy.policy_id) == "opted_out"


def test_a_policy_that_runs_out_while_the_recorder_runs_stops_it(tmp_path: Path) -> None:
    """Checked again and again with all its proofs, by the laptop's own clock, with no connection."""
    world = World(notice_days_min=0, demo=True)
    charter = tmp_path / "charter.json"
    charter.write_bytes(world.charter.to_bytes())
    home = set_up(_options(tmp_path / "home", charter))
    world.start_log()
    signed = world.signed(world.policy(notice_days=0, starts="2027-01-01", expires="2027-01-20"))
    index = world.append(PolicyLeaf(signed.policy_id).encode())
    clock = FixedClock(NOON_US)
    terms = Terms(home, clock)
    assert "no policy is in force" in terms.why_not()
    current = CurrentPolicy(to_base64(signed.to_bytes()), world.proof(index).encode())
    home.write(current.to_bytes(), "policy.json")
    assert terms.why_not() == ""
    clock.advance(6 * 86_400 * 1_000_000)
    assert "expired on 2027-01-20" in terms.why_not()
    home.write(current.to_bytes().replace(b"index 1", b"index 0"), "policy.json")
    clock.advance(-6 * 86_400 * 1_000_000)
    assert "not shown to be in the log" in terms.why_not()


def test_a_page_that_gets_known_without_any_event_is_noticed_soon(tmp_path: Path) -> None:
    """Nothing wakes the recorder then, and where all is well it rests long."""
    session = Recording(tmp_path)
    session.pipeline.step(30.0)
    session.pipeline.step(30.0)
    session.observer.here = page(site=None)
    session.pipeline.step(30.0)
    session.pipeline.step(30.0)
    session.observer.here = page()
    session.pipeline.step(30.0)
    assert session.observer.waits[1] == 30.0
    assert session.observer.waits[-2] <= 1.0
    assert session.shown[-1] == "recording"
