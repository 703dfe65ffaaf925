"""One truth about decimals: the seed. Everything that repeats it for speed is held against it here."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from pipelines.files import check

TRANSFORM = Path(__file__).resolve().parents[2] / "transform"


def seeded() -> dict[str, int]:
    with (TRANSFORM / "seeds" / "currencies.csv").open() as file:
        return {row["currency_code"]: int(row["exponent"]) for row in csv.DictReader(file)}


def listed(text: str) -> set[str]:
    return set(re.findall(r"'([A-Z]{3})'", text))


def test_the_file_drop_knows_the_same_decimals_as_the_seed() -> None:
    seed = seeded()
    assert listed(check.ZERO_DECIMALS) == {code for code, exponent in seed.items() if exponent == 0}
    assert listed(check.THREE_DECIMALS) == {code for code, exponent in seed.items() if exponent == 3}


def test_the_macro_knows_the_same_decimals_as_the_seed() -> None:
    seed = seeded()
    text = (TRANSFORM / "macros" / "minor_units_per_major.sql").read_text()
    zero, three = re.findall(r"in \(([^)]*)\)", text)[:2]
    assert listed(zero) == {code for code, exponent in seed.items() if exponent == 0}
    assert listed(three) == {code for code, exponent in seed.items() if exponent == 3}
