"""`aboveboard audit`: verify the published log with no account; monitor it, and one's own data with one's own keys."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from aboveboard.audit.charters import alone, charters_or_alone
from aboveboard.audit.laptop import read_laptop
from aboveboard.audit.log_checks import Seen
from aboveboard.audit.monitor import Monitor, Person, seen_from
from aboveboard.audit.own_datasets import MANIFEST_BYTES_MAX, parse_manifest
from aboveboard.audit.remembered import Memory
from aboveboard.audit.source import HttpSource, Source, open_source
from aboveboard.audit.summary import HOLDS, Report
from aboveboard.audit.verify import verify
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput, CheckFailed
from aboveboard.core.ids import sha256_hex
from aboveboard.core.notes import NOTE_BYTES_MAX
from aboveboard.wire.durable import read_bounded, write_durable

EXIT_CODES = "Exit code: 0 every check made holds; 1 one fails; 2 the command can't be used; 3 one could not be made."


def _read(path: Path, size_max: int) -> bytes:
    data = read_bounded(path, size_max)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def _charter(path: Path) -> Charter:
    return Charter.parse(_read(path, CHARTER_BYTES_MAX), str(path))


def _seen(paths: list[Path], source: Source, charter: Charter) -> list[Seen]:
    charters = charters_or_alone(source, charter) if paths else alone(charter)
    found = []
    for path in paths:
        try:
            note = _read(path, NOTE_BYTES_MAX).decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadInput("is not UTF-8", str(path)) from error
        try:
            found.append(seen_from(note, charters, f"the checkpoint {path.name}"))
        except CheckFailed as error:
            raise BadInput(f"is no checkpoint that the log signed: {error}", str(path)) from error
    return found


def _progress(text: str) -> None:
    print(text, file=sys.stderr)


def _tell(report: Report, as_json: bool) -> int:
    print(json.dumps(report.to_json()) if as_json else report.to_text(), flush=True)
    return report.exit_code


def run_verify(args: argparse.Namespace) -> int:
    """One look, with nothing but the charter."""
    charter = _charter(args.charter)
    source = open_source(args.source)
    report, audit = verify(source, charter, _seen(args.since, source, charter), _progress)
    if args.save is not None and report.exit_code == HOLDS:
        write_durable(args.save, audit.published.note.encode())
    return _tell(report, args.json)


def _default_state(charter: Charter) -> Path:
    base = Path(os.environ.get("XDG_STATE_HOME", str(Path.home() / ".local" / "state")))
    return base / "aboveboard-monitor" / sha256_hex(charter.origin.encode())[:16]


def _person(args: argparse.Namespace) -> Person:
    laptop = read_laptop(args.home)
    # The token goes to the collector that enrolled this laptop, and to no address given by anybody else.
    own = HttpSource(laptop.collector, {"Authorization": f"Bearer {laptop.token}"}) if laptop.token else None
    manifests = [parse_manifest(_read(path, MANIFEST_BYTES_MAX), str(path)) for path in args.manifest]
    return Person(laptop, own, manifests)


def run_monitor(args: argparse.Namespace) -> int:
    """One look, or one every so many minutes; the worst exit code of all."""
    charter = _charter(args.charter)
    if args.source is None and args.home is None:
        raise BadInput("give SOURCE, or --home to read the log that your laptop's collector publishes")
    if args.every is not None and args.every <= 0:
        raise BadInput("--every takes a number of minutes above 0")
    if args.manifest and args.home is None:
        raise BadInput("--manifest tells which datasets hold your data: it needs --home")
    source = open_source(args.source or read_laptop(args.home).collector)
    with contextlib.closing(Memory(args.state or _default_state(charter), charter.origin)) as memory:
        monitor = Monitor(
            source, charter, memory, SystemClock(), isinstance(source, HttpSource),
            (lambda: _person(args)) if args.home is not None else None, _seen(args.since, source, charter), _progress,
        )  # fmt: skip
        if args.acknowledge:
            _progress(f"{monitor.acknowledge()} alarms acknowledged; their evidence stays in {memory.folder}/evidence")
        codes = [_tell(monitor.look(), args.json)]
        with _until_stopped() as stopped:
            while args.every is not None and not stopped.wait(args.every * 60):
                codes.append(_tell(monitor.look(), args.json))
                codes = [max(codes, key=lambda code: (code == 1, code))]
    return max(codes, key=lambda code: (code == 1, code))


@contextlib.contextmanager
def _until_stopped() -> Iterator[threading.Event]:
    """Set by Ctrl-C or SIGTERM."""
    stopped = threading.Event()
    before = {sign: signal.signal(sign, lambda *_: stopped.set()) for sign in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for sign, handler in before.items():
            signal.signal(sign, handler)


def _common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--charter", type=Path, required=True, help="the charter, from somebody you trust")
    parser.add_argument(
        "--since", type=Path, action="append", default=[], metavar="CHECKPOINT",
        help="a checkpoint seen earlier or by somebody else: the log has to continue it; may be given again",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")


def configure(parser: argparse.ArgumentParser) -> None:
    """verify and monitor."""
    verbs = parser.add_subparsers(dest="audit_verb", metavar="WHAT", required=True)
    v = verbs.add_parser(
        "verify", help="check the published log, policies, counters and lineage; needs no account", epilog=EXIT_CODES
    )
    v.add_argument("source", help="a collector's address, or a folder with a copy of its published files")
    _common(v)
    v.add_argument("--save", type=Path, metavar="FILE", help="keep the checkpoint for the next --since, if all holds")
    v.set_defaults(run=run_verify)
    m = verbs.add_parser(
        "monitor", help="look again and again, remember, and check your own data with your own keys", epilog=EXIT_CODES
    )
    m.add_argument("source", nargs="?", help="as for verify; the collector of --home unless said")
    _common(m)
    m.add_argument("--state", type=Path, metavar="FOLDER", help="what is remembered; below ~/.local/state unless said")
    m.add_argument("--home", type=Path, help="the recorder's folder on your laptop: checks your own records too")
    m.add_argument(
        "--manifest",
        type=Path,
        action="append",
        default=[],
        help="a dataset's manifest.json: which of your data it holds",
    )
    m.add_argument("--every", type=float, metavar="MINUTES", help="go on until stopped, with a look every so often")
    m.add_argument("--acknowledge", action="store_true", help="forget the alarms of earlier looks first")
    m.set_defaults(run=run_monitor)
