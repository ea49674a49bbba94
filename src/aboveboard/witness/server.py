"""A C2SP tlog-witness: cosigns a checkpoint only when it continues the one it cosigned before.

POST /add-checkpoint, answers: 200 cosignature lines; 400 malformed, or old size above the checkpoint's; 403 not signed
by the log; 404 unknown log; 409 old size is not what we saw last (body: that size, text/x.tlog.size), or another
tree of the same size; 422 the consistency proof does not prove. Specified in docs/spec/witness.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import threading
from collections.abc import Mapping

from aboveboard.core.checkpoint import Checkpoint, cosign, open_checkpoint
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.errors import BadInput, ProofError, SignatureError
from aboveboard.core.merkle import verify_consistency
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey, VerifyKey
from aboveboard.witness.http import Reply, error_reply
from aboveboard.witness.state import Seen, WitnessState

BODY_BYTES_MAX = 64 << 10
PROOF_LINES_MAX = 63
EMPTY_ROOT = hashlib.sha256(b"").digest()


def parse_request(body: bytes) -> tuple[int, list[bytes], str]:
    """(old size, consistency proof, note). Raises BadInput."""
    try:
        head, separator, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError as error:
        raise BadInput("the request is not UTF-8") from error
    first, *lines = head.split("\n")
    word, space, digits = first.partition(" ")
    if not separator or word != "old" or not space or not (digits.isascii() and digits.isdigit()):
        raise BadInput('the request does not start with "old <size>"')
    if len(digits) > 18 or (digits[0] == "0" and digits != "0"):
        raise BadInput("the old size is no decimal number without leading zeros")
    if len(lines) > PROOF_LINES_MAX:
        raise BadInput(f"a consistency proof has {PROOF_LINES_MAX} lines at most")
    return int(digits), [_hash(line) for line in lines], note


def _hash(line: str) -> bytes:
    try:
        value = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("a line of the consistency proof is not base64") from error
    if len(value) != 32:
        raise BadInput("a line of the consistency proof is no hash of 32 bytes")
    return value


class Witness:
    """Cosigns for the logs in `logs` (origin -> key). Safe for several threads, for one process."""

    def __init__(self, key: SigningKey, logs: Mapping[str, VerifyKey], state: WitnessState, clock: Clock) -> None:
        if key.algorithm != COSIGNATURE_V1:
            raise BadInput(f"{key.name} is no witness key: make one with `aboveboard witness init`")
        self._key = key
        self._logs = dict(logs)
        self._state = state
        self._clock = clock
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
        if checkpoint.origin not in self._logs:
            return error_reply(404, "unknown_log", "this witness does not know a log of that origin")
        if old > checkpoint.size:
            raise BadInput("the old size is above the checkpoint's size")
        with self._lock:
            return self._judge(old, proof, note, checkpoint)

    def _judge(self, old: int, proof: list[bytes], note: str, checkpoint: Checkpoint) -> Reply:
        seen = self._state.get(checkpoint.origin)
        size, root = (seen.size, bytes.fromhex(seen.root)) if seen else (0, EMPTY_ROOT)
        if old != size or (old == checkpoint.size and root != checkpoint.root):
            return Reply(409, f"{size}\n".encode("ascii"), "text/x.tlog.size")
        try:
            if old == 0 or old == checkpoint.size:
                if proof:
                    raise ProofError("the consistency proof has to be empty")
            else:
                verify_consistency(old, checkpoint.size, proof, root, checkpoint.root)
        except ProofError as error:
            return error_reply(422, "consistency", str(error))
        # Time never falls from one cosignature to the next, even when the clock was set back.
        time_s = max(self._clock.now_us() // US_PER_S, seen.time_s if seen else 0)
        self._state.put(Seen(checkpoint.origin, checkpoint.size, checkpoint.root.hex(), time_s))
        line = cosign(note, self._key, time_s)
        return Reply(200, (line.rstrip("\n") + "\n").encode("utf-8"))
