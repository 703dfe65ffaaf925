"""Cin7's answers through raw, staging and canonical, in the shapes of the vendor's own examples."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.transform.loaded_platform import build, load, rows

pytestmark = pytest.mark.dbt

READ_AT = datetime(2026, 11, 1, 12, tzinfo=UTC)


def stock(line: int, sku: str, location: str, on_hand: Any, on_order: Any = 0, **more: Any) -> dict[str, Any]:
    return {
        "ID": f"id-{sku}",
        "SKU": sku,
        "Location": location,
        "Bin": None,
        "OnHand": on_hand,
        "Allocated": 1,
        "Available": 0,
        "OnOrder": on_order,
        "InTransit": 0,
        "StockOnHand": 0,
        "LineNumber": line,
        "ReadAt": READ_AT,
        **more,
    }


def purchase(identity: str, status: str, receipts: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "ID": identity,
        "Type": "Simple Purchase",
        "Status": status,
        "OrderNumber": "PO-00026",
        "OrderDate": "2026-10-20 00:00:00",
        "RequiredBy": "2026-11-10T00:00:00",
        "LastUpdatedDate": "2026-10-25 04:03:06.520000+00:00",
        "Location": "Reno Warehouse",
        "SupplierCurrency": "EUR",
        "CurrencyRate": Decimal("1.08"),
        "Order": {
            "Lines": [
                {"SKU": "A", "Quantity": 2, "Price": Decimal("2.005"), "Tax": 0, "Total": Decimal("4.01")},
                {"SKU": "A", "Quantity": 4, "Price": 2, "Tax": Decimal("0.80"), "Total": 8},
            ],
            "Status": "AUTHORISED",
            "Tax": Decimal("0.80"),
            "Total": Decimal("12.81"),
        },
        "StockReceived": receipts,
        **more,
    }


def receipt(quantity: int, status: str = "AUTHORISED") -> dict[str, Any]:
    line = {"SKU": "A", "Quantity": quantity, "Received": True, "Date": "2026-10-24 00:00:00", "Location": "Dock"}
    return {"Status": status, "Lines": [line]}


def made_of(identity: str, sku: str, auto_assembly: bool, *parts: tuple[str, Any]) -> dict[str, Any]:
    product = {"ID": identity, "SKU": sku, "Name": sku, "LastModifiedOn": "2026-10-01T08:00:00.123"}
    bill = [{"ComponentProductID": part, "Quantity": quantity, "WastagePercent": 0} for part, quantity in parts]
    return product | {"BillOfMaterial": True, "AutoAssembly": auto_assembly, "BillOfMaterialsProducts": bill}


def movement(kind: str, quantity: Any, number: str, **more: Any) -> dict[str, Any]:
    where = {"Location": "Newark Warehouse", "BatchSN": None, "FromTo": ""}
    return {"TaskID": f"task {number}", "Type": kind, "Date": "2026-10-20 00:00:00", "Number": number} | where | {
        "Quantity": quantity, "Amount": Decimal("1.00"), **more
    }  # fmt: skip


RECORDS = {
    "product_availability": [
        stock(1, "A", "Newark Warehouse", 40, on_order=3),
        stock(2, "A", "Newark Warehouse", Decimal("2.5"), Bin="B2"),
        stock(3, "A", "Reno Warehouse", 12),
        stock(4, "A", "Old shed", 1),
    ],
    "products": [
        {
            "ID": "id-A",
            "SKU": "A",
            "Name": "Mug",
            "Barcode": " ",
            "Status": "Active",
            "PriceTier1": Decimal("12.50"),
            "AverageCost": Decimal("5.3333"),
            "LastModifiedOn": "2026-10-01T08:00:00.123",
            "PriceTier2": 0,
            "FieldOfTomorrow": "x",
        },
        made_of("id-SET", "SET", True, ("id-A", 4), ("id-GLUE", Decimal("0.25"))),
        made_of("id-BOX", "BOX", False, ("id-A", 2)),
        {"ID": "id-GLUE", "SKU": "GLUE", "Name": "Glue", "LastModifiedOn": "2026-10-01T08:00:00.123"},
    ],
    "product_movements": [
        {
            "ID": "id-A",
            "SKU": "A",
            "Movements": [
                movement("Adjustment", 50, "ST-00001"),
                movement("Purchase", 3, "PO-00026"),
                movement("Sale", -8, "SO-00007"),
                movement("Sale Credit Note", 1, "CR-00001"),
                movement("Stock Take", -2, "ST-00002", Location="Reno Warehouse"),
                movement("Transfer", Decimal("-1.5"), "TR-00001"),
                movement("Auto Assembly", -2, "FG-00001", Location="Shed nobody mapped"),
            ],
        },
        {"ID": "id-B", "SKU": "B", "Movements": []},
    ],
    "locations": [
        {"ID": "1", "Name": "Newark Warehouse", "IsDeprecated": False, "FixedAssetsLocation": False},
        {"ID": "2", "Name": "Old shed", "IsDeprecated": True, "FixedAssetsLocation": False},
    ],
    "purchases": [
        purchase("p1", "RECEIVING", [receipt(2), receipt(1), receipt(9, status="DRAFT")]),
        purchase("p2", "DRAFT", []),
        purchase("p3", "VOIDED", []),
        purchase("p4", "DRAFT", [], Note="Drafted [cartwheel po:main:A:Harbor Goods Co:1]", Order={"Lines": []}),
        purchase("p5", "ORDERED", [], Note="[cartwheel po:main:B:Harbor Goods Co:1]", Order={"Lines": []}),
    ],
}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cin7")
    notices = load(folder, "cin7", RECORDS)
    # A field nobody declared is set aside and counted, not dropped in silence.
    assert notices.undeclared == {("raw_cin7.products", "field_of_tomorrow"): 1}
    build(folder, "cin7")
    return folder


def test_stock_is_one_row_per_sku_and_location_in_whole_units(built: Path) -> None:
    levels = rows(built, "select * from canonical.can_stock_levels__cin7 order by location_id")
    assert [(x["location_id"], x["is_enabled"], x["on_hand"], x["incoming"]) for x in levels] == [
        ("Old shed", False, 1, 0),
        ("newark", True, 42, 3),
        ("reno", True, 12, 0),
    ]
    assert {level["as_of_at"] for level in levels} == {READ_AT.replace(tzinfo=None)}


def test_a_product_has_an_exact_price_and_a_rounded_cost_in_the_companys_currency(built: Path) -> None:
    product = rows(built, "select * from canonical.can_products__cin7 where sku = 'A'")[0]
    assert (product["price_minor"], product["unit_cost_minor"], product["currency_code"]) == (1250, 533, "USD")
    assert product["barcode"] is None
    assert product["updated_at"] == datetime.fromisoformat("2026-10-01T08:00:00.123")


def test_movements_are_signed_whole_units_in_house_words(built: Path) -> None:
    found = rows(built, "select * from canonical.can_stock_movements__cin7 order by stock_movement_id")
    assert [(x["movement_type"], x["units"], x["location_id"], x["document_number"]) for x in found] == [
        ("adjustment", 50, "newark", "ST-00001"),
        ("receipt", 3, "newark", "PO-00026"),
        ("shipment", -8, "newark", "SO-00007"),
        ("return", 1, "newark", "CR-00001"),
        ("count", -2, "reno", "ST-00002"),
        ("transfer", -2, "newark", "TR-00001"),
        ("assembly", -2, "Shed nobody mapped", "FG-00001"),
    ]
    assert {x["moved_at"] for x in found} == {datetime(2026, 10, 20)}  # noqa: DTZ001


def test_a_set_is_what_is_assembled_when_it_is_sold_and_made_of_whole_units(built: Path) -> None:
    """BOX is assembled in advance and so counted itself; a quarter of a tube of glue can not be sold out."""
    parts = rows(built, "select bundle_sku, component_sku, quantity from canonical.can_bundle_components__cin7")
    assert parts == [{"bundle_sku": "SET", "component_sku": "A", "quantity": 4}]


def test_authorised_receipts_fill_the_lines_and_drafts_promise_nothing(built: Path) -> None:
    lines = rows(built, "select * from canonical.can_purchase_orders__cin7 order by purchase_order_line_id")
    assert [
        (x["purchase_order_line_id"], x["quantity"], x["received_quantity"], x["purchase_order_status"]) for x in lines
    ] == [
        ("cin7:main:p1:1", 2, 2, "received"),
        ("cin7:main:p1:2", 4, 1, "open"),
        ("cin7:main:p3:1", 2, 0, "cancelled"),
        ("cin7:main:p3:2", 4, 0, "cancelled"),
    ]
    assert {(x["location_id"], x["expected_date"]) for x in lines} == {("reno", date(2026, 11, 10))}


def test_drafts_of_anybody_cover_and_ours_are_known_by_the_key_in_their_note(built: Path) -> None:
    found = rows(built, "select * from canonical.can_purchase_drafts__cin7 order by purchase_draft_line_id")
    assert [(x["platform_purchase_order_id"], x["sku"], x["our_reference"], x["draft_status"]) for x in found] == [
        ("p2", "A", None, "open"),
        ("p2", "A", None, "open"),
        ("p4", None, "po:main:A:Harbor Goods Co:1", "open"),
        ("p5", None, "po:main:B:Harbor Goods Co:1", "ordered"),
    ]


def test_money_of_a_purchase_is_in_the_suppliers_currency_and_its_lines_make_its_total(built: Path) -> None:
    """4.01 + 8.00 + 0.80 tax = 12.81; a unit price of 2.005 keeps its third decimal."""
    head = rows(built, "select * from staging.stg_cin7__purchases where platform_purchase_order_id = 'p1'")[0]
    lines = rows(built, "select * from staging.stg_cin7__purchase_lines where platform_purchase_order_id = 'p1'")
    assert (head["currency_code"], head["total_minor"], head["tax_minor"]) == ("EUR", 1281, 80)
    assert sum(line["total_minor"] + line["tax_minor"] for line in lines) == head["total_minor"]
    assert {line["unit_price_major"] for line in lines} == {Decimal("2.005"), Decimal(2)}


def test_no_number_became_a_double_on_the_way(built: Path) -> None:
    doubles = rows(
        built,
        "select table_schema, table_name, column_name from information_schema.columns where data_type = 'DOUBLE'",
    )
    assert doubles == []
