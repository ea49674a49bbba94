"""A trained model goes into the log: which weights, and the dataset they come from."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aboveboard.core.errors import BadInput, CheckFailed
from aboveboard.datasets.build import await_proof
from aboveboard.datasets.reader import Reader
from aboveboard.learn.lineage import read_lineage
from aboveboard.wire.api import LeafReply, ModelTrained, parse
from aboveboard.wire.durable import write_durable


def publish(reader: Reader, folder: Path) -> int:
    """Has `model_trained` logged and keeps its proof as model.proof; the entry's index.

    Raises BadInput when the folder holds no model with its dataset's manifest named, CheckFailed when the weights are
    not those of its lineage.
    """
    lineage = read_lineage(folder)
    try:
        weights = hashlib.sha256((folder / "weights.safetensors").read_bytes()).hexdigest()
    except OSError as error:
        raise BadInput("holds no weights", str(folder)) from error
    if not lineage.dataset_manifest_sha256:
        raise BadInput("was trained outside a dataset: there is nothing to name as its source", str(folder))
    if weights != lineage.weights_sha256:
        raise CheckFailed("the weights are not those that the lineage names")
    body = ModelTrained(reader.grant.grant_id, weights, lineage.dataset_manifest_sha256).to_bytes()
    index = parse(reader.ask("POST", "/v1/models", body).body, "answer", LeafReply).index
    write_durable(folder / "model.proof", await_proof(reader, index))
    return index
