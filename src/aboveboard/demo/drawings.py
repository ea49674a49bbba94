"""Small SVG drawings for the report: the session's timeline, and pointer paths over the elements."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from aboveboard.core.events import Box
from aboveboard.demo.measure import Span

_COLOURS = {
    "recorded": "#2f7d5b", "paused": "#8a6fb0", "app_not_allowed": "#b3543a", "site_not_allowed": "#c98a3a",
    "forgotten": "#7a8794", "opted_out": "#4a5561", "not_started": "#c3ccd4",
}  # fmt: skip
_OTHER = "#9aa7b3"
_WIDTH, _LANE, _LEFT = 1000, 26, 90


def timeline(done: Sequence[Span], kept: Sequence[Span]) -> str:
    """Two lanes over the same time: what the script did, and what the recording says of it."""
    spans = [*done, *kept]
    begin = min(span.start_us for span in spans)
    scale = (_WIDTH - _LEFT) / max(max(span.end_us for span in spans) - begin, 1)
    parts = [f'<svg viewBox="0 0 {_WIDTH} 74" width="{_WIDTH}" role="img" aria-label="timeline of the session">']
    for lane, (title, row) in enumerate((("did", done), ("kept", kept))):
        y = 8 + lane * (_LANE + 8)
        parts.append(f'<text x="6" y="{y + 18}" font-size="13" fill="currentColor">{title}</text>')
        for span in row:
            x = _LEFT + (span.start_us - begin) * scale
            width = max((span.end_us - span.start_us) * scale, 0.7)
            colour = _COLOURS.get(span.name, _OTHER if lane else "#2f5d8c")
            parts.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_LANE}" fill="{colour}" stroke="#fff" '
                f'stroke-width="0.4"><title>{escape(span.name)}</title></rect>'
            )
            if width > 7 * len(span.name):
                parts.append(
                    f'<text x="{x + 4:.1f}" y="{y + 17}" font-size="11" fill="#fff">{escape(span.name)}</text>'
                )
    return "".join([*parts, "</svg>"])


def pointer_path(points: Sequence[tuple[int, int]], clicks: Sequence[tuple[int, int]], boxes: Sequence[Box]) -> str:
    """A path over boxes, scaled to 240 pixels' width; empty drawing without points."""
    xs = [x for x, _ in points] + [box[0] for box in boxes] + [box[0] + box[2] for box in boxes]
    ys = [y for _, y in points] + [box[1] for box in boxes] + [box[1] + box[3] for box in boxes]
    if not xs:
        return '<svg viewBox="0 0 240 10"></svg>'
    left, top = min(xs) - 6, min(ys) - 6
    width, height = max(xs) - left + 6, max(ys) - top + 6
    parts = [f'<svg viewBox="{left} {top} {width} {height}" width="240" role="img" aria-label="path of the pointer">']
    parts += [
        f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="none" stroke="#2f7d5b" stroke-width="1.2"/>'
        for x, y, w, h in boxes
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#2f5d8c" stroke-width="1.4" opacity="0.85"/>')
    parts += [f'<circle cx="{x}" cy="{y}" r="3.5" fill="#b3261e"/>' for x, y in clicks]
    return "".join([*parts, "</svg>"])
