"""What the log pages count: a deletion once, however often a crash made the log say it."""

from __future__ import annotations

from aboveboard.core.leaves import DeletionAskedLeaf, DeletionDoneLeaf
from aboveboard.portal.scan import Seen

ONE, OTHER = "1" * 64, "2" * 64
DUE_US = 86_400_000_000


def _seen(*leaves: DeletionAskedLeaf | DeletionDoneLeaf) -> Seen:
    seen = Seen()
    for leaf in leaves:
        seen.take(leaf.encode())
    return seen


def test_a_deletion_said_to_be_done_twice_is_one_and_not_late() -> None:
    asked = (DeletionAskedLeaf(ONE, DUE_US), DeletionAskedLeaf(OTHER, DUE_US))
    seen = _seen(*asked, DeletionDoneLeaf(ONE), DeletionDoneLeaf(ONE))
    assert list(seen.done) == [(ONE, DUE_US, 2)]
    assert seen.counts["deletion_done"] == 1
    assert set(seen.open) == {OTHER}
    assert seen.overdue(DUE_US + 1) == 1


def test_what_is_done_is_not_due_again() -> None:
    seen = _seen(DeletionAskedLeaf(ONE, DUE_US), DeletionDoneLeaf(ONE), DeletionAskedLeaf(ONE, DUE_US))
    assert seen.open == {}


def test_asked_twice_it_is_due_as_it_was() -> None:
    seen = _seen(DeletionAskedLeaf(ONE, DUE_US), DeletionAskedLeaf(ONE, 5 * DUE_US))
    assert seen.open == {ONE: (DUE_US, 0)}
