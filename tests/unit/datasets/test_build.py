"""Building: the same bytes each time and on each engine, bad segments named, nothing lost when a worker dies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from aboveboard.core.errors import BadInput, CheckFailed, Refused, Unavailable
from aboveboard.core.events import Gap, PointerPath
from aboveboard.datasets import build as building
from aboveboard.datasets import engine
from aboveboard.datasets.build import UNDER_WAY, build, sessions_of
from aboveboard.datasets.change import diff, without
from aboveboard.datasets.corrections import Corrections
from aboveboard.datasets.manifest import Manifest, read_manifest, verify
from aboveboard.datasets.reader import Bad, Opened
from aboveboard.datasets.schema import MARK, Episode, read_episodes
from aboveboard.datasets.session import BuildKeys, Part, Session, seal, work
from aboveboard.datasets.spec import parse_spec
from aboveboard.datasets.trace import Tracer
from tests.support.datasets import SPEC, FakeReader, T, everything, programme, session_events

NONE = Corrections(b"")


def make(
    reader: FakeReader, out: Path, text: str = SPEC, *, skip_bad: bool = False, engine: str = "processes"
) -> Manifest:
    spec = parse_spec(text, "spec.yaml")
    return build(reader.as_reader(), spec, text, out, skip_bad=skip_bad, engine=engine, workers=2)


def inline(name: str, sessions: Iterator[bytes], keys: BuildKeys, workers: int) -> Iterator[bytes]:
    return (work(each, keys) for each in sessions)


@pytest.fixture
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions are worked on in this process: the function is the same, and starting processes takes a second."""
    monkeypatch.setattr(building, "run", inline)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Daft leaves pipes open
def test_the_same_sources_and_spec_give_the_same_bytes_on_every_engine(tmp_path: Path) -> None:
    reader = programme()
    made = [make(reader, tmp_path / name, engine=name) for name in engine.ENGINES]
    again = make(reader, tmp_path / "again")
    assert {m.to_bytes() for m in made} == {again.to_bytes()}
    kept = [everything(tmp_path / name) for name in (*engine.ENGINES, "again")]
    for each in kept:
        each.pop("dataset.proof")  # a later entry of the log
    assert kept[0] == kept[1] == kept[2]
    assert set(kept[0]) == {"README.md", "manifest.json", "spec.yaml", "data/train.parquet", "data/test.parquet"}
    verify(tmp_path / "again", reader.world.charter)


@pytest.mark.usefixtures("_here")
def test_another_reader_or_spec_gives_other_pseudonyms_and_nothing_names_a_person(tmp_path: Path) -> None:
    reader = programme()
    make(reader, tmp_path / "a")
    make(replace(reader, key=programme(1).key), tmp_path / "b")
    make(reader, tmp_path / "c", SPEC.replace("title: T", "title: U"))
    names = [{e.contributor for e in read_episodes(tmp_path / each)} for each in "abc"]
    assert names[0] & names[1] == names[0] & names[2] == set()
    held = b"".join(everything(tmp_path / "a").values())
    for person in range(4):
        assert f"{person:032x}".encode() not in held


@pytest.mark.usefixtures("_here")
def test_a_bad_segment_is_named_and_skipped_only_when_asked(tmp_path: Path) -> None:
    reader = programme()
    reader.found.insert(3, Bad("bad" * 21 + "b", "the sealed bytes are not those of its manifest"))
    with pytest.raises(CheckFailed, match=r"badbad.*not those of its manifest.*--skip-bad"):
        make(reader, tmp_path / "a")
    manifest = make(reader, tmp_path / "b", skip_bad=True)
    assert manifest.left_out["bad segments"] == 1
    assert "bad segments: 1" in (tmp_path / "b" / "README.md").read_text("utf-8")


@pytest.mark.usefixtures("_here")
@pytest.mark.parametrize(
    "hostile",
    [
        PointerPath(T, 2, b"1234", b"1234", b"1234"),
        PointerPath(T, 1, b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\0\0\0\0"),
        PointerPath(T, -1, b"", b"", b""),
        Gap(T + 9, T, "paused"),
        Gap(-5, 1 << 62, "paused"),
    ],
)
def test_hostile_events_harm_only_their_segment(tmp_path: Path, hostile: PointerPath | Gap) -> None:
    reader = programme()
    name = reader.add("f" * 32, [*session_events(1), hostile], seq=8, session="x")
    with pytest.raises(CheckFailed, match=name):
        make(reader, tmp_path / "a")
    manifest = make(reader, tmp_path / "b", skip_bad=True)
    assert (manifest.left_out, manifest.contributors) == ({"bad segments": 1}, 4)


def test_a_hole_between_segments_ends_a_session_and_a_whole_chain_is_one() -> None:
    events = session_events(1)
    reader = programme(0)
    reader.add("a" * 32, events[:20], 0)
    reader.add("a" * 32, events[20:], 1)
    found = [each for each in reader.found if isinstance(each, Opened)]
    one, two = found
    joined = replace(two, body=msgspec.structs.replace(two.body, start_us=one.body.end_us))
    assert [len(s.parts) for s in sessions_of([one, joined], NONE)] == [2]
    assert [len(s.parts) for s in sessions_of([one, two], NONE)] == [1, 1], "time is missing between"
    joined.granted.__dict__["seq"] = 2
    assert [len(s.parts) for s in sessions_of([one, joined], NONE)] == [1, 1], "a segment is missing between"


def test_a_build_that_was_cut_goes_on_and_does_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = programme()
    worked: list[int] = []

    def cut_after_five(name: str, sessions: Iterator[bytes], keys: BuildKeys, workers: int) -> Iterator[bytes]:
        for each in sessions:
            worked.append(1)
            if len(worked) == 6:
                raise Unavailable("the power went")
            yield work(each, keys)

    monkeypatch.setattr(building, "run", cut_after_five)
    with pytest.raises(Unavailable):
        make(reader, tmp_path / "a")
    left = everything(tmp_path / "a" / UNDER_WAY)
    assert len(left) == 5
    assert b"Thing" not in b"".join(left.values()), "what waits on the disk is sealed"
    (tmp_path / "a" / UNDER_WAY / next(iter(left))).write_bytes(b"cut off")
    manifest = make(reader, tmp_path / "a")
    assert len(worked) == 6 + 4, "three of eight were left, and one was spoilt"
    monkeypatch.setattr(building, "run", inline)
    assert make(reader, tmp_path / "b").to_bytes() == manifest.to_bytes()
    assert not (tmp_path / "a" / UNDER_WAY).exists()


def _dying(data: bytes, keys: BuildKeys) -> bytes:
    """Kills its process the first time it is called in a folder."""
    mark = Path(os.environ["DIE_ONCE"])
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), 9)
    return work(data, keys)


def _always_dying(data: bytes, keys: BuildKeys) -> bytes:
    os._exit(9)


def test_a_worker_that_dies_costs_nothing_and_one_that_always_does_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = BuildKeys(b"s" * 32, b"k" * 32)
    sessions = [seal(Session("c", "s", (Part(f"{n}", tuple(session_events(n, 1))),)), keys.seal) for n in range(5)]
    wanted = [work(each, keys) for each in sessions]
    monkeypatch.setenv("DIE_ONCE", str(tmp_path / "died"))
    monkeypatch.setattr(engine, "work", _dying)
    got = list(engine.run("processes", sessions, keys, 2))
    assert (tmp_path / "died").exists()
    assert [len(each) for each in got] == [len(each) for each in wanted]
    monkeypatch.setattr(engine, "work", _always_dying)
    with pytest.raises(Unavailable, match="3 times"):
        list(engine.run("processes", sessions, keys, 2))
    with pytest.raises(BadInput, match="processes, daft"):
        engine.run("abacus", sessions, keys, 2)


@pytest.mark.usefixtures("_here")
def test_without_a_person_nothing_of_theirs_is_left_and_the_old_one_is_marked(tmp_path: Path) -> None:
    reader = programme(people=3)
    old = make(reader, tmp_path / "old")
    person = f"{1:032x}"
    theirs = {
        each.granted.segment for each in reader.found if isinstance(each, Opened) and each.granted.contributor == person
    }
    new = without(reader.as_reader(), tmp_path / "old", person, tmp_path / "new")
    assert {s.segment for s in old.sources} - {s.segment for s in new.sources} == theirs
    assert (new.contributors, new.left_out["withdrawn"]) == (2, 4)
    assert new.supersedes == read_manifest(tmp_path / "old")[1]
    verify(tmp_path / "new", reader.world.charter)
    assert (tmp_path / "old" / MARK).exists()
    with pytest.raises(CheckFailed, match="withdrawn"):
        verify(tmp_path / "old", None)
    with pytest.raises(Refused, match="withdrawn"):
        read_episodes(tmp_path / "old")
    found = diff(tmp_path / "old", tmp_path / "new")
    assert len(found["episodes_removed"]) == 4  # type: ignore[arg-type]
    assert (found["episodes_added"], found["episodes_changed"], found["sources_added"]) == ([], [], [])
    with pytest.raises(Refused, match="nothing of that contributor"):
        without(reader.as_reader(), tmp_path / "new", person, tmp_path / "newer")


@pytest.mark.usefixtures("_here")
def test_a_program_that_falls_under_the_floor_goes_too_when_a_person_does(tmp_path: Path) -> None:
    reader = programme(people=3)
    for n in (0, 1):
        reader.add(f"{n:032x}", session_events(900 + n, app="rare"), seq=50, session="r")
    assert "rare" in {s.app for e in read_made(reader, tmp_path / "old") for s in e.steps}
    new = without(reader.as_reader(), tmp_path / "old", f"{1:032x}", tmp_path / "new")
    assert "rare" not in {s.app for e in read_episodes(tmp_path / "new") for s in e.steps}
    assert new.left_out["a program of too few contributors"] == 2


def read_made(reader: FakeReader, out: Path) -> list[Episode]:
    make(reader, out)
    return read_episodes(out)


@pytest.mark.usefixtures("_here")
def test_every_row_is_traced_and_a_false_source_is_found(tmp_path: Path) -> None:
    reader = programme()
    manifest = make(reader, tmp_path / "a")
    tracer = Tracer(tmp_path / "a", None)
    assert len(tracer) == manifest.steps
    names = {source.segment for source in manifest.sources}
    for number in range(len(tracer)):
        traced = tracer.row(number)
        assert traced.segments
        assert {each.segment for each in traced.segments} <= names
    with pytest.raises(BadInput, match="rows 0 to"):
        tracer.row(len(tracer))
    lying = msgspec.structs.replace(manifest, sources=manifest.sources[1:])
    (tmp_path / "a" / "manifest.json").write_bytes(lying.to_bytes())
    with pytest.raises(CheckFailed, match="root"):
        Tracer(tmp_path / "a", None)


@pytest.mark.usefixtures("_here")
def test_splits_share_nobody_and_duplicates_and_flags_are_left_out_by_name(tmp_path: Path) -> None:
    reader = programme(people=10, sessions=1)
    reader.add(f"{0:032x}", [*session_events(0)], seq=9, session="again")
    text = ("title: T\npurpose: train-agents\nmin_contributors: 2\nduplicates: drop\n"
            "splits: {train: 0.7, validation: 0.1, test: 0.2}\n")  # fmt: skip
    manifest = make(reader, tmp_path / "a", text)
    assert manifest.left_out == {"a near-duplicate": 2}
    people = {name: {e.contributor for e in read_episodes(tmp_path / "a") if e.split == name}
              for name in ("train", "validation", "test")}  # fmt: skip
    assert {name: len(who) for name, who in people.items()} == {"train": 7, "validation": 1, "test": 2}
    assert len(set.union(*people.values())) == 10
