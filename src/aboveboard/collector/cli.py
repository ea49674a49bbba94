"""`aboveboard collector init` and `rekey`: the collector's keys. (`serve` is in aboveboard/serve.py.)"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from aboveboard.collector.home import make_home, rekey
from aboveboard.collector.settings import Settings, read_settings

MASTER_KEY = "file:PATH, env:NAME or aws-kms:KEY (default: master.key in --home)"


def init(args: argparse.Namespace) -> int:
    """Makes the keys and prints their public halves, for the charter."""
    keys = make_home(args.home, args.name, args.master_key)
    public = {"log": keys.log.verify_key.encode(), "collector": {"recipient": str(keys.vault.to_public())}}
    print(json.dumps(public))
    return 0


def wrap_anew(args: argparse.Namespace) -> int:
    """Only the wrapping changes: shares, the charter and what is stored stay."""
    rekey(args.home, args.old, args.new)
    return 0


def add_init(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the verbs."""
    parser = verbs.add_parser("init", help="make the collector's keys and print their public halves as JSON")
    parser.add_argument("--home", type=Path, required=True, help="folder for keys, database, segments and log")
    parser.add_argument("--name", required=True, help="the log's key name: its origin, such as log.example.org/2026")
    parser.add_argument("--master-key", default="", metavar="KEY", help=MASTER_KEY)
    parser.set_defaults(run=init)
    again = verbs.add_parser("rekey", help="wrap the vault anew under another master key")
    again.add_argument("--home", type=Path, required=True, help="the collector's folder")
    again.add_argument("--from", dest="old", default="", metavar="KEY", help=MASTER_KEY)
    again.add_argument("--to", dest="new", required=True, metavar="KEY", help="the new one")
    again.set_defaults(run=wrap_anew)


def settings_of(args: argparse.Namespace) -> Settings:
    """From the arguments that add_stores added, the environment and the file. Raises BadInput."""
    flags = {"database": args.database, "blobs": args.blobs, "master_key": args.master_key}
    return read_settings(args.config, flags)


def add_stores(parser: argparse.ArgumentParser) -> None:
    """Adds where things are stored; each also as ABOVEBOARD_COLLECTOR_<NAME> or in the file of --config."""
    parser.add_argument("--config", type=Path, metavar="FILE", help="YAML with these settings and the limits")
    parser.add_argument(
        "--database", metavar="URL", help="sqlite:///PATH or postgresql://user@host/name (default: a file in --home)"
    )
    parser.add_argument(
        "--blobs", metavar="URL", help="a folder, or s3://BUCKET/PREFIX?endpoint=URL (default: a folder in --home)"
    )
    parser.add_argument("--master-key", metavar="KEY", help=MASTER_KEY)
