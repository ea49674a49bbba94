"""How hard Hypothesis tries, and servers that tests share: started once, and only when a test asks."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest
import structlog

from aboveboard.collector.settings import Settings
from tests.support.stores import S3, Postgres, moto, postgres

# A busy machine makes examples slow to draw, which is no failure of what is tested.
_patient = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile("default", deadline=None, suppress_health_check=_patient)
hypothesis.settings.register_profile("prove", hypothesis.settings.get_profile("default"), max_examples=500)
hypothesis.settings.load_profile("default")

LATE = 9


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins before the rest, so that no worker ends long after the other. See `early`."""

    def turn(item: pytest.Item) -> int:
        mark = item.get_closest_marker("early")
        return LATE if mark is None else int(mark.args[0])

    items.sort(key=turn)


@pytest.fixture(autouse=True)
def logs_go_nowhere_else() -> Iterator[None]:
    """A command that a test runs in this process has its logs go to that test's stderr, which is closed after it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    with postgres() as made:
        yield made


@pytest.fixture(scope="session")
def s3() -> Iterator[S3]:
    with moto() as made:
        yield made


# Each store once; database and blobs lie behind ports of their own, so the other pairs only repeat both.
_STORES = [
    "sqlite-folder",
    "postgresql-s3",
    pytest.param("postgresql-folder", marks=pytest.mark.prove),
    pytest.param("sqlite-s3", marks=pytest.mark.prove),
]


@pytest.fixture(scope="module", params=_STORES)
def settings(request: pytest.FixtureRequest) -> Settings:
    """A collector's stores, new and empty: every combination in `make prove`."""
    database, blobs = request.param.split("-")
    return Settings(
        database=request.getfixturevalue("postgresql").new_database() if database == "postgresql" else "",
        blobs=request.getfixturevalue("s3").new_bucket() if blobs == "s3" else "",
    )
