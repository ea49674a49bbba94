"""Servers that tests of several folders share: started once, and only when a test asks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aboveboard.collector.settings import Settings
from tests.support.stores import S3, Postgres, moto, postgres


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    with postgres() as made:
        yield made


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    with moto() as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite-folder", "postgresql-folder", "sqlite-s3", "postgresql-s3"])
def settings(request: pytest.FixtureRequest) -> Settings:
    """A collector's stores, new and empty: every combination."""
    database, blobs = request.param.split("-")
    return Settings(
        database=request.getfixturevalue("postgresql").new_database() if database == "postgresql" else "",
        blobs=request.getfixturevalue("s3").new_bucket() if blobs == "s3" else "",
    )
