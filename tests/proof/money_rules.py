"""What the people of the money world decided: its companies, rates, and the policies by which each counts, provides and posts."""

from __future__ import annotations

from datetime import date, timedelta

from tests.proof.money_guesses import COMPANIES
from tests.transform.finance_rows import Row
from tests.transform.summary_stories import SUMMED

# A channel whose revenue waits, in the company with schemes and rates.
AHEAD = "ahead"
# How each company looks ahead for returns: a rate that changed, one that is shown only, one that no company has of its own.
RETURNS = (
    ("main", "2026-01-01", "stated_rate", 250_000, 30),
    ("outlet", "2026-01-01", "stated_rate", 600_000, 20),
    ("outlet", "2026-10-01", "stated_rate", 400_000, 40),
    ("europe", "2026-01-01", "stated_rate", 500_000, 14),
    ("golden", "2026-01-01", "none", 0, 30),
    ("*", "2026-01-01", "stated_rate", 300_000, 60),
    ("*", "2026-12-01", "none", 0, 30),
)


def seeds() -> dict[str, list[Row]]:
    """Entities with their policies, and a book rate of every day but the nineteenth of each month."""
    zones = {"europe": "Europe/Berlin"}
    names = (
        "main",
        "outlet",
        "europe",
        "golden",
        "stories",
        "advance",
        "untaxed",
        "cases",
        "processors",
        "early",
        "everything",
        "booked",
        "shut",
        SUMMED,
        *COMPANIES,
    )
    days = [date(2026, 9, 1) + timedelta(days=nth) for nth in range(130)]
    daily = [
        {"base_currency_code": base, "quote_currency_code": quote, "rate_date": str(day), "purpose": "book", "source": "us",
         "rate": f"1.{700 + nth * 13 % 300}"}
        for nth, day in enumerate(days) if day.day != 19 for base, quote in (("EUR", "USD"), ("GBP", "EUR"))
    ]  # fmt: skip
    closing = [("EUR", "SEK", "11.0215"), ("EUR", "DKK", "7.4604"), ("EUR", "PLN", "4.2735")]
    ends = [
        {"base_currency_code": base, "quote_currency_code": quote, "rate_date": "2026-12-31", "purpose": "oss_period_end",
         "source": "ecb", "rate": rate}
        for base, quote, rate in closing
    ]  # fmt: skip
    months = [
        {"base_currency_code": "EUR", "quote_currency_code": "USD", "rate_date": day, "purpose": "report", "source": "us", "rate": rate}
        for day, rate in (("2026-09-30", "1.0825"), ("2026-10-31", "1.0851"))
    ]  # fmt: skip
    return {
        "entities": [
            {"entity_id": name, "name": name, "time_zone": zones.get(name, "America/New_York"),
             "base_currency_code": "EUR" if name == "europe" else "USD"}
            for name in names
        ],
        "fx_rates": daily + ends + months,
        "report_policies": [{"entity_id": "*", "report_currency_code": "USD"}, {"entity_id": "outlet", "report_currency_code": "EUR"}],
        "recognition_policies": [
            {"entity_id": "*", "channel": "*", "sku": "*", "policy": "on_capture"},
            {"entity_id": "advance", "channel": "shop", "sku": "*", "policy": "on_fulfilment"},
            {"entity_id": "untaxed", "channel": "shop", "sku": "*", "policy": "on_fulfilment"},
            {"entity_id": "europe", "channel": AHEAD, "sku": "*", "policy": "on_fulfilment"},
            {"entity_id": "advance", "channel": "*", "sku": "sku-2", "policy": "on_capture"},
        ],
        # Labels are a cost of the ledger in one company, and only since a day.
        "optional_recipes": [
            {"entity_id": "stories", "recipe": "J-35", "valid_from": "2026-10-01"},
            {"entity_id": "main", "recipe": "J-35", "valid_from": "2026-11-01"},
        ],
        "book_policies": [
            {"entity_id": SUMMED, "customer_type": "consumer", "booking_policy": "daily_summary"},
            {"entity_id": "*", "customer_type": "consumer", "booking_policy": "per_order"},
        ],
        "advance_tax_policies": [
            {"entity_id": "*", "tax_due": "on_payment"},
            {"entity_id": "untaxed", "tax_due": "on_fulfilment"},
        ],
        "dispute_policies": [{"entity_id": "*", "policy": "cost"}, {"entity_id": "stories", "policy": "return"}],
        "returns_provision_policies": [
            {"entity_id": name, "valid_from": since, "method": method, "return_rate_ppm": rate, "return_days": days, "recoverable_ppm": 400_000,
             "is_posted": name in ("outlet", "europe", "golden")}
            for name, since, method, rate, days in RETURNS
        ],
    }  # fmt: skip
