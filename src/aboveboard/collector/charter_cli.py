"""`aboveboard charter`: keys, the root of trust that names them, and how it is replaced by a new one."""

from __future__ import annotations

import argparse
import itertools
import json
import sys
from pathlib import Path

import msgspec

from aboveboard.collector.sending import bring, fetch, text_of
from aboveboard.core.canonical import canonical
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.charter_chain import (
    BUNDLE_BYTES_MAX,
    CharterBundle,
    SignedCharter,
    check_signed,
    follow,
    sign_charter,
)
from aboveboard.core.charter_words import compare_charters, describe
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.signing import COSIGNATURE_V1, ED25519, SigningKey
from aboveboard.core.yaml_fields import Lines
from aboveboard.wire.api import CharterChain, parse
from aboveboard.wire.durable import read_bounded, write_durable


def _read(path: Path, size_max: int = BUNDLE_BYTES_MAX) -> bytes:
    data = read_bounded(path, size_max)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def read_charter(path: Path) -> Charter:
    """Raises BadInput with the file's name."""
    return Charter.parse(_read(path, CHARTER_BYTES_MAX), str(path))


def _signed(path: Path) -> SignedCharter:
    try:
        return SignedCharter.parse(_read(path))
    except BadInput as error:
        raise BadInput(f"{error.what}: is it made by `aboveboard charter rotate`?", str(path)) from error


def keygen(args: argparse.Namespace) -> int:
    """A signing key into a file only its owner may read; prints the public half."""
    if args.out.exists():
        raise BadInput("is there already: keys are never overwritten", str(args.out))
    key = SigningKey.generate(args.name, COSIGNATURE_V1 if args.witness else ED25519)
    write_durable(args.out, key.encode().encode() + b"\n", 0o600)
    print(key.verify_key.encode())
    return 0


def compile_charter(text: str, filename: str, previous: str = "") -> Charter:
    """From YAML or JSON with the charter's fields. Raises BadInput with `file:line: field`.

    Defaults are said aloud in the charter itself: what is signed and pinned leaves nothing to a program's version.
    """
    lines = Lines(text, filename, CHARTER_BYTES_MAX)
    charter = lines.convert(Charter, {})
    if previous:
        if charter.previous not in ("", previous):
            raise BadInput("names another charter than the one it replaces", lines.where("previous"))
        charter = msgspec.structs.replace(charter, previous=previous)
    try:
        charter.check()
    except BadInput as error:
        raise BadInput(error.what, lines.where(error.where)) from error
    return Charter.parse(canonical(msgspec.to_builtins(charter)), filename)


def init(args: argparse.Namespace) -> int:
    """A charter from a specification, checked, in canonical form."""
    charter = compile_charter(text_of(_read(args.spec), args.spec), str(args.spec))
    write_durable(args.out, charter.to_bytes())
    print(charter.charter_id)
    return 0


def _print_changes(old: Charter, new: Charter) -> None:
    found = compare_charters(old, new)
    for verdict, what in found:
        print(f"{verdict}: {what}")
    if not found:
        print("nothing differs")


def show(args: argparse.Namespace) -> int:
    """Who may sign what; with --against, what a new one changes."""
    data = _read(args.charter)
    signed = SignedCharter.parse(data) if b'"signatures"' in data[-BUNDLE_BYTES_MAX:] else None
    charter = Charter.parse(signed.charter_bytes if signed else data, str(args.charter))
    if args.canonical:
        sys.stdout.write(charter.to_bytes().decode())
    elif args.json:
        print(json.dumps({"charter": charter.charter_id, **msgspec.to_builtins(charter)}))
    elif args.against is not None:
        _print_changes(read_charter(args.against), charter)
    else:
        print("\n".join(describe(charter)))
        for each in signed.signatures if signed else ():
            print(f"signature, not checked here: {each.key}")
    return 0


def rotate(args: argparse.Namespace) -> int:
    """The new charter, naming the old one, for the old one's people to sign; says what it gives up."""
    old = read_charter(args.old)
    new = compile_charter(text_of(_read(args.spec), args.spec), str(args.spec), old.charter_id)
    write_durable(args.out, SignedCharter.of(new.to_bytes()).to_bytes())
    print(f"charter {new.charter_id} is to replace {old.charter_id}")
    _print_changes(old, new)
    print(f"to be signed by the employer and {old.representatives.threshold} representatives of the old charter: "
          f"`aboveboard charter sign {args.out} --charter {args.old} --key KEY`")  # fmt: skip
    return 0


def sign(args: argparse.Namespace) -> int:
    """Adds one signature, offline, after saying what it changes."""
    signed, old = _signed(args.file), read_charter(args.charter)
    new = Charter.parse(signed.charter_bytes, str(args.file))
    if new.previous != old.charter_id:
        raise Refused("charter", "the new charter does not name this one as its previous one")
    key = SigningKey.decode(text_of(_read(args.key), args.key))
    _print_changes(old, new)
    signed = SignedCharter(signed.charter, (*signed.signatures, sign_charter(signed.charter_bytes, key)))
    write_durable(args.out or args.file, signed.to_bytes())
    print(f"{new.charter_id} signed by {', '.join(each.key for each in signed.signatures)}")
    return 0


def publish(args: argparse.Namespace) -> int:
    """Brings the signed charter to the collector, which puts it into the log."""
    signed, old = _signed(args.file), read_charter(args.charter)
    new = check_signed(old, signed)
    bring(args.collector, "/v1/charters", signed.to_bytes(), "the charter")
    print(new.charter_id)
    return 0


def _bundles(source: str) -> list[CharterBundle]:
    if source.startswith(("http://", "https://")):
        data = fetch(source, "/v1/charters", BUNDLE_BYTES_MAX * 8)
        return list(parse(data, "charters", CharterChain, len(data)).charters)
    folder = Path(source)
    for inner in (folder / "published" / "charters", folder / "charters", folder):
        if paths := sorted(inner.glob("*.json")):
            return [CharterBundle.parse(_read(path)) for path in paths]
    raise BadInput("holds no charters", source)


def follow_on(args: argparse.Namespace) -> int:
    """From a pinned charter to the one in force, each step verified; nothing else is trusted."""
    bundles = _bundles(args.source)
    charters = follow(read_charter(args.charter), bundles)
    for old, new in itertools.pairwise(charters):
        print(f"{old.charter_id} was replaced by {new.charter_id}")
        _print_changes(old, new)
    if args.guardian is not None:
        for bundle in bundles:
            bring(args.guardian, "/v1/charters", bundle.to_bytes(), "the charter")
    print(f"in force: {charters[-1].charter_id}")
    if args.out is not None:
        write_durable(args.out, charters[-1].to_bytes())
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
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
    shower = verbs.add_parser("show", help="say who may sign what, or what a new charter changes")
    shower.add_argument("charter", type=Path, help="a charter, or one that is being signed")
    form = shower.add_mutually_exclusive_group()
    form.add_argument("--against", type=Path, metavar="OLD", help="say what it changes against this charter")
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--canonical", action="store_true", help="the exact bytes that its name is the hash of")
    shower.set_defaults(run=show)
    _configure_rotation(verbs)


def _configure_rotation(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    rotator = verbs.add_parser("rotate", help="write a charter that replaces another; says what it gives up")
    rotator.add_argument("old", type=Path, help="the charter in force")
    rotator.add_argument("spec", type=Path, help="the new one's specification, all fields of it")
    rotator.add_argument("--out", type=Path, required=True, help="file to be signed")
    rotator.set_defaults(run=rotate)
    signer = verbs.add_parser("sign", help="add a signature to a new charter, offline; says what it changes")
    signer.add_argument("file", type=Path, help="made by `rotate`")
    signer.add_argument("--charter", type=Path, required=True, help="the charter in force")
    signer.add_argument("--key", type=Path, required=True)
    signer.add_argument("--out", type=Path, help="another file (default: the same)")
    signer.set_defaults(run=sign)
    publisher = verbs.add_parser("publish", help="have a signed charter put into the log and take over")
    publisher.add_argument("file", type=Path)
    publisher.add_argument("--charter", type=Path, required=True, help="the charter in force")
    publisher.add_argument("--collector", required=True, metavar="URL")
    publisher.set_defaults(run=publish)
    follower = verbs.add_parser("follow", help="from a charter you pinned to the one in force, each step verified")
    follower.add_argument("charter", type=Path, help="the one you pinned")
    follower.add_argument("source", help="a collector's URL, or a folder with its published charters")
    follower.add_argument("--out", type=Path, help="write the one in force there")
    follower.add_argument("--guardian", metavar="URL", help="bring each step to this guardian, so that it follows too")
    follower.set_defaults(run=follow_on)
