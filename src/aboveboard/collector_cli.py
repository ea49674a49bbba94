"""`aboveboard collector`: its verbs. What `serve` needs is loaded for `serve` only."""

from __future__ import annotations

import argparse
from pathlib import Path

from aboveboard.collector.account_cli import add_accounts
from aboveboard.collector.cli import add_init, add_stores
from aboveboard.collector.invite_cli import add_invite
from aboveboard.collector.logs import LEVELS
from aboveboard.collector.operate_cli import add_operations


def _serve(args: argparse.Namespace) -> int:
    from aboveboard.serve import serve  # every route of server and portal: most of a second

    return serve(args)


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs of the collector."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    add_init(verbs)
    add_operations(verbs)
    add_invite(verbs)
    add_accounts(verbs)
    server = verbs.add_parser("serve", help="run the server: SQLite and a folder, unless told otherwise")
    server.add_argument("--home", type=Path, required=True, help="the folder made by `aboveboard collector init`")
    server.add_argument("--charter", type=Path, required=True, help="the charter it runs under")
    server.add_argument(
        "--witness", action="append", default=[], metavar="URL", help="a witness to ask; repeat for each"
    )
    server.add_argument(
        "--uploads-only", action="store_true",
        help="a further process, on the PostgreSQL and store of the one that writes the log: takes segments only",
    )  # fmt: skip
    server.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    server.add_argument("--port", type=int, default=8460, help="port, 0 for a free one (default 8460)")
    server.add_argument(
        "--tls-certificate", type=Path, metavar="PEM", help="answer with TLS 1.3: the chain of certificates"
    )
    server.add_argument("--tls-key", type=Path, metavar="PEM", help="its key; SIGHUP loads both anew")
    server.add_argument(
        "--metrics-port", type=int, default=0, help="Prometheus metrics on 127.0.0.1:PORT (default none)"
    )
    server.add_argument(
        "--log-level", choices=LEVELS, default="warning", help="how much it says on stderr; never about people"
    )
    add_stores(server)
    server.set_defaults(run=_serve)
