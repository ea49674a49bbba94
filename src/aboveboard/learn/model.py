"""A small policy that points: a transformer over the words of the instruction and the elements on the screen.

    words (b, w) and elements (b, n) -> one sequence with a summary in front -> layers -> heads
      kind     (b, kinds)   what to do
      element  (b, n)       what to do it with
      start, end (b, w)     which words of the instruction to type
      key      (b, keys)    which key to press

About 0.6 M parameters; decides in a few ms on a CPU.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional

from aboveboard.core.errors import BadInput
from aboveboard.learn.sight import FEATURES, KINDS_BEFORE, RANKS, ROLE_IDS, WORD_IDS, WORDS_MAX, Sight


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that shapes and trains the model; stored beside the weights."""

    kinds: tuple[str, ...]
    keys: tuple[str, ...]
    width: int = 96
    layers: int = 3
    heads: int = 4
    dropout: float = 0.1
    seed: int = 0
    epochs: int = 60
    batch: int = 32
    rate: float = 1.5e-3


class Batch(NamedTuple):
    """b examples padded to w words and n elements; masks are True where there is something."""

    words: Tensor  # (b, w)
    word_mask: Tensor  # (b, w)
    roles: Tensor  # (b, n)
    ranks: Tensor  # (b, n)
    names: Tensor  # (b, n, name words)
    features: Tensor  # (b, n, FEATURES)
    match: Tensor  # (b, n, w)
    element_mask: Tensor  # (b, n)
    last: Tensor  # (b,)
    steps: Tensor  # (b,)


class Scores(NamedTuple):
    """Logits; what is not there has -inf."""

    kind: Tensor  # (b, kinds)
    element: Tensor  # (b, n)
    start: Tensor  # (b, w)
    end: Tensor  # (b, w)
    key: Tensor  # (b, keys)


def collate(sights: list[Sight]) -> Batch:
    """Pads sights to one batch."""
    b, w = len(sights), max(len(s.words) for s in sights)
    n = max(max(len(s.roles) for s in sights), 1)

    def padded(shape: tuple[int, ...], kind: Any) -> Any:
        return np.zeros((b, *shape), dtype=kind)

    words, word_mask = padded((w,), np.int64), padded((w,), bool)
    roles, ranks, element_mask = padded((n,), np.int64), padded((n,), np.int64), padded((n,), bool)
    names = padded((n, sights[0].names.shape[1]), np.int64)
    features, match = padded((n, FEATURES), np.float32), padded((n, w), np.float32)
    for i, s in enumerate(sights):
        k, m = len(s.words), len(s.roles)
        words[i, :k], word_mask[i, :k] = s.words, True
        roles[i, :m], ranks[i, :m], element_mask[i, :m] = s.roles, s.ranks, True
        names[i, :m], features[i, :m], match[i, :m, :k] = s.names, s.features, s.match
    last = np.array([s.last for s in sights])
    steps = np.array([s.steps for s in sights])
    arrays = (words, word_mask, roles, ranks, names, features, match, element_mask, last, steps)
    return Batch(*(torch.from_numpy(each) for each in arrays))


class Layer(nn.Module):
    """Attention with a bias given from outside, then a feed-forward; both residual, norms first."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        b, t, width = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)  # each (b, h, t, d)
        mixed = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        x = x + self.drop(self.out(mixed.transpose(1, 2).reshape(b, t, width)))
        out: Tensor = x + self.drop(self.down(functional.gelu(self.up(self.norm2(x)))))
        return out


class Policy(nn.Module):
    """See the module's picture."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        d = config.width
        self.word = nn.Embedding(WORD_IDS, d, padding_idx=0)
        self.position = nn.Embedding(WORDS_MAX, d)
        self.role, self.rank = nn.Embedding(ROLE_IDS, d), nn.Embedding(RANKS, d)
        self.feature = nn.Sequential(nn.Linear(FEATURES, d), nn.GELU(), nn.Linear(d, d))
        self.last, self.steps = nn.Embedding(KINDS_BEFORE, d), nn.Embedding(10, d)
        self.layers = nn.ModuleList(Layer(d, config.heads, config.dropout) for _ in range(config.layers))
        # How strongly a name's word in the instruction draws attention, learned for each layer and head.
        self.pull = nn.Parameter(torch.ones(config.layers, config.heads))
        self.norm = nn.LayerNorm(d)
        self.kind, self.key = nn.Linear(d, len(config.kinds)), nn.Linear(d, max(len(config.keys), 1))
        self.element, self.start, self.end = nn.Linear(d, 1), nn.Linear(d, 1), nn.Linear(d, 1)

    def forward(self, batch: Batch) -> Scores:
        b, w = batch.words.shape
        n = batch.roles.shape[1]
        summary = (self.last(batch.last) + self.steps(batch.steps)).unsqueeze(1)  # (b, 1, d)
        words = self.word(batch.words) + self.position(torch.arange(w))  # (b, w, d)
        count = (batch.names > 0).sum(-1, keepdim=True).clamp(min=1)  # (b, n, 1)
        name = self.word(batch.names).sum(2) / count  # (b, n, d)
        elements = name + self.role(batch.roles) + self.rank(batch.ranks) + self.feature(batch.features)
        x = torch.cat([summary, words, elements], dim=1)  # (b, 1 + w + n, d)
        t = 1 + w + n
        there = torch.cat([torch.ones(b, 1, dtype=torch.bool), batch.word_mask, batch.element_mask], dim=1)
        hidden = torch.zeros(b, 1, 1, t).masked_fill(~there[:, None, None, :], float("-inf"))
        link = torch.zeros(b, t, t)
        link[:, 1 + w :, 1 : 1 + w] = batch.match
        link[:, 1 : 1 + w, 1 + w :] = batch.match.transpose(1, 2)
        for i, layer in enumerate(self.layers):
            x = layer(x, hidden + self.pull[i][None, :, None, None] * link[:, None])
        x = self.norm(x)
        first, words, elements = x[:, 0], x[:, 1 : 1 + w], x[:, 1 + w :]
        absent = float("-inf")
        return Scores(
            self.kind(first), self.element(elements).squeeze(-1).masked_fill(~batch.element_mask, absent),
            self.start(words).squeeze(-1).masked_fill(~batch.word_mask, absent),
            self.end(words).squeeze(-1).masked_fill(~batch.word_mask, absent), self.key(first),
        )  # fmt: skip


def save(policy: Policy, folder: Path) -> None:
    """weights.safetensors and config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    save_file(policy.state_dict(), folder / "weights.safetensors")
    (folder / "config.json").write_bytes(msgspec.json.format(msgspec.json.encode(asdict(policy.config)), indent=1))


def load(folder: Path) -> Policy:
    """Raises BadInput when the folder holds no model."""
    try:
        config = msgspec.json.decode((folder / "config.json").read_bytes(), type=Config)
        policy = Policy(config)
        policy.load_state_dict(load_file(folder / "weights.safetensors"))
    except (OSError, msgspec.MsgspecError, RuntimeError) as error:
        raise BadInput(f"holds no model that can be read: {error}", str(folder)) from error
    policy.eval()
    return policy


class Choice(NamedTuple):
    """The likeliest of each head, as indices."""

    kind: int
    element: int
    start: int
    end: int
    key: int


def judge(policy: Policy, sight: Sight) -> Choice:
    """One decision, without gradients."""
    with torch.inference_mode():
        scores = policy(collate([sight]))
    return Choice(*(int(logits[0].argmax()) for logits in scores))


def use_threads(n: int) -> None:
    """How many threads a decision may use: several processes share the cores."""
    torch.set_num_threads(n)
