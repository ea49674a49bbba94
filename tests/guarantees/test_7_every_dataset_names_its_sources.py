"""Guarantee 7 attacked: a dataset that keeps quiet about a source, one under other terms, one from who has said no; and
what a person can prove of their own segment, in or out, with nobody's help."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from aboveboard.audit.own_datasets import HeldManifest, parse_manifest
from aboveboard.core.canonical import canonical
from aboveboard.core.merkle import inclusion_proof, leaf_hash, verify_inclusion
from aboveboard.datasets.manifest import root_of
from aboveboard.datasets.reader import Bad, Opened
from aboveboard.wire.api import DatasetBuilt, ModelTrained
from aboveboard.wire.segment import SealedSegment
from tests.support.attackers import Watch, guardian_server, name_sources, reader_of, sent
from tests.support.servers import Researcher, Servers


def _manifest(segments: list[SealedSegment], root: str, **changes: str) -> HeldManifest:
    lines = [
        {"segment": one.manifest.segment_id, "policy": one.manifest.policy, "consent": one.manifest.consent, **changes}
        for one in segments
    ]
    data = canonical({"title": "Tasks", "purpose": "train-agents", "sources": lines, "root": root})
    return parse_manifest(data, "manifest.json")


def _log(researcher: Researcher, used: list[SealedSegment], manifest: str) -> int:
    """Says the sources, then has it logged."""
    names = [one.manifest.segment_id for one in used]
    assert name_sources(researcher, manifest, names).status_code == 204
    return _built(researcher, root_of(names), manifest)


def _built(researcher: Researcher, root: str, manifest: str) -> int:
    body = DatasetBuilt(researcher.signed.grant.grant_id, root, manifest).to_bytes()
    return researcher.ask("POST", "/v1/datasets", body).status_code


def test_a_dataset_that_keeps_quiet_about_a_source_or_its_terms_is_found_out(servers: Servers, tmp_path: Path) -> None:
    """The root in the log is over what was used; the manifest that is shown leaves this person out, or says something
    else about them."""
    person, mine = sent(servers)
    _, other = sent(servers)
    assert person.consent is not None
    root = root_of([mine.manifest.segment_id, other.manifest.segment_id])
    honest, quiet = _manifest([mine, other], root), _manifest([other], root)
    others_terms = _manifest([mine, other], root, consent=other.manifest.consent)
    with guardian_server(servers) as guardian:
        watch = Watch(servers, person, [person.consent], [mine], guardian, tmp_path / "monitor")
        researcher = Researcher(servers)
        reader = reader_of(servers, researcher, guardian)
        reader.unlock()
        reader.close()
        assert _log(researcher, [mine, other], honest.digest.hex()) == 201
        assert servers.proven(f"/v1/leaves/{_size(servers) - 1}/proof", {}).status_code == 200
        assert watch.look([honest])["own_datasets"].result == "holds"
        assert watch.look([])["own_datasets"].result == "unknown", "one that is not shown may hold anything"
        assert watch.look([quiet])["own_datasets"].result == "fails", "it is not the manifest that the log names"
        assert _log(researcher, [mine, other], quiet.digest.hex()) == 201
        _settle(servers)
        watch.state = tmp_path / "second"
        found = watch.look([honest, quiet])["own_datasets"]
        assert (found.result, "other segments than its manifest lists" in found.reason) == ("fails", True)
        assert _log(researcher, [mine, other], others_terms.digest.hex()) == 201
        _settle(servers)
        watch.state = tmp_path / "third"
        found = watch.look([honest, others_terms])["own_datasets"]
        assert (found.result, "other terms" in found.reason) == ("fails", True)


def _size(servers: Servers) -> int:
    note = servers.get("/checkpoint").text
    return int(note.splitlines()[1])


def _settle(servers: Servers) -> None:
    """Until what was appended last is cosigned."""
    assert servers.proven(f"/v1/leaves/{servers.service.log.size - 1}/proof", {}).status_code == 200


def test_only_a_grants_reader_adds_to_the_lineage_and_only_with_hashes(servers: Servers) -> None:
    researcher, thief = Researcher(servers), Researcher(servers)
    assert researcher.bring().status_code == 201
    body = DatasetBuilt(researcher.signed.grant.grant_id, "0" * 64, "1" * 64).to_bytes()
    assert thief.ask("POST", "/v1/datasets", body).status_code == 401
    assert servers.http.post("/v1/datasets", content=body).status_code == 401
    for bad in ("", "no hash", "0" * 63, "G" * 64):
        assert _built(researcher, bad, "1" * 64) == 400
    trained = ModelTrained(researcher.signed.grant.grant_id, "2" * 64, "1" * 64).to_bytes()
    assert thief.ask("POST", "/v1/models", trained).status_code == 401


def test_what_is_offered_of_who_has_said_no_is_not_used(servers: Servers) -> None:
    """The collector's own rule is taken out: it still gives the keys and the files. The reader's machine looks for
    itself, and a withdrawal is not undone by leaving after it, or by agreeing to something else."""
    person, mine = sent(servers)
    researcher = Researcher(servers, 2, {"contributors": (person.contributor,)})
    with guardian_server(servers) as guardian:
        reader = reader_of(servers, researcher, guardian)
        assert reader.unlock() == 1
        assert [isinstance(each, Opened) for each in reader.segments()] == [True]
        for word in ("withdrawn", "opt_out"):
            assert person.say(word).status_code == 201
            assert list(reader.segments()) == [], "the collector gives nothing of theirs any more"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("aboveboard.collector.scope.withdrawn", lambda *_: False)
            [bad] = reader.segments()
        assert isinstance(bad, Bad)
        assert (bad.segment, "withdrawn" in bad.why) == (mine.manifest.segment_id, True)
        reader.close()


def test_a_segment_that_was_exchanged_or_altered_on_the_way_is_not_used(servers: Servers) -> None:
    person, mine = sent(servers)
    other, theirs = sent(servers)
    researcher = Researcher(servers, 2, {"contributors": (person.contributor, other.contributor)})
    service = servers.service
    one, two = (next(iter(service.blobs.names(each.contributor))).name for each in (person, other))
    assert theirs.manifest.segment_id != mine.manifest.segment_id
    with guardian_server(servers) as guardian:
        reader = reader_of(servers, researcher, guardian)
        reader.unlock()
        data = service.blobs.get(two)
        service.blobs.stage(one, [data])
        service.blobs.settle([one])
        found = {each.segment if isinstance(each, Bad) else each.granted.segment: each for each in reader.segments()}
        assert isinstance(found[mine.manifest.segment_id], Bad)
        assert isinstance(found[theirs.manifest.segment_id], Opened)
        reader.close()


def test_a_person_proves_their_segment_in_or_out() -> None:
    """From the root in the log and the sorted list alone."""
    ids = sorted(hashlib.sha256(bytes([n])).hexdigest() for n in range(9))
    mine, root = ids[4], bytes.fromhex(root_of(ids))
    leaves = [each.encode() for each in ids]
    verify_inclusion(leaf_hash(mine.encode()), 4, 9, inclusion_proof(leaves, 4), root)
    without = [each for each in ids if each != mine]
    out = bytes.fromhex(root_of(without))
    assert out != root
    left, right = without[3], without[4]
    assert left < mine < right, "neighbours in the list, with nothing between them"
    rest = [each.encode() for each in without]
    for place, name in ((3, left), (4, right)):
        verify_inclusion(leaf_hash(name.encode()), place, 8, inclusion_proof(rest, place), out)
