"""Training: one flat loop, from a dataset's episodes to a folder with weights, configuration and lineage."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from aboveboard.core.errors import BadInput
from aboveboard.core.events import Box
from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.learn.examples import Example, Span, examples_of, meant
from aboveboard.learn.lineage import Lineage, write_lineage
from aboveboard.learn.model import Config, Policy, Scores, collate, save
from aboveboard.learn.past import Past
from aboveboard.learn.renaming import Renamable, renamable, renamed
from aboveboard.learn.scene import NAME_WORDS_MAX, Scene
from aboveboard.learn.sight import Sight, seen

THREADS = 1
WARM_UP_SHARE = 0.1
CHUNK = 64  # batches whose examples are sorted by size together, so that little is padding
TOLD_EVERY = 500  # updates
PLACE_SHARE = 0.3  # of the loss: where in a thing a hand clicks is mostly chance, where it is not `meant`


@dataclass(frozen=True, slots=True)
class Lesson:
    """An example made ready: as it was seen, as it is seen by one who forgot what went before, and what in it can be
    called otherwise."""

    example: Example
    sight: Sight
    afresh: Sight
    words: Renamable


def lessons_of(examples: list[Example]) -> list[Lesson]:
    scenes = ((each, Scene(each.instruction, each.elements)) for each in examples)
    return [Lesson(each, seen(scene, each.past), seen(scene, Past()), renamable(scene)) for each, scene in scenes]


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
    optimizer = torch.optim.AdamW(policy.parameters(), lr=config.rate, weight_decay=0.02, fused=True)
    wanted = config.epochs * -(-len(examples) // config.batch)
    updates = min(max(wanted, config.updates_min), config.updates_max)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, config.rate, total_steps=updates, pct_start=WARM_UP_SHARE)
    lessons = lessons_of(examples)
    begun, done, losses = time.monotonic(), 0, []
    policy.train()
    while done < updates:
        for batch in _batches(lessons, config, rng)[: updates - done]:
            loss = loss_of(policy, batch, config, rng)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(policy.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
            done += 1
            if done % TOLD_EVERY == 0 or done == updates:
                told(f"update {done}/{updates}: loss {np.mean(losses):.3f}, {time.monotonic() - begun:.0f} s")
                losses = []
    policy.eval()
    return policy


def _batches(lessons: list[Lesson], config: Config, rng: np.random.Generator) -> list[list[Lesson]]:
    """Every lesson once, in random batches of lessons of about one size."""
    order = rng.permutation(len(lessons))
    batches: list[list[Lesson]] = []
    for at in range(0, len(order), CHUNK * config.batch):
        some = sorted(order[at : at + CHUNK * config.batch], key=lambda i: len(lessons[i].example.elements))
        batches += [[lessons[i] for i in some[j : j + config.batch]] for j in range(0, len(some), config.batch)]
    return [batches[i] for i in rng.permutation(len(batches))]


def loss_of(policy: Policy, lessons: list[Lesson], config: Config, rng: np.random.Generator) -> Tensor:
    """Sum of the heads' cross-entropies, each over the examples that have something to say to it."""
    forgets = rng.random(len(lessons)) < config.forgets
    sights = [
        renamed(each.afresh if forgot else each.sight, each.words, rng)
        for each, forgot in zip(lessons, forgets, strict=True)
    ]
    return _loss(policy, sights, [each.example for each in lessons])


def plain_loss(policy: Policy, lessons: list[Lesson]) -> Tensor:
    """The same of these lessons as they are, with nothing renamed or forgotten."""
    return _loss(policy, [each.sight for each in lessons], [each.example for each in lessons])


def loss_on(policy: Policy, episodes: list[Episode]) -> float:
    """Mean loss a step of what the policy knows the kinds and keys of. Raises BadInput when that is nothing."""
    config = policy.config
    lessons = [
        each for each in lessons_of(examples_of(episodes))
        if each.example.kind in config.kinds and (not each.example.key or each.example.key in config.keys)
    ]  # fmt: skip
    if not lessons:
        raise BadInput("nothing can be learned from what was held back")
    batches = [lessons[at : at + config.batch] for at in range(0, len(lessons), config.batch)]
    with torch.inference_mode():
        return sum(plain_loss(policy, each).item() * len(each) for each in batches) / len(lessons)


def _loss(policy: Policy, sights: list[Sight], chosen: list[Example]) -> Tensor:
    typed = torch.tensor([i for i, example in enumerate(chosen) if example.spans], dtype=torch.int64)
    scores: Scores = policy(collate(sights), typed)
    return heads_loss(scores, chosen, policy.config, max(len(s.words) for s in sights))


def heads_loss(scores: Scores, chosen: list[Example], config: Config, w: int) -> Tensor:
    """w: to how many words the instructions are padded."""
    kind = torch.tensor([config.kinds.index(example.kind) for example in chosen])
    loss = functional.cross_entropy(scores.kind, kind)
    at = [i for i, example in enumerate(chosen) if example.targets]
    if at:
        logits = scores.element[at, :, kind[at]]
        right = torch.zeros_like(logits, dtype=torch.bool)
        for row, i in enumerate(at):
            right[row, list(chosen[i].targets)] = True
        loss = loss + _any_of(logits, right)
        place = torch.tensor([chosen[i].place for i in at])
        where = scores.place[at, [chosen[i].targets[0] for i in at]]
        each = functional.cross_entropy(where, place, reduction="none")
        weight = torch.tensor([1.0 if meant(_box(chosen[i]), chosen[i].place) else PLACE_SHARE for i in at])
        loss = loss + (weight * each).mean()
    dragged = [i for i, example in enumerate(chosen) if example.goals]
    if dragged:
        right = torch.zeros_like(scores.goal[dragged], dtype=torch.bool)
        for row, i in enumerate(dragged):
            right[row, list(chosen[i].goals)] = True
        loss = loss + _any_of(scores.goal[dragged], right)
        place = torch.tensor([chosen[i].goal_place for i in dragged])
        onto = scores.goal_place[dragged, [chosen[i].goals[0] for i in dragged]]
        loss = loss + functional.cross_entropy(onto, place)
    typed = [example for example in chosen if example.spans]
    if typed:
        for logits, word in ((scores.start, "first"), (scores.end, "last")):
            right = torch.zeros_like(logits, dtype=torch.bool)
            for row, example in enumerate(typed):
                right[row, [position(span, getattr(span, word), w) for span in example.spans]] = True
            loss = loss + _any_of(logits, right)
    amount, case = ([getattr(example, name) for example in chosen] for name in ("amount", "case"))
    key = [config.keys.index(example.key) if example.key else -1 for example in chosen]
    for logits, wanted in ((scores.amount, amount), (scores.case, case), (scores.key, key)):
        at = [i for i, each in enumerate(wanted) if each >= 0]
        if at:
            loss = loss + functional.cross_entropy(logits[at], torch.tensor([wanted[i] for i in at]))
    return loss


def _box(example: Example) -> Box:
    return example.elements[example.targets[0]].box


def _any_of(logits: Tensor, right: Tensor) -> Tensor:
    """Cross-entropy where several answers are right: minus the log of their probabilities' sum."""
    return (logits.logsumexp(-1) - logits.masked_fill(~right, float("-inf")).logsumexp(-1)).mean()


def position(span: Span, word: int, w: int) -> int:
    """Of a word of the span's text, among the w words of the instruction and then those of each name."""
    return word if span.element < 0 else w + span.element * NAME_WORDS_MAX + word


def train_folder(data: Path, out: Path, config: Config, replaces: str = "") -> Lineage:
    """Trains on the dataset in `data` and writes the model to `out`. replaces: SHA-256 of the weights it is made in the
    place of. Raises BadInput or Corrupt."""
    episodes = [each for each in read_episodes(data) if each.split in ("train", "all", "")]
    policy = train(episodes, config, lambda line: print(line, file=sys.stderr, flush=True))
    save(policy, out)
    manifest = data / "manifest.json"
    lineage = Lineage(
        hashlib.sha256((out / "weights.safetensors").read_bytes()).hexdigest(),
        hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest.is_file() else "",
        len(episodes), len(examples_of(episodes)), config.seed, replaces,
    )  # fmt: skip
    write_lineage(out, lineage)
    return lineage
