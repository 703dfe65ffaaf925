"""From what a shop answers to the accountant's verdict: faults a shop's settings make, each with its code and its cents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.tax_payloads import woo_line, woo_order, woo_rate

STANDARD, REDUCED = woo_rate(1, "19"), woo_rate(2, "7", "DE-MWST-2")
FRENCH = woo_rate(3, "20", "FR-TVA-1")


def order(
    rates: list[dict[str, Any]], *lines: dict[str, Any], country: str = "DE", vat_number: str | None = None
) -> dict[str, Any]:
    meta = [{"id": 1, "key": "_billing_vat_number", "value": vat_number}] if vat_number else []
    return woo_order(1, rates, *lines, country=country, payment_method="stripe", transaction_id="ch_1", meta_data=meta)


FAULTS: dict[str, tuple[dict[str, Any], tuple[str, int] | None]] = {
    "sound at home": (order([STANDARD], woo_line(1, "100.00", "19.00", (1, "19.00"))), None),
    "sound to France": (order([FRENCH], woo_line(1, "100.00", "20.00", (3, "20.00")), country="FR"), None),
    "sound to a business in France": (order([], woo_line(1, "100.00", "0.00"), country="FR", vat_number="FR40303265045"), None),
    "sound to Britain": (order([], woo_line(1, "100.00", "0.00"), country="GB"), None),
    "the reduced rate on goods of the standard one": (order([REDUCED], woo_line(1, "100.00", "7.00", (2, "7.00"))), ("TAX-01", -1_200)),
    "the home rate for a buyer abroad": (order([STANDARD], woo_line(1, "100.00", "19.00", (1, "19.00")), country="FR"), ("TAX-07", 1_900)),
    "tax for a business that owes it itself": (order([FRENCH], woo_line(1, "100.00", "20.00", (3, "20.00")), country="FR", vat_number="FR40303265045"), ("TAX-05", 2_000)),
    "no tax for a business at home": (order([], woo_line(1, "100.00", "0.00"), vat_number="DE136695976"), ("TAX-05", -1_900)),
    "a price with tax entered as one without": (order([STANDARD], woo_line(1, "96.39", "22.61", (1, "22.61"))), ("TAX-03", 430)),
    "fractions kept by a shop that rounds at the end": (
        order([STANDARD], woo_line(1, "0.33", "0.07", (1, "0.0627")), woo_line(2, "0.33", "0.06", (1, "0.0627")), woo_line(3, "0.33", "0.06", (1, "0.0627"))),
        ("TAX-06", 1),
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_shops_fault_has_its_code_with_the_exact_cents(fault: str) -> None:
    said, expected = FAULTS[fault]
    rows = RawRows().raw("woocommerce", "orders", [said], account_id="eu")
    for noun in ("orders", "order_lines", "tax_lines", "order_payments"):
        rows.mapped(noun, "woocommerce")
    query = "select reason_code, difference_minor from {{ ref('fct_tax_checks') }} where reason_code is not null"
    assert rows.query(query) == ([expected] if expected else [])
