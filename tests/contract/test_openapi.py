"""The OpenAPI document is true: schemathesis makes requests from it, good and bad, and holds every answer to it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aboveboard.collector.settings import Settings
from aboveboard.core.consent import ConsentRecord, sign_consent
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.vault import EpochDeposit, sign_deposit
from aboveboard.wire.api import Invitation, Revocation, sign_invitation, sign_revocation
from tests.support.portal_world import Portal, portal, settle
from tests.support.servers import Person, Researcher, now_us

ROOT = Path(__file__).parents[2]
# What is signed is refused for its signature, so good data by form need not be accepted; whether a route can be used
# without its token is walked for every route and role elsewhere.
LEFT_OUT = "positive_data_acceptance,ignored_auth,missing_required_header,use_after_free,object_level_authorization"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with portal(tmp_path_factory.mktemp("portal")) as made:
        yield made


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Portal]:
    settings = Settings(
        request.getfixturevalue("postgresql").new_database(), request.getfixturevalue("s3").new_bucket()
    )
    with portal(tmp_path_factory.mktemp("portal"), settings) as made:
        yield made


def world(made: Portal, known: bool) -> dict[str, Any]:
    """For openapi_hooks.py. known: with a laptop's token and a reader's key, else as somebody from the street."""
    servers, person = made.servers, Person(made.servers).ready()
    assert person.consent is not None
    first = person.sealed()
    assert person.send(first).status_code == 201
    reader = Researcher(servers)
    assert reader.bring().status_code == 201
    asked = servers.http.post(
        "/v1/deletions", content=person.delete("segments", (SegmentId("e" * 64),)), headers=person.headers
    )
    settle(servers)
    steward = servers.world.stewards[0]
    deposit = EpochDeposit(person.contributor, person.key.verify_key.encode(), person.device, person.epoch,
                           person.recipient, servers.policy.policy_id, collector_share="AAAA")  # fmt: skip
    record = ConsentRecord("withdrawn", person.contributor, person.key.verify_key.encode(), person.device,
                           servers.policy.policy_id, (), "0" * 64, now_us(), os.urandom(16).hex())  # fmt: skip
    code = os.urandom(10).hex()
    grant = reader.signed.grant.grant_id
    bodies: dict[str, bytes] = {
        "post /v1/charters": servers.http.get("/v1/charters").content,
        "post /v1/policies": servers.world.signed(made.proposal).to_bytes(),
        "post /v1/invitations": sign_invitation(Invitation(sha256_hex(code.encode()), now_us() + 10**9), steward)
        .to_bytes(),
        "post /v1/invitations/revocations": sign_revocation(Revocation("a" * 64), steward).to_bytes(),
        "post /v1/consents": sign_consent(record, person.key).to_bytes(),
        "put /v1/epochs/{epoch}": sign_deposit(deposit, person.key).to_bytes(),
        "post /v1/deletions": person.delete("segments", (first.manifest.segment_id,)),
        "post /v1/grants": reader.signed.to_bytes(),
        "put /v1/grants/{grant_id}/datasets/{manifest}/sources": json.dumps({"segments": [first.manifest.segment_id]})
        .encode(),
        "post /v1/datasets": json.dumps({"grant": grant, "root": "a" * 64, "manifest_sha256": "b" * 64}).encode(),
        "post /v1/models": json.dumps({"grant": grant, "model_sha256": "c" * 64, "dataset_manifest_sha256": "b" * 64})
        .encode(),
    }  # fmt: skip
    return {
        "token": person.token if known else "", "reader": reader.key.encode() if known else "",
        "segment": base64.b64encode(person.sealed().to_bytes()).decode(),
        "names": {"device": person.device, "device_id": person.device, "epoch": person.epoch, "seq": 0, "index": 1,
                  "consent": person.consent.record.consent_id, "grant_id": grant, "segment": first.manifest.segment_id,
                  "manifest": "b" * 64, "model": "c" * 64, "name": asked.json()["deletion"], "path": "0/000.p/1"},
        "bodies": {where: json.loads(body) for where, body in bodies.items()},
    }  # fmt: skip


def run(made: Portal, known: bool, examples: int, folder: Path) -> str:
    """What schemathesis says. Fails with it unless every answer was as the document has it."""
    told = folder / "world.json"
    told.write_text(json.dumps(world(made, known)))
    env = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.support.openapi_hooks", "ABOVEBOARD_OPENAPI_WORLD": str(told),
           "PYTHONPATH": str(ROOT), "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis")}  # fmt: skip
    phases = "coverage,fuzzing" if examples > 1 else "fuzzing"
    line = [sys.executable, "-m", "schemathesis.cli", "run", f"{made.url}/openapi.json", "--phases", phases, "--checks",
            "all", "--exclude-checks", LEFT_OUT, "--max-examples", str(examples), "--seed", "1",
            "--continue-on-failure", "--no-shrink", "--warnings", "off", "--no-color"]  # fmt: skip
    done = subprocess.run(line, env=env, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-4000:]
    return done.stdout


def test_every_route_answers_as_documented(here: Portal, tmp_path: Path) -> None:
    print(run(here, True, 3, tmp_path))


def test_to_somebody_from_the_street_too(here: Portal, tmp_path: Path) -> None:
    run(here, False, 1, tmp_path)


@pytest.mark.parametrize("where", ["here", "there"])
@pytest.mark.parametrize(("method", "path", "body"), [
    ("GET", f"/v1/me/segments/{2**63}", b""),
    ("GET", f"/v1/me/segments/{2**70}", b""),
    ("GET", "/v1/leaves/x/proof", b""),
    ("GET", "/v1/deletions/a%00b", b""),
    ("GET", "/v1/grants/%ED%A0%80/segments", b""),
    ("POST", "/v1/datasets", b'{"grant":"a\\u0000b","root":"r","manifest_sha256":"m"}'),
    ("POST", "/v1/datasets", b'{"grant":"\\ud800","root":"r","manifest_sha256":"m"}'),
    ("POST", "/v1/models", b"[" * 100_000),
    ("POST", "/v1/invitations", b'{"invitation":{"code_sha256":"a","expires_us":1e999},"signature":{}}'),
])  # fmt: skip
def test_what_no_row_can_hold_is_the_senders_fault(
    method: str, path: str, body: bytes, where: str, request: pytest.FixtureRequest
) -> None:
    """Never a 5xx: who is told to come again later would come for ever."""
    made: Portal = request.getfixturevalue(where)
    answer = made.servers.http.request(method, path, content=body, headers=made.person.headers)
    assert (answer.status_code < 500, "reason" in answer.json()["error"]) == (True, True), answer.text


def test_a_date_that_is_no_number_of_microseconds_is_refused(here: Portal) -> None:
    reader = Researcher(here.servers)
    for date in ("1" * 5000, "²", "", "-1"):
        headers = {b"Date-Us": date.encode("latin-1"), b"Aboveboard-Reader": b"AAAA"}
        answer = here.servers.http.post("/v1/grants", content=reader.signed.to_bytes(), headers=headers)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (401, "reader")


def test_every_method_of_an_address_is_allowed(here: Portal) -> None:
    answer = here.servers.http.request("PATCH", "/v1/charters")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, POST")


@pytest.mark.prove
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("known", [True, False])
def test_on_postgresql_and_s3_with_many_more(known: bool, there: Portal, tmp_path: Path) -> None:
    print(run(there, known, 100, tmp_path))
