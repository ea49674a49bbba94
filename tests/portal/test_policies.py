"""A policy's standing on the pages is by the witnesses' time, and what changed is said in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.portal_world import Portal, settle
from tests.support.servers import running


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"notice_days": 0, "starts": "2026-01-01"}, "in force until 31 dec 2028"),
        ({"notice_days": 30, "starts": "2026-01-01"}, "gives notice until "),
        ({"notice_days": 0, "starts": "2028-01-01"}, "starts on 1 jan 2028"),
        ({"notice_days": 0, "starts": "2026-01-01", "expires": "2026-02-01"}, "ran out on 1 feb 2026"),
    ],
)
def test_it_says_how_a_policy_stands(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    with running(tmp_path) as servers:
        policy = servers.world.policy(version=2, **changes)
        answer = servers.http.post("/v1/policies", content=servers.world.signed(policy).to_bytes())
        assert answer.status_code == 201, answer.text
        settle(servers)
        while "waits for the witnesses" in (text := servers.get(f"/policies/{policy.policy_id}").text):
            settle(servers)
        assert said in text.lower()


def test_what_changed_is_said_beside_the_policy_before(portal: Portal) -> None:
    text = portal.servers.get("/policies").text
    assert "*health*" in text
    assert "narrows" in text
    assert "The first of this log." in text


def test_a_proposal_says_what_it_widens_and_word_by_word(portal: Portal) -> None:
    text = portal.members["representative"].get(f"/representatives/{portal.proposal.policy_id}").text
    assert "widens" in text
    assert "gimp is added" in text
    assert "<ins>" in text
    assert "<del>" in text
    assert "the representatives" in text
