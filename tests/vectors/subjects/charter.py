"""Charters: what is refused, in which field; and from a pinned charter and bundles the one in force, or a refusal."""

from __future__ import annotations

from typing import Any

import msgspec

from aboveboard.core.canonical import canonical
from aboveboard.core.charter import Charter, Log, Signers
from aboveboard.core.charter_chain import CharterBundle
from tests.support.charters import first_bundle, rotated, successor
from tests.vectors.keys import key
from tests.vectors.programme import programme


def make() -> dict[str, Any]:
    charter = programme().charter
    fields = msgspec.to_builtins(charter)
    representatives = charter.representatives
    refused = [
        ("a field that no one has seen", {**fields, "rank": "manager"}, "charter"),
        ("less than 30 days", {**fields, "notice_days_min": 29}, "notice_days_min"),
        ("the employer among the representatives",
         {**fields, "representatives": {"threshold": 1, "keys": [charter.employer]}}, "representatives.keys"),
        ("a threshold above the number of keys",
         {**fields, "representatives": {"threshold": 4, "keys": representatives.keys}}, "representatives.threshold"),
        ("one steward suffices", {**fields, "stewards": {**fields["stewards"], "threshold": 1}}, "stewards.threshold"),
        ("a quorum without the workers",
         {**fields, "witnesses": {**fields["witnesses"], "quorum": {"need": 1, "of": ["witness-auditor"]}}},
         "witnesses.quorum"),
        ("a pattern on one person", {**fields, "never_record": ["*jane@example.org*"]}, "never_record"),
        ("a previous that is no hash", {**fields, "previous": "the old one"}, "previous"),
    ]  # fmt: skip
    return {
        "valid": {"charter": charter.to_bytes().decode(), "charter_id": charter.charter_id},
        "refused": [{"what": what, "charter": canonical(value).decode(), "field": field}
                    for what, value, field in refused],
        "chains": _chains(),
    }  # fmt: skip


def _chains() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []

    def chain(what: str, pinned: Charter, bundles: list[CharterBundle], in_force: list[Charter] | None) -> None:
        found.append({
            "what": what, "pinned": pinned.to_bytes().decode(),
            "bundles": [each.to_bytes().decode() for each in bundles], "valid": in_force is not None,
            "in_force": [each.charter_id for each in in_force or []],
        })  # fmt: skip

    def fresh() -> Any:
        world = programme()
        return world, world.charter, [world.employer, *world.representatives[:2]]

    world, old, people = fresh()
    new = successor(old, never_record=("*bank*", "*health*"))
    first, step = first_bundle(world), rotated(world, new)
    chain("nothing was handed over", old, [], [old])
    chain("the pinned one's own file", old, [first], [old])
    chain("one step", old, [first, step], [old, new])
    chain("one step, seen from the new one", new, [first, step], [new])
    third = successor(new, notice_days_min=60)
    chain("two steps, in another order", old, [rotated(world, third), first, step], [old, new, third])
    for what, signers in (
        ("no signature", []), ("without the employer", people[1:]), ("one representative too few", people[:2]),
        ("one representative twice", [*people[:2], people[1]]),
        ("steward instead of representative", [*people[:2], world.stewards[0]]),
        ("another key under a representative's name", [*people[:2], key("representative-1", seed_of="stranger")]),
    ):  # fmt: skip
        fresh_world, pinned, _ = fresh()
        chain(what, pinned, [rotated(fresh_world, successor(pinned), signers)], None)
    obedient = [key(f"obedient-{n}") for n in range(3)]
    fresh_world, pinned, _ = fresh()
    people_of_theirs = Signers(2, tuple(each.verify_key.encode() for each in obedient))
    signers = [fresh_world.employer, *obedient]
    chain("signed by the new keys only", pinned,
          [rotated(fresh_world, successor(pinned, representatives=people_of_theirs), signers)], None)  # fmt: skip
    fresh_world, pinned, _ = fresh()
    chain("no witness quorum", pinned,
          [rotated(fresh_world, successor(pinned), witnesses=[fresh_world.auditor])], None)  # fmt: skip
    fresh_world, pinned, _ = fresh()
    one, other = successor(pinned, name="One"), successor(pinned, name="Other")
    chain("a fork of two rotations", pinned, [rotated(fresh_world, one), rotated(fresh_world, other)], None)
    fresh_world, pinned, _ = fresh()
    elsewhere = Log(pinned.log.key, "elsewhere.example/log")
    chain("another log", pinned, [rotated(fresh_world, successor(pinned, log=elsewhere))], None)
    fresh_world, pinned, _ = fresh()
    chain("a demonstration", pinned, [rotated(fresh_world, successor(pinned, demo=True))], None)
    return found
