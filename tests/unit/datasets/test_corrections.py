"""What contributors correct of their tasks: the newest of their own counts, and nothing else changes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import cast

import msgspec
import pytest

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import Button, Correction, KeptEvent
from aboveboard.datasets import build as building
from aboveboard.datasets.build import build, sessions_of
from aboveboard.datasets.change import without
from aboveboard.datasets.checks import check_events
from aboveboard.datasets.corrections import Corrections
from aboveboard.datasets.manifest import Manifest
from aboveboard.datasets.reader import Opened
from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.datasets.session import work
from aboveboard.datasets.spec import parse_spec
from aboveboard.datasets.trace import Tracer
from tests.support.datasets import FakeReader, T, programme, session_events

SPEC = "title: T\npurpose: train-agents\nmin_contributors: 1\nduplicates: drop\n"
PERSON, OTHER = f"{0:032x}", f"{1:032x}"
BEGUN_US = T  # of the first task of the first session of PERSON


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "run", lambda _, given, keys, __: (work(each, keys) for each in given))


def _corrects(reader: FakeReader, who: str, seq: int, said: str, t_us: int = 1, task_us: int = BEGUN_US) -> str:
    return reader.add(who, [Correction(T + t_us, "s0", task_us, said)], seq=seq, session=f"word {seq}")


def _made(reader: FakeReader, out: Path) -> tuple[Manifest, dict[str, Episode]]:
    reader.found.sort(key=lambda each: (each.granted.device, each.granted.seq) if isinstance(each, Opened) else ("", 0))
    manifest = build(reader.as_reader(), parse_spec(SPEC, "spec"), SPEC, out, skip_bad=False)
    return manifest, {each.episode_id: each for each in read_episodes(out)}


def test_the_newest_counts_whatever_order_they_come_in(tmp_path: Path) -> None:
    reader = programme(2)
    _, before = _made(reader, tmp_path / "a")
    _corrects(reader, PERSON, 10, "the newest", 9)
    _corrects(reader, PERSON, 11, "an older one", 8)
    _corrects(reader, OTHER, 10, "another person's", 99)
    _corrects(reader, PERSON, 12, "of no task", 99, task_us=BEGUN_US + 1)
    manifest, after = _made(reader, tmp_path / "b")
    assert manifest.corrected == 1
    changed = [name for name, episode in after.items() if episode != before[name]]
    assert len(changed) == 1
    one, was = after[changed[0]], before[changed[0]]
    assert (was.instruction, one.instruction) == ("Task 0 of 0", "the newest")
    assert one.flags == (*was.flags, "corrected")
    assert one.steps[:-1] == was.steps[:-1]
    row = next(n for n, each in enumerate(Tracer(tmp_path / "b", None)._rows) if each[0].episode_id == changed[0])
    traced = Tracer(tmp_path / "b", None).row(row)
    assert traced.corrected
    assert len(traced.said) == len(was.steps[-1].segments) + 1 == 2
    assert {each.segment for each in traced.said} <= {source.segment for source in manifest.sources}
    assert without(reader.as_reader(), tmp_path / "b", OTHER, tmp_path / "c").corrected == 1


def test_the_row_that_says_done_is_of_the_segments_of_the_marks(tmp_path: Path) -> None:
    """Who has the one with their words deleted finds the dataset marked."""
    events = session_events(1, tasks=1)
    reader = programme(0)
    first = reader.add(PERSON, events[:1], 0)
    reader.add(PERSON, events[1:-1], 1)
    last = reader.add(PERSON, events[-1:], 2)
    follow = [cast("Opened", each) for each in reader.found]
    for one, two in itertools.pairwise(follow):
        object.__setattr__(two, "body", msgspec.structs.replace(two.body, start_us=one.body.end_us))
    manifest, made = _made(reader, tmp_path)
    [episode] = made.values()
    assert set(episode.steps[-1].segments) == {first, last}
    assert {first, last} <= {source.segment for source in manifest.sources}


def test_a_session_goes_on_around_corrections(tmp_path: Path) -> None:
    events = session_events(1)
    reader = programme(0)
    reader.add(PERSON, events[:20], 0)
    _corrects(reader, PERSON, 1, "one")
    _corrects(reader, PERSON, 2, "two")
    reader.add(PERSON, events[20:], 3)
    first, *words, last = [cast("Opened", each) for each in reader.found]
    last = replace(last, body=msgspec.structs.replace(last.body, start_us=first.body.end_us))
    assert [len(s.parts) for s in sessions_of([first, *words, last], Corrections(b""))] == [2]
    assert [len(s.parts) for s in sessions_of([first, words[0], last], Corrections(b""))] == [1, 1], "one is missing"


def test_two_that_are_alike_but_for_a_correction_both_stay(tmp_path: Path) -> None:
    reader = programme(0)
    for n in range(2):
        reader.add(PERSON, session_events(1, tasks=1), seq=2 * n, session=f"s{n}")
    assert _made(reader, tmp_path / "a")[0].left_out == {"a near-duplicate": 1}
    reader.add(PERSON, [Correction(T, "s1", T + 1_000_000_000, "another task")], seq=9, session="word")
    assert _made(reader, tmp_path / "b")[0].left_out == {}


@pytest.mark.parametrize(
    "events",
    [
        [Button(T, 1, 1, 1, True), Correction(T, "s", T, "x")], [Correction(T, "s", T, "x" * 20_000)],
        [Correction(-1, "s", T, "x")],
    ],
)  # fmt: skip
def test_a_correction_that_no_recorder_makes_is_refused(events: list[KeptEvent]) -> None:
    with pytest.raises(Corrupt):
        check_events(events)
