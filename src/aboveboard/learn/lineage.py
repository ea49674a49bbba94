"""What a model comes from, beside its weights, and what has become of that since."""

from __future__ import annotations

from pathlib import Path

import msgspec

from aboveboard.core.canonical import canonical
from aboveboard.core.errors import BadInput
from aboveboard.datasets.manifest import read_manifest
from aboveboard.datasets.schema import MARK
from aboveboard.wire.durable import write_durable


class Lineage(msgspec.Struct, frozen=True):
    """lineage.json: what the model comes from. Hashes are SHA-256, hex; of the dataset's manifest "" when there was
    none; replaces: of the weights that this model was trained in the place of, "" for none."""

    weights_sha256: str
    dataset_manifest_sha256: str
    episodes: int
    examples: int
    seed: int
    replaces: str = ""


def read_lineage(folder: Path) -> Lineage:
    """Raises BadInput when the folder holds none."""
    try:
        return msgspec.json.decode((folder / "lineage.json").read_bytes(), type=Lineage)
    except (OSError, msgspec.MsgspecError) as error:
        raise BadInput("holds no trained model with its lineage", str(folder)) from error


def write_lineage(folder: Path, lineage: Lineage) -> None:
    (folder / "lineage.json").write_bytes(msgspec.json.format(msgspec.json.encode(lineage), indent=1))


def mark_replaced(folder: Path, by: Lineage) -> None:
    """Beside the weights: they hold what somebody has withdrawn, and which model has taken their place."""
    write_durable(folder / MARK, canonical({"by": by.weights_sha256, "why": "a contributor has withdrawn"}))


def affected(folder: Path, data: Path | None) -> str:
    """What deletions mean for this model, in a sentence. data: its dataset, to be looked at too. Raises BadInput when
    that is another one's."""
    if (folder / MARK).exists():
        return (
            "Somebody in its dataset has withdrawn, and a model without them has taken its place: don't use this one."
        )
    if data is None:
        return "No deletion has been followed up; whether one is due was not looked at (no dataset was given)."
    if read_manifest(data)[1] != read_lineage(folder).dataset_manifest_sha256:
        raise BadInput("is not the dataset that this model was trained on", str(data))
    if (data / MARK).exists():
        return "Somebody in its dataset has withdrawn: train it again without them (`learn retrain`)."
    return "Nobody in its dataset has withdrawn, as far as the dataset's folder says."
