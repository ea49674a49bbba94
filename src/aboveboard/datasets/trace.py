"""From one row of a dataset back to what it was made from: episode, segments, consents, policies, log."""

from __future__ import annotations

from pathlib import Path

import msgspec

from aboveboard.core.charter import Charter
from aboveboard.core.errors import BadInput, CheckFailed
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.merkle import inclusion_proof_of_hashes, leaf_hash, verify_inclusion
from aboveboard.core.policy import verify_signatures
from aboveboard.core.proof import check_proof
from aboveboard.datasets.manifest import check_entry, read_manifest, verify
from aboveboard.datasets.schema import read_episodes
from aboveboard.wire.api import CurrentPolicy, parse
from aboveboard.wire.durable import read_bounded

POLICY_BYTES_MAX = 1 << 20


class SegmentTrace(msgspec.Struct, frozen=True):
    """proof: RFC 6962 inclusion of the segment in the dataset's root, hex, at `index` of `of`; policy_log: where the
    log holds the policy, "" without a charter."""

    segment: str
    consent: str
    policy: str
    index: int
    of: int
    proof: tuple[str, ...]
    policy_log: str


class Trace(msgspec.Struct, frozen=True):
    """dataset_log: where the log holds the dataset, "" without a charter; said: where the contributor's own words on
    the episode are, marks and correction; corrected: that they have said it better since."""

    row: int
    step: int
    kind: str
    episode: str
    contributor: str
    root: str
    manifest_sha256: str
    dataset_log: str
    segments: tuple[SegmentTrace, ...]
    said: tuple[SegmentTrace, ...]
    corrected: bool


class Tracer:
    """One dataset, read once for any number of rows."""

    def __init__(self, folder: Path, charter: Charter | None) -> None:
        """With the charter, the proofs of the log are checked. Raises BadInput, Corrupt, CheckFailed or Refused."""
        self._folder, self._charter = folder, charter
        verify(folder, None)
        self._manifest, self._digest = read_manifest(folder)
        self._rows = [(one, n) for one in read_episodes(folder) for n in range(len(one.steps))]
        self._ids = [source.segment for source in self._manifest.sources]
        self._sources = {source.segment: source for source in self._manifest.sources}
        self._hashes = [leaf_hash(each.encode("ascii")) for each in self._ids]
        self._places = {each: index for index, each in enumerate(self._ids)}
        self._logged: dict[str, str] = {}
        self._known: dict[str, SegmentTrace] = {}
        self._entry = ""
        if charter is not None:
            checkpoint = check_entry(folder, self._manifest, self._digest, charter)
            self._entry = f"{checkpoint.origin} at size {checkpoint.size}"

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, number: int) -> Trace:
        """Raises BadInput for a row that is not there, CheckFailed when something of the way back does not hold."""
        if not 0 <= number < len(self._rows):
            raise BadInput(f"there are rows 0 to {len(self._rows) - 1}", "row")
        episode, n = self._rows[number]
        step = episode.steps[n]
        segments = step.segments or tuple(sorted({s for each in episode.steps for s in each.segments}))
        return Trace(
            number, n, step.kind, episode.episode_id, episode.contributor, self._manifest.root, self._digest,
            self._entry, tuple(self._segment(each) for each in segments),
            tuple(self._segment(each) for each in episode.steps[-1].segments), "corrected" in episode.flags,
        )  # fmt: skip

    def _segment(self, segment: str) -> SegmentTrace:
        if segment in self._known:
            return self._known[segment]
        source = self._sources.get(segment)
        if source is None:
            raise CheckFailed(f"segment {segment} of this row is not among the sources that the manifest names")
        index = self._places[segment]
        proof = inclusion_proof_of_hashes(self._hashes, index)
        root = bytes.fromhex(self._manifest.root)
        verify_inclusion(self._hashes[index], index, len(self._ids), proof, root)
        self._known[segment] = SegmentTrace(
            segment, source.consent, source.policy, index, len(self._ids), tuple(each.hex() for each in proof),
            self._policy(source.policy),
        )  # fmt: skip
        return self._known[segment]

    def _policy(self, policy: str) -> str:
        """Where the log holds it, after its signatures and its proof were checked against the charter."""
        if self._charter is None:
            return ""
        if policy not in self._logged:
            name = f"policies/{policy}.json"
            data = read_bounded(self._folder / name, POLICY_BYTES_MAX)
            if data is None:
                raise CheckFailed(f"{name} is missing: the policy is not shown to be in the log")
            signed, proof = parse(data, name, CurrentPolicy, POLICY_BYTES_MAX).open()
            if verify_signatures(signed, self._charter).policy_id != policy:
                raise CheckFailed(f"{name} is another policy")
            checkpoint, _ = check_proof(PolicyLeaf(policy).encode(), proof, self._charter)
            self._logged[policy] = f"entry {proof.index} of {checkpoint.origin}"
        return self._logged[policy]
