"""The company file: what people typed (facts, shown in QuickBooks's words) and what the API changed since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.decimal_json import amount
from sandbox.facts import BookDocument, BookLine
from sandbox.platforms import quickbooks_chart as chart

if TYPE_CHECKING:
    from sandbox.world import World

Record = dict[str, Any]
ENTITIES = {"sales_receipt": "SalesReceipt", "invoice": "Invoice", "refund_receipt": "RefundReceipt"}
KINDS = {entity: kind for kind, entity in ENTITIES.items()}
FIRST_ID = 9_000_001


class Books:
    """Records by entity and id. Seeded documents are shown on demand; changed and new ones are kept."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.version = 0
        self.next_id = FIRST_ID
        self.kept: dict[str, dict[str, Record]] = {"Account": {}, "Item": {}, "Customer": {}, "Term": {}}
        # Documents dated up to this day are closed; None while the books are open.
        self.closing_date: date | None = None
        self.gone: dict[str, dict[str, Record]] = {}
        self._typed_numbers: set[tuple[str, str]] = set()
        # Kept documents by (entity, number), because every create and every look-up asks for one.
        self._numbered: dict[tuple[str, str], dict[str, Record]] = {}
        for record in chart.accounts(world.currency):
            self.kept["Account"][record["Id"]] = record
        for record in chart.items():
            self.kept["Item"][record["Id"]] = record
        for record in chart.terms():
            self.kept["Term"][record["Id"]] = record
        for document in world.documents.tail:
            self._typed_numbers.add((ENTITIES[document.kind], document.number))
            record = chart.customer(document.customer_name, document.customer_email, world.currency)
            self.kept["Customer"].setdefault(record["Id"], record)

    def get(self, entity: str, key: str) -> Record | None:
        """The record as it is now, None when it never was or is deleted."""
        if key in self.gone.get(entity, {}):
            return None
        kept = self.kept.get(entity, {}).get(key)
        if kept is not None:
            return kept
        document = self.world.documents.find(key) if entity in KINDS else None
        return self.show(document) if document and ENTITIES[document.kind] == entity else None

    def records(self, entity: str, since: datetime | None = None) -> Iterator[Record]:
        """All records, typed documents first in the order of typing; `since` may leave out what is older."""
        kept, gone = self.kept.get(entity, {}), self.gone.get(entity, {})
        if entity in KINDS:
            documents = self.world.documents
            for place in range(documents.since(since) if since else 0, len(documents)):
                document = documents[place]
                key = str(document.document_id)
                if document.kind == KINDS[entity] and key not in kept and key not in gone:
                    yield self.show(document)
        yield from kept.values()

    def has_number(self, entity: str, number: str) -> bool:
        """Is there a document of this entity with this DocNumber?"""
        if self._numbered.get((entity, number)):
            return True
        if (entity, number) in self._typed_numbers:
            return not any(record.get("DocNumber") == number for record in self.gone.get(entity, {}).values())
        return entity == "SalesReceipt" and self.world.history.index_of(number) is not None

    def numbered(self, entity: str, number: str) -> Iterator[Record]:
        """The documents of this entity with this DocNumber."""
        typed = (entity, number) in self._typed_numbers or self.world.history.index_of(number) is not None
        found = self.records(entity) if typed else self._numbered.get((entity, number), {}).values()
        return (record for record in found if record.get("DocNumber") == number)

    def keep(self, entity: str, record: Record) -> None:
        """Store a new or changed record."""
        self.version += 1
        self._forget(entity, record["Id"])
        if record.get("DocNumber"):
            self._numbered.setdefault((entity, record["DocNumber"]), {})[record["Id"]] = record
        self.kept.setdefault(entity, {})[record["Id"]] = record

    def new_id(self) -> str:
        self.next_id += 1
        return str(self.next_id - 1)

    def delete(self, entity: str, record: Record) -> None:
        self.version += 1
        self._forget(entity, record["Id"])
        self.kept.get(entity, {}).pop(record["Id"], None)
        self.gone.setdefault(entity, {})[record["Id"]] = record

    def _forget(self, entity: str, key: str) -> None:
        number = self.kept.get(entity, {}).get(key, {}).get("DocNumber")
        if number:
            self._numbered.get((entity, number), {}).pop(key, None)

    def show(self, document: BookDocument) -> Record:
        """A typed document in QuickBooks's words."""
        name = document.customer_name
        number = document.deposit_account
        record: Record = {
            "Id": str(document.document_id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "MetaData": chart.meta(document.created_at, document.updated_at),
            "DocNumber": document.number,
            "TxnDate": document.document_date.isoformat(),
            "CurrencyRef": {"value": self.world.currency, "name": "United States Dollar"},
            "CustomerRef": {"value": chart.customer_id(name), "name": name},
            "PrivateNote": document.memo,
            "Line": [_line(place, line) for place, line in enumerate(document.lines, start=1)],
            "TxnTaxDetail": {"TotalTax": Decimal(0)},
            "TotalAmt": amount(document.total_minor),
            "ApplyTaxAfterDiscount": False,
            "PrintStatus": "NotSet",
            "EmailStatus": "NotSet",
            "Balance": amount(document.total_minor if document.kind == "invoice" else 0),
        }
        if document.customer_email:
            record["BillEmail"] = {"Address": document.customer_email}
        if document.kind == "invoice":
            record["DueDate"] = document.document_date.isoformat()
        else:
            record["DepositToAccountRef"] = chart.account_ref(number)
        record["Line"].append(subtotal(record["TotalAmt"]))
        return record


def _line(place: int, line: BookLine) -> Record:
    # In QuickBooks the item decides the account, so a line posted to the wrong account was given the wrong item.
    item = line.item
    if dict(chart.ITEMS)[item] != line.account_number:
        item = chart.ITEM_OF_ACCOUNT[line.account_number]
    price = (amount(line.amount_minor) / line.quantity).quantize(Decimal("0.0000001"))
    return {
        "Id": str(place),
        "LineNum": place,
        "Description": line.description or line.item,
        "Amount": amount(line.amount_minor),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {
            "ItemRef": chart.item_ref(item),
            "ItemAccountRef": chart.account_ref(line.account_number),
            "UnitPrice": price,
            "Qty": line.quantity,
            "TaxCodeRef": {"value": "NON"},
        },
    }


def subtotal(total: Decimal) -> Record:
    """The line QuickBooks adds to every sales form; it is a sum, not a posting."""
    return {"Amount": total, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}
