"""`aboveboard exemption`: less than the policy, for a region or a group; signed by a steward and a representative."""

from __future__ import annotations

import argparse
from pathlib import Path

from aboveboard.collector.charter_cli import read_charter
from aboveboard.collector.sending import bring, text_of
from aboveboard.core.errors import BadInput
from aboveboard.core.exemption import Exemption, SignedExemption, check_exemption, sign_exemption
from aboveboard.core.records import RECORD_BYTES_MAX
from aboveboard.core.signing import SigningKey
from aboveboard.core.yaml_fields import Lines
from aboveboard.wire.durable import read_bounded, write_durable

TEMPLATE = """\
# An exemption: what is not recorded for a region or a group of ten or more. It can only take away.
title: Payroll is closing the year
region: ""                        # such as DE-BE; or:
group: payroll                    # a label; each laptop says so itself: `settings set --group payroll`
people_least: 10                  # how many the group has at least
apps: []                          # programs not recorded there
sites: ["https://payroll.example.org"]
titles: ["*salary*"]              # patterns on titles and sites
categories: [text]                # kinds of data not recorded there
starts: 2026-12-01
expires: 2027-01-31
"""


def _read(path: Path) -> bytes:
    data = read_bounded(path, RECORD_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def compile_exemption(text: str, filename: str) -> Exemption:
    """Raises BadInput with `file:line: field`."""
    lines = Lines(text, filename, RECORD_BYTES_MAX)
    exemption = lines.convert(Exemption, {})
    try:
        exemption.check()
    except BadInput as error:
        raise BadInput(error.what, lines.where(error.where)) from error
    return exemption


def new(args: argparse.Namespace) -> int:
    """A commented template."""
    if args.out.exists():
        raise BadInput("is there already", str(args.out))
    write_durable(args.out, TEMPLATE.encode())
    print(f"wrote {args.out}")
    return 0


def sign(args: argparse.Namespace) -> int:
    """Adds one signature, offline."""
    key = SigningKey.decode(text_of(_read(args.key), args.key))
    data = _read(args.file)
    if args.file.suffix == ".json":
        signed = SignedExemption.parse(data)
    else:
        signed = SignedExemption(compile_exemption(text_of(data, args.file), str(args.file)))
    signed = sign_exemption(signed, key)
    write_durable(args.out, signed.to_bytes())
    print(f"{signed.exemption.exemption_id} signed by {', '.join(each.key for each in signed.signatures)}")
    return 0


def publish(args: argparse.Namespace) -> int:
    """Brings it to the collector, which puts it into the log."""
    signed = SignedExemption.parse(_read(args.file))
    check_exemption(signed, read_charter(args.charter))
    bring(args.collector, "/v1/exemptions", signed.to_bytes(), "the exemption")
    print(signed.exemption.exemption_id)
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    maker = verbs.add_parser("new", help="write a commented template")
    maker.add_argument("--out", type=Path, required=True)
    maker.set_defaults(run=new)
    signer = verbs.add_parser("sign", help="add a signature, offline: a steward's and a representative's are needed")
    signer.add_argument("file", type=Path, help="YAML for the first signature, the signed file (.json) for the next")
    signer.add_argument("--key", type=Path, required=True)
    signer.add_argument("--out", type=Path, required=True)
    signer.set_defaults(run=sign)
    publisher = verbs.add_parser("publish", help="have a signed exemption put into the log; laptops follow it")
    publisher.add_argument("file", type=Path, help="the signed file")
    publisher.add_argument("--charter", type=Path, required=True)
    publisher.add_argument("--collector", required=True, metavar="URL")
    publisher.set_defaults(run=publish)
