"""Latencies as a chart: how many deliveries of each sync took how long, on a scale that doubles. Pure; SVG out."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

_WIDTH, _BAR, _LEFT, _RIGHT = 640, 18, 90, 60
_COLOURS = ("#1f3a4d", "#3d8361", "#c2673d", "#7a6a9a")
# Upper bounds in milliseconds; what took longer is in the last row.
BOUNDS = (5, 10, 20, 50, 100, 250, 500, 1_000, 5_000)


def counted(latencies_ms: Sequence[int]) -> list[int]:
    """How many fall into each range, the last one open."""
    counts = [0] * (len(BOUNDS) + 1)
    for latency in latencies_ms:
        counts[next((at for at, bound in enumerate(BOUNDS) if latency <= bound), len(BOUNDS))] += 1
    return counts


def svg(by_sync: Mapping[str, Sequence[int]]) -> str:
    """Bars per range, one colour per sync; the share of the sync's deliveries is written beside each."""
    names = [f"≤ {_spoken(bound)}" for bound in BOUNDS] + [f"> {_spoken(BOUNDS[-1])}"]
    syncs = sorted(by_sync)
    height = len(names) * (len(syncs) or 1) * _BAR + len(names) * 8 + 30 + 16 * len(syncs)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img"'
        ' aria-label="milliseconds from event to answer" font-family="sans-serif" font-size="12">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    y = 8
    for at, sync in enumerate(syncs):
        latencies = by_sync[sync]
        parts.append(f'<rect x="8" y="{y}" width="10" height="10" fill="{_COLOURS[at % len(_COLOURS)]}"/>')
        parts.append(f'<text x="24" y="{y + 9}" fill="#1b2730">{escape(sync)}, {len(latencies)} deliveries</text>')
        y += 16
    y += 10
    rows = {sync: counted(by_sync[sync]) for sync in syncs}
    for place, name in enumerate(names):
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end" fill="#5b6a74">{name}</text>')
        for at, sync in enumerate(syncs):
            parts += _bar(rows[sync][place], len(by_sync[sync]), y, _COLOURS[at % len(_COLOURS)])
            y += _BAR
        y += 8
    return "".join([*parts, "</svg>"])


def _bar(count: int, of: int, y: int, colour: str) -> list[str]:
    length = (_WIDTH - _LEFT - _RIGHT) * count // of if of else 0
    said = f"{100 * count / of:.1f} %" if of else ""
    return [
        f'<rect x="{_LEFT}" y="{y + 2}" width="{length}" height="{_BAR - 4}" fill="{colour}"/>',
        f'<text x="{_LEFT + length + 6}" y="{y + 13}" fill="#1b2730">{said}</text>',
    ]


def markdown(by_sync: Mapping[str, Sequence[int]]) -> str:
    """The chart where only Markdown is shown, as in Dagster's metadata."""
    packed = base64.b64encode(svg(by_sync).encode()).decode()
    return f"![milliseconds from event to answer](data:image/svg+xml;base64,{packed})"


def _spoken(milliseconds: int) -> str:
    return f"{milliseconds} ms" if milliseconds < 1_000 else f"{milliseconds // 1_000} s"
