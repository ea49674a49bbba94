"""A key from its parts: the guardians are asked one after the other, and any that suffice make it. In memory only."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, islice

import msgspec
import pyrage

from aboveboard.core.errors import AboveboardError, CheckFailed, Refused, Unavailable
from aboveboard.core.vault import EpochDeposit, join_among, join_secret
from aboveboard.wire.api import ErrorReply, GuardianReleaseReply, GuardianReleaseRequest, from_base64, parse
from aboveboard.wire.client import Answer, Client

REPLY_BYTES_MAX = 16 << 10
TRIES_MAX = 2_000  # choices among the parts, where one of them is wrong


def good(answer: Answer) -> Answer:
    """The answer. Raises Refused, in the server's words, or Unavailable."""
    if answer.status in (200, 201, 202, 204):
        return answer
    try:
        said = msgspec.json.decode(answer.body, type=ErrorReply).error
    except msgspec.MsgspecError as error:
        raise Unavailable(f"the server's answer can't be read ({answer.status}): is the address right?") from error
    if answer.status == 429 or answer.status >= 500:
        raise Unavailable(said.text)
    raise Refused(said.reason, said.text)


def opened_share(share: str, identity: pyrage.x25519.Identity) -> bytes:
    """Raises CheckFailed when it is not sealed to this reader."""
    try:
        plain: bytes = pyrage.decrypt(from_base64(share, "share"), [identity])
    except pyrage.DecryptError as error:
        raise CheckFailed("a share was not sealed to this reader") from error
    return plain


def gather(
    guardians: Sequence[Client],
    request: GuardianReleaseRequest,
    deposit: EpochDeposit,
    identity: pyrage.x25519.Identity,
) -> list[bytes]:
    """Parts of the workers' half, from as many guardians as the deposit needs, and one more where one is of no use.

    A guardian that is away, or holds no part of this key, is passed over. Raises what the last one said when too few
    are left.
    """
    parts: list[bytes] = []
    problem: AboveboardError = Unavailable("no guardian is known")
    for guardian in guardians:
        try:
            answer = guardian.request("POST", "/v1/release", size_max=REPLY_BYTES_MAX, body=request.to_bytes())
            share = parse(good(answer).body, "guardian's share", GuardianReleaseReply).share
            parts.append(opened_share(share, identity))
        except AboveboardError as error:
            problem = error
        if len(parts) == deposit.guardians_needed and _fit(parts, deposit):
            return parts
    if len(parts) < deposit.guardians_needed:
        raise problem
    return parts


def _fit(parts: Sequence[bytes], deposit: EpochDeposit) -> bool:
    try:
        join_among(parts, deposit.guardians_needed)
    except CheckFailed:
        return False
    return True


def joined(mine: bytes, theirs: Sequence[bytes], deposit: EpochDeposit) -> str:
    """The epoch's secret, from the collector's half and any parts that make the other. Raises CheckFailed."""
    for some in islice(combinations(theirs, deposit.guardians_needed), TRIES_MAX):
        try:
            secret = join_secret(mine, join_among(some, deposit.guardians_needed))
            if str(pyrage.x25519.Identity.from_str(secret).to_public()) == deposit.recipient:
                return secret
        except (CheckFailed, pyrage.IdentityError):
            continue
    raise CheckFailed("the shares do not make the key of this epoch")
