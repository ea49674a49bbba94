"""Jobs: done at least once whatever dies, by one worker at a time; those that can't be are parked and seen."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from aboveboard.cli import main
from aboveboard.collector import jobs, keeping, retention
from aboveboard.collector.ingest import Intake
from aboveboard.collector.jobs import Job, counts, enqueue, run_one, standing, take, unpark
from aboveboard.collector.registries import token_hash
from aboveboard.collector.service import Service
from aboveboard.collector.settings import Settings
from aboveboard.collector.storage.blobs import BlobName
from aboveboard.collector.storage.tables import epochs, segments
from aboveboard.collector.storage.tables import jobs as rows
from aboveboard.core.errors import Refused, Unavailable
from aboveboard.core.ids import sha256_hex
from aboveboard.core.keeping import month_end_us
from aboveboard.core.leaves import DAY_US, Leaf, RetentionSweepLeaf, parse_leaf
from aboveboard.wire.api import SegmentReply, parse
from tests.support.servers import Person, Servers, running

HOUR_US = 3600 * 1_000_000
QUIET_S_MAX = 60.0


class Moved:
    """A service whose clock is set."""

    def __init__(self, service: Service) -> None:
        self.us = service.clock.now_us()
        intake = Intake(service.database, service.blobs, self)
        self.service = dataclasses.replace(service, clock=self, intake=intake)

    def now_us(self) -> int:
        return self.us


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


@pytest.fixture
def moved(servers: Servers) -> Iterator[Moved]:
    """Ahead of the server's own workers, so that they don't take the jobs of these tests."""
    made = Moved(servers.service)
    made.us += 20 * 365 * DAY_US
    _park_others(servers.service)
    yield made
    with servers.service.database.transaction() as tx:
        tx.execute(rows.delete().where(rows.c.kind.in_(["test", "other"])))
        tx.execute(update(rows).values(parked=False))


def _park_others(service: Service) -> None:
    """Others' jobs are out of the way: also one that is being done now and puts itself in again when it is."""
    deadline = time.monotonic() + QUIET_S_MAX
    while True:
        with service.database.transaction() as tx:
            tx.execute(rows.delete().where(rows.c.kind.in_(["test", "other"])))
            tx.execute(update(rows).values(parked=True))
        with service.database.reading() as tx:
            busy = rows.c.parked.is_(False) | (rows.c.leased_until_us > service.clock.now_us())
            if not tx.execute(select(rows.c.job).where(busy)).first():
                return
        assert time.monotonic() < deadline, "the server's own jobs do not come to rest"
        time.sleep(0.05)


def _add(moved: Moved, *subjects: str) -> None:
    with moved.service.database.transaction() as tx:
        for each in subjects:
            enqueue(tx, "test", each, moved.us)
            enqueue(tx, "test", each, moved.us)


def _done(service: Service, job: Job) -> None:
    with service.database.transaction() as tx:
        job.done(tx)


def test_a_job_is_there_only_if_its_transaction_is(moved: Moved) -> None:
    def fail() -> None:
        with moved.service.database.transaction() as tx:
            enqueue(tx, "test", "x", moved.us)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert take(moved.service) is None


def test_many_workers_do_each_job_once(moved: Moved) -> None:
    _add(moved, *map(str, range(30)))
    seen: list[str] = []

    def handler(service: Service, job: Job) -> None:
        seen.append(job.subject)
        _done(service, job)

    def work() -> None:
        while run_one(moved.service, {"test": handler}):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == sorted(map(str, range(30)))


def test_a_lease_runs_out_and_who_lost_it_can_not_end_the_job(moved: Moved) -> None:
    _add(moved, "x")
    first = take(moved.service)
    assert first is not None
    assert take(moved.service) is None
    moved.us += jobs.LEASE_US + 1
    second = take(moved.service)
    assert second is not None
    with pytest.raises(Unavailable):
        _done(moved.service, first)
    with pytest.raises(Unavailable):
        first.renew(moved.service)
    second.renew(moved.service)
    _done(moved.service, second)
    assert take(moved.service) is None


def test_who_waited_for_the_database_takes_no_job_that_another_holds(moved: Moved) -> None:
    """It read the clock, then waited, while another took the job by a later clock."""
    _add(moved, "x")
    moved.us += 5_000_000
    assert take(moved.service) is not None
    moved.us -= 5_000_000
    assert take(moved.service) is None


def test_a_clock_that_goes_back_an_hour_holds_no_job_up(moved: Moved) -> None:
    _add(moved, "x")
    moved.us += HOUR_US
    assert take(moved.service) is not None
    moved.us -= HOUR_US
    assert take(moved.service) is not None


def test_what_keeps_failing_is_parked_seen_and_started_anew_by_a_person(moved: Moved) -> None:
    _add(moved, "secret-subject")

    def poison(_service: Service, _job: Job) -> None:
        raise ValueError("secret-value")

    for _ in range(jobs.TRIES_MAX):
        assert run_one(moved.service, {"test": poison})
        assert not run_one(moved.service, {"test": poison}), "it waits before it is tried again"
        moved.us += jobs.BACK_OFF_US_MAX + 1
    assert not run_one(moved.service, {"test": poison})
    with moved.service.database.transaction() as tx:
        [shown] = [each for each in standing(tx, parked_only=True) if each.kind == "test"]
        assert (shown.tries, shown.problem) == (jobs.TRIES_MAX, "ValueError")
        assert "secret" not in str(shown)
        assert counts(tx)["test", True] == 1
        unpark(tx, shown.number, moved.us)
        with pytest.raises(Refused):
            unpark(tx, shown.number, moved.us)
    assert run_one(moved.service, {"test": _done})


def test_one_poisoned_job_does_not_stop_the_others(moved: Moved) -> None:
    _add(moved, "a", "b")
    with moved.service.database.transaction() as tx:
        enqueue(tx, "other", "c", moved.us - 1)
    done: list[str] = []

    def handler(service: Service, job: Job) -> None:
        done.append(job.subject)
        _done(service, job)

    while run_one(moved.service, {"test": handler}):
        pass
    assert sorted(done) == ["a", "b"]


def test_retention_destroys_what_is_past_the_days_of_its_policy(servers: Servers, moved: Moved) -> None:
    """The policy of the tests says 90 days; the day is fixed when the share is deposited."""
    person = Person(servers).ready()
    segment = person.sealed()
    assert person.send(segment).status_code == 201
    database, policy = servers.service.database, servers.policy.policy_id
    due_us = month_end_us(servers.service.clock.now_us()) + 90 * DAY_US
    with database.transaction() as tx:
        mine = rows.c.kind == retention.KIND
        assert list(tx.execute(select(rows.c.due_us).where(mine)).scalars()) == [due_us], "one for all people"
        tx.execute(update(rows).values(parked=True))
        tx.execute(update(rows).where(mine).values(parked=False))
    moved.us, before = due_us - 1, servers.service.log.size
    _run_sweeps(moved)
    assert _sweeps(servers, before) == []
    moved.us = due_us
    _run_sweeps(moved)
    assert _sweeps(servers, before) == [RetentionSweepLeaf(policy, due_us)]
    assert list(servers.service.blobs.names(person.contributor)) == []
    with database.reading() as tx:
        assert tx.execute(select(epochs.c.deposit).where(epochs.c.epoch == person.epoch)).scalar() is None
        assert tx.execute(select(segments.c.deleted).where(segments.c.epoch == person.epoch)).scalars().all() == [True]
    assert servers.http.get("/v1/me/segments/0", headers=person.headers).status_code == 404


def _run_sweeps(moved: Moved) -> None:
    """What is due then; a nightly job that the server left behind fails here, and is put off."""
    while run_one(moved.service, {retention.KIND: retention.run}):
        pass


def _sweeps(servers: Servers, start: int) -> list[Leaf]:
    """Those that the log got since."""
    log = servers.service.log
    found = [parse_leaf(entry) for entry in log.entries(start, log.size)]
    return [leaf for leaf in found if isinstance(leaf, RetentionSweepLeaf)]


def test_a_sweep_that_can_not_be_done_is_not_in_the_log(
    servers: Servers, moved: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(servers).ready()
    assert person.send(person.sealed()).status_code == 201
    due_us = month_end_us(servers.service.clock.now_us()) + 90 * DAY_US
    with servers.service.database.transaction() as tx:
        keeping.schedule_sweep(tx, servers.policy.policy_id, due_us)
        tx.execute(update(rows).where(rows.c.kind == retention.KIND).values(parked=False))

    def failing(self: object, name: BlobName) -> None:
        raise Unavailable("the store is away")

    moved.us, before = due_us, servers.service.log.size
    with monkeypatch.context() as broken:
        broken.setattr(type(servers.service.blobs), "remove", failing)
        _run_sweeps(moved)
    assert _sweeps(servers, before) == []
    moved.us += jobs.BACK_OFF_US_MAX
    _run_sweeps(moved)
    assert len(_sweeps(servers, before)) == 1
    with servers.service.database.transaction() as tx:
        for day_us in (due_us, due_us + DAY_US):
            keeping.schedule_sweep(tx, servers.policy.policy_id, day_us)
        tx.execute(update(rows).where(rows.c.due_us == due_us).values(parked=True))
    moved.us += DAY_US
    _run_sweeps(moved)
    assert len(_sweeps(servers, before)) == 1, "a later one would say that all before it is gone"
    assert list(servers.service.blobs.names(person.contributor)) == []


def test_what_comes_after_its_days_is_not_kept_and_its_sender_is_told(servers: Servers, moved: Moved) -> None:
    person = Person(servers).ready()
    assert person.send(person.sealed()).status_code == 201
    late = person.sealed()
    data = late.to_bytes()
    moved.us = month_end_us(servers.service.clock.now_us()) + 90 * DAY_US
    sent = person.cert(), token_hash(person.token), 1, data, sha256_hex(data)
    one, again = moved.service.intake.take(*sent), moved.service.intake.take(*sent)
    assert (one.new, one.kept, again.new, again.kept) == (True, False, False, False)
    assert len(list(servers.service.blobs.names(person.contributor))) == 1, "of the one in time"
    answer = person.send(late)
    assert parse(answer.content, "segment", SegmentReply).kept is False
    person.seq, person.prev = 2, late.manifest.segment_id
    assert person.send(person.sealed()).status_code == 201, "the chain goes on"


def test_a_deletion_that_died_half_way_is_ended_by_the_next_worker(
    servers: Servers, moved: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = Person(servers).ready()
    for _ in range(3):
        person.send(person.sealed())
    real, calls = type(servers.service.blobs).remove, 0

    def failing(self: object, name: BlobName) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise SystemError("killed here")
        real(self, name)  # type: ignore[arg-type]

    monkeypatch.setattr(type(servers.service.blobs), "remove", failing)
    answer = servers.http.post("/v1/deletions", content=person.delete("all"), headers=person.headers)
    name = answer.json()["deletion"]
    assert servers.http.get("/v1/me/segments/0", headers=person.headers).status_code == 404, "at once"
    deadline = threading.Event()
    for _ in range(150):
        if servers.http.get(f"/v1/deletions/{name}", headers=person.headers).json()["done"]:
            break
        deadline.wait(0.1)
    assert calls >= 3
    assert list(servers.service.blobs.names(person.contributor)) == []
    assert servers.http.get(f"/v1/deletions/{name}", headers=person.headers).json()["done"]


def test_what_no_row_names_is_tidied_away_and_what_one_names_stays(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, service = Person(servers).ready(), servers.service
    kept = person.sealed()
    assert person.send(kept).status_code == 201
    orphan = person.sealed()
    name = BlobName(person.contributor, person.epoch, orphan.manifest.segment_id)
    service.blobs.put(name, (orphan.to_bytes(),))
    job = Job(0, retention.TIDY, "", b"", 1, "")
    monkeypatch.setattr(Job, "renew", lambda *_: None)
    monkeypatch.setattr(Job, "done", lambda *_: None)
    retention.tidy(service, job)
    assert len(list(service.blobs.names(person.contributor))) == 2, "an upload may be under way"
    monkeypatch.setattr(retention, "ORPHAN_S", -60)
    retention.tidy(service, job)
    [left] = service.blobs.names(person.contributor)
    assert left.name.segment == kept.manifest.segment_id


def test_jobs_are_shown_by_the_command(
    servers: Servers, moved: Moved, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _add(moved, "x")
    with servers.service.database.transaction() as tx:
        tx.execute(update(rows).where(rows.c.kind == "test").values(parked=True, tries=10, problem="Unavailable"))
        number = tx.execute(select(rows.c.job).where(rows.c.kind == "test")).scalar_one()
    url = servers.service.database._url.set(drivername=servers.service.database.kind).render_as_string(False)
    words = ["collector", "jobs", "--home", str(tmp_path), "--database", url]
    assert main(words) == 1
    assert f"job {number} (test) parked after 10 tries: Unavailable" in capsys.readouterr().out
    main([*words, "--again", str(number)])
    assert f"job {number}" not in capsys.readouterr().out


def test_tidying_takes_nothing_away_that_is_being_brought(
    servers: Servers, moved: Moved, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An old orphan comes anew: between its bytes and its row, the night's tidying passes."""
    person, service = Person(servers).ready(), moved.service
    segment = person.sealed()
    data = segment.to_bytes()
    name = BlobName(person.contributor, person.epoch, segment.manifest.segment_id)
    blobs = type(service.blobs)
    real = blobs.put_all

    def between(self: Any, what: Any) -> Any:
        done = real(self, what)
        retention._remove_orphan(service, name)
        return done

    moved.us = servers.service.clock.now_us()
    with monkeypatch.context() as patch:
        patch.setattr(blobs, "put_all", between)
        sent = person.cert(), token_hash(person.token), 0, data, sha256_hex(data)
        assert service.intake.take(*sent).new
    assert service.blobs.get(name) == data
    other = person.sealed(seq=1, prev=segment.manifest.segment_id)
    itself = BlobName(person.contributor, person.epoch, other.manifest.segment_id)
    sent = person.cert(), token_hash(person.token), 1, other.to_bytes(), sha256_hex(other.to_bytes())
    with service.intake.holds.removing(itself) as free:
        assert free
        with pytest.raises(Unavailable, match="again"):
            service.intake.take(*sent)
    assert service.intake.take(*sent).new
