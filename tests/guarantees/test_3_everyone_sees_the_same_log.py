"""Guarantee 3: a witness signs one history only; the quorum needs the workers'; two histories are portable proof."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.audit.log_checks import Seen, check_append_only
from aboveboard.audit.source import FolderSource
from aboveboard.audit.verify import verify
from aboveboard.collector.sequencer import Sequencer
from aboveboard.core.checkpoint import Checkpoint, cosignatures, sign_checkpoint
from aboveboard.core.clock import FixedClock
from aboveboard.core.errors import BadInput, Corrupt, ProofError, Refused, Unavailable
from aboveboard.core.leaves import DeletionAskedLeaf, PolicyLeaf
from aboveboard.core.merkle import root_hash
from aboveboard.core.policy import in_force
from aboveboard.witness.home import lock_home
from aboveboard.witness.http import Reply
from aboveboard.witness.server import Witness
from aboveboard.witness.state import WitnessState
from tests.support.published import reading_of
from tests.support.servers import add_checkpoint_request, running
from tests.support.world import T0_S, World


def _witness(world: World, folder: Path, clock: FixedClock | None = None) -> Witness:
    logs = {world.charter.origin: world.log_key.verify_key}
    return Witness(world.council, logs, WitnessState(folder), clock or FixedClock(T0_S * 1_000_000))


def _ask(witness: Witness, request: bytes) -> Reply:
    return witness.add_checkpoint("/add-checkpoint", request)


ENTRIES = [str(i).encode() for i in range(20)]
OTHERS = [*ENTRIES[:3], b"rewritten", *ENTRIES[4:]]


def test_it_signs_what_continues_what_it_saw(tmp_path: Path) -> None:
    world = World()
    witness = _witness(world, tmp_path)
    assert _ask(witness, add_checkpoint_request(0, ENTRIES[:5], world)).status == 200
    reply = _ask(witness, add_checkpoint_request(5, ENTRIES[:9], world))
    assert reply.status == 200
    note = sign_checkpoint(Checkpoint(world.charter.origin, 9, root_hash(ENTRIES[:9])), world.log_key)
    assert cosignatures(note + reply.body.decode(), [world.council.verify_key]) == {"witness-council": T0_S}


def test_it_never_signs_another_history_however_it_is_asked(tmp_path: Path) -> None:
    world = World()
    witness = _witness(world, tmp_path)
    assert _ask(witness, add_checkpoint_request(0, ENTRIES[:9], world)).status == 200
    assert _ask(witness, add_checkpoint_request(9, OTHERS[:12], world)).status == 422
    assert _ask(witness, add_checkpoint_request(9, OTHERS[:9], world)).status in (409, 422)
    assert _ask(witness, add_checkpoint_request(0, OTHERS[:9], world)).status == 409
    assert _ask(witness, add_checkpoint_request(5, ENTRIES[:12], world)).status == 409
    assert _ask(witness, add_checkpoint_request(9, ENTRIES[:12], world, proof=[])).status == 422
    with pytest.raises(BadInput):
        _ask(witness, add_checkpoint_request(9, ENTRIES[:8], world))
    assert _ask(witness, add_checkpoint_request(9, ENTRIES[:12], world)).status == 200


def test_it_remembers_across_a_restart_and_signs_nothing_when_it_cant(tmp_path: Path) -> None:
    world = World()
    assert _ask(_witness(world, tmp_path), add_checkpoint_request(0, ENTRIES[:9], world)).status == 200
    again = _witness(world, tmp_path)
    assert _ask(again, add_checkpoint_request(0, OTHERS[:9], world)).status == 409
    [state] = (tmp_path / "logs").glob("*.json")
    state.write_bytes(b"{}")
    with pytest.raises(Corrupt, match="second history"):
        _ask(_witness(world, tmp_path), add_checkpoint_request(0, OTHERS[:9], world))


def test_its_time_never_falls(tmp_path: Path) -> None:
    world, clock = World(), FixedClock(T0_S * 1_000_000)
    witness = _witness(world, tmp_path, clock)
    _ask(witness, add_checkpoint_request(0, ENTRIES[:2], world))
    clock.advance(-1_000_000_000)
    reply = _ask(witness, add_checkpoint_request(2, ENTRIES[:3], world))
    note = sign_checkpoint(Checkpoint(world.charter.origin, 3, root_hash(ENTRIES[:3])), world.log_key)
    assert cosignatures(note + reply.body.decode(), [world.council.verify_key]) == {"witness-council": T0_S}


def test_it_signs_for_known_logs_only(tmp_path: Path) -> None:
    world, stranger = World(), World()
    witness = _witness(world, tmp_path)
    assert _ask(witness, add_checkpoint_request(0, ENTRIES[:2], stranger)).status == 403  # the origin, another key
    body = add_checkpoint_request(0, ENTRIES[:2], world).replace(b"example.org/log", b"example.org/lag")
    assert _ask(witness, body).status == 404


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 20)), max_size=12))
def test_whatever_it_is_asked_what_it_signed_is_one_history(asked: list[tuple[bool, int, int]]) -> None:
    """No state on disk between examples: the folder is made anew."""
    import tempfile

    world = World()
    signed: list[list[bytes]] = []
    with tempfile.TemporaryDirectory() as folder:
        witness = _witness(world, Path(folder))
        for honest, size, old in asked:
            entries = (ENTRIES if honest else OTHERS)[:size]
            try:
                if _ask(witness, add_checkpoint_request(min(old, size), entries, world)).status == 200:
                    signed.append(entries)
            except BadInput:
                continue
    for one in signed:
        for other in signed:
            shorter = min(len(one), len(other))
            assert one[:shorter] == other[:shorter]


def test_two_checkpoints_that_disagree_are_seen_by_whoever_holds_both() -> None:
    world = World()
    world.start_log()
    world.entries += ENTRIES[:4]
    other, at_s = world.charter.check_checkpoint(world.note(entries=[world.entries[0], *OTHERS[:4]]))
    check = check_append_only(reading_of(world.entries, {5}), [Seen(other, at_s, "the checkpoint of another person")])
    assert check.result == "fails"
    assert "two histories" in check.reason


def test_a_quorum_without_the_workers_witness_counts_for_nothing() -> None:
    world = World()
    world.start_log()
    with pytest.raises(ProofError, match="quorum"):
        world.charter.check_checkpoint(world.note(witnesses=[world.auditor]))


def test_while_the_workers_witness_is_away_nothing_is_published_and_nothing_lost(tmp_path: Path) -> None:
    world = World()
    log = Sequencer(tmp_path, world.log_key, world.charter, ["http://127.0.0.1:9"])
    index = log.append([b'{"kind":"policy","policy":"' + b"0" * 64 + b'"}'])
    with pytest.raises(Unavailable):
        log.publish()
    assert log.checkpoint is None
    log.close()
    again = Sequencer(tmp_path, world.log_key, world.charter, [])
    assert (index, again.size) == ([1], 2)
    again.close()


def test_one_witness_process_on_one_folder(tmp_path: Path) -> None:
    lock = lock_home(tmp_path)
    with pytest.raises(Refused, match="another witness"):
        lock_home(tmp_path)
    lock.close()


def test_a_real_log_grows_under_both_witnesses(tmp_path: Path) -> None:
    with running(tmp_path) as servers:
        note = servers.http.get("/checkpoint").text
        checkpoint, _ = servers.world.charter.check_checkpoint(note)
        assert checkpoint.size == 2


def _shown(world: World, entries: list[bytes], witnesses: list[Witness], old: int) -> str:
    """The checkpoint of `entries` with what each witness is willing to add."""
    note = sign_checkpoint(Checkpoint(world.charter.origin, len(entries), root_hash(entries)), world.log_key)
    for witness in witnesses:
        reply = _ask(witness, add_checkpoint_request(old, entries, world))
        note += reply.body.decode() if reply.status == 200 else ""
    return note


def test_two_recorders_cant_be_shown_two_logs(tmp_path: Path) -> None:
    """One gets the true log; for the other the employer makes a log in which a policy with one more app stands."""
    world = World()
    logs = {world.charter.origin: world.log_key.verify_key}
    clock = FixedClock(T0_S * 1_000_000)
    council = Witness(world.council, logs, WitnessState(tmp_path / "council"), clock)
    auditor = Witness(world.auditor, logs, WitnessState(tmp_path / "auditor"), clock)
    world.start_log()
    true, wider = world.signed(), world.signed(world.policy(apps=("chromium", "libreoffice", "slack")))
    first, second = PolicyLeaf(true.policy_id).encode(), PolicyLeaf(wider.policy_id).encode()
    later_s = T0_S + 31 * 86_400
    later_us = later_s * 1_000_000

    honest = [world.entries[0], first]
    note = _shown(world, honest, [council, auditor], 0)
    world.entries = honest
    assert in_force(true, world.proof(1, note), world.charter, later_us, "DE", later_s) == world.policy()

    # The council's witness has signed the other history already. The second one colludes and forgets; still no quorum.
    colluding = Witness(world.auditor, logs, WitnessState(tmp_path / "colluding"), clock)
    forged = [world.entries[0], second]
    for old in (0, 2):
        note = _shown(world, forged, [council, colluding], old)
        world.entries = forged
        with pytest.raises(Refused) as refused:
            in_force(wider, world.proof(1, note), world.charter, later_us, "DE", later_s)
        assert refused.value.reason == "no_quorum"


@pytest.mark.parametrize("attack", ["drops an entry", "rolls back", "rewrites an entry", "swaps two entries"])
def test_a_log_that_changes_what_it_has_shown_is_found_by_whoever_saw_it(attack: str, tmp_path: Path) -> None:
    """Every key colludes, also the witnesses': what one person was shown still contradicts what is published."""
    world = World()
    world.start_log()
    due_us = (T0_S // 86_400 + 20) * 86_400_000_000
    for i in range(300):
        world.append(DeletionAskedLeaf(f"{i:064x}", due_us).encode())
    seen = Seen(*world.charter.check_checkpoint(world.note()), "the checkpoint of a contributor")
    match attack:
        case "drops an entry":
            del world.entries[140]
        case "rolls back":
            del world.entries[290:]
        case "rewrites an entry":
            world.entries[17] = DeletionAskedLeaf("f" * 64, due_us).encode()
        case "swaps two entries":
            world.entries[20:22] = world.entries[21:19:-1]
    if attack != "rolls back":
        world.append(DeletionAskedLeaf("e" * 64, due_us).encode())
    world.publish(tmp_path)
    assert verify(FolderSource(tmp_path), world.charter)[0].ok, "whoever saw nothing before can't tell"
    report, _ = verify(FolderSource(tmp_path), world.charter, [seen])
    assert {check.name for check in report.checks if check.result == "fails"} == {"append_only"}
    assert report.exit_code == 1
