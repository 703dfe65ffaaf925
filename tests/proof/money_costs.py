"""What goods and labels cost in the money world: known, unknown, in another currency, of a parcel that never left."""

from __future__ import annotations

from tests.transform.finance_rows import Row

# (platform, SKU, cost, currency): goods of one SKU have no cost, a storefront's word on costs counts for nothing.
PRODUCTS = (
    ("cin7", "sku-1", 350, "USD"),
    ("files", "sku-1", 410, "USD"),
    ("shopify", "sku-2", 99, "USD"),
    ("cin7", "EU-BUCH", 500, "EUR"),
)
COMPANIES = ("main", "outlet", "europe", "golden")
# What becomes of a parcel, by turns: (status, cost, currency).
PARCELS = (
    ("in_transit", 640, "USD"),
    ("delivered", 815, "EUR"),
    ("in_transit", None, "USD"),
    ("voided", 700, "USD"),
    ("delivered", 590, "USD"),
)


def with_costs(tables: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The rows, and costs of their goods; a parcel for two of three orders of some companies, and a second for every tenth."""
    orders = [
        row for row in tables["can_orders"] if row["entity_id"] in COMPANIES and row.get("channel", "shop") == "shop"
    ]
    products = [
        {
            "product_id": f"{platform}:{sku}",
            "platform": platform,
            "sku": sku,
            "unit_cost_minor": cost,
            "currency_code": currency,
        }
        for platform, sku, cost, currency in PRODUCTS
    ]
    parcels = [
        _parcel(order, f"{nth}-{copy}", *PARCELS[(nth + copy) % len(PARCELS)])
        for nth, order in enumerate(orders)
        if nth % 3
        for copy in range(2 if nth % 10 == 0 else 1)
    ]
    added = {"can_products": products, "can_parcels": parcels}
    return tables | {table: [*tables.get(table, []), *rows] for table, rows in added.items()}


def _parcel(order: Row, name: str, status: str, cost: int | None, currency: str) -> Row:
    known = {
        "platform": "shipstation",
        "order_id": order["order_id"],
        "entity_id": order["entity_id"],
        "shipment_status": status,
    }
    gone = {"shipped_at": "2026-11-02 16:00:00", "voided_at": "2026-11-03 16:00:00" if status == "voided" else None}
    return known | gone | {"parcel_id": f"parcel {name}", "cost_minor": cost, "currency_code": currency}
