"""The auditor holds one charter and follows the log's own steps to the one in force; it follows nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from aboveboard.audit.source import FolderSource
from aboveboard.audit.summary import Report
from aboveboard.audit.verify import verify
from aboveboard.core.charter import Charter, Signers
from aboveboard.core.charter_chain import CharterBundle
from aboveboard.core.exemption import Exemption, SignedExemption, sign_exemption
from aboveboard.core.leaves import CharterLeaf, ExemptionLeaf, PolicyLeaf
from aboveboard.core.signing import SigningKey
from aboveboard.wire.api import PublishedExemption
from tests.support.charters import first_bundle, rotated, successor
from tests.support.world import T0_S, World


@dataclass
class Programme:
    """A log under two charters, with a policy under each: the second charter has other representatives."""

    folder: Path
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        self.new_people = [SigningKey.generate(f"new-representative-{i}") for i in range(3)]
        first = first_bundle(self.world)
        self.old_policy = self.world.signed()
        self.world.append(PolicyLeaf(self.old_policy.policy_id).encode())
        keys = tuple(key.verify_key.encode() for key in self.new_people)
        self.new = successor(self.world.charter, representatives=Signers(2, keys))
        self.bundles = [first, rotated(self.world, self.new)]
        second = self.world.policy(version=2, notice_days=40)
        self.new_policy = self.world.signed(second, [self.world.employer, *self.new_people[:2]])
        self.world.append(PolicyLeaf(self.new_policy.policy_id).encode())

    def publish(self) -> None:
        self.world.publish(self.folder, [self.old_policy, self.new_policy], T0_S)
        self.publish_charters(self.new, self.bundles)

    def publish_charters(self, current: Charter, bundles: list[CharterBundle]) -> None:
        published = self.folder / "published"
        (published / "charter.json").write_bytes(current.to_bytes())
        (published / "charters").mkdir(exist_ok=True)
        for path in (published / "charters").iterdir():
            path.unlink()
        for bundle in bundles:
            (published / "charters" / f"{bundle.charter_id}.json").write_bytes(bundle.to_bytes())

    def verify(self, charter: Charter | None = None) -> Report:
        return verify(FolderSource(self.folder), charter or self.world.charter)[0]


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    programme = Programme(tmp_path)
    programme.publish()
    return programme


def _failing(report: Report) -> set[str]:
    return {check.name for check in report.checks if check.result == "fails"}


def test_whoever_holds_the_first_or_the_second_charter_finds_all_in_order(programme: Programme) -> None:
    for charter in (programme.world.charter, programme.new):
        report = programme.verify(charter)
        assert report.ok, report.to_text()
    assert "1 follow the first" in next(c.reason for c in report.checks if c.name == "charter")


def test_a_rotation_that_is_not_published_is_noticed(programme: Programme) -> None:
    programme.publish_charters(programme.world.charter, programme.bundles[:1])
    assert "charter" in _failing(programme.verify())


def test_a_charter_that_the_old_ones_people_did_not_sign_is_not_followed(programme: Programme) -> None:
    """Everything else is in order: it is in the log, cosigned, published."""
    world = World()
    forged = successor(world.charter)
    first = first_bundle(world)
    bundle = rotated(world, forged, [world.employer, SigningKey.generate("representative-0")])
    world.publish(programme.folder, [], T0_S)
    programme.publish_charters(forged, [first, bundle])
    report = programme.verify(world.charter)
    assert "charter" in _failing(report)
    assert "valid signatures" in next(c.reason for c in report.checks if c.name == "charter")


def test_a_policy_counts_under_the_charter_at_its_entry_only(programme: Programme) -> None:
    """Signed by the old representatives after they were replaced."""
    stale = programme.world.signed(programme.world.policy(version=3))
    programme.world.append(PolicyLeaf(stale.policy_id).encode())
    programme.world.publish(programme.folder, [programme.old_policy, programme.new_policy, stale], T0_S)
    programme.publish_charters(programme.new, programme.bundles)
    assert _failing(programme.verify()) == {"policies_signed", "policies_logged"}


def test_a_charter_from_nowhere_in_the_log_is_noticed(programme: Programme) -> None:
    programme.world.append(CharterLeaf("e" * 64).encode())
    programme.publish()
    assert "charter" in _failing(programme.verify())


# ------------------------------------------------------------ exemptions

EXEMPTION = Exemption("Harvest", "", "field-service", 12, ("libreoffice",), (), (), (), "2027-01-01", "2027-06-30")


def _exempt(programme: Programme, signers: list[SigningKey]) -> None:
    signed = SignedExemption(EXEMPTION)
    for key in signers:
        signed = sign_exemption(signed, key)
    world = programme.world
    index = world.append(ExemptionLeaf(EXEMPTION.exemption_id).encode())
    published = PublishedExemption(signed, world.proof(index).encode())
    programme.publish()
    path = programme.folder / "published" / "exemptions" / f"{EXEMPTION.exemption_id}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(published.to_bytes())


def test_an_exemption_by_a_steward_and_a_representative_is_found_in_order(programme: Programme) -> None:
    _exempt(programme, [programme.world.stewards[0], programme.new_people[0]])
    report = programme.verify()
    assert report.ok, report.to_text()


def test_an_exemption_that_one_side_alone_signed_or_that_is_hidden_is_noticed(programme: Programme) -> None:
    _exempt(programme, [programme.world.stewards[0], programme.world.representatives[0]])
    assert _failing(programme.verify()) == {"exemptions"}, "a representative of the charter before"
    next((programme.folder / "published" / "exemptions").iterdir()).unlink()
    assert _failing(programme.verify()) == {"exemptions"}
