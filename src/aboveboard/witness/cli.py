"""`aboveboard witness`: what a works council runs. See docs/run-a-witness.md."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.charter_chain import BUNDLE_BYTES_MAX
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import AboveboardError, BadInput, Corrupt
from aboveboard.core.grant_end import GRANT_REVOCATION_BYTES_MAX
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.core.signing import VerifyKey
from aboveboard.wire.durable import read_bounded
from aboveboard.witness.charters import CharterFiles
from aboveboard.witness.given import GivenRecords
from aboveboard.witness.guardian import DELETION_BYTES_MAX, GIVEN_BYTES_MAX, RELEASE_BYTES_MAX, Guardian
from aboveboard.witness.home import guardian_keys, lock_home, make_home, witness_key
from aboveboard.witness.http import Reply, Route, SmallServer
from aboveboard.witness.inspect import public_keys, report, to_text
from aboveboard.witness.recover import newest_of, recover
from aboveboard.witness.refusals import Refusal
from aboveboard.witness.releases import Releases
from aboveboard.witness.server import BODY_BYTES_MAX, Witness
from aboveboard.witness.shares import DEPOSIT_BYTES_MAX, Shares
from aboveboard.witness.state import WitnessState

SWEEP_S = 3600.0


def init(args: argparse.Namespace) -> int:
    """Makes the keys and prints their public halves, for the charter."""
    make_home(args.home, args.name, args.guardian)
    print(json.dumps(public_keys(args.home)))
    return 0


def _read(path: Path, size_max: int) -> bytes:
    data = read_bounded(path, size_max)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def _charters(paths: list[Path]) -> list[Charter]:
    return [Charter.parse(_read(path, CHARTER_BYTES_MAX), str(path)) for path in paths]


def _logs(charters: list[Charter]) -> dict[str, VerifyKey]:
    """Origin -> key. Raises BadInput when two charters give one origin different keys."""
    logs: dict[str, VerifyKey] = {}
    for charter in charters:
        if logs.setdefault(charter.origin, charter.log_key) != charter.log_key:
            raise BadInput(f"two charters name different keys for the log {charter.origin}: give the one in force")
    return logs


def _tell(refusal: Refusal) -> None:
    """One line on standard error, which a service manager keeps and can mail."""
    said = {
        "alarm": refusal.kind,
        "origin": refusal.origin,
        "evidence": f"refusals/{refusal.name}",
        "what_to_do": "aboveboard witness inspect, and docs/run-a-witness.md",
    }
    print(json.dumps(said), file=sys.stderr, flush=True)


def _guardian(args: argparse.Namespace, charters: list[Charter]) -> Guardian | None:
    if not args.guardian:
        return None
    keys = guardian_keys(args.home)
    if keys is None:
        raise BadInput(f"{args.home} has no guardian's keys: make them with `aboveboard witness init --guardian`")
    if len(charters) != 1:
        raise BadInput("a guardian serves one charter: run a witness of its own for the others")
    return Guardian(
        keys, charters[0], Shares(args.home), Releases(args.home), GivenRecords(args.home), SystemClock(),
        CharterFiles(charters[0], args.home),
    )  # fmt: skip


def _sweep(guardian: Guardian, stopping: threading.Event) -> None:
    """Until told to stop: what is past its days of keeping is destroyed, at the start and then every hour."""
    while True:
        try:
            guardian.sweep()
        except AboveboardError as error:
            print(json.dumps({"alarm": "sweep", "why": str(error)}), file=sys.stderr, flush=True)
        if stopping.wait(SWEEP_S):
            return


def _routes(args: argparse.Namespace, charters: list[Charter], guardian: Guardian | None) -> list[Route]:
    key = witness_key(args.home)
    state = WitnessState(args.home, made=True)
    state.all()  # a home that has lost something is noticed now, not at the next checkpoint
    witness = Witness(key, _logs(charters), state, SystemClock(), _tell)
    routes = [
        Route("GET", "/healthz", 0, lambda _path, _body: Reply(200, b"ok\n")),
        Route("POST", "/add-checkpoint", BODY_BYTES_MAX, witness.add_checkpoint),
    ]
    if guardian is not None:
        routes += [
            Route("PUT", "/v1/epochs/", DEPOSIT_BYTES_MAX, guardian.deposit),
            Route("POST", "/v1/release", RELEASE_BYTES_MAX, guardian.release),
            Route("POST", "/v1/given", GIVEN_BYTES_MAX, guardian.given),
            Route("POST", "/v1/charters", BUNDLE_BYTES_MAX, guardian.charters),
            Route("POST", "/v1/policies", RELEASE_BYTES_MAX, guardian.policy),
            Route("POST", "/v1/grants/revocations", GRANT_REVOCATION_BYTES_MAX, guardian.revoke),
            Route("POST", "/v1/destroy", DELETION_BYTES_MAX, guardian.destroy),
        ]
    return routes


def serve(args: argparse.Namespace) -> int:
    """Runs until it is told to stop."""
    charters = _charters(args.charter)
    lock = lock_home(args.home)
    try:
        guardian, stopping = _guardian(args, charters), threading.Event()
        server = SmallServer(args.host, args.port, _routes(args, charters, guardian))
        sweeper = threading.Thread(target=_sweep, args=(guardian, stopping)) if guardian is not None else None

        def stop(_number: int, _frame: FrameType | None) -> None:
            # shutdown() waits for the loop that this very thread runs, so another thread has to call it.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        print(json.dumps({"ready": True, "url": server.url}), flush=True)
        if sweeper is not None:
            sweeper.start()
        server.serve_forever()
        server.server_close()
        stopping.set()
        if sweeper is not None:
            sweeper.join()
    finally:
        lock.close()
    return 0


def inspect(args: argparse.Namespace) -> int:
    """What this witness has cosigned and refused, and what its guardian has given; reads only."""
    found = report(args.home)
    print(json.dumps(found) if args.json else to_text(found))
    return 0


def recover_state(args: argparse.Namespace) -> int:
    """Brings a lost state back."""
    [charter] = _charters([args.charter])
    own = witness_key(args.home).verify_key
    notes = []
    for path in args.checkpoint:
        try:
            notes.append(_read(path, NOTE_BYTES_MAX).decode("utf-8"))
        except UnicodeDecodeError as error:
            raise BadInput("is not UTF-8", str(path)) from error
    seen = newest_of(notes, charter.log_key, charter.origin, own)
    lock = lock_home(args.home)
    try:
        state = WitnessState.rescue(args.home)
        seen = recover(state, seen)
        try:
            state.all()
        except Corrupt as error:
            print(f"aboveboard: {error}", file=sys.stderr)
    finally:
        lock.close()
    print(f"{seen.origin}: the state stands at {seen.size} entries, root {seen.root}")
    return 0


def _home(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--home", type=Path, required=True, help="the folder made by `aboveboard witness init`")


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds `init`, `serve`, `inspect` and `recover`."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    maker = verbs.add_parser("init", help="make the keys and print their public halves as JSON")
    maker.add_argument("--home", type=Path, required=True, help="folder for keys and state: back it up")
    maker.add_argument("--name", required=True, help="the witness's name, such as witness.council.example.org")
    maker.add_argument("--guardian", action="store_true", help="also keep the workers' half of the keys")
    maker.set_defaults(run=init)
    server = verbs.add_parser("serve", help="run the witness, and with --guardian the guardian")
    _home(server)
    server.add_argument(
        "--charter", type=Path, required=True, action="append", help="a charter whose log is cosigned; repeat for each"
    )
    server.add_argument("--guardian", action="store_true", help="also keep the workers' half of the keys")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    server.add_argument("--port", type=int, default=8461, help="port, 0 for a free one (default 8461)")
    server.set_defaults(run=serve)
    looker = verbs.add_parser("inspect", help="what was cosigned, refused and given so far")
    _home(looker)
    looker.add_argument("--json", action="store_true", help="as JSON, with both notes of each refusal")
    looker.set_defaults(run=inspect)
    healer = verbs.add_parser("recover", help="bring a lost state back from checkpoints this witness cosigned")
    _home(healer)
    healer.add_argument("--charter", type=Path, required=True, help="the charter of the log whose state was lost")
    healer.add_argument(
        "checkpoint", type=Path, nargs="+", help="published checkpoints, from the log and from others who kept them"
    )
    healer.set_defaults(run=recover_state)
