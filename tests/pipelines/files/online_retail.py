"""UCI Online Retail as a file drop: invoices become orders, credit invoices ("C…") become refunds that name no order."""

from __future__ import annotations

from pathlib import Path

import duckdb

CHANNEL = "online_retail"
SOURCE = Path(__file__).resolve().parents[4] / "shared" / "data" / "online_retail" / "online_retail.parquet"

# The file holds prices as DOUBLE; their shortest text is the price that was printed on the invoice.
LINES = """
    select
        InvoiceNo as invoice, InvoiceNo like 'C%' as is_credit, StockCode as sku, Description as title, Quantity as quantity,
        cast(cast(UnitPrice as varchar) as decimal(18, 4)) as price, InvoiceDate as moment,
        cast(CustomerID as varchar) as customer, Country as country,
        row_number() over (partition by InvoiceNo order by file_row_number) as line
    from read_parquet(?, file_row_number = true)
"""


def convert(source: Path, target: Path) -> None:
    """Writes orders, order_lines, refunds, customers and products of the data set into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute(f"create table lines as {LINES}", [str(source)])
        for name, query in FILES.items():
            connection.execute(f"copy ({query}) to '{target}/{name}.parquet' (format parquet)")


FILES = {
    "orders": f"""
        select '{CHANNEL}' as channel, invoice as order_id, min(moment) as placed_at, 'GBP' as currency_code,
               min(customer) as customer_id
        from lines where not is_credit group by invoice""",
    "order_lines": f"""
        select '{CHANNEL}' as channel, invoice as order_id, line as line_id, quantity, price as unit_price,
               'GBP' as currency_code, sku, title, case when sku in ('POST', 'DOT') then 'shipping' end as line_type
        from lines where not is_credit order by order_id, line_id""",
    "refunds": f"""
        select '{CHANNEL}' as channel, invoice as refund_id, line as refund_line_id, moment as refunded_at,
               'GBP' as currency_code, cast(-quantity * price as decimal(18, 4)) as amount, sku, -quantity as quantity,
               customer as customer_id
        from lines where is_credit order by refund_id, refund_line_id""",
    "customers": f"select distinct '{CHANNEL}' as channel, customer as customer_id from lines where customer is not null",
    "products": f"""
        select '{CHANNEL}' as channel, sku, 'GBP' as currency_code, min(title) as title from lines group by sku""",
}
