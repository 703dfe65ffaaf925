"""A shop's history as canonical rows, made by SQL alone: 1,400 orders a day up to 31 October 2026, so that more orders are more days.

Every order has two products, shipping and tax. Nine in ten are paid by card, whose charge a daily payout takes to the bank; the
others by gift card, in cash, or later on terms. Every twentieth is refunded, every thousandth disputed, and nine in ten are in the
books. The same numbers give the same rows.
"""

from __future__ import annotations

from typing import Any

import duckdb

A_DAY = 1_400

ORDER = "'shopify:main:' || o"
DAY = f"(date '2026-10-31' - cast(({{orders}} - 1 - o) // {A_DAY} as integer))"
NOON = f"({DAY} + interval 14 hour + to_seconds(o % {A_DAY} * 15))"
# Whole tens of cents, so that a tax of a tenth is exact.
FIRST, SECOND, SHIPPING = "(1000 + o % 900 * 10)", "(500 + o % 70 * 10)", "500"
NET = f"({FIRST} + {SECOND} + {SHIPPING})"
TOTAL = f"({FIRST} * 11 // 10 + {SECOND} * 11 // 10 + {SHIPPING})"
TENDER = "case when o % 100 < 90 then 'card' when o % 100 < 95 then 'gift_card' when o % 100 < 97 then 'manual' else 'terms' end"
# What the contract of the seed asks for a card from home; one card in a hundred is from abroad and costs less than agreed.
FEE = f"(({TOTAL} * 25000 + 500000) // 1000000 + 30)"
OURS = "'shopify' as platform, 'main' as account_id, 'main' as entity_id"
THEIRS = "'stripe' as platform, 'main' as account_id, 'main' as entity_id"
BOOKS = "'quickbooks' as platform, 'main' as account_id, 'main' as entity_id"
OF = "from range({first}, {last}) as t(o)"
# What becomes of an order takes days; the newest ones are only placed and paid.
REFUNDED = f"o % 100 < 90 and o % 20 = 7 and {DAY} < date '2026-10-28'"
DISPUTED = f"o % 1000 = 11 and {DAY} < date '2026-10-24'"
PRODUCTS = f"({FIRST}, 1), ({SECOND}, 2)"

ROWS = {
    "can_orders": f"""
        select {ORDER} as order_id, {OURS}, 'shopify' as channel, '' || o as platform_order_id, '#' || o as order_number,
            {NOON} as placed_at, {DAY} as order_date, {NOON} as updated_at, false as is_test, {TENDER} = 'terms' as is_b2b,
            case when {TENDER} = 'terms' then 'net_30' end as payment_terms, 'USD' as currency_code,
            'c' || o % 50000 as platform_customer_id, 'c' || o % 50000 || '@buyers.example' as customer_email, 'US' as shipping_country_code,
            'paid' as order_payment_status, 'fulfilled' as order_fulfilment_status, false as is_tax_included, {TOTAL} as total_minor,
            ({FIRST} + {SECOND}) // 10 as tax_minor
        {OF}""",
    "can_order_lines": f"""
        select {ORDER} || '-' || nth as order_line_id, {ORDER} as order_id, {OURS}, o || '-' || nth as platform_line_id,
            if(nth < 3, 'product', 'shipping') as line_type, if(nth < 3, 'SKU-' || (o * nth) % 500, null) as sku, 'item' as title,
            1 as quantity, amount as unit_price_minor, amount as gross_minor, 0 as discount_minor, amount as net_minor,
            if(nth < 3, amount // 10, 0) as tax_minor, 'USD' as currency_code
        {OF}, (values {PRODUCTS}, ({SHIPPING}, 3)) as line(amount, nth)""",
    "can_tax_lines": f"""
        select {ORDER} || '-' || nth || ':1' as tax_line_id, {ORDER} || '-' || nth as order_line_id, {ORDER} as order_id, {OURS},
            1 as tax_line_number, 'product' as line_type, 'US' as buyer_place, 'US' as jurisdiction, 'State tax' as tax_name,
            100000 as rate_ppm, false as is_compound, false as is_included, false as is_collected_by_marketplace,
            amount as taxable_minor, amount // 10 as tax_minor, 'USD' as currency_code
        {OF}, (values {PRODUCTS}) as line(amount, nth)""",
    "can_order_payments": f"""
        select {ORDER} || '-p' as order_payment_id, {ORDER} as order_id, {OURS}, '' || o as platform_payment_id, 'sale' as payment_type,
            'succeeded' as payment_status, {TENDER} as tender_type, {TENDER} as gateway, {TOTAL} as amount_minor, 'USD' as currency_code,
            {NOON} as processed_at, if({TENDER} = 'card', 'ch_' || o, null) as processor_reference
        {OF} where {TENDER} != 'terms'""",
    "can_refunds": f"""
        select {ORDER} || '-r' as refund_id, {ORDER} as order_id, {OURS}, '' || o as platform_refund_id,
            {NOON} + interval 3 day as refunded_at, {DAY} + 3 as refund_date, 'succeeded' as refund_status, 'card' as tender_type,
            {FIRST} * 11 // 10 as amount_minor, 'USD' as currency_code, 're_' || o as processor_reference
        {OF} where {{refunded}}""",
    "can_refund_lines": f"""
        select {ORDER} || '-r1' as refund_line_id, {ORDER} || '-r' as refund_id, {ORDER} as order_id, {ORDER} || '-1' as order_line_id, {OURS},
            'product' as line_type, 'SKU-' || o % 500 as sku, 1 as quantity, {FIRST} as net_minor, {FIRST} // 10 as tax_minor,
            'restocked' as restock_type, 'USD' as currency_code
        {OF} where {{refunded}}""",
    "can_charge_methods": f"""
        select 'stripe:main:ch_' || o as charge_method_id, {THEIRS}, 'ch_' || o as charge_reference, 'card' as payment_method,
            'visa' as card_brand, if(o % 100 = 50, 'DE', 'US') as payer_country, 'c' || o % 50000 || '@buyers.example' as payer_email
        {OF} where o % 100 < 90""",
    "can_disputes": f"""
        select 'stripe:main:dp_' || o as dispute_id, {THEIRS}, 'dp_' || o as platform_dispute_id, 'ch_' || o as charge_reference,
            case o % 3000 when 11 then 'open' when 1011 then 'won' else 'lost' end as dispute_status, 'fraudulent' as reason,
            {TOTAL} as amount_minor, 'USD' as currency_code, {NOON} + interval 6 day as opened_at
        {OF} where {DISPUTED}""",
}

# kind, prefix of its id, amount, fee, days after the order, which orders
MOVEMENTS = (
    ("charge", "ch_", TOTAL, FEE, 0, "o % 100 < 90"),
    ("refund", "re_", f"-{FIRST} * 11 // 10", "0", 3, "{refunded}"),
    ("dispute", "dp_", f"-{TOTAL}", "1500", 6, DISPUTED),
    ("dispute_reversal", "du_", TOTAL, "0", 7, f"{DISPUTED} and o % 3000 = 1011"),
)
MOVEMENT = f"""
    select 'stripe:main:txn_{{name}}' || o as movement_id, {THEIRS}, 'txn_{{name}}' || o as platform_movement_id, '{{kind}}' as movement_type,
        {{amount}} as amount_minor, {{fee}} as fee_minor, if('{{kind}}' = 'dispute', 0, {{fee}}) as processing_fee_minor,
        if('{{kind}}' = 'dispute', {{fee}}, 0) as dispute_fee_minor, {{amount}} - {{fee}} as net_minor, 'USD' as currency_code,
        {NOON} + interval {{after}} day as occurred_at, {DAY} + {{after}} as movement_date, '{{name}}' || o as platform_source_id,
        'ch_' || o as charge_reference, 'stripe:main:po_' || strftime({DAY} + {{after}}, '%Y%m%d') as payout_id
    {OF} where {{orders_of_it}}"""

# A document for nine orders in ten, with a line for goods, shipping and tax and one that balances them.
ROWS["can_book_documents"] = f"""
    select 'quickbooks:main:' || o as document_id, {BOOKS}, '' || o as platform_document_id,
        if({TENDER} = 'terms', 'invoice', 'sales_receipt') as document_type, '#' || o as document_number, {DAY} as document_date,
        'USD' as currency_code, {TOTAL} as total_minor, '0' as sync_token, {NOON} as updated_at, false as is_deleted
    {OF} where o % 10 != 3"""
ROWS["can_book_lines"] = f"""
    select 'quickbooks:main:' || o || '-' || nth as book_line_id, 'quickbooks:main:' || o as document_id, {BOOKS}, nth as line_number,
        account as account_number, account as account_name, amount as signed_minor, 'USD' as currency_code
    {OF}, (values ('4000', -{NET} + {SHIPPING}, 1), ('4030', -{SHIPPING}, 2), ('2100', -({FIRST} + {SECOND}) // 10, 3), ('1100', {TOTAL}, 4))
        as line(account, amount, nth)
    where o % 10 != 3"""

# Payouts take all of their day's movements; the newest three days are still on their way.
PAYOUTS = f"""
    select payout_id, {THEIRS}, replace(payout_id, 'stripe:main:', '') as platform_payout_id, 'paid' as payout_status, true as is_automatic,
        cast(sum(net_minor) as bigint) as amount_minor, 'USD' as currency_code, max(movement_date) + interval 1 day as created_at,
        max(movement_date) + 3 as arrival_date, 'trace ' || replace(payout_id, 'stripe:main:', '') as reference
    from canonical.can_processor_movements where movement_date < date '2026-10-29' and movement_type != 'payout' group by payout_id"""
PAID_OUT = f"""
    select 'stripe:main:txn_' || platform_payout_id as movement_id, {THEIRS}, 'txn_' || platform_payout_id as platform_movement_id,
        'payout' as movement_type, -amount_minor as amount_minor, 0 as fee_minor, 0 as processing_fee_minor, 0 as dispute_fee_minor,
        -amount_minor as net_minor, currency_code, created_at as occurred_at, cast(created_at as date) as movement_date,
        platform_payout_id as platform_source_id, payout_id
    from canonical.can_payouts"""
BANKED = """
    select 'bank:main:' || platform_payout_id as bank_line_id, 'bank' as platform, 'main' as account_id, 'main' as entity_id,
        platform_payout_id as platform_bank_line_id, arrival_date as value_date, amount_minor, currency_code, reference
    from canonical.can_payouts"""
# Invoices of the last month are still open.
INVOICES_PAID = f"""
    select 'bank:main:inv' || o as bank_line_id, 'bank' as platform, 'main' as account_id, 'main' as entity_id,
        'inv' || o as platform_bank_line_id, {DAY} + 28 as value_date, {TOTAL} as amount_minor, 'USD' as currency_code, '#' || o as reference
    {OF} where {TENDER} = 'terms' and {DAY} < date '2026-10-01'"""
BALANCE = f"""
    select 'stripe:main:USD' as balance_id, {THEIRS}, 'USD' as currency_code, 0 as available_minor,
        cast(sum(net_minor) as bigint) as pending_minor, 0 as withheld_minor, timestamp '2026-11-08' as as_of_at
    from canonical.can_processor_movements"""
DERIVED = ("can_payouts", "can_processor_balances")


def fill(connection: duckdb.DuckDBPyConnection, orders: int) -> None:
    """The whole history into a warehouse whose models were built empty."""
    _orders(connection, orders, 0, orders)
    _insert(connection, "can_payouts", PAYOUTS)
    _insert(connection, "can_processor_movements", PAID_OUT)
    # A payout's own movement is in the payout; those still under way are in none.
    connection.execute(
        "update canonical.can_processor_movements set payout_id = null where movement_date >= '2026-10-29' and movement_type != 'payout'"
    )
    _insert(connection, "can_bank_lines", BANKED)
    _insert(connection, "can_bank_lines", INVOICES_PAID.format(orders=orders, first=0, last=orders))
    _insert(connection, "can_processor_balances", BALANCE)


def change(connection: duckdb.DuckDBPyConnection, orders: int, changed: int) -> None:
    """So many orders, spread over the history, are not as they were: new, refunded late, edited, or gone."""
    new, late, edited, gone = changed * 4 // 10, changed * 3 // 10, changed * 2 // 10, changed // 10
    _orders(connection, orders, orders, orders + new)
    # Apart from each other and from the orders that are refunded anyway; the first of a hundred is paid by card.
    stride = orders // changed // 100 * 100 or 100
    refunded = f"o % {stride} = 13 and o < {late * stride}"
    sizes = {"orders": orders, "first": 0, "last": orders, "refunded": refunded}
    for table in ("can_refunds", "can_refund_lines"):
        _insert(connection, table, ROWS[table].format(**sizes))
    [refund] = [movement for movement in MOVEMENTS if movement[0] == "refund"]
    _move(connection, refund, sizes)
    ids = "select 'shopify:main:' || n * {stride} + {place} from range({count}) as t(n)"
    some = ids.format(stride=stride, place=17, count=edited)
    connection.execute(
        f"update canonical.can_order_lines set gross_minor = gross_minor + 10, net_minor = net_minor + 10 where line_type = 'shipping' and order_id in ({some})"
    )
    connection.execute(f"update canonical.can_orders set total_minor = total_minor + 10 where order_id in ({some})")
    lost = ids.format(stride=stride, place=19, count=gone)
    for table in ("can_orders", "can_order_lines", "can_tax_lines", "can_order_payments"):
        connection.execute(f"delete from canonical.{table} where order_id in ({lost})")


def _orders(connection: duckdb.DuckDBPyConnection, orders: int, first: int, last: int) -> None:
    """Orders first to last (not included) of a history of so many, with all that follows from each."""
    sizes = {"orders": orders, "first": first, "last": last}
    sizes = {**sizes, "refunded": REFUNDED.format(**sizes)}
    for table, query in ROWS.items():
        _insert(connection, table, query.format(**sizes))
    for movement in MOVEMENTS:
        _move(connection, movement, sizes)


def _move(
    connection: duckdb.DuckDBPyConnection, movement: tuple[str, str, str, str, int, str], sizes: dict[str, Any]
) -> None:
    kind, name, amount, fee, after, which = movement
    told = {"kind": kind, "name": name, "after": after, "orders_of_it": which.format(**sizes)}
    told |= {"amount": amount.format(**sizes), "fee": fee.format(**sizes)}
    _insert(connection, "can_processor_movements", MOVEMENT.format(**told, **sizes))


def _insert(connection: duckdb.DuckDBPyConnection, table: str, query: str) -> None:
    connection.execute(f"insert into canonical.{table} by name {query}")
