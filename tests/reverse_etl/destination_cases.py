"""For every sync: deliveries as it would plan them, and what its destination says of a record: held, absent, spoiled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from reverse_etl import answers, destinations
from reverse_etl.destination import UPSTREAM, Answer, Outcome, Request, Write
from reverse_etl.errors import DeliveryError
from reverse_etl.plan import Action, Change, Delivery
from reverse_etl.sync import Guard
from reverse_etl.syncs import all_syncs
from tests.reverse_etl import xero_cases

KEY = "0123456789abcdef0123456789abcdef"
REFERENCES = {
    "items": {"Product": "1", "Fee": "8"},
    "accounts": {"1000": "35", "1100": "36"},
    "customers": {"Ann": "9"},
    "terms": {"Net 30": "3"},
    "customer versions": {"Ann": "9/4"},
    UPSTREAM: {"je:invoice": "501"},
}
PAYLOAD = {
    "inventory_item_gid": "gid://shopify/InventoryItem/1", "location_gid": "gid://shopify/Location/1", "sku": "S",
    "quantity": 5, "platform_product_id": "11", "platform_variant_id": None, "platform_order_id": "1",
    "fulfilment_order_gid": "gid://shopify/FulfillmentOrder/1", "tracking_number": "1Z", "carrier": "UPS",
    "document_number": "#1042", "document_date": "2026-10-05", "customer_name": "Ann", "memo": "m",
    "deposit_account_number": "1000", "total_minor": 9680, "email": "a@example.com", "segment": "loyal", "r_score": 5,
    "f_score": 4, "m_score": 3, "as_of_date": "2026-10-31", "net_revenue_minor": 12050, "orders_count": 2,
    "rule_version": "rfm-1", "due_date": "2026-11-04", "terms_name": "Net 30", "customer_note": "Purchase order 7",
    "display_name": "Ann", "tax_id": "12-3456789", "payment_reference": "#1042",
    "draft_reference": "po:main:S:Supplier:1", "supplier_name": "Supplier", "platform_location_id": "Newark",
    "required_date": "2026-11-15", "order_quantity": 12, "note": "n", "title": "t", "unit_cost_minor": 100, "tax_rule": "none",
    "product_gid": "gid://shopify/Product/1", "visibility": "hidden_by_us",
    "alert_status": "low", "units_left": 3, "message": "Low stock: S, 3 left to sell",
    "platform_product_type": "KITCHEN", "pool_group": "ATVPDKIKX0DER,A2EUQ1WTGCTBG2",
}  # fmt: skip
PAYLOAD |= xero_cases.PAYLOAD
REFERENCES["customers"] |= {xero_cases.NUMBER: "9"}
LINES = {
    "fulfilment": ({"fulfilment_order_line_gid": "gid://shopify/FulfillmentOrderLineItem/1", "line_quantity": 1},),
    "document": (
        {"item_name": "Product", "account_number": "1100", "line_description": "d", "line_amount_minor": 10000},
        {"item_name": "Fee", "account_number": "1100", "line_description": "d", "line_amount_minor": -320},
    ),
    "payment": (
        {"linked_type": "invoice", "linked_key": "je:invoice", "linked_document_id": None, "line_amount_minor": 9680},
    ),
    "journal_entry": (
        {"side": "debit", "account_number": "1000", "line_description": "d", "line_amount_minor": 9680},
        {"side": "credit", "account_number": "1100", "line_description": "d", "line_amount_minor": 9680},
    ),
    "payment_deposit": (
        {"account_number": "1100", "linked_key": "je:invoice", "linked_document_id": None, "line_description": "d"}
        | {"line_amount_minor": 9000},
        {"account_number": "1100", "linked_key": None, "linked_document_id": None, "line_description": "d"}
        | {"line_amount_minor": 680},
    ),
    "taxed": (
        {
            "account_number": "4000",
            "line_description": "d",
            "line_amount_minor": 10000,
            "tax_code": "NONE",
            "line_tax_minor": 0,
        },
        {
            "account_number": "6000",
            "line_description": "d",
            "line_amount_minor": -320,
            "tax_code": "NONE",
            "line_tax_minor": 0,
        },
    ),
}
# Messages can be neither read back nor looked up: they have cases of their own (test_destination_messages.py).
MESSAGES = [name for name, sync in all_syncs().items() if sync.guard is Guard.AT_MOST_ONCE]
# Drafts are a person's once they are made, so they are not read back: test_destination_cin7.py.
DRAFTS = [name for name, sync in all_syncs().items() if sync.destination == "cin7"]
SYNCS = [name for name in all_syncs() if name not in (*MESSAGES, *DRAFTS)]
CONTACTS = [name for name in SYNCS if name.startswith(("hubspot", "klaviyo"))]
# Documents of the books; their customers are kept in a state.
BOOKS = [name for name in SYNCS if name.startswith("quickbooks") and all_syncs()[name].mode == "create"]
# A deposit has no number of its own there.
NUMBERED = [name for name in BOOKS if "document_number" in all_syncs()[name].fields and name != "quickbooks__deposits"]
XERO = [name for name in SYNCS if name.startswith("xero")]
# How many records a request of this sync may hold in these tests.
SIZES = dict.fromkeys(all_syncs(), 1) | dict.fromkeys(
    ("shopify__stock_levels", "woocommerce__stock_levels", "hubspot__contacts", *MESSAGES), 3
)
ENTITIES = {
    "sales_receipt": "SalesReceipt", "refund_receipt": "RefundReceipt", "deposit": "Deposit", "invoice": "Invoice",
    "credit_memo": "CreditMemo", "payment": "Payment", "payment_deposit": "Deposit",
    "journal_entry": "JournalEntry",
}  # fmt: skip


def write(name: str) -> Write:
    sync = all_syncs()[name]
    return destinations.load(sync.destination).writes[sync.object]


def batch(name: str, size: int = 1, action: Action = Action.UPDATE) -> list[Delivery]:
    """Deliveries as the sync would plan them, told apart by their natural keys."""
    sync = all_syncs()[name]
    lines = LINES.get(sync.object, LINES["document"] if sync.line_fields else ())
    if sync.destination == "xero":
        lines = LINES["taxed"] if "tax_code" in sync.line_fields else LINES["document"] if sync.line_fields else ()
    return [
        Delivery(
            sync=name, destination=sync.destination, object=sync.object, record_key=f"record-{at}",
            action=action, payload=_payload(sync.fields, at), lines=lines, changes=CHANGES.get(sync.object, ()),
            reason="r", source_key="s", money_minor=None, currency_code=CURRENCIES.get(sync.destination, "USD"), fingerprint="f", quick=1,
            intention=f"intention-{at}", plan_id="plan-1", planned_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
        for at in range(size)
    ]  # fmt: skip


# The currency of each destination's books in these tests; dollars elsewhere.
CURRENCIES = {"xero": "EUR"}
# What each update replaces.
CHANGES = {
    "stock_level": (Change("quantity", 1, 5),),
    "product_visibility": (Change("visibility", "shown", "hidden_by_us"),),
    "contact": (Change("segment", "new", "loyal"), Change("r_score", 2, 5)),
    "profile": (Change("segment", "new", "loyal"), Change("r_score", 2, 5)),
}


def _payload(fields: tuple[str, ...], at: int) -> dict[str, Any]:
    told_apart = {"email": f"a{at}@example.com", "platform_product_id": str(11 + at)}
    return {name: told_apart.get(name, PAYLOAD[name]) for name in fields}


def one(name: str, **changed: Any) -> Delivery:
    """A single delivery with some values of its payload changed."""
    (delivery,) = batch(name)
    return replace(delivery, payload={**delivery.payload, **changed})


def request(name: str, size: int = 1) -> Request:
    return write(name).encode(batch(name, size), KEY, REFERENCES)


def outcomes(name: str, size: int, status: int, body: Any, action: Action = Action.UPDATE) -> dict[str, Outcome]:
    """What an answer means for each record, by the way the push loop takes."""
    sent = batch(name, size, action)
    try:
        return answers.complete(sent, write(name).decode(sent, Answer(status, body)))
    except DeliveryError as error:
        return answers.for_error(sent, error)


def results(name: str, size: int, status: int, body: Any, action: Action = Action.UPDATE) -> list[str]:
    return [outcome.result.value for outcome in outcomes(name, size, status, body, action).values()]


@dataclass(frozen=True)
class Held:
    """An answer that holds the record as wanted, our own values in it, and the answer when it is not there."""

    body: Any
    values: dict[str, Any]
    absent: Answer


SCORES = {name: PAYLOAD[name] for name in (
    "segment", "r_score", "f_score", "m_score", "as_of_date", "net_revenue_minor", "orders_count", "rule_version"
)}  # fmt: skip
_PROPERTIES = {
    "cartwheel_segment": "loyal", "cartwheel_r_score": "5", "cartwheel_f_score": "4", "cartwheel_m_score": "3",
    "cartwheel_as_of": "2026-10-31", "cartwheel_net_revenue": "120.50", "cartwheel_orders": "2",
    "cartwheel_rule_version": "rfm-1",
}  # fmt: skip


def _document(name: str) -> dict[str, Any]:
    entity = ENTITIES[all_syncs()[name].object]
    row = {"Id": "9", "DocNumber": "#1042", "PrivateNote": "record-0", "TxnDate": "2026-10-05"}
    return {"QueryResponse": {entity: [{**row, "TotalAmt": Decimal("96.80")}], "startPosition": 1, "maxResults": 1}}


def _parcel(numbers: list[str], left: int) -> dict[str, Any]:
    made = [
        {"id": f"gid://f/{number}", "status": "SUCCESS", "trackingInfo": [{"company": "UPS", "number": number}]}
        for number in numbers
    ]
    lines = [{"id": "gid://shopify/FulfillmentOrderLineItem/1", "remainingQuantity": left}]
    fulfilment_order = {"id": "o", "status": "OPEN", "lineItems": {"nodes": lines}}
    return {"data": {"order": {"id": "gid://o/1", "fulfillments": made}, "fulfillmentOrder": fulfilment_order}}


def _level(quantity: int | None) -> dict[str, Any]:
    level = {"id": "gid://l/1", "quantities": [{"name": "available", "quantity": quantity}]}
    return {"data": {"inventoryItem": {"id": "i", "inventoryLevel": level if quantity is not None else None}}}


def _product(status: str, mark: str | None) -> dict[str, Any]:
    return {"data": {"product": {"id": "p", "status": status, "metafield": {"value": mark} if mark else None}}}


_HIDDEN = {"visibility": "hidden_by_us"}
_META = {"id": 1, "key": "_cartwheel_hidden_by", "value": "cartwheel"}
_CUSTOMER = {
    "Id": "9", "SyncToken": "4", "DisplayName": "Ann", "ResaleNum": "12-3456789", "SalesTermRef": {"value": "3", "name": "Net 30"},
}  # fmt: skip
_NO_DOCUMENT = Answer(200, {"QueryResponse": {}, "time": "t"})
HELD = {
    "amazon__stock_levels": Held(
        {"sku": "S", "fulfillmentAvailability": [{"fulfillmentChannelCode": "DEFAULT", "quantity": 5}]},
        {"quantity": 5},
        Answer(404, {"errors": [{"code": "NOT_FOUND", "message": "SKU 'S' not found", "details": ""}]}),
    ),
    "shopify__stock_levels": Held(_level(5), {"quantity": 5}, Answer(200, _level(None))),
    "shopify__tracking": Held(
        _parcel(["1Z"], 0), {"tracking_number": "1Z", "carrier": "UPS"}, Answer(200, _parcel([], 1))
    ),
    "woocommerce__stock_levels": Held(
        {"id": 11, "manage_stock": True, "stock_quantity": 5},
        {"quantity": 5},
        Answer(404, {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}),
    ),
    "shopify__product_visibility": Held(
        _product("DRAFT", "cartwheel"), _HIDDEN, Answer(200, {"data": {"product": None}})
    ),
    "woocommerce__product_visibility": Held(
        {"id": 11, "status": "publish", "catalog_visibility": "hidden", "meta_data": [_META]}, _HIDDEN,
        Answer(404, {"code": "woocommerce_rest_product_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}),
    ),
    "hubspot__contacts": Held(
        {"id": "7", "properties": {"email": "a0@example.com", **_PROPERTIES}},
        SCORES,
        Answer(404, {"status": "error", "category": "OBJECT_NOT_FOUND", "message": "resource not found"}),
    ),
    "klaviyo__profiles": Held(
        {"data": [{"type": "profile", "id": "7", "attributes": {"properties": {**_PROPERTIES, "cartwheel_orders": 2}}}]},
        SCORES,
        Answer(200, {"data": [], "links": {}}),
    ),
    "quickbooks__customers": Held(
        {"QueryResponse": {"Customer": [_CUSTOMER], "startPosition": 1, "maxResults": 1}},
        {name: PAYLOAD[name] for name in ("display_name", "tax_id", "terms_name")},
        _NO_DOCUMENT,
    ),
} | {
    name: Held(_document(name), {"document_date": "2026-10-05", "total_minor": 9680}, _NO_DOCUMENT) for name in BOOKS
} | {name: Held(*xero_cases.held(all_syncs()[name].object)) for name in XERO}  # fmt: skip

MALFORMED: list[Any] = [
    None, [], "<html>", {}, {"data": None}, {"data": {}}, {"results": "x"}, {"update": {}}, {"QueryResponse": 3},
    {"properties": []}, 7,
]  # fmt: skip
