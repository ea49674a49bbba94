"""Which charter is in force: from the one in hand by published, signed and proven steps, or not at all."""

from __future__ import annotations

from aboveboard.audit.source import Source, required
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.charter_chain import BUNDLE_BYTES_MAX, CHAIN_MAX, CharterBundle, Charters, InForce, history
from aboveboard.core.errors import AboveboardError, CheckFailed


def alone(charter: Charter) -> Charters:
    """Of a log under one charter from its first entry on, or while nothing more is known."""
    return (InForce(0, charter),)


def read_charters(source: Source, pinned: Charter) -> Charters:
    """Every charter from the log's first to the one in force, oldest first.

    Raises CheckFailed, Refused or Unavailable when the published charter is not the pinned one and does not follow from
    it step by step, each signed by the people of the charter before and proven under its quorum.
    """
    data = required(source, "published/charter.json", CHARTER_BYTES_MAX)
    if data == pinned.to_bytes() and not pinned.previous:
        return alone(pinned)
    current = Charter.parse(data, "published/charter.json")
    bundles: list[CharterBundle] = []
    name = current.charter_id
    while name:
        if len(bundles) == CHAIN_MAX:
            raise CheckFailed(f"the published charter has over {CHAIN_MAX} before it: this is no programme's history")
        bundle = CharterBundle.parse(required(source, f"published/charters/{name}.json", BUNDLE_BYTES_MAX))
        if bundle.charter_id != name:
            raise CheckFailed(f"published/charters/{name}.json holds another charter than its name says")
        bundles.append(bundle)
        name = Charter.parse(bundle.signed.charter_bytes).previous
    if pinned.charter_id not in {bundle.charter_id for bundle in bundles}:
        raise CheckFailed("the published charter is another one than the charter given, and does not follow from it")
    return history(pinned, bundles)


def charters_or_alone(source: Source, pinned: Charter) -> Charters:
    """To read a checkpoint from elsewhere by. Where they can't be had, the audit meets the problem and says so."""
    try:
        return read_charters(source, pinned)
    except AboveboardError:
        return alone(pinned)
