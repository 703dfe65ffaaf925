"""The codes that no rule gives are named in the guide, each with why; a code that is given leaves the list."""

from __future__ import annotations

import csv
import re

from tests.docs.documents import ROOT

GUIDE = (ROOT / "docs" / "finance.md").read_text()
ROWS = re.findall(
    r"^\| ([A-Z]{3}-\d\d) \| ([^|]+) \| ([^|]+) \|$",
    GUIDE.partition("<!-- codes not given -->")[2].partition("<!-- end of codes not given -->")[0],
    re.M,
)


def given() -> set[str]:
    with (ROOT / "transform/seeds/reason_codes.csv").open(newline="") as file:
        return {row["reason_code"] for row in csv.DictReader(file)}


def test_no_code_is_both_given_and_named_as_not_given() -> None:
    named = [code for code, _, _ in ROWS]
    assert len(named) == len(set(named)) > 0
    assert set(named) & given() == set()


def test_the_families_of_codes_have_no_gap() -> None:
    families: dict[str, set[int]] = {}
    for code in given() | {code for code, _, _ in ROWS}:
        family, _, number = code.partition("-")
        families.setdefault(family, set()).add(int(number))
    missing = {
        family: set(range(1, max(numbers) + 1)) - numbers for family, numbers in families.items() if family != "UNX"
    }
    assert {family: gap for family, gap in missing.items() if gap} == {}
