"""What is in force for this laptop: the charter that follows from the pinned one, the policy, the exemptions.

All of it is fetched when there is a connection, kept in files, and judged from the files, each time anew, with all its
proofs. What does not hold stops recording; what can't be fetched leaves what is known in force.
"""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections.abc import Sequence

from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import InForce, charter_at, history
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import AboveboardError, BadInput, CheckFailed, Refused
from aboveboard.core.exemption import in_force_exemption
from aboveboard.core.narrowing import NOTHING_MORE, Narrowing
from aboveboard.core.policy import Policy, in_force
from aboveboard.core.proof import LogProof
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.log_memory import LogMemory
from aboveboard.recorder.settings import read_settings
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.api import CurrentPolicy, Exemptions, PublishedExemption, parse

EXEMPTIONS_MAX = 1000
POLICY_BYTES_MAX = 2 << 20
NOTE_BYTES_MAX = 1 << 16


class Terms:
    """Any thread may call its methods."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock
        self._lock = threading.RLock()

    # ------------------------------------------------------------ fetching

    def refresh(self, uplink: Uplink) -> None:
        """Fetches and keeps what is new. Raises Unavailable when the collector can't be reached, and CheckFailed or
        Refused for charters that do not follow from the pinned one."""
        bundles = uplink.charters()
        with self._lock:
            steps = history(self._home.pinned(), [*self._home.bundles(), *bundles])
            for bundle in bundles:
                self._home.write(bundle.to_bytes(), "charters", f"{bundle.charter_id}.json")
            self._move(steps[-1].charter)
        note = uplink.checkpoint()
        if note:
            LogMemory(self._home, uplink.tile).take(note, steps)
        exemptions = uplink.exemptions()
        policies = uplink.policies()
        with self._lock:
            self._keep_exemptions(exemptions)
            self._keep_policy(policies, steps)

    def _move(self, charter: Charter) -> None:
        """Guardians may be others under a new charter. The collector's address stays: the log's key names it."""
        config = self._home.config()
        moved = Config.under(charter, config.region, config.collector)
        if config != moved:
            self._home.write(moved.to_bytes(), "config.json")

    def _exemptions(self) -> tuple[PublishedExemption, ...]:
        data = self._home.read("exemptions.json")
        return () if data is None else parse(data, "exemptions.json", Exemptions, POLICY_BYTES_MAX).exemptions

    def _keep_exemptions(self, fetched: Exemptions) -> None:
        """An exemption that was shown once counts until its last day, also when it is not shown any more: to leave it
        out would widen the terms."""
        today = datetime.datetime.fromtimestamp(self._clock.now_us() / US_PER_S, datetime.UTC).date().isoformat()
        by_name = {each.signed.exemption.exemption_id: each for each in (*fetched.exemptions, *self._exemptions())}
        kept = [each for each in by_name.values() if each.signed.exemption.expires >= today]
        if len(kept) > EXEMPTIONS_MAX:
            raise Refused("exemption", f"over {EXEMPTIONS_MAX} exemptions: this is no programme's terms")
        self._home.write(Exemptions(tuple(kept)).to_bytes(), "exemptions.json")

    def _keep_policy(self, policies: Sequence[CurrentPolicy], steps: Sequence[InForce]) -> None:
        """The newest that is in force. Nobody can bring back an older one than was in force here."""
        known = self._home.read("policy.json")
        least = -1 if known is None else parse(known, "policy.json", CurrentPolicy, POLICY_BYTES_MAX).open()[1].index
        for current in policies:
            with contextlib.suppress(Refused, BadInput, CheckFailed):
                if current.open()[1].index < least:
                    continue
                self._judge(current, steps)
                self._home.write(current.to_bytes(), "policy.json")
                self._home.write(current.to_bytes(), "policies", f"{current.open()[0].policy_id}.json")
                return
        if policies and self._home.read("policy.json") is None:
            self._judge(policies[0], steps)  # says why it is not in force

    # ------------------------------------------------------------ judging, from the files

    def charter(self) -> Charter:
        """The one in force."""
        return self._home.steps()[-1].charter

    def witnessed_s(self, steps: Sequence[InForce]) -> int:
        """The newest second that a quorum of witnesses has signed, as far as is known here; 0 when none is."""
        data = self._home.read("checkpoint")
        return 0 if data is None else _witnessed_s(data.decode("utf-8", errors="replace"), steps)

    def _judge(self, current: CurrentPolicy, steps: Sequence[InForce]) -> Policy:
        signed, proof = current.open()
        return in_force(
            signed, proof, charter_at(steps, proof.index), self._clock.now_us(), self._home.config().region,
            self.witnessed_s(steps),
        )  # fmt: skip

    def policy(self) -> Policy:
        """The one in force here and now. Raises Refused with the reason."""
        with self._lock:
            data = self._home.read("policy.json")
            if data is None:
                raise Refused("no_policy", "no policy is in force here: nothing is recorded")
            return self._judge(parse(data, "policy.json", CurrentPolicy, POLICY_BYTES_MAX), self._home.steps())

    def files(self) -> tuple[object, ...]:
        """Another value whenever a file that the judgement rests on is another: cheap to look at again and again."""
        names = ("charter.json", "config.json", "policy.json", "checkpoint", "exemptions.json", "settings.json")
        paths = [*(self._home.path(name) for name in names), *sorted(self._home.path("charters").glob("*"))]
        found = list[object]()
        for path in paths:
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                found.append((path.name, stat.st_ino, stat.st_size, stat.st_mtime_ns))
        return tuple(found)

    def why_not(self) -> str:
        """Why the policy kept here may not act; "" while it may."""
        try:
            self.policy()
        except AboveboardError as error:
            return str(error)
        return ""

    def narrowing(self) -> Narrowing:
        """The person's settings and the exemptions that concern this laptop. Raises what can't be judged."""
        settings = read_settings(self._home)
        found = settings.narrowing
        with self._lock:
            known, steps = self._exemptions(), self._home.steps()
        for each in known:
            proof = LogProof.parse(each.log_proof)
            more = in_force_exemption(
                each.signed, proof, charter_at(steps, proof.index), self._clock.now_us(), self._home.config().region,
                frozenset(settings.groups),
            )  # fmt: skip
            found = found & (more or NOTHING_MORE)
        return found


def _witnessed_s(note: str, steps: Sequence[InForce]) -> int:
    """By the charter in force, or by one before it. Raises ProofError or SignatureError."""
    for step in reversed(steps[1:]):
        with contextlib.suppress(CheckFailed):
            return step.charter.time_passed_s(note)
    return steps[0].charter.time_passed_s(note)


def kept_policy(home: Home, policy_id: str) -> Policy:
    """A policy that was in force here once, for the receipts. Raises BadInput when it is not kept."""
    data = home.read("policies", f"{policy_id}.json")
    if data is None:
        raise BadInput("is not kept here any more", str(home.path("policies", f"{policy_id}.json")))
    return Policy.parse(parse(data, "policy", CurrentPolicy, POLICY_BYTES_MAX).open()[0].policy_bytes)
