"""What was built and trained: datasets and models with their terms and marks, for everybody, and for each person those
that hold theirs.

From the collector's tables, as far as the witnesses have cosigned the log; every row names its entry there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, func, select

from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import dataset_people, dataset_sources, datasets, grants, models, segments
from aboveboard.core.access import SignedGrant
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import ContributorId
from aboveboard.ui.language import message

SHOWN_MAX = 25  # of a list on one page
MODELS_MAX = 100  # of a dataset, the newest
OWN_MAX = 100
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Terms:
    """Of the grant that a dataset was built under. reader is for those whose data it is, not for everybody."""

    purpose: str
    policies: tuple[str, ...]
    reader: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """index, marked: entries of the log; marked is None while nothing in it was withdrawn, deleted or ran out."""

    manifest: str
    index: int
    marked: int | None
    terms: Terms


@dataclass(frozen=True, slots=True)
class Model:
    """trained: (entry of the log, manifest of the dataset it names), oldest first; marked: as Dataset's."""

    model: str
    trained: tuple[tuple[int, str], ...]
    marked: int | None

    @property
    def index(self) -> int:
        """Its first entry."""
        return self.trained[0][0]


@dataclass(frozen=True, slots=True)
class Own:
    """A dataset with something of one person. deleted: some of that was deleted, so that it gets its mark."""

    dataset: Dataset
    deleted: bool
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class Part(Generic[T]):
    """Of a list, newest first. older: continue before this entry; None at the end."""

    items: tuple[T, ...]
    older: int | None


def _size(service: Service) -> int:
    """Of the cosigned log: what is beyond it is not shown as if the witnesses had seen it."""
    checkpoint = service.log.checkpoint
    return checkpoint.size if checkpoint else 0


def before(text: str) -> int | None:
    """The entry that a page of a list begins before; None, for "": the newest. Raises BadInput."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput(message("an entry of the log has a number"))
    return int(text)


def _dataset(row: Any, size: int) -> Dataset:
    grant = SignedGrant.parse(row.signed).grant
    terms = Terms(grant.purpose, tuple(grant.policies), grant.reader)
    return Dataset(row.manifest, row.leaf_index, _seen(row.marked_index, size), terms)


def _seen(index: int | None, size: int) -> int | None:
    return index if index is not None and index < size else None


_DATASETS = select(datasets.c.manifest, datasets.c.leaf_index, datasets.c.marked_index, grants.c.signed).join(grants)


def newest_datasets(service: Service, before_index: int | None = None) -> Part[Dataset]:
    """Those with an entry before this one."""
    size = _size(service)
    first = size if before_index is None else min(before_index, size)
    query = _DATASETS.where(datasets.c.leaf_index < first).order_by(datasets.c.leaf_index.desc())
    with service.database.reading() as tx:
        rows = tx.execute(query.limit(SHOWN_MAX + 1)).all()
    found = tuple(_dataset(row, size) for row in rows[:SHOWN_MAX])
    return Part(found, found[-1].index if len(rows) > SHOWN_MAX else None)


def dataset_of(service: Service, manifest: str) -> tuple[Dataset, tuple[Model, ...]]:
    """A dataset, and the newest models trained on it. Raises Refused("unknown") for one that is not in the log."""
    size = _size(service)
    with service.database.reading() as tx:
        row = tx.execute(_DATASETS.where(datasets.c.manifest == manifest, datasets.c.leaf_index < size)).one_or_none()
        if row is None:
            raise Refused("unknown", message("the log has no dataset of that name"))
        return _dataset(row, size), _models(tx, (manifest,), size)


def newest_models(service: Service, before_index: int | None = None) -> Part[Model]:
    """Those whose first entry is before this one."""
    size, first = _size(service), func.min(models.c.leaf_index).label("first")
    until = size if before_index is None else min(before_index, size)
    query = select(models.c.model, first).group_by(models.c.model).having(first < until).order_by(first.desc())
    with service.database.reading() as tx:
        rows = tx.execute(query.limit(SHOWN_MAX + 1)).all()
        found = _named(tx, [row.model for row in rows[:SHOWN_MAX]], size)
    return Part(found, found[-1].index if len(rows) > SHOWN_MAX else None)


def model_of(service: Service, model: str) -> tuple[Model, tuple[Dataset, ...]]:
    """A model, and what it was trained on. Raises Refused("unknown") for one that is not in the log."""
    size = _size(service)
    with service.database.reading() as tx:
        found = _named(tx, [model], size)
        if not found:
            raise Refused("unknown", message("the log has no model of that name"))
        names = [manifest for _, manifest in found[0].trained]
        rows = {row.manifest: row for row in tx.execute(_DATASETS.where(datasets.c.manifest.in_(names)))}
    return found[0], tuple(_dataset(rows[name], size) for name in names)


def models_from(service: Service, manifests: Sequence[str]) -> tuple[Model, ...]:
    """Trained on any of these datasets, newest first."""
    with service.database.reading() as tx:
        return _models(tx, manifests, _size(service))


def _models(tx: Connection, manifests: Sequence[str], size: int) -> tuple[Model, ...]:
    """The newest, those first."""
    if not manifests:
        return ()
    query = select(models.c.model).where(models.c.manifest.in_(manifests), models.c.leaf_index < size)
    newest = query.group_by(models.c.model).order_by(func.max(models.c.leaf_index).desc()).limit(MODELS_MAX)
    return _named(tx, list(tx.execute(newest).scalars()), size)


def _named(tx: Connection, names: Sequence[str], size: int) -> tuple[Model, ...]:
    """Newest first. One trained on several datasets is marked by the first of its marks."""
    if not names:
        return ()
    query = select(models).where(models.c.model.in_(names), models.c.leaf_index < size).order_by(models.c.leaf_index)
    rows: dict[str, list[Any]] = {}
    for row in tx.execute(query):
        rows.setdefault(row.model, []).append(row)
    found = [
        Model(
            name, tuple((each.leaf_index, each.manifest) for each in parts),
            min((at for each in parts if (at := _seen(each.marked_index, size)) is not None), default=None),
        )
        for name, parts in rows.items()
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: each.index, reverse=True))


def own(service: Service, person: ContributorId) -> tuple[Own, ...]:
    """Every dataset that holds something of theirs, newest first, with the models from it."""
    size = _size(service)
    query = _DATASETS.join(dataset_people, dataset_people.c.manifest == datasets.c.manifest).where(
        dataset_people.c.contributor == person, datasets.c.leaf_index < size
    )
    with service.database.reading() as tx:
        rows = tx.execute(query.order_by(datasets.c.leaf_index.desc()).limit(OWN_MAX)).all()
        found = [_dataset(row, size) for row in rows]
        gone = _with_deleted(tx, person, [each.manifest for each in found if each.marked is None])
        trained = _models(tx, [each.manifest for each in found], size)
    return tuple(
        Own(
            each, each.manifest in gone,
            tuple(one for one in trained if any(name == each.manifest for _, name in one.trained)),
        )
        for each in found
    )  # fmt: skip


def _with_deleted(tx: Connection, person: ContributorId, manifests: Sequence[str]) -> set[str]:
    """Those of these datasets that hold something which this person has deleted."""
    if not manifests:
        return set()
    query = (
        select(dataset_sources.c.manifest).distinct()
        .join(segments, segments.c.segment == dataset_sources.c.segment)
        .where(segments.c.contributor == person, segments.c.deleted, dataset_sources.c.manifest.in_(manifests))
    )  # fmt: skip
    return set(tx.execute(query).scalars())
