"""Looking after the terms costs little: who knows them gets them once, and asks ever less when nobody answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.core.clock import SystemClock
from aboveboard.core.errors import Refused, Unavailable
from aboveboard.recorder.home import Config, Home
from aboveboard.recorder.terms import Terms
from aboveboard.recorder.terms_watch import REFRESH_S, REFRESH_S_MAX, TermsWatch
from aboveboard.recorder.upload import Uplink
from aboveboard.wire.client import Answer, Client
from tests.support.servers import Servers, running


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with running(tmp_path_factory.mktemp("servers")) as made:
        yield made


def _watch(servers: Servers, folder: Path) -> tuple[TermsWatch, Terms]:
    home = Home(folder / "home")
    home.make()
    home.write(servers.world.charter.to_bytes(), "charter.json")
    home.write(Config.under(servers.world.charter, "DE", str(servers.http.base_url)).to_bytes(), "config.json")
    terms = Terms(home, SystemClock())
    return TermsWatch(terms, Uplink(home.config())), terms


def test_terms_that_have_not_changed_do_not_come_again(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, terms = _watch(servers, tmp_path)
    answers: list[Answer] = []
    request = Client.request

    def counted(self: Client, *args: object, **options: object) -> Answer:
        answer = request(self, *args, **options)  # type: ignore[arg-type]
        answers.append(answer)
        return answer

    monkeypatch.setattr(Client, "request", counted)
    assert watch.look(REFRESH_S) == REFRESH_S
    first = sum(len(each.body) for each in answers)
    known = terms.policy()
    answers.clear()
    assert watch.look(REFRESH_S) == REFRESH_S
    assert [each.status for each in answers].count(304) == 3
    assert sum(len(each.body) for each in answers) < first / 4
    assert terms.policy() == known
    wider = servers.world.policy(notice_days=0, starts="2026-01-01", version=2, title="Another")
    assert servers.http.post("/v1/policies", content=servers.world.signed(wider).to_bytes()).status_code == 201
    assert servers.proven(f"/v1/leaves/{servers.service.log.size - 1}/proof", {}).status_code == 200
    watch.look(REFRESH_S)
    assert terms.policy().policy_id == wider.policy_id, "a change is seen at the next look"


def test_nobody_answering_is_asked_ever_less_and_what_is_known_stays(
    servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, terms = _watch(servers, tmp_path)
    watch.look(REFRESH_S)

    def away(*_: object) -> None:
        raise Unavailable("nobody answers")

    monkeypatch.setattr(Terms, "refresh", away)
    wait_s, waits = REFRESH_S, []
    for _ in range(8):
        wait_s = watch.look(wait_s)
        waits.append(wait_s)
    assert waits[0] == 2 * REFRESH_S
    assert waits[-1] == REFRESH_S_MAX
    assert (watch.problem, terms.why_not()) == ("", "")

    def forked(*_: object) -> None:
        raise Refused("fork", "two charters")

    monkeypatch.setattr(Terms, "refresh", forked)
    assert watch.look(wait_s) == REFRESH_S, "what does not hold is looked at again soon"
    assert watch.problem == "two charters"
