"""The table of reason codes in docs/finance.md, made from the seed. `make docs` writes it anew."""

from __future__ import annotations

import csv

from tests.docs.documents import ROOT

SEED = ROOT / "transform" / "seeds" / "reason_codes.csv"
GUIDE = ROOT / "docs" / "finance.md"
START, END = "reason codes", "end of reason codes"


def table() -> str:
    """The seed as Markdown, in the order in which a bridge shows its rows."""
    with SEED.open(newline="") as file:
        codes = sorted(csv.DictReader(file), key=lambda row: int(row["position"]))
    rows = [
        f"| {code['reason_code']} | {code['meaning']} | {code['between_systems'].replace(' - ', ' – ')} | {code['action']} "
        f"| {'yes' if code['needs_a_human'] == 'true' else ''} |"
        for code in codes
    ]
    return "\n".join(["| code | meaning | between | what to do | needs a human |", "|---|---|---|---|---|", *rows])


def write() -> None:
    before, start, rest = GUIDE.read_text().partition(f"<!-- {START} -->\n")
    end = f"<!-- {END} -->"
    GUIDE.write_text(f"{before}{start}{table()}\n{end}{rest.partition(end)[2]}")


if __name__ == "__main__":
    write()
