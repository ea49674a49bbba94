"""Training: one flat loop, from a dataset's episodes to a folder with weights, configuration and lineage."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import torch
from torch.nn import functional

from aboveboard.core.errors import BadInput
from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.learn.examples import POINTER, Example, examples_of
from aboveboard.learn.lineage import Lineage
from aboveboard.learn.model import Config, Policy, collate, save
from aboveboard.learn.sight import see, shuffled_names

THREADS = 2
WARM_UP_SHARE = 0.1


def train(episodes: list[Episode], config: Config, told: Callable[[str], None]) -> Policy:
    """Trains on every step that can be learned from. The same episodes and configuration give the same weights."""
    examples = examples_of(episodes)
    if not examples:
        raise BadInput("the dataset holds no step that can be learned from")
    torch.manual_seed(config.seed)
    torch.set_num_threads(THREADS)
    rng = np.random.default_rng(config.seed)
    kinds = tuple(sorted({example.kind for example in examples}))
    keys = tuple(sorted({example.key for example in examples if example.key}))
    config = replace(config, kinds=kinds, keys=keys)
    policy = Policy(config)
    optimizer = torch.optim.AdamW(policy.parameters(), lr=config.rate, weight_decay=0.02)
    batches = -(-len(examples) // config.batch)
    total = config.epochs * batches
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.rate, total_steps=total, pct_start=WARM_UP_SHARE)
    begun = time.monotonic()
    policy.train()
    for epoch in range(config.epochs):
        order = rng.permutation(len(examples))
        losses = []
        for at in range(0, len(examples), config.batch):
            chosen = [examples[i] for i in order[at : at + config.batch]]
            loss = _loss(policy, chosen, config, rng)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        if (epoch + 1) % 10 == 0:
            told(f"epoch {epoch + 1}/{config.epochs}: loss {np.mean(losses):.3f}, {time.monotonic() - begun:.0f} s")
    policy.eval()
    return policy


def _loss(policy: Policy, chosen: list[Example], config: Config, rng: np.random.Generator) -> torch.Tensor:
    """Sum of the heads' cross-entropies, each over the examples that have something to say to it."""
    sights = [
        see(example.instruction, example.elements, example.past,
            shuffled_names(example.instruction, example.elements, rng))
        for example in chosen
    ]  # fmt: skip
    scores = policy(collate(sights))
    kind = torch.tensor([config.kinds.index(example.kind) for example in chosen])
    element = torch.tensor([example.element if example.kind in POINTER else -1 for example in chosen])
    start, end = (torch.tensor([getattr(example, name) for example in chosen]) for name in ("start", "end"))
    key = torch.tensor([config.keys.index(example.key) if example.key else -1 for example in chosen])
    loss = functional.cross_entropy(scores.kind, kind)
    for logits, wanted in ((scores.element, element), (scores.start, start), (scores.end, end), (scores.key, key)):
        known = wanted >= 0
        if known.any():
            loss = loss + functional.cross_entropy(logits[known], wanted[known])
    return loss


def train_folder(data: Path, out: Path, config: Config) -> Lineage:
    """Trains on the dataset in `data` and writes the model to `out`. Raises BadInput or Corrupt."""
    episodes = [each for each in read_episodes(data) if each.split in ("train", "all", "")]
    policy = train(episodes, config, lambda line: print(line, file=sys.stderr, flush=True))
    save(policy, out)
    manifest = data / "manifest.json"
    lineage = Lineage(
        hashlib.sha256((out / "weights.safetensors").read_bytes()).hexdigest(),
        hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.is_file() else "",
        len(episodes), len(examples_of(episodes)), config.seed,
    )  # fmt: skip
    (out / "lineage.json").write_bytes(msgspec.json.format(msgspec.json.encode(lineage), indent=1))
    return lineage
