"""Olist as a file drop: items with their freight become order lines, payments become payments.

Only orders whose items and payments are both complete are converted: the published items are the first by order id, and the
last of them may be cut. Few of them have a header; elsewhere the earliest shipping limit stands in for the order's moment.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

CHANNEL = "olist"
FOLDER = Path(__file__).resolve().parents[4] / "shared" / "data" / "olist"

TABLES = {
    "items": """
        select order_id, order_item_id, product_id, strptime(shipping_limit_date, '%-m/%-d/%Y %-H:%M') as ship_limit,
               cast(cast(price as varchar) as decimal(18, 2)) as price,
               cast(cast(freight_value as varchar) as decimal(18, 2)) as freight
        from read_csv('{folder}/olist_order_items_first_9998.csv.gz')
        where order_id <> (select max(order_id) from read_csv('{folder}/olist_order_items_first_9998.csv.gz'))""",
    "headers": """
        select order_id, customer_id, strptime(order_purchase_timestamp, '%-m/%-d/%Y %-H:%M') as purchased
        from read_csv('{folder}/olist_orders_first_9999.csv.gz')""",
    "payments": """
        select order_id, payment_sequential, payment_type,
               cast(cast(payment_value as varchar) as decimal(18, 2)) as amount
        from '{folder}/olist_order_payments_dataset.parquet' semi join items using (order_id)""",
    "moments": """
        select order_id, coalesce(min(purchased), min(ship_limit)) as moment, min(customer_id) as customer_id
        from items left join headers using (order_id) group by order_id""",
}

FILES = {
    "orders": f"""
        select '{CHANNEL}' as channel, order_id, moment as placed_at, 'BRL' as currency_code, customer_id from moments""",
    "order_lines": f"""
        select '{CHANNEL}' as channel, order_id, 'item-' || order_item_id as line_id, 1 as quantity, price as unit_price,
               'BRL' as currency_code, 'product' as line_type, product_id as sku from items
        union all
        select '{CHANNEL}', order_id, 'freight-' || order_item_id, 1, freight, 'BRL', 'shipping', null from items""",
    "payments": f"""
        select '{CHANNEL}' as channel, order_id, payment_sequential as payment_id, amount, 'BRL' as currency_code,
               moment as paid_at, payment_type as gateway,
               case payment_type when 'credit_card' then 'card' when 'debit_card' then 'card' when 'boleto' then 'manual'
                    when 'voucher' then 'store_credit' else 'other' end as tender_type
        from payments join moments using (order_id)""",
}


def convert(folder: Path, target: Path) -> None:
    """Writes orders, order_lines and payments into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        for name, query in TABLES.items():
            connection.execute(f"create table {name} as {query.format(folder=folder)}")
        for name, query in FILES.items():
            connection.execute(f"copy ({query}) to '{target}/{name}.csv' (header)")


def mismatched(folder: Path) -> dict[str, int]:
    """Orders whose items and freight differ from their payments, by plain SQL over the raw files: payments − items, cents."""
    with duckdb.connect() as connection:
        for name, query in TABLES.items():
            connection.execute(f"create table {name} as {query.format(folder=folder)}")
        found = connection.execute("""
            select order_id, cast((paid - owed) * 100 as bigint)
            from (select order_id, sum(price + freight) as owed from items group by order_id)
            join (select order_id, sum(amount) as paid from payments group by order_id) using (order_id)
            where paid <> owed""").fetchall()
    return dict(found)
