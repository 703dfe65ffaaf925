"""What all of Xero's writes share: requests, what its words mean, records matched to deliveries, days and references."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from reverse_etl import canonical_json
from reverse_etl.answers import accepted, at, complete, items, of_record, unreadable
from reverse_etl.destination import Answer, Batch, Outcome, ReferenceReads, References, Request
from reverse_etl.errors import ConfigurationError, DeliveryError, InDoubt, Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings
from reverse_etl.money import major
from reverse_etl.plan import Delivery

API = "/api.xro/2.0"
PAGE = 1000
_ONE_BY_ONE = {"summarizeErrors": "false"}
# Told whole and listed whole: one to a request, and no pages.
_WHOLE = "BankTransfers"
_REFERENCE_LENGTH = 255
_NUMBER_LENGTH = 50
_PAST = ("VOIDED", "DELETED")

MEANINGS = Meanings(
    codes={
        # Which limit a 429 met, as its header says. Nobody sleeps until tomorrow with a lease in hand.
        "day": (StopSync, Kind.THROTTLED),
        "minute": (RetryLater, Kind.THROTTLED),
        "appminute": (RetryLater, Kind.THROTTLED),
        "concurrent": (RetryLater, Kind.THROTTLED),
        # The request itself is wrong: no record would fare better.
        "QueryParseException": (ConfigurationError, Kind.VALIDATION),
        "PostDataInvalidException": (RejectedRecord, Kind.VALIDATION),
        # Xero has no codes for what is wrong with a record, only sentences; these are ours for them.
        # Perhaps our own document of an attempt whose answer was lost: the look-up tells.
        "duplicate_number": (InDoubt, Kind.CONFLICT),
        "duplicate_name": (RejectedRecord, Kind.CONFLICT),
        "not_editable": (RejectedRecord, Kind.CONFLICT),
        "missing_customer": (RejectedRecord, Kind.GONE),
        "missing_document": (RejectedRecord, Kind.GONE),
        "missing_account": (RejectedRecord, Kind.GONE),
        "missing_tax_code": (RejectedRecord, Kind.GONE),
        "period_locked": (RejectedRecord, Kind.VALIDATION),
        "overpaid": (RejectedRecord, Kind.CONFLICT),
        "currency_not_subscribed": (RejectedRecord, Kind.VALIDATION),
        "key_reused": (InDoubt, Kind.CONFLICT),
    },
)
# A sentence of theirs → our code; the first that fits. `{}` marks what many records may fail for alike.
_SENTENCES = (
    # That sentence goes on to say that names must be unique.
    (r"already assigned to another contact", "duplicate_name"),
    (r"must be unique", "duplicate_number"),
    (r"lock(ed)? (date|period)", "period_locked"),
    (r"not of valid status|can ?not be edited", "not_editable"),
    (r"contact .*could not be found", "missing_customer"),
    (r"(invoice|credit note|document) could not be found", "missing_document"),
    (r"account code '(?P<name>[^']*)'|account could not be found", "missing_account"),
    (r"taxtype (code )?'(?P<name>[^']*)'", "missing_tax_code"),
    (r"exceeds (the amount|what is left|the remaining)", "overpaid"),
    (r"not subscribed to currency (?P<name>\w+)", "currency_not_subscribed"),
    (r"idempotency.?key was used", "key_reused"),
)
_CAUSES = {"missing_account": "account", "missing_tax_code": "tax code", "currency_not_subscribed": "currency"}


def put(collection: str, records: list[Any], request_key: str, method: str = "PUT") -> Request:
    """Records of one collection in one request; PUT only ever creates."""
    headers = {"Idempotency-Key": request_key}
    params = {} if collection == _WHOLE else _ONE_BY_ONE
    return Request(method, f"{API}/{collection}", params, {collection.rpartition("/")[2]: records}, headers)


def read(collection: str, **params: str) -> Request:
    return Request("GET", f"{API}/{collection}", params)


def of_the_day(collection: str, day: str) -> Request:
    """All records of a day, for what can be found in no other way."""
    first = date.fromisoformat(day)
    after = first + timedelta(days=1)
    where = f"Date >= DateTime({first:%Y,%m,%d}) AND Date < DateTime({after:%Y,%m,%d})"
    pages = {} if collection == _WHOLE else {"page": "1", "pageSize": str(PAGE)}
    return read(collection, where=where, **pages)


def reference(delivery: Delivery, words: str | None = None) -> str:
    """What a person wants to read, then our key, which the read-back takes from the end."""
    said = f"{words.strip()} | " if words and words.strip() else ""
    room = _REFERENCE_LENGTH - len(delivery.record_key)
    return (said if len(said) <= room else f"{said[: room - 3]} | ") + delivery.record_key


def is_ours(delivery: Delivery, record: Any) -> bool:
    said = str(at(record, "Reference") or "").strip()
    return said == delivery.record_key or said.endswith(f" | {delivery.record_key}")


def lines(delivery: Delivery) -> list[dict[str, Any]]:
    """Lines at their net amounts with the tax that was charged on each; a deduction is negative."""
    currency = delivery.currency_code or ""
    return [
        {
            "Description": line["line_description"] or "-",
            "Quantity": 1,
            "UnitAmount": major(line["line_amount_minor"], currency),
            "AccountCode": line["account_number"],
            "TaxType": line["tax_code"],
            "TaxAmount": major(line["line_tax_minor"], currency),
        }
        for line in delivery.lines
    ]


def contact_number(key: str) -> str:
    """The number of a contact, cut to what fits with a digest of the rest: two long ones stay two."""
    return key if len(key) <= _NUMBER_LENGTH else f"{key[: _NUMBER_LENGTH - 9]}-{canonical_json.digest(key)[:8]}"


def contact(delivery: Delivery, references: References) -> dict[str, str]:
    """The contact of a document: by the number we gave it, else by a name that Xero makes a contact of."""
    number = delivery.payload.get("contact_number")
    if not number:
        return {"Name": str(delivery.payload["contact_name"])}
    found = references.get("customers", {}).get(contact_number(str(number)))
    if found is None:
        raise RejectedRecord(
            f"Xero has no contact '{number}': it is made by xero__contacts", code="missing_customer", kind=Kind.GONE,
            cause=f"customer {number}",
        )  # fmt: skip
    return {"ContactID": found}


def decoder(
    collection: str, id_field: str, mark: Callable[[Delivery, Any], bool]
) -> Callable[[Batch, Answer], Mapping[str, Outcome]]:
    """Outcomes of a request with several records, each found by our mark on it."""

    def decode(batch: Batch, answer: Answer) -> Mapping[str, Outcome]:
        raise_for_error(answer)
        outcomes = {}
        for record in items(answer.body, collection):
            delivery = next((one for one in batch if mark(one, record)), None)
            if delivery is None:
                continue
            said = [at(error, "Message") for error in items(record, "ValidationErrors")]
            if said or at(record, "StatusAttributeString") == "ERROR":
                outcomes[delivery.record_key] = of_record(_refusal(answer, said))
            elif at(record, id_field) is not None:
                outcomes[delivery.record_key] = accepted(at(record, id_field))
        return complete(batch, outcomes)

    return decode


def raise_for_error(answer: Answer) -> None:
    """Raise what a whole answer says; silent for a success, whose records speak for themselves."""
    if 200 <= answer.status < 300:
        return
    if answer.status == 429:
        raise MEANINGS.error(answer, answer.headers.get("x-rate-limit-problem"), at(answer.body, "Detail"))
    said = [
        at(error, "Message")
        for element in items(answer.body, "Elements")
        for error in items(element, "ValidationErrors")
    ]
    if said:
        raise _refusal(answer, said)
    code = str(at(answer.body, "Type"))
    raise MEANINGS.error(
        answer, code if code in MEANINGS.codes else None, at(answer.body, "Message") or at(answer.body, "Detail")
    )


def _refusal(answer: Answer, said: list[Any]) -> DeliveryError:
    """The error of a record's sentences: the first one that we know decides."""
    message = "; ".join(str(one) for one in said if one) or "refused without a reason"
    for pattern, code in _SENTENCES:
        found = re.search(pattern, message, re.IGNORECASE)
        if found is not None:
            name = found.groupdict().get("name")
            cause = f"{_CAUSES[code]} {name}" if code in _CAUSES and name else None
            if code == "period_locked":
                cause = "the lock date of the books"
            return MEANINGS.error(answer, code, message, cause)
    return MEANINGS.error(answer, None, message)


def records(collection: str, answer: Answer) -> list[Any]:
    """The records of a read; a full page may hide the one that is looked for."""
    raise_for_error(answer)
    found = at(answer.body, collection)
    if not isinstance(found, list):
        raise unreadable()
    return found


def ours(delivery: Delivery, collection: str, answer: Answer) -> Any:
    """Our record among those of a read, None when it is certainly not there."""
    found = records(collection, answer)
    mine = next((record for record in found if is_ours(delivery, record)), None)
    if mine is None and len(found) >= PAGE and collection != _WHOLE:
        raise unreadable()
    return mine


def stands(record: Any) -> bool:
    return record is not None and at(record, "Status") not in _PAST


def iso_day(value: Any) -> str | None:
    """A day in the old JSON form, or ISO, as ISO."""
    found = re.match(r"/Date\((-?\d+)", str(value))
    if found is not None:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(found[1]))).date().isoformat()
    return str(value)[:10] if value else None


def _read_contacts(table: str, answer: Answer) -> dict[str, str]:
    rows = records("Contacts", answer)
    return {str(at(row, "ContactNumber")): str(at(row, "ContactID")) for row in rows if at(row, "ContactNumber")}


def _next_contacts(table: str, answer: Answer) -> Request | None:
    page, pages = at(answer.body, "pagination", "page"), at(answer.body, "pagination", "pageCount")
    if not isinstance(page, int) or not isinstance(pages, int) or page >= pages:
        return None
    return _contacts(page + 1)


def _contacts(page: int) -> Request:
    return read("Contacts", page=str(page), pageSize=str(PAGE), summaryOnly="true")


CONTACTS = ReferenceReads({"customers": _contacts(1)}, _read_contacts, _next_contacts)
