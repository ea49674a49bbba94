"""Datasets and models: what they are made of, and whether they are marked."""

from __future__ import annotations

from aboveboard.core.access import SignedGrant
from aboveboard.core.ids import GrantId, SegmentId
from aboveboard.core.records import Record


class DatasetBuilt(Record, frozen=True):
    """root: over the sorted segment IDs; manifest_sha256: of the dataset's manifest.json."""

    grant: GrantId
    root: str
    manifest_sha256: str


class ModelTrained(Record, frozen=True):
    grant: GrantId
    model_sha256: str
    dataset_manifest_sha256: str


class DatasetSources(Record, frozen=True):
    """Some of the segments of a dataset: 10,000 at most, and as often as it takes."""

    segments: tuple[SegmentId, ...]


class DatasetState(Record, frozen=True):
    """leaf_index: of its entry in the log. marked_index: of the entry that marks it, null while it is not marked."""

    manifest_sha256: str
    leaf_index: int
    marked_index: int | None


class ModelState(Record, frozen=True):
    """As DatasetState; datasets: the manifests of what it was trained on."""

    model_sha256: str
    dataset_manifests: tuple[str, ...]
    leaf_index: int
    marked_index: int | None


class MyDataset(Record, frozen=True):
    """A dataset that holds segments of the asking person, under which grant, with the models trained on it."""

    dataset: DatasetState
    grant: SignedGrant
    segments: tuple[SegmentId, ...]
    models: tuple[ModelState, ...]


class MyDatasets(Record, frozen=True):
    datasets: tuple[MyDataset, ...]
