"""Small activation tables for tests, as dbt would leave them in the warehouse."""

from __future__ import annotations

import duckdb

CONTACTS = """create or replace table activation.act_{sync} (record_key varchar, email varchar, segment varchar, r_score bigint,
    f_score bigint, m_score bigint, as_of_date date, net_revenue_minor bigint, orders_count bigint, rule_version varchar,
    observed_segment varchar, observed_r_score bigint, observed_f_score bigint, observed_m_score bigint,
    observed_as_of_date date, observed_net_revenue_minor bigint, observed_orders_count bigint, observed_rule_version varchar,
    money_minor bigint, currency_code varchar, reason varchar, source_key varchar)"""
STOCK = """create or replace table activation.act_shopify__stock_levels (record_key varchar, inventory_item_gid varchar,
    location_gid varchar, sku varchar, quantity bigint, observed_quantity bigint, money_minor bigint,
    currency_code varchar, reason varchar, source_key varchar)"""
WOO = """create or replace table activation.act_woocommerce__stock_levels (record_key varchar, platform_product_id varchar,
    platform_variant_id varchar, sku varchar, quantity bigint, observed_quantity bigint, money_minor bigint,
    currency_code varchar, reason varchar, source_key varchar)"""
RECEIPTS = """create or replace table activation.act_quickbooks__{objects} (record_key varchar, line_number bigint,
    document_number varchar, document_date date, customer_name varchar, memo varchar, deposit_account_number varchar,
    total_minor bigint, item_name varchar, account_number varchar, line_description varchar, line_amount_minor bigint,
    money_minor bigint, currency_code varchar, reason varchar, source_key varchar, sales_receipt_key varchar)"""
TRACKING = """create or replace table activation.act_shopify__tracking (record_key varchar, line_number bigint,
    platform_order_id varchar, fulfilment_order_gid varchar, tracking_number varchar, carrier varchar,
    fulfilment_order_line_gid varchar, line_quantity bigint, money_minor bigint, currency_code varchar, reason varchar,
    source_key varchar)"""


def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema activation")
    return connection


def contacts(connection, emails, segment="loyal", observed=None, sync="hubspot__contacts", as_of="2026-10-31"):
    connection.execute(CONTACTS.format(sync=sync))
    for email in emails:
        connection.execute(
            f"insert into activation.act_{sync} values ($1, $1, $2, 5, 4, 3, $3, 12050, 2, 'rfm-1', $4, $5, $6, $7,"
            " null, $8, $9, null, null, 'USD', 'bought twice', $1)",
            [email, segment, as_of, observed, *((5, 4, 3, 12050, 2) if observed else (None,) * 5)],
        )


def stock(connection, levels):
    """levels: record → (observed, wanted)."""
    connection.execute(STOCK)
    for name, (observed, wanted) in levels.items():
        item, location = f"gid://shopify/InventoryItem/{name}", "gid://shopify/Location/70000000001"
        connection.execute(
            "insert into activation.act_shopify__stock_levels values ($1, $2, $3, $4, $5, $6, null, null, 'sold', $4)",
            [f"{item}|{location}", item, location, f"SKU-{name}", wanted, observed],
        )


def woo(connection, products, variants=()):
    connection.execute(WOO)
    for product, variant in [*((product, None) for product in products), *variants]:
        connection.execute(
            "insert into activation.act_woocommerce__stock_levels values ($1, $2, $3, 'SKU', 7, 1, null, null, 'sold', $1)",
            [f"{product}/{variant}" if variant else product, product, variant],
        )


def receipts(connection, numbers, objects="sales_receipts", item="Product", waits_for=None):
    connection.execute(RECEIPTS.format(objects=objects))
    for number in numbers:
        for line, (name, account, amount) in enumerate(((item, "4000", 10000), ("Fee", "6000", -320)), start=1):
            connection.execute(
                f"insert into activation.act_quickbooks__{objects} values ($1, $2, $3, '2026-10-05', 'Ann', $1, '1100',"
                " 9680, $4, $5, 'a line', $6, 9680, 'USD', 'captured, not in the books', $3, $7)",
                [f"je:main:{number}:captured:0", line, number, name, account, amount, waits_for],
            )


def tracking(connection, parcels):
    connection.execute(TRACKING)
    for parcel in parcels:
        connection.execute(
            "insert into activation.act_shopify__tracking values ($1, 1, '1001', 'gid://shopify/FulfillmentOrder/1', $2,"
            " 'UPS', $3, 1, null, null, 'shipped', $1)",
            [parcel, f"1Z{parcel}", f"gid://shopify/FulfillmentOrderLineItem/{parcel}"],
        )
