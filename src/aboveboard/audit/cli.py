"""`aboveboard audit`: verify the published log with no account; monitor one's own data with one's own keys."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from aboveboard.audit.laptop import read_laptop
from aboveboard.audit.log_checks import leaves_of, policy_names
from aboveboard.audit.monitor import monitor
from aboveboard.audit.published import read_log, read_policies
from aboveboard.audit.report import Report
from aboveboard.audit.source import HttpSource, open_source
from aboveboard.audit.verify import verify
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.checkpoint import Checkpoint
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.wire.durable import read_bounded, write_durable


def _read(path: Path, size_max: int) -> bytes:
    data = read_bounded(path, size_max)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def _charter(path: Path) -> Charter:
    return Charter.parse(_read(path, CHARTER_BYTES_MAX), str(path))


def _since(path: Path, charter: Charter) -> Checkpoint:
    try:
        note = _read(path, NOTE_BYTES_MAX).decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8", str(path)) from error
    return charter.check_checkpoint(note)[0]


def _tell(report: Report, as_json: bool) -> int:
    print(json.dumps(report.to_json()) if as_json else report.to_text())
    return 0 if report.ok else 1


def run_verify(args: argparse.Namespace) -> int:
    """Exit code 0 only when every check holds."""
    charter = _charter(args.charter)
    since = _since(args.since, charter) if args.since is not None else None
    source = open_source(args.source)
    report, found = verify(source, charter, since, lambda text: print(text, file=sys.stderr))
    if args.save is not None and report.ok:
        write_durable(args.save, found.note.encode())
    return _tell(report, args.json)


def run_monitor(args: argparse.Namespace) -> int:
    """Exit code 0 only when every check holds."""
    charter, laptop = _charter(args.charter), read_laptop(args.home)
    source = open_source(args.source or laptop.collector)
    found = read_log(source, charter, lambda text: print(text, file=sys.stderr))
    read_policies(source, found, policy_names(leaves_of(found.entries)))
    # The token goes to the collector that enrolled this laptop, and to no address given by anybody else.
    own = HttpSource(laptop.collector, {"Authorization": f"Bearer {laptop.token}"}) if laptop.token else None
    return _tell(monitor(laptop, charter, found, own, SystemClock()), args.json)


def configure(parser: argparse.ArgumentParser) -> None:
    """verify and monitor."""
    verbs = parser.add_subparsers(dest="audit_verb", metavar="WHAT", required=True)
    v = verbs.add_parser("verify", help="check the published log, policies, counters and lineage; needs no account")
    v.add_argument("source", help="a collector's address, or a folder with a copy of its published files")
    v.add_argument("--charter", type=Path, required=True, help="the charter, from somebody you trust")
    v.add_argument("--since", type=Path, help="a checkpoint saved earlier: the log has to continue it")
    v.add_argument("--save", type=Path, metavar="FILE", help="keep the checkpoint for the next --since, if all holds")
    v.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    v.set_defaults(run=run_verify)
    m = verbs.add_parser("monitor", help="check your own data: consent, pauses, gaps, proofs, and who has read it")
    m.add_argument("--home", type=Path, required=True, help="the recorder's folder on your laptop")
    m.add_argument("--charter", type=Path, required=True, help="the charter, from somebody you trust")
    m.add_argument("--source", help="where the published log is read; the laptop's collector unless said")
    m.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    m.set_defaults(run=run_monitor)
