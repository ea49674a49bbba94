"""The contributor's own monitor: the laptop's files, the published log, and what the collector says it holds."""

from __future__ import annotations

from collections.abc import Callable

from aboveboard.audit.laptop import Laptop
from aboveboard.audit.own_checks import (
    check_own_accesses,
    check_own_accesses_complete,
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
from aboveboard.audit.source import EXCHANGE_S_MAX, HttpSource
from aboveboard.audit.spans import (
    check_contiguous,
    check_events_in_span,
    check_holes_explained,
    check_nothing_while_paused,
    check_pauses_marked,
)
from aboveboard.core.charter import Charter
from aboveboard.core.clock import Clock
from aboveboard.core.errors import AboveboardError, Unavailable
from aboveboard.wire.api import Access, MyAccesses, MyGiven, MySegments, parse, sign_given_request
from aboveboard.wire.client import Client

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


def ask_guardian(laptop: Laptop, clock: Clock) -> MyGiven:
    """What the guardian gave of this person's keys. Raises Unavailable, Refused or BadInput."""
    if laptop.person is None or not laptop.guardian:
        raise Unavailable("no guardian was asked")
    body = sign_given_request(laptop.contributor, laptop.person, clock.now_us()).to_bytes()
    client = Client(laptop.guardian, EXCHANGE_S_MAX)
    try:
        answer = client.request("POST", "/v1/given", body=body, size_max=REPLY_BYTES_MAX)
    finally:
        client.close()
    if answer.status != 200:
        raise Unavailable(f"the guardian answers {answer.status} to what it gave")
    return parse(answer.body, "given", MyGiven, REPLY_BYTES_MAX)


def monitor(
    laptop: Laptop, charter: Charter, found: Published, own: HttpSource | None, clock: Clock | None = None
) -> Report:
    """own: the collector, asked with the device's token; clock: to ask the guardian by. None of them: offline, which
    leaves what they would have told unknown."""
    _, policies = open_policies(found, charter)
    spans = [each.span for each in laptop.segments if each.span is not None]

    def held() -> Check:
        if own is None:
            raise Unavailable("no collector was asked")
        reply = parse(_ask(own, "v1/me/segments"), "segments", MySegments, REPLY_BYTES_MAX)
        return check_own_segments_held(laptop, reply.segments)

    def shown(asked: HttpSource) -> tuple[Access, ...]:
        return parse(_ask(asked, "v1/me/accesses"), "accesses", MyAccesses, REPLY_BYTES_MAX).accesses

    def accesses() -> Check:
        if own is None:
            raise Unavailable("no collector was asked")
        return check_own_accesses(laptop, shown(own), policies, charter)

    def complete() -> Check:
        if own is None or clock is None:
            raise Unavailable("no guardian was asked")
        # The guardian first: an access between the two questions is then shown, and not taken for hidden.
        given = ask_guardian(laptop, clock).given
        return check_own_accesses_complete(given, shown(own), found.entries)

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
        _asked("own_accesses_complete", complete),
        check_contiguous(spans),
        check_events_in_span(spans),
        check_nothing_while_paused(spans, laptop.pauses),
        check_pauses_marked(spans, laptop.pauses),
        check_holes_explained(spans),
    )
    about = {"contributor": laptop.contributor, "device": laptop.device, "size": len(found.entries)}
    return Report(about, checks)
