"""What the policy's network is made to hold to before it is trained."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from aboveboard.core.events import Element
from aboveboard.learn.model import UNMET, Batch, Config, Policy, collate
from aboveboard.learn.past import Past
from aboveboard.learn.scene import IN_ORDER
from aboveboard.learn.sight import see

ITEMS = tuple(Element("list item", name, (0, 20 * i, 60, 12), (), (0, i)) for i, name in enumerate(("Al", "Bo", "Cy")))


def policy(**config: float) -> Policy:
    torch.manual_seed(0)
    return Policy(Config(kinds=("click", "drag"), keys=("Return",), dropout=0.0, **config))  # type: ignore[arg-type]


def batch(whole: float = 0.0, *, moved: bool = False) -> Batch:
    """moved: the same things, told to stand elsewhere in the order."""
    made = collate([see("Choose the 2nd one", ITEMS, Past())])
    features = made.features.clone()
    if moved:
        features[..., list(IN_ORDER)] += 1
        made = made._replace(ranks=made.ranks + 3, siblings=made.siblings + 3)
    return made._replace(features=features, whole=made.whole + whole)


def test_what_was_never_met_says_next_to_nothing() -> None:
    embeddings = [module for module in policy().modules() if isinstance(module, nn.Embedding)]
    assert embeddings
    for each in embeddings:
        assert each.weight.std() < 1.2 * UNMET


@pytest.mark.parametrize("hides", [0.0, 1.0])
def test_where_a_thing_stands_in_the_order_is_hidden_as_one_and_only_in_training(hides: float) -> None:
    agent = policy(hides=hides)
    for training in (True, False):
        agent.train(training)
        with torch.inference_mode():
            here, elsewhere = (agent(batch(moved=moved)).element for moved in (False, True))
        assert torch.allclose(here, elsewhere) == (training and hides == 1.0), training


def test_the_screen_as_a_whole_says_where_in_a_thing_to_press() -> None:
    """The sign of the told number, say, which arrow of a spinner."""
    agent = policy().eval()
    with torch.inference_mode():
        agent.where.weight.zero_()
        agent.where.weight[5] = 100.0
        places = agent(batch(whole=1.0)).place.argmax(-1)
    assert places.tolist() == [[5, 5, 5]]
