"""WooCommerce's orders to canonical rows: lines add up, refunds turn positive, and the vendor's own samples go through."""

from __future__ import annotations

import json
import re
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.transform.loaded_platform import build, load, rows
from tests.transform.warehouse import Warehouse

PAYLOADS = Path(__file__).parents[3] / "shared/payloads/woocommerce/rest_wp_api_v3"
pytestmark = pytest.mark.dbt


def order(number: int, total: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "number": str(number),
        "status": "completed",
        "currency": "USD",
        "date_created_gmt": "2026-10-01T02:00:00",
        "date_modified_gmt": "2026-10-02T02:00:00",
        "date_paid_gmt": "2026-10-01T02:05:00",
        "payment_method": "stripe",
        "transaction_id": "ch_Abc1",
        "total": total,
        "customer_id": 0,
        "billing": {"email": " Ada@Example.COM ", "address_1": "1 Main St.", "postcode": "89501", "country": "US"},
        "shipping": {"address_1": ""},
        "line_items": [],
        "refunds": [],
        **more,
    }


# 2 × 20.00 − 3.50 + 3.01 tax + shipping 5.00 + 0.40 tax + gift wrap 1.00 + tip 3.00 = 48.91
RICH = order(
    2042,
    "48.91",
    total_tax="3.41",
    discount_total="3.50",
    line_items=[{"id": 1, "name": "Mug", "sku": "MUG", "quantity": 2, "subtotal": "40.00", "total": "36.50", "total_tax": "3.01", "price": Decimal("18.25"), "meta_data": []}],
    shipping_lines=[{"id": 2, "method_title": "Flat rate", "total": "5.00", "total_tax": "0.40"}],
    fee_lines=[{"id": 3, "name": "Gift wrap", "total": "1.00", "total_tax": "0.00"}, {"id": 4, "name": "Tip", "total": "3.00", "total_tax": "0.00"}],
    refunds=[{"id": 9, "total": "-25.00"}],
)  # fmt: skip
HELD = order(
    2043,
    "10.00",
    status="on-hold",
    date_paid_gmt=None,
    transaction_id="pi_Xyz",
    line_items=[
        {"id": 5, "name": "Mug", "sku": "MUG", "quantity": 1, "subtotal": "10.00", "total": "10.00", "total_tax": ""}
    ],
)
REFUND = {
    "id": 9,
    "order_id": 2042,
    "order_currency": "USD",
    "date_created_gmt": "2026-10-03T02:00:00",
    "amount": "25.00",
    "refunded_payment": True,
    # 18.25 + 1.75 named, 5.00 given back for nothing named.
    "line_items": [{"id": 30, "sku": "MUG", "quantity": -1, "total": "-18.25", "total_tax": "-1.75", "meta_data": [{"key": "_refunded_item_id", "value": "1"}]}],
    "meta_data": [{"key": "_stripe_refund_id", "value": "re_1"}],
}  # fmt: skip
STAMPED = {"date_created_gmt": "2026-09-01T00:00:00", "date_modified_gmt": "2026-09-02T00:00:00"}
PRODUCTS = [
    {
        "id": 10,
        "sku": "MUG",
        "name": "Mug",
        "type": "simple",
        "price": "20.00",
        "manage_stock": True,
        "stock_quantity": 3,
        **STAMPED,
    },
    {
        "id": 11,
        "sku": "",
        "name": "Shirt",
        "type": "variable",
        "price": "9.00",
        "manage_stock": False,
        "stock_quantity": None,
        **STAMPED,
    },
    # Without a SKU: seen in the shop and never stocked.
    *(
        {"id": 20 + at, "sku": "", "name": "Shown or not", "type": "simple", "status": status, **STAMPED}
        | {"catalog_visibility": shown, "meta_data": [{"id": 1, "key": "_other", "value": "x"}, *mark]}
        for at, (status, shown, mark) in enumerate(
            [
                ("publish", "visible", []),
                ("publish", "hidden", []),
                ("publish", "hidden", [{"id": 2, "key": "_cartwheel_hidden_by", "value": "cartwheel"}]),
                ("publish", "visible", [{"id": 2, "key": "_cartwheel_hidden_by", "value": "cartwheel"}]),
                ("publish", "hidden", [{"id": 2, "key": "_cartwheel_hidden_by", "value": "nobody"}]),
                ("draft", "hidden", [{"id": 2, "key": "_cartwheel_hidden_by", "value": "cartwheel"}]),
            ]
        )
    ),
]
VARIATIONS = [
    {
        "id": 12,
        "product_id": 11,
        "sku": "SHIRT-M",
        "name": "M",
        "price": "9.00",
        "manage_stock": "parent",
        "stock_quantity": 4,
        **STAMPED,
    }
]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("woocommerce")
    load(
        folder,
        "woocommerce",
        {"orders": [RICH, HELD], "order_refunds": [REFUND], "products": PRODUCTS, "product_variations": VARIATIONS},
    )
    build(folder, "woocommerce")
    return folder


def test_every_kind_of_money_is_a_line_of_its_own(built: Path) -> None:
    found = rows(
        built,
        "select line_type, gross_minor, discount_minor, net_minor, tax_minor from canonical.can_order_lines__woocommerce where order_id = 'woocommerce:main:2042' order by line_type",
    )
    assert [tuple(row.values()) for row in found] == [
        ("fee", 100, 0, 100, 0),
        ("product", 4000, 350, 3650, 301),
        ("shipping", 500, 0, 500, 40),
        ("tip", 300, 0, 300, 0),
    ]


def test_an_order_is_paid_held_or_given_back(built: Path) -> None:
    found = rows(
        built,
        "select platform_order_id, order_payment_status, customer_email, platform_customer_id, cast(order_date as varchar) as day from canonical.can_orders__woocommerce order by 1",
    )
    assert [tuple(row.values()) for row in found] == [
        ("2042", "partially_refunded", "ada@example.com", None, "2026-09-30"),
        ("2043", "authorized", "ada@example.com", None, "2026-09-30"),
    ]
    legs = rows(
        built,
        "select payment_type, payment_status, tender_type, amount_minor, processor_reference from canonical.can_order_payments__woocommerce order by order_id",
    )
    assert [tuple(row.values()) for row in legs] == [
        ("sale", "succeeded", "card", 4891, "ch_Abc1"),
        ("authorization", "succeeded", "card", 1000, "pi_Xyz"),
    ]


PAID_LATE = [
    # order, paid at, by, claims stock anew from its payment on where the shop holds for an hour
    (1, "2026-10-01T03:00:00", "paypal", True),
    (2, "2026-10-01T02:59:59", "paypal", False),
    # A bank transfer is waited for without end.
    (3, "2026-10-04T02:00:00", "bacs", False),
    (4, None, "paypal", False),
]


def test_what_was_paid_after_the_shop_had_released_it_claims_stock_anew(tmp_path: Path) -> None:
    orders = [order(n, "0.00", status="processing", date_paid_gmt=at, payment_method=by) for n, at, by, _ in PAID_LATE]
    load(tmp_path, "woocommerce", {"orders": orders})
    build(tmp_path, "woocommerce")
    asked = "select reclaimed_at is not null as anew, reclaimed_at from canonical.can_orders__woocommerce order by platform_order_id"
    # A shop that says nothing holds units until somebody cancels the order.
    assert [row["anew"] for row in rows(tmp_path, asked)] == [False] * 4
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("update seeds.channels set unpaid_hold_minutes = 60 where channel = 'woocommerce'")
    Warehouse(tmp_path).dbt("build", "can_orders__woocommerce")
    found = rows(tmp_path, asked)
    assert [row["anew"] for row in found] == [anew for *_, anew in PAID_LATE]
    assert found[0]["reclaimed_at"] == datetime(2026, 10, 1, 3)  # noqa: DTZ001


def test_a_refund_is_positive_and_what_it_does_not_name_is_an_adjustment(built: Path) -> None:
    [refund] = rows(
        built, "select amount_minor, processor_reference, tender_type from canonical.can_refunds__woocommerce"
    )
    assert refund == {"amount_minor": 2500, "processor_reference": "re_1", "tender_type": "card"}
    parts = rows(
        built,
        "select line_type, order_line_id, quantity, net_minor, tax_minor from canonical.can_refund_lines__woocommerce order by 1",
    )
    assert [tuple(row.values()) for row in parts] == [
        ("adjustment", None, 0, 500, 0),
        ("product", "woocommerce:main:1", 1, 1825, 175),
    ]


def test_who_hid_a_product_is_known_by_our_mark(built: Path) -> None:
    found = rows(
        built,
        "select platform_product_id, visibility from canonical.can_product_visibilities__woocommerce"
        " where platform_product_id like '2_' order by 1",
    )
    assert [row["visibility"] for row in found] == [
        "shown", "hidden_by_others", "hidden_by_us", "shown_by_others", "hidden_by_others", "hidden_by_others",
    ]  # fmt: skip


def test_a_variable_product_is_not_for_sale_but_its_variations_are(built: Path) -> None:
    found = rows(
        built,
        "select sku, listed_quantity, is_tracked, platform_variant_id from canonical.can_channel_listings__woocommerce order by sku",
    )
    assert [tuple(row.values()) for row in found] == [("MUG", 3, True, None), ("SHIRT-M", 4, False, "12")]


# Where a sample holds money → the staging column that holds it; lists are written with [].
MAPPED = {
    "total": "stg_woocommerce__orders.total_minor",
    "total_tax": "stg_woocommerce__orders.tax_minor",
    "discount_total": "stg_woocommerce__orders.discount_minor",
    "discount_tax": "stg_woocommerce__orders.discount_tax_minor",
    "shipping_total": "stg_woocommerce__orders.shipping_minor",
    "shipping_tax": "stg_woocommerce__orders.shipping_tax_minor",
    "cart_tax": "stg_woocommerce__orders.cart_tax_minor",
    "refunds[].total": "stg_woocommerce__orders.refunded_minor",
}
LINES = {
    "line_items[].subtotal",
    "line_items[].total",
    "line_items[].total_tax",
    "shipping_lines[].total",
    "shipping_lines[].total_tax",
    "fee_lines[].total",
    "fee_lines[].total_tax",
}
NOT_USED = {
    "line_items[].subtotal_tax": "tax before discounts: nobody pays it",
    "line_items[].price": "derived: total divided by quantity, with as many digits as it takes",
    "line_items[].taxes[].total": "the tax of the line split by rate: its sum is the line's total_tax",
    "line_items[].taxes[].subtotal": "the same before discounts",
    "shipping_lines[].taxes[].total": "the tax of the line split by rate: its sum is the line's total_tax",
    "fee_lines[].taxes[].total": "the tax of the line split by rate: its sum is the line's total_tax",
    "tax_lines[].tax_total": "the order's tax by rate: its sum is total_tax",
    "tax_lines[].shipping_tax_total": "the order's shipping tax by rate: its sum is shipping_tax",
    "coupon_lines[].discount": "the discount by coupon: the lines already hold it (subtotal less total)",
    "coupon_lines[].discount_tax": "tax that was not paid on it",
    "version": "the software's version, which looks like an amount",
}


def samples() -> list[dict[str, Any]]:
    """The orders among the recorded samples, each once, newest shape last."""
    found: dict[int, dict[str, Any]] = {}
    for path in sorted(PAYLOADS.glob("orders__*.json")):
        said = json.loads(path.read_text(), parse_float=Decimal)
        for one in said if isinstance(said, list) else [said]:
            if isinstance(one, dict) and "line_items" in one and "total" in one:
                found[one["id"]] = one
    return list(found.values())


def amounts(value: Any, path: str = "") -> set[str]:
    if isinstance(value, dict):
        return {found for key, inner in value.items() for found in amounts(inner, f"{path}.{key}" if path else key)}
    if isinstance(value, list):
        return {found for inner in value for found in amounts(inner, f"{path}[]")}
    is_money = isinstance(value, Decimal) or (isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value))
    return {path} if is_money or path.endswith((".price", ".discount")) else set()


@pytest.mark.skipif(not PAYLOADS.exists(), reason=f"the recorded payloads are not here: {PAYLOADS}")
def test_the_vendors_samples_go_through_staging_without_an_unmapped_field_of_money(tmp_path: Path) -> None:
    orders = samples()
    assert orders
    assert {path for one in orders for path in amounts(one)} <= {*MAPPED, *LINES, *NOT_USED}
    load(tmp_path, "woocommerce", {"orders": orders})
    build(tmp_path, "woocommerce")  # the identities hold on the vendor's samples too
    for path, target in MAPPED.items():
        model, column = target.split(".")
        said = (
            [one["total"] for order in orders for one in order["refunds"]]
            if "[]" in path
            else [order[path] for order in orders]
        )
        [staged] = rows(tmp_path, f"select coalesce(sum({column}), 0) as total from staging.{model}")
        assert staged["total"] == sum(Decimal(amount) for amount in said) * 100, path
    sold = [line for order in orders for kind in ("line_items", "shipping_lines", "fee_lines") for line in order[kind]]
    [staged] = rows(
        tmp_path,
        "select sum(gross_minor) as gross, sum(net_minor) as net, sum(tax_minor) as tax from staging.stg_woocommerce__order_lines",
    )
    assert staged == {
        "gross": sum(Decimal(line.get("subtotal", line["total"])) for line in sold) * 100,
        "net": sum(Decimal(line["total"]) for line in sold) * 100,
        "tax": sum(Decimal(line["total_tax"]) for line in sold) * 100,
    }
