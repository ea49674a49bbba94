"""The auditor's verification: a charter, published files, and nothing else. No account, no trust in the server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from aboveboard.audit.exemptions import check_exemptions
from aboveboard.audit.facts import Facts
from aboveboard.audit.log_checks import (
    Seen,
    begins_with,
    check_append_only,
    check_charter,
    check_checkpoint,
    check_entries,
    check_entry_kinds,
    check_notice_start,
    check_tiles,
)
from aboveboard.audit.log_reader import LogReading, read_log
from aboveboard.audit.programme_checks import (
    check_counters,
    check_deletions,
    check_lineage,
    check_nothing_before_notice,
    check_policies_logged,
    check_releases,
)
from aboveboard.audit.published import Policies, Published, read_policies, read_published
from aboveboard.audit.report import Check, not_known
from aboveboard.audit.source import Source
from aboveboard.audit.summary import Report
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import Checkpoint

NO_LOG = Checkpoint("", 0, b"\0" * 32)


@dataclass(frozen=True, slots=True)
class Audit:
    """One look at a published log. reading: of the entries, in one pass."""

    published: Published
    reading: LogReading
    policies: Policies
    checks: tuple[Check, ...]

    @property
    def checkpoint(self) -> Checkpoint:
        """The one everything was held against; of no log when there was none to be had."""
        return self.published.checkpoint or NO_LOG


def look(
    source: Source, charter: Charter, seen: Sequence[Seen] = (), *, now_s: int = 0,
    sizes: Iterable[int] = (), entries: Iterable[bytes] = (), progress: Callable[[str], None] = lambda _: None,
) -> Audit:  # fmt: skip
    """Every check of the published log.

    seen: checkpoints from before or elsewhere, whose log this one has to continue. now_s: this machine's time, to judge
    what is overdue; the witnesses' unless it is later. sizes, entries: what else is wanted of the pass over the log.
    """
    found = read_published(source, charter)
    facts = Facts(found.counters.size if found.counters is not None else 0)
    sizes = {*sizes, *(each.checkpoint.size for each in seen)}
    if found.checkpoint is None:
        reading = LogReading(facts, problems={"entries": found.problems["checkpoint"]})
    else:
        reading = read_log(source, found.checkpoint, facts, sizes=sizes, entries=entries, progress=progress)
    policies = read_policies(source, facts.policies, found.charters)
    checkpoint = found.checkpoint or NO_LOG
    checks = [
        check_checkpoint(found),
        check_charter(found, reading),
        check_entries(reading, checkpoint),
        check_tiles(reading),
    ]
    rest = [
        *_of_the_entries(found, reading, policies, now_s, [each for each in seen if begins_with(reading, each)]),
        check_exemptions(source, facts.exemptions, found.charters),
    ]
    if seen:
        rest = [check_append_only(reading, seen), *rest, check_notice_start(policies, seen)]
    # Of a log that could not be read whole, or whose entries are not the signed ones, nothing is said but why.
    broken = next(
        (check for check in checks if check.name in ("checkpoint", "entries") and check.result != "holds"), None
    )
    if broken is not None:
        rest = [not_known(check.name, broken) for check in rest]
    return Audit(found, reading, policies, (*checks, *rest))


def _of_the_entries(
    found: Published, reading: LogReading, policies: Policies, now_s: int, seen: Sequence[Seen]
) -> list[Check]:
    facts = reading.facts
    return [
        check_entry_kinds(reading),
        policies.signed,
        policies.rules,
        check_policies_logged(facts, policies),
        check_nothing_before_notice(facts, policies, found.cosigned_s, seen),
        check_counters(found, facts),
        check_releases(facts, policies),
        check_lineage(facts),
        check_deletions(facts, max(found.cosigned_s, now_s)),
    ]


def verify(
    source: Source, charter: Charter, seen: Sequence[Seen] = (), progress: Callable[[str], None] = lambda _: None
) -> tuple[Report, Audit]:
    """The report of one look."""
    audit = look(source, charter, seen, progress=progress)
    size = audit.published.checkpoint.size if audit.published.checkpoint is not None else None
    about = {"source": source.name, "charter": charter.charter_id, "size": size}
    return Report(about, audit.checks), audit
