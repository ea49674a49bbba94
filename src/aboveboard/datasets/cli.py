"""`aboveboard dataset`: grants, building under one, verifying, tracing."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TypeAlias

import msgspec

from aboveboard.core.access import SignedGrant, new_grant, sign_grant
from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.grant_end import SignedGrantRevocation, sign_grant_revocation
from aboveboard.core.ids import GrantId, PolicyId
from aboveboard.core.signing import SigningKey, VerifyKey
from aboveboard.datasets.build import build, write_split
from aboveboard.datasets.change import diff, without
from aboveboard.datasets.engine import ENGINES, check_engine
from aboveboard.datasets.manifest import Manifest, read_manifest, verify
from aboveboard.datasets.marks import check_unmarked
from aboveboard.datasets.reader import Reader, make_keys, read_keys
from aboveboard.datasets.schema import read_episodes, table_of
from aboveboard.datasets.spec import parse_spec
from aboveboard.datasets.stats import bars, count, draw
from aboveboard.datasets.trace import Tracer
from aboveboard.datasets.view import page
from aboveboard.wire.client import Client
from aboveboard.wire.durable import make_folders, read_bounded, write_durable

DAY_US = 86_400_000_000
EXPORTS = ("agentnet", "openai", "anthropic", "browsergym", "lerobot", "owamcap")
IMPORTS = ("agentnet", "owamcap")
Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
FILE_BYTES_MAX = 1 << 20
REPLY_BYTES_MAX = 1 << 16


def read_file(path: Path) -> bytes:
    data = read_bounded(path, FILE_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(path))
    return data


def read_charter(path: Path) -> Charter:
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
    key = SigningKey.decode(read_file(args.key).decode("ascii", errors="replace"))
    signed = sign_grant(SignedGrant.parse(read_file(args.grant)), key)
    write_durable(args.grant, signed.to_bytes())
    print(f"{signed.grant.grant_id} signed by {', '.join(each.key for each in signed.signatures)}")
    return 0


def _grant_revoke(args: argparse.Namespace) -> int:
    """Tells the collector and each guardian, one after the other; 1 unless all have heeded it."""
    key = SigningKey.decode(read_file(args.key).decode("ascii", errors="replace"))
    grant = SignedGrant.parse(read_file(Path(args.grant))).grant.grant_id if Path(args.grant).exists() else args.grant
    body = sign_grant_revocation(GrantId(grant), key).to_bytes()
    charter = read_charter(args.charter)
    SignedGrantRevocation.parse(body).check(charter)
    if args.out is not None:
        write_durable(args.out, body)
    urls = [args.collector or charter.collector.url, *(args.guardian or [each.url for each in charter.guardians])]
    silent = [problem for url in urls if (problem := _bring(url, body)) is not None]
    for problem in silent:
        print(f"aboveboard: {problem}", file=sys.stderr)
    print(f"{grant}: taken back at {len(urls) - len(silent)} of {len(urls)} servers")
    return 1 if silent else 0


def _bring(url: str, body: bytes) -> str | None:
    """What is wrong, or None when that server has heeded it."""
    client = Client(url)
    try:
        answer = client.request("POST", "/v1/grants/revocations", body=body, size_max=REPLY_BYTES_MAX)
    except Unavailable as error:
        return f"{url} was not told: {error}; run this again"
    finally:
        client.close()
    return None if answer.status in (200, 201) else f"{url} did not take it ({answer.status})"


def open_reader(args: argparse.Namespace) -> Reader:
    """From --home, --charter, --grant, --collector and --guardian."""
    charter = read_charter(args.charter)
    return Reader(
        read_keys(args.home), charter, SignedGrant.parse(read_file(args.grant)),
        args.collector or charter.collector.url, args.guardian, SystemClock(),
    )  # fmt: skip


def add_reader(parser: argparse.ArgumentParser) -> None:
    """What open_reader reads."""
    parser.add_argument("--home", type=Path, required=True, help="the reader's folder")
    parser.add_argument("--charter", type=Path, required=True, help="the charter, from somebody you trust")
    parser.add_argument("--grant", type=Path, required=True, help="the grant, signed by enough stewards")
    parser.add_argument("--collector", metavar="URL", help="instead of the charter's")
    parser.add_argument(
        "--guardian", metavar="URL", action="append", default=[], help="instead of the charter's; repeat for each"
    )


def _charter_given(args: argparse.Namespace) -> Charter | None:
    return read_charter(args.charter) if args.charter else None


def _build(args: argparse.Namespace) -> int:
    text = read_file(args.spec).decode("utf-8", errors="replace")
    spec = parse_spec(text, str(args.spec))
    check_engine(args.engine)
    if args.workers < 0:
        raise BadInput("at least 1", "--workers")
    reader = open_reader(args)
    try:
        manifest = build(
            reader, spec, text, args.out, skip_bad=args.skip_bad, engine=args.engine, workers=args.workers
        )  # fmt: skip
    finally:
        reader.close()
    return _told(manifest, args)


def _told(manifest: Manifest, args: argparse.Namespace) -> int:
    if args.json:
        print(json.dumps(msgspec.to_builtins(manifest)))
    else:
        print(f"{manifest.episodes} episodes, {manifest.steps} steps from {len(manifest.sources)} segments: {args.out}")
    return 0


def _without(args: argparse.Namespace) -> int:
    reader = open_reader(args)
    try:
        manifest = without(reader, args.folder, args.contributor, args.out)
    finally:
        reader.close()
    return _told(manifest, args)


def _verify(args: argparse.Namespace) -> int:
    for line in verify(args.folder, _charter_given(args)):
        print(line)
    if args.collector:
        print(check_unmarked(args.folder, args.collector))
    return 0


def _diff(args: argparse.Namespace) -> int:
    found = diff(args.one, args.two)
    if args.json:
        print(json.dumps(found))
    else:
        for what, value in found.items():
            if isinstance(value, dict):
                for field, (before, after) in value.items():
                    print(f"{field}: {before} -> {after}")
            elif isinstance(value, list) and value:
                print(f"{what.replace('_', ' ')}: {len(value)}")
                for name in value:
                    print(f"  {name}")
    return 1 if any(found.values()) else 0


def _stats(args: argparse.Namespace) -> int:
    found = count(read_episodes(args.folder))
    if args.pictures:
        draw(found, args.pictures)
    if args.json:
        print(json.dumps(found))
        return 0
    print(f"{found['episodes']} episodes of {found['contributors']} contributors, {found['steps']} steps")
    for what, values in found.items():
        if isinstance(values, dict) and values:
            print(what.replace("_", " "))
            for name, n in values.items():
                print(f"  {name:20} {n}")
    return 0


def _view(args: argparse.Namespace) -> int:
    episodes = read_episodes(args.folder)
    if not 0 <= args.since < max(len(episodes), 1):
        raise BadInput(f"there are episodes 0 to {len(episodes) - 1}", "--from")
    title = read_manifest(args.folder)[0].title
    found = count(episodes)
    pictures = [bars("Steps by kind", _counts(found, "kinds")), bars("Steps by program", _counts(found, "apps"))]
    write_durable(args.out, page(title, episodes, pictures, args.since).encode())
    print(args.out)
    return 0


def _counts(found: dict[str, object], field: str) -> dict[str, int]:
    return msgspec.convert(found[field], dict[str, int])


def _trace(args: argparse.Namespace) -> int:
    traced = Tracer(args.folder, _charter_given(args)).row(args.row)
    if args.json:
        print(json.dumps(msgspec.to_builtins(traced)))
        return 0
    print(f"row {traced.row}: step {traced.step} ({traced.kind}) of episode {traced.episode}")
    for each in traced.segments:
        print(f"  segment {each.segment}, number {each.index} of {each.of} in the dataset's root")
        print(
            f"    consent {each.consent}\n    policy  {each.policy}{': ' + each.policy_log if each.policy_log else ''}"
        )
    if traced.said:
        words = (
            "what the contributor said, and has corrected since" if traced.corrected else "what the contributor said"
        )
        print(f"  {words}: {', '.join(each.segment for each in traced.said)}")
    print(f"  dataset {traced.manifest_sha256}" + (f": {traced.dataset_log}" if traced.dataset_log else ""))
    if args.charter is None:
        print("  give --charter to check the proofs that dataset and policies are in the log")
    return 0


def _export(args: argparse.Namespace) -> int:
    from aboveboard.datasets.export import export

    lost = export(args.form, args.folder, args.out, (args.width, args.height))
    for line in lost:
        print(f"not carried: {line}", file=sys.stderr)
    print(args.out)
    return 0


def _import(args: argparse.Namespace) -> int:
    from aboveboard.datasets.imports import import_file

    episodes = import_file(args.form, args.file, (args.width, args.height))
    make_folders(args.out / "data")
    write_split(args.out / "data" / "train.parquet", map(table_of, episodes))
    print(f"{len(episodes)} episodes: {args.out}")
    return 0


def configure(parser: argparse.ArgumentParser) -> None:
    """Adds the verbs."""
    verbs = parser.add_subparsers(dest="what", metavar="WHAT", required=True)

    reader = verbs.add_parser("reader-init", help="make a reader's keys; prints their public halves as JSON")
    reader.add_argument("--home", type=Path, required=True)
    reader.add_argument("--name", required=True)
    reader.set_defaults(run=_reader_init)

    grants = verbs.add_parser("grant", help="write a grant, sign it, take it back").add_subparsers(
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

    back = grants.add_parser("revoke", help="take a grant back, as a steward or a representative: for good")
    back.add_argument("grant", help="the grant's file, or its ID")
    back.add_argument("--key", type=Path, required=True, help="a steward's or a representative's")
    back.add_argument("--charter", type=Path, required=True, help="the charter in force")
    back.add_argument("--collector", metavar="URL", help="instead of the charter's")
    back.add_argument(
        "--guardian", metavar="URL", action="append", default=[], help="instead of the charter's; repeat for each"
    )
    back.add_argument("--out", type=Path, metavar="FILE", help="the signed word too, to bring it by a page")
    back.set_defaults(run=_grant_revoke)

    builder = verbs.add_parser("build", help="build a dataset under a grant")
    builder.add_argument("spec", type=Path, help="YAML, see docs/spec/dataset.md")
    add_reader(builder)
    builder.add_argument("--out", type=Path, required=True)
    builder.add_argument("--skip-bad", action="store_true", help="go on without bad segments, and count them")
    builder.add_argument(
        "--engine", default="processes", metavar="ENGINE",
        help=f"where sessions are worked on: {', '.join(ENGINES)} or ray://HOST:PORT (default processes)",
    )  # fmt: skip
    builder.add_argument("--workers", type=int, default=0, help="default: one for each processor")
    builder.add_argument("--json", action="store_true", help="print the manifest as JSON")
    builder.set_defaults(run=_build)

    less = verbs.add_parser("without", help="make a dataset again without a contributor, and mark the old one")
    less.add_argument("folder", type=Path)
    less.add_argument("contributor", help="their ID, or their pseudonym in this dataset")
    add_reader(less)
    less.add_argument("--out", type=Path, required=True)
    less.add_argument("--json", action="store_true", help="print the manifest as JSON")
    less.set_defaults(run=_without)

    _configure_readers(verbs)
    _configure_exchange(verbs)


def _configure_readers(verbs: Verbs) -> None:
    """What only looks at a dataset that is there."""
    checker = verbs.add_parser("verify", help="check files, sources and, with the charter, the log entry")
    checker.add_argument("folder", type=Path)
    checker.add_argument("--charter", type=Path)
    checker.add_argument("--collector", metavar="URL", help="also ask whether it was marked since")
    checker.set_defaults(run=_verify)

    differ = verbs.add_parser("diff", help="what differs between two datasets; 1 when anything does")
    differ.add_argument("one", type=Path)
    differ.add_argument("two", type=Path)
    differ.add_argument("--json", action="store_true", help="as JSON")
    differ.set_defaults(run=_diff)

    stats = verbs.add_parser("stats", help="count what is in it, and draw it")
    stats.add_argument("folder", type=Path)
    stats.add_argument("--json", action="store_true", help="as JSON")
    stats.add_argument("--pictures", type=Path, metavar="FOLDER", help="also write one SVG for each count")
    stats.set_defaults(run=_stats)

    viewer = verbs.add_parser("view", help="write a page to browse the episodes; it needs no server")
    viewer.add_argument("folder", type=Path)
    viewer.add_argument("--out", type=Path, required=True, metavar="FILE.html")
    viewer.add_argument("--from", dest="since", type=int, default=0, metavar="N", help="first episode on the page")
    viewer.set_defaults(run=_view)

    tracer = verbs.add_parser("trace", help="from a row to segment, consent, policy and the log")
    tracer.add_argument("folder", type=Path)
    tracer.add_argument("row", type=int)
    tracer.add_argument("--charter", type=Path, help="check the proofs of the log")
    tracer.add_argument("--json", action="store_true", help="as JSON")
    tracer.set_defaults(run=_trace)


def _configure_exchange(verbs: Verbs) -> None:
    """Other formats, out and in."""
    exporter = verbs.add_parser("export", help="write a dataset in another format; says what that can't carry")
    exporter.add_argument("form", choices=EXPORTS)
    exporter.add_argument("folder", type=Path)
    exporter.add_argument("--out", type=Path, required=True)
    importer = verbs.add_parser("import", help="read public data in another format, to mix in")
    importer.add_argument("form", choices=IMPORTS)
    importer.add_argument("file", type=Path)
    importer.add_argument("--out", type=Path, required=True)
    for each, run in ((exporter, _export), (importer, _import)):
        each.add_argument("--width", type=int, default=1920, help="of the screen in pixels (default 1920)")
        each.add_argument("--height", type=int, default=1080, help="of the screen in pixels (default 1080)")
        each.set_defaults(run=run)
