"""Every field of money in ShipStation's recorded answers is mapped by staging, or listed with the reason why it isn't."""

from __future__ import annotations

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.recorded_money import Recorded, list_as

KINDS = {"order": "GET_ORDER.json", "fulfillments": "LIST_FULFILLMENTS.json", "products": "LIST_PRODUCTS.json", "rates": "GET_RATES.json"}  # fmt: skip

MAPPED = {
    "order.orderTotal": "stg_shipstation__orders.order_total_major",
    "order.amountPaid": "stg_shipstation__orders.amount_paid_major",
    "order.taxAmount": "stg_shipstation__orders.tax_amount_major",
    "order.shippingAmount": "stg_shipstation__orders.shipping_amount_major",
    "fulfillments.fulfillments[].fulfillmentFee": "stg_shipstation__fulfillments.fulfillment_fee_major",
}
NOT_USED = {
    **list_as("what the parcel is insured for, not a cost; the insurance's cost is on the shipment", "order", "insuranceOptions.insuredValue"),
    **list_as("a value declared to customs: nobody pays it", "order", "internationalOptions.customsItems[].value"),
    **list_as("a quote; what was paid is the shipment's cost", "rates", "shipmentCost otherCost"),
    **list_as("a price list: nothing moved", "products", "products[].price"),
    **list_as("the number of rows of all pages", "products", "total"),
    **list_as("the number of rows of all pages", "fulfillments", "total"),
}  # fmt: skip


@pytest.fixture(scope="module")
def recorded() -> Recorded:
    return Recorded("shipstation", KINDS).fill_zeros(MAPPED)


def test_every_field_of_money_is_mapped_or_listed(recorded: Recorded) -> None:
    recorded.assert_claimed(MAPPED, NOT_USED)


def test_every_mapped_amount_arrives_in_staging_to_the_last_digit(recorded: Recorded) -> None:
    [page] = recorded.records["fulfillments"]
    rows = RawRows().raw("shipstation", "orders", recorded.records["order"])
    rows.raw("shipstation", "fulfillments", page["fulfillments"])
    recorded.assert_arrives(rows, MAPPED)
