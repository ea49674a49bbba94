"""The contributor's own monitor: the laptop's files, the published log, and what the collector says it holds."""

from __future__ import annotations

from collections.abc import Callable

from aboveboard.audit.laptop import Laptop
from aboveboard.audit.own_checks import (
    check_own_accesses,
    check_own_chain,
    check_own_consent_first,
    check_own_consents,
    check_own_consents_logged,
    check_own_policies,
    check_own_same_log,
    check_own_segments_consented,
    check_own_segments_held,
    check_own_segments_logged,
)
from aboveboard.audit.programme_checks import open_policies
from aboveboard.audit.published import Published
from aboveboard.audit.report import Check, Report
from aboveboard.audit.source import HttpSource
from aboveboard.audit.spans import (
    check_contiguous,
    check_events_in_span,
    check_holes_explained,
    check_nothing_while_paused,
    check_pauses_marked,
)
from aboveboard.core.charter import Charter
from aboveboard.core.errors import AboveboardError, Unavailable
from aboveboard.wire.api import MyAccesses, MySegments, parse

REPLY_BYTES_MAX = 64 << 20


def _asked(name: str, ask: Callable[[], Check]) -> Check:
    """What the collector does not answer is unknown, not held against it, and not vouched for."""
    try:
        return ask()
    except Unavailable as error:
        return Check(name, "unknown", str(error))
    except AboveboardError as error:
        return Check(name, "fails", f"the collector's answer can't be used: {error}")


def _ask(own: HttpSource, path: str) -> bytes:
    data = own.get(path, REPLY_BYTES_MAX)
    if data is None:
        raise Unavailable(f"{own.name} does not answer /{path}")
    return data


def monitor(laptop: Laptop, charter: Charter, found: Published, own: HttpSource | None) -> Report:
    """own: the collector, asked with the device's token; None to check offline, which leaves two checks unknown."""
    _, policies = open_policies(found, charter)
    spans = [each.span for each in laptop.segments if each.span is not None]

    def held() -> Check:
        if own is None:
            raise Unavailable("no collector was asked")
        reply = parse(_ask(own, "v1/me/segments"), "segments", MySegments, REPLY_BYTES_MAX)
        return check_own_segments_held(laptop, reply.segments)

    def accesses() -> Check:
        if own is None:
            raise Unavailable("no collector was asked")
        reply = parse(_ask(own, "v1/me/accesses"), "accesses", MyAccesses, REPLY_BYTES_MAX)
        return check_own_accesses(laptop, reply.accesses, policies, charter)

    checks = (
        check_own_consents(laptop),
        check_own_consents_logged(laptop, charter),
        check_own_policies(laptop, policies),
        check_own_chain(laptop),
        check_own_segments_consented(laptop),
        check_own_consent_first(laptop, charter),
        check_own_segments_logged(laptop, charter),
        check_own_same_log(laptop, found.entries, charter),
        _asked("own_segments_held", held),
        _asked("own_accesses", accesses),
        check_contiguous(spans),
        check_events_in_span(spans),
        check_nothing_while_paused(spans, laptop.pauses),
        check_pauses_marked(spans, laptop.pauses),
        check_holes_explained(spans),
    )
    about = {"contributor": laptop.contributor, "device": laptop.device, "size": len(found.entries)}
    return Report(about, checks)
