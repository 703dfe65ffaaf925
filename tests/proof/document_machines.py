"""Machines whose records are documents: made once, edited or deleted there by people, read back, and never rewritten."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from reverse_etl import drift_store, engine
from reverse_etl.drift import CHOICES, Choice
from reverse_etl.read_back import read_back
from tests.proof import shop_rows
from tests.proof.engine_machine import RECORDS, EngineMachine, no_sleep, standing


class DocumentMachine(EngineMachine):
    # The shop's own word for what is made.
    kind = ""

    def __init__(self) -> None:
        super().__init__()
        self.wanted: list[str] = []
        # What people took away there, to be put back at the end; and how often they did.
        self.taken: dict[str, Any] = {}
        self.deletions: Counter[str] = Counter()

    def wish_first(self) -> None:
        self.want(RECORDS[0])

    @rule(record=st.sampled_from(RECORDS))
    def want(self, record: str) -> None:
        if record not in self.wanted:
            self.wanted.append(record)

    @rule(record=st.sampled_from(RECORDS))
    def a_human_deletes_it_there(self, record: str) -> None:
        if self.is_there(record):
            self.deletions[record] += 1
            self.taken[record] = self.take_away(record)

    @rule()
    def documents_are_read_back(self) -> None:
        sync = engine.sync_named(self.sync)
        read_back(sync, self.ledger, self.settings, clock=lambda: self.at, sleep=no_sleep)

    @rule(choice=st.sampled_from([choice for choice in CHOICES if choice != Choice.REASSERT]))
    def a_person_chooses(self, choice: str) -> None:
        with self.ledger.engine.begin() as connection:
            for key in {row["record_key"] for row in drift_store.listed(connection, self.sync)}:
                told = {"by": "Ann", "because": "as agreed", "now": self.at}
                drift_store.choose(connection, choice, sync=self.sync, record_key=key, **told)

    def rows(self) -> list[dict[str, Any]]:
        return [row for record in self.wanted for row in self.lines(record)]

    def come_to_rest(self) -> None:
        super().come_to_rest()
        self.documents_are_read_back()

    def mend(self) -> None:
        for record, document in self.taken.items():
            if not self.is_there(record):
                self.put_back(record, document)
        self.taken.clear()

    def judge(self) -> None:
        found = standing(self.ledger)
        told = found.pop(None, [])
        # Where the destination refuses all there is, no first record shows that the others would be right.
        canary = ["canary_failed"] if set(self.wanted) <= self.refused else []
        assert told in ([], canary), f"a push and a reading got through since: {told}"
        with self.ledger.reader() as connection:
            drifts = drift_store.listed(connection, self.sync, (Choice.OPEN, Choice.ACCEPT, Choice.IGNORE))
        for record in self.wanted:
            made, codes = self.shop.count(self.kind, self.natural_key(record)), found.get(self.key(record), [])
            assert made <= 1 + self.deletions[record], f"{record} was made {made} times"
            assert made or record in self.refused, f"{record} was never made"
            choices = {row["choice"] for row in drifts if row["record_key"] == self.key(record)}
            if self.is_as_made(record):
                assert codes == [], f"{record} is as it was made"
            else:
                assert codes or choices & {Choice.ACCEPT, Choice.IGNORE}, f"{record} is not there, and nobody is told"
            assert ("drift" in codes) is (Choice.OPEN in choices), (codes, choices)

    def key(self, record: str) -> str:
        raise NotImplementedError

    def natural_key(self, record: str) -> str:
        return self.key(record)

    def lines(self, record: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def is_there(self, record: str) -> bool:
        raise NotImplementedError

    def is_as_made(self, record: str) -> bool:
        return self.is_there(record)

    def take_away(self, record: str) -> Any:
        raise NotImplementedError

    def put_back(self, record: str, document: Any) -> None:
        raise NotImplementedError


class Books(DocumentMachine):
    """A document under a request id, which the shop forgets now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.edited: dict[str, float] = {}

    @rule(record=st.sampled_from(RECORDS))
    def a_human_edits_it_there(self, record: str) -> None:
        if self.is_there(record):
            document = self.document(record)
            self.edited.setdefault(record, document["TotalAmt"])
            document["TotalAmt"] += 1

    def mend(self) -> None:
        super().mend()
        for record, total in self.edited.items():
            self.document(record)["TotalAmt"] = total
        self.edited.clear()

    def document(self, record: str) -> Any:
        return next(each for each in self.shop.documents if each["PrivateNote"] == self.key(record))

    def key(self, record: str) -> str:
        return f"je:main:{record}:captured:0"

    def refuse(self, record: str, *, is_refused: bool) -> None:
        change = self.shop.bad_records.add if is_refused else self.shop.bad_records.discard
        change(self.key(record))

    def is_there(self, record: str) -> bool:
        return any(each["PrivateNote"] == self.key(record) for each in self.shop.documents)

    def is_as_made(self, record: str) -> bool:
        return self.is_there(record) and self.document(record)["TotalAmt"] == 96.8

    def take_away(self, record: str) -> Any:
        document = self.document(record)
        self.shop.documents.remove(document)
        return document

    def put_back(self, record: str, document: Any) -> None:
        self.shop.documents.append(document)


class Receipts(Books):
    """Found again by its number and our note."""

    sync, kind = "quickbooks__sales_receipts", "salesreceipt"

    def lines(self, record: str) -> list[dict[str, Any]]:
        return shop_rows.receipt(record)


class Deposits(Books):
    """It has no number: found again among those of its day, by our note."""

    sync, kind = "quickbooks__deposits", "deposit"

    def lines(self, record: str) -> list[dict[str, Any]]:
        absent = ("customer_name", "item_name")
        return [{name: value for name, value in row.items() if name not in absent} for row in shop_rows.receipt(record)]


class Parcels(DocumentMachine):
    """No key at all: what is there and what is left is looked up first. Two are left, so a double would show."""

    sync, kind = "shopify__tracking", "fulfilment"

    def __init__(self) -> None:
        super().__init__()
        for record in RECORDS:
            self.refuse(record, is_refused=False)

    def key(self, record: str) -> str:
        return f"parcel-{record}"

    def natural_key(self, record: str) -> str:
        return f"1Z{record}"

    def lines(self, record: str) -> list[dict[str, Any]]:
        row = {
            "record_key": self.key(record),
            "line_number": 1,
            "platform_order_id": "1001",
            "fulfilment_order_gid": "gid://shopify/FulfillmentOrder/1",
            "tracking_number": self.natural_key(record),
            "carrier": "UPS",
            "fulfilment_order_line_gid": self.line(record),
            "line_quantity": 1,
            "reason": "shipped",
            "source_key": record,
        }
        return [row]

    def line(self, record: str) -> str:
        return f"gid://shopify/FulfillmentOrderLineItem/{record}"

    def refuse(self, record: str, *, is_refused: bool) -> None:
        self.shop.remaining[self.line(record)] = 0 if is_refused else 2

    def is_there(self, record: str) -> bool:
        return self.natural_key(record) in self.shop.parcels

    def take_away(self, record: str) -> Any:
        self.shop.parcels.remove(self.natural_key(record))

    def put_back(self, record: str, document: Any) -> None:
        self.shop.parcels.append(self.natural_key(record))
