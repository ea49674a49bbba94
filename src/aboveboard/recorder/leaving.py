"""Leaving, and asking for deletion: the person's word in files, also when no recorder runs and no server answers."""

from __future__ import annotations

import os
from typing import Literal

from aboveboard.core.access import DeletionRequest, sign_deletion
from aboveboard.core.clock import Clock
from aboveboard.core.errors import Refused, Unavailable
from aboveboard.core.ids import SegmentId
from aboveboard.core.policy import OptOutReason
from aboveboard.core.policy_words import explain
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.epochs import give_up_epochs
from aboveboard.recorder.home import Home
from aboveboard.recorder.receipts import write_receipts
from aboveboard.recorder.seal import Sealer
from aboveboard.recorder.sender import Sender
from aboveboard.recorder.spool.keys import KEY_BYTES
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.terms import kept_policy
from aboveboard.recorder.upload import Uplink


def ask_deletion(
    home: Home, consents: Consents, clock: Clock, scope: Literal["all", "segments"],
    segments: tuple[SegmentId, ...] = (),
) -> None:  # fmt: skip
    """Signs the request and has it wait for the sender; durable when it returns."""
    key = home.key("contributor")
    if scope == "all":
        give_up_epochs(home)
    request = DeletionRequest(
        consents.contributor, key.verify_key.encode(), scope, clock.now_us(), os.urandom(16).hex(), segments=segments
    )
    home.write(sign_deletion(request, key).to_bytes(), "requests", f"{request.commitment.hex()}.deletion")


def leave_without_recorder(
    home: Home, clock: Clock, reason: OptOutReason | Literal[""], *, delete: bool, withdraw: bool
) -> bool:
    """In force when it returns: no recorder that starts here records. True when the collector has been told, too.

    What was not sent is deleted. Raises Refused when nobody consented to anything here, or when a recorder runs.
    """
    nothing = Refused("no_consent", f"no recorder runs on {home.folder}, and no consent was given there: there is "
                      "nothing to leave, and nothing is recorded")  # fmt: skip
    if not home.path("consents").is_dir():
        raise nothing
    lock = home.lock()
    try:
        consents = Consents(home, clock)
        given = [each.record for each in consents.all() if each.record.kind == "given"]
        if not given:
            raise nothing
        policy = kept_policy(home, given[-1].policy)
        notice = explain(policy, home.steps()[-1].charter)
        consents.say("opt_out", policy, notice, reason)
        if withdraw:
            consents.say("withdrawn", policy, notice)
        # It is only emptied, which needs no key: asking for one would make a file of it beside the system's keyring.
        spool = Spool(home.path("spool"), os.urandom(KEY_BYTES))
        sealer = Sealer(home, spool, consents.contributor, consents.device, home.key("device"))
        may_have_arrived = sealer.drop()
        if delete:
            ask_deletion(home, consents, clock, "all")
        elif may_have_arrived:
            ask_deletion(home, consents, clock, "segments", tuple(SegmentId(each.segment) for each in may_have_arrived))
        write_receipts(home, consents)
        return _told(home, consents, sealer, clock)
    finally:
        lock.close()


def _told(home: Home, consents: Consents, sealer: Sealer, clock: Clock) -> bool:
    token = home.read("token")
    uplink = Uplink(home.config(), "" if token is None else token.decode("ascii"))
    try:
        Sender(home, uplink, consents, sealer, clock).deliver_words()
    except Unavailable:
        return False
    finally:
        uplink.close()
    return True
