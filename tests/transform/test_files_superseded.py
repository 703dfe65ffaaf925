"""An order loaded from files while its platform was away, and read by the connector later, is there once (F-SRC-24)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pipelines.files.contract import KINDS
from pipelines.files.load import load
from tests.transform.canonical_rows import TRANSFORM
from tests.transform.raw_rows import RawRows

# Orders 1 and 2 by file; the connector brings 1 and 3. Credit note N1 names no order; the connector knows whose it is.
FILES = {
    "orders": (
        "channel,order_id,placed_at,currency_code,customer_id\nshopify,1,2026-10-01,USD,c1\nshopify,2,2026-10-02,USD,c2\n"
        "till,1,2026-10-01,USD,c1\n"
    ),
    "order_lines": (
        "channel,order_id,line_id,quantity,unit_price,currency_code\n"
        "shopify,1,a,1,10.00,USD\nshopify,2,a,1,20.00,USD\ntill,1,a,1,5.00,USD\n"
    ),
    "payments": (
        "channel,order_id,payment_id,amount,currency_code,paid_at\n"
        "shopify,1,p,10.00,USD,2026-10-01\nshopify,2,p,20.00,USD,2026-10-02\ntill,1,p,5.00,USD,2026-10-01\n"
    ),
    "refunds": (
        "channel,refund_id,refund_line_id,refunded_at,currency_code,amount,order_id\n"
        "shopify,R1,a,2026-10-03,USD,4.00,1\nshopify,N1,a,2026-10-03,USD,3.00,\ntill,N1,a,2026-10-03,USD,1.00,\n"
    ),
    "shipments": (
        "channel,order_id,parcel_id,shipment_status,tracking_number\nshopify,1,box-1,in_transit,T1\n"
        "shopify,2,box-2,in_transit,T2\ntill,1,box-3,in_transit,T3\n"
    ),
    "customers": "channel,customer_id\nshopify,c1\nshopify,c2\ntill,c1\n",
}
LEG = {"payment_type": "sale", "payment_status": "succeeded"}
CONNECTOR: dict[str, list[Mapping[str, Any]]] = {
    "can_orders": [
        {
            "order_id": f"shopify:main:{n}",
            "platform_order_id": n,
            "order_number": f"#100{n}",
            "platform_customer_id": "c1",
        }
        for n in "13"
    ],
    "can_order_lines": [{"order_line_id": f"l{n}", "order_id": f"shopify:main:{n}", "net_minor": 1000} for n in "13"],
    "can_order_payments": [LEG | {"order_payment_id": f"p{n}", "order_id": f"shopify:main:{n}"} for n in "13"],
    "can_refunds": [
        {"refund_id": f"shopify:main:{name}", "order_id": f"shopify:main:{order}", "platform_refund_id": name}
        for name, order in (("R1", "1"), ("N1", "3"))
    ],
    "can_refund_lines": [
        {"refund_line_id": "r1", "order_id": "shopify:main:1", "refund_id": "shopify:main:R1"},
        {"refund_line_id": "n1", "order_id": "shopify:main:3", "refund_id": "shopify:main:N1"},
    ],
    "can_customers": [{"customer_record_id": "shopify:main:c1", "platform_customer_id": "c1"}],
}


@pytest.fixture
def world(tmp_path: Path) -> RawRows:
    """The file drop through its real loader and mappings, beside canonical rows of the connector."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.csv").write_text(text)
    assert load(tmp_path, tmp_path / "drop.duckdb").refused == []
    made = RawRows()
    made.connection.execute(f"attach '{tmp_path}/drop.duckdb' as drop_file (read_only)")
    made.connection.execute("create schema raw_files")
    for kind in KINDS:
        made.source_table("raw_files", kind.name, f"from drop_file.raw_files.{kind.name}")
    for noun in ("orders", "order_lines", "order_payments", "refunds", "refund_lines", "customers"):
        connector_copy(made, noun, "shopify", *CONNECTOR[f"can_{noun}"])
        connector_copy(made, noun, "woocommerce")
    connector_copy(made, "parcels", "shipstation")
    return made


def connector_copy(world: RawRows, noun: str, platform: str, *rows: Mapping[str, Any]) -> None:
    """Let these rows be what a connector's mapping gives for a noun."""
    world.rows(f"can_{noun}", *(dict(row) for row in rows))
    world.connection.execute(f"create or replace table can_{noun}__{platform} as from can_{noun}")
    world.connection.execute(f"drop table can_{noun}")
    world.built.discard(f"can_{noun}")
    world.built.add(f"can_{noun}__{platform}")


def union(world: RawRows, noun: str, columns: str) -> set[tuple[Any, ...]]:
    """Rows of a union, built by its own SQL."""
    if noun in ("customers", "parcels"):
        union(world, "orders", "order_id")
    sql = (TRANSFORM / "models" / "canonical" / noun / f"can_{noun}.sql").read_text()
    world.connection.execute(f"create or replace table can_{noun} as {world.rendered(sql)}")
    world.built.add(f"can_{noun}")
    return set(world.connection.execute(f"select {columns} from can_{noun}").fetchall())


@pytest.mark.parametrize(
    ("noun", "column", "expected"),
    [
        (
            "orders",
            "order_id",
            {"shopify:main:1", "shopify:main:3", "files:shopify:2", "files:till:1", "files:till:N1"},
        ),
        ("order_lines", "order_line_id", {"l1", "l3", "files:shopify:2:a", "files:till:1:a"}),
        ("order_payments", "order_payment_id", {"p1", "p3", "files:shopify:2:p", "files:till:1:p"}),
        ("refunds", "refund_id", {"shopify:main:R1", "shopify:main:N1", "files:till:N1"}),
        ("refund_lines", "refund_line_id", {"r1", "n1", "files:till:N1:a"}),
        ("customers", "customer_record_id", {"shopify:main:c1", "files:shopify:c2", "files:till:c1"}),
    ],
)
def test_the_connectors_copy_stands_alone(world: RawRows, noun: str, column: str, expected: set[str]) -> None:
    assert union(world, noun, column) == {(key,) for key in expected}


@pytest.mark.parametrize(
    "known_by", [{"order_id": "shopify:main:1"}, {"order_number": "1001"}, {"tracking_number": "T1"}], ids=str
)
def test_a_parcel_moves_to_the_connectors_order_until_the_shipping_tool_knows_that_order(
    world: RawRows, known_by: dict[str, str]
) -> None:
    kept = {("files:shopify:box-2", "files:shopify:2"), ("files:till:box-3", "files:till:1")}
    assert union(world, "parcels", "parcel_id, order_id") == {("files:shopify:box-1", "shopify:main:1"), *kept}
    connector_copy(world, "parcels", "shipstation", {"parcel_id": "shipstation:main:9"} | known_by)
    tool = ("shipstation:main:9", known_by.get("order_id"))
    assert union(world, "parcels", "parcel_id, order_id") == {tool, *kept}
