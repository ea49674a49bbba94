"""What datasets and models are made from: said segment by segment before the log has them, and told to whose they are.

The log holds a dataset's root and manifest only, and the manifest is the reader's. So that a deletion reaches every
dataset, and each person sees which hold theirs, the collector knows the sources too, and takes no dataset without.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlalchemy import Connection, func, select, update

from aboveboard.collector.service import Service
from aboveboard.collector.storage.sql import insert
from aboveboard.collector.storage.tables import (
    dataset_people,
    dataset_sources,
    datasets,
    epochs,
    grants,
    models,
    segments,
)
from aboveboard.core.access import SignedGrant
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import ContributorId, SegmentId
from aboveboard.core.leaves import DatasetBuiltLeaf, ModelTrainedLeaf, parse_leaf
from aboveboard.core.merkle import root_hash
from aboveboard.wire.api import DatasetBuilt, DatasetState, ModelState, ModelTrained, MyDataset

SOURCES_AT_ONCE_MAX = 10_000
SOURCES_MAX = 1_000_000
_ASKED_AT_ONCE = 1000
_HASH = re.compile(r"[0-9a-f]{64}")


def _hash(text: str, what: str) -> None:
    if not _HASH.fullmatch(text):
        raise BadInput("is no SHA-256 as 64 hex digits", what)


def name_sources(service: Service, signed: SignedGrant, manifest: str, names: Sequence[SegmentId]) -> None:
    """These segments are in the dataset; again changes nothing. Raises BadInput, or Refused for one that was never
    accepted here or that the grant does not reach. One that was deleted since is taken: it gets the dataset marked."""
    _hash(manifest, "manifest")
    if not 0 < len(names) <= SOURCES_AT_ONCE_MAX:
        raise BadInput(f"1 to {SOURCES_AT_ONCE_MAX} segments at once", "segments")
    grant = signed.grant
    with service.database.transaction(f"dataset:{manifest}") as tx:
        row = tx.execute(select(datasets).where(datasets.c.manifest == manifest)).one_or_none()
        if row is None:
            tx.execute(insert(datasets).values(manifest=manifest, grant_id=grant.grant_id))
        elif row.grant_id != grant.grant_id:
            raise Refused("dataset", "this dataset was named under another grant")
        wanted = sorted(set(names))
        if row is not None and row.leaf_index is not None:
            if not _all_named(tx, manifest, wanted):
                raise Refused("dataset", "this dataset is in the log: what it holds is said")
            return  # the same sources and specification give the same dataset, and somebody built it again
        for at in range(0, len(wanted), _ASKED_AT_ONCE):
            some = wanted[at : at + _ASKED_AT_ONCE]
            query = select(segments.c.segment, segments.c.contributor).join(epochs)
            query = query.where(segments.c.segment.in_(some), epochs.c.policy.in_(grant.policies))
            reached = [one for one in tx.execute(query) if grant.covers(one.contributor)]
            if len(reached) != len(some):
                left = len(some) - len(reached)
                raise Refused("sources", f"{left} of these segments are not of this grant, or were never accepted here")
            rows = [{"manifest": manifest, "segment": each} for each in some]
            tx.execute(insert(dataset_sources).on_conflict_do_nothing(), rows)
            people = [{"manifest": manifest, "contributor": each} for each in {one.contributor for one in reached}]
            tx.execute(insert(dataset_people).on_conflict_do_nothing(), people)
        if _count(tx, manifest) > SOURCES_MAX:
            raise Refused("sources", f"a dataset has {SOURCES_MAX} segments at most")


def _all_named(tx: Connection, manifest: str, wanted: Sequence[SegmentId]) -> bool:
    for at in range(0, len(wanted), _ASKED_AT_ONCE):
        some = wanted[at : at + _ASKED_AT_ONCE]
        query = select(func.count()).where(dataset_sources.c.manifest == manifest, dataset_sources.c.segment.in_(some))
        if tx.execute(query).scalar_one() != len(some):
            return False
    return True


def _count(tx: Connection, manifest: str) -> int:
    return tx.execute(select(func.count()).where(dataset_sources.c.manifest == manifest)).scalar_one()


def record_dataset(service: Service, built: DatasetBuilt) -> int:
    """Has a dataset logged; where its entry is. The same again is the same entry. Raises BadInput, or Refused unless
    what was said of its sources makes its root."""
    entry = DatasetBuiltLeaf(built.root, built.manifest_sha256).encode()
    parse_leaf(entry)  # refuses what is no hash before it is in the log for good
    manifest = built.manifest_sha256
    with service.database.transaction(f"dataset:{manifest}") as tx:
        row = tx.execute(select(datasets).where(datasets.c.manifest == manifest)).one_or_none()
        if row is None or row.grant_id != built.grant:
            raise Refused("sources", "say first what the dataset holds (PUT /v1/grants/.../datasets/.../sources)")
        held = select(dataset_sources.c.segment).where(dataset_sources.c.manifest == manifest)
        if root_hash([each.encode("ascii") for each in sorted(tx.execute(held).scalars())]).hex() != built.root:
            raise Refused("sources", "what was said of the dataset's sources does not make its root")
        if row.leaf_index is not None:
            return int(row.leaf_index)
        [index] = service.log.append([entry])
        tx.execute(update(datasets).where(datasets.c.manifest == manifest).values(leaf_index=index))
    service.wake.set()
    return index


def record_model(service: Service, trained: ModelTrained) -> int:
    """Has a model logged; where its entry is. The same again is the same entry. Raises BadInput, or Refused for one of
    a dataset that is not in the log."""
    entry = ModelTrainedLeaf(trained.model_sha256, trained.dataset_manifest_sha256).encode()
    parse_leaf(entry)
    model, manifest = trained.model_sha256, trained.dataset_manifest_sha256
    with service.database.transaction(f"dataset:{manifest}") as tx:
        logged = select(datasets.c.leaf_index).where(datasets.c.manifest == manifest)
        if tx.execute(logged).scalar() is None:
            raise Refused("dataset", "the model's dataset is not in the log: have it logged first")
        known = select(models.c.leaf_index).where(models.c.model == model, models.c.manifest == manifest)
        at = tx.execute(known).scalar()
        if at is not None:
            return int(at)
        [index] = service.log.append([entry])
        tx.execute(insert(models).values(model=model, manifest=manifest, leaf_index=index))
    service.wake.set()
    return index


def dataset_state(service: Service, manifest: str) -> DatasetState:
    """Raises Refused for one that is not in the log."""
    with service.database.reading() as tx:
        row = tx.execute(select(datasets).where(datasets.c.manifest == manifest)).one_or_none()
    if row is None or row.leaf_index is None:
        raise Refused("unknown", "no such dataset is in the log")
    return DatasetState(manifest, row.leaf_index, row.marked_index)


def model_state(service: Service, model: str) -> ModelState:
    """Raises Refused for one that is not in the log."""
    with service.database.reading() as tx:
        found = _models(tx, models.c.model == model)
    if not found:
        raise Refused("unknown", "no such model is in the log")
    return found[0]


def _models(tx: Connection, where: object) -> list[ModelState]:
    """A model may have been trained on several datasets: it is marked by the first that is."""
    rows: dict[str, list[ModelState]] = {}
    for row in tx.execute(select(models).where(where).order_by(models.c.leaf_index)):  # type: ignore[arg-type]
        one = ModelState(row.model, (row.manifest,), row.leaf_index, row.marked_index)
        rows.setdefault(row.model, []).append(one)
    return [
        ModelState(
            name, tuple(each.dataset_manifests[0] for each in parts), parts[0].leaf_index,
            min((each.marked_index for each in parts if each.marked_index is not None), default=None),
        )
        for name, parts in rows.items()
    ]  # fmt: skip


def of_person(service: Service, contributor: ContributorId) -> list[MyDataset]:
    """Every logged dataset that holds something of theirs, in the log's order."""
    found = []
    with service.database.reading() as tx:
        query = (
            select(dataset_sources.c.manifest, dataset_sources.c.segment)
            .join(segments, segments.c.segment == dataset_sources.c.segment)
            .where(segments.c.contributor == contributor)
            .order_by(dataset_sources.c.manifest, segments.c.device, segments.c.seq)
        )
        mine: dict[str, list[SegmentId]] = {}
        for row in tx.execute(query):
            mine.setdefault(row.manifest, []).append(SegmentId(row.segment))
        for manifest, held in mine.items():
            one = select(datasets, grants.c.signed).join(grants).where(datasets.c.manifest == manifest)
            row = tx.execute(one).one()
            if row.leaf_index is not None:
                state = DatasetState(manifest, row.leaf_index, row.marked_index)
                trained = tuple(_models(tx, models.c.manifest == manifest))
                found.append(MyDataset(state, SignedGrant.parse(row.signed), tuple(held), trained))
    return sorted(found, key=lambda each: each.dataset.leaf_index)
