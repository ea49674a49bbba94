"""`aboveboard receipt`."""

from __future__ import annotations

import argparse
import json

from aboveboard.core.dpv import JsonLd
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.home import Home
from aboveboard.recorder.receipts import read_receipts


def _line(document: JsonLd) -> str:
    record = document["dct:hasPart"]
    turns = [
        f"{each['ab:kind'].replace('_', ' ')} {each['dct:date']['@value']}" for each in record["dpv:hasConsentStatus"]
    ]
    return f"{record['dct:title']}, policy {record['dpv:hasPolicy']['dct:identifier'][:16]}: {'; '.join(turns)}"


def _run(args: argparse.Namespace) -> int:
    found = read_receipts(Home(args.home))
    if args.brief:
        for each in found:
            print(_line(each))
        return 0
    print(json.dumps(found if len(found) != 1 else found[0], indent=1, ensure_ascii=False))
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """JSON-LD of ISO/IEC TS 27560, or a line each. Needs no recorder and no connection."""
    add_home(parser)
    parser.add_argument("--brief", action="store_true", help="a line for each consent instead of JSON-LD")
    parser.set_defaults(run=_run)
