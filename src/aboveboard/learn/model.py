"""A small policy that points: a transformer over the words of the instruction and the elements on the screen.

    words (b, w) and elements (b, n) -> one sequence with a summary in front -> layers -> heads
      kind     (b, kinds)          what to do
      element  (b, n, kinds)       what to do it with
      place    (b, n, PLACES)      where in it
      goal     (b, n)              what to drag it onto
      goal_place (b, n, PLACES)    and where in that
      amount   (b, AMOUNTS)        how far to scroll
      start, end (b, w + n K)      which words to type: of the instruction, then of each element's name
      case     (b, CASES)          and how to write them
      key      (b, keys)           which key to press

How words match elements and how elements lie to each other comes in as biases of the attention. About 1 M parameters;
decides in a few ms on a CPU.
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
from aboveboard.learn.examples import AMOUNTS, CASES, PLACES
from aboveboard.learn.matching import MATCHES
from aboveboard.learn.relations import KIN, OFFSETS, RELATIONS, TIES
from aboveboard.learn.scene import F32, IN_ORDER, NAME_WORDS_MAX, WORDS_MAX
from aboveboard.learn.sight import (
    FEATURES,
    GLOBALS,
    KINDS_BEFORE,
    NAME_FEATURES,
    RANKS,
    ROLE_IDS,
    WORD_FEATURES,
    Sight,
)
from aboveboard.learn.words import WORD_IDS

APART = 8  # words farther apart than this are all equally far
UNMET = 0.1
ABSENT = float("-inf")


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that shapes and trains the model; stored beside the weights. updates: steps of the optimizer."""

    kinds: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    width: int = 64
    layers: int = 3
    heads: int = 4
    dropout: float = 0.1
    seed: int = 0
    epochs: int = 40
    updates_min: int = 1000
    updates_max: int = 6000
    batch: int = 32
    rate: float = 2e-3
    forgets: float = 0.15  # share of examples whose past is hidden
    hides: float = 0.3  # share of examples in which the how-manyeth each thing is is hidden


class Batch(NamedTuple):
    """b examples padded to w words and n elements; masks are True where there is something."""

    words: Tensor  # (b, w)
    word_features: Tensor  # (b, w, WORD_FEATURES)
    word_mask: Tensor  # (b, w)
    roles: Tensor  # (b, n)
    ranks: Tensor  # (b, n)
    siblings: Tensor  # (b, n)
    names: Tensor  # (b, n, K)
    counts: Tensor  # (b, n, K)
    name_features: Tensor  # (b, n, K, NAME_FEATURES)
    features: Tensor  # (b, n, FEATURES)
    match: Tensor  # (b, MATCHES, n, w)
    relation: Tensor  # (b, n, n)
    ties: Tensor  # (b, TIES, n, n)
    whole: Tensor  # (b, GLOBALS)
    element_mask: Tensor  # (b, n)
    last: Tensor  # (b,)


class Scores(NamedTuple):
    """Logits; what is not there has -inf."""

    kind: Tensor  # (b, kinds)
    element: Tensor  # (b, n, kinds)
    place: Tensor  # (b, n, PLACES)
    goal: Tensor  # (b, n)
    goal_place: Tensor  # (b, n, PLACES)
    amount: Tensor  # (b, AMOUNTS)
    start: Tensor  # (b, w + n K)
    end: Tensor  # (b, w + n K)
    case: Tensor  # (b, CASES)
    key: Tensor  # (b, keys)


def collate(sights: list[Sight]) -> Batch:
    """Pads sights to one batch."""
    b, w = len(sights), max(len(s.words) for s in sights)
    n = max(max(len(s.roles) for s in sights), 1)

    def padded(*shape: int, kind: Any = np.int64) -> Any:
        return np.zeros((b, *shape), dtype=kind)

    words, word_mask, word_features = padded(w), padded(w, kind=bool), padded(w, WORD_FEATURES, kind=np.float32)
    roles, ranks, siblings, element_mask = padded(n), padded(n), padded(n), padded(n, kind=bool)
    names, counts = padded(n, NAME_WORDS_MAX), padded(n, NAME_WORDS_MAX)
    features, match = padded(n, FEATURES, kind=np.float32), padded(MATCHES, n, w, kind=np.float32)
    relation, ties = padded(n, n), padded(TIES, n, n, kind=np.float32)
    name_features = padded(n, NAME_WORDS_MAX, NAME_FEATURES, kind=np.float32)
    for i, s in enumerate(sights):
        k, m = len(s.words), len(s.roles)
        words[i, :k], word_features[i, :k], word_mask[i, :k] = s.words, s.word_features, True
        roles[i, :m], ranks[i, :m], siblings[i, :m], element_mask[i, :m] = s.roles, s.ranks, s.siblings, True
        names[i, :m], counts[i, :m], features[i, :m] = s.names, s.counts, s.features
        match[i, :, :m, :k], relation[i, :m, :m] = s.match, s.relation
        ties[i, :, :m, :m], name_features[i, :m] = s.ties, s.name_features
    last = np.array([s.last for s in sights])
    arrays = (
        words, word_features, word_mask, roles, ranks, siblings, names, counts, name_features, features, match,
        relation, ties, np.stack([s.whole for s in sights]), element_mask, last,
    )  # fmt: skip
    return Batch(*(torch.from_numpy(each) for each in arrays))


class Ties(nn.Module):
    """What draws attention, for each layer and head: matches between words and elements, and where things lie."""

    def __init__(self, layers: int, heads: int) -> None:
        super().__init__()
        self.layers, self.heads = layers, heads
        both = layers * heads
        self.to_words, self.to_elements = (nn.Parameter(torch.ones(both, MATCHES)) for _ in range(2))
        self.apart = nn.Parameter(0.1 * torch.randn(2 * APART + 1, both))
        self.across, self.down = (nn.Parameter(0.1 * torch.randn(OFFSETS, both)) for _ in range(2))
        self.kin = nn.Parameter(0.1 * torch.randn(KIN, both))
        self.tied = nn.Parameter(0.5 * torch.randn(both, TIES))

    def forward(self, batch: Batch, there: Tensor) -> Tensor:
        """there: (b, t), True where there is something -> (layers, b, heads, t, t)."""
        b, w = batch.words.shape
        t = there.shape[1]
        place = torch.arange(w)
        apart = (place[None, :] - place[:, None]).clamp(-APART, APART) + APART
        among_words = self.apart[apart].permute(2, 0, 1).expand(b, -1, -1, -1)  # (b, both, w, w)
        to_words = torch.einsum("hc,bcnw->bhnw", self.to_words, batch.match)
        to_elements = torch.einsum("hc,bcnw->bhwn", self.to_elements, batch.match)
        table = self.across[:, None, None] + self.down[None, :, None] + self.kin[None, None, :]
        lies = functional.embedding(batch.relation, table.reshape(RELATIONS, -1)).permute(0, 3, 1, 2)
        lies = lies + torch.einsum("ht,btij->bhij", self.tied, batch.ties)
        bias = torch.cat(
            [torch.cat([among_words, to_elements], dim=3), torch.cat([to_words, lies], dim=3)], dim=2
        )  # (b, both, w + n, w + n)
        bias = functional.pad(bias, (1, 0, 1, 0)).masked_fill(~there[:, None, None, :], ABSENT)
        return bias.view(b, self.layers, self.heads, t, t).transpose(0, 1)


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
        d, kinds = config.width, len(config.kinds)
        self.word = nn.Embedding(WORD_IDS, d, padding_idx=0)
        self.before, self.after = nn.Linear(d, d, bias=False), nn.Linear(d, d, bias=False)
        self.position, self.word_feature = nn.Embedding(WORDS_MAX, d), nn.Linear(WORD_FEATURES, d)
        self.role, self.rank, self.sibling = nn.Embedding(ROLE_IDS, d), nn.Embedding(RANKS, d), nn.Embedding(RANKS, d)
        self.feature = nn.Sequential(nn.Linear(FEATURES, d), nn.GELU(), nn.Linear(d, d))
        self.last = nn.Embedding(KINDS_BEFORE, d)
        self.whole = nn.Sequential(nn.Linear(GLOBALS, d), nn.GELU(), nn.Linear(d, d))
        self.ties = Ties(config.layers, config.heads)
        self.layers = nn.ModuleList(Layer(d, config.heads, config.dropout) for _ in range(config.layers))
        self.norm = nn.LayerNorm(d)
        self.kind, self.key = nn.Linear(d, kinds), nn.Linear(d, max(len(config.keys), 1))
        self.amount, self.case = nn.Linear(d, len(AMOUNTS)), nn.Linear(d, len(CASES))
        self.element, self.place = nn.Linear(d, kinds), nn.Linear(d, PLACES)
        self.where = nn.Linear(GLOBALS, PLACES)  # up or down, as the told number is
        self.goal, self.goal_place = nn.Linear(d, 1), nn.Linear(d, PLACES)
        self.span = nn.Linear(d, 2)
        self.of_name, self.count = nn.Linear(d, d), nn.Embedding(NAME_WORDS_MAX + 1, d)
        self.name_feature = nn.Linear(NAME_FEATURES, d)
        self.name_span = nn.Sequential(nn.GELU(), nn.Linear(d, 2))
        for module in self.modules():
            if isinstance(module, nn.Embedding):  # what was never met is to say hardly anything
                nn.init.normal_(module.weight, std=UNMET)
        self.word.weight.data[0] = 0
        self.in_order: Tensor
        in_order = torch.zeros(FEATURES)
        in_order[list(IN_ORDER)] = 1
        self.register_buffer("in_order", in_order, persistent=False)

    def forward(self, batch: Batch, typed: Tensor | None = None) -> Scores:
        """typed: (b',) which examples of the batch need start and end (None: all): those two are over (b', ...)."""
        b, w = batch.words.shape
        summary = (self.last(batch.last) + self.whole(batch.whole)).unsqueeze(1)  # (b, 1, d)
        words = self._in_context(self.word(batch.words))
        words = words + self.position(torch.arange(w)) + self.word_feature(batch.word_features)
        named = self._name(batch.names)
        kept = self._at_times(torch.ones(b, 1, 1))
        ranks = kept * (self.rank(batch.ranks) + self.sibling(batch.siblings))
        known = batch.features * (1 - (1 - kept) * self.in_order)
        elements = named + self.role(batch.roles) + ranks + self.feature(known)
        x = torch.cat([summary, words, elements], dim=1)  # (b, 1 + w + n, d)
        there = torch.cat([torch.ones(b, 1, dtype=torch.bool), batch.word_mask, batch.element_mask], dim=1)
        for layer, bias in zip(self.layers, self.ties(batch, there), strict=True):
            x = layer(x, bias)
        x = self.norm(x)
        first, words, elements = x[:, 0], x[:, 1 : 1 + w], x[:, 1 + w :]
        start, end = self._spans(batch, words, elements, typed)
        place = self.place(elements) + self.where(batch.whole).unsqueeze(1)
        return Scores(
            self.kind(first), self.element(elements).masked_fill(~batch.element_mask[..., None], ABSENT),
            place, self.goal(elements)[..., 0].masked_fill(~batch.element_mask, ABSENT),
            self.goal_place(elements), self.amount(first), start, end, self.case(first), self.key(first),
        )  # fmt: skip

    def _at_times(self, told: Tensor) -> Tensor:
        """(b, ...), in training 0 for some of the examples: so that what stands third is not all there is to it when it
        was the third that was asked for."""
        if not self.training:
            return told
        kept: Tensor = told * (torch.rand(len(told), *[1] * (told.dim() - 1)) >= self.config.hides)
        return kept

    def _in_context(self, words: Tensor) -> Tensor:
        """(b, w, d) -> (b, w, d): each word with the one before it and the one after it: "from" whom, "to" whom."""
        before, after = functional.pad(words, (0, 0, 1, 0))[:, :-1], functional.pad(words, (0, 0, 0, 1))[:, 1:]
        mixed: Tensor = words + self.before(before) + self.after(after)
        return mixed

    def _name(self, names: Tensor) -> Tensor:
        """(b, n, K) -> (b, n, d): the mean of its words."""
        b, n, k = names.shape
        there = (names > 0).to(torch.float32)
        each = there / there.sum(-1, keepdim=True).clamp(min=1)
        mean: Tensor = functional.embedding_bag(
            names.view(b * n, k), self.word.weight, per_sample_weights=each.view(b * n, k), mode="sum"
        ).view(b, n, -1)
        return mean

    def _spans(self, batch: Batch, words: Tensor, elements: Tensor, typed: Tensor | None) -> tuple[Tensor, Tensor]:
        """Logits over the words of the instruction and then of each name, first and last; (b', w + n K) each."""
        names, counts, mask, known = batch.names, batch.counts, batch.word_mask, batch.name_features
        if typed is not None:
            names, counts, mask, known = names[typed], counts[typed], mask[typed], known[typed]
            words, elements = words[typed], elements[typed]
        told = self.span(words).masked_fill(~mask[..., None], ABSENT)  # (b', w, 2)
        i, j, k = (names > 0).nonzero(as_tuple=True)
        each = self.of_name(elements)[i, j] + self.word(names[i, j, k]) + self._at_times(self.count(counts))[i, j, k]
        each = each + self.name_feature(known[i, j, k])
        shown = torch.full((*names.shape, 2), ABSENT).index_put((i, j, k), self.name_span(each))
        both = torch.cat([told, shown.flatten(1, 2)], dim=1)
        return both[..., 0], both[..., 1]


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


def flat_gradient(policy: Policy, loss: Tensor, left_out: tuple[str, ...]) -> F32:
    """The loss's gradient as one vector, without parameters whose names begin with one of `left_out`."""
    chosen = [weight for name, weight in policy.named_parameters() if not name.startswith(left_out)]
    found = torch.autograd.grad(loss, chosen, allow_unused=True)
    parts = [torch.zeros_like(w) if g is None else g for w, g in zip(chosen, found, strict=True)]
    flat: F32 = torch.cat([part.flatten() for part in parts]).numpy()
    return flat
