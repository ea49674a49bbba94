"""What the collector and the guardian tell a person about their data, asked before the log is read.

In this order: guardian, collector, log. What happens between two questions is then told by the later one, and nothing
honest looks hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from aboveboard.audit.laptop import Laptop
from aboveboard.audit.source import EXCHANGE_S_MAX, HttpSource
from aboveboard.core.clock import Clock
from aboveboard.core.errors import AboveboardError, Unavailable
from aboveboard.wire.api import Access, Given, MyAccesses, MyGiven, MySegments, parse, sign_given_request
from aboveboard.wire.client import Client
from aboveboard.wire.segment import Manifest

REPLY_BYTES_MAX = 64 << 20
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answers:
    """Each what was told, or why nothing was."""

    given: tuple[Given, ...] | AboveboardError
    accesses: tuple[Access, ...] | AboveboardError
    held: tuple[Manifest, ...] | AboveboardError

    def logged(self) -> set[bytes]:
        """The entries that the log has to hold for what the guardian gave."""
        given = self.given if not isinstance(self.given, AboveboardError) else ()
        return {each.opening.leaf().encode() for each in given}


NOT_ASKED = Answers(*[Unavailable("nobody was asked")] * 3)


def told(answer: T | AboveboardError) -> T:
    """Raises what went wrong when it was asked."""
    if isinstance(answer, AboveboardError):
        raise answer
    return answer


def _attempt(ask: Callable[[], T]) -> T | AboveboardError:
    try:
        return ask()
    except AboveboardError as error:
        return error


def ask(laptop: Laptop, own: HttpSource | None, clock: Clock) -> Answers:
    """own: the collector, asked with the device's token."""
    if laptop.given is not None and laptop.accesses is not None and laptop.held is not None:
        return Answers(laptop.given, laptop.accesses, laptop.held)  # as they were when the archive was made
    given = _attempt(lambda: _ask_guardians(laptop, clock))
    accesses = _attempt(
        lambda: parse(_ask_collector(own, "v1/me/accesses"), "accesses", MyAccesses, REPLY_BYTES_MAX).accesses
    )
    held = _attempt(
        lambda: parse(_ask_collector(own, "v1/me/segments"), "segments", MySegments, REPLY_BYTES_MAX).segments
    )
    return Answers(given, accesses, held)


def _ask_collector(own: HttpSource | None, path: str) -> bytes:
    if own is None:
        raise Unavailable("no collector was asked")
    data = own.get(path, REPLY_BYTES_MAX)
    if data is None:
        raise Unavailable(f"{own.name} does not answer /{path}")
    return data


def _ask_guardians(laptop: Laptop, clock: Clock) -> tuple[Given, ...]:
    """What any of them gave, once each. A reading takes as many guardians as the charter says; so when fewer than that
    stay silent, one of those that answered took part in it, and nothing is hidden. Raises Unavailable otherwise."""
    if laptop.person is None or not laptop.guardians:
        raise Unavailable("no guardian was asked")
    body = sign_given_request(laptop.contributor, laptop.person, clock.now_us()).to_bytes()
    given: dict[str, Given] = {}
    silent: list[Unavailable] = []
    for url in laptop.guardians:
        try:
            given |= {each.opening.leaf().commitment: each for each in _ask_guardian(url, body).given}
        except Unavailable as error:
            silent.append(error)
    if len(silent) >= laptop.guardians_needed:
        raise silent[-1]
    return tuple(given.values())


def _ask_guardian(url: str, body: bytes) -> MyGiven:
    client = Client(url, EXCHANGE_S_MAX)
    try:
        answer = client.request("POST", "/v1/given", body=body, size_max=REPLY_BYTES_MAX)
    finally:
        client.close()
    if answer.status != 200:
        raise Unavailable(f"the guardian answers {answer.status} to what it gave")
    return parse(answer.body, "given", MyGiven, REPLY_BYTES_MAX)
