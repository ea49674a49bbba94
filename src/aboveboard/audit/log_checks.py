"""What anyone can check of the log: pure functions over what was read, each of one promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aboveboard.audit.log_reader import LogReading
from aboveboard.audit.published import Policies, Published
from aboveboard.audit.report import Check, checked, judged
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.errors import CheckFailed
from aboveboard.core.leaves import CharterLeaf


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint from elsewhere or from before. where: "the checkpoint of ...", for the report.

    cosigned_s: by when its quorum had cosigned it, 0 when only the log is known to have signed it.
    """

    checkpoint: Checkpoint
    cosigned_s: int
    where: str
    note: str = ""


def check_checkpoint(found: Published) -> Check:
    """Signed by the log, cosigned by the quorum."""

    def run() -> str:
        if found.checkpoint is None:
            raise found.problems["checkpoint"]
        return f"{found.checkpoint.size} entries, signed by the log and cosigned by its witness quorum"

    return checked("checkpoint", run)


def check_charter(found: Published, reading: LogReading) -> Check:
    """The published charter is the one in hand or follows from it, and the log names these charters and no other."""

    def run() -> str:
        for problem in (found.problems.get("charter"), reading.problems.get("entries")):
            if problem is not None:
                raise problem
        steps = found.charters
        if reading.first != CharterLeaf(steps[0].charter.charter_id).encode():
            raise CheckFailed("the log's first entry does not name the charter given, or the one it follows from")
        if reading.facts.charters != {step.charter.charter_id: step.since for step in steps}:
            raise CheckFailed("the log names other charters, or in other places, than the published ones")
        later = f"; {len(steps) - 1} follow the first, each signed by those before" if len(steps) > 1 else ""
        return f"{steps[-1].charter.name}: published, and named by the log's own entry{later}"

    return checked("charter", run)


def check_entries(reading: LogReading, checkpoint: Checkpoint) -> Check:
    """The entries make the checkpoint's root."""

    def run() -> str:
        if "entries" in reading.problems:
            raise reading.problems["entries"]
        if reading.root != checkpoint.root:
            raise CheckFailed("the published entries do not make the checkpoint's root: one was changed")
        return "every entry, hashed again, makes the checkpoint's root"

    return checked("entries", run)


def check_tiles(reading: LogReading) -> Check:
    """The hash tiles, from which proofs are made, are those of the entries."""

    def run() -> str:
        for name in ("entries", "tiles"):
            if name in reading.problems:
                raise reading.problems[name]
        return f"{reading.tiles} hash tiles, each as the entries make it"

    return checked("tiles", run)


def check_entry_kinds(reading: LogReading) -> Check:
    """Every entry is of a kind that the specification lists: hashes and commitments, no text, no hour, no name."""
    unreadable = reading.facts.unreadable
    reason = f"{reading.facts.size} entries, all of known kinds that name nobody"
    return judged("entry_kinds", unreadable.first, reason, unreadable.count)


def begins_with(reading: LogReading, seen: Seen) -> bool:
    """Whether the log that was read begins with the one this checkpoint was signed over."""
    return reading.roots.get(seen.checkpoint.size) == seen.checkpoint.root


def check_append_only(reading: LogReading, seen: Sequence[Seen]) -> Check:
    """The log that each of these checkpoints was signed over is a beginning of this one.

    Two that disagree are both signed by the log: together they prove to anyone that it showed two histories.
    """
    problems = []
    ahead = ""
    for each in seen:
        size = each.checkpoint.size
        if size > reading.facts.size and not each.cosigned_s:
            ahead = f"{each.where} has {size} entries and no witness quorum: the log may not show so many yet"
        elif size > reading.facts.size:
            problems.append(
                f"{each.where} has {size} entries, the log now shows {reading.facts.size}: it was rolled back"
            )
        elif not begins_with(reading, each):
            problems.append(
                f"the log's first {size} entries are not those that {each.where} was signed over: keep both "
                "checkpoints, they prove that it showed two histories"
            )
    sizes = ", ".join(str(each.checkpoint.size) for each in seen)
    if ahead and not problems:
        return Check("append_only", "unknown", ahead)
    return judged("append_only", problems, f"what was seen before ({sizes} entries) is the beginning of this log")


def check_notice_start(policies: Policies, seen: Sequence[Seen]) -> Check:
    """No policy's notice is said to start before a checkpoint that lacked the policy: nobody set a clock back."""
    problems = [
        f"policy {name[:16]} is said to be cosigned before {each.where}, which does not hold it: a clock was set back"
        for name, known in policies.good.items()
        for each in seen
        if each.checkpoint.size <= known.index and known.cosigned_s < each.cosigned_s
    ]
    return judged("notice_start", problems, "no policy's notice starts before a checkpoint that lacked it")
