"""A programme that `aboveboard simulate` has filled: people who recorded, paused, sent, left and deleted, whose keys a
reader was then given, with the datasets and models that came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import pytest

from aboveboard.cli import main
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.policy import Policy
from aboveboard.simulate import run
from aboveboard.simulate.drive import Player
from aboveboard.simulate.laptop import Laptop
from aboveboard.witness.http import Route
from tests.support.accounts import Member, member
from tests.support.marking import run_marks
from tests.support.portal_world import build, manifest, settle, train
from tests.support.servers import Researcher, Servers, running, small_server
from tests.support.world import World

PEOPLE = 14


@dataclass
class Simulated:
    """laptops: of all who took part; person: one who has stayed and deleted nothing. dataset, model: the newest."""

    servers: Servers
    laptops: list[Laptop]
    person: Laptop
    members: dict[str, Member]
    proposal: Policy
    dataset: str
    model: str

    @property
    def url(self) -> str:
        return str(self.servers.http.base_url).rstrip("/")

    def session(self, laptop: Laptop) -> str:
        """What a browser keeps once a laptop's token has opened its person's page."""
        answer = self.servers.http.post("/me", data={"token": laptop.token})
        self.servers.http.cookies.clear()
        return SimpleCookie(answer.headers["Set-Cookie"])["device"].value


@contextmanager
def simulated(folder: Path) -> Iterator[Simulated]:
    made: list[Servers] = []
    taken: list[Player] = []

    def players(*args: Any) -> list[Player]:
        taken.extend(plain(*args))
        return taken

    routes = [
        Route("PUT", "/v1/epochs/", 1 << 17, lambda *asked: made[0].guardian.deposit(*asked)),
        Route("POST", "/v1/destroy", 1 << 20, lambda *asked: made[0].guardian.destroy(*asked)),
    ]
    with small_server(routes) as guardian, pytest.MonkeyPatch.context() as patch:
        world = World(notice_days_min=0, demo=True, guardian_url=guardian)
        with running(folder, world=world) as servers:
            made.append(servers)
            charter, key = folder / "charter.json", folder / "steward.key"
            charter.write_bytes(world.charter.to_bytes())
            key.write_text(world.stewards[0].encode())
            plain = run._players
            patch.setattr(run, "_players", players)
            words = ["simulate", "--collector", str(servers.http.base_url), "--charter", str(charter), "--steward",
                     str(key), "--contributors", str(PEOPLE), "--hours", "0.5", "--speed", "1200", "--seed", "1",
                     "--json"]  # fmt: skip
            assert main(words) == 0
            yield _used(servers, [each.laptop for each in taken])


def _used(servers: Servers, laptops: list[Laptop]) -> Simulated:
    """What a programme does with it: keys given, a dataset and its model, one of them marked after a deletion."""
    reader = Researcher(servers, changes={"reader": "Marta Lindqvist"})
    assert reader.bring().status_code == 201
    assert len(reader.release().releases) >= PEOPLE - 2
    staying = [each for each in laptops if not each.left and not each.deleted and len(each.acknowledged) > 1]
    person, other = staying[0], staying[1]
    held = [SegmentId(one) for each in staying for one in each.acknowledged]
    old = manifest(servers, "Office tasks, spring", held)
    train(reader, sha256_hex(b"spring"), build(reader, old, held))
    gone = other.delete("segments", servers.service.clock.now_us())
    headers = {"Authorization": f"Bearer {other.token}"}
    assert servers.http.post("/v1/deletions", content=gone.to_bytes(), headers=headers).status_code == 202
    run_marks(servers)
    kept = [SegmentId(one) for each in staying if each is not other for one in each.acknowledged]
    new = manifest(servers, "Office tasks, summer", kept, sha256_hex(old))
    dataset, model = build(reader, new, kept), sha256_hex(b"summer")
    train(reader, model, dataset)
    world = servers.world
    proposal = world.policy(version=2, notice_days=30, apps=("chromium", "libreoffice", "gimp"))
    members = {role: member(servers, role) for role in ("representative", "researcher", "steward")}
    settle(servers)
    for path, data, role in (
        ("/representatives", world.signed(proposal, [world.employer]).to_bytes(), "representative"),
        ("/researchers/cards", old, "researcher"), ("/researchers/cards", new, "researcher"),
    ):  # fmt: skip
        files = {"file": ("signed.json", data, "application/json")}
        assert servers.http.post(path, files=files, headers=members[role].headers).status_code == 303
    return Simulated(servers, laptops, person, members, proposal, dataset, model)
