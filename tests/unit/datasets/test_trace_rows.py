"""Any row can be led back: to its segments, each proven to be in the root that the log holds, and to a policy in it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from aboveboard.core.ids import SegmentId
from aboveboard.core.leaves import DatasetBuiltLeaf, PolicyLeaf
from aboveboard.core.merkle import leaf_hash, verify_inclusion
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.datasets import build as building
from aboveboard.datasets.build import build
from aboveboard.datasets.reader import Opened
from aboveboard.datasets.session import work
from aboveboard.datasets.spec import parse_spec
from aboveboard.datasets.trace import Tracer
from aboveboard.wire.api import CurrentPolicy, to_base64
from tests.support.datasets import SPEC, FakeReader, session_events
from tests.support.world import World


@pytest.mark.parametrize(
    ("rows", "people", "sessions"), [(60, 2, 3), pytest.param(1000, 20, 10, marks=pytest.mark.prove)]
)
def test_sampled_rows_are_proven(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int, people: int, sessions: int
) -> None:
    monkeypatch.setattr(building, "run", lambda _, given, keys, __: (work(each, keys) for each in given))
    world = World(notice_days_min=0, demo=True)
    world.start_log()
    reader = FakeReader(world)
    policy = world.policy()
    index = world.append(PolicyLeaf(policy.policy_id).encode())
    signed = to_base64(world.signed(policy).to_bytes())
    reader.bundles[policy.policy_id] = CurrentPolicy(signed, world.proof(index).encode())
    for person in range(people):
        for n in range(sessions):
            events = session_events(100 * person + n)
            reader.add(f"{person:032x}", events, seq=2 * n, session=f"s{n}", policy=policy.policy_id)
    out = tmp_path / "a"
    manifest = build(reader.as_reader(), parse_spec(SPEC, "spec"), SPEC, out, skip_bad=False)
    tracer = Tracer(out, world.charter)
    assert len(tracer) == manifest.steps >= rows
    consents: dict[str, str] = {
        each.granted.segment: each.granted.consent for each in reader.found if isinstance(each, Opened)
    }  # fmt: skip
    logged, _ = check_proof(
        DatasetBuiltLeaf(manifest.root, tracer.row(0).manifest_sha256).encode(),
        LogProof.parse((out / "dataset.proof").read_text("utf-8")), world.charter,
    )  # fmt: skip
    root = bytes.fromhex(manifest.root)
    for number in random.Random(7).sample(range(len(tracer)), rows):
        traced = tracer.row(number)
        assert traced.segments, "each row is of something that was recorded"
        assert traced.dataset_log == f"{logged.origin} at size {logged.size}"
        for each in traced.segments:
            path = [bytes.fromhex(one) for one in each.proof]
            verify_inclusion(leaf_hash(each.segment.encode()), each.index, each.of, path, root)
            assert each.consent == consents[SegmentId(each.segment)]
            assert each.policy_log == f"entry {index} of {logged.origin}"
