"""The collector over HTTP: takes what holds, refuses the rest with its reason, and the log says what was done."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

import msgspec
import pytest

from aboveboard.audit.source import FolderSource
from aboveboard.audit.verify import verify
from aboveboard.collector.settings import Settings
from aboveboard.core.errors import Refused
from aboveboard.core.ids import SegmentId
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.proof import BatchProof, check_batch_proof
from aboveboard.core.signing import SigningKey
from aboveboard.serve import open_service
from aboveboard.wire.api import SegmentReply, parse
from tests.support.servers import Person, Researcher, Servers, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers"), settings) as made:
        yield made


def test_an_invitation_counts_once_and_for_the_same_laptop_again(servers: Servers) -> None:
    code, one, other = servers.invited(), Person(servers), Person(servers)
    assert one.enrol(code).status_code == 201
    assert other.enrol(code).status_code == 403
    assert one.enrol(code).status_code == 201
    assert Person(servers).enrol("made up").status_code == 403


def test_a_consent_is_promised_and_then_in_the_log(servers: Servers) -> None:
    person = Person(servers)
    person.enrol()
    answer = person.say()
    assert answer.status_code == 201
    assert person.consent is not None
    name = person.consent.record.consent_id
    proof = servers.proven(f"/v1/consents/{name}/proof", person.headers)
    check_batch_proof(
        person.consent.record.commitment, parse(proof.content, "proof", BatchProof), servers.world.charter
    )
    assert servers.http.get(f"/v1/consents/{name}/proof", headers=Person(servers).ready().headers).status_code in (
        403,
        404,
    )


def test_a_consent_to_no_policy_here_or_of_somebody_else_is_refused(servers: Servers) -> None:
    person, other = Person(servers), Person(servers)
    person.enrol()
    other.enrol()
    assert person.say(policy="f" * 64).status_code == 403  # type: ignore[arg-type]
    other.token = person.token
    assert other.say().status_code == 403


def test_segments_are_taken_in_order_once_and_promised(servers: Servers) -> None:
    person = Person(servers).ready()
    first = person.sealed()
    answer = person.send(first)
    assert answer.status_code == 201
    reply = parse(answer.content, "segment", SegmentReply)
    reply.promise.check(servers.world.log_key.verify_key)
    assert reply.promise.promise.id == first.manifest.segment_id
    assert person.send(first).status_code == 200
    second = person.sealed()
    assert person.send(second).status_code == 201
    proof = servers.proven(f"/v1/segments/{person.device}/1/proof", person.headers)
    commitment = segment_commitment(SegmentId(second.manifest.segment_id))
    check_batch_proof(commitment, parse(proof.content, "proof", BatchProof), servers.world.charter)
    held = servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"]
    assert [each["seq"] for each in held] == [0, 1]
    assert servers.http.get("/v1/me/segments/0", headers=person.headers).content == first.to_bytes()


def test_a_segment_out_of_order_says_which_is_expected(servers: Servers) -> None:
    person = Person(servers).ready()
    assert person.send(person.sealed()).status_code == 201
    for wrong in (person.sealed(seq=3), person.sealed(prev="f" * 64), person.sealed(seq=0, prev="0" * 64)):
        answer = person.send(wrong)
        assert (answer.status_code, answer.json()["expected"]) == (409, 1)


def test_a_segment_that_is_not_what_it_says_is_refused(servers: Servers) -> None:
    person = Person(servers).ready()
    good = person.sealed()
    damaged = msgspec.structs.replace(good, sealed=good.sealed[:-1] + bytes([good.sealed[-1] ^ 1]))
    answer = person.send(damaged, digest_of=good.to_bytes())
    assert (answer.status_code, "send it again" in answer.text) == (400, True), "damaged on the way"
    assert person.send(damaged).status_code == 422, "sent like this"
    assert person.send(person.sealed(key=SigningKey.generate("device"))).status_code == 422
    torn = msgspec.structs.replace(good, sealed=good.sealed[:-1])
    assert person.send(torn).status_code == 422
    other = Person(servers).ready()
    other.token = person.token
    assert other.send(other.sealed()).status_code in (400, 401, 403)
    assert servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"] == []


def test_a_segment_without_a_consent_to_its_policy_is_refused(servers: Servers) -> None:
    person, other = Person(servers).ready(), Person(servers).ready()
    mine, person.consent = person.consent, other.consent
    assert person.send(person.sealed()).json()["error"]["reason"] == "no_consent"
    person.consent = mine
    assert person.say("withdrawn").status_code == 201
    assert person.send(person.sealed()).json()["error"]["reason"] == "no_consent"


def test_what_was_chosen_to_be_sent_before_leaving_still_arrives(servers: Servers) -> None:
    person = Person(servers).ready()
    assert person.say("opt_out").status_code == 201
    assert person.send(person.sealed()).status_code == 201


OWN = ["/v1/me/segments", "/v1/me/segments/0", "/v1/me/accesses", "/v1/consents/x/proof", "/v1/deletions/x",
       "/v1/segments/x/0/proof"]  # fmt: skip


@pytest.mark.parametrize("path", OWN)
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer made-up", "Basic abc"])
def test_what_is_a_persons_own_needs_their_token(path: str, header: str, servers: Servers) -> None:
    answer = servers.http.get(path, headers={"Authorization": header} if header else {})
    assert answer.status_code in (401, 403), answer.text


def test_one_person_does_not_see_anothers(servers: Servers) -> None:
    one, other = Person(servers).ready(), Person(servers).ready()
    assert one.send(one.sealed()).status_code == 201
    assert servers.http.get("/v1/me/segments", headers=other.headers).json()["segments"] == []
    assert servers.http.get(f"/v1/segments/{one.device}/0/proof", headers=other.headers).status_code in (403, 404)
    path = f"/v1/segments/{one.device}/1"
    assert servers.http.put(path, content=b"", headers=other.headers).status_code in (400, 401, 403)


def test_a_reader_without_a_grant_gets_nothing(servers: Servers) -> None:
    person = Person(servers).ready()
    person.send(person.sealed())
    for stewards, changes in ((1, {}), (2, {"purpose": "research-interfaces"}), (2, {"expires_us": 1}),
                              (2, {"policies": ("f" * 64,)})):  # fmt: skip
        reader = Researcher(servers, stewards, dict(changes))
        assert reader.bring().status_code == 403, changes
        assert reader.ask("GET", f"/v1/grants/{reader.signed.grant.grant_id}/segments").status_code in (403, 404)


def test_a_request_signed_by_another_is_refused(servers: Servers) -> None:
    reader = Researcher(servers)
    assert reader.bring().status_code == 201
    path = f"/v1/grants/{reader.signed.grant.grant_id}/segments"
    assert reader.ask("GET", path, key=SigningKey.generate("reader")).status_code in (401, 403)
    assert servers.http.get(path).status_code in (401, 403)


def test_a_second_collector_on_the_same_folder_is_refused(servers: Servers) -> None:
    with pytest.raises(Refused, match=r"another (process|collector)"):
        open_service(servers.folder / "collector", servers.world.charter, [], servers.service.clock)


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"\xff", b'{"code":"x"}', b"{" * 100_000])
@pytest.mark.parametrize(
    "path", ["/v1/enrol", "/v1/policies", "/v1/invitations", "/v1/consents", "/v1/deletions", "/v1/grants"]
)
def test_any_body_is_a_clear_error(path: str, body: bytes, servers: Servers) -> None:
    person = Person(servers)
    person.enrol()
    answer = servers.http.post(path, content=body, headers=person.headers)
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]["text"]


def test_a_body_that_is_too_long_is_refused(servers: Servers) -> None:
    answer = servers.http.post("/v1/policies", content=b" " * ((1 << 20) + 1))
    assert answer.status_code in (400, 413)


def test_the_log_it_publishes_holds_in_every_check(servers: Servers) -> None:
    person = Person(servers).ready()
    person.send(person.sealed())
    servers.proven(f"/v1/segments/{person.device}/0/proof", person.headers)
    report, _ = verify(FolderSource(servers.folder / "collector"), servers.world.charter)
    assert report.ok, report.to_text()


@pytest.mark.parametrize("path", ["/tile/0/../../log.key", "/published/../../vault.json", "/tile/..%2f..%2fvault.json",
                                  "/published/policies/../../../master.key", "/tile/.state/journal"])  # fmt: skip
def test_no_path_leads_out_of_what_is_published(path: str, servers: Servers) -> None:
    url = servers.http.base_url
    connection = http.client.HTTPConnection(url.host, url.port or 80, timeout=10)  # sends the path as it is
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 404
    assert b"SECRET" not in answer.read()
    connection.close()
