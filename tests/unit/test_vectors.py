"""The vectors that others may use: made anew they are the same bytes, and our code agrees with each of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aboveboard.core.checkpoint import Checkpoint, cosignatures, open_checkpoint
from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import AboveboardError, BadInput
from aboveboard.core.merkle import leaf_hash, root_hash, verify_consistency, verify_inclusion
from aboveboard.core.notes import Note
from aboveboard.core.proof import LogProof
from aboveboard.core.signing import SigningKey, VerifyKey
from aboveboard.core.tiles import encode_bundle, parse_bundle, parse_tile_path, tiles_of
from aboveboard.witness.http import reply_to_error
from aboveboard.witness.server import Witness
from aboveboard.witness.state import WitnessState
from tests.vectors.make import HERE, load, made, subjects


@pytest.mark.parametrize("subject", subjects())
def test_made_anew_they_are_the_same(subject: str) -> None:
    assert (HERE / f"{subject}.json").read_bytes() == made(subject), "run: python -m tests.vectors.make"


def test_every_file_has_its_maker() -> None:
    assert sorted(path.stem for path in HERE.glob("*.json")) == subjects()


def _agrees(item: dict[str, Any], check: Callable[[], object]) -> None:
    """check raises exactly for what is not valid."""
    if item["valid"]:
        check()
        return
    with pytest.raises(AboveboardError):
        check()


def test_roots_and_proofs() -> None:
    found = load("merkle")
    for item in found["roots"]:
        assert root_hash([bytes.fromhex(leaf) for leaf in item["leaves"]]).hex() == item["root"]
    for item in found["inclusion"]:
        proof = [bytes.fromhex(each) for each in item["proof"]]
        leaf, root = bytes.fromhex(item["leaf_hash"]), bytes.fromhex(item["root"])
        _agrees(item, lambda: verify_inclusion(leaf, item["index"], item["size"], proof, root))  # noqa: B023
    for item in found["consistency"]:
        proof = [bytes.fromhex(each) for each in item["proof"]]
        roots = [bytes.fromhex(item[name]) for name in ("root1", "root2")]
        _agrees(item, lambda: verify_consistency(item["size1"], item["size2"], proof, *roots))  # noqa: B023


def test_tiles() -> None:
    found = load("tiles")
    for item in found["paths"]:
        place = parse_tile_path(item["path"])
        assert (place is not None) == item["valid"], item
        if place is not None:
            level = None if item["level"] == "entries" else item["level"]
            assert (place.level, place.index, place.width) == (level, item["index"], item["width"])
    for item in found["bundles"]:
        data = bytes.fromhex(item["bundle"])
        _agrees(item, lambda: parse_bundle(data, item["count"]))  # noqa: B023
        if item["valid"]:
            entries = [bytes.fromhex(each) for each in item["entries"]]
            assert (parse_bundle(data, item["count"]), encode_bundle(entries)) == (entries, data)
    for tree in found["trees"]:
        paths = [place for each in tree["files"] if (place := parse_tile_path(each["path"])) is not None]
        assert [(place.level, place.index, place.width) for place in paths if place.level is not None] == tiles_of(
            tree["size"]
        )
        hashes = [leaf_hash(b"leaf %d" % n) for n in range(min(256, tree["size"]))]
        assert tree["files"][0]["sha256"] == hashlib.sha256(b"".join(hashes)).hexdigest()


def test_keys_and_notes() -> None:
    found = load("note")
    for item in found["keys"]:
        _agrees(item, lambda: VerifyKey.decode(item["vkey"]))  # noqa: B023
        if item["valid"]:
            key = VerifyKey.decode(item["vkey"])
            assert (key.name, key.key_id.hex(), key.encode()) == (item["name"], item["key_id"], item["vkey"])

    def verify(item: dict[str, Any]) -> None:
        note, key = Note.parse(item["note"]), VerifyKey.decode(item["vkey"])
        own = [each for each in note.signatures if (each.name, each.key_id) == (key.name, key.key_id)]
        if not own:
            raise BadInput("no signature of this key")
        key.verify_raw(note.text.encode(), own[0].blob)

    for item in found["notes"]:
        _agrees(item, lambda: verify(item))  # noqa: B023


def test_checkpoints() -> None:
    found = load("checkpoint")
    key = VerifyKey.decode(found["vkey"])
    for item in found["checkpoints"]:
        _agrees(item, lambda: open_checkpoint(item["note"], key))  # noqa: B023
        if item["valid"]:
            wanted = Checkpoint(item["origin"], item["size"], bytes.fromhex(item["root"]), tuple(item["extensions"]))
            assert open_checkpoint(item["note"], key) == wanted


def test_cosignatures() -> None:
    found = load("cosignature")
    keys = [VerifyKey.decode(each) for each in found["witnesses"]]
    for item in found["notes"]:
        assert cosignatures(item["note"], keys) == item["times"], item["what"]


def test_proofs_of_entries() -> None:
    found = load("tlog-proof")
    key = VerifyKey.decode(found["vkey"])

    def verify(item: dict[str, Any]) -> LogProof:
        proof = LogProof.parse(item["proof"])
        checkpoint = open_checkpoint(proof.note, key)
        entry = bytes.fromhex(item["entry"])
        verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
        return proof

    for item in found["proofs"]:
        _agrees(item, lambda: verify(item))  # noqa: B023
        if item["valid"]:
            proof = verify(item)
            assert (proof.index, proof.extra.hex(), proof.encode()) == (item["index"], item["extra"], item["proof"])


def test_a_witness_answers_each_request_in_turn(tmp_path: Path) -> None:
    found = load("add-checkpoint")
    key, clock = SigningKey.decode(found["witness"]), FixedClock(found["time_s"] * 1_000_000)
    witness = Witness(key, {found["origin"]: VerifyKey.decode(found["log"])}, WitnessState(tmp_path), clock)
    for item in found["exchanges"]:
        try:
            reply = witness.add_checkpoint("/add-checkpoint", item["request"].encode())
        except AboveboardError as error:
            reply = reply_to_error(error)
        assert reply.status == item["status"], item["what"]
        if "body" in item:
            assert (reply.content_type, reply.body.decode()) == (item["content_type"], item["body"]), item["what"]
