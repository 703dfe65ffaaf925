"""One bridge drawn as a waterfall in SVG: a row a step, the bar from the balance before it to the balance after it.

Amounts stand in figures beside the bars, so that the picture is read without colour. Lengths are drawn, never added up: no
number of the page comes from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from orchestration.close.pack_content import Bridge, Step
from orchestration.close.sheet_formats import exponent_of
from reverse_etl.money import major

_WIDTH, _LABELS, _CODES, _FIGURES = 940, 330, 62, 120
_ROW, _BAR, _TOP = 26, 16, 8
_LEFT = _LABELS + _CODES
_RIGHT = _WIDTH - _FIGURES


def svg(bridge: Bridge) -> str:
    """The waterfall of a bridge."""
    levels = _levels(bridge.steps)
    low, high = _axis([level for pair in levels for level in pair])
    height = _TOP * 2 + _ROW * len(bridge.steps) + 16
    parts = [
        f'<svg class="waterfall" viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(bridge.title)}, {bridge.currency_code}">'
    ]
    for number, (step, level) in enumerate(zip(bridge.steps, levels, strict=True)):
        is_edge = number in (0, len(bridge.steps) - 1)
        parts += _row(step, level, number, low, high, is_edge, bridge.currency_code)
    parts.append(_scale(low, high, height, bridge.currency_code))
    parts.append("</svg>")
    return "\n".join(parts)


def _levels(steps: Sequence[Step]) -> list[tuple[int, int]]:
    """Per step the balance before and after it; start and end stand on the axis."""
    found, running = [], 0
    for number, step in enumerate(steps):
        if number in (0, len(steps) - 1):
            found.append((0, step.amount_minor))
            running = step.amount_minor
        else:
            found.append((running, running + step.amount_minor))
            running += step.amount_minor
    return found


def _axis(levels: Sequence[int]) -> tuple[int, int]:
    """From where to where is drawn. Not from nought when all balances are high above it: the steps would vanish."""
    balances = [level for level in levels if level]
    low, high = min(levels), max(levels)
    if balances and min(balances) > 0 and (max(balances) - min(balances)) * 2 < min(balances):
        low = max(0, min(balances) - (max(balances) - min(balances)) // 4 - 1)
    return (low, high) if high > low else (low, low + 1)


def _x(level: int, low: int, high: int) -> float:
    return _LEFT + (max(level, low) - low) * (_RIGHT - _LEFT - 16) / (high - low)


def _row(
    step: Step, level: tuple[int, int], number: int, low: int, high: int, is_edge: bool, currency: str
) -> list[str]:
    top = _TOP + number * _ROW
    left, right = sorted((_x(level[0], low, high), _x(level[1], low, high)))
    kind = "edge" if is_edge else ("up" if step.amount_minor >= 0 else "down")
    text, weight = top + _BAR - 3, ' font-weight="600"' if is_edge else ""
    sign = "" if is_edge else "+"
    digits = format(major(step.amount_minor, currency), f"{sign},").replace("-", "−")
    made = [
        f'<text x="0" y="{text}"{weight}>{escape(_short(step.label))}</text>',
        f'<rect class="{kind}" x="{left:.1f}" y="{top}" width="{max(right - left, 1):.1f}" height="{_BAR}"/>',
        f'<text class="figure" x="{_WIDTH}" y="{text}"{weight}>{digits}</text>',
    ]
    if step.reason_code is not None:
        made.append(f'<text class="code" x="{_LABELS}" y="{text}">{escape(step.reason_code)}</text>')
    if not is_edge or number == 0:
        # The thin line carries the balance down to the next row.
        x = _x(level[1], low, high)
        made.append(f'<line class="carry" x1="{x:.1f}" x2="{x:.1f}" y1="{top + _BAR}" y2="{top + _ROW}"/>')
    if is_edge and low > 0:
        made.append(f'<path class="broken" d="M{_LEFT + 8} {top - 2} l5 {_BAR // 2 + 2} l-5 {_BAR // 2 + 2}"/>')
    return made


def _scale(low: int, high: int, height: int, currency: str) -> str:
    told = "" if low <= 0 else f"bars begin at {major(low, currency):,.{exponent_of(currency)}f} {currency}, not at 0"
    return f'<text class="note" x="{_LEFT}" y="{height - 4}">{told}</text>'


def _short(label: str) -> str:
    return label if len(label) <= 52 else f"{label[:51]}…"
