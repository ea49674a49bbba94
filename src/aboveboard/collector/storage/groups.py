"""Group commit: what many requests write at the same time becomes durable by one commit.

SQLite has one writer, and a commit costs a flush of the disk; so one thread takes all that wait, runs each in a
savepoint of one transaction, and answers when that is committed. PostgreSQL does the same by itself, between
connections.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection

from aboveboard.collector.storage.sql import Database
from aboveboard.core.errors import Unavailable

GROUP_MAX = 64
WAITING_MAX = 1000
ANSWER_S_MAX = 60

Work = Callable[[Connection], Any]


class Groups:
    """run() from any thread; close() when nobody calls any more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: queue.Queue[tuple[Work, Future[Any]] | None] = queue.Queue(WAITING_MAX)
        self._thread: threading.Thread | None = None
        if database.kind == "sqlite":
            self._thread = threading.Thread(target=self._commit, name="group-commit", daemon=True)
            self._thread.start()

    def run(self, subject: str, work: Work) -> Any:
        """What `work` returns, once it is durable; what it raises, with nothing of it kept. Raises Unavailable."""
        if self._thread is None:
            with self._database.transaction(subject) as tx:
                return work(tx)
        done: Future[Any] = Future()
        try:
            self._waiting.put((work, done), timeout=ANSWER_S_MAX)
            return done.result(ANSWER_S_MAX)
        except (queue.Full, TimeoutError) as error:
            raise Unavailable("the database is too slow now: try again later") from error

    def close(self) -> None:
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()

    def _commit(self) -> None:
        while (first := self._waiting.get()) is not None:
            group, last = [first], False
            while len(group) < GROUP_MAX and not last:
                try:
                    more = self._waiting.get_nowait()
                except queue.Empty:
                    break
                if more is None:
                    last = True
                else:
                    group.append(more)
            self._run(group)
            if last:
                return

    def _run(self, group: list[tuple[Work, Future[Any]]]) -> None:
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._database.transaction() as tx:
                for work, done in group:
                    results.append(self._one(tx, work, done))
        except Exception as error:  # noqa: BLE001  nothing of the group was kept: each of them is told
            for _, done in group:
                done.set_exception(error)
            return
        for done, value, problem in results:
            if problem is None:
                done.set_result(value)
            else:
                done.set_exception(problem)

    def _one(self, tx: Connection, work: Work, done: Future[Any]) -> tuple[Future[Any], Any, BaseException | None]:
        try:
            with tx.begin_nested():
                return done, work(tx), None
        except Exception as error:
            if tx.connection.dbapi_connection is None or not tx.in_transaction():
                raise
            return done, None, error
