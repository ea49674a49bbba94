"""A model whose data somebody has withdrawn from: said on its card, trained again, marked; and what a demonstration was
worth, with no figure of a person."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from aboveboard.core.errors import BadInput, Refused
from aboveboard.datasets.change import mark
from aboveboard.datasets.manifest import Manifest
from aboveboard.datasets.schema import Episode, encode_episodes
from aboveboard.learn.card import card
from aboveboard.learn.lineage import affected, read_lineage
from aboveboard.learn.retrain import retrain
from aboveboard.learn.train import train_folder
from aboveboard.learn.value import PEOPLE_MIN, by_people, report, value
from tests.unit.learn.test_learning import CONFIG, episodes_of


def dataset(folder: Path, episodes: list[Episode], supersedes: str = "") -> Path:
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "train.parquet").write_bytes(encode_episodes(episodes))
    manifest = Manifest(
        "t", "train-agents", "", (), "", {}, "", "", len(episodes), len(episodes), 2, 1, {}, supersedes
    )  # fmt: skip
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A dataset of two people, and the model made of it."""
    home = tmp_path_factory.mktemp("programme")
    episodes = [
        msgspec.structs.replace(each, contributor="p" if i % 2 else "q") for i, each in enumerate(episodes_of(60, 1))
    ]
    data = dataset(home / "data", episodes)
    train_folder(data, home / "model", CONFIG)
    return home / "model", data


def test_the_card_says_what_deletions_mean_and_training_again_follows_them(
    trained: tuple[Path, Path], tmp_path: Path
) -> None:
    model, data = trained
    assert "Nobody in its dataset has withdrawn" in card(model, [], data)
    assert "was not looked at" in card(model, [])
    before = read_lineage(model)
    left = episodes_of(60, 1)[1::2]
    follower = dataset(tmp_path / "without", left, before.dataset_manifest_sha256)
    stranger = dataset(tmp_path / "stranger", left)
    mark(data, "f" * 64, "a contributor has withdrawn")
    assert "train it again" in affected(model, data)
    with pytest.raises(Refused, match="not made from"):
        retrain(model, stranger, tmp_path / "other")
    with pytest.raises(BadInput, match="not the dataset"):
        card(model, [], stranger)
    after = retrain(model, follower, tmp_path / "new")
    assert after.replaces == before.weights_sha256 != after.weights_sha256
    assert (after.episodes, before.episodes) == (30, 60)
    assert "taken its place" in card(model, [])
    assert before.weights_sha256 in card(tmp_path / "new", [])
    assert json.loads((model / "superseded.json").read_text())["by"] == after.weights_sha256
    with pytest.raises(BadInput, match="not empty"):
        retrain(model, follower, tmp_path / "new")


def test_a_demonstration_of_the_contrary_is_worth_less(trained: tuple[Path, Path], tmp_path: Path) -> None:
    model, _ = trained
    good = episodes_of(50, 3)
    wrong = [
        msgspec.structs.replace(
            each,
            steps=(msgspec.structs.replace(each.steps[0], target_index=(each.steps[0].target_index + 1) % 5),),
        )
        for each in episodes_of(60, 4)[50:]
    ]
    data = dataset(tmp_path / "data", [*good, *wrong])
    found = value(model, data)
    worth = found["episodes"]
    names = {each.episode_id for each in wrong} & set(worth)
    assert names
    others = [amount for name, amount in worth.items() if name not in names]
    assert sum(worth[name] for name in names) / len(names) < sum(others) / len(others)
    assert found["people"] is None  # one person: nothing over people
    told = report(found, "one paid hour a month")
    assert "one paid hour a month" in told
    assert "does not depend on these figures" in told


def test_value_over_people_only_for_enough_of_them_and_never_whose() -> None:
    episodes = [
        msgspec.structs.replace(each, contributor=f"person {i % PEOPLE_MIN}")
        for i, each in enumerate(episodes_of(2 * PEOPLE_MIN, 1))
    ]
    worth = {each.episode_id: 1.0 for each in episodes}
    found = by_people(episodes, worth)
    assert found is not None
    assert "person" not in json.dumps(found["quartiles"])
    assert found["quartiles"] == [2.0, 2.0, 2.0]
    assert by_people(episodes[: PEOPLE_MIN - 1], worth) is None
