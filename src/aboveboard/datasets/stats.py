"""What is in a dataset, counted and drawn. Counts of the dataset as a whole; none of a person."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from aboveboard.datasets.schema import Episode
from aboveboard.wire.durable import make_folders, write_durable

BARS_MAX = 20
_BUCKETS_S = (1, 3, 10, 30, 60, 180, 600)
_BUCKETS_STEPS = (2, 5, 10, 20, 50, 100)


def _buckets(values: Sequence[float], edges: Sequence[int]) -> dict[str, int]:
    """How many values lie up to each edge, and over the last."""
    found = {f"up to {edge}": 0 for edge in edges} | {f"over {edges[-1]}": 0}
    for value in values:
        edge = next((edge for edge in edges if value <= edge), None)
        found[f"over {edges[-1]}" if edge is None else f"up to {edge}"] += 1
    return found


def count(episodes: Sequence[Episode]) -> dict[str, object]:
    """Counts as JSON has them: of episodes, steps and contributors, and by kind, outcome, split, app, flag, length."""
    steps = [step for episode in episodes for step in episode.steps]
    by_app: Counter[str] = Counter(step.app for step in steps if step.app)
    targets: Counter[str] = Counter(step.target.role for step in steps if step.target is not None)
    return {
        "episodes": len(episodes), "steps": len(steps), "contributors": len({e.contributor for e in episodes}),
        "kinds": dict(Counter(step.kind for step in steps).most_common()),
        "outcomes": dict(Counter(episode.outcome or "not said" for episode in episodes).most_common()),
        "splits": dict(sorted(Counter(episode.split for episode in episodes).items())),
        "apps": dict(by_app.most_common()), "target_roles": dict(targets.most_common()),
        "episode_flags": dict(Counter(flag for episode in episodes for flag in episode.flags).most_common()),
        "step_flags": dict(Counter(flag for step in steps for flag in step.flags).most_common()),
        "seconds": _buckets([e.steps[-1].end_us / 1e6 for e in episodes if e.steps], _BUCKETS_S),
        "steps_an_episode": _buckets([len(episode.steps) for episode in episodes], _BUCKETS_STEPS),
    }  # fmt: skip


def bars(title: str, values: Mapping[str, int]) -> str:
    """An SVG of horizontal bars, the same bytes for the same values; the longest BARS_MAX, the others added up."""
    shown = list(values.items())
    if len(shown) > BARS_MAX:
        shown = [*shown[: BARS_MAX - 1], ("all others", sum(n for _, n in shown[BARS_MAX - 1 :]))]
    most = max((n for _, n in shown), default=0) or 1
    height = 34 + 22 * len(shown)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{height}" viewBox="0 0 640 {height}" '
        'font-family="sans-serif" font-size="13" role="img">',
        f'<rect width="640" height="{height}" fill="#fff"/>',
        f'<text x="8" y="20" font-weight="bold">{html.escape(title)}</text>',
    ]
    for place, (name, n) in enumerate(shown):
        y = 34 + 22 * place
        short = name if len(name) <= 26 else name[:25] + "…"
        lines += [
            f'<text x="190" y="{y + 14}" text-anchor="end">{html.escape(short)}</text>',
            f'<rect x="198" y="{y + 2}" width="{360 * n / most:.1f}" height="16" fill="#2a6f97"/>',
            f'<text x="{204 + 360 * n / most:.1f}" y="{y + 14}">{n}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


_PICTURES = {
    "kinds": "Steps by kind", "apps": "Steps by program", "target_roles": "Elements acted on",
    "seconds": "Episodes by length, in seconds", "steps_an_episode": "Episodes by number of steps",
    "outcomes": "Episodes by outcome", "splits": "Episodes by split", "episode_flags": "Episodes flagged",
}  # fmt: skip


def draw(found: Mapping[str, object], folder: Path) -> list[str]:
    """One SVG for each count; their names."""
    make_folders(folder)
    names = []
    for field, title in _PICTURES.items():
        values = found[field]
        if isinstance(values, Mapping) and values:
            write_durable(folder / f"{field}.svg", bars(title, values).encode())
            names.append(f"{field}.svg")
    return names
