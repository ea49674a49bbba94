"""Server time and weight of every page, with 8,000 contributors and 90 days of one, each beside the server's
plain health answer in turn with it: `python -m bench.portal [--quick]`.

Whatever a page lists is there as often as the server allows, or as a year of a busy programme would have it: policies,
proposals and grants on their way, datasets, models, releases and deletions.
"""

from __future__ import annotations

import os
import re
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import insert, select

from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import (
    commitments,
    consents,
    dataset_people,
    dataset_sources,
    datasets,
    deletions,
    devices,
    epochs,
    grants,
    models,
    releases,
    segments,
)
from aboveboard.collector.terms import publish_policy
from aboveboard.core.access import new_opening
from aboveboard.core.consent import ConsentRecord, SignedConsent
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.leaves import (
    DAY_US,
    BatchLeaf,
    DatasetBuiltLeaf,
    DeletionAskedLeaf,
    DeletionDoneLeaf,
    ModelTrainedLeaf,
    parse_leaf,
)
from aboveboard.core.merkle import root_hash
from aboveboard.core.signatures import Signature
from aboveboard.wire.segment import Manifest
from bench.common import Row, arguments, row, tell
from tests.support.chromium import chromium
from tests.support.portal_world import Portal, bring, manifest, portal, settle
from tests.support.servers import Researcher

PEOPLE, DAYS, SEGMENTS_A_DAY, LOG_ENTRIES = 8000, 90, 48, 20_000
MS_MAX, KIB_MAX = 100, 150


def fill(pages: Portal, *, people: int, days: int, entries: int) -> None:
    """Rows as the collector would have them. Signatures in them are not read by the pages, and are none."""
    service, me = pages.servers.service, pages.person
    with service.database.transaction() as tx:
        for start in range(0, people, 1000):
            records = [_consent(pages, f"{number:032x}") for number in range(start, min(start + 1000, people))]
            tx.execute(insert(consents), records)
        seq = me.seq
        rows = [_segment(pages, seq + number) for number in range(days * SEGMENTS_A_DAY)]
        tx.execute(insert(segments), rows)
        others = [_segment(pages, seq + number, f"{number:032x}") for number in range(people)]
        tx.execute(insert(devices), [_device(each["device"], each["contributor"]) for each in others])
        tx.execute(insert(epochs), [_epoch(pages, each["contributor"], each["epoch"]) for each in others])
        tx.execute(insert(segments), others)
        queued = [{"commitment": f"{number:064x}", "what": "rights", "batch": 1} for number in range(people)]
        tx.execute(insert(commitments), queued)
    for _ in range(0, entries, 1000):
        service.log.append([BatchLeaf("segments", os.urandom(32).hex(), 64).encode() for _ in range(1000)])
    fill_lists(pages, [str(each["segment"]) for each in rows], max(1, people // 200))
    service.wake.set()
    settle(pages.servers)


def fill_lists(pages: Portal, mine: Sequence[str], most: int) -> None:
    """most: how many datasets, and models; of all else in proportion, up to what the server takes."""
    service, me, world = pages.servers.service, pages.person, pages.servers.world
    for number in range(most // 2):
        agreed = world.policy(version=100 + number, notice_days=0, contact=f"contact-{number}@example.org")
        publish_policy(service, world.signed(agreed))
        offered = world.policy(version=500 + number, title=f"Offered {number}")
        bring(pages, world.signed(offered, [world.employer]).to_bytes())
        for reader in (Researcher(pages.servers, 1, {"reader": f"Reader {number} {half}"}) for half in range(3)):
            bring(pages, reader.signed.to_bytes(), "/researchers")
        said = {"text": f"{number}: {'it should say more of the pictures, and for how long they are kept. ' * 5}"}
        path = f"/representatives/{pages.proposal.policy_id}/comments"
        pages.servers.http.post(path, data=said, headers=pages.member_of(path).headers)
    asked = [DeletionAskedLeaf(os.urandom(32).hex(), DAY_US * 40_000).encode() for _ in range(most * 25)]
    done = [DeletionDoneLeaf(parse_leaf(each).commitment).encode() for each in asked[::2]]  # type: ignore[union-attr]
    service.log.append([*asked, *done])
    _fill_built(pages, [SegmentId(each) for each in mine], most)
    _fill_releases(pages, most * 3)
    with service.database.transaction() as tx:
        row = {"contributor": me.contributor, "signed": b"{}", "due_us": DAY_US * 40_000, "done": False}
        tx.execute(insert(deletions), [{**row, "deletion": os.urandom(32).hex()} for _ in range(most)])


def _fill_built(pages: Portal, mine: Sequence[SegmentId], most: int) -> None:
    """Each dataset holds all that was there by its day."""
    service = pages.servers.service
    for number in range(most):
        held = mine[: (number + 1) * len(mine) // most]
        data = manifest(pages.servers, f"Office tasks, build {number}", held)
        name, model = sha256_hex(data), os.urandom(32).hex()
        root = root_hash([each.encode() for each in sorted(held)]).hex()
        built, trained = service.log.append(
            [DatasetBuiltLeaf(root, name).encode(), ModelTrainedLeaf(model, name).encode()]
        )
        marked = built if number % 3 == 0 else None
        with service.database.transaction() as tx:
            grant = tx.execute(select(grants.c.grant_id).limit(1)).scalar_one()
            tx.execute(
                insert(datasets), [{"manifest": name, "grant_id": grant, "leaf_index": built, "marked_index": marked}]
            )
            tx.execute(insert(dataset_sources), [{"manifest": name, "segment": each} for each in held])
            tx.execute(insert(dataset_people), [{"manifest": name, "contributor": pages.person.contributor}])
            tx.execute(
                insert(models), [{"model": model, "manifest": name, "leaf_index": trained, "marked_index": marked}]
            )
        settle(pages.servers)
        assert bring(pages, data, "/researchers/cards") == 303


def _fill_releases(pages: Portal, most: int) -> None:
    """Of the person's keys, each under a grant of its own."""
    service, me = pages.servers.service, pages.person
    rows: list[dict[str, object]] = []
    readers = [Researcher(pages.servers, 2, {"nonce": f"{number:032x}"}).signed for number in range(most)]
    for each in readers:
        opening = new_opening(each.grant, me.contributor, me.epoch)
        [index] = service.log.append([opening.leaf().encode()])
        rows.append({"grant_id": each.grant.grant_id, "epoch": me.epoch, "contributor": me.contributor,
                     "opening": opening.to_bytes(), "leaf_index": index, "at_us": 1 << 50})  # fmt: skip
    with service.database.transaction() as tx:
        tx.execute(insert(grants), [{"grant_id": each.grant.grant_id, "signed": each.to_bytes()} for each in readers])
        tx.execute(insert(releases), rows)


def _consent(pages: Portal, contributor: str) -> dict[str, object]:
    base = pages.person.consent
    assert base is not None
    fields = {name: getattr(base.record, name) for name in ConsentRecord.__struct_fields__}
    record = ConsentRecord(**{**fields, "contributor": contributor, "salt": os.urandom(16).hex()})
    signed = SignedConsent(record, Signature("contributor", "00000000", ""))
    return {"consent": record.consent_id, "contributor": contributor, "kind": "given", "policy": record.policy,
            "signed": signed.to_bytes()}  # fmt: skip


def _segment(pages: Portal, seq: int, other: str = "") -> dict[str, object]:
    me = pages.person
    consent = me.consent
    assert consent is not None
    sealed: Manifest = me.sealed(seq=0).manifest if not _manifest else _manifest[0]
    _manifest[:] = [sealed]
    return {"segment": os.urandom(32).hex(), "device": other or me.device, "seq": seq, "deleted": False,
            "contributor": other or me.contributor, "epoch": other or me.epoch, "policy": sealed.policy,
            "consent": consent.record.consent_id, "manifest": sealed.to_bytes()}  # fmt: skip


_manifest: list[Manifest] = []


def _device(device: object, contributor: object) -> dict[str, object]:
    return {"device": device, "contributor": contributor, "cert": b"", "token_sha256": os.urandom(32).hex()}


def _epoch(pages: Portal, contributor: object, epoch: object) -> dict[str, object]:
    return {"epoch": epoch, "contributor": contributor, "policy": pages.servers.policy.policy_id, "deposit": None,
            "until_us": 1 << 60}  # fmt: skip


def _named(path: str) -> str:
    return re.sub(r"[0-9a-f]{64}", "<id>", path)


def p95_ms(pages: Portal, path: str, rounds: int) -> tuple[float, float, bytes]:
    """Over the loopback, the client's time included: of the page, of a plain answer in turn with it, and the body."""
    headers = {"Cookie": pages.cookies(path)}
    times: dict[str, list[float]] = {path: [], "/healthz": []}
    body = b""
    for _ in range(rounds):
        for each, taken in times.items():
            began = time.perf_counter()
            answer = pages.servers.http.get(each, headers=headers)
            taken.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, (each, answer.text)
            body = answer.content if each == path else body
    page, floor = (statistics.quantiles(taken, n=20)[-1] for taken in times.values())
    return page, floor, body


def measure(service: Service, pages: Portal, *, rounds: int) -> list[Row]:
    began = time.perf_counter()
    first = pages.servers.http.get("/")
    assert first.status_code == 200
    took = (time.perf_counter() - began) * 1000
    rows = [row(f"/: the first after a start, log of {service.log.size} entries", took, "ms")]
    get = pages.servers.http.get
    style = len(get("/style.css").content) + len(get("/scripts/verify.js").content)
    for path in (*pages.paths, "/me/everything"):
        name = _named(path)
        took, floor, body = p95_ms(pages, path, rounds)
        is_page = path != "/me/everything"
        rows.append(row(f"{name}: server time, p95", took, "ms", target=f"<= {MS_MAX}" if is_page else ""))
        rows.append(row(f"{name}: p95 beside a plain answer", took, "ms", peer=floor, peer_name="/healthz"))
        if is_page:
            rows.append(row(f"{name}: weight with style and script", (len(body) + style) / 1024, "KiB",
                            target=f"<= {KIB_MAX}"))  # fmt: skip
    return rows


def first_paint(pages: Portal, *, rounds: int) -> list[Row]:
    """In a headless Chromium with an empty cache: first contentful paint, the median of each page."""
    rows = []
    with chromium() as browser:
        browser.call("Network.setCacheDisabled", cacheDisabled=True)
        pages.sign_in(browser)
        for path in pages.paths:
            times = []
            for _ in range(rounds):
                browser.go(pages.url + path)
                browser.wait(f"{_PAINT} !== undefined")
                times.append(float(browser.evaluate(f"{_PAINT}.startTime")))
            name = _named(path)
            rows.append(row(f"{name}: first contentful paint, median", statistics.median(times), "ms"))
    return rows


_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]"


def main() -> None:
    args = arguments(__doc__ or "")
    people, entries, rounds = (200, 1000, 40) if args.quick else (PEOPLE, LOG_ENTRIES, 200)
    with tempfile.TemporaryDirectory() as home, portal(Path(home)) as pages:
        fill(pages, people=people, days=DAYS, entries=entries)
        rows = measure(pages.servers.service, pages, rounds=rounds)
        tell([*rows, *first_paint(pages, rounds=3 if args.quick else 9)], args.json)


if __name__ == "__main__":
    main()
