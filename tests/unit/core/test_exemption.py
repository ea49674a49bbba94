"""An exemption names a region or a group of ten or more, never a person, and can only take away."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.exemption import Exemption, SignedExemption, check_exemption, in_force_exemption, sign_exemption
from aboveboard.core.leaves import ExemptionLeaf
from aboveboard.core.signing import SigningKey
from tests.support.world import DAY_S, T0_S, World

BASE = Exemption("Why", "", "payroll", 10, ("gimp",), (), (), (), "2027-01-01", "2027-02-01")


def _with(**changes: Any) -> Exemption:
    return msgspec.structs.replace(BASE, **changes)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"people_least": 9}, "people_least"), ({"people_least": 1}, "people_least"), ({"group": ""}, "group"),
        ({"region": "DE"}, "group"), ({"group": "jane@example.org"}, "group"), ({"group": "a" * 32 + "b"}, "group"),
        ({"apps": ("0" * 32,)}, "apps[0]"), ({"titles": ("*jane.doe@example.org*",)}, "titles[0]"),
        ({"sites": ("example.org",)}, "sites[0]"), ({"apps": ()}, "apps"), ({"title": " "}, "title"),
        ({"expires": "2026-12-31"}, "expires"), ({"expires": "2029-01-01"}, "expires"), ({"v": 2}, "v"),
        ({"group": "", "region": "Bremen"}, "region"),
    ],
)  # fmt: skip
def test_what_an_exemption_can_not_say(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(BadInput) as caught:
        _with(**changes).check()
    assert caught.value.where == where


@pytest.mark.parametrize("field", ["allow", "person", "rank", "contributors", "also_record", "retention_days"])
def test_a_field_no_one_has_seen_is_refused(field: str) -> None:
    fields = msgspec.to_builtins(SignedExemption(BASE))
    fields["exemption"][field] = ["x"]
    with pytest.raises(BadInput, match=field):
        SignedExemption.parse(msgspec.json.encode(fields, order="sorted"))


def _signed(world: World, keys: list[SigningKey]) -> SignedExemption:
    signed = SignedExemption(BASE)
    for key in keys:
        signed = sign_exemption(signed, key)
    return signed


def test_a_steward_and_a_representative_have_to_sign() -> None:
    world = World()
    steward, representative = world.stewards[0], world.representatives[0]
    assert check_exemption(_signed(world, [steward, representative]), world.charter) == BASE
    for keys in ([], [steward], [representative], [steward, world.stewards[1]], [world.employer, representative]):
        with pytest.raises(Refused, match="valid signatures"):
            check_exemption(_signed(world, keys), world.charter)


def test_it_acts_for_its_group_in_its_days_once_it_is_in_the_log() -> None:
    world = World()
    world.start_log()
    signed = _signed(world, [world.stewards[0], world.representatives[0]])
    index = world.append(ExemptionLeaf(BASE.exemption_id).encode())
    mine, now_us = frozenset({"payroll"}), T0_S * 1_000_000

    def found(now_us: int = now_us, groups: frozenset[str] = mine) -> Any:
        return in_force_exemption(signed, world.proof(index), world.charter, now_us, "DE", groups)

    assert found().apps == {"gimp"}
    assert found(groups=frozenset({"sales"})) is None
    assert found(now_us + 60 * DAY_S * 1_000_000) is None
    with pytest.raises(Refused, match="not shown to be in the log"):
        in_force_exemption(signed, world.proof(index, world.note(witnesses=[])), world.charter, now_us, "DE", mine)
    with pytest.raises(Refused, match="not shown to be in the log"):
        in_force_exemption(signed, world.proof(0), world.charter, now_us, "DE", mine)
