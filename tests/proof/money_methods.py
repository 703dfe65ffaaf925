"""What the charges of the money world were paid with, and the contracts of their processors' accounts."""

from __future__ import annotations

from zlib import crc32

from tests.transform.finance_rows import Row

# Way to pay, brand, country: a card from home, one from abroad, one of a brand with its own rate, no card, a card whose country is not told.
METHODS = (
    ("card", "visa", "US"),
    ("card", "visa", "DE"),
    ("card", "amex", "US"),
    ("klarna", None, "DE"),
    ("card", "visa", None),
    ("card", "amex", "FR"),
)


def charge_methods(movements: list[Row]) -> list[Row]:
    """One row per charge of the processors, but for one in seven nothing is known of."""
    found: dict[tuple[str, str, str], Row] = {}
    for row in movements:
        reference = row.get("charge_reference")
        if row["movement_type"] != "charge" or reference is None or crc32(reference.encode()) % 7 == 6:
            continue
        method, brand, country = METHODS[crc32(reference.encode()) % 7]
        key = (row["platform"], row["account_id"], reference)
        found[key] = {
            "charge_method_id": ":".join(key), "platform": key[0], "account_id": key[1], "entity_id": row["entity_id"], "charge_reference": reference,
            "payment_method": method, "card_brand": brand, "payer_country": country,
        }  # fmt: skip
    return list(found.values())


def contracts(movements: list[Row]) -> list[Row]:
    """Two thirds of the accounts have a contract, which changed on the eleventh of October."""
    accounts = sorted(
        {
            (row["platform"], row["account_id"], row["currency_code"])
            for row in movements
            if row["movement_type"] == "charge"
        }
    )
    made = []
    for nth, (platform, account, currency) in enumerate(accounts):
        if nth % 3 == 2:
            continue
        account_row = {
            "platform": platform,
            "account_id": account,
            "currency_code": currency,
            "contract_version": f"v{nth}",
        }
        for method, component, applies_to, countries, brand, ppm, fixed, since, until in (
            ("card", "processing", "any", "*", "*", 29_000, 30, "2026-01-01", "2026-10-10"),
            ("card", "processing", "any", "*", "*", 25_000 + 100 * nth, 25, "2026-10-11", None),
            ("card", "processing", "any", "*", "amex", 35_000, 30, "2026-01-01", None),
            ("card", "foreign card", "outside", "US CA", "*", 15_000, 0, "2026-01-01", None),
            ("card", "foreign card", "inside", "FR IT", "*", 12_000, 5, "2026-01-01", None),
            ("klarna", "processing", "any", "*", "*", 59_900, 30, "2026-01-01", None),
            ("*", "scheme", "any", "*", "*", 1_000, 0, "2026-10-05", None),
            ("klarna", "scheme", "any", "*", "*", 2_000, 0, "2026-10-05", None),
        ):
            made.append(
                account_row
                | {"payment_method": method, "component": component, "applies_to": applies_to, "payer_countries": countries, "card_brand": brand}
                | {"rate_ppm": ppm, "fixed_minor": fixed, "valid_from": since, "valid_to": until}
            )  # fmt: skip
    return made
