"""After a deletion: the same training on the dataset that was made again without the person."""

from __future__ import annotations

from pathlib import Path

from aboveboard.core.errors import BadInput, Refused
from aboveboard.datasets.manifest import read_manifest
from aboveboard.learn.lineage import Lineage, mark_replaced, read_lineage
from aboveboard.learn.model import load
from aboveboard.learn.train import train_folder


def retrain(model: Path, data: Path, out: Path) -> Lineage:
    """Trains in the place of `model`, with its configuration, and marks that as replaced.

    data: the dataset that `aboveboard dataset without` made from the model's own. Raises BadInput when `out` is not
    empty or a folder holds no model or dataset, Refused when the dataset is not the one that follows the model's.
    """
    if out.exists() and any(out.iterdir()):
        raise BadInput("is not empty: a model gets a folder of its own", str(out))
    before, (manifest, _) = read_lineage(model), read_manifest(data)
    if not manifest.supersedes or manifest.supersedes != before.dataset_manifest_sha256:
        raise Refused("not_its_successor", f"{data} was not made from the dataset that {model} was trained on")
    lineage = train_folder(data, out, load(model).config, before.weights_sha256)
    mark_replaced(model, lineage)
    return lineage
