"""Minor units to the major-unit text destinations want, and back; the only place outside SQL where an exponent is used."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

# Exponents other than 2; tests/reverse_etl/test_money.py holds this table against transform/seeds/currencies.csv.
EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def major(minor: int, currency_code: str) -> Decimal:
    """Exactly the amount in major units, with all its decimals: (1050, USD) is 10.50, (1050, JPY) is 1050."""
    return Decimal(minor).scaleb(-EXPONENTS.get(currency_code, 2))


def minor(amount: Any, currency_code: str) -> int | None:
    """Whole minor units of a destination's amount, be it text or a number; None when it is not such an amount."""
    try:
        scaled = Decimal(str(amount)).scaleb(EXPONENTS.get(currency_code, 2))
        return int(scaled) if scaled == scaled.to_integral_value() else None
    except (InvalidOperation, OverflowError, ValueError):
        return None


def spoken(minor: int, currency_code: str) -> str:
    """An amount for a person: 1,234.50 USD."""
    return f"{major(minor, currency_code):,} {currency_code}"
