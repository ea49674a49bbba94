"""The protocol's rules, and that its report says what was found and what was not run."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode, Step, encode_episodes
from bench.learn.ablations import changed
from bench.learn.demonstrations import Shown, demonstrable, first, held_out, shown_in
from bench.learn.protocol import Protocol, trainings, trials
from bench.learn.report import page, write_report
from bench.learn.results import results

FIELD = Element("entry", "<PERSON_3>", (10, 10, 90, 20), (), (0,))
SMALL = Protocol(
    tasks=("a", "b"), demonstrations=4, few=2, counts=(2, 4), seeds=(0, 1), bare=2, unseen=1, ablations=("no-paths",)
)  # fmt: skip

GOOD = (False, "demonstration", 0)


def shown(number: int, instruction: str, *steps: Step) -> Episode:
    return Episode(f"{number:032x}", "p", "all", instruction, "success", (), steps)


def click(at_us: int) -> Step:
    return Step("click", at_us, at_us + 10, x=20, y=15, target=FIELD, target_index=0, elements=(FIELD,))


def home_with(tmp_path: Path, rows: list[dict[str, object]], episodes: list[Episode]) -> Path:
    (tmp_path / "contributor-1").mkdir()
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "contributor-1" / "diary.jsonl").write_text(lines)
    (tmp_path / "dataset").mkdir()
    (tmp_path / "dataset" / "all.parquet").write_bytes(encode_episodes(episodes))
    return tmp_path


def row(task: str, seed: int, instruction: str, took_us: int, reward: float = 1) -> dict[str, object]:
    action = {"kind": "click", "start_us": 1_000_000}
    return {
        "task": task, "seed": f"demonstration-{seed}", "instruction": instruction, "reward": reward,
        "start_us": 0, "end_us": 1_000_000 + took_us, "actions": [action],
    }  # fmt: skip


def test_an_episode_is_known_by_its_words_and_its_length(tmp_path: Path) -> None:
    rows = [
        row("a", 0, "Write to Ann Lee", 9_000_000), row("b", 1, "Write to Bo", 4_000_000),
        row("a", 2, "Write to Cy", 30_000_000), row("b", 3, "Call Dee", 4_000_000),
    ]  # fmt: skip
    episodes = [
        shown(1, "Write to <PERSON_1>", click(0), Step("done", 9_100_000, 9_100_000)),
        shown(2, "Write to <PERSON_2>", click(0), Step("done", 4_100_000, 4_100_000)),
        shown(3, "Write to <PERSON_3>", click(0), Step("done", 90_000_000, 90_000_000)),
    ]
    found = shown_in(home_with(tmp_path, rows, episodes))
    assert [(each.task, each.order[2], each.episode.episode_id[-1]) for each in found] == [("a", 0, "1"), ("b", 1, "2")]


def test_a_task_counts_when_its_script_can_and_what_it_types_can_be_read(tmp_path: Path) -> None:
    rows = [row("a", i, "x", 1, reward=1 if i else 0) for i in range(5)] + [row("b", i, "x", 1) for i in range(5)]
    rows += [row("c", i, "x", 1) for i in range(5)]
    unread = shown(7, "x", Step("type", 0, 1, text="elsewhere", elements=(FIELD,)))
    said = demonstrable(
        home_with(tmp_path, rows, []), [Shown("b", GOOD, shown(1, "x", click(0))), Shown("c", (True, "d", 0), unread)]
    )
    assert said["b"] == ""
    assert "succeeds in 4 of 5" in said["a"]
    assert "read in 0 of 1" in said["c"]


def test_which_tasks_are_held_out_is_a_rule_and_nobodys_choice() -> None:
    tasks = ["click-button", "enter-text", "click-link", "use-slider"]
    assert held_out(tasks, 2) == held_out(reversed(tasks), 2)
    assert set(held_out(tasks, 2)) < set(tasks)


def test_the_first_demonstrations_of_each_task_are_taken() -> None:
    every = [Shown("a", (False, "d", i), shown(i, "x", click(0))) for i in range(5)]
    every.append(Shown("b", GOOD, shown(9, "x", click(0))))
    assert [each.episode_id[-1] for each in first(every, ["a"], 3)] == ["0", "1", "2"]


def test_what_an_ablation_takes_away() -> None:
    hover = msgspec.structs.replace(click(0), kind="hover")
    typed = Step("type", 20, 30, text="<PERSON_3>", elements=(FIELD,))
    [episode] = changed([shown(1, "Write <PERSON_3>", hover, click(5), typed)], "no-paths")
    assert [step.kind for step in episode.steps] == ["click", "type"]
    [episode] = changed([shown(1, "Write <PERSON_3>", click(5), typed)], "no-placeholders")
    assert (episode.instruction, episode.steps[1].text) == ("Write <PERSON>", "<PERSON>")
    assert episode.steps[0].elements[0].name == "<PERSON>"


def test_the_order_begins_with_what_matters_most() -> None:
    names = [each.name for each in trainings(SMALL)]
    assert names[:2] == ["n4-s0", "n2-s0"]
    assert {"bare", "n4-s1", "no-paths-s0"} <= set(names)
    assert {"n4-s0.seen", "n4-s0.unseen", "bare.seen", "random.seen"} <= {each.name for each in trials(SMALL)}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "tasks.json").write_text(json.dumps({"seen": ["a"], "unseen": ["b"], "left_out": {"c": "<no>"}}))
    (tmp_path / "evaluations").mkdir()
    replay = {
        "task": "a", "seed": "s", "instruction": "Click <b>it</b>", "success": False,
        "steps": [{
            "kind": "click", "text": "", "key": "", "target": {"role": "entry", "name": "It", "box": [1, 2, 30, 10]},
            "seen": [{"role": "entry", "name": "It", "box": [1, 2, 30, 10]}],
        }],
    }  # fmt: skip
    for name, won in (("n4-s0.seen.0", 5), ("n4-s1.seen.0", 3)):
        tasks = {"a": {"successes": won, "episodes": 5}}
        told = {"tasks": tasks, "decision_ms_p50": 3.0, "failures": [replay], "shown": []}
        (tmp_path / "evaluations" / f"{name}.json").write_text(json.dumps(told))
    return tmp_path


def test_results_pool_the_training_seeds_and_name_what_was_not_run(home: Path) -> None:
    found = results(SMALL, home)
    assert (found["success_60"], found["success_60_successes"], found["success_60_n"]) == (0.8, 8, 10)
    assert found["success_3"] is None
    assert found["success_3_n"] == 0
    assert "n2-s0.seen" in found["not_run"]
    assert "n4-s0.seen" not in found["not_run"]


def test_an_evaluation_that_was_not_made_to_its_end_is_no_figure(home: Path) -> None:
    (home / "tasks.json").write_text(json.dumps({"seen": ["a", "z"], "unseen": ["b"], "left_out": {}}))
    found = results(SMALL, home)
    assert (found["success_60"], found["success_60_n"]) == (None, 0)
    assert "n4-s0.seen" in found["not_run"]


def test_the_report_shows_the_replays_and_nothing_of_them_as_markup(home: Path, tmp_path: Path) -> None:
    write_report(results(SMALL, home), home, tmp_path / "out")
    text = (tmp_path / "out" / "report.html").read_text()
    assert "Click &lt;b&gt;it&lt;/b&gt;" in text
    assert "fill-opacity=.35" in text
    assert "&lt;no&gt;" in text
    assert page(results(SMALL, home), []).count("<details>") == 0
