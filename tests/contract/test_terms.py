"""Charters, policies, exemptions and enrolment at a real collector, as laptops and guardians follow them."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from aboveboard.collector.settings import Settings as Stores
from aboveboard.core.charter import Signers
from aboveboard.core.charter_chain import CharterBundle, SignedCharter, follow, history
from aboveboard.core.errors import CheckFailed, Refused
from aboveboard.core.exemption import Exemption, SignedExemption, sign_exemption
from aboveboard.core.ids import sha256_hex
from aboveboard.core.leaves import PolicyLeaf
from aboveboard.core.policy import CategoryTerms, SignedPolicy, sign_policy
from aboveboard.core.proof import check_proof
from aboveboard.core.signing import SigningKey
from aboveboard.datasets.reader import Opened, Reader, ReaderKeys
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.settings import Settings
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.upload import Uplink
from aboveboard.serve import open_service
from aboveboard.wire.api import (
    CharterChain,
    CurrentPolicy,
    Exemptions,
    Invitation,
    Policies,
    Revocation,
    parse,
    sign_invitation,
    sign_revocation,
)
from aboveboard.witness.http import Route
from tests.support.charters import old_people, signed_by, successor
from tests.support.servers import DAY_US, PROOF_S_MAX, Person, Researcher, Servers, now_us, running, small_server


@pytest.fixture(params=["sqlite", "postgresql"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "sqlite":
        return Stores()
    return Stores(database=request.getfixturevalue("postgresql").new_database())


@pytest.fixture
def servers(tmp_path: Path, stores: Stores) -> Iterator[Servers]:
    with running(tmp_path, stores) as found:
        yield found


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PROOF_S_MAX
    while not holds():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)


def _charters(servers: Servers) -> tuple[CharterBundle, ...]:
    return parse(servers.get("/v1/charters").content, "charters", CharterChain, 1 << 24).charters


def _policies(servers: Servers) -> tuple[CurrentPolicy, ...]:
    return parse(servers.get("/v1/policies").content, "policies", Policies, 1 << 24).policies


def _rotate(servers: Servers, **changes: Any) -> Any:
    """The new charter, in force at the collector."""
    old = servers.service.charter
    new = successor(old, **changes)
    signed = signed_by(new, old_people(servers.world))
    assert servers.http.post("/v1/charters", content=signed.to_bytes()).status_code == 201
    _until(lambda: servers.get("/v1/charter").content == new.to_bytes())
    return new


def _publish(servers: Servers, policy: Any, keys: list[SigningKey]) -> int:
    data = policy.to_bytes()
    signed = SignedPolicy.of(data, tuple(sign_policy(data, key) for key in keys))
    return servers.http.post("/v1/policies", content=signed.to_bytes()).status_code


def test_a_published_policy_comes_again_only_with_its_signatures(tmp_path: Path) -> None:
    """Else "201" would say that signatures hold which nobody looked at."""
    with running(tmp_path) as servers:
        world, policy = servers.world, servers.policy
        assert _publish(servers, policy, [world.employer, *world.representatives[:2]]) == 201
        assert _publish(servers, policy, [world.employer]) == 403
        assert _publish(servers, policy, []) == 403
        assert servers.service.log.size == len(set(servers.service.log.entries(0, 100)))


def _laptop(servers: Servers, folder: Path, region: str = "DE") -> tuple[Home, Terms, Uplink]:
    home = Home(folder)
    home.make()
    home.write(servers.world.charter.to_bytes(), "charter.json")
    home.write(Config(region, str(servers.http.base_url).rstrip("/"), "http://127.0.0.1:1").to_bytes(), "config.json")
    return home, Terms(home, servers.service.clock), Uplink(home.config())


# ------------------------------------------------------------ charters


def test_a_new_charter_takes_over_and_everyone_follows(servers: Servers, tmp_path: Path) -> None:
    world, pinned = servers.world, servers.world.charter
    home, terms, uplink = _laptop(servers, tmp_path / "home")
    terms.refresh(uplink)
    assert terms.policy() == servers.policy
    keys = [SigningKey.generate(f"new-{i}") for i in range(3)]
    people = Signers(2, tuple(key.verify_key.encode() for key in keys))
    new = _rotate(servers, representatives=people)
    assert follow(pinned, _charters(servers)) == (pinned, new)
    # The old representatives sign no policy any more; the new ones do; the policy from before still acts.
    later = world.policy(version=2, notice_days=0, starts="2026-01-01")
    assert _publish(servers, later, old_people(world)) == 403
    terms.refresh(uplink)
    assert (terms.charter(), terms.policy()) == (new, servers.policy)
    assert _publish(servers, later, [world.employer, *keys[:2]]) == 201
    _until(lambda: len(_policies(servers)) == 2)
    terms.refresh(uplink)
    assert terms.policy() == later
    assert home.pinned() == pinned
    published = {path.stem for path in (servers.folder / "collector/log/published/charters").glob("*.json")}
    assert published == {pinned.charter_id, new.charter_id}
    uplink.close()


def test_what_the_old_charter_did_not_sign_never_gets_in(servers: Servers) -> None:
    new = successor(servers.world.charter)
    for keys in ([], servers.world.representatives, [servers.world.employer]):
        body = signed_by(new, keys).to_bytes()
        assert servers.http.post("/v1/charters", content=body).status_code == 403
    assert len(_charters(servers)) == 1


def test_a_collector_that_starts_anew_goes_on_under_the_new_charter(tmp_path: Path, stores: Stores) -> None:
    with running(tmp_path, stores) as servers:
        new = _rotate(servers, never_record=("*bank*", "*health*"))
        world, clock = servers.world, servers.service.clock
    for given in (world.charter, new):
        service = open_service(tmp_path / "collector", given, [], clock, stores)
        assert service.charter == new
        service.intake.close()
        service.log.close()
        service.database.close()
    with pytest.raises(Exception, match="another charter"):
        open_service(tmp_path / "collector", successor(new), [], clock, stores)


def test_a_laptop_that_is_shown_a_forged_charter_stops(servers: Servers, tmp_path: Path) -> None:
    _home, terms, uplink = _laptop(servers, tmp_path / "home")
    terms.refresh(uplink)
    forged = CharterBundle(
        SignedCharter.of(successor(servers.world.charter).to_bytes()), _charters(servers)[0].log_proof
    )

    class Lying(Uplink):
        def charters(self) -> tuple[CharterBundle, ...]:
            return (*_charters(servers), forged)

    lying = Lying(_home.config())
    with pytest.raises((Refused, CheckFailed), match="old charter's employer"):
        terms.refresh(lying)
    assert terms.charter() == servers.world.charter
    lying.close()
    uplink.close()


def test_the_guardian_follows_and_refuses_what_does_not_follow(servers: Servers) -> None:
    new = _rotate(servers)
    for bundle in _charters(servers):
        reply = servers.guardian.charters("/v1/charters", bundle.to_bytes())
    assert (reply.status, new.charter_id in reply.body.decode()) == (200, True)
    forged = CharterBundle(SignedCharter.of(successor(new).to_bytes()), bundle.log_proof)
    with pytest.raises((Refused, CheckFailed)):
        servers.guardian.charters("/v1/charters", forged.to_bytes())


def test_what_was_recorded_under_the_old_charter_is_read_under_the_new_one(servers: Servers) -> None:
    """By a reader and a guardian who both pinned the old one and follow by themselves."""
    person = Person(servers).ready()
    assert person.send(person.sealed()).status_code == 201
    keys = [SigningKey.generate(f"new-{i}") for i in range(3)]
    _rotate(servers, representatives=Signers(2, tuple(key.verify_key.encode() for key in keys)))
    for bundle in _charters(servers):
        servers.guardian.charters("/v1/charters", bundle.to_bytes())
    researcher = Researcher(servers)
    reader_keys = ReaderKeys(researcher.key, researcher.identity)
    with small_server([Route("POST", "/v1/release", 1 << 20, servers.guardian.release)]) as url:
        reader = Reader(
            reader_keys, servers.world.charter, researcher.signed, str(servers.http.base_url).rstrip("/"), [url],
            servers.service.clock,
        )  # fmt: skip
        assert reader.unlock() == 1
        assert len([each for each in reader.segments() if isinstance(each, Opened)]) == 1
        reader.close()


# ------------------------------------------------------------ the notice period's proof


def test_the_first_proof_of_a_policy_is_served_ever_after(servers: Servers) -> None:
    """Else each new checkpoint would start the notice period anew."""
    [before] = _policies(servers)
    size = before.open()[1].index + 1
    for _ in range(3):
        Person(servers).ready()
    _until(lambda: (servers.service.log.checkpoint or before).size > size)  # type: ignore[union-attr]
    assert _policies(servers) == (before,)
    signed, proof = before.open()
    steps = history(servers.world.charter, _charters(servers))
    assert check_proof(PolicyLeaf(signed.policy_id).encode(), proof, steps[0].charter)


def test_a_policy_that_reached_the_log_before_a_crash_is_not_put_there_again(servers: Servers) -> None:
    """Killed between the log and its own record, the collector finds the entry where it stands."""
    policy = msgspec.structs.replace(servers.policy, version=7)
    [first] = servers.service.log.append([PolicyLeaf(policy.policy_id).encode()])
    Person(servers).ready()
    world = servers.world
    assert _publish(servers, policy, [world.employer, *world.representatives[:2]]) == 201
    _until(lambda: len(_policies(servers)) == 2)
    assert _policies(servers)[0].open()[1].index == first


# ------------------------------------------------------------ enrolment


def _code(servers: Servers, code: str, key: SigningKey | None = None, **fields: Any) -> int:
    invitation = Invitation(sha256_hex(code.encode()), now_us() + DAY_US, **fields)
    body = sign_invitation(invitation, key or servers.world.stewards[0]).to_bytes()
    return servers.http.post("/v1/invitations", content=body).status_code


def _by_default(servers: Servers) -> None:
    policy = servers.world.policy(
        version=2, enrolment="default", notice_days=0, starts="2026-01-01", regions=("DE", "FR")
    )
    assert _publish(servers, policy, old_people(servers.world)) == 201


def test_a_programme_wide_code_enrols_everyone_where_the_policy_says_by_default(servers: Servers) -> None:
    assert _code(servers, "all", reusable=True) == 201
    answer = Person(servers).enrol("all")
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "invitation")
    _by_default(servers)
    assert [Person(servers).enrol("all").status_code for _ in range(3)] == [201] * 3


def test_regions_are_looked_at_when_somebody_enrols(servers: Servers) -> None:
    _by_default(servers)
    assert _code(servers, "fr", reusable=True, regions=("FR",)) == 201
    assert Person(servers).enrol("fr", "FR").status_code == 201
    assert Person(servers).enrol("fr", "FR-75").status_code == 201
    for code, region in (("fr", "DE"), (servers.invited(), "US")):
        answer = Person(servers).enrol(code, region)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "region")
    assert Person(servers).enrol(servers.invited(), "nowhere").status_code == 400


def test_a_code_that_was_taken_back_enrols_nobody_else(servers: Servers) -> None:
    _by_default(servers)
    assert _code(servers, "all", reusable=True) == 201
    person = Person(servers)
    assert person.enrol("all").status_code == 201
    revocation = Revocation(sha256_hex(b"all"))
    for key, status in ((servers.world.employer, 403), (servers.world.stewards[1], 201)):
        body = sign_revocation(revocation, key).to_bytes()
        assert servers.http.post("/v1/invitations/revocations", content=body).status_code == status
    assert Person(servers).enrol("all").status_code == 403
    assert person.say().status_code == 201  # who is enrolled stays


def test_only_a_steward_opens_enrolment(servers: Servers) -> None:
    for key in (servers.world.employer, servers.world.representatives[0], SigningKey.generate("steward-0")):
        assert _code(servers, "x", key) == 403


def test_an_invitation_of_ones_own_is_for_one_laptop(servers: Servers) -> None:
    code = servers.invited()
    assert [Person(servers).enrol(code).status_code for _ in range(2)] == [201, 403]


# ------------------------------------------------------------ exemptions


def _exemption(**changes: Any) -> Exemption:
    today = datetime.datetime.now(datetime.UTC).date()
    starts, expires = (str(today + datetime.timedelta(days)) for days in (-1, 30))
    base = Exemption(
        "Payroll closes the year", "", "payroll", 12, (), ("https://pay.example",), ("*salary*",), ("text",),
        starts, expires,
    )  # fmt: skip
    return msgspec.structs.replace(base, **changes)


def _signed(exemption: Exemption, keys: list[SigningKey]) -> bytes:
    signed = SignedExemption(exemption)
    for key in keys:
        signed = sign_exemption(signed, key)
    return signed.to_bytes()


def test_an_exemption_reaches_the_laptops_of_its_group_and_no_other(servers: Servers, tmp_path: Path) -> None:
    world = servers.world
    keys = [world.stewards[0], world.representatives[0]]
    for signers in ([], keys[:1], keys[1:], [world.employer, *keys[1:]]):
        assert servers.http.post("/v1/exemptions", content=_signed(_exemption(), signers)).status_code == 403
    assert servers.http.post("/v1/exemptions", content=_signed(_exemption(), keys)).status_code == 201
    in_bremen = _signed(_exemption(group="", region="DE-HB", apps=("gimp",)), keys)
    assert servers.http.post("/v1/exemptions", content=in_bremen).status_code == 201
    _until(lambda: len(servers.get("/v1/exemptions").json()["exemptions"]) == 2)
    home, terms, uplink = _laptop(servers, tmp_path / "home")
    terms.refresh(uplink)
    assert terms.narrowing().titles == frozenset()
    home.write(Settings(groups=("payroll",)).to_bytes(), "settings.json")
    found = terms.narrowing()
    assert [set(found.titles), set(found.sites), set(found.categories)] == [
        {"*salary*"}, {"https://pay.example"}, {"text"},
    ]  # fmt: skip
    _home, elsewhere, other = _laptop(servers, tmp_path / "bremen", "DE-HB")
    elsewhere.refresh(other)
    assert elsewhere.narrowing().apps == {"gimp"}
    uplink.close()
    other.close()


def test_an_exemption_that_a_collector_does_not_show_any_more_still_counts(servers: Servers, tmp_path: Path) -> None:
    """To leave it out would widen the terms."""
    world = servers.world
    body = _signed(_exemption(group="", region="DE", apps=("gimp",)), [world.stewards[0], world.representatives[0]])
    assert servers.http.post("/v1/exemptions", content=body).status_code == 201
    _until(lambda: len(servers.get("/v1/exemptions").json()["exemptions"]) == 1)
    home, terms, uplink = _laptop(servers, tmp_path / "home")
    terms.refresh(uplink)

    class Forgetful(Uplink):
        def exemptions(self) -> Exemptions:
            return Exemptions(())

    forgetful = Forgetful(home.config())
    terms.refresh(forgetful)
    assert terms.narrowing().apps == {"gimp"}
    forgetful.close()
    uplink.close()


def test_an_exemption_that_is_not_in_the_log_stops_the_laptop(servers: Servers, tmp_path: Path) -> None:
    """Forged terms are not passed over in silence."""
    home, terms, uplink = _laptop(servers, tmp_path / "home")
    terms.refresh(uplink)
    proof = _policies(servers)[0].log_proof
    signed = msgspec.json.decode(_signed(_exemption(), [servers.world.stewards[0], servers.world.representatives[0]]))
    home.write(msgspec.json.encode({"exemptions": [{"signed": signed, "log_proof": proof}]}), "exemptions.json")
    with pytest.raises(Refused, match="not shown to be in the log"):
        terms.narrowing()
    uplink.close()


def test_a_field_that_no_one_has_seen_is_refused_here_too(servers: Servers) -> None:
    """A grammar that grew is refused by the collector as by everyone."""
    terms = CategoryTerms(("train-agents",), "why", 1, ())
    data = (
        servers.world.policy(categories={"pointer": terms}).to_bytes().replace(b'"regions"', b'"rank":"all","regions"')
    )
    assert b'"rank"' in data
    body = SignedPolicy.of(data).to_bytes()
    assert servers.http.post("/v1/policies", content=body).status_code in (400, 403)
