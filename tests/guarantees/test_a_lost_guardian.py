"""Two of three guardians read, one that is lost for good holds up nothing, and no one of them reads or keeps alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pyrage
import pytest
from shamir_mnemonic import combine_mnemonics

from aboveboard.core.charter import Charter
from aboveboard.core.charter import Guardian as GuardianEntry
from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import AboveboardError, BadInput, CheckFailed, Refused, Unavailable
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import join_among, split_among
from aboveboard.datasets.keys import joined, opened_share
from aboveboard.datasets.reader import Opened, Reader, ReaderKeys
from aboveboard.recorder.epochs import current_epoch
from aboveboard.recorder.guardians import tell_guardians, waiting_deposits
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.upload import Uplink
from aboveboard.simulate.laptop import Laptop, digest_header
from aboveboard.simulate.work import Piece
from aboveboard.wire.api import EnrolRequest, GuardianReleaseReply, to_base64
from aboveboard.witness.given import GivenRecords
from aboveboard.witness.guardian import Guardian
from aboveboard.witness.home import GuardianKeys
from aboveboard.witness.http import Reply, Route
from aboveboard.witness.releases import Releases
from aboveboard.witness.shares import Shares
from tests.support.servers import Researcher, Servers, now_us, running, small_server
from tests.support.world import World

LOST = "http://127.0.0.1:9"  # nobody is there


@dataclass
class Keeper:
    """A guardian with a folder of its own, behind a real server."""

    folder: Path
    identity: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    key: SigningKey = field(default_factory=lambda: SigningKey.generate("guardian"))
    guardian: Guardian | None = None
    garbles: bool = False

    def deposit(self, path: str, body: bytes) -> Reply:
        assert self.guardian is not None
        return self.guardian.deposit(path, body)

    def destroy(self, path: str, body: bytes) -> Reply:
        assert self.guardian is not None
        return self.guardian.destroy(path, body)

    def release(self, path: str, body: bytes) -> Reply:
        assert self.guardian is not None
        reply = self.guardian.release(path, body)
        if not self.garbles:
            return reply
        request = msgspec.json.decode(body)
        recipient = pyrage.x25519.Recipient.from_str(request["grant"]["grant"]["reader_recipient"])
        wrong = GuardianReleaseReply(to_base64(pyrage.encrypt(b"another share", [recipient])))
        return Reply(200, msgspec.json.encode(wrong), "application/json")

    def routes(self) -> list[Route]:
        return [
            Route("PUT", "/v1/epochs/", 1 << 16, self.deposit), Route("POST", "/v1/release", 1 << 20, self.release),
            Route("POST", "/v1/destroy", 1 << 20, self.destroy),
        ]  # fmt: skip

    def open(self, charter: Charter) -> None:
        keys = GuardianKeys(self.key, self.identity)
        shares, releases, given = Shares(self.folder), Releases(self.folder), GivenRecords(self.folder)
        self.guardian = Guardian(keys, charter, shares, releases, given, SystemClock())


@dataclass
class Programme:
    """Three guardians, of which two are needed; each at a URL."""

    servers: Servers
    keepers: list[Keeper]
    urls: list[str]

    def person(self) -> Laptop:
        """With one segment sent, and a part of their key at each guardian."""
        laptop, http = Laptop(self.servers.world.charter, self.servers.policy), self.servers.http
        code = self.servers.invited()
        answer = http.post("/v1/enrol", content=EnrolRequest(code, laptop.certificate(), "DE").to_bytes())
        laptop.token = answer.json()["token"]
        headers = {"Authorization": f"Bearer {laptop.token}"}
        said = http.post("/v1/consents", content=laptop.say("given", now_us()).to_bytes(), headers=headers)
        assert said.status_code == 201
        first, others = laptop.deposits()
        path = f"/v1/epochs/{laptop.epoch}"
        assert http.put(path, content=first.to_bytes(), headers=headers).status_code == 201
        for keeper, other in zip(self.keepers, others, strict=True):
            assert keeper.deposit(path, other.to_bytes()).status == 201
        segment = laptop.seal(Piece(now_us(), now_us() + 10, ()))
        data = segment.to_bytes()
        headers["Content-Digest"] = digest_header(data)
        assert http.put(f"/v1/segments/{laptop.device}/0", content=data, headers=headers).status_code == 201
        laptop.taken(segment)
        return laptop

    def reader(self, laptop: Laptop, *urls: str) -> Reader:
        """Whose grant covers this person."""
        researcher = Researcher(self.servers, changes={"contributors": (laptop.contributor,)})
        return Reader(
            ReaderKeys(researcher.key, researcher.identity), self.servers.world.charter, researcher.signed,
            str(self.servers.http.base_url).rstrip("/"), urls, SystemClock(),
        )  # fmt: skip


@pytest.fixture(scope="module")
def programme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Programme]:
    folder = tmp_path_factory.mktemp("programme")
    keepers = [Keeper(folder / f"guardian-{n}") for n in range(3)]
    with ExitStack() as stack:
        urls = [stack.enter_context(small_server(keeper.routes())) for keeper in keepers]
        spares = tuple(
            GuardianEntry(str(keeper.identity.to_public()), url, keeper.key.verify_key.encode())
            for keeper, url in zip(keepers[1:], urls[1:], strict=True)
        )
        world = World(notice_days_min=0, demo=True, spare_guardians=spares, guardians_needed=2)
        world.guardian_identity, world.guardian_key = str(keepers[0].identity), keepers[0].key
        servers = stack.enter_context(running(folder / "servers", world=world))
        for keeper in keepers:
            keeper.folder.mkdir(parents=True, exist_ok=True)
            keeper.open(world.charter)
        yield Programme(servers, keepers, urls)


def _reads(reader: Reader) -> bool:
    try:
        assert reader.unlock() == 1
        return [isinstance(each, Opened) for each in reader.segments()] == [True]
    finally:
        reader.close()


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_with_any_one_lost_for_good_the_other_two_read(programme: Programme, lost: int) -> None:
    urls = list(programme.urls)
    urls[lost] = LOST
    assert _reads(programme.reader(programme.person(), *urls))


@pytest.mark.parametrize("left", [0, 1, 2])
def test_one_of_them_and_the_collector_read_nothing(programme: Programme, left: int) -> None:
    urls = [programme.urls[left] if n == left else LOST for n in range(3)]
    with pytest.raises(Unavailable):
        _reads(programme.reader(programme.person(), *urls))


def test_a_guardian_in_the_employers_hands_opens_nothing_with_the_collectors_key(programme: Programme) -> None:
    """No rule of ours is asked here: its part and the collector's share, in plain, and whatever can be made of them."""
    laptop, world = programme.person(), programme.servers.world
    first, others = laptop.deposits()
    collector = pyrage.x25519.Identity.from_str(world.collector_identity)
    mine = opened_share(first.deposit.collector_share, collector)
    part = opened_share(others[0].deposit.guardian_share, programme.keepers[0].identity)
    for needed in (1, 2):
        with pytest.raises(CheckFailed):
            joined(mine, [part], msgspec.structs.replace(first.deposit, guardians_needed=needed))
    other = opened_share(others[1].deposit.guardian_share, programme.keepers[1].identity)
    assert joined(mine, [part, other], first.deposit) == str(laptop.identity)


def test_one_whose_folder_is_gone_refuses_and_is_passed_over(programme: Programme) -> None:
    laptop, keeper = programme.person(), programme.keepers[0]
    shutil.rmtree(keeper.folder / "epochs" / laptop.contributor)
    assert _reads(programme.reader(laptop, *programme.urls))


def test_one_that_gives_something_else_is_found_out(programme: Programme) -> None:
    laptop = programme.person()
    programme.keepers[0].garbles = True
    try:
        assert _reads(programme.reader(laptop, *programme.urls))
        with pytest.raises(CheckFailed):
            _reads(programme.reader(laptop, *programme.urls[:2], LOST))
    finally:
        programme.keepers[0].garbles = False


def test_destroyed_at_two_it_is_gone_though_the_third_never_heard_of_it(programme: Programme) -> None:
    laptop = programme.person()
    body = laptop.delete("all", now_us()).to_bytes()
    for keeper in programme.keepers[:2]:
        assert keeper.destroy("/v1/destroy", body).status == 200
    with pytest.raises(Refused, match="destroyed"):
        _reads(programme.reader(laptop, *reversed(programme.urls)))


def test_the_laptop_brings_each_its_own_part_and_waits_for_none(programme: Programme, tmp_path: Path) -> None:
    """And a request to destroy is told to each once; one that is away is told when it is back."""
    charter = programme.servers.world.charter
    home = Home(tmp_path / "home")
    home.make()
    home.write(charter.to_bytes(), "charter.json")
    config = Config.under(charter, "DE", str(programme.servers.http.base_url).rstrip("/"))
    assert (len(config.spare_guardians), config.guardians_needed) == (2, 2)
    laptop = Laptop(charter, programme.servers.policy, person=home.key("contributor"), device_key=home.key("device"))
    current_epoch(home, charter, laptop.policy.policy_id, laptop.contributor, laptop.device, SystemClock())
    uplink = Uplink(config)
    waiting = [each for each in waiting_deposits(home) if each.url != config.guardian]
    assert [each.url for each in waiting] == programme.urls[1:]  # the first one's address is nobody's
    for each in waiting:
        uplink.deposit_with_guardian(each.url, each.epoch, each.path.read_bytes())
        each.done()
    assert [each.url for each in waiting_deposits(home)] == [config.guardian]
    signed, request = laptop.delete("all", now_us()), home.path("requests", "a.deletion")
    assert tell_guardians(home, uplink, request, signed)  # says what is missing
    assert len(list(home.path("requests").glob("a.told-*"))) == 2
    for keeper in programme.keepers[1:]:
        assert not list((keeper.folder / "epochs" / laptop.contributor).glob("*"))
    uplink.close()


def test_any_two_of_three_parts_make_the_half_and_one_says_nothing() -> None:
    half = bytes(range(74))
    parts = split_among(half, 2, 3)
    for two in ((0, 1), (0, 2), (2, 1)):
        assert join_among([parts[n] for n in two], 2) == half
    other = split_among(half, 2, 3)
    for some in ([parts[0]], [parts[0], parts[0]], [parts[0], other[1]], [parts[0], b"no words"]):
        with pytest.raises(CheckFailed):
            join_among(some, 2)
    assert split_among(half, 1, 2) == [half, half]
    with pytest.raises(BadInput):
        split_among(half, 4, 3)


def test_the_scheme_is_that_of_the_published_vectors() -> None:
    """SLIP-39's fourth vector: two of three, 128 bits; with its passphrase, and with none as we use it."""
    words = [
        "shadow pistol academic always adequate wildlife fancy gross oasis cylinder mustang wrist rescue view short "
        "owner flip making coding armed",
        "shadow pistol academic acid actress prayer class unknown daughter sweater depict flip twice unkind craft "
        "early superior advocate guest smoking",
    ]
    assert combine_mnemonics(words, b"TREZOR").hex() == "b43ceb7e57a0ea8766221624d01b0864"
    assert join_among([each.encode() for each in words], 2).hex() == "61cf4d6c0d8a07d8c2fd3cff22432664"


def _entry(recipient: str, key: SigningKey | None = None) -> GuardianEntry:
    return GuardianEntry(recipient, "http://127.0.0.1:3", (key or SigningKey.generate("spare")).verify_key.encode())


def test_a_charter_whose_guardians_do_not_keep_it_in_check_is_refused() -> None:
    world = World()
    fresh = str(pyrage.x25519.Identity.generate().to_public())
    charter = world.charter
    good = msgspec.structs.replace(charter, spare_guardians=(_entry(fresh),), guardians_needed=2)
    good.check()
    for changes, where in (
        ({"guardians_needed": 0}, "guardians_needed"),
        ({"guardians_needed": 3}, "guardians_needed"),
        ({"spare_guardians": (_entry(charter.collector.recipient),)}, r"spare_guardians\[0\].recipient"),
        ({"spare_guardians": (_entry(charter.guardian.recipient),)}, r"spare_guardians\[0\].recipient"),
        ({"spare_guardians": (_entry(fresh, world.stewards[0]),)}, r"spare_guardians\[0\].key"),
        ({"spare_guardians": (_entry("age1nobody"),)}, r"spare_guardians\[0\].recipient"),
    ):
        with pytest.raises(BadInput, match=where):
            msgspec.structs.replace(good, **changes).check()


def test_a_folder_that_no_charter_names_guards_nothing(tmp_path: Path) -> None:
    with pytest.raises(AboveboardError):
        Keeper(tmp_path).open(World().charter)
