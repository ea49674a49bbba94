"""Charters that follow a world's own, signed by whom a test says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import CharterBundle, SignedCharter, sign_charter
from aboveboard.core.leaves import CharterLeaf
from aboveboard.core.signing import SigningKey
from tests.support.world import T0_S, World


def successor(old: Charter, **changes: Any) -> Charter:
    """The same but for the changes, naming the old one."""
    new = msgspec.structs.replace(old, **{"previous": old.charter_id, "name": f"{old.name}, next", **changes})
    new.check()
    return new


def signed_by(new: Charter, keys: Sequence[SigningKey]) -> SignedCharter:
    data = new.to_bytes()
    return SignedCharter.of(data, tuple(sign_charter(data, key) for key in keys))


def old_people(world: World) -> list[SigningKey]:
    return [world.employer, *world.representatives[:2]]


def first_bundle(world: World) -> CharterBundle:
    """The pinned charter's own."""
    world.start_log()
    return CharterBundle(SignedCharter.of(world.charter.to_bytes()), world.proof(0).encode())


def rotated(
    world: World, new: Charter, keys: Sequence[SigningKey] | None = None, witnesses: Sequence[SigningKey] | None = None,
    time_s: int = T0_S,
) -> CharterBundle:  # fmt: skip
    """In the log, proven under the world's witnesses unless others are said."""
    world.start_log()
    index = world.append(CharterLeaf(new.charter_id).encode())
    proof = world.proof(index, world.note(time_s, witnesses))
    return CharterBundle(signed_by(new, old_people(world) if keys is None else keys), proof.encode())
