"""What segments hold, as a person can follow it: stretches without a hole, holes with their reason, who was in front.

Pure. A stretch ends where nothing was kept (a gap), where the recorder stopped, and after STRETCH_US at the next piece.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aboveboard.core.events import Correction, Focus, Gap, GapReason, KeptEvent, Task, only_corrects

STRETCH_US = 600_000_000


class Body(Protocol):
    """What a sealed segment or a chunk of the spool holds: [start_us, end_us) of a session."""

    @property
    def session(self) -> str: ...
    @property
    def start_us(self) -> int: ...
    @property
    def end_us(self) -> int: ...
    @property
    def events(self) -> tuple[KeptEvent, ...]: ...


class Piece(Protocol):
    """segment: what it is called, sealed or not."""

    @property
    def segment(self) -> str: ...
    @property
    def body(self) -> Body: ...


def corrections(opened: Iterable[Piece]) -> dict[tuple[str, int], Correction]:
    """By (session, moment of the start mark): what the person says of a task now, of several the newest."""
    found: dict[tuple[str, int], Correction] = {}
    for event in (event for piece in opened for event in piece.body.events if isinstance(event, Correction)):
        known = found.get((event.session, event.task_us))
        if known is None or known.t_us <= event.t_us:
            found[event.session, event.task_us] = event
    return found


@dataclass(frozen=True, slots=True)
class Front:
    """From when to when (µs) a program was in front. app: "" when it is not known."""

    app: str
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True, repr=False)
class Stretch:
    """Recorded without a hole. tasks: what the person said they were doing. before: where input went at its start."""

    number: int
    start_us: int
    end_us: int
    events: tuple[KeptEvent, ...]
    before: Focus | None
    segments: tuple[str, ...]

    @property
    def begun(self) -> tuple[Task, ...]:
        return tuple(event for event in self.events if isinstance(event, Task) and event.phase == "start")

    @property
    def tasks(self) -> tuple[str, ...]:
        return tuple(event.description for event in self.begun)

    @property
    def fronts(self) -> tuple[Front, ...]:
        found: list[Front] = []
        app, since = (self.before.app if self.before else ""), self.start_us
        for event in self.events:
            if isinstance(event, Focus) and event.app != app:
                if event.t_us > since:
                    found.append(Front(app, since, event.t_us))
                app, since = event.app, event.t_us
        return (*found, Front(app, since, max(since, self.end_us)))

    @property
    def apps(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(front.app for front in self.fronts if front.app))


@dataclass(frozen=True, slots=True)
class Hole:
    """Nothing was kept, and why."""

    reason: GapReason
    start_us: int
    end_us: int


@dataclass(slots=True)
class _Open:
    """A stretch being put together."""

    start_us: int
    before: Focus | None
    events: list[KeptEvent] = field(default_factory=list)
    segments: list[str] = field(default_factory=list)


def tell(opened: Sequence[Piece]) -> tuple[tuple[Stretch, ...], tuple[Hole, ...]]:
    """Stretches and holes, each in order of time. opened: in the order they were sent."""
    stretches: list[Stretch] = []
    holes: list[Hole] = []
    now: _Open | None = None
    session, until, focus = "", 0, None

    def end(at_us: int) -> None:
        nonlocal now
        if now is not None and now.events:
            stretches.append(
                Stretch(len(stretches), now.start_us, at_us, tuple(now.events), now.before, tuple(now.segments))
            )
        now = None

    for piece in opened:
        body = piece.body
        if only_corrects(body.events):
            continue
        if body.session != session or body.start_us != until:
            end(until)
            focus = focus if body.session == session else None
        elif now is not None and body.start_us - now.start_us > STRETCH_US:
            end(until)
        session, until = body.session, body.end_us
        for part in _cut(body.events, body.start_us, body.end_us):
            if isinstance(part, Hole):
                end(part.start_us)
                holes.append(part)
                continue
            if now is None:
                now = _Open(part.start_us, focus)
            now.events += part.events
            if piece.segment not in now.segments:
                now.segments.append(piece.segment)
            focus = next((event for event in reversed(part.events) if isinstance(event, Focus)), focus)
    end(until)
    return tuple(stretches), tuple(_joined(holes))


@dataclass(frozen=True, slots=True)
class _Kept:
    start_us: int
    events: tuple[KeptEvent, ...]


def _cut(events: Sequence[KeptEvent], start_us: int, end_us: int) -> Iterator[_Kept | Hole]:
    """A body's events between its gaps, and the gaps, in order."""
    since, kept = start_us, list[KeptEvent]()
    for event in events:
        if not isinstance(event, Gap):
            kept.append(event)
            continue
        if kept:
            yield _Kept(since, tuple(kept))
        yield Hole(event.reason, event.t_us, min(event.end_us, end_us))
        since, kept = event.end_us, []
    if kept:
        yield _Kept(since, tuple(kept))


def _joined(holes: Sequence[Hole]) -> Iterator[Hole]:
    """Holes that touch and have the same reason are one."""
    last: Hole | None = None
    for hole in holes:
        if last is not None and (last.reason, last.end_us) == (hole.reason, hole.start_us):
            last = Hole(last.reason, last.start_us, hole.end_us)
            continue
        if last is not None:
            yield last
        last = hole
    if last is not None:
        yield last
