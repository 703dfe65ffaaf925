"""The bank's export shows what the processor paid out, and only that."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import httpx

from sandbox.server import Sandbox


def rows(sandbox: Sandbox, query: str = "") -> list[dict[str, str]]:
    answer = httpx.get(f"{sandbox.base_urls['bank']}/statements/statement.csv{query}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def test_octobers_lines_are_the_deposits(untouched: Sandbox) -> None:
    found = rows(untouched, "?from=2026-10-01&to=2026-10-31")
    assert list(found[0]) == ["Date", "Value date", "Description", "Reference", "Amount", "Currency", "Id"]
    assert sum(Decimal(row["Amount"]) for row in found) == Decimal("43200.00")
    assert {row["Reference"] for row in found} <= {payout.reference for payout in untouched.world.payouts}


def test_both_ends_of_the_period_are_included(untouched: Sandbox) -> None:
    found = rows(untouched)
    last = found[-1]["Date"]
    assert rows(untouched, f"?from={last}&to={last}") == found[-1:]
    assert len({row["Id"] for row in found}) == len(found)


def test_a_bad_date_is_refused(untouched: Sandbox) -> None:
    assert httpx.get(f"{untouched.base_urls['bank']}/statements/statement.csv?from=soon").status_code == 400
