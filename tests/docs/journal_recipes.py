"""The table of recipes in docs/finance.md, made from the seed. `make docs` writes it anew."""

from __future__ import annotations

import csv

from tests.docs.documents import ROOT

SEED = ROOT / "transform" / "seeds" / "journal_recipes.csv"
GUIDE = ROOT / "docs" / "finance.md"
START, END = "journal recipes", "end of journal recipes"


def table() -> str:
    """The seed as Markdown."""
    with SEED.open(newline="") as file:
        rows = [
            f"| {row['recipe']} | {row['event']} | {row['status']} | {row['why']} |" for row in csv.DictReader(file)
        ]
    return "\n".join(["| recipe | event | status | note |", "|---|---|---|---|", *rows])


def write() -> None:
    before, start, rest = GUIDE.read_text().partition(f"<!-- {START} -->\n")
    end = f"<!-- {END} -->"
    GUIDE.write_text(f"{before}{start}{table()}\n{end}{rest.partition(end)[2]}")


if __name__ == "__main__":
    write()
