"""The agent sees redacted elements only, learns a rule from a few examples, and saves what it learned."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aboveboard.core.errors import BadInput, CheckFailed
from aboveboard.core.events import Element
from aboveboard.datasets.schema import Episode, Step, encode_episodes
from aboveboard.learn.agents import Agent, MajorityAgent, NeighbourAgent, RandomAgent, kinds_of
from aboveboard.learn.card import card
from aboveboard.learn.examples import examples_of
from aboveboard.learn.leaveout import leave_out
from aboveboard.learn.model import Config, load, save
from aboveboard.learn.past import Past
from aboveboard.learn.policy import PolicyAgent
from aboveboard.learn.publish import publish
from aboveboard.learn.renaming import renamable, renamed
from aboveboard.learn.scene import ELEMENTS_MAX, Scene
from aboveboard.learn.sight import see
from aboveboard.learn.train import train, train_folder
from aboveboard.learn.words import hashed

NAMES = ("Save", "Open", "Print", "Close", "Send", "Help", "Undo", "Copy")


def _screen(rng: np.random.Generator, n: int = 5) -> tuple[Element, ...]:
    chosen = rng.permutation(len(NAMES))[:n]
    return tuple(Element("push button", NAMES[k], (10, 10 + 40 * i, 80, 30), (), (0, i)) for i, k in enumerate(chosen))


def episodes_of(n: int, seed: int) -> list[Episode]:
    """The rule: click the button that the instruction names."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(n):
        screen = _screen(rng)
        at = int(rng.integers(len(screen)))
        step = Step("click", 0, 1, "chromium", target=screen[at], target_index=at, elements=screen)
        made.append(Episode(f"{i:032x}", "p", "train", f"Click the {screen[at].name} button", "success", (), (step,)))
    return made


CONFIG = Config(width=32, layers=2, heads=2, epochs=40, updates_min=0, batch=16, rate=4e-3)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    (folder / "data").mkdir()
    (folder / "data" / "train.parquet").write_bytes(encode_episodes(episodes_of(120, 1)))
    train_folder(folder, folder / "out", CONFIG)
    return folder / "out"


def _share(agent: Agent) -> float:
    held_out = episodes_of(80, 2)
    right = 0
    for episode in held_out:
        step = episode.steps[0]
        decision = agent.decide(episode.instruction, step.elements, Past())
        right += decision.kind == "click" and decision.element == step.target_index
    return right / len(held_out)


def test_it_learns_to_point_at_what_is_named_and_beats_chance(model: Path) -> None:
    episodes = episodes_of(120, 1)
    random = _share(RandomAgent(kinds_of(episodes), 0))
    majority = _share(MajorityAgent(MajorityAgent.choices_of(episodes), 0))
    assert random < 0.5
    assert majority < 0.5
    assert _share(NeighbourAgent(episodes)) > random
    assert _share(PolicyAgent(model)) >= max(3 * random, 0.8)


def test_the_same_data_gives_the_same_weights() -> None:
    config = replace(CONFIG, epochs=2)
    one, other = (train(episodes_of(20, 1), config, lambda _: None).state_dict() for _ in range(2))
    assert all(bool((one[name] == other[name]).all()) for name in one)


def test_what_was_saved_is_what_is_loaded_and_its_lineage_names_the_weights(model: Path, tmp_path: Path) -> None:
    loaded = load(model)
    save(loaded, tmp_path / "again")
    assert (tmp_path / "again" / "weights.safetensors").read_bytes() == (model / "weights.safetensors").read_bytes()
    lineage = json.loads((model / "lineage.json").read_text())
    assert lineage["episodes"] == 120
    assert lineage["weights_sha256"] in card(model, [])
    with pytest.raises(BadInput, match="no model"):
        load(tmp_path)
    with pytest.raises(BadInput, match="lineage"):
        card(tmp_path, [])


def test_a_model_that_names_no_dataset_or_other_weights_is_not_published(model: Path, tmp_path: Path) -> None:
    class Nobody:
        def ask(self, *_: object) -> None:
            raise AssertionError("nothing may be asked of the log")

    with pytest.raises(BadInput, match="outside a dataset"):
        publish(Nobody(), model)  # type: ignore[arg-type]
    other = tmp_path / "other"
    save(load(model), other)
    fields = json.loads((model / "lineage.json").read_text())
    fields.update(dataset_manifest_sha256="1" * 64, weights_sha256="2" * 64)
    (other / "lineage.json").write_text(json.dumps(fields))
    with pytest.raises(CheckFailed, match="weights"):
        publish(Nobody(), other)  # type: ignore[arg-type]


def test_a_dataset_with_nothing_to_learn_from_says_so() -> None:
    with pytest.raises(BadInput, match="no step"):
        train([replace_steps(episodes_of(1, 1)[0])], CONFIG, lambda _: None)


def replace_steps(episode: Episode) -> Episode:
    import msgspec

    return msgspec.structs.replace(episode, steps=(Step("wait", 0, 1),))


def test_a_step_whose_target_was_not_seen_is_not_learned_from() -> None:
    import msgspec

    [episode] = episodes_of(1, 1)
    unseen = msgspec.structs.replace(episode.steps[0], target_index=-1)
    assert examples_of([msgspec.structs.replace(episode, steps=(unseen,))]) == []
    [example] = examples_of([episode])
    assert example.targets == (episode.steps[0].target_index,)


def test_the_sight_is_bounded_and_the_same_wherever_the_window_stands() -> None:
    screen = _screen(np.random.default_rng(0))
    moved = tuple(
        Element(e.role, e.name, (e.box[0] + 300, e.box[1] + 200, e.box[2], e.box[3]), e.states, e.path) for e in screen
    )
    one, other = see("Click Save", screen, Past()), see("Click Save", moved, Past())
    assert np.array_equal(one.features, other.features)
    many = see("Click Save", screen * 100, Past())
    assert len(many.roles) == ELEMENTS_MAX


def test_words_are_renamed_alike_in_instruction_and_elements() -> None:
    """So that matching is learned, and not names."""
    screen = (Element("push button", "<PERSON_7> 12", (0, 0, 9, 9)),)
    sight = see("Click <PERSON_7> 12", screen, Past())
    new = renamed(sight, renamable(Scene("Click <PERSON_7> 12", screen)), np.random.default_rng(0))
    assert new.words[1] == new.names[0, 0] != sight.words[1]
    assert new.words[2] == new.names[0, 1] == sight.words[2]  # numbers keep their names
    assert new.match is sight.match


def test_words_that_the_screen_only_repeats_keep_what_they_mean() -> None:
    told = "Buy the ticket with the shortest duration"
    said = Element("static", told, (0, 0, 9, 9), (), (0, 0))
    ticket = Element("push button", "ticket", (0, 20, 9, 9), (), (1,))
    which = renamable(Scene(told, (said, ticket)))
    assert hashed("shortest") in which.told
    assert which.shared.tolist() == [hashed("ticket")]


def test_leaving_out_is_told_of_ten_people_or_more_and_of_nobody_alone(model: Path, tmp_path: Path) -> None:
    import msgspec

    made = [
        msgspec.structs.replace(each, contributor=f"p{i // 5}")
        for i, each in enumerate(episodes_of(50, 3))
    ]  # fmt: skip
    few = tmp_path / "few"
    for folder, episodes in ((tmp_path, made), (few, episodes_of(50, 3))):
        (folder / "data").mkdir(parents=True)
        (folder / "data" / "train.parquet").write_bytes(encode_episodes(episodes))
    with pytest.raises(BadInput, match="no figure is of a person"):
        leave_out(model, few, lambda _: None, updates=1)
    lines: list[str] = []
    found = leave_out(model, tmp_path, lines.append, updates=2)
    assert found["people"] == 10
    assert found["held_back"] == 10
    assert len(found["quartiles"]) == 3
    assert found["quartiles"] == sorted(found["quartiles"])
    assert not any(f"p{i}" in json.dumps(found) + "".join(lines) for i in range(10))
