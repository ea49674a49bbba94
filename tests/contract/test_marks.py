"""Within one run of its job, every dataset and model that holds what may be used no more is marked: by API and in the
log; and nothing else is. On every store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import update

from aboveboard.audit.source import FolderSource
from aboveboard.audit.verify import verify
from aboveboard.cli import main
from aboveboard.collector import marks
from aboveboard.collector.settings import Settings
from aboveboard.collector.storage.tables import segments
from aboveboard.core.ids import SegmentId
from aboveboard.core.leaves import DatasetMarkedLeaf, ModelMarkedLeaf
from aboveboard.datasets.manifest import Manifest, Source, root_of
from aboveboard.wire.api import DatasetBuilt, DatasetState, ModelState, ModelTrained, MyDatasets, parse
from tests.support.attackers import name_sources
from tests.support.marking import run_marks
from tests.support.servers import Person, Researcher, Servers, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _sent(servers: Servers) -> tuple[Person, SegmentId]:
    person = Person(servers).ready()
    segment = person.sealed()
    assert person.send(segment).status_code == 201
    return person, SegmentId(segment.manifest.segment_id)


def _build(reader: Researcher, title: str, names: Sequence[SegmentId]) -> str:
    manifest = _hash(title)
    assert name_sources(reader, manifest, names).status_code == 204
    body = DatasetBuilt(reader.signed.grant.grant_id, root_of(names), manifest).to_bytes()
    answer = reader.ask("POST", "/v1/datasets", body)
    assert answer.status_code == 201, answer.text
    assert reader.ask("POST", "/v1/datasets", body).json() == answer.json(), "the same again is the same entry"
    return manifest


def _train(reader: Researcher, title: str, manifest: str) -> str:
    model = _hash(title)
    body = ModelTrained(reader.signed.grant.grant_id, model, manifest).to_bytes()
    answer = reader.ask("POST", "/v1/models", body)
    assert answer.status_code == 201, answer.text
    assert reader.ask("POST", "/v1/models", body).json() == answer.json()
    return model


def _dataset(servers: Servers, manifest: str) -> int | None:
    answer = servers.get(f"/v1/datasets/{manifest}")
    return parse(answer.content, "dataset", DatasetState).marked_index


def _model(servers: Servers, model: str) -> int | None:
    return parse(servers.get(f"/v1/models/{model}").content, "model", ModelState).marked_index


def _marked_in_log(servers: Servers) -> list[bytes]:
    log = servers.service.log
    kinds = (b'"kind":"dataset_marked"', b'"kind":"model_marked"')
    return [entry for entry in log.entries(0, log.size) if any(kind in entry for kind in kinds)]


def test_deletion_and_withdrawal_mark_all_that_holds_it_and_nothing_else(servers: Servers) -> None:
    (gone, a), (left, b), (stays, c) = _sent(servers), _sent(servers), _sent(servers)
    reader = Researcher(servers)
    assert reader.bring().status_code == 201
    reader.release()
    with_both, with_one, clean = _build(reader, "1", [a, b, c]), _build(reader, "2", [b]), _build(reader, "3", [c])
    models = {each: _train(reader, f"model of {each}", each) for each in (with_both, with_one, clean)}
    run_marks(servers)
    assert [_dataset(servers, each) for each in models] == [None] * 3
    body = gone.delete("segments", segments=(a,))
    assert servers.http.post("/v1/deletions", content=body, headers=gone.headers).status_code == 202
    run_marks(servers)
    first = _dataset(servers, with_both)
    assert first is not None
    assert _model(servers, models[with_both]) is not None
    assert [_dataset(servers, each) for each in (with_one, clean)] == [None, None]
    for word in ("withdrawn", "opt_out"):  # leaving takes nothing of the withdrawal back
        assert left.say(word).status_code == 201
    late = _train(reader, "after the mark", with_both)
    run_marks(servers)
    assert _dataset(servers, with_one) is not None
    assert _model(servers, models[with_one]) is not None
    assert _model(servers, late) is not None
    assert _dataset(servers, with_both) == first, "not marked again"
    assert (_dataset(servers, clean), _model(servers, models[clean])) == (None, None)
    leaves = [
        *(DatasetMarkedLeaf(each).encode() for each in (with_both, with_one)),
        *(ModelMarkedLeaf(each).encode() for each in (models[with_both], models[with_one], late)),
    ]
    assert sorted(_marked_in_log(servers)) == sorted(leaves)
    run_marks(servers)
    assert sorted(_marked_in_log(servers)) == sorted(leaves), "once"
    assert servers.proven(f"/v1/leaves/{servers.service.log.size - 1}/proof", {}).status_code == 200
    report, found = verify(FolderSource(servers.folder / "collector"), servers.world.charter)
    assert {each.hex() for each in found.reading.facts.marked} == {with_both, with_one}
    assert [check.reason for check in report.checks if check.name == "lineage" and check.result != "holds"] == []
    mine = parse(servers.get("/v1/me/datasets", **left.headers).content, "mine", MyDatasets).datasets
    assert [(each.dataset.manifest_sha256, each.segments) for each in mine] == [(with_both, (b,)), (with_one, (b,))]
    assert all(each.dataset.marked_index is not None and each.models for each in mine)
    theirs = parse(servers.get("/v1/me/datasets", **stays.headers).content, "theirs", MyDatasets).datasets
    assert [each.dataset.manifest_sha256 for each in theirs] == [with_both, clean]


def test_who_comes_back_to_the_same_terms_marks_nothing(servers: Servers) -> None:
    person, segment = _sent(servers)
    reader = Researcher(servers)
    reader.bring()
    manifest = _build(reader, "back", [segment])
    assert person.say("withdrawn").status_code == 201
    assert person.say("given").status_code == 201
    run_marks(servers)
    assert _dataset(servers, manifest) is None


def test_what_is_past_its_days_of_keeping_marks_too(servers: Servers) -> None:
    """As the sweep leaves it."""
    _, segment = _sent(servers)
    reader = Researcher(servers)
    reader.bring()
    manifest = _build(reader, "swept", [segment])
    with servers.service.database.transaction() as tx:
        tx.execute(update(segments).where(segments.c.segment == segment).values(deleted=True))
    run_marks(servers)
    assert _dataset(servers, manifest) is not None


def test_a_second_worker_marks_nothing_twice(servers: Servers) -> None:
    _, segment = _sent(servers)
    reader = Researcher(servers)
    reader.bring()
    manifest = _build(reader, "raced", [segment])
    before = _marked_in_log(servers)
    for _ in range(2):
        marks._mark(servers.service, manifest)
    assert len(_marked_in_log(servers)) == len(before) + 1


def test_no_dataset_without_its_sources(servers: Servers) -> None:
    (person, mine), (_, other) = _sent(servers), _sent(servers)
    reader, second = Researcher(servers), Researcher(servers)
    narrow = Researcher(servers, 2, {"contributors": (person.contributor,)})
    for each in (reader, second, narrow):
        assert each.bring().status_code == 201

    def built(who: Researcher, root: str, manifest: str) -> int:
        body = DatasetBuilt(who.signed.grant.grant_id, root, manifest).to_bytes()
        return who.ask("POST", "/v1/datasets", body).status_code

    size = servers.service.log.size
    assert built(reader, root_of([mine]), _hash("unsaid")) == 403
    assert name_sources(reader, _hash("a"), [SegmentId("f" * 64)]).status_code == 403, "never accepted here"
    assert name_sources(narrow, _hash("a"), [mine, other]).status_code == 403, "beyond the grant"
    assert name_sources(reader, _hash("a"), []).status_code == 400
    assert name_sources(reader, "A" * 64, [mine]).status_code == 400
    assert name_sources(reader, _hash("a"), [mine]).status_code == 204
    assert name_sources(second, _hash("a"), [other]).status_code == 403, "another grant's"
    assert built(second, root_of([mine]), _hash("a")) == 403
    assert built(reader, root_of([mine, other]), _hash("a")) == 403, "it holds more than was said"
    body = ModelTrained(reader.signed.grant.grant_id, _hash("m"), _hash("a")).to_bytes()
    assert reader.ask("POST", "/v1/models", body).status_code == 403, "of a dataset that is not in the log"
    assert servers.get(f"/v1/datasets/{_hash('a')}").status_code == 404
    assert servers.get(f"/v1/models/{_hash('m')}").status_code == 404
    log = servers.service.log
    assert not [entry for entry in log.entries(size, log.size) if b'"dataset_built"' in entry or b'"model_' in entry]
    assert built(reader, root_of([mine]), _hash("a")) == 201
    assert name_sources(reader, _hash("a"), [other]).status_code == 403, "what it holds is said"
    assert name_sources(reader, _hash("a"), [mine]).status_code == 204, "built again, it is the same one"


def test_the_command_that_checks_a_dataset_asks_for_its_mark(
    servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person, segment = _sent(servers)
    reader = Researcher(servers)
    reader.bring()
    source = Source(segment, servers.policy.policy_id, person.consent.record.consent_id if person.consent else "")
    made = Manifest("T", "train-agents", "g", (source,), root_of([segment]), {}, "0" * 64, "0", 1, 1, 1, 1, {})
    (tmp_path / "manifest.json").write_bytes(made.to_bytes())
    (tmp_path / "data").mkdir()
    digest = hashlib.sha256(made.to_bytes()).hexdigest()
    assert name_sources(reader, digest, [segment]).status_code == 204
    body = DatasetBuilt(reader.signed.grant.grant_id, made.root, digest).to_bytes()
    assert reader.ask("POST", "/v1/datasets", body).status_code == 201
    words = ["dataset", "verify", str(tmp_path), "--collector", str(servers.http.base_url)]
    assert main(words) == 0
    assert "has not marked it" in capsys.readouterr().out
    assert person.say("withdrawn").status_code == 201
    run_marks(servers)
    assert main(words) == 1
    assert "marks this dataset" in capsys.readouterr().err
