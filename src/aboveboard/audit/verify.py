"""The auditor's verification: a charter, published files, and nothing else. No account, no trust in the server."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aboveboard.audit.log_checks import (
    check_append_only,
    check_charter,
    check_checkpoint,
    check_entries,
    check_entry_kinds,
    check_tiles,
    leaves_of,
    policy_names,
)
from aboveboard.audit.programme_checks import (
    check_counters,
    check_deletions,
    check_lineage,
    check_nothing_before_notice,
    check_policies_logged,
    check_releases,
    open_policies,
)
from aboveboard.audit.published import Published, read_log, read_policies
from aboveboard.audit.report import Check, Report, not_known
from aboveboard.audit.source import Source
from aboveboard.core.charter import Charter
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.leaves import Leaf


def verify(
    source: Source, charter: Charter, since: Checkpoint | None = None, progress: Callable[[str], None] = lambda _: None
) -> tuple[Report, Published]:
    """Every check of the published log. since: a checkpoint seen earlier, whose log this one has to continue."""
    found = read_log(source, charter, progress)
    leaves = leaves_of(found.entries)
    read_policies(source, found, policy_names(leaves))
    checks = [
        check_checkpoint(found, charter),
        check_charter(found, charter),
        check_entries(found),
        check_tiles(found),
        check_entry_kinds(found),
        *_of_the_programme(found, leaves, charter),
    ]
    if since is not None:
        checks.insert(4, check_append_only(found, since, "the earlier checkpoint"))
    size = found.checkpoint.size if found.checkpoint is not None else None
    return Report({"source": source.name, "charter": charter.charter_id, "size": size}, tuple(checks)), found


def _of_the_programme(found: Published, leaves: Sequence[Leaf], charter: Charter) -> list[Check]:
    """What the entries say. Of a log that could not be read whole, nothing is said but why."""
    policies_signed, good = open_policies(found, charter)
    made = [
        policies_signed,
        check_policies_logged(found, leaves, good),
        check_nothing_before_notice(found, leaves, good, charter),
        check_counters(found, leaves),
        check_releases(leaves, good),
        check_lineage(leaves),
        check_deletions(leaves, found.cosigned_s),
    ]
    problem = found.problems.get("checkpoint") or found.problems.get("entries")
    return made if problem is None else [not_known(check.name, problem) for check in made]
