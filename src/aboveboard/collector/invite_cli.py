"""`aboveboard collector invite` and `revoke`: a steward opens enrolment for one laptop, or for everyone by default."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from aboveboard.collector.sending import bring, text_of
from aboveboard.core.clock import US_PER_S, SystemClock
from aboveboard.core.codes import new_code
from aboveboard.core.errors import BadInput
from aboveboard.core.ids import sha256_hex
from aboveboard.core.signing import SigningKey
from aboveboard.wire.api import Invitation, Revocation, sign_invitation, sign_revocation
from aboveboard.wire.durable import read_bounded

DAYS_MAX = 366
KEY_BYTES_MAX = 4096


def _key(path: Path) -> SigningKey:
    data = read_bounded(path, KEY_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(path))
    return SigningKey.decode(text_of(data, path))


def invite(args: argparse.Namespace) -> int:
    """Prints the code; the server only ever learns its hash, until somebody enrols with it."""
    if not 1 <= args.days <= DAYS_MAX:
        raise BadInput(f"1 to {DAYS_MAX}", "--days")
    code = new_code()
    expires_us = SystemClock().now_us() + args.days * 86_400 * US_PER_S
    invitation = Invitation(sha256_hex(code.encode()), expires_us, args.everyone, tuple(args.region))
    signed = sign_invitation(invitation, _key(args.key))
    bring(args.collector, "/v1/invitations", signed.to_bytes(), "the invitation")
    print(code)
    return 0


def revoke(args: argparse.Namespace) -> int:
    """Nobody enrols with the code any more; who is enrolled stays."""
    code = args.code or os.environ.get("ABOVEBOARD_CODE", "")
    if not code:
        raise BadInput("say which code: --code CODE, or in the environment as ABOVEBOARD_CODE")
    signed = sign_revocation(Revocation(sha256_hex(code.encode())), _key(args.key))
    bring(args.collector, "/v1/invitations/revocations", signed.to_bytes(), "the revocation")
    print("taken back")
    return 0


def add_invite(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the verbs."""
    maker = verbs.add_parser("invite", help="let a laptop enrol, or everyone where the policy says by default")
    maker.add_argument("--everyone", action="store_true", help="reusable: only under a policy with enrolment: default")
    maker.add_argument("--region", action="append", default=[], metavar="DE", help="only there; repeat (default: the "
                       "policy's regions)")  # fmt: skip
    maker.add_argument("--days", type=int, default=14, help="how long it can be used (default 14)")
    taker = verbs.add_parser("revoke", help="take an invitation back")
    taker.add_argument("--code", help="the code")
    for parser, run in ((maker, invite), (taker, revoke)):
        parser.add_argument("--key", type=Path, required=True, help="a steward's signing key")
        parser.add_argument("--collector", required=True, metavar="URL")
        parser.set_defaults(run=run)
