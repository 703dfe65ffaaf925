"""The QuickBooks twin over real HTTP: the query language, the books as typed, and what a write may do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox.decimal_json import loads
from sandbox.platforms.quickbooks_query import QueryError, parse
from sandbox.server import CREDENTIALS, Sandbox

NAMES = CREDENTIALS["quickbooks"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def books(sandbox: Sandbox) -> Iterator[httpx.Client]:
    address = f"{sandbox.base_urls['quickbooks']}/v3/company/{NAMES['realm_id']}"
    headers = {"Authorization": f"Bearer {NAMES['access_token']}"}
    with httpx.Client(base_url=address, headers=headers, params={"minorversion": "75"}) as client:
        yield client


def query(client: httpx.Client, text: str) -> dict[str, Any]:
    answer = client.get("/query", params={"query": text})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = loads(answer.content)["QueryResponse"]
    return result


def item(client: httpx.Client, name: str) -> dict[str, str]:
    found = query(client, f"select * from Item where Name = '{name}'")["Item"][0]
    return {"value": found["Id"], "name": found["Name"]}


def account(client: httpx.Client, number: str) -> dict[str, str]:
    return {"value": query(client, f"select * from Account where AcctNum = '{number}'")["Account"][0]["Id"]}


def receipt(client: httpx.Client, number: str, amount: str = "12.50") -> dict[str, Any]:
    detail = {"ItemRef": item(client, "Product"), "Qty": 1, "UnitPrice": float(amount)}
    line = {"Amount": float(amount), "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}
    return {"DocNumber": number, "PrivateNote": f"je:main:{number}", "TxnDate": "2026-10-31", "Line": [line]}


def fault(answer: httpx.Response) -> str:
    error = answer.json()["Fault"]["Error"][0]
    assert answer.status_code == 400
    return str(error["code"])


def journal(client: httpx.Client, debit: str, credit: str) -> dict[str, Any]:
    def line(side: str, amount: str, number: str) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": account(client, number)}
        return {"Amount": float(amount), "DetailType": "JournalEntryLineDetail", "JournalEntryLineDetail": detail}

    return {"TxnDate": "2026-10-31", "Line": [line("Debit", debit, "1000"), line("Credit", credit, "1100")]}


def revenue(client: httpx.Client) -> Decimal:
    """Credit on 4xxx in October, read from documents as an analyst would."""
    numbers = {row["Id"]: row["AcctNum"] for row in query(client, "select * from Account maxresults 1000")["Account"]}
    posts_to = {
        row["Id"]: numbers[row["IncomeAccountRef"]["value"]] for row in query(client, "select * from Item")["Item"]
    }
    total = Decimal(0)
    for entity, sign in (("SalesReceipt", 1), ("Invoice", 1), ("RefundReceipt", -1)):
        text = f"select * from {entity} where TxnDate >= '2026-10-01' and TxnDate <= '2026-10-31' maxresults 1000"
        for document in query(client, text)[entity]:
            for line in document["Line"]:
                detail = line.get("SalesItemLineDetail")
                if detail and posts_to[detail["ItemRef"]["value"]].startswith("4"):
                    total += sign * line["Amount"]
    return total


def test_the_books_say_44_800_for_october(books: httpx.Client) -> None:
    assert revenue(books) == Decimal("44800.00")


def test_pages_are_one_based_and_cover_every_receipt_once(books: httpx.Client) -> None:
    total = query(books, "select count(*) from SalesReceipt")["totalCount"]
    found: list[str] = []
    while page := query(books, f"select * from SalesReceipt startposition {len(found) + 1} maxresults 100"):
        assert page["startPosition"] == len(found) + 1
        found += [row["Id"] for row in page["SalesReceipt"]]
    assert len(set(found)) == len(found) == total


def test_amounts_are_numbers_with_two_decimals_and_times_have_an_offset(books: httpx.Client) -> None:
    text = books.get("/query", params={"query": "select * from SalesReceipt maxresults 1"}).text
    row = loads(text)["QueryResponse"]["SalesReceipt"][0]
    assert f'"TotalAmt": {row["TotalAmt"]}' in text
    assert str(row["TotalAmt"])[-3] == "."
    assert row["MetaData"]["LastUpdatedTime"][-6:] in {"-07:00", "-08:00"}


def test_the_last_updated_filter_compares_moments_not_text(books: httpx.Client) -> None:
    rows = query(books, "select * from SalesReceipt orderby MetaData.LastUpdatedTime desc maxresults 10")[
        "SalesReceipt"
    ]
    newest = rows[0]["MetaData"]["LastUpdatedTime"]
    again = query(books, f"select * from SalesReceipt where MetaData.LastUpdatedTime >= '{newest}'")["SalesReceipt"]
    assert newest in {row["MetaData"]["LastUpdatedTime"] for row in again}
    assert all(row["MetaData"]["LastUpdatedTime"] >= newest for row in again)


@pytest.mark.parametrize(
    "text", ["", "select", "select * from", "select * from Item where", "select * from Item maxresults 1001",
             "select * from Item where Name ~ 'x'", "select * from Item; drop", "select * from Item startposition 0"],
)  # fmt: skip
def test_a_query_that_can_t_be_read_is_an_error(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


def test_quotes_lists_and_patterns_are_read() -> None:
    found = parse(r"select * from Customer where DisplayName = 'O\'Neil' and Id in ('1', '2') and Name like 'A%'")
    assert [condition.values for condition in found.conditions] == [("O'Neil",), ("1", "2"), ("A%",)]


def test_an_unknown_entity_is_a_parser_fault(books: httpx.Client) -> None:
    assert fault(books.get("/query", params={"query": "select * from Unicorn"})) == "4000"


def test_the_same_requestid_books_once(books: httpx.Client, sandbox: Sandbox) -> None:
    body = receipt(books, "ONCE-1")
    first, again = (books.post("/salesreceipt", params={"requestid": "once-1"}, json=body) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json()["SalesReceipt"] == again.json()["SalesReceipt"]
    assert sandbox.world.effects.count("quickbooks", "sales_receipt_created", "je:main:ONCE-1") == 1
    assert query(books, "select count(*) from SalesReceipt where DocNumber = 'ONCE-1'")["totalCount"] == 1


def test_a_requestid_is_forgotten_after_a_day(books: httpx.Client, sandbox: Sandbox) -> None:
    body = {**receipt(books, "DAY-1"), "DocNumber": None}
    for hours, effects in ((0, 1), (23, 1), (2, 2)):
        sandbox.world.clock.advance(hours * 3600)
        assert books.post("/salesreceipt", params={"requestid": "day-1"}, json=body).status_code == 200
        assert sandbox.world.effects.count("quickbooks", "sales_receipt_created", "je:main:DAY-1") == effects


def test_a_number_is_found_while_its_document_is_there(books: httpx.Client) -> None:
    made = loads(books.post("/salesreceipt", json=receipt(books, "FIND-1")).content)["SalesReceipt"]
    asked = "select * from SalesReceipt where DocNumber = 'FIND-1'"
    assert [row["Id"] for row in query(books, asked)["SalesReceipt"]] == [made["Id"]]
    gone = {"Id": made["Id"], "SyncToken": made["SyncToken"]}
    books.post("/salesreceipt", params={"operation": "delete"}, json=gone)
    assert query(books, asked) == {}
    typed = query(books, "select * from SalesReceipt maxresults 1")["SalesReceipt"][0]
    again = query(books, f"select * from SalesReceipt where DocNumber = '{typed['DocNumber']}'")["SalesReceipt"]
    assert [row["Id"] for row in again] == [typed["Id"]]


def test_a_new_receipt_is_read_back_with_its_account_and_total(books: httpx.Client) -> None:
    made = loads(books.post("/salesreceipt", json=receipt(books, "BACK-1", "99.95")).content)["SalesReceipt"]
    read = loads(books.get(f"/salesreceipt/{made['Id']}").content)["SalesReceipt"]
    assert read == made
    assert (read["TotalAmt"], read["SyncToken"]) == (Decimal("99.95"), "0")
    assert read["Line"][0]["SalesItemLineDetail"]["ItemAccountRef"]["name"] == "Product sales"


def test_a_document_number_can_be_used_once(books: httpx.Client) -> None:
    typed = query(books, "select * from SalesReceipt maxresults 1")["SalesReceipt"][0]["DocNumber"]
    assert fault(books.post("/salesreceipt", json=receipt(books, typed))) == "6140"


def test_references_must_exist(books: httpx.Client) -> None:
    body = receipt(books, "REF-1")
    body["Line"][0]["SalesItemLineDetail"]["ItemRef"] = {"value": "4711"}
    assert fault(books.post("/salesreceipt", json=body)) == "2500"
    assert (
        fault(books.post("/salesreceipt", json=receipt(books, "REF-2") | {"DepositToAccountRef": {"value": "4711"}}))
        == "2500"
    )


def test_amount_must_be_price_times_quantity(books: httpx.Client) -> None:
    body = receipt(books, "CALC-1")
    body["Line"][0]["SalesItemLineDetail"]["Qty"] = 2
    assert fault(books.post("/salesreceipt", json=body)) == "6070"


def test_a_journal_must_balance(books: httpx.Client, sandbox: Sandbox) -> None:
    assert fault(books.post("/journalentry", json=journal(books, "10.00", "9.99"))) == "6000"
    assert sandbox.world.effects.count("quickbooks", "journal_entry_created") == 0
    assert books.post("/journalentry", json=journal(books, "10.00", "10.00")).status_code == 200


def test_a_deposit_moves_clearing_to_the_bank(books: httpx.Client) -> None:
    lines = [
        {
            "Amount": amount,
            "DetailType": "DepositLineDetail",
            "DepositLineDetail": {"AccountRef": account(books, number)},
        }
        for amount, number in ((100.00, "1100"), (-2.90, "6000"))
    ]
    body = {"DepositToAccountRef": account(books, "1000"), "DocNumber": "PO-1", "Line": lines}
    made = loads(books.post("/deposit", json=body).content)["Deposit"]
    assert made["TotalAmt"] == Decimal("97.10")


def test_a_deposit_has_no_number_and_is_found_by_its_day(books: httpx.Client) -> None:
    detail = {"AccountRef": account(books, "1100")}
    line = {"Amount": 7.5, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}
    body = {"DepositToAccountRef": account(books, "1000"), "TxnDate": "2026-10-17", "DocNumber": "D-1", "Line": [line]}
    made = loads(books.post("/deposit", json=body).content)["Deposit"]
    assert "DocNumber" not in made
    assert fault(books.get("/query", params={"query": "select * from Deposit where DocNumber = 'D-1'"})) == "4000"
    assert query(books, "select * from Deposit where TxnDate = '2026-10-17'")["Deposit"] == [made]


def test_a_stale_sync_token_is_refused_and_a_fresh_one_counts_up(books: httpx.Client) -> None:
    made = books.post("/salesreceipt", json=receipt(books, "SYNC-1")).json()["SalesReceipt"]
    change = {"Id": made["Id"], "SyncToken": "0", "sparse": True, "PrivateNote": "changed"}
    changed = books.post("/salesreceipt", json=change).json()["SalesReceipt"]
    assert (changed["SyncToken"], changed["PrivateNote"], changed["DocNumber"]) == ("1", "changed", "SYNC-1")
    assert fault(books.post("/salesreceipt", json=change)) == "5010"


def test_a_deleted_document_leaves_queries_and_appears_in_the_changes(books: httpx.Client) -> None:
    made = books.post("/salesreceipt", json=receipt(books, "GONE-1")).json()["SalesReceipt"]
    gone = books.post("/salesreceipt", params={"operation": "delete"}, json={"Id": made["Id"], "SyncToken": "0"})
    assert gone.json()["SalesReceipt"]["status"] == "Deleted"
    assert query(books, "select * from SalesReceipt where DocNumber = 'GONE-1'") == {}
    changes = books.get("/cdc", params={"entities": "SalesReceipt", "changedSince": "2026-11-01T00:00:00Z"}).json()
    rows = changes["CDCResponse"][0]["QueryResponse"][0]["SalesReceipt"]
    assert made["Id"] in {row["Id"] for row in rows if row.get("status") == "Deleted"}


def test_a_refund_and_a_customer_can_be_booked(books: httpx.Client, sandbox: Sandbox) -> None:
    body = receipt(books, "REFUND-1-R1") | {"DepositToAccountRef": account(books, "1100")}
    assert books.post("/refundreceipt", json=body).status_code == 200
    made = books.post("/customer", json={"DisplayName": "New Person"})
    assert made.status_code == 200
    assert fault(books.post("/customer", json={"DisplayName": "new person"})) == "6240"
    memo = receipt(books, "MEMO-1") | {"CustomerRef": {"value": made.json()["Customer"]["Id"]}}
    assert books.post("/creditmemo", json=memo).status_code == 200
    assert sandbox.world.effects.count("quickbooks", "refund_receipt_created", "je:main:REFUND-1-R1") == 1


def test_wrong_tokens_realms_and_haste_are_refused_in_the_vendor_s_words(books: httpx.Client, sandbox: Sandbox) -> None:
    url = f"{sandbox.base_urls['quickbooks']}/v3/company/{NAMES['realm_id']}/query?query=select * from Item"
    refused = httpx.get(url, headers={"Authorization": "Bearer wrong"})
    assert (refused.status_code, refused.json()["fault"]["type"]) == (401, "AUTHENTICATION")
    other = httpx.get(url.replace(NAMES["realm_id"], "1"), headers=books.headers)
    assert other.status_code == 403
    bucket = sandbox.world.state("quickbooks")["bucket"]
    bucket.drain()
    assert books.get("/query", params={"query": "select * from Item"}).json()["Fault"]["type"] == "THROTTLE"
    bucket._tokens = bucket.capacity
