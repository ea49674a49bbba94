"""`aboveboard witness`: what a works council runs. See docs/run-a-witness.md."""

from __future__ import annotations

import argparse
import json
import signal
import threading
from pathlib import Path
from types import FrameType

from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.charter_chain import BUNDLE_BYTES_MAX
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput
from aboveboard.wire.durable import read_bounded
from aboveboard.witness.charters import CharterFiles
from aboveboard.witness.given import GivenRecords
from aboveboard.witness.guardian import DELETION_BYTES_MAX, GIVEN_BYTES_MAX, RELEASE_BYTES_MAX, Guardian
from aboveboard.witness.home import guardian_keys, lock_home, make_home, witness_key
from aboveboard.witness.http import Reply, Route, SmallServer
from aboveboard.witness.releases import Releases, read_releases
from aboveboard.witness.server import BODY_BYTES_MAX, Witness
from aboveboard.witness.shares import DEPOSIT_BYTES_MAX, Shares
from aboveboard.witness.state import WitnessState


def init(args: argparse.Namespace) -> int:
    """Makes the keys and prints their public halves, for the charter."""
    make_home(args.home, args.name, args.guardian)
    print(json.dumps(_public(args.home)))
    return 0


def _public(home: Path) -> dict[str, object]:
    public: dict[str, object] = {"witness": witness_key(home).verify_key.encode()}
    guardian = guardian_keys(home)
    if guardian is not None:
        public["guardian"] = {"recipient": guardian.recipient, "key": guardian.key.verify_key.encode()}
    return public


def _charter(path: Path) -> Charter:
    data = read_bounded(path, CHARTER_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(path))
    return Charter.parse(data, str(path))


def _routes(args: argparse.Namespace, charter: Charter) -> list[Route]:
    clock = SystemClock()
    witness = Witness(witness_key(args.home), {charter.origin: charter.log_key}, WitnessState(args.home), clock)
    routes = [
        Route("GET", "/healthz", 0, lambda _path, _body: Reply(200, b"ok\n")),
        Route("POST", "/add-checkpoint", BODY_BYTES_MAX, witness.add_checkpoint),
    ]
    if args.guardian:
        keys = guardian_keys(args.home)
        if keys is None:
            raise BadInput(f"{args.home} has no guardian's keys: make them with `aboveboard witness init --guardian`")
        guardian = Guardian(
            keys, charter, Shares(args.home), Releases(args.home), GivenRecords(args.home), clock,
            CharterFiles(charter, args.home),
        )  # fmt: skip
        routes += [
            Route("PUT", "/v1/epochs/", DEPOSIT_BYTES_MAX, guardian.deposit),
            Route("POST", "/v1/release", RELEASE_BYTES_MAX, guardian.release),
            Route("POST", "/v1/given", GIVEN_BYTES_MAX, guardian.given),
            Route("POST", "/v1/charters", BUNDLE_BYTES_MAX, guardian.charters),
            Route("POST", "/v1/destroy", DELETION_BYTES_MAX, guardian.destroy),
        ]
    return routes


def serve(args: argparse.Namespace) -> int:
    """Runs until it is told to stop."""
    charter = _charter(args.charter)
    lock = lock_home(args.home)
    try:
        server = SmallServer(args.host, args.port, _routes(args, charter))

        def stop(_number: int, _frame: FrameType | None) -> None:
            # shutdown() waits for the loop that this very thread runs, so another thread has to call it.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        print(json.dumps({"ready": True, "url": server.url}), flush=True)
        server.serve_forever()
        server.server_close()
    finally:
        lock.close()
    return 0


def inspect(args: argparse.Namespace) -> int:
    """What this witness has cosigned and what its guardian has given; reads only."""
    releases = read_releases(args.home)
    logs = WitnessState(args.home).all()
    found = {
        **_public(args.home),
        "logs": [{"origin": seen.origin, "size": seen.size, "root": seen.root} for seen in logs],
        "keys_released": len(releases),
        "by_purpose": {purpose: sum(each.purpose == purpose for each in releases)
                       for purpose in sorted({each.purpose for each in releases})},
    }  # fmt: skip
    if args.json:
        print(json.dumps(found))
        return 0
    for seen in logs:
        print(f"{seen.origin}: cosigned up to {seen.size} entries, root {seen.root}")
    print(f"keys released by the guardian: {len(releases)}")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds `init`, `serve` and `inspect`."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    maker = verbs.add_parser("init", help="make the keys and print their public halves as JSON")
    maker.add_argument("--home", type=Path, required=True, help="folder for keys and state: back it up")
    maker.add_argument("--name", required=True, help="the witness's name, such as witness.council.example.org")
    maker.add_argument("--guardian", action="store_true", help="also keep the workers' half of the keys")
    maker.set_defaults(run=init)
    server = verbs.add_parser("serve", help="run the witness, and with --guardian the guardian")
    server.add_argument("--home", type=Path, required=True, help="the folder made by `aboveboard witness init`")
    server.add_argument("--charter", type=Path, required=True, help="the charter whose log is cosigned")
    server.add_argument("--guardian", action="store_true", help="also keep the workers' half of the keys")
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    server.add_argument("--port", type=int, default=8461, help="port, 0 for a free one (default 8461)")
    server.set_defaults(run=serve)
    looker = verbs.add_parser("inspect", help="what was cosigned and given so far")
    looker.add_argument("--home", type=Path, required=True)
    looker.add_argument("--json", action="store_true", help="as JSON")
    looker.set_defaults(run=inspect)
