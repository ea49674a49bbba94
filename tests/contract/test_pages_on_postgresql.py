"""The pages read the collector's tables themselves: on the other database, too. (tests/portal has them on SQLite.)"""

from __future__ import annotations

from pathlib import Path

from aboveboard.collector.settings import Settings
from tests.support.portal_world import portal
from tests.support.stores import Postgres


def test_every_page_answers(tmp_path: Path, postgresql: Postgres) -> None:
    with portal(tmp_path, Settings(database=postgresql.new_database())) as pages:
        for path in (*pages.paths, "/me/everything"):
            answer = pages.servers.http.get(path, headers={"Cookie": pages.cookies(path)})
            assert answer.status_code == 200, (path, answer.text)
