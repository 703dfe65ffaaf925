"""T-19: what public warehouse packages once got wrong, each as the platform's own answer, with the right number.

The packages and the issues are named beside each; the payloads are ours. All of it stands in one shop, for most of these
bugs are rows that multiply when something else is there too.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.transform.raw_rows import RawRows
from tests.transform.test_staging_shopify import bag, line, order, paid, tax
from tests.transform.test_staging_stripe import NOON, transaction

SHOPIFY = ("orders", "order_lines", "order_payments", "refunds", "refund_lines", "tax_lines")
STRIPE = ("processor_movements", "processor_fees", "processor_balances", "payouts", "disputes")
ACCOUNTS = [
    {"platform": platform, "account_id": account, "entity_id": "main", "channel": channel}
    for platform, account, channel in (("shopify", "main", "shopify"), ("stripe", "main", None), ("stripe", "second", None))
]  # fmt: skip


def given_back(number: int, goods: str, taxed: str, at: str, line_number: int) -> dict[str, Any]:
    """A refund of a part of one line."""
    amount = f"{float(goods) + float(taxed):.2f}"
    item = {"id": f"gid://shopify/LineItem/{line_number}", "sku": f"SKU-{line_number}"}
    return {
        "id": f"gid://shopify/Refund/{number}",
        "processedAt": at,
        "createdAt": at,
        "totalRefundedSet": bag(amount),
        "refundLineItems": [
            {"id": f"gid://shopify/RefundLineItem/{number}", "quantity": 1, "restockType": "RETURN", "lineItem": item,
             "subtotalSet": bag(goods), "totalTaxSet": bag(taxed)}
        ],
        "transactions": [{**paid(number, "REFUND", amount), "createdAt": at}],
    }  # fmt: skip


def less(amount: str) -> dict[str, Any]:
    """A line's share of a discount."""
    return {"discountAllocations": [{"allocatedAmountSet": bag(amount)}]}


# 3 × 10.00 = 30.00
THREE_OF_A_KIND = order(2001, "30.00", lineItems=[line(11, "10.00", 3)], transactions=[paid(11, "SALE", "30.00")])
# 100.00 − 10.00 + 18.05 tax (0.95 of it on shipping) + 5.00 = 113.05, by gift card, by capture and by sale; 47.60 go back.
SPLIT_TENDER = order(
    2002,
    "113.05",
    totalTaxSet=bag("18.05"),
    lineItems=[line(21, "100.00", taxLines=tax("17.10"), **less("10.00"))],
    shippingLines=[{"id": None, "title": "Ground", "originalPriceSet": bag("5.00"), "taxLines": tax("0.95"), "discountAllocations": []}],
    transactions=[
        paid(21, "SALE", "20.00", "gift_card"),
        paid(22, "AUTHORIZATION", "43.05", receipt={"id": "ch_22"}),
        paid(23, "CAPTURE", "43.05", receipt={"id": "ch_22"}),
        paid(24, "SALE", "50.00", receipt={"id": "ch_24"}),
    ],
    refunds=[given_back(25, "40.00", "7.60", "2026-10-05T02:00:00Z", 21)],
)  # fmt: skip
# Ten dollars off three things of 33.33, 33.33 and 33.34.
FIXED_DISCOUNT = order(
    2003,
    "90.00",
    lineItems=[line(31, "33.33", **less("3.33")), line(32, "33.33", **less("3.33")), line(33, "33.34", **less("3.34"))],
    transactions=[paid(31, "SALE", "90.00")],
)
# Sold on 30 September in New York, given back on 3 November.
LATE_REFUND = order(
    2004,
    "60.00",
    lineItems=[line(41, "60.00")],
    transactions=[paid(41, "SALE", "60.00")],
    refunds=[given_back(42, "25.00", "0.00", "2026-11-03T17:00:00Z", 41)],
)
CHARGES = [
    {"id": charge, "amount": amount, "amount_captured": amount, "amount_refunded": 0, "currency": currency, "created": NOON, "status": "succeeded",
     "captured": True, "metadata": {"order_number": number}}
    for charge, amount, currency, number in (("ch_22", 4_305, "usd", "#2002"), ("ch_24", 5_000, "usd", "#2002"), ("ch_yen", 1_000, "jpy", "#yen"))
]  # fmt: skip
# Two buyers' banks, or one bank twice: 10.00 and 15.00 of the charge of 50.00, each with a fee of 15.00.
DISPUTES = [
    {"id": name, "amount": amount, "charge": "ch_24", "created": NOON, "currency": "usd", "status": "needs_response"}
    for name, amount in (("dp_1", 1_000), ("dp_2", 1_500))
]
MOVEMENTS = [
    transaction("txn_22", amount=4_305, fee=155, source="ch_22"),
    transaction("txn_24", amount=5_000, fee=175, source="ch_24"),
    transaction("txn_yen", amount=1_000, source="ch_yen", currency="jpy"),
    transaction("txn_dp_1", "adjustment", -1_000, 1_500, "dp_1", reporting_category="dispute"),
    transaction("txn_dp_2", "adjustment", -1_500, 1_500, "dp_2", reporting_category="dispute"),
    transaction("txn_manual", "payout", -3_000, source="po_manual"),
]
MANUAL = {
    "id": "po_manual", "amount": 3_000, "automatic": False, "status": "paid", "currency": "usd", "created": NOON, "arrival_date": NOON
}  # fmt: skip
# The second account of the same company: its own charge, in the same month and currency.
SECOND = [transaction("txn_other", amount=70_000, fee=2_000, source="ch_other")]
OTHER = [CHARGES[0] | {"id": "ch_other", "amount": 70_000, "amount_captured": 70_000, "metadata": {}}]


@pytest.fixture(scope="module")
def world() -> RawRows:
    made = RawRows(as_of="2026-12-31")
    made.seed("accounts", *ACCOUNTS)
    made.raw("shopify", "orders", [THREE_OF_A_KIND, SPLIT_TENDER, FIXED_DISCOUNT, LATE_REFUND])
    made.raw("stripe", "charges", CHARGES).raw("stripe", "charges", OTHER, "second")
    made.raw("stripe", "balance_transactions", MOVEMENTS).raw("stripe", "balance_transactions", SECOND, "second")
    made.raw("stripe", "disputes", DISPUTES).raw("stripe", "payouts", [MANUAL])
    for noun in SHOPIFY:
        made.united(noun, "shopify")
    for noun in STRIPE:
        made.united(noun, "stripe")
    return made


def revenue(world: RawRows, number: str, columns: str) -> tuple[Any, ...]:
    """Sums over the rows of one order's net revenue."""
    [row] = world.query(f"select {columns} from {{{{ ref('fct_net_revenue') }}}} where order_number = '{number}'")
    return row


def test_three_at_ten_are_thirty_and_not_ninety(world: RawRows) -> None:
    """fivetran/dbt_shopify #165, #166, #172: gross sales were quantity squared times price."""
    assert revenue(world, "#2001", "sum(gross_minor), sum(net_revenue_minor), sum(quantity)") == (3_000, 3_000, 3)


def test_an_order_paid_in_three_ways_bears_its_tax_discount_and_shipping_once(world: RawRows) -> None:
    """fivetran/dbt_shopify #176: every transaction of kind sale or capture doubled tax, discount, shipping and refund."""
    sold = "sum(gross_minor), sum(discount_minor), sum(net_revenue_minor), sum(tax_minor)"
    sales = f"{sold} from {{{{ ref('fct_net_revenue') }}}} where order_number = '#2002' and event_type = 'sale'"
    assert world.query(f"select {sales}") == [(10_500, 1_000, 9_500, 1_805)]
    shipping = "select net_minor from {{ ref('can_order_lines') }} where line_type = 'shipping'"
    assert world.query(shipping) == [(500,)]


def test_its_refund_is_given_back_once(world: RawRows) -> None:
    """fivetran/dbt_shopify #176, the other half."""
    back = "select sum(net_revenue_minor), sum(tax_minor) from {{ ref('fct_net_revenue') }} where event_type = 'return'"
    assert world.query(f"{back} and order_number = '#2002'") == [(-4_000, -760)]
    tenders = "gift_card_minor, captured_minor, refunded_minor, outstanding_minor"
    query = f"select {tenders} from {{{{ ref('fct_order_reconciliation') }}}} where order_number = '#2002'"
    assert world.query(query) == [(2_000, 9_305, 4_760, 0)]


def test_ten_dollars_off_the_order_are_ten_dollars_off_its_lines(world: RawRows) -> None:
    """fivetran/dbt_shopify #77: discounts of a fixed amount came out wrong."""
    assert revenue(world, "#2003", "sum(discount_minor), sum(net_revenue_minor)") == (1_000, 9_000)


def test_what_comes_back_in_november_lowers_november(world: RawRows) -> None:
    """fivetran/dbt_shopify #43 and #147: a refund was dated to its order."""
    months = "select event_month, sum(net_revenue_minor) from {{ ref('fct_net_revenue') }} where order_number = '#2004'"
    assert world.query(f"{months} group by 1 order by 1") == [("2026-09", 6_000), ("2026-11", -2_500)]


def test_two_disputes_of_one_charge_are_two_rows_and_one_charge(world: RawRows) -> None:
    """fivetran/dbt_stripe #87, #88, #92: several disputes of a charge multiplied its rows."""
    query = "select taken_minor, fee_minor, at_stake_minor, order_id from {{ ref('fct_disputes') }} order by 1"
    order_id = "shopify:main:gid://shopify/Order/2002"
    assert [row[:3] for row in world.query(query)] == [(1_000, 1_500, 1_000), (1_500, 1_500, 1_500)]
    assert {row[3] for row in world.query(query)} <= {order_id, "shopify:main:2002"}
    charged = "select charges_minor, disputes_minor, dispute_fees_minor from {{ ref('fct_clearing_months') }}"
    assert world.query(f"{charged} where account_id = 'main' and currency_code = 'USD'") == [(9_305, -2_500, -3_000)]


def test_a_thousand_yen_are_a_thousand(world: RawRows) -> None:
    """fivetran/dbt_stripe_source #87, #100: every currency was divided by a hundred."""
    yen = "select amount_minor from {{ ref('can_processor_movements') }} where currency_code = 'JPY'"
    assert world.query(yen) == [(1_000,)]


def test_two_accounts_have_a_balance_each(world: RawRows) -> None:
    """fivetran/dbt_stripe #155: rolling totals ran over all accounts."""
    closing = "select account_id, computed_closing_minor from {{ ref('fct_clearing_months') }} where currency_code = 'USD' order by 1"
    # 93.05 − 3.30 − 25.00 − 30.00 − 30.00 paid out = 4.75; 700.00 − 20.00 = 680.00
    assert world.query(closing) == [("main", 475), ("second", 68_000)]


def test_a_payout_that_lists_nothing_is_rolled_forward(world: RawRows) -> None:
    """fivetran/dbt_stripe: automatic payouts only. A manual one lists no content, and none is asked of it."""
    payouts = "select is_automatic, items, unexplained_minor from {{ ref('fct_payouts') }}"
    assert world.query(payouts) == [(False, 0, 3_000)]
    posted = "select posting_key, signed_minor from {{ ref('fct_journal_lines') }} where event_id like '%txn_manual:payout' order by 1"
    assert world.query(posted) == [("clearing", -3_000), ("movement", 3_000)]


def test_yen_without_a_rate_wait_and_are_not_dollars(world: RawRows) -> None:
    """dbt_quickbooks and dbt_shopify: a missing exchange rate was 1."""
    held = "select entry_status, held_code from {{ ref('fct_journal_entries') }} where event_id like '%txn_yen:charge'"
    assert world.query(held) == [("held", "CUR-03")]
    yen = "select count(*) from {{ ref('fct_trial_balance') }} where currency_code = 'JPY'"
    assert world.query(yen) == [(0,)]
