"""What is in force on the laptop: consent, settings, a policy that takes another's place, leaving. A whole recorder."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.events import Button
from aboveboard.recorder.page import StatusPage
from aboveboard.recorder.receipts import read_receipts
from aboveboard.recorder.replay.loopback import Asked
from aboveboard.recorder.settings import read_settings
from tests.support.laptop import Laptop


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    made = Laptop(tmp_path)
    yield made
    if made.recorder is not None and not made.recorder.recording.stopped.is_set():
        made.stop()


def _clicks(events: Any) -> int:
    return sum(isinstance(event, Button) and event.pressed for event in events)


def _month(t_us: int) -> str:
    return datetime.datetime.fromtimestamp(t_us / 1_000_000, datetime.UTC).strftime("%Y-%m")


def _kept(laptop: Laptop) -> int:
    assert laptop.recorder is not None
    return sum(laptop.recorder.status()["counters"]["kept"].values())


def _withheld(laptop: Laptop, reason: str) -> int:
    assert laptop.recorder is not None
    return sum(laptop.recorder.status()["counters"]["withheld"].get(reason, {}).values())


def _agree(laptop: Laptop) -> None:
    assert laptop.recorder is not None
    assert laptop.policy is not None
    laptop.recorder.agree(laptop.policy.policy_id)
    laptop.until(lambda: bool(laptop.observers))


def test_enrolled_by_default_nothing_is_recorded_before_the_persons_own_consent(laptop: Laptop) -> None:
    laptop.put(enrolment="default")
    recorder = laptop.start()
    for _ in range(5):
        laptop.click()
        laptop.until(lambda: True)
    assert (recorder.state, laptop.observers) == ("waiting_for_consent", [])  # nothing even looks
    assert laptop.stop() == []


def test_a_wider_policy_finds_no_consent_and_stops_what_ran(laptop: Laptop) -> None:
    old = laptop.put()
    recorder = laptop.start()
    _agree(laptop)
    laptop.click()
    laptop.until(lambda: _kept(laptop) > 0)
    wider = laptop.put(version=2, apps=("chromium", "libreoffice", "gimp"))
    recorder.look_at_terms()
    assert (recorder.state, "gimp" in recorder.notice) == ("waiting_for_consent", True)
    observers = len(laptop.observers)
    laptop.click("gimp", None)
    laptop.until(lambda: True)
    assert len(laptop.observers) == observers
    assert {chunk.policy for _, chunk in laptop.spool.chunks()} == {old.policy_id}  # old data keeps its terms
    with pytest.raises(Refused, match="changed since you were shown it"):
        recorder.agree(old.policy_id)  # a page that was open before
    recorder.agree(wider.policy_id)
    laptop.until(lambda: len(laptop.observers) > observers)
    assert laptop.consents.state(wider.policy_id) == "given"


def test_own_settings_are_in_force_at_once_and_only_narrow(laptop: Laptop) -> None:
    laptop.put()
    recorder = laptop.start()
    _agree(laptop)
    laptop.click()
    laptop.until(lambda: _kept(laptop) > 0)
    recorder.change_settings({"exclude_sites": ["https://example.org"]})
    laptop.click()
    laptop.until(lambda: _withheld(laptop, "excluded") > 0)
    for change, words in (({"data_mb_per_day": 51}, "more than the policy's 50"),
                          ({"battery_percent_min": 29}, "below the policy's battery limit of 30")):  # fmt: skip
        with pytest.raises(Refused, match=words):
            recorder.change_settings(change)
    for bad in ({"exclude_apps": "gimp"}, {"allow_apps": ["gimp"]}, {"data_mb_per_day": -1}, {"exclude_sites": ["x"]}):
        with pytest.raises(BadInput):
            recorder.change_settings(bad)
    recorder.change_settings({"data_mb_per_day": 5, "battery_percent_min": 80})
    assert read_settings(laptop.home).exclude_sites == ("https://example.org",)
    assert _clicks(laptop.stop()) == 1


def test_settings_that_can_not_be_read_stop_recording(laptop: Laptop) -> None:
    laptop.put()
    recorder = laptop.start()
    _agree(laptop)
    laptop.home.write(b'{"exclude_apps": ["gim', "settings.json")
    recorder.look_at_terms()
    assert "settings.json" in recorder.problem
    laptop.click()
    laptop.until(lambda: _withheld(laptop, "no_policy") > 0)
    assert _clicks(laptop.stop()) == 0


def test_a_policy_that_runs_out_stops_recording(laptop: Laptop) -> None:
    laptop.put(expires="2027-01-15", starts="2027-01-01")
    recorder = laptop.start()
    _agree(laptop)
    laptop.clock.advance(86_400_000_000)
    recorder.look_at_terms()
    laptop.click()
    laptop.until(lambda: _withheld(laptop, "no_policy") > 0)
    assert "expired" in recorder.problem
    assert _clicks(laptop.stop()) == 0


def test_a_session_ends_with_its_month_and_the_next_has_a_key_of_its_own(laptop: Laptop) -> None:
    """The collector counts the days of keeping from the end of an epoch's month: nothing later may be sealed to it."""
    laptop.put(expires="2028-01-15")
    laptop.start()
    _agree(laptop)
    laptop.click()
    laptop.until(lambda: _kept(laptop) > 0)
    before = _kept(laptop)
    laptop.clock.advance(31 * 86_400_000_000)
    laptop.until(lambda: len(laptop.observers) == 2)
    laptop.click()
    laptop.until(lambda: _kept(laptop) > before)
    laptop.stop()
    pairs = {
        (chunk.epoch, _month(event.t_us))
        for _, chunk in laptop.spool.chunks() for event in chunk.events if isinstance(event, Button)
    }  # fmt: skip
    assert len(pairs) == len({epoch for epoch, _ in pairs}) == len({month for _, month in pairs}) == 2


def test_receipts_are_written_at_the_click_and_at_each_change(laptop: Laptop) -> None:
    policy = laptop.put()
    recorder = laptop.start()
    with pytest.raises(BadInput, match="no receipt"):
        read_receipts(laptop.home)
    _agree(laptop)
    [receipt] = read_receipts(laptop.home)
    assert [each["ab:kind"] for each in receipt["dct:hasPart"]["dpv:hasConsentStatus"]] == ["given"]
    recorder.opt_out("power", delete=False, withdraw=True)
    [receipt] = read_receipts(laptop.home)
    turns = receipt["dct:hasPart"]["dpv:hasConsentStatus"]
    assert [each["ab:kind"] for each in turns] == ["given", "opt_out", "withdrawn"]
    assert turns[1]["ab:reason"] == "power"
    assert receipt["dct:hasPart"]["dpv:hasPolicy"]["dct:identifier"] == policy.policy_id


def test_a_no_counts_after_the_yes_before_it_also_when_the_clock_was_set_back(laptop: Laptop) -> None:
    policy = laptop.put()
    laptop.consents.say("given", policy, "notice")
    laptop.clock.advance(-30 * 86_400_000_000)
    laptop.consents.say("opt_out", policy, "notice")
    assert laptop.consents.state(policy.policy_id) == "opted_out"
    laptop.consents.say("given", policy, "notice")
    assert laptop.consents.state(policy.policy_id) == "given"


def test_a_laptop_elsewhere_records_nothing(tmp_path: Path) -> None:
    laptop = Laptop(tmp_path, "FR")
    laptop.put()
    with pytest.raises(Refused, match="this laptop is in FR"):
        laptop.terms.policy()


def _shown(page: StatusPage) -> str:
    return page.answer(Asked("/", None, "")).body.decode()


def test_the_page_sets_what_is_stricter_and_says_what_is_not(laptop: Laptop) -> None:
    laptop.put()
    recorder = laptop.start()
    page = StatusPage(recorder, laptop.spool)
    try:
        page.act("/settings", {"data_mb_per_day": "7", "battery_percent_min": "", "exclude_apps": "gimp"})
        page.act("/settings", {"exclude_apps": "code", "exclude_titles": "*salary*"})
        found = read_settings(laptop.home)
        assert (found.data_mb_per_day, found.battery_percent_min, found.exclude_apps) == (7, None, ("code", "gimp"))
        assert 'placeholder="7"' in _shown(page)
        for form in ({"data_mb_per_day": "900"}, {"data_mb_per_day": "some"}, {"exclude_sites": "example.org"}):
            with pytest.raises((Refused, BadInput)):
                page.act("/settings", form)
        with pytest.raises(Refused, match="changed since you were shown it"):
            page.act("/agree", {})
        assert f'name="policy" value="{recorder.status()["policy"]}"' in _shown(page)
        page.act("/agree", {"policy": recorder.status()["policy"]})
        assert len(read_receipts(laptop.home)) == 1
    finally:
        page.close()
