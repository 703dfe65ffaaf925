"""QuickBooks Online: sales receipts, refund receipts and deposits.

OAuth bearer token, one company ("realm") per connection, minor version 75. 10 requests a second, 429 means a minute.
Guard: `requestid` (at most 50 characters) repeats the first answer; how long is not published, so a doubt is looked up
by `DocNumber` (at most 21 characters) before anything is sent again, and `PrivateNote` = our record key tells our own
document from a human's with the same number. Items, accounts and customers are written by id: `prepare` reads them
once per push. Amounts are JSON numbers in major units, written from Decimals.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl import canonical_json
from reverse_etl.answers import accepted, at, complete, doubtful, for_all, items, raise_for_error, rejected
from reverse_etl.destination import (
    Answer,
    Batch,
    Destination,
    LookUp,
    Outcome,
    Pace,
    ReferenceReads,
    References,
    Request,
    Write,
)
from reverse_etl.errors import Kind, RejectedRecord, StopSync
from reverse_etl.money import major
from reverse_etl.plan import Delivery

# The company stands in the path; the client fills it in from the connection.
_COMPANY = "/v3/company/{realm_id}"
_MINOR_VERSION = "75"
_NUMBER_LENGTH = 21
_ENTITIES = {"sales_receipt": "SalesReceipt", "refund_receipt": "RefundReceipt", "deposit": "Deposit"}
_ACCESS_CODES = {"003200", "003100", "120"}
_DUPLICATE_NUMBER = "6140"


def _encode(batch: Batch, request_key: str, references: References) -> Request:
    (delivery,) = batch
    payload = delivery.payload
    document: dict[str, Any] = {
        "DocNumber": document_number(delivery),
        "TxnDate": payload["document_date"],
        "PrivateNote": delivery.record_key,
        "DepositToAccountRef": {"value": _id(references, "accounts", payload["deposit_account_number"])},
        "Line": [_line(delivery, line, references) for line in delivery.lines],
    }
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
        )
    return found


def _decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
    (delivery,) = batch
    error = at(items(answer.body, "Fault", "Error"), 0)
    code = str(at(error, "code"))
    if code == _DUPLICATE_NUMBER:
        # Perhaps our own document of an attempt whose answer was lost: the look-up tells.
        return for_all(batch, doubtful("a document with this number exists", "duplicate_number"))
    _raise_for_error(answer)
    document_id = at(answer.body, _ENTITIES[delivery.object], "Id")
    return complete(batch, for_all(batch, accepted(document_id)) if document_id is not None else {})


def _raise_for_error(answer: Answer) -> None:
    error = at(items(answer.body, "Fault", "Error"), 0)
    message = at(error, "Detail") or at(error, "Message")
    if str(at(error, "code")) in _ACCESS_CODES:
        raise StopSync(str(message)[:300], kind=Kind.AUTH, code=str(at(error, "code")))
    raise_for_error(answer, {}, message)
    if error is not None:
        raise RejectedRecord(str(message)[:300], kind=Kind.VALIDATION, code=str(at(error, "code")))


def _look_up(delivery: Delivery, references: References) -> Request:
    number = document_number(delivery).replace("\\", "\\\\").replace("'", "\\'")
    return _query(f"select * from {_ENTITIES[delivery.object]} where DocNumber = '{number}'")


def _found(delivery: Delivery, answer: Answer) -> Outcome | None:
    """Ours by its note; a human's document with our number is a conflict; else it is free to be created."""
    _raise_for_error(answer)
    response = at(answer.body, "QueryResponse")
    if not isinstance(response, Mapping):
        return doubtful("the answer to the look-up can not be read")
    documents = items(response, _ENTITIES[delivery.object])
    for document in documents:
        if at(document, "PrivateNote") == delivery.record_key:
            return accepted(at(document, "Id"))
    if documents:
        return rejected("a document with this number was entered by someone else", Kind.CONFLICT, "number_taken")
    return None


def _query(statement: str) -> Request:
    return Request("GET", f"{_COMPANY}/query", {"query": statement, "minorversion": _MINOR_VERSION})


# What a document names on one side, and the field of the entity that holds the name.
_REFERENCES = {
    "items": ("Item", "Name"),
    "accounts": ("Account", "AcctNum"),
    "customers": ("Customer", "DisplayName"),
}


def _read_reference(table: str, answer: Answer) -> dict[str, str]:
    _raise_for_error(answer)
    entity, name = _REFERENCES[table]
    rows = items(answer.body, "QueryResponse", entity)
    return {str(at(row, name)): str(at(row, "Id")) for row in rows if at(row, name) is not None}


_TABLES = ReferenceReads(
    requests={table: _query(f"select * from {entity} maxresults 1000") for table, (entity, _) in _REFERENCES.items()},
    read=_read_reference,
)
_DOCUMENT = Write(encode=_encode, decode=_decode, look_up=LookUp(_look_up, _found), references=_TABLES)

DESTINATION = Destination(
    name="quickbooks",
    credential_names=("realm_id", "access_token"),
    headers=lambda credentials: {
        "Authorization": f"Bearer {credentials['access_token']}",
        "Accept": "application/json",
    },
    writes=dict.fromkeys(_ENTITIES, _DOCUMENT),
    pace=Pace(requests=10, seconds=1.0, in_flight=4),
    request_id_header="intuit_tid",
    sandbox_hosts=("sandbox-quickbooks.api.intuit.com",),
)
