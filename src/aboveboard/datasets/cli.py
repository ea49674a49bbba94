"""`aboveboard dataset`: grants, building under one, verifying, tracing."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import msgspec

from aboveboard.core.access import SignedGrant, new_grant, sign_grant
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput
from aboveboard.core.ids import PolicyId
from aboveboard.core.signing import SigningKey, VerifyKey
from aboveboard.datasets.build import build
from aboveboard.datasets.manifest import read_manifest, verify
from aboveboard.datasets.reader import Reader, make_keys, read_keys
from aboveboard.datasets.schema import read_episodes
from aboveboard.datasets.spec import parse_spec
from aboveboard.wire.durable import read_bounded, write_durable

DAY_US = 86_400_000_000
FILE_BYTES_MAX = 1 << 20


def _read(path: Path) -> bytes:
    data = read_bounded(path, FILE_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def _charter(path: Path) -> Charter:
    data = read_bounded(path, CHARTER_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(path))
    return Charter.parse(data, str(path))


def _reader_init(args: argparse.Namespace) -> int:
    keys = make_keys(args.home, args.name)
    public = {"reader_key": keys.key.verify_key.encode(), "reader_recipient": str(keys.identity.to_public())}
    print(json.dumps(public))
    return 0


def _grant_new(args: argparse.Namespace) -> int:
    now_us = SystemClock().now_us()
    grant = new_grant(
        purpose=args.purpose, reader=args.reader, reader_key=VerifyKey.decode(args.reader_key),
        reader_recipient=args.reader_recipient, policies=tuple(PolicyId(each) for each in args.policy),
        contributors="all", created_us=now_us, expires_us=now_us + args.days * DAY_US,
    )  # fmt: skip
    write_durable(args.out, SignedGrant(grant).to_bytes())
    print(grant.grant_id)
    return 0


def _grant_sign(args: argparse.Namespace) -> int:
    key = SigningKey.decode(_read(args.key).decode("ascii", errors="replace"))
    signed = sign_grant(SignedGrant.parse(_read(args.grant)), key)
    write_durable(args.grant, signed.to_bytes())
    print(f"{signed.grant.grant_id} signed by {', '.join(each.key for each in signed.signatures)}")
    return 0


def open_reader(args: argparse.Namespace) -> Reader:
    """From --home, --charter, --grant, --collector and --guardian."""
    charter = _charter(args.charter)
    return Reader(
        read_keys(args.home), charter, SignedGrant.parse(_read(args.grant)), args.collector or charter.collector.url,
        args.guardian or charter.guardian.url, SystemClock(),
    )  # fmt: skip


def add_reader(parser: argparse.ArgumentParser) -> None:
    """What open_reader reads."""
    parser.add_argument("--home", type=Path, required=True, help="the reader's folder")
    parser.add_argument("--charter", type=Path, required=True, help="the charter, from somebody you trust")
    parser.add_argument("--grant", type=Path, required=True, help="the grant, signed by enough stewards")
    parser.add_argument("--collector", metavar="URL", help="instead of the charter's")
    parser.add_argument("--guardian", metavar="URL", help="instead of the charter's")


def _build(args: argparse.Namespace) -> int:
    text = _read(args.spec).decode("utf-8", errors="replace")
    spec = parse_spec(text, str(args.spec))
    reader = open_reader(args)
    try:
        manifest = build(reader, spec, text, args.out, skip_bad=args.skip_bad)
    finally:
        reader.close()
    if args.json:
        print(json.dumps(msgspec.to_builtins(manifest)))
    else:
        print(f"{manifest.episodes} episodes, {manifest.steps} steps from {len(manifest.sources)} segments: {args.out}")
    return 0


def _verify(args: argparse.Namespace) -> int:
    for line in verify(args.folder, _charter(args.charter) if args.charter else None):
        print(line)
    return 0


def _stats(args: argparse.Namespace) -> int:
    episodes = read_episodes(args.folder)
    kinds = Counter(step.kind for episode in episodes for step in episode.steps)
    found = {
        "episodes": len(episodes), "steps": sum(kinds.values()), "kinds": dict(kinds.most_common()),
        "outcomes": dict(Counter(episode.outcome or "not said" for episode in episodes)),
        "contributors": len({episode.contributor for episode in episodes}),
    }  # fmt: skip
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{found['episodes']} episodes of {found['contributors']} contributors, {found['steps']} steps")
    for kind, n in kinds.most_common():
        print(f"  {kind:14} {n}")
    return 0


def _trace(args: argparse.Namespace) -> int:
    rows = [(episode, n) for episode in read_episodes(args.folder) for n in range(len(episode.steps))]
    if not 0 <= args.row < len(rows):
        raise BadInput(f"the dataset has rows 0 to {len(rows) - 1}")
    episode, n = rows[args.row]
    manifest, _ = read_manifest(args.folder)
    sources = {source.segment: source for source in manifest.sources}
    print(f"row {args.row}: step {n} ({episode.steps[n].kind}) of episode {episode.episode_id}")
    for segment in episode.steps[n].segments:
        source = sources[segment]
        print(f"  segment {segment}\n    consent {source.consent}\n    policy  {source.policy}")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    reader = verbs.add_parser("reader-init", help="make a reader's keys; prints their public halves as JSON")
    reader.add_argument("--home", type=Path, required=True)
    reader.add_argument("--name", required=True)
    reader.set_defaults(run=_reader_init)

    grants = verbs.add_parser("grant", help="write and sign a grant").add_subparsers(
        dest="grant_what", metavar="WHAT", required=True
    )
    new = grants.add_parser("new", help="write a grant for one purpose and one reader")
    new.add_argument("--purpose", required=True, help="one of the policy's purposes, such as train-agents")
    new.add_argument("--reader", required=True, help="the reader's name, as contributors will see it")
    new.add_argument("--reader-key", required=True)
    new.add_argument("--reader-recipient", required=True)
    new.add_argument("--policy", action="append", required=True, help="a policy's ID; repeat for several")
    new.add_argument("--days", type=int, default=30, help="until it expires (default 30)")
    new.add_argument("--out", type=Path, required=True)
    new.set_defaults(run=_grant_new)
    sign = grants.add_parser("sign", help="approve a grant, as one of the stewards; two have to")
    sign.add_argument("grant", type=Path)
    sign.add_argument("--key", type=Path, required=True)
    sign.set_defaults(run=_grant_sign)

    builder = verbs.add_parser("build", help="build a dataset under a grant")
    builder.add_argument("spec", type=Path, help="YAML, see docs/spec/dataset.md")
    add_reader(builder)
    builder.add_argument("--out", type=Path, required=True)
    builder.add_argument("--skip-bad", action="store_true", help="go on without bad segments, and count them")
    builder.add_argument("--json", action="store_true", help="print the manifest as JSON")
    builder.set_defaults(run=_build)

    checker = verbs.add_parser("verify", help="check files, sources and, with the charter, the log entry")
    checker.add_argument("folder", type=Path)
    checker.add_argument("--charter", type=Path)
    checker.set_defaults(run=_verify)

    stats = verbs.add_parser("stats", help="count what is in it")
    stats.add_argument("folder", type=Path)
    stats.add_argument("--json", action="store_true", help="as JSON")
    stats.set_defaults(run=_stats)

    tracer = verbs.add_parser("trace", help="from a row to segment, consent and policy")
    tracer.add_argument("folder", type=Path)
    tracer.add_argument("row", type=int)
    tracer.set_defaults(run=_trace)
