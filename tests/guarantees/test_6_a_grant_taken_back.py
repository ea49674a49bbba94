"""Guarantee 6: one steward or one representative ends a grant; collector and guardian each give nothing more."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from aboveboard.cli import main
from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.grant_end import SignedGrantRevocation, sign_grant_revocation
from aboveboard.core.leaves import GrantRevokedLeaf
from aboveboard.core.signing import SigningKey
from aboveboard.witness.grant_ends import GrantEnds
from tests.support.attackers import guarded, guardian_server
from tests.support.servers import Person, Researcher, Servers

PATH = "/v1/grants/revocations"


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with guarded(tmp_path_factory.mktemp("servers")) as made:
        yield made


def _word(reader: Researcher, key: SigningKey) -> bytes:
    return sign_grant_revocation(reader.signed.grant.grant_id, key).to_bytes()


@pytest.mark.parametrize("side", ["steward", "representative"])
def test_after_one_word_nothing_more_is_given(servers: Servers, side: str) -> None:
    world, person = servers.world, Person(servers).ready()
    segment = person.sealed()
    assert person.send(segment).status_code == 201
    reader, other = Researcher(servers), Researcher(servers)
    assert (reader.bring().status_code, other.bring().status_code) == (201, 201)
    reply = reader.release()
    release = next(each for each in reply.releases if each.opening.contributor == person.contributor)
    request = reader.to_guardian(release, reply)
    assert servers.guardian.release("/v1/release", request.to_bytes()).status == 200

    key = world.stewards[0] if side == "steward" else world.representatives[0]
    before = servers.service.log.size
    with guardian_server(servers):  # the collector tells it: nobody else does here
        answer = servers.http.post(PATH, content=_word(reader, key))
        assert answer.status_code == 201
        index = answer.json()["index"]
        assert servers.http.post(PATH, content=_word(reader, key)).json() == {"index": index}, "once in the log"
        _until_told(servers, reader)
    entries = servers.service.log.entries(before, servers.service.log.size)
    assert entries.count(GrantRevokedLeaf(reader.signed.grant.grant_id).encode()) == 1

    grant = f"/v1/grants/{reader.signed.grant.grant_id}"
    for method, path in (
        ("POST", f"{grant}/release"), ("GET", f"{grant}/segments"),
        ("GET", f"{grant}/segments/{segment.manifest.segment_id}"),
    ):  # fmt: skip
        refused = reader.ask(method, path)
        assert (refused.status_code, refused.json()["error"]["reason"]) == (403, "grant_revoked"), path
    assert reader.bring().status_code == 403
    with pytest.raises(Refused, match="taken back"):
        servers.guardian.release("/v1/release", request.to_bytes())
    assert other.release().releases, "another grant is as it was"


def _until_told(servers: Servers, reader: Researcher) -> None:
    ends = GrantEnds(servers.folder)
    for _ in range(200):
        try:
            ends.check(reader.signed.grant.grant_id)
        except Refused:
            return
        time.sleep(0.05)
    raise AssertionError("the guardian was not told")


def test_nobody_elses_word_ends_one(servers: Servers) -> None:
    world, reader = servers.world, Researcher(servers)
    assert reader.bring().status_code == 201
    for key in (reader.key, world.employer, world.council, SigningKey.generate(world.stewards[0].name)):
        word = _word(reader, key)
        assert servers.http.post(PATH, content=word).status_code == 403
        with pytest.raises(Refused, match="0 valid signatures"):
            servers.guardian.revoke(PATH, word)
    signed = SignedGrantRevocation.parse(_word(reader, world.stewards[0]))
    others = msgspec.structs.replace(signed.revocation, grant="0" * 64)
    moved = msgspec.structs.replace(signed, revocation=others).to_bytes()
    assert servers.http.post(PATH, content=moved).status_code == 403
    for bad in (b"{}", b"[]", b"\xff", _word(reader, world.stewards[0]).replace(b'"v":1', b'"v":2')):
        assert servers.http.post(PATH, content=bad).status_code == 400
        with pytest.raises(BadInput):
            servers.guardian.revoke(PATH, bad)
    assert reader.release().policies


def test_before_the_grant_is_brought_and_by_the_command(
    servers: Servers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command tells both, says who is silent, and may be run again."""
    reader, charter, grant, key = Researcher(servers), tmp_path / "charter", tmp_path / "grant", tmp_path / "key"
    charter.write_bytes(servers.world.charter.to_bytes())
    grant.write_bytes(reader.signed.to_bytes())
    key.write_text(servers.world.representatives[0].encode())
    words = ["dataset", "grant", "revoke", str(grant), "--key", str(key), "--charter", str(charter),
             "--collector", str(servers.http.base_url), "--out", str(tmp_path / "word")]  # fmt: skip
    assert main(words) == 1, "the guardian is away"
    said = capsys.readouterr()
    assert ("1 of 2" in said.out, "not told" in said.err) == (True, True)
    with guardian_server(servers):
        assert main(words) == 0
    with pytest.raises(Refused):
        GrantEnds(servers.folder).check(reader.signed.grant.grant_id)
    assert reader.bring().status_code == 403
    assert json.loads((tmp_path / "word").read_bytes())["revocation"]["grant"] == reader.signed.grant.grant_id
    key.write_text(reader.key.encode())
    assert main(words) != 0
    assert "0 valid signatures" in capsys.readouterr().err
