"""C2SP tlog-policy: what it says is what the charter says, and a file that breaks a rule is refused by its line."""

from __future__ import annotations

from itertools import chain, combinations

import msgspec
import pytest

from aboveboard.core.charter import Group, Log, WitnessEntry, Witnesses
from aboveboard.core.errors import BadInput, ProofError, SignatureError
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey
from aboveboard.core.tlogpolicy import TrustPolicy
from tests.support.world import T0_S, World
from tests.vectors.keys import key

ORIGIN = "example.org/log"
LOG = key(ORIGIN)
W = [key(f"w{n}.example", COSIGNATURE_V1) for n in range(6)]


def vkey(signer: SigningKey) -> str:
    return signer.verify_key.encode()


GOOD = f"""# the specification's own example
log {vkey(LOG)} https://example.org/log/

witness X1 {vkey(W[0])}
witness X2\t{vkey(W[1])} https://x2.example/
  witness X3 {vkey(W[2])}
group X-witnesses 2 X1 X2 X3
witness Y1 {vkey(W[3])}
witness Y2 {vkey(W[4])}
group Y-witnesses any Y1 Y2
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_the_example_of_the_specification() -> None:
    policy = TrustPolicy.parse(GOOD)
    names = tuple(policy.witnesses)
    assert names == ("X1", "X2", "X3", "Y1", "Y2")
    for chosen in chain.from_iterable(combinations(names, n) for n in range(6)):
        wanted = sum(name[0] == "X" for name in chosen) >= 2 and any(name[0] == "Y" for name in chosen)
        assert policy.satisfied(set(chosen)) is wanted
    assert TrustPolicy.parse(policy.encode()) == policy


def _world(quorum: Group, run_by: str = "workers") -> World:
    world = World(log_key=LOG)
    entries = tuple(WitnessEntry(vkey(each), "workers") for each in (world.council, world.auditor))
    world._charter = msgspec.structs.replace(
        world.charter, log=Log(vkey(LOG), ORIGIN), witnesses=Witnesses(entries, quorum)
    )  # fmt: skip
    world.start_log()
    return world


def test_it_accepts_what_the_charter_accepts() -> None:
    world = _world(Group(2, ("witness-council", "witness-auditor")))
    policy = TrustPolicy.parse(TrustPolicy.of_charter(world.charter).encode())
    assert policy.check_checkpoint(world.note()) == world.charter.check_checkpoint(world.note())
    assert policy.check_checkpoint(world.note())[1] == T0_S
    with pytest.raises(ProofError, match="quorum"):
        policy.check_checkpoint(world.note(witnesses=[world.council]))
    with pytest.raises(SignatureError):
        policy.check_checkpoint(World().note(entries=[b"x"]))


def test_nested_groups_stay_what_they_are() -> None:
    world = _world(Group(2, (Group(1, ("witness-auditor",)), "witness-council")))
    policy = TrustPolicy.of_charter(world.charter)
    assert policy.satisfied({"witness-council", "witness-auditor"})
    assert not policy.satisfied({"witness-council"})


def test_a_charter_that_this_form_cant_say_is_refused() -> None:
    with pytest.raises(BadInput, match="origin"):
        TrustPolicy.of_charter(World().charter)


@pytest.mark.parametrize(
    "quorum",
    [Group(2, ("witness-council", "witness-council")), Group(2, (Group(1, ("witness-council",)), "witness-council"))],
)
def test_a_charter_can_not_count_one_witness_twice(quorum: Group) -> None:
    with pytest.raises(BadInput, match="twice"):
        _world(quorum).charter.check()


def test_without_a_quorum_the_log_alone_counts() -> None:
    policy = TrustPolicy.parse(f"log {vkey(LOG)}\nquorum none\n")
    world = _world(Group(1, ("witness-council",)))
    assert policy.check_checkpoint(world.note(witnesses=[])) == (world.charter.check_checkpoint(world.note())[0], 0)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("quorum", "no line"), ("quorum nobody", "not defined"), (f"log {vkey(W[0])}\nquorum none", "no log's"),
        (f"log {vkey(LOG)}\nlog {vkey(LOG)}", "twice"), ("", "no quorum"), ("quorum none\nquorum none", "already"),
        (f"witness a {vkey(LOG)}", "no witness's"), (f"witness none {vkey(W[0])}", "taken"),
        (f"witness a {vkey(W[0])}\nwitness b {vkey(W[0])}", "twice"),
        (f"witness a {vkey(W[0])}\nwitness a {vkey(W[1])}", "taken"),
        (f"witness a {vkey(W[0])}\ngroup g 2 a", "can't need 2"), (f"witness a {vkey(W[0])}\ngroup g 0 a", "no number"),
        (f"witness a {vkey(W[0])}\ngroup g 01 a", "no number"), (f"witness a {vkey(W[0])}\ngroup g all", "no line"),
        (f"witness a {vkey(W[0])}\ngroup g all a a", "member already"),
        (f"witness a {vkey(W[0])}\ngroup g all none", "not defined"), ("group g all g", "not defined"),
        (f"group g all a\nwitness a {vkey(W[0])}", "not defined"), ("log nothing", "verifier key"),
        ("rule x", "no line"), ("quorum none\r", "control"), (f"witness\u00a0a {vkey(W[0])}", "no line"),
    ],
)  # fmt: skip
def test_a_line_that_breaks_a_rule_is_refused(bad: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        TrustPolicy.parse(f"# a comment\n{bad}\n")
