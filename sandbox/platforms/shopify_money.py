"""Shopify's ways of writing amounts, times and ids."""

from __future__ import annotations

from datetime import datetime
from typing import Any

SHOP_CURRENCY = "USD"


def decimal(minor: int) -> str:
    """Cents as a decimal string: 4580 → '45.80'."""
    sign, minor = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def money(minor: int) -> dict[str, str]:
    return {"amount": decimal(minor), "currencyCode": SHOP_CURRENCY}


def bag(minor: int) -> dict[str, Any]:
    """One currency shop: both sides are equal."""
    return {"shopMoney": money(minor), "presentmentMoney": money(minor)}


def stamp(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def gid(kind: str, identity: int | str) -> str:
    return f"gid://shopify/{kind}/{identity}"


def tail(value: str) -> str:
    """The numeric tail of a gid (inventory levels carry a query string)."""
    return value.rsplit("/", 1)[-1].split("?", 1)[0]
