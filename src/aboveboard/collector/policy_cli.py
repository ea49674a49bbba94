"""`aboveboard policy`: written as YAML, signed as canonical bytes, published when signed, explained in words."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import msgspec

from aboveboard.collector.charter_cli import read_charter
from aboveboard.collector.sending import bring, text_of
from aboveboard.core.dpv import policy_document
from aboveboard.core.errors import BadInput
from aboveboard.core.policy import POLICY_BYTES_MAX, Policy, SignedPolicy, sign_policy, verify_signatures
from aboveboard.core.policy_diff import compare
from aboveboard.core.policy_posting import posting
from aboveboard.core.policy_words import explain, summary
from aboveboard.core.policy_yaml import compile_policy, new_policy_yaml
from aboveboard.core.signing import SigningKey
from aboveboard.wire.durable import read_bounded, write_durable


def _read(path: Path) -> bytes:
    data = read_bounded(path, POLICY_BYTES_MAX * 2)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def _policy(path: Path) -> Policy:
    """From YAML, or from a signed file."""
    data = _read(path)
    if path.suffix == ".json":
        return Policy.parse(SignedPolicy.parse(data).policy_bytes)
    return compile_policy(text_of(data, path), str(path))


def new(args: argparse.Namespace) -> int:
    """A commented template."""
    if args.out.exists():
        raise BadInput("is there already", str(args.out))
    write_durable(args.out, new_policy_yaml().encode())
    print(f"wrote {args.out}: every field has to be said; then `aboveboard policy check {args.out}`")
    return 0


def check(args: argparse.Namespace) -> int:
    """Whether it can be read, and with a charter whether its signatures suffice."""
    policy = _policy(args.policy)
    if args.charter is not None:
        if args.policy.suffix != ".json":
            raise BadInput("signatures are in the signed file (.json), not in the YAML", str(args.policy))
        verify_signatures(SignedPolicy.parse(_read(args.policy)), read_charter(args.charter))
    print(policy.policy_id)
    return 0


def sign(args: argparse.Namespace) -> int:
    """Adds one signature. Works offline; needs nothing but the file and the key."""
    key = SigningKey.decode(_read(args.key).decode("ascii", errors="replace"))
    if args.out.exists() and args.policy.suffix != ".json":
        raise BadInput("is there already; sign that file instead of the YAML", str(args.out))
    known = SignedPolicy.parse(_read(args.policy)) if args.policy.suffix == ".json" else None
    data = known.policy_bytes if known else _policy(args.policy).to_bytes()
    signatures = known.signatures if known else ()
    signed = SignedPolicy.of(data, (*signatures, sign_policy(data, key)))
    write_durable(args.out, signed.to_bytes())
    print(f"{signed.policy_id} signed by {', '.join(each.key for each in signed.signatures)}")
    return 0


def publish(args: argparse.Namespace) -> int:
    """Brings a signed policy to the collector, which puts it into the log."""
    signed = SignedPolicy.parse(_read(args.policy))
    verify_signatures(signed, read_charter(args.charter))
    bring(args.collector, "/v1/policies", signed.to_bytes(), "the policy")
    print(signed.policy_id)
    return 0


def notice(args: argparse.Namespace) -> int:
    """The notice as it is shown before consent, or as a page to post."""
    policy, charter = _policy(args.policy), read_charter(args.charter)
    if args.html is not None:
        write_durable(args.html, posting(policy, charter).encode())
        print(f"wrote {args.html}: print it on A4 and post it")
    if args.screen or args.html is None:
        print(explain(policy, charter), end="")
    return 0


def show(args: argparse.Namespace) -> int:
    """What it says, for people; or the canonical bytes as they are signed, or in terms of W3C DPV."""
    policy = _policy(args.policy)
    if args.canonical:
        sys.stdout.write(policy.to_bytes().decode())
    elif args.dpv:
        print(json.dumps(policy_document(policy), indent=1, ensure_ascii=False))
    elif args.json:
        print(json.dumps({"policy": policy.policy_id, **msgspec.to_builtins(policy)}, indent=1, ensure_ascii=False))
    else:
        print(summary(policy), end="")
        for each in SignedPolicy.parse(_read(args.policy)).signatures if args.policy.suffix == ".json" else ():
            print(f"signature, not checked here: {each.key}")
    return 0


def diff(args: argparse.Namespace) -> int:
    """What widens and what narrows, in words."""
    found = compare(_policy(args.old), _policy(args.new))
    if args.json:
        print(json.dumps([{"verdict": verdict, "what": what} for verdict, what in found]))
        return 0
    for verdict, what in found:
        print(f"{verdict}: {what}")
    if not found:
        print("nothing differs")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    maker = verbs.add_parser("new", help="write a commented template")
    maker.add_argument("--out", type=Path, required=True)
    maker.set_defaults(run=new)

    checker = verbs.add_parser("check", help="say whether it can be read, with file, line and field of what can't")
    checker.add_argument("policy", type=Path, help="YAML, or a signed file with --charter")
    checker.add_argument("--charter", type=Path, help="also check the signatures against this charter")
    checker.set_defaults(run=check)

    signer = verbs.add_parser("sign", help="add a signature, offline")
    signer.add_argument("policy", type=Path, help="YAML for the first signature, the signed file for the next")
    signer.add_argument("--key", type=Path, required=True)
    signer.add_argument("--out", type=Path, required=True)
    signer.set_defaults(run=sign)

    publisher = verbs.add_parser("publish", help="have a fully signed policy put into the log")
    publisher.add_argument("policy", type=Path, help="the signed file")
    publisher.add_argument("--charter", type=Path, required=True)
    publisher.add_argument("--collector", required=True, metavar="URL")
    publisher.set_defaults(run=publish)

    notes = verbs.add_parser("notice", help="print the notice, every field of the policy in plain words")
    notes.add_argument("policy", type=Path)
    notes.add_argument("--charter", type=Path, required=True)
    notes.add_argument("--html", type=Path, metavar="FILE", help="write the page to print and post: A4, self-contained")
    notes.add_argument("--screen", action="store_true", help="the text shown before consent (default without --html)")
    notes.set_defaults(run=notice)

    shower = verbs.add_parser("show", help="say what it says, every field")
    shower.add_argument("policy", type=Path, help="YAML, or a signed file")
    form = shower.add_mutually_exclusive_group()
    form.add_argument("--canonical", action="store_true", help="the exact bytes that are signed, nothing after them")
    form.add_argument("--json", action="store_true", help="as JSON, with its name")
    form.add_argument("--dpv", action="store_true", help="in terms of the W3C Data Privacy Vocabulary, as JSON-LD")
    shower.set_defaults(run=show)

    differ = verbs.add_parser("diff", help="say in words what widens and what narrows")
    differ.add_argument("old", type=Path)
    differ.add_argument("new", type=Path)
    differ.add_argument("--json", action="store_true", help="as JSON")
    differ.set_defaults(run=diff)
