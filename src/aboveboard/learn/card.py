"""The model card: what it was trained on, how it did, and what it does not claim."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aboveboard.core.errors import BadInput
from aboveboard.learn.lineage import affected, read_lineage


def card(folder: Path, evaluations: list[dict[str, Any]], data: Path | None = None) -> str:
    """Markdown. data: the model's dataset, to see whether somebody in it has withdrawn. Raises BadInput when the folder
    has no lineage, or the dataset is another one's."""
    lineage = read_lineage(folder)
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput("holds no trained model with its lineage", str(folder)) from error
    lines = [
        "# Model card",
        "",
        "A small policy that points at elements on the screen, trained on consented and redacted recordings.",
        "",
        f"- weights, SHA-256: `{lineage.weights_sha256}`",
        f"- dataset manifest, SHA-256: `{lineage.dataset_manifest_sha256 or 'none: trained outside a dataset'}`",
        f"- {lineage.episodes} episodes, {lineage.examples} steps learned from, seed {lineage.seed}",
        f"- width {config['width']}, {config['layers']} layers, at most {config['updates_max']} updates",
        *(
            [f"- trained in the place of `{lineage.replaces}`, of which somebody had withdrawn"]
            if lineage.replaces
            else []
        ),
        f"- in the log: {'yes, see model.proof' if (folder / 'model.proof').exists() else 'not yet (`learn publish`)'}",
        "",
        "Every source is in the dataset's manifest; each person can prove theirs in or out. When a person has data",
        "deleted, the dataset is marked and this model with it; it is trained again without. No claim is made that a",
        "model forgets.",
        "",
        f"**Deletions.** {affected(folder, data)}",
    ]
    if evaluations:
        lines += ["", "| evaluated | success | 95 % interval | episodes | seeds |", "|---|---|---|---|---|"]
    for each in evaluations:
        lines.append(
            f"| {Path(each['model']).name} | {100 * each['rate']:.1f} % | {100 * each['low']:.0f} to"
            f" {100 * each['high']:.0f} % | {each['episodes']} | {each['seeds']} |"
        )
    return "\n".join(lines) + "\n"
