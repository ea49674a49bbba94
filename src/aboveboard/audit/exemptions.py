"""Exemptions as published: each signed by both sides, for a region or a group, proven, and able to take away only."""

from __future__ import annotations

from collections.abc import Mapping

from aboveboard.audit.published import unless_unread
from aboveboard.audit.report import Check, judged
from aboveboard.audit.source import Source, required
from aboveboard.core.charter_chain import Charters, charter_at
from aboveboard.core.errors import AboveboardError, CheckFailed, Unavailable
from aboveboard.core.exemption import check_exemption
from aboveboard.core.leaves import ExemptionLeaf
from aboveboard.core.proof import LogProof, check_proof
from aboveboard.wire.api import PublishedExemption, parse

EXEMPTION_BYTES_MAX = 1 << 20


def check_exemptions(source: Source, named: Mapping[str, int], charters: Charters) -> Check:
    """named: each exemption that the log names, with the index of its entry."""
    problems: list[str] = []
    why = ""
    for name, index in named.items():
        try:
            _check(source, name, index, charters)
        except Unavailable as error:
            why = f"not every exemption could be read: {error}"
            break
        except AboveboardError as error:
            problems.append(f"exemption {name[:16]}: {error}")
    reason = f"{len(named)} exemptions, each for a region or a group of ten or more, and none adds anything"
    return unless_unread(judged("exemptions", problems, reason), "holds", why)


def _check(source: Source, name: str, index: int, charters: Charters) -> None:
    data = required(source, f"published/exemptions/{name}.json", EXEMPTION_BYTES_MAX)
    published = parse(data, f"exemptions/{name}.json", PublishedExemption, EXEMPTION_BYTES_MAX)
    charter = charter_at(charters, index)
    exemption = check_exemption(published.signed, charter)
    exemption.check()
    if exemption.exemption_id != name:
        raise CheckFailed("the file holds another exemption than its name says")
    proof = LogProof.parse(published.log_proof)
    check_proof(ExemptionLeaf(name).encode(), proof, charter)
    if proof.index != index:
        raise CheckFailed(f"its proof is of entry {proof.index}, and it stands in the log at {index} first")
