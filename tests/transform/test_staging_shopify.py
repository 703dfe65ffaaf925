"""Shopify's orders to canonical rows: every kind of money has a line, and the lines add up to the order."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transform.loaded_platform import build, load, rows

pytestmark = pytest.mark.dbt


def bag(amount: str, currency: str = "USD") -> dict[str, Any]:
    money = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def tax(amount: str, currency: str = "USD") -> list[dict[str, Any]]:
    return [{"title": "Tax", "priceSet": bag(amount, currency)}]


def line(number: int, price: str, quantity: int = 1, currency: str = "USD", **more: Any) -> dict[str, Any]:
    total = str(Decimal(price) * quantity)
    return {
        "id": f"gid://shopify/LineItem/{number}",
        "sku": f"SKU-{number}",
        "title": "Mug",
        "quantity": quantity,
        "requiresShipping": True,
        "isGiftCard": False,
        "product": {"id": "gid://shopify/Product/1"},
        "originalUnitPriceSet": bag(price, currency),
        "originalTotalSet": bag(total, currency),
        "discountAllocations": [],
        "taxLines": [],
        "duties": [],
        **more,
    }


def paid(
    number: int, kind: str, amount: str, gateway: str = "stripe", status: str = "SUCCESS", receipt: Any = None
) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/OrderTransaction/{number}",
        "kind": kind,
        "status": status,
        "gateway": gateway,
        "createdAt": "2026-10-01T02:00:00Z",
        "amountSet": bag(amount),
        "receiptJson": receipt,
    }


def order(number: int, total: str, currency: str = "USD", **more: Any) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/Order/{number}",
        "name": f"#{number}",
        "createdAt": "2026-10-01T02:00:00Z",
        "processedAt": "2026-10-01T02:00:00Z",
        "updatedAt": "2026-10-02T02:00:00Z",
        "currencyCode": currency,
        "taxesIncluded": False,
        "test": False,
        "tags": [],
        "displayFinancialStatus": "PAID",
        "displayFulfillmentStatus": "UNFULFILLED",
        "totalPriceSet": bag(total, currency),
        "lineItems": [],
        **more,
    }


ALLOCATED = [{"allocatedAmountSet": bag("2.00")}, {"allocatedAmountSet": bag("1.50")}]

# 2 × 20.00 − 3.50 + 3.01 tax + card 50.00 + shipping 5.00 + 0.40 tax + fee 1.00 + duty 2.25 + tip 3.00 = 101.16
RICH = order(
    1001,
    "101.16",
    email=" Ada@Example.COM ",
    tags=["B2B"],
    paymentTerms={"paymentTermsType": "NET", "dueInDays": 30},
    shippingAddress={"address1": "1 Main St.", "city": "Reno", "zip": "89501", "countryCodeV2": "US", "provinceCode": "NV"},
    totalTaxSet=bag("3.41"),
    totalDiscountsSet=bag("3.50"),
    totalTipReceivedSet=bag("3.00"),
    lineItems=[
        line(1, "20.00", 2, discountAllocations=ALLOCATED, taxLines=tax("3.01"), duties=[{"id": "gid://shopify/Duty/9", "price": bag("2.25"), "taxLines": []}]),
        line(2, "50.00", isGiftCard=True, requiresShipping=False),
    ],
    shippingLines=[{"id": None, "title": "Ground", "originalPriceSet": bag("5.00"), "taxLines": tax("0.40"), "discountAllocations": []}],
    additionalFees=[{"id": "gid://shopify/AdditionalFee/7", "name": "Setup", "price": bag("1.00"), "taxLines": []}],
    transactions=[
        paid(1, "SALE", "50.00", "gift_card"),
        paid(2, "AUTHORIZATION", "51.16", receipt={"id": "ch_Abc1", "payment_intent": "pi_Xyz"}),
        paid(3, "CAPTURE", "51.16", receipt='{"payment_intent":"pi_Xyz","match_id":"epoch_1"}')
        | {"parentTransaction": {"id": "gid://shopify/OrderTransaction/2"}},
        paid(4, "REFUND", "10.00"),
    ],
    refunds=[
        {
            "id": "gid://shopify/Refund/5",
            "processedAt": "2026-10-03T02:00:00Z",
            "createdAt": "2026-10-09T02:00:00Z",
            "note": "broken",
            "totalRefundedSet": bag("10.00"),
            "refundLineItems": [
                {"id": "gid://shopify/RefundLineItem/1", "quantity": 1, "restockType": "RETURN", "lineItem": {"id": "gid://shopify/LineItem/1", "sku": "SKU-1"}, "subtotalSet": bag("8.00"), "totalTaxSet": bag("0.50")}
            ],
            "orderAdjustments": [{"id": "gid://shopify/OrderAdjustment/3", "amountSet": bag("-1.50"), "taxAmountSet": bag("0.00")}],
            "transactions": [
                paid(6, "REFUND", "4.00", "gift_card"),
                paid(7, "REFUND", "6.00", receipt={"id": "re_1", "charge": "ch_Abc1"}),
                paid(8, "REFUND", "6.00", status="FAILURE"),
            ],
        }
    ],
    fulfillments=[{"id": "gid://shopify/Fulfillment/1", "status": "SUCCESS", "createdAt": "2026-10-02T00:00:00Z", "trackingInfo": [{"number": "T1", "company": "UPS"}, {"number": "T2", "company": "UPS"}]}],
    fulfillmentOrders=[
        {"id": "gid://shopify/FulfillmentOrder/1", "status": "OPEN", "lineItems": [{"id": "gid://shopify/FulfillmentOrderLineItem/1", "sku": "SKU-1", "remainingQuantity": 1, "lineItem": {"id": "gid://shopify/LineItem/1"}}]}
    ],
)  # fmt: skip

# Prices that hold their tax: 120.00 shown, 20.00 of it tax. Yen have no decimals, dinars have three.
ORDERS = [
    RICH,
    order(
        1002,
        "120.00",
        taxesIncluded=True,
        totalTaxSet=bag("20.00"),
        lineItems=[line(3, "120.00", taxLines=tax("20.00"))],
    ),
    order(1003, "1500", "JPY", lineItems=[line(4, "1500.0", currency="JPY")]),
    order(1004, "1.234", "KWD", lineItems=[line(5, "1.234", currency="KWD")]),
    order(1005, "5.00", test=True, lineItems=[line(6, "5.00")]),
]


PRODUCTS = [
    {"id": f"gid://shopify/Product/{at}", "title": "Mug", "status": status, "updatedAt": "2026-10-20T10:00:00Z"}
    | {"hiddenBy": {"value": mark, "updatedAt": "2026-10-20T10:00:00Z"} if mark else None}
    for at, (status, mark) in enumerate(
        [
            ("ACTIVE", None), ("DRAFT", None), ("DRAFT", "cartwheel"), ("ACTIVE", "cartwheel"), ("DRAFT", "nobody"),
            ("ARCHIVED", "cartwheel"),
        ]
    )
]  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shopify")
    load(folder, "shopify", {"orders": ORDERS, "products": PRODUCTS})
    build(folder, "shopify")
    return folder


def test_every_kind_of_money_is_a_line_of_its_own(built: Path) -> None:
    found = rows(
        built,
        "select line_type, gross_minor, discount_minor, net_minor, tax_minor from canonical.can_order_lines__shopify where order_id = 'shopify:main:1001' order by line_type",
    )
    assert [tuple(row.values()) for row in found] == [
        ("duty", 225, 0, 225, 0),
        ("fee", 100, 0, 100, 0),
        ("gift_card", 5000, 0, 5000, 0),
        ("product", 4000, 350, 3650, 301),
        ("shipping", 500, 0, 500, 40),
        ("tip", 300, 0, 300, 0),
    ]


def test_who_hid_a_product_is_known_by_our_mark(built: Path) -> None:
    found = rows(
        built, "select visibility, product_gid from canonical.can_product_visibilities__shopify order by product_gid"
    )
    assert [row["visibility"] for row in found] == [
        "shown", "hidden_by_others", "hidden_by_us", "shown_by_others", "hidden_by_others", "hidden_by_others",
    ]  # fmt: skip
    assert found[0]["product_gid"] == "gid://shopify/Product/0"


def test_an_order_says_who_when_where_and_on_which_terms(built: Path) -> None:
    [found] = rows(
        built,
        "select customer_email, cast(order_date as varchar) as day, is_b2b, payment_terms, total_minor, tax_minor, shipping_address_key is not null as has_key from canonical.can_orders__shopify where platform_order_id = '1001'",
    )
    # 02:00 UTC on 1 October is still 30 September in New York.
    assert found == {
        "customer_email": "ada@example.com",
        "day": "2026-09-30",
        "is_b2b": True,
        "payment_terms": "net_30",
        "total_minor": 10116,
        "tax_minor": 341,
        "has_key": True,
    }


def test_a_price_that_holds_its_tax_is_made_net_and_each_currency_has_its_own_minor_unit(built: Path) -> None:
    found = rows(
        built,
        "select platform_order_id, net_minor, l.tax_minor, o.total_minor from canonical.can_orders__shopify as o join canonical.can_order_lines__shopify as l using (order_id) where platform_order_id in ('1002', '1003', '1004') order by 1",
    )
    assert [tuple(row.values()) for row in found] == [
        ("1002", 10000, 2000, 12000),
        ("1003", 1500, 0, 1500),
        ("1004", 1234, 0, 1234),
    ]


def test_tender_legs_know_their_stripe_ids_and_hold_no_refund(built: Path) -> None:
    found = rows(
        built,
        "select payment_type, tender_type, amount_minor, processor_reference, parent_payment_id"
        " from canonical.can_order_payments__shopify order by platform_payment_id",
    )
    assert [tuple(row.values()) for row in found] == [
        ("sale", "gift_card", 5000, None, None),
        ("authorization", "card", 5116, "ch_Abc1", None),
        ("capture", "card", 5116, "pi_Xyz", "shopify:main:2"),
    ]


def test_a_refund_counts_the_money_that_moved_and_its_parts_add_up_to_it(built: Path) -> None:
    [refund] = rows(
        built,
        "select refund_status, tender_type, amount_minor, processor_reference, cast(refund_date as varchar) as day from canonical.can_refunds__shopify",
    )
    assert refund == {
        "refund_status": "succeeded",
        "tender_type": "card",
        "amount_minor": 1000,
        "processor_reference": "re_1",
        "day": "2026-10-02",
    }
    parts = rows(
        built,
        "select line_type, order_line_id, net_minor, tax_minor, restock_type from canonical.can_refund_lines__shopify order by 1",
    )
    assert [tuple(row.values()) for row in parts] == [
        ("adjustment", None, 150, 0, "not_restocked"),
        ("product", "shopify:main:1", 800, 50, "restocked"),
    ]


def test_each_tracking_number_is_a_row_and_what_remains_can_be_fulfilled(built: Path) -> None:
    assert [
        row["tracking_number"]
        for row in rows(built, "select tracking_number from canonical.can_storefront_fulfilments__shopify order by 1")
    ] == ["T1", "T2"]
    [remaining] = rows(
        built, "select sku, remaining_quantity, fulfilment_order_gid from canonical.can_fulfilment_orders__shopify"
    )
    assert remaining == {
        "sku": "SKU-1",
        "remaining_quantity": 1,
        "fulfilment_order_gid": "gid://shopify/FulfillmentOrder/1",
    }
