"""`aboveboard charter`: keys, and the root of trust that names them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import msgspec
import yaml

from aboveboard.core.canonical import canonical
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.errors import BadInput
from aboveboard.core.signing import COSIGNATURE_V1, ED25519, SigningKey
from aboveboard.wire.durable import read_bounded, write_durable


def read_charter(path: Path) -> Charter:
    """Raises BadInput with the file's name."""
    data = read_bounded(path, CHARTER_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(path))
    return Charter.parse(data, str(path))


def keygen(args: argparse.Namespace) -> int:
    """A signing key into a file only its owner may read; prints the public half."""
    if args.out.exists():
        raise BadInput("is there already: keys are never overwritten", str(args.out))
    key = SigningKey.generate(args.name, COSIGNATURE_V1 if args.witness else ED25519)
    write_durable(args.out, key.encode().encode() + b"\n", 0o600)
    print(key.verify_key.encode())
    return 0


def init(args: argparse.Namespace) -> int:
    """A charter from a specification in YAML or JSON with the same fields, checked, in canonical form."""
    data = read_bounded(args.spec, CHARTER_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(args.spec))
    try:
        fields = yaml.safe_load(data)
    except yaml.YAMLError as error:
        raise BadInput(f"is not YAML: {error}", str(args.spec)) from error
    if not isinstance(fields, dict):
        raise BadInput("is not a list of fields", str(args.spec))
    # Defaults are said aloud in the charter itself: what is signed and pinned leaves nothing to a program's version.
    try:
        whole = msgspec.to_builtins(msgspec.convert(fields, Charter))
    except msgspec.ValidationError as error:
        raise BadInput(str(error), str(args.spec)) from error
    charter = Charter.parse(canonical(whole), str(args.spec))
    write_durable(args.out, charter.to_bytes())
    print(charter.charter_id)
    return 0


def show(args: argparse.Namespace) -> int:
    """Who may sign what."""
    charter = read_charter(args.charter)
    if args.json:
        print(json.dumps({"charter": charter.charter_id, **msgspec.to_builtins(charter)}))
        return 0
    print(f"{charter.name}{' (a demonstration)' if charter.demo else ''}, charter {charter.charter_id}")
    print(f"employer: {charter.employer_key.name}")
    names = ", ".join(key.name for key in charter.representative_keys)
    print(f"representatives, {charter.representatives.threshold} have to sign a policy: {names}")
    names = ", ".join(key.name for key in charter.steward_keys)
    print(f"stewards, {charter.stewards.threshold} have to sign a grant: {names}")
    print(f"log: {charter.log_key.name}, origin {charter.origin}")
    for key, entry in zip(charter.witness_keys, charter.witnesses.keys, strict=True):
        print(f"witness: {key.name}, run by: {entry.run_by}")
    print(f"quorum: {json.dumps(msgspec.to_builtins(charter.witnesses.quorum))}")
    print(f"guardian: {charter.guardian.url}; collector: {charter.collector.url}")
    print(
        f"notice: at least {charter.notice_days_min} days; never recorded: {', '.join(charter.never_record) or 'none'}"
    )
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds `keygen`, `init` and `show`."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    maker = verbs.add_parser("keygen", help="make a signing key; prints its public half")
    maker.add_argument("--name", required=True, help="the key's name, such as council-1.example.org")
    maker.add_argument("--out", type=Path, required=True, help="file for the private half, mode 0600")
    maker.add_argument("--witness", action="store_true", help="a witness's key (cosignature/v1)")
    maker.set_defaults(run=keygen)
    initial = verbs.add_parser("init", help="make a charter from a specification")
    initial.add_argument("spec", type=Path, help="YAML or JSON, see docs/spec/charter.md")
    initial.add_argument("--out", type=Path, required=True, help="the charter's file")
    initial.set_defaults(run=init)
    shower = verbs.add_parser("show", help="say who may sign what")
    shower.add_argument("charter", type=Path)
    shower.add_argument("--json", action="store_true", help="as JSON")
    shower.set_defaults(run=show)
