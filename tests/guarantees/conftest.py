"""The collector that attackers are let at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aboveboard.collector.settings import Settings
from tests.support.servers import Servers, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made
