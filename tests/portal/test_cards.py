"""Cards of datasets and models: what they come from, on which terms, what a deletion has reached, and no more."""

from __future__ import annotations

import html
import re

import pytest

from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.portal import lineage
from tests.support.portal_world import Portal, bring, build, manifest, settle, train
from tests.support.servers import Person, Researcher

AFFECTED, NOT_AFFECTED = "affected by a deletion", "not affected"


def _text(portal: Portal, path: str, person: Person | None = None) -> str:
    """What stands on a page, without its tags."""
    cookie = {"Cookie": f"device={person.session}"} if person else {}
    answer = portal.servers.get(path, **cookie)
    assert answer.status_code == 200, (path, answer.text)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.text)))


def _builder(portal: Portal, reader: str = "Fola") -> tuple[Researcher, Person, SegmentId]:
    """Somebody with a grant, and somebody who has sent a segment."""
    researcher, person = Researcher(portal.servers, changes={"reader": reader}), Person(portal.servers).ready()
    assert researcher.bring().status_code == 201
    assert person.send(person.sealed()).status_code == 201
    return researcher, person, SegmentId(person.prev)


def test_a_model_names_what_it_comes_from_and_on_which_terms(portal: Portal) -> None:
    text = _text(portal, f"/models/{portal.model}")
    for wanted in (portal.model, "Office tasks, autumn", "train-agents", "one paid hour a month", "under 10 people"):
        assert wanted in text
    assert NOT_AFFECTED in text
    assert AFFECTED not in text
    assert "Nothing in its place" in text
    assert portal.person.prev not in text


def test_what_a_deletion_has_reached_says_so_wherever_it_is_named(portal: Portal) -> None:
    """The marked dataset, its model, lists of both, and the page of whoever is in it; with what came in its place."""
    dataset, model = portal.marked
    for path in (f"/datasets/{dataset}", f"/models/{model}"):
        text = _text(portal, path)
        assert "Affected by a deletion." in text, path
        assert "not to be used any more" in text, path
        assert "Office tasks, autumn" in text, path
    assert "Trained on that:" in _text(portal, f"/models/{model}")
    assert "Office tasks, summer" in _text(portal, f"/datasets/{portal.dataset}")
    for path in ("/uses", "/datasets", "/models"):
        text = _text(portal, path)
        assert AFFECTED in text, path
        assert NOT_AFFECTED in text, path
    own = _text(portal, "/me", portal.person)
    assert re.search(rf"Office tasks, summer Built by Fola for train-agents, entry \d+ : {AFFECTED}", own), own
    assert re.search(rf"Model of entry \d+ : {AFFECTED}", own)
    assert re.search(rf"Office tasks, autumn Built by Fola for train-agents, entry \d+ : {NOT_AFFECTED}", own)
    researcher = portal.members["researcher"].get("/researchers").text
    assert AFFECTED in researcher
    at = portal.servers.get(f"/v1/datasets/{dataset}").json()["marked_index"]
    assert "dataset marked: not to be used any more" in _text(portal, f"/log/{at}")


def test_only_ones_own_datasets_are_on_ones_page(portal: Portal) -> None:
    """By what the collector was told segment by segment, whether the builder has shown the manifest or not; and what
    one has deleted since is said before the day's marks are made."""
    researcher, person, segment = _builder(portal)
    assert "no dataset holds anything of yours" in _text(portal, "/me", person)
    data = manifest(portal.servers, "Not shown", (segment,))
    name = build(researcher, data, (segment,))
    settle(portal.servers)
    text = _text(portal, "/me", person)
    assert "Dataset of entry" in text
    assert "Office tasks" not in text
    assert "marked within a day" not in text
    assert "Its builder has not shown its manifest" in _text(portal, f"/datasets/{name}")
    asked = person.delete("segments", (segment,))
    assert portal.servers.http.post("/v1/deletions", content=asked, headers=person.headers).status_code == 202
    assert "marked within a day" in _text(portal, "/me", person)
    assert name not in portal.servers.get("/me", Cookie=f"device={portal.person.session}").text


def test_only_a_manifest_that_the_log_names_becomes_a_card(portal: Portal) -> None:
    assert bring(portal, b'{"title": "no"}', "/researchers/cards") == 400
    stranger = manifest(portal.servers, "Never built", (SegmentId(portal.person.prev),))
    assert bring(portal, stranger, "/researchers/cards") == 404
    text = _text(portal, f"/datasets/{portal.dataset}")
    assert "Office tasks, autumn" in text
    assert "under 10" in text
    assert portal.person.prev not in text


@pytest.mark.parametrize("path", ["/datasets/{}", "/models/{}"])
@pytest.mark.parametrize("name", ["0" * 64, "x", "%3Cscript%3E", "..%2F..%2Fcollector.db"])
def test_a_name_that_the_log_does_not_have_finds_nothing(portal: Portal, path: str, name: str) -> None:
    answer = portal.servers.get(path.format(name))
    assert answer.status_code == 404
    assert "<script" not in answer.text


@pytest.mark.parametrize("path", ["/datasets", "/models"])
def test_lists_go_on_page_by_page_to_the_first(portal: Portal, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lineage, "SHOWN_MAX", 1)
    seen: list[str] = []
    at = path
    for _ in range(50):
        text = portal.servers.get(at).text
        [link] = re.findall(rf'<th scope="row"><a href="{path}/([0-9a-f]{{64}})"', text)
        seen.append(link)
        older = re.findall(rf'href="({path}\?before=\d+)"', text)
        if not older:
            break
        [at] = older
    assert len(set(seen)) == len(seen)
    assert seen[-1] == (portal.marked[0] if path == "/datasets" else portal.marked[1])
    assert {portal.dataset, portal.model} & set(seen)
    for wrong in ("x", "-1", "1" * 30, "%C2%B2"):
        assert portal.servers.get(f"{path}?before={wrong}").status_code == 400
    assert "None was" in portal.servers.get(f"{path}?before=0").text


def test_a_model_of_two_datasets_names_both(portal: Portal) -> None:
    researcher, _, segment = _builder(portal)
    other = build(researcher, manifest(portal.servers, "A second source", (segment,)), (segment,))
    model = sha256_hex(b"of two")
    for each in (portal.dataset, other):
        train(researcher, model, each)
    settle(portal.servers)
    text = portal.servers.get(f"/models/{model}").text
    for each in (portal.dataset, other):
        assert f"/datasets/{each}" in text
    assert f"/models/{model}" in portal.servers.get(f"/datasets/{other}").text
