"""A whole recorder at a real collector and a real guardian: what it brings to each, and a task's description that is
corrected after it was sent, from the command to the dataset."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from aboveboard.cli import main
from aboveboard.core.access import SignedDeletion
from aboveboard.core.leaves import DAY_US
from aboveboard.datasets import build as building
from aboveboard.datasets.build import build
from aboveboard.datasets.manifest import Manifest, verify
from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.datasets.session import work
from aboveboard.datasets.spec import parse_spec
from aboveboard.datasets.trace import Tracer
from aboveboard.witness.guardian import Guardian
from tests.support.attackers import guarded, guardian_server, reader_of
from tests.support.sending_laptop import SendingLaptop
from tests.support.servers import Researcher, Servers

SPEC = "title: T\npurpose: train-agents\nmin_contributors: 1\nduplicates: drop\n"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with guarded(tmp_path_factory.mktemp("servers")) as made:
        yield made


@pytest.fixture
def laptop(servers: Servers, tmp_path: Path) -> Iterator[SendingLaptop]:
    with guardian_server(servers), closing(SendingLaptop(tmp_path, servers)) as made:
        made.start()
        yield made


def test_the_guardian_gets_the_policy_with_its_share_and_sweeps_by_itself(
    servers: Servers, laptop: SendingLaptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No reader ever shows it one: without the policy it could not tell when the share's days are over."""
    person = laptop.consents.contributor
    laptop.until(lambda: any(laptop.home.path("epochs").glob("*.guardian-done")))
    [epoch] = servers.guardian._shares.held(person)
    guardian = Guardian(
        servers.guardian._keys, servers.world.charter, servers.guardian._shares, servers.guardian._releases,
        servers.guardian._given, Later(),
    )  # fmt: skip
    assert guardian.sweep() == 1
    assert servers.guardian._shares.held(person) == []
    assert epoch


class Later:
    """A clock that is past every policy's days."""

    def now_us(self) -> int:
        return int(datetime.datetime.now(datetime.UTC).timestamp() * 1e6) + 130 * DAY_US


def _task(laptop: SendingLaptop, *words: str) -> None:
    assert main(["task", *words, "--home", str(laptop.home.folder)]) == 0


def _built(servers: Servers, laptop: SendingLaptop, out: Path) -> tuple[Manifest, list[Episode]]:
    researcher = Researcher(servers, 2, {"contributors": (laptop.consents.contributor,)})
    with closing(reader_of(servers, researcher, servers.world.guardian_url)) as reader:
        manifest = build(reader, parse_spec(SPEC, "spec"), SPEC, out, skip_bad=False)
    verify(out, servers.world.charter)
    return manifest, read_episodes(out)


def test_a_description_is_corrected_after_it_was_sent_and_counts_in_what_is_built_then(
    servers: Servers, laptop: SendingLaptop, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(building, "run", lambda _, given, keys, __: (work(each, keys) for each in given))
    _task(laptop, "start", "order paper")
    laptop.click()
    laptop.click()
    _task(laptop, "stop", "--outcome", "success")
    _task(laptop, "correct", "last", "order papers")
    assert "is gone, and was not sent" in capsys.readouterr().out
    laptop.send()
    _task(laptop, "correct", "last", "never leaves")
    assert "your correction follows it" in capsys.readouterr().out
    _task(laptop, "correct", "last", "order paper for jane.doe@example.org")
    laptop.send()
    out = tmp_path / "dataset"
    manifest, [episode] = _built(servers, laptop, out)
    assert episode.instruction == "order paper for <EMAIL_0>"
    assert "corrected" in episode.flags
    assert (manifest.corrected, len(manifest.sources)) == (1, 2)
    assert "1 of the episodes have a description that its contributor has" in (out / "README.md").read_text("utf-8")

    notes = [note for _, _, note in laptop.recorder._p.sender.noted()] if laptop.recorder else []
    corrected = [note for note in notes if note.corrects]
    assert len(corrected) == 1
    assert corrected[0].proof is not None, "the log's proof is the receipt"
    traced = Tracer(out, servers.world.charter).row(0)
    assert traced.corrected
    assert {each.segment for each in traced.said} == {each.segment for each in notes if each.corrects or each.tasks}
    capsys.readouterr()
    _task(laptop, "list")
    assert "order paper for <EMAIL_0>  [your correction was sent]" in capsys.readouterr().out

    # What was corrected goes, and the correction, though it was made outside of that span, goes with it.
    recorder = laptop.recorder
    assert recorder is not None
    begun_us = corrected[0].corrects[0]
    recorder.forget(begun_us, begun_us + 1)
    asked = [SignedDeletion.parse(path.read_bytes()) for path in laptop.home.path("requests").glob("*.*")]
    assert {name for each in asked for name in each.request.segments} == {
        each.segment for each in notes if each.tasks or each.corrects
    }
    laptop.until(lambda: recorder.status()["requests"] == 0)
