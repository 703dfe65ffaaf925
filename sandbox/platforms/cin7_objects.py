"""Facts in Cin7 Core's words. Its OnHand and Allocated know nothing of the holds that only a storefront keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from sandbox.decimal_json import amount
from sandbox.facts import Location, Product, PurchaseOrder

if TYPE_CHECKING:
    from sandbox.world import World

RECEIVED = {"open": "NOT RECEIVED", "received": "FULLY RECEIVED"}
STATUS = {"draft": "DRAFT", "ordering": "ORDERING", "open": "ORDERED", "received": "RECEIVED", "cancelled": "VOIDED"}
ORDER_STATUS = {"draft": "NOT AVAILABLE", "ordering": "DRAFT", "cancelled": "VOIDED"}


def availability(world: World) -> list[dict[str, Any]]:
    """One row per SKU and location, in the order of the catalogue."""
    names = {place.location_id: place.name for place in world.locations}
    rows = []
    for (sku, place), level in world.stock.items():
        product = world.products[sku]
        rows.append(
            {
                "ID": product.cin7_id,
                "SKU": sku,
                "Name": product.title,
                "Barcode": product.barcode,
                "Location": names[place],
                "Bin": None,
                "Batch": None,
                "ExpiryDate": None,
                "OnHand": level.on_hand,
                "Allocated": level.allocated,
                "Available": level.on_hand - level.allocated,
                "OnOrder": level.incoming,
                "StockOnHand": amount(level.on_hand * product.cost_minor),
                "InTransit": 0,
            }
        )
    return rows


def product(fact: Product) -> dict[str, Any]:
    """An item of stock; PriceTier1 is the list price, AverageCost what it cost."""
    return {
        "ID": fact.cin7_id,
        "SKU": fact.sku,
        "Name": fact.title,
        "Category": fact.category,
        "Brand": None,
        "Type": "Stock",
        "CostingMethod": "FIFO",
        "DefaultLocation": "Newark Warehouse",
        "Barcode": fact.barcode,
        "UOM": "Item",
        "Status": "Active",
        "Sellable": True,
        "Weight": amount(fact.weight_grams * 100),
        "WeightUnits": "g",
        "PriceTier1": amount(fact.price_minor),
        "PriceTiers": {"Tier 1": amount(fact.price_minor)},
        "AverageCost": amount(fact.cost_minor),
        "LastModifiedOn": spaced(fact.updated_at),
        "Suppliers": [
            {
                "SupplierID": _id("supplier", fact.supplier),
                "SupplierName": fact.supplier,
                "SupplierInventoryCode": fact.sku,
                "SupplierProductName": fact.title,
                "Cost": amount(fact.cost_minor),
                "FixedCost": amount(fact.cost_minor),
                "Currency": "USD",
                "DropShip": False,
                "URL": "",
            }
        ],
    }


def movements(world: World, sku: str) -> list[dict[str, Any]]:
    """What changed the stock of a product, oldest first, signed; the vendor tells the day, not the time."""
    names = {place.location_id: place.name for place in world.locations}
    return [
        {
            "TaskID": _id("task", line.task),
            "Type": line.kind,
            "Date": day(line.moved_at.date()),
            "Number": line.number,
            "Quantity": line.quantity,
            "Amount": amount(line.quantity * world.products[sku].cost_minor),
            "Location": names[line.location_id],
            "BatchSN": None,
            "ExpiryDate": None,
            "FromTo": "",
        }
        for line in world.state("cin7")["ledger"]
        if line.sku == sku
    ]


def location(fact: Location) -> dict[str, Any]:
    return {
        "ID": fact.cin7_id,
        "Name": fact.name,
        "IsDefault": fact.location_id == "newark",
        "IsDeprecated": False,
        "Bins": [],
        "FixedAssetsLocation": False,
        "ParentID": None,
        "ReferenceCount": 0,
        "AddressLine1": fact.address.line1,
        "AddressLine2": "",
        "AddressCitySuburb": fact.address.city,
        "AddressStateProvince": fact.address.region_code,
        "AddressZipPostCode": fact.address.postcode,
        "AddressCountry": fact.address.country_code,
        "PickZones": None,
        "IsCoMan": False,
        "IsShopfloor": False,
        "IsStaging": False,
        "ParentName": None,
    }


def purchase_row(world: World, fact: PurchaseOrder) -> dict[str, Any]:
    """A purchase as the list shows it: no lines."""
    total = sum(line.quantity * line.unit_cost_minor for line in fact.lines)
    return {
        "ID": fact.purchase_order_id,
        "OrderNumber": fact.number,
        "BlindReceipt": False,
        "Status": STATUS[fact.status],
        "OrderStatus": ORDER_STATUS.get(fact.status, "AUTHORISED"),
        "OrderDate": day(fact.ordered_on),
        "InvoiceDate": None,
        "InvoiceDueDate": None,
        "InvoiceNumber": "",
        "InvoiceStatus": "NOT AVAILABLE",
        "InvoiceAmount": amount(total),
        "PaidAmount": amount(0),
        "RequiredBy": day(fact.expected_on),
        "StockReceivedStatus": "AUTHORISED" if fact.status == "received" else "DRAFT",
        "CombinedReceivingStatus": _receiving(fact),
        "CombinedInvoiceStatus": "NOT INVOICED",
        "CombinedPaymentStatus": "UNPAID",
        "UnstockStatus": "NOT AVAILABLE",
        "CreditNoteNumber": "",
        "CreditNoteStatus": "NOT AVAILABLE",
        "DropShipTaskID": None,
        "IsServiceOnly": False,
        "Type": "Simple Purchase",
        "Supplier": fact.supplier,
        "SupplierID": _id("supplier", fact.supplier),
        "BaseCurrency": world.currency,
        "SupplierCurrency": world.currency,
        "LastUpdatedDate": spaced(fact.updated_at),
    }


def _receiving(fact: PurchaseOrder) -> str:
    is_part = fact.status == "open" and any(line.received_quantity for line in fact.lines)
    return "PARTIALLY RECEIVED" if is_part else RECEIVED.get(fact.status, "NOT AVAILABLE")


def purchase(world: World, fact: PurchaseOrder) -> dict[str, Any]:
    """A purchase with what was ordered and what came in."""
    place = next(item for item in world.locations if item.location_id == fact.location_id)
    total = sum(line.quantity * line.unit_cost_minor for line in fact.lines)
    ordered, received = [], []
    for line in fact.lines:
        item = world.products[line.sku]
        named = {"ProductID": item.cin7_id, "SKU": line.sku, "Name": item.title, "SupplierSKU": ""}
        money = {"Price": amount(line.unit_cost_minor), "Discount": 0, "Tax": 0, "TaxRule": "Tax Exempt"}
        line_total = amount(line.quantity * line.unit_cost_minor)
        ordered.append({**named, **money, "Quantity": line.quantity, "Total": line_total, "Comment": ""})
        if line.received_quantity:
            where = {"Location": place.name, "LocationID": place.cin7_id, "BatchSN": None, "ExpiryDate": None}
            came = {"Quantity": line.received_quantity, "Received": True, "Date": spaced(fact.updated_at)}
            received.append({**named, **where, **came, "CardID": _id("card", fact.number, line.sku)})
    return {
        "ID": fact.purchase_order_id,
        "OrderNumber": fact.number,
        "OrderDate": day(fact.ordered_on),
        "Supplier": fact.supplier,
        "SupplierID": _id("supplier", fact.supplier),
        "Status": STATUS[fact.status],
        "Approach": "STOCK",
        "BlindReceipt": False,
        "BaseCurrency": world.currency,
        "SupplierCurrency": world.currency,
        "CurrencyRate": 1,
        "Location": place.name,
        "RequiredBy": day(fact.expected_on),
        "TaxCalculation": "Exclusive",
        "TaxRule": "Tax Exempt",
        "Terms": "30 days",
        "Note": world.state("cin7").get("notes", {}).get(fact.purchase_order_id, ""),
        "LastUpdatedDate": spaced(fact.updated_at),
        "Order": {
            "Memo": "",
            "Status": ORDER_STATUS.get(fact.status, "AUTHORISED"),
            "Lines": ordered,
            "AdditionalCharges": [],
            "TotalBeforeTax": amount(total),
            "Tax": amount(0),
            "Total": amount(total),
        },
        "StockReceived": {"Status": "AUTHORISED" if received else "DRAFT", "Lines": received},
    }


def utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def spaced(moment: datetime) -> str:
    """ISO 8601 to the millisecond, UTC without saying so."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def day(value: date) -> str:
    return f"{value.isoformat()}T00:00:00"


def _id(*parts: str) -> str:
    return str(uuid5(NAMESPACE_URL, ":".join(parts)))
