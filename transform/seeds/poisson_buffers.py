"""Writes poisson_buffers.csv: up to which expected number of sales a buffer of b units is enough, for each target.

`python transform/seeds/poisson_buffers.py`. P(Poisson(x) > b) grows with x, so for each b there is one greatest x, in
thousandths, at which it is still at or below the target. Decimals of 60 digits: no rounding can reach a thousandth.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, localcontext
from pathlib import Path

TARGETS_PPM = (100, 1_000, 10_000)
# Expected sales within one latency; 200 is five times a flash sale of 1.5 a second behind a batch of half a minute.
UP_TO_THOUSANDTHS = 200_000
FILE = Path(__file__).with_suffix(".csv")


def exceeded(thousandths: int, buffer: int) -> Decimal:
    """P(Poisson(x) > buffer) for x in thousandths."""
    mean = Decimal(thousandths) / 1000
    term = total = (-mean).exp()
    for count in range(1, buffer + 1):
        term = term * mean / count
        total += term
    return 1 - total


def rows() -> Iterator[tuple[int, int, int]]:
    """(target in ppm, buffer, greatest x in thousandths), by target and buffer, until x is beyond the table's end."""
    with localcontext() as context:
        context.prec = 60
        for target in TARGETS_PPM:
            chance, buffer, known = Decimal(target) / 1_000_000, 0, 0
            while known < UP_TO_THOUSANDTHS:
                known = _greatest(buffer, chance, known)
                yield target, buffer, known
                buffer += 1


def _greatest(buffer: int, chance: Decimal, at_least: int) -> int:
    enough, too_much = at_least, at_least + 4_000
    while too_much - enough > 1:
        middle = (enough + too_much) // 2
        if exceeded(middle, buffer) <= chance:
            enough = middle
        else:
            too_much = middle
    return enough


def text() -> str:
    lines = ["target_ppm,buffer,lambda_tau_thousandths_up_to", *(",".join(map(str, row)) for row in rows())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
