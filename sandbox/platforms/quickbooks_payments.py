"""Money received on what is owed: payments that settle invoices and use up credits, and deposits that bank them.

A payment's lines name what it settles. Invoices take from it, credit memos give to it, and nothing is settled beyond
its balance; what is left of the money stays unapplied. A payment banked by a deposit must wait in undeposited funds.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.platforms import quickbooks_chart as chart
from sandbox.platforms.quickbooks_books import Books, Record
from sandbox.platforms.quickbooks_faults import Fault, against_the_rules, cents, missing

# What a line may settle, and whether it takes from the payment (+1) or gives to it (-1).
SETTLED = {"Invoice": 1, "CreditMemo": -1}


def payment(books: Books, body: Record, today: str) -> Record:
    """A new payment; the documents it settles are changed with it."""
    if not body.get("CustomerRef"):
        raise missing("CustomerRef")
    total = cents(Decimal(body.get("TotalAmt", 0)))
    if total < 0:
        raise against_the_rules("Transaction amount must be 0 or greater.")
    settled = [_settled(books, body, line) for line in body.get("Line") or [] if isinstance(line, dict)]
    applied = sum((SETTLED[kind] * amount for kind, _, amount in settled), Decimal(0))
    if applied > total:
        raise against_the_rules("The amount applied is more than the amount received and the credits used.")
    lines = [_line(place, line) for place, line in enumerate(settled, start=1)]
    now = chart.pacific(books.world.clock.now())
    for kind, document, amount in settled:
        _settle(books, kind, document, amount, now)
    record = {**body, "Line": lines, "TotalAmt": total, "UnappliedAmt": total - applied}
    record.setdefault("TxnDate", today)
    record.setdefault("DepositToAccountRef", chart.account_ref("1140"))
    return record


def _settled(books: Books, body: Record, line: Record) -> tuple[str, Record, Decimal]:
    """The document a line names: there, the same customer's, and owing (or worth) as much as the line says."""
    linked = (line.get("LinkedTxn") or [{}])[0]
    kind = linked.get("TxnType")
    if kind not in SETTLED:
        raise missing("LinkedTxn")
    document = books.get(kind, str(linked.get("TxnId")))
    if document is None:
        raise Fault("2500", "Invalid Reference Id", f"Invalid Reference Id : {kind} {linked.get('TxnId')} not found")
    if document["CustomerRef"]["value"] != body["CustomerRef"]["value"]:
        raise against_the_rules("The payment and the transaction it is applied to belong to different customers.")
    amount = cents(Decimal(line.get("Amount", 0)))
    if not 0 < amount <= document["Balance"]:
        raise against_the_rules(f"You can't apply {amount} to a transaction with a balance of {document['Balance']}.")
    return kind, document, amount


def _line(place: int, settled: tuple[str, Record, Decimal]) -> Record:
    kind, document, amount = settled
    linked: list[dict[str, Any]] = [{"TxnId": document["Id"], "TxnType": kind}]
    return {"Id": str(place), "LineNum": place, "Amount": amount, "LinkedTxn": linked}


def _settle(books: Books, kind: str, document: Record, amount: Decimal, now: str) -> None:
    """Take the amount off what the document has left; that is a new version of it, and no effect of ours."""
    token = str(int(document["SyncToken"]) + 1)
    changed = {**document["MetaData"], "LastUpdatedTime": now}
    left = document["Balance"] - amount
    books.keep(kind, {**document, "Balance": left, "SyncToken": token, "MetaData": changed})


def deposited(books: Books, line: Record) -> Record:
    """A deposit's line that banks a payment; it is banked whole, once, out of undeposited funds."""
    linked = line["LinkedTxn"][0]
    found = books.get("Payment", str(linked.get("TxnId"))) if linked.get("TxnType") == "Payment" else None
    if found is None:
        raise Fault("2500", "Invalid Reference Id", f"Invalid Reference Id : Payment {linked.get('TxnId')} not found")
    if found["DepositToAccountRef"]["value"] != chart.account_ref("1140")["value"]:
        raise against_the_rules("Only transactions in Undeposited Funds can be deposited.")
    if cents(Decimal(line.get("Amount", 0))) != found["TotalAmt"]:
        raise against_the_rules(f"The amount of a deposited payment must be its total of {found['TotalAmt']}.")
    banked = books.world.state("quickbooks").setdefault("banked", set())
    if found["Id"] in banked:
        raise against_the_rules("This payment has been deposited already.")
    banked.add(found["Id"])
    return {"Amount": found["TotalAmt"], "LinkedTxn": [{"TxnId": found["Id"], "TxnLineId": "0", "TxnType": "Payment"}]}
