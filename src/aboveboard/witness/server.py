"""A C2SP tlog-witness: cosigns a checkpoint only when it continues the one it cosigned before.

POST /add-checkpoint, answers: 200 cosignature lines; 400 malformed, or old size above the checkpoint's; 403 not signed
by the log; 404 unknown log; 409 old size is not what we saw last (body: that size, text/x.tlog.size), or another
tree of the same size; 422 the consistency proof does not prove. Specified in docs/spec/witness.md.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Mapping

from aboveboard.core.base64s import decode_base64
from aboveboard.core.checkpoint import Checkpoint, cosign, open_checkpoint, parse_decimal
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import BadInput, ProofError, SignatureError, Unavailable
from aboveboard.core.merkle import EMPTY_ROOT, HASH_BYTES, verify_consistency
from aboveboard.core.notes import NOTE_BYTES_MAX, Note
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey, VerifyKey
from aboveboard.witness.http import Reply, error_reply
from aboveboard.witness.refusals import Kind, Refusal, Refusals
from aboveboard.witness.state import Seen, WitnessState

PROOF_LINES_MAX = 63
BODY_BYTES_MAX = NOTE_BYTES_MAX + PROOF_LINES_MAX * 45 + 64
SIZE_TYPE = "text/x.tlog.size"


def parse_request(body: bytes) -> tuple[int, list[bytes], str]:
    """(old size, consistency proof, note). Raises BadInput."""
    try:
        head, separator, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise BadInput("the request is not UTF-8") from error
    first, *lines = head.split("\n")
    if not separator or not first.startswith("old "):
        raise BadInput('the request does not start with "old <size>"')
    try:
        old = parse_decimal(first.removeprefix("old "))
    except ValueError as error:
        raise BadInput(f"the old size is {error}") from error
    if len(lines) > PROOF_LINES_MAX:
        raise BadInput(f"a consistency proof has {PROOF_LINES_MAX} lines at most")
    return old, [_hash(line) for line in lines], note


def _hash(line: str) -> bytes:
    try:
        value = decode_base64(line)
    except ValueError as error:
        raise BadInput("a line of the consistency proof is not base64") from error
    if len(value) != HASH_BYTES:
        raise BadInput(f"a line of the consistency proof is no hash of {HASH_BYTES} bytes")
    return value


def only_signed_by(note: str, key: VerifyKey) -> str:
    """The note with this key's signature lines alone: small, and enough to hold its signer to it."""
    parsed = Note.parse(note)
    own = [each for each in parsed.signatures if (each.name, each.key_id) == (key.name, key.key_id)]
    return Note(parsed.text, tuple(own[:1])).encode()


class Witness:
    """Cosigns for the logs in `logs` (origin -> key). Safe for several threads, for one process."""

    def __init__(
        self,
        key: SigningKey,
        logs: Mapping[str, VerifyKey],
        state: WitnessState,
        clock: Clock,
        alarm: Callable[[Refusal], None] = lambda _refusal: None,
    ) -> None:
        """alarm: told of each refusal that is new and may be the log's misbehaviour."""
        if key.algorithm != COSIGNATURE_V1:
            raise BadInput(f"{key.name} is no witness key: make one with `aboveboard witness init`")
        self._key = key
        self._logs = dict(logs)
        self._state = state
        self._refusals = Refusals(state.home)
        self._clock = clock
        self._alarm = alarm
        self._lock = threading.Lock()  # looking at the state and replacing it is one step

    def add_checkpoint(self, path: str, body: bytes) -> Reply:
        """The whole of the protocol. Raises Unavailable or Corrupt when the state can't be kept: nothing is signed."""
        old, proof, note = parse_request(body)
        log_key = self._logs.get(note.partition("\n")[0])
        if log_key is None:
            return error_reply(404, "unknown_log", "this witness does not know a log of that origin")
        try:
            checkpoint = open_checkpoint(note, log_key)
        except SignatureError as error:
            return error_reply(403, "signature", str(error))
        except ProofError as error:
            raise BadInput(str(error)) from error
        if old > checkpoint.size:
            raise BadInput("the old size is above the checkpoint's size")
        with self._lock:
            return self._judge(old, proof, only_signed_by(note, log_key), checkpoint)

    def _judge(self, old: int, proof: list[bytes], note: str, checkpoint: Checkpoint) -> Reply:
        seen = self._state.get(checkpoint.origin)
        size, root = (seen.size, bytes.fromhex(seen.root)) if seen else (0, EMPTY_ROOT)
        if checkpoint.size < size:
            self._keep("rollback", seen, note)
        elif checkpoint.size == size and root != checkpoint.root:
            self._keep("fork", seen, note)
            old = -1  # whatever was given, it is not the tree we saw
        if old != size:
            return Reply(409, f"{size}\n".encode("ascii"), SIZE_TYPE)
        try:
            if old == 0 or old == checkpoint.size:
                if proof:
                    raise ProofError("the consistency proof has to be empty")
            else:
                verify_consistency(old, checkpoint.size, proof, root, checkpoint.root)
        except ProofError as error:
            self._keep("unproven", seen, note)
            return error_reply(422, "consistency", str(error))
        # Time never falls from one cosignature to the next, even when the clock was set back.
        time_s = max(self._clock.now_us() // US_PER_S, seen.time_s if seen else 0)
        line = cosign(note, self._key, time_s)
        self._state.put(Seen(checkpoint.origin, checkpoint.size, checkpoint.root.hex(), time_s, note))
        return Reply(200, line.encode("utf-8"))

    def _keep(self, kind: Kind, seen: Seen | None, note: str) -> None:
        if seen is None or seen.note == note:
            return  # nothing was seen that it could contradict
        refusal = Refusal(kind, self._clock.now_us() // US_PER_S, seen.origin, seen.note, note)
        # The refusal itself stands whether or not there is room to write it down.
        with contextlib.suppress(Unavailable):
            if self._refusals.keep(refusal):
                self._alarm(refusal)
