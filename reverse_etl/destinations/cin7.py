"""Cin7 Core v2: draft purchases, made in two steps: the purchase, then the lines of its order.

Account id and application key as headers. 60 calls a minute, told by a 503 without a wait. Nothing has a key, and the
list of purchases neither shows nor searches a note; so a draft is looked for among the supplier's drafts, one by one, by our
reference in the note. `POST /purchase/order` replaces all lines, which is why it is only sent while there are none.
Quantities are whole; prices are JSON decimals in the supplier's currency, as documents there have them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reverse_etl.answers import accepted, at, complete, for_all, items, raise_for_error, rejected, unreadable
from reverse_etl.destination import (
    UPSTREAM,
    Answer,
    Batch,
    Destination,
    LookUp,
    Outcome,
    Pace,
    References,
    Request,
    Write,
)
from reverse_etl.errors import Kind, RejectedRecord, RetryLater
from reverse_etl.meanings import Meanings
from reverse_etl.money import major
from reverse_etl.plan import Delivery

_ROOT = "/externalapi/v2"
# Purchases of one supplier in one list, and drafts among them that are opened; more than that can not be looked through.
_LISTED, _OPENED = 1_000, 30
_DRAFTS = ("DRAFT", "ORDERING")

MEANINGS = Meanings(errors={503: (RetryLater, Kind.THROTTLED)}, waits={"503": 20.0})


def _encode_purchase(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    wanted = delivery.payload
    purchase = {
        "Supplier": wanted["supplier_name"],
        "Location": wanted["platform_location_id"],
        # Goods come before the supplier's invoice; nothing is received by this.
        "Approach": "STOCK",
        "BlindReceipt": False,
        "RequiredBy": f"{wanted['required_date']}T00:00:00" if wanted["required_date"] else None,
        "Note": wanted["note"],
    }
    return Request("POST", f"{_ROOT}/purchase", json=purchase)


def _decode_purchase(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    purchase_id = at(answer.body, "ID")
    return complete(batch, for_all(batch, accepted(purchase_id)) if isinstance(purchase_id, str) else {})


def _list_drafts(delivery: Delivery, references: References) -> Request:
    supplier = str(delivery.payload["supplier_name"])
    return Request("GET", f"{_ROOT}/purchaseList", {"Page": "1", "Limit": str(_LISTED), "Search": supplier})


def _open_drafts(delivery: Delivery, answer: Answer) -> Iterator[Request]:
    """The drafts among what is listed; their notes stand in the documents only."""
    _raise_for_error(answer)
    listed, total = at(answer.body, "PurchaseList"), at(answer.body, "Total")
    if not isinstance(listed, list) or not isinstance(total, int) or total > len(listed):
        raise unreadable()
    drafts = [str(at(row, "ID")) for row in listed if at(row, "Status") in _DRAFTS]
    if len(drafts) > _OPENED:
        raise unreadable()
    for purchase_id in drafts:
        yield Request("GET", f"{_ROOT}/purchase", {"ID": purchase_id})


def _found_purchase(delivery: Delivery, answer: Answer) -> Outcome | None:
    _raise_for_error(answer)
    if not isinstance(answer.body, Mapping) or "PurchaseList" not in answer.body:
        raise unreadable()
    mark = f"[cartwheel {delivery.payload['draft_reference']}]"
    for document in items(answer.body, "documents"):
        if mark in str(at(document, "Note")):
            return accepted(at(document, "ID"))
    return None


def _encode_line(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    wanted = delivery.payload
    price = major(wanted["unit_cost_minor"] or 0, delivery.currency_code or "")
    line = {
        "ProductID": wanted["platform_product_id"],
        "SKU": wanted["sku"],
        "SupplierSKU": "",
        "Name": wanted["title"] or wanted["sku"],
        "Quantity": wanted["order_quantity"],
        "Price": price,
        "Discount": 0,
        "Tax": 0,
        "TaxRule": wanted["tax_rule"],
        "Total": price * wanted["order_quantity"],
        "Comment": "",
    }
    # A draft: authorising it, which binds the shop, is a person's to do.
    order = {"TaskID": _purchase_id(delivery, references), "Memo": "", "Status": "DRAFT", "Lines": [line]}
    return Request("POST", f"{_ROOT}/purchase/order", json=order)


def _decode_line(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    _raise_for_error(answer)
    task_id, lines = at(answer.body, "TaskID"), at(answer.body, "Lines")
    return complete(batch, for_all(batch, accepted(task_id)) if isinstance(lines, list) and task_id else {})


def _ask_lines(delivery: Delivery, references: References) -> Request:
    return Request("GET", f"{_ROOT}/purchase", {"ID": _purchase_id(delivery, references)})


def _found_line(delivery: Delivery, answer: Answer) -> Outcome | None:
    """Any line at all means that it was written, by us before or by a person since."""
    _raise_for_error(answer)
    order = at(answer.body, "Order")
    if not isinstance(order, Mapping):
        raise unreadable()
    if at(answer.body, "Status") == "VOIDED":
        return rejected("the draft was voided before its line was written", Kind.GONE)
    return accepted(at(answer.body, "ID")) if items(order, "Lines") else None


def _purchase_id(delivery: Delivery, references: References) -> str:
    found = references.get(UPSTREAM, {}).get(str(delivery.payload["draft_reference"]))
    if not found:
        raise RejectedRecord("the draft of this line has no id", kind=Kind.GONE, code="missing_document")
    return found


def _raise_for_error(answer: Answer) -> None:
    """Errors are a list of `{ErrorCode, Exception}`; the code repeats the status."""
    if not 200 <= answer.status < 300:
        raise_for_error(answer, MEANINGS, None, at(answer.body, 0, "Exception"))


def _headers(credentials: Mapping[str, str]) -> dict[str, str]:
    return {
        "api-auth-accountid": credentials["account_id_header"],
        "api-auth-applicationkey": credentials["application_key"],
    }


_LINE = (
    "ProductID", "SKU", "SupplierSKU", "Name", "Quantity", "Price", "Discount", "Tax", "TaxRule", "Total", "Comment",
)  # fmt: skip


def _marks(delivery: Delivery) -> dict[str, Any]:
    return {"note": f"[cartwheel {delivery.payload['draft_reference']}]"}


DESTINATION = Destination(
    name="cin7",
    credential_names=("account_id_header", "application_key"),
    headers=_headers,
    writes={
        "draft_purchase": Write(
            encode=_encode_purchase,
            decode=_decode_purchase,
            look_up=LookUp(_list_drafts, _found_purchase, documents=_open_drafts),
            owns=frozenset({"Supplier", "Location", "Approach", "BlindReceipt", "RequiredBy", "Note"}),
            marks_by_hand=_marks,
        ),
        "draft_purchase_line": Write(
            encode=_encode_line,
            decode=_decode_line,
            look_up=LookUp(_ask_lines, _found_line),
            owns=frozenset({"TaskID", "Memo", "Status", *(f"Lines.{name}" for name in _LINE)}),
            marks_by_hand=_marks,
        ),
    },
    # The readers spend from the same sixty.
    pace=Pace(requests=30, seconds=60.0, in_flight=1),
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
)
