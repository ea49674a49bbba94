"""What a step of a script means at the servers: requests, and what has to be answered to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.codes import new_code
from aboveboard.core.errors import Unavailable
from aboveboard.core.ids import sha256_hex
from aboveboard.core.signing import SigningKey
from aboveboard.simulate.counts import Counts
from aboveboard.simulate.laptop import Laptop, digest_header
from aboveboard.simulate.line import Line
from aboveboard.simulate.plan import Step
from aboveboard.simulate.work import Piece
from aboveboard.wire.api import EnrolReply, EnrolRequest, Invitation, SegmentReply, parse, sign_invitation
from aboveboard.wire.client import Answer
from aboveboard.wire.segment import SealedSegment

INVITATION_US = 7 * 86_400 * US_PER_S


@dataclass(frozen=True, slots=True)
class Programme:
    """Where the servers are, who invites, and where the laptops are used."""

    collector: str
    guardians: tuple[str, ...]
    steward: SigningKey
    region: str
    clock: Clock


class Deeds:
    """Carries out steps. Any thread may call, one thread a laptop at a time."""

    def __init__(self, programme: Programme, counts: Counts) -> None:
        self._programme, self._counts = programme, counts

    def do(self, laptop: Laptop, step: Step, piece: Piece | None) -> None:
        """Never raises: what is not as it has to be is a fault of the run."""
        line = Line(self._programme.collector, self._counts, laptop.token)
        self._counts.busy(1)
        try:
            match step.deed:
                case "join":
                    self._join(laptop, line)
                case "send":
                    if piece is not None and laptop.token and not laptop.left:
                        self._send(laptop, line, step, piece)
                case "withdraw" | "opt_out":
                    self._leave(laptop, line, step, piece)
                case "delete_last" | "delete_all":
                    self._delete(laptop, line, step)
        except Unavailable as error:
            self._counts.fault(str(error))
        finally:
            line.close()
            self._counts.busy(-1)

    def _expect(self, what: str, answer: Answer, *statuses: int) -> bool:
        if answer.status in statuses:
            return True
        self._counts.fault(f"{what}: answered {answer.status} {answer.body[:200]!r}")
        return False

    def _join(self, laptop: Laptop, line: Line) -> None:
        """Invitation, enrolment, consent, and a share to each keeper."""
        programme, code = self._programme, new_code()
        now_us = programme.clock.now_us()
        invitation = sign_invitation(Invitation(sha256_hex(code.encode()), now_us + INVITATION_US), programme.steward)
        answer = line.ask("invite", "POST", "/v1/invitations", invitation.to_bytes())
        if not self._expect("invite", answer, 201):
            return
        request = EnrolRequest(code, laptop.certificate(), programme.region).to_bytes()
        answer = line.ask("enrol", "POST", "/v1/enrol", request)
        if not self._expect("enrol", answer, 201):
            return
        laptop.token = parse(answer.body, "enrolment", EnrolReply).token
        mine = Line(programme.collector, self._counts, laptop.token)
        try:
            self._word(mine, laptop.say("given", now_us).to_bytes())
            first, others = laptop.deposits()
            path = f"/v1/epochs/{laptop.epoch}"
            self._expect("share", mine.ask("share", "PUT", path, first.to_bytes()), 200, 201)
            for url, deposit in zip(programme.guardians, others, strict=True):
                self._guardian("guardian's share", url, "PUT", path, deposit.to_bytes())
        finally:
            mine.close()
        self._counts.did("joined")

    def _guardian(self, what: str, url: str, method: str, path: str, body: bytes) -> None:
        line = Line(url, self._counts)
        try:
            self._expect(what, line.ask(what, method, path, body), 200, 201)
        finally:
            line.close()

    def _word(self, line: Line, record: bytes) -> None:
        self._expect("consent", line.ask("consent", "POST", "/v1/consents", record), 201)

    def _leave(self, laptop: Laptop, line: Line, step: Step, piece: Piece | None) -> None:
        if not laptop.token:
            return
        kind: Literal["withdrawn", "opt_out"] = "withdrawn" if step.deed == "withdraw" else "opt_out"
        self._word(line, laptop.say(kind, self._programme.clock.now_us()).to_bytes())
        laptop.left = True
        self._counts.did(kind)
        if kind == "withdrawn" and piece is not None:  # whatever is sent after that is refused
            segment = laptop.seal(piece)
            data = segment.to_bytes()
            path, headers = _request(laptop, segment, data)
            answer = line.ask("segment after withdrawal", "PUT", path, data, headers)
            self._expect("segment after withdrawal", answer, 403)

    def _delete(self, laptop: Laptop, line: Line, step: Step) -> None:
        if not laptop.acknowledged:
            return
        signed = laptop.delete("all" if step.deed == "delete_all" else "segments", self._programme.clock.now_us())
        answer = line.ask("delete", "POST", "/v1/deletions", signed.to_bytes())
        self._expect("delete", answer, 202)
        laptop.requests.append(signed)
        if step.deed == "delete_all":
            for url in self._programme.guardians:
                self._guardian("guardian's destruction", url, "POST", "/v1/destroy", signed.to_bytes())
        self._counts.did(step.deed)

    # ------------------------------------------------------------ segments

    def _send(self, laptop: Laptop, line: Line, step: Step, piece: Piece) -> None:
        if laptop.all_deleted:
            return  # its epoch is gone; the recorder would begin a new one
        segment = laptop.seal(piece)
        data = segment.to_bytes()
        path, headers = _request(laptop, segment, data)
        if step.trouble:
            self._counts.did(f"trouble: {step.trouble}")
        if step.trouble == "torn":
            line.tear(path, data, headers)
        elif step.trouble == "garbled":
            answer = line.ask("garbled segment", "PUT", path, data[:-1] + bytes([data[-1] ^ 1]), headers)
            self._expect("garbled segment", answer, 400)
        elif step.trouble == "early":
            later = laptop.seal(piece, ahead=1, prev=segment.manifest.segment_id)
            body = later.to_bytes()
            where, how = _request(laptop, later, body)
            answer = line.ask("early segment", "PUT", where, body, how)
            self._expect("early segment", answer, 409)
        self._put(laptop, line, segment, data)
        if step.trouble == "twice":
            answer = line.ask("segment again", "PUT", path, data, headers)
            if self._expect("segment again", answer, 200):
                self._same(segment, answer)

    def _put(self, laptop: Laptop, line: Line, segment: SealedSegment, data: bytes) -> None:
        path, headers = _request(laptop, segment, data)
        answer = line.ask("segment", "PUT", path, data, headers)
        if self._expect("segment", answer, 200, 201):  # 200: an answer was lost, and it came again
            self._same(segment, answer)
            laptop.taken(segment)
            self._counts.sent(len(data))
            self._counts.did("segments acknowledged")

    def _same(self, segment: SealedSegment, answer: Answer) -> None:
        reply = parse(answer.body, "segment", SegmentReply)
        if reply.segment != segment.manifest.segment_id or not reply.kept:
            self._counts.fault(f"segment: acknowledged as {msgspec.json.encode(reply)!r}")


def _request(laptop: Laptop, segment: SealedSegment, data: bytes) -> tuple[str, dict[str, str]]:
    """Path and headers of an upload."""
    headers = {"Content-Digest": digest_header(data), "Content-Type": "application/octet-stream"}
    return f"/v1/segments/{laptop.device}/{segment.manifest.seq}", headers
