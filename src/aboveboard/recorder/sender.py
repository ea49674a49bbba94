"""What goes out, in the background: consents, shares, segments, requests for deletion; and the proofs that come back.

Everything waits in files until it is done, so a restart takes up where it was. Failures back off and show in `problem`.
"""

from __future__ import annotations

import datetime
import random
import threading
from collections.abc import Callable, Sequence

import msgspec

from aboveboard.core.access import SignedDeletion
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import AboveboardError
from aboveboard.core.ids import EpochId
from aboveboard.core.narrowing import NOTHING_MORE
from aboveboard.core.policy import Policy
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.departures import Departures
from aboveboard.recorder.guardians import posted, tell_guardians, waiting_deposits
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.recorder.network import Network
from aboveboard.recorder.seal import Sealer, Sent
from aboveboard.recorder.upload import Uplink, proof_bytes

ROUND_S = 0.4  # while something is under way
REST_S_MIN, REST_S = 5.0, 30.0
BACK_OFF_S_MAX = 900.0
MINUTE_US = 60 * US_PER_S
USED_UP = "today's data budget is used up: the rest is sent tomorrow"
DAY_US = 24 * 60 * MINUTE_US
AGE_CHECK_US = 60 * MINUTE_US


class Budget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """budget.json: bytes sent on a day (UTC)."""

    day: str = ""
    sent_bytes: int = 0


class Sender:
    """start() and stop(); any thread may call the others."""

    def __init__(self, home: Home, uplink: Uplink, consents: Consents, sealer: Sealer, clock: Clock) -> None:
        self._home, self._uplink, self._consents, self._sealer, self._clock = home, uplink, consents, sealer, clock
        self.policy: Policy | None = None
        self.narrowing = NOTHING_MORE
        self.send_metered = False
        self.send_hours: Sequence[str] = ()
        self._departures = Departures(home, clock)
        self._forced = False
        self._network = Network()
        self.problem = ""
        self._found = ""  # what a round came upon that does not end it
        self._send_until_us = 0
        self._aged_us = 0  # when the spool was looked through for what is too old last
        self._too_old = 0  # chunks deleted for their age
        self._known: dict[str, Sent] = {}
        self._lock = threading.RLock()  # sealing and forgetting must not cross
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        data = home.read("budget.json")
        self._budget = Budget() if data is None else msgspec.json.decode(data, type=Budget)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        self._uplink.close()

    def wake(self) -> None:
        self._wake.set()

    def _notes(self) -> list[tuple[str, Sent]]:
        """sent/*.json by number. A note with its proof never changes, so it is read once."""
        for path in sorted(self._home.path("sent").glob("*.json")):
            known = self._known.get(path.stem)
            if known is None or known.proof is None:
                self._known[path.stem] = msgspec.json.decode(path.read_bytes(), type=Sent)
        return sorted(self._known.items())

    def send_now(self) -> None:
        """The person has looked and says go: what is in the spool now need not wait for the hold."""
        self._send_until_us = self._clock.now_us()
        self._forced = True
        self._wake.set()

    def drop(self) -> list[Sent]:
        """Nothing waits any more, sealed or not; what may have arrived already is given back. See Sealer.drop."""
        with self._lock:
            return self._sealer.drop()

    def holding(self, work: Callable[[], int]) -> int:
        """Runs `work` while nothing is being sealed."""
        with self._lock:
            return work()

    def _run(self) -> None:
        wait_s = ROUND_S
        while not self._stopping.is_set():
            try:
                self._found = ""
                self._round()
                self.problem, wait_s = self._found, ROUND_S if self._under_way() else self._rest_s()
            except AboveboardError as error:
                # Four times as long each time, and not at the same moment as everybody else.
                self.problem, wait_s = str(error), min(max(wait_s, ROUND_S) * 4, BACK_OFF_S_MAX)
                self._wake.wait(wait_s * (0.5 + random.random()))  # noqa: S311  nothing secret about it
                self._wake.clear()
                continue
            self._wake.wait(wait_s)
            self._wake.clear()

    def deliver_words(self) -> None:
        """The person's records and requests, once, without a thread. Raises Unavailable when nobody answers."""
        self._send_consents()
        self._send_requests()

    def _round(self) -> None:
        self._expire()  # first, since it needs no connection
        self._send_consents()
        self._send_shares()
        self._send_requests()
        self._seal()
        self._send_segments()
        self._fetch_proofs()

    def _under_way(self) -> bool:
        """Whether anything waits for the collector's answer."""
        counts = self.counts()
        return any(counts[name] for name in ("unsent_segments", "proofs_missing", "requests"))

    def _rest_s(self) -> float:
        """With nothing to do: until the hold of what was recorded last is over, within bounds."""
        hold_s = self.policy.review_hold_minutes * 60 if self.policy else REST_S
        return min(max(hold_s / 10, REST_S_MIN), REST_S)

    def _exists(self, *parts: str) -> bool:
        return self._home.path(*parts).exists()

    def _send_consents(self) -> None:
        for signed in self._consents.all():
            name = signed.record.consent_id
            if not self._exists("consents", f"{name}.posted"):
                self._uplink.consent(signed)
                self._home.write(b"", "consents", f"{name}.posted")
            elif not self._exists("consents", f"{name}.proof.json"):
                proof = self._uplink.consent_proof(name)
                if proof is not None:
                    self._home.write(proof_bytes(proof), "consents", f"{name}.proof.json")

    def _send_shares(self) -> None:
        for path in sorted(self._home.path("epochs").glob("*.collector")):
            self._uplink.deposit_with_collector(EpochId(path.stem), path.read_bytes())
            path.rename(path.with_suffix(".collector-done"))
        for deposit in waiting_deposits(self._home):
            try:
                self._uplink.deposit_with_guardian(deposit.url, deposit.epoch, deposit.path.read_bytes())
                if (policy := self._home.read("policy.json")) is not None:
                    self._uplink.policy_to_guardian(deposit.url, policy)
                deposit.done()
            except AboveboardError as error:
                self._found = str(error)  # recording and sending never need a guardian; reading does

    def _send_requests(self) -> None:
        for path in sorted(self._home.path("requests").glob("*.deletion")):
            signed = SignedDeletion.parse(path.read_bytes())
            if signed.request.scope == "segments" or not posted(path).exists():
                self._uplink.deletion(signed)
            if signed.request.scope != "segments":
                self._home.write(b"", "requests", posted(path).name)
                problem = tell_guardians(self._home, self._uplink, path, signed)
                if problem:
                    self._found = problem  # one that is away, or lost, holds up no other request
                    continue
            path.rename(path.with_suffix(".done"))

    def _expire(self) -> None:
        """What could not leave within the days of keeping, of the category with the fewest, is deleted here too."""
        now_us = self._clock.now_us()
        if self.policy is None or abs(now_us - self._aged_us) < AGE_CHECK_US:
            return
        self._aged_us = now_us
        days = self._days_kept()
        if days:
            with self._lock:
                self._too_old += self._sealer.expire(now_us - days * DAY_US)

    def _days_kept(self) -> int:
        """Of the category with the fewest; 0 when there is none."""
        categories = self.policy.categories.values() if self.policy is not None else ()
        return min((terms.retention_days for terms in categories), default=0)

    def _seal(self) -> None:
        """What leaves now, once what was sealed before has left, and no more than today's budget. It is sealed no
        sooner, so that until then its person can look at it, and forget it without anybody."""
        hold_us = self.policy.review_hold_minutes * MINUTE_US if self.policy else None
        with self._lock:
            # Asked in every round: moments that follow on whether anything waits would tell when it was recorded.
            departs = hold_us is not None and self._departures.due(
                hold_us, self.send_hours, self._days_kept() * DAY_US - hold_us
            )
            until_us = self._send_until_us
            if hold_us is not None and departs:
                until_us = max(until_us, self._clock.now_us() - hold_us)
            if not self._sealer.ready(until_us):
                return
            if not any(self._home.path("outbox").glob("*.seg")) and not self._unpaid():
                left = self._left_today()
                if left <= 0:
                    self._found = USED_UP
                elif self._sealer.seal_ready(until_us, left) and not departs:
                    self._forced = True
            if departs and hold_us and self._sealer.ready(until_us):
                self._departures.again(self.send_hours)

    def _send_segments(self) -> None:
        waiting = sorted(self._home.path("outbox").glob("*.seg"))
        self._forced = self._forced and bool(waiting)
        if waiting and not self._forced and not self._departures.allowed(self.send_hours):
            self._found = f"you have set that sending is at {', '.join(self.send_hours)}"
            return
        for path in waiting:
            data = path.read_bytes()
            if self._unpaid() or not self._within_budget(len(data)):
                return
            # From here on it may arrive without our hearing of it.
            self._home.write(b"", "outbox", f"{path.stem}.tried")
            kept = self._uplink.segment(self._consents.device, int(path.stem), data)
            self._spend(len(data))
            if not kept:
                note = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=Sent)
                self._home.write(json_bytes(msgspec.structs.replace(note, kept=False)), "outbox", f"{path.stem}.json")
            path.rename(self._home.path("sent", path.name))
            path.with_suffix(".json").rename(self._home.path("sent", f"{path.stem}.json"))
            path.with_suffix(".tried").unlink(missing_ok=True)

    def _today(self) -> str:
        return datetime.datetime.fromtimestamp(self._clock.now_us() / US_PER_S, datetime.UTC).strftime("%Y-%m-%d")

    def _unpaid(self) -> bool:
        """Whether the connection is paid by volume, and the person has not said that it may be used; says so."""
        unpaid = not self.send_metered and self._network.metered()
        if unpaid:
            self._found = "this connection is paid by volume: what was recorded is sent on another one"
        return unpaid

    def _left_today(self) -> int:
        """Bytes."""
        spent = self._budget.sent_bytes if self._budget.day == self._today() else 0
        return self._a_day() - spent

    def _a_day(self) -> int:
        return self.narrowing.mb_per_day(self.policy) * 1_000_000 if self.policy is not None else 1 << 62

    def _within_budget(self, n: int) -> bool:
        """Whether so many may still be sent today; says why not."""
        if n <= self._left_today():
            return True
        self._found = USED_UP
        if n > self._a_day():
            more = f"a sealed segment of {n / 1e6:.1f} MB is more than a whole day's budget"
            self._found = f"{more}: it is sent when that is raised with `aboveboard settings`"
        return False

    def _spend(self, n: int) -> None:
        spent = self._budget.sent_bytes if self._budget.day == self._today() else 0
        self._budget = Budget(self._today(), spent + n)
        self._home.write(json_bytes(self._budget), "budget.json")

    def _fetch_proofs(self) -> None:
        for name, sent in self._notes():
            if sent.proof is None:
                proof = self._uplink.segment_proof(self._consents.device, int(name))
                if proof is not None:
                    done = msgspec.structs.replace(sent, proof=msgspec.to_builtins(proof), chunks=())
                    self._home.write(json_bytes(done), "sent", f"{name}.json")

    def noted(self) -> list[tuple[str, str, Sent]]:
        """(folder, name, note) of what is sealed, in the order of the chain: sent, or in the outbox."""
        with self._lock:
            waiting = [("outbox", path.stem, msgspec.json.decode(path.read_bytes(), type=Sent))
                       for path in sorted(self._home.path("outbox").glob("*.json"))]  # fmt: skip
            return [*(("sent", name, note) for name, note in self._notes()), *waiting]

    def sent_within(self, from_us: int, until_us: int) -> list[Sent]:
        """Segments that may be at the collector and touch the span, or correct what was begun in it."""
        return [note for _, _, note in self.noted() if note.touches(from_us, until_us)]

    def counts(self) -> dict[str, int]:
        """Numbers for the status."""
        outbox = len(list(self._home.path("outbox").glob("*.seg")))
        with self._lock:
            sent = [each for _, each in self._notes()]
        consents = self._home.path("consents")
        unproven = sum(1 for path in consents.glob("*.json") if not path.name.endswith(".proof.json")) - len(
            list(consents.glob("*.proof.json"))
        )
        missing = sum(1 for each in sent if each.proof is None) + unproven
        requests = list(self._home.path("requests").glob("*.deletion"))
        to_tell = sum(1 for path in requests if posted(path).exists())
        return {
            "unsent_segments": outbox, "sent_segments": len(sent), "proofs_missing": missing,
            "requests": len(requests) - to_tell, "guardians_to_tell": to_tell,
            "came_too_late": sum(1 for each in sent if not each.kept), "deleted_for_age": self._too_old,
        }  # fmt: skip
