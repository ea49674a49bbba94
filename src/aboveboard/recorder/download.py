"""Everything that is held about a person, as one archive: from the collector, from the guardians, and the laptop's own
proofs and keys, laid out as docs/spec/recorder-home.md says so that `aboveboard audit monitor --home` checks it.

The signing keys and the token stay on the laptop: an archive is copied about, and shall speak in nobody's name. The
epochs' keys are in it, for without them the person could not read their own data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.core.clock import Clock
from aboveboard.core.errors import AboveboardError, Corrupt, Refused
from aboveboard.core.ids import ContributorId, DeviceId, key_id_of
from aboveboard.recorder.archive import Archive
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.recorder.seal import Sent, name_of
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.api import MyGiven, SignedGivenRequest, parse, sign_given_request
from aboveboard.wire.durable import read_bounded
from aboveboard.wire.segment import Manifest, SealedSegment, unseal
from aboveboard.wire.segment import parse as parse_segment

SMALL = (
    "charter.json", "config.json", "exemptions.json", "pauses.jsonl", "settings.json", "charters/*.json",
    "policies/*.json", "consents/*.json", "receipts/*.jsonld", "requests/*", "epochs/*.key", "epochs/*.json",
)  # fmt: skip
FILE_BYTES_MAX = 64 << 20
README = """What the programme holds about you, with the proofs that came with it.

sent/NUMBER.seg    a sealed segment, as the collector holds it (docs/spec/segment.md); epochs/EPOCH.key opens it
sent/NUMBER.json   when it is of, and the proof that it is in the log
held/              what collector and guardians say: all segments (deleted ones by their manifests), who was given keys,
                   and which datasets hold yours
consents/          what you agreed to, and took back, with proofs; receipts/ the same as standard records
policies/ charters/  the terms it was given under, with their signatures

To check all of it: unpack it, and run
  aboveboard audit monitor --charter charter.json --home FOLDER --state SOME-NEW-FOLDER
Keep it safe: it holds the keys to your data, though none that speaks in your name.
"""


class Who(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """person.json: whose archive it is; device_key as in a charter."""

    contributor: ContributorId
    device: DeviceId
    device_key: str


@dataclass(frozen=True, slots=True)
class Downloaded:
    """segments: sealed files in the archive; deleted: known by their manifests only; unread: that no key opens."""

    segments: int
    deleted: int
    unread: int


def download(home: Home, uplink: Uplink, out: Path, clock: Clock, tell: Callable[[str], None]) -> Downloaded:
    """Begun anew, or gone on with where an earlier run stopped. Raises Unavailable when somebody doesn't answer: what
    is there stays, and the same again goes on. Raises Corrupt for a file that is not what its manifest says."""
    key, device = home.key("contributor"), home.key("device")
    who = Who(
        ContributorId(key_id_of(key.verify_key.public)), DeviceId(key_id_of(device.verify_key.public)),
        device.verify_key.encode(),
    )  # fmt: skip
    with Archive(out) as archive:
        manifests = uplink.my_segments()
        deleted = unread = 0
        for number, manifest in enumerate(manifests, 1):
            found = _segment(home, uplink, archive, who, manifest)
            deleted, unread = deleted + (found is None), unread + (found is False)
            if number % 500 == 0 or number == len(manifests):
                tell(f"{number} of {len(manifests)} segments")
        # What may change while the segments come is asked for last.
        archive.add("held/segments.json", json_bytes({"segments": manifests}))
        archive.add("held/accesses.json", uplink.own_accesses())
        archive.add("held/datasets.json", uplink.own_datasets())
        archive.add("held/given.json", _given(home, uplink, sign_given_request(who.contributor, key, clock.now_us())))
        for pattern in SMALL:
            for path in sorted(home.folder.glob(pattern)):
                data = read_bounded(path, FILE_BYTES_MAX)
                if data is not None:
                    archive.add(str(path.relative_to(home.folder)), data)
        archive.add("README.txt", README.encode())
        archive.add("person.json", json_bytes(who))  # last: with it, the archive is whole
        archive.finish()
    return Downloaded(len(manifests) - deleted, deleted, unread)


def _segment(home: Home, uplink: Uplink, archive: Archive, who: Who, manifest: Manifest) -> bool | None:
    """Whether a key here opens it; None for one that was deleted."""
    name = f"sent/{name_of(manifest.seq)}"
    if f"{name}.json" in archive.names:
        return True
    try:
        data = uplink.my_segment(manifest.seq)
    except Refused as error:
        if error.reason == "unknown":
            return None
        raise
    sealed = parse_segment(data)
    if sealed.manifest != manifest:
        raise Corrupt(f"the collector's file of segment {manifest.seq} is not the one of its own list")
    archive.add(f"{name}.seg", data)
    note = _note(home, sealed)
    if note is None:
        return False
    if note.proof is None:
        proof = uplink.segment_proof(who.device, manifest.seq)
        note = msgspec.structs.replace(note, proof=None if proof is None else msgspec.to_builtins(proof))
    archive.add(f"{name}.json", json_bytes(msgspec.structs.replace(note, chunks=())))
    return True


def _note(home: Home, sealed: SealedSegment) -> Sent | None:
    """The laptop's own, or one made from what is inside; None when no key here opens it."""
    data = home.read("sent", f"{name_of(sealed.manifest.seq)}.json")
    if data is not None:
        return msgspec.json.decode(data, type=Sent)
    key = home.read("epochs", f"{sealed.manifest.epoch}.key")
    if key is None:
        return None
    body = unseal(sealed, key.decode("ascii").strip())
    return Sent(sealed.manifest.segment_id, body.start_us, body.end_us)


def _given(home: Home, uplink: Uplink, request: SignedGivenRequest) -> bytes:
    """What any guardian gave, once each. Raises Unavailable when as many are silent as it takes to read."""
    given, silent = {}, []
    charter = home.steps()[-1].charter
    for guardian in charter.guardians:
        try:
            for each in parse(uplink.given(guardian.url, request), "given", MyGiven, FILE_BYTES_MAX).given:
                given[each.opening.leaf().commitment] = each
        except AboveboardError as error:
            silent.append(error)
    if len(silent) >= charter.guardians_needed:
        raise silent[-1]
    return MyGiven(tuple(given.values())).to_bytes()
