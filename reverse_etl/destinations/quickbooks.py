"""QuickBooks Online: sales receipts, refund receipts and deposits.

OAuth bearer token, one company ("realm") per connection, minor version 75. 10 requests a second, 500 a minute, and 429 means a minute.
Guard: `requestid` (at most 50 characters) repeats the first answer; how long is not published, so a doubt is looked up
by `DocNumber` (at most 21 characters) before anything is sent again, and `PrivateNote` = our record key tells our own
document from a human's with the same number. A deposit has no number: it is looked up among those of its day. Items, accounts and customers are written by id: `prepare` reads them
once per push. Amounts are JSON numbers in major units, written from Decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl import canonical_json
from reverse_etl.answers import accepted, at, complete, for_all, items, raise_for_error, rejected, unreadable
from reverse_etl.destination import (
    Answer,
    Batch,
    Destination,
    LookUp,
    Outcome,
    Pace,
    ReadBack,
    ReferenceReads,
    References,
    Request,
    Write,
)
from reverse_etl.errors import ConfigurationError, InDoubt, Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.money import major, minor
from reverse_etl.plan import Delivery

# The company stands in the path; the client fills it in from the connection.
_COMPANY = "/v3/company/{realm_id}"
_MINOR_VERSION = "75"
_NUMBER_LENGTH = 21
_ENTITIES = {"sales_receipt": "SalesReceipt", "refund_receipt": "RefundReceipt", "deposit": "Deposit"}
_NUMBERED = ("sales_receipt", "refund_receipt")
_PAGE = 1000

MEANINGS = Meanings(
    codes={
        "3200": (StopSync, Kind.AUTH),
        "003200": (StopSync, Kind.AUTH),
        "3100": (StopSync, Kind.AUTH),
        "003100": (StopSync, Kind.AUTH),
        "120": (StopSync, Kind.AUTH),
        "5020": (StopSync, Kind.AUTH),
        # The company's subscription has lapsed.
        "6190": (StopSync, Kind.AUTH),
        "3001": (RetryLater, Kind.THROTTLED),
        "003001": (RetryLater, Kind.THROTTLED),
        "10000": (InDoubt, Kind.TRANSIENT),
        # The query or the operation itself is wrong: no record would fare better.
        "4000": (ConfigurationError, Kind.VALIDATION),
        "4040": (ConfigurationError, Kind.VALIDATION),
        # Something the document names was made inactive, or is not there.
        "610": (RejectedRecord, Kind.GONE),
        "2500": (RejectedRecord, Kind.GONE),
        "5010": (RejectedRecord, Kind.CONFLICT),
        "6240": (RejectedRecord, Kind.CONFLICT),
        # Perhaps our own document of an attempt whose answer was lost: the look-up tells.
        "6140": (InDoubt, Kind.CONFLICT),
        "2090": (InDoubt, Kind.CONFLICT),
        "6210": (RejectedRecord, Kind.VALIDATION),
        "6000": (RejectedRecord, Kind.VALIDATION),
        "6070": (RejectedRecord, Kind.VALIDATION),
        "2010": (RejectedRecord, Kind.VALIDATION),
        "2020": (RejectedRecord, Kind.VALIDATION),
        "2050": (RejectedRecord, Kind.VALIDATION),
    },
    waits={"429": 60.0, "3001": 60.0, "003001": 60.0},
    words={
        "610": "inactive",
        "2500": "invalid_reference",
        "5010": "stale_object",
        "6140": "duplicate_number",
        "6210": "books_closed",
        "6240": "duplicate_name",
    },
)
# Troubles of the company, not of one document.
_CAUSES = {"6210": "the closing date of the books"}


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    payload = delivery.payload
    document: dict[str, Any] = {
        "TxnDate": payload["document_date"],
        "PrivateNote": delivery.record_key,
        "DepositToAccountRef": {"value": _id(references, "accounts", payload["deposit_account_number"])},
        "Line": [_line(delivery, line, references) for line in delivery.lines],
    }
    if delivery.object in _NUMBERED:
        document["DocNumber"] = document_number(delivery)
    if delivery.currency_code:
        document["CurrencyRef"] = {"value": delivery.currency_code}
    customer = references.get("customers", {}).get(payload.get("customer_name") or "")
    if customer:
        document["CustomerRef"] = {"value": customer}
    path = f"{_COMPANY}/{_ENTITIES[delivery.object].lower()}"
    return Request("POST", path, {"requestid": request_key, "minorversion": _MINOR_VERSION}, document)


def _line(delivery: Delivery, line: Mapping[str, Any], references: References) -> dict[str, Any]:
    amount = major(line["line_amount_minor"], delivery.currency_code or "")
    written = {"Amount": amount, "Description": line["line_description"]}
    if delivery.object == "deposit":
        detail = {"AccountRef": {"value": _id(references, "accounts", line["account_number"])}}
        return {**written, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
    item = {"ItemRef": {"value": _id(references, "items", line["item_name"])}, "Qty": 1, "UnitPrice": amount}
    return {**written, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": item}


def document_number(delivery: Delivery) -> str:
    """The document's number, cut to what fits with a digest of the rest: two long numbers stay two."""
    number = str(delivery.payload["document_number"])
    if len(number) <= _NUMBER_LENGTH:
        return number
    return f"{number[:12]}-{canonical_json.digest(number)[:8]}"


def _id(references: References, table: str, name: Any) -> str:
    found = references.get(table, {}).get(str(name))
    if found is None:
        raise RejectedRecord(
            f"QuickBooks has no {table.rstrip('s')} '{name}': create or map it there",
            code=f"missing_{table.rstrip('s')}",
            cause=f"{table.rstrip('s')} {name}",
        )
    return found


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    (delivery,) = batch
    _raise_for_error(answer)
    document_id = at(answer.body, _ENTITIES[delivery.object], "Id")
    return complete(batch, for_all(batch, accepted(document_id)) if document_id is not None else {})


def _raise_for_error(answer: Answer) -> None:
    """A fault, which the gateway writes in lower case; its first error is the reason."""
    error = at(items(answer.body, "Fault", "Error"), 0) or at(items(answer.body, "fault", "error"), 0)
    said = [at(error, name) for name in ("code", "Detail", "detail", "Message", "message")]
    message = next((words for words in said[1:] if words), None)
    raise_for_error(answer, MEANINGS, said[0], message, _CAUSES.get(str(said[0])))


def _look_up(delivery: Delivery, references: References) -> Request:
    field, value = "TxnDate", str(delivery.payload["document_date"])
    if delivery.object in _NUMBERED:
        field, value = "DocNumber", document_number(delivery).replace("\\", "\\\\").replace("'", "\\'")
    return _query(f"select * from {_ENTITIES[delivery.object]} where {field} = '{value}' maxresults {_PAGE}")


def _found(delivery: Delivery, answer: Answer) -> Outcome | None:
    """Ours by its note; a human's document with our number is a conflict; else it is free to be created.

    Many deposits share a day, so another one there means nothing.
    """
    documents = _documents(delivery, answer)
    for document in documents:
        if at(document, "PrivateNote") == delivery.record_key:
            return accepted(at(document, "Id"))
    if documents and delivery.object in _NUMBERED:
        return rejected("a document with this number was entered by someone else", Kind.CONFLICT, "number_taken")
    return None


def _held(delivery: Delivery, answer: Answer) -> dict[str, Any] | None:
    """Date and total of our document; what it names is held there by ids that mean nothing here."""
    for document in _documents(delivery, answer):
        if at(document, "PrivateNote") == delivery.record_key:
            total = minor(at(document, "TotalAmt"), delivery.currency_code or "")
            return {"document_date": at(document, "TxnDate"), "total_minor": total}
    return None


def _documents(delivery: Delivery, answer: Answer) -> list[Any]:
    _raise_for_error(answer)
    response = at(answer.body, "QueryResponse")
    if not isinstance(response, Mapping):
        raise unreadable()
    documents = items(response, _ENTITIES[delivery.object])
    if len(documents) >= _PAGE and not any(at(each, "PrivateNote") == delivery.record_key for each in documents):
        # Ours may stand on the next page.
        raise unreadable()
    return documents


def _query(statement: str) -> Request:
    return Request("GET", f"{_COMPANY}/query", {"query": statement, "minorversion": _MINOR_VERSION})


# What a document names on one side, and the field of the entity that holds the name.
_REFERENCES = {
    "items": ("Item", "Name"),
    "accounts": ("Account", "AcctNum"),
    "customers": ("Customer", "DisplayName"),
}


def _read_reference(table: str, answer: Answer) -> dict[str, str]:
    name = _REFERENCES[table][1]
    return {str(at(row, name)): str(at(row, "Id")) for row in _rows(table, answer) if at(row, name) is not None}


def _marks(delivery: Delivery) -> dict[str, str]:
    number = {"DocNumber": document_number(delivery)} if delivery.object in _NUMBERED else {}
    return {**number, "PrivateNote": delivery.record_key}


def _next_page(table: str, answer: Answer) -> Request | None:
    """Pages are told by their first row, counted from 1; a full one may have another behind it."""
    rows = _rows(table, answer)
    if len(rows) < _PAGE:
        return None
    start = at(answer.body, "QueryResponse", "startPosition")
    if not isinstance(start, int):
        raise unreadable()
    return _page(table, start + len(rows))


def _rows(table: str, answer: Answer) -> list[Any]:
    _raise_for_error(answer)
    response = at(answer.body, "QueryResponse")
    if not isinstance(response, Mapping):
        raise unreadable()
    return items(response, _REFERENCES[table][0])


def _page(table: str, start: int) -> Request:
    entity, name = _REFERENCES[table]
    return _query(f"select Id, {name} from {entity} orderby Id startposition {start} maxresults {_PAGE}")


_TABLES = ReferenceReads(
    requests={table: _page(table, 1) for table in _REFERENCES}, read=_read_reference, next=_next_page
)
_HEADER = ("TxnDate", "PrivateNote", "DepositToAccountRef.value", "CurrencyRef.value")
_LINE = ("Line.Amount", "Line.Description", "Line.DetailType")
_SALE = (
    "DocNumber",
    "CustomerRef.value",
    *(f"Line.SalesItemLineDetail.{name}" for name in ("ItemRef.value", "Qty", "UnitPrice")),
)
_PAYOUT = ("Line.DepositLineDetail.AccountRef.value",)


def _document(own: tuple[str, ...]) -> Write:
    return Write(
        encode=_encode,
        decode=_decode,
        look_up=LookUp(_look_up, _found),
        read_back=ReadBack(_look_up, _held),
        owns=frozenset((*_HEADER, *_LINE, *own)),
        references=_TABLES,
        marks_by_hand=_marks,
    )


DESTINATION = Destination(
    name="quickbooks",
    credential_names=("realm_id", "access_token"),
    headers=lambda credentials: {
        "Authorization": f"Bearer {credentials['access_token']}",
        "Accept": "application/json",
    },
    writes={
        "sales_receipt": _document(_SALE),
        "refund_receipt": _document(_SALE),
        "deposit": _document(_PAYOUT),
    },
    # Ten a second for an app, and 500 a minute for the company, which is the tighter of the two.
    pace=Pace(requests=8.55, seconds=1.0, in_flight=4),
    errors=MEANINGS.errors,
    codes=MEANINGS.codes,
    request_id_header="intuit_tid",
    sandbox_hosts=("sandbox-quickbooks.api.intuit.com",),
)
