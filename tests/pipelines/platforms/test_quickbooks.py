"""QuickBooks' connector: the queries it writes, the change feed it reads for deletions, and the waits it keeps."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms import quickbooks
from pipelines.platforms.quickbooks import CONNECTOR, DOCUMENTS, NAMES, connect
from pipelines.settings import Connection
from tests.pipelines import connector_contract as contract

SHARED = Path(__file__).parents[4] / "shared"
SINCE = datetime(2026, 10, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
ENTITIES = {**DOCUMENTS, **{name: entity for name, (entity, _) in NAMES.items()}}

Answer = Callable[[httpx.Request], Any]


def reading(
    fetch: Callable, answer: Answer, since: datetime | None = None
) -> tuple[list[list[dict]], list[httpx.Request]]:
    """Pages a fetch yields from faked books, and the requests it made."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, text=json.dumps(found))

    credentials = {"realm_id": "9130", "access_token": "token-1"}
    real = connect(Connection("quickbooks", "main", "https://books.example/twin", credentials))
    with httpx.Client(
        base_url=real.base_url,
        headers=real.headers,
        params=real.params,
        event_hooks=real.event_hooks,
        transport=httpx.MockTransport(handle),
    ) as client:
        return list(fetch(client, since)), asked


def records(entity: str, *ids: str) -> dict:
    stamp = {"LastUpdatedTime": "2026-10-05T06:00:00-07:00"}
    return {"QueryResponse": {entity: [{"Id": i, "MetaData": stamp} for i in ids]} if ids else {}}


def test_a_query_names_entity_time_order_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quickbooks, "PAGE", 2)
    answers = iter((records("Invoice", "1", "2"), records("Invoice", "3", "4"), records("Invoice")))
    pages, asked = reading(CONNECTOR.resource("invoices").fetch, lambda _: next(answers), SINCE)
    assert [[row["Id"] for row in page] for page in pages] == [["1", "2"], ["3", "4"]]
    assert pages[0][0]["LastUpdatedTime"] == "2026-10-05T06:00:00-07:00"
    where = "where MetaData.LastUpdatedTime >= '2026-10-01T08:00:00+00:00' orderby Id"
    assert [request.url.params["query"] for request in asked] == [
        f"select * from Invoice {where} startposition {position} maxresults 2" for position in (1, 3, 5)
    ]
    assert {request.url.path for request in asked} == {"/twin/v3/company/9130/query"}
    assert {request.url.params["minorversion"] for request in asked} == {"75"}
    assert asked[0].headers["Authorization"] == "Bearer token-1"


@pytest.mark.parametrize("name", NAMES)
def test_names_are_asked_for_with_the_inactive_ones(name: str) -> None:
    entity = ENTITIES[name]
    _, asked = reading(CONNECTOR.resource(name).fetch, lambda _: records(entity))
    assert asked[0].url.params["query"] == (
        f"select * from {entity} where Active in (true, false) orderby Id startposition 1 maxresults 1000"
    )


def test_books_that_repeat_a_page_stop_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quickbooks, "PAGE", 1)
    with pytest.raises(PlatformUnavailable, match="page before again"):
        reading(CONNECTOR.resource("deposits").fetch, lambda _: records("Deposit", "1"))


def test_numbers_arrive_digit_for_digit() -> None:
    answer = '{"QueryResponse": {"Payment": [{"Id": "1", "TotalAmt": 0.10, "MetaData": {"LastUpdatedTime": "x"}}]}}'
    (((row,),), _) = reading(CONNECTOR.resource("payments").fetch, lambda _: httpx.Response(200, text=answer))
    assert row["TotalAmt"] == Decimal("0.10")


def test_an_expired_token_stops_and_names_no_secret() -> None:
    with pytest.raises(PlatformRefused, match="401") as refusal:
        reading(CONNECTOR.resource("payments").fetch, lambda _: httpx.Response(401, text="token expired"))
    assert "token-1" not in str(refusal.value)


def test_a_throttled_answer_is_given_the_minute_the_vendor_wants() -> None:
    throttled, told = httpx.Response(429), httpx.Response(429, headers={"Retry-After": "7"})
    quickbooks._wait_a_minute(throttled)
    quickbooks._wait_a_minute(told)
    assert (throttled.headers["Retry-After"], told.headers["Retry-After"]) == ("60", "7")


# --- deletions --------------------------------------------------------------------------------------------------------


def feed(request: httpx.Request, changes: list[dict]) -> dict:
    """An answer of the change feed; to a query, the books' clock."""
    if request.url.path.endswith("/query"):
        return {"QueryResponse": {"totalCount": 1}, "time": NOW.isoformat()}
    entity = request.url.params["entities"]
    return {"CDCResponse": [{"QueryResponse": [{entity: changes} if changes else {}]}]}


def change(number: str, minute: int, status: str | None = None) -> dict:
    stamp = {"LastUpdatedTime": f"2026-10-20T10:{minute:02d}:00-07:00"}
    return {"Id": number, "MetaData": stamp, **({"status": status} if status else {})}


def test_deletions_are_the_deleted_changes_of_each_entity_and_nothing_else() -> None:
    def answer(request: httpx.Request) -> dict:
        is_receipt = request.url.params.get("entities") == "SalesReceipt"
        return feed(request, [change("1", 0), change("2", 1, "Deleted")] if is_receipt else [])

    pages, asked = reading(CONNECTOR.resource("deletions").fetch, answer, SINCE)
    assert [[(row["entity"], row["Id"], row["LastUpdatedTime"]) for row in page] for page in pages] == [
        [("SalesReceipt", "2", "2026-10-20T10:01:00-07:00")]
    ]
    assert [request.url.params["entities"] for request in asked[1:]] == list(ENTITIES.values())


@pytest.mark.parametrize(
    ("since", "asked_since"),
    [
        (None, NOW - timedelta(days=29)),
        (NOW - timedelta(days=3), NOW - timedelta(days=3)),
        (NOW - timedelta(days=90), NOW - timedelta(days=29)),
    ],
)
def test_the_change_feed_is_never_asked_beyond_its_thirty_days(since: datetime | None, asked_since: datetime) -> None:
    _, asked = reading(CONNECTOR.resource("deletions").fetch, lambda r: feed(r, []), since)
    assert {request.url.params["changedSince"] for request in asked[1:]} == {asked_since.isoformat()}


def test_a_full_answer_of_the_change_feed_is_followed_from_its_newest_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quickbooks, "CHANGES_AT_ONCE", 2)
    answers = {
        NOW - timedelta(days=20): [change("1", 0, "Deleted"), change("2", 5)],
        datetime(2026, 10, 20, 17, 5, tzinfo=UTC): [change("3", 9, "Deleted")],
    }

    def answer(request: httpx.Request) -> dict:
        if request.url.params.get("entities") != "Invoice":
            return feed(request, [])
        return feed(request, answers[datetime.fromisoformat(request.url.params["changedSince"])])

    pages, _ = reading(CONNECTOR.resource("deletions").fetch, answer, NOW - timedelta(days=20))
    assert [row["Id"] for page in pages for row in page] == ["1", "3"]


def test_a_change_feed_that_does_not_move_on_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quickbooks, "CHANGES_AT_ONCE", 1)
    with pytest.raises(PlatformUnavailable, match="within one second"):
        reading(CONNECTOR.resource("deletions").fetch, lambda r: feed(r, [change("1", 0)]), SINCE)


STAMPED = {"Id": "1", "SyncToken": "0", "sparse": False, "LastUpdatedTime": "2026-10-05T06:00:00-07:00"}
RECORDS = {
    "invoices": {
        **STAMPED,
        "TxnDate": "2026-10-05",
        "TotalAmt": Decimal("0.10"),
        "Line": [{"Amount": Decimal("0.10")}],
    },
    "deletions": {"entity": "Invoice", "Id": "1", "LastUpdatedTime": STAMPED["LastUpdatedTime"], "status": "Deleted"},
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_connector_contract_holds(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    contract.keeps_the_contract(monkeypatch, tmp_path, CONNECTOR, RECORDS, name)


# --- against the vendor's files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ENTITIES)
def test_every_query_is_an_operation_of_the_vendor(name: str) -> None:
    file = SHARED / "contracts/quickbooks/quickbooks_online_v3_openapi.yaml"
    if not file.is_file():
        pytest.skip(f"the vendor's contract is not at {file}")
    vendor = yaml.load(file.read_text(), Loader=yaml.CSafeLoader)["paths"]["/v3/company/{realm-id}/query"]["get"]
    entity = ENTITIES[name]
    _, asked = reading(CONNECTOR.resource(name).fetch, lambda _: records(entity), SINCE)
    parameters = {parameter["name"] for parameter in vendor["parameters"] if parameter["in"] == "query"}
    for request in asked:
        assert (request.method, request.url.path) == ("GET", "/twin/v3/company/9130/query")
        # The contract file is older than the version parameter, which the vendor documents for every request.
        assert set(request.url.params) - {"minorversion"} == parameters
        assert request.headers["accept"] == "application/json"


# Columns of recorded tables (a managed connector's shape) → where our rows have the same money. Not listed: see below.
RECORDED_MONEY = {
    "invoice_data": {"total_amount": "total_amt", "balance": "balance", "home_total_amount": "home_total_amt",
                     "home_balance": "home_balance", "total_tax": "txn_tax_detail"},
    "credit_memo_data": {"total_amount": "total_amt", "balance": "balance", "home_total_amount": "home_total_amt",
                         "home_balance": "home_balance", "total_tax": "txn_tax_detail",
                         "remaining_credit": "remaining_credit"},
    "payment_data": {"total_amount": "total_amt", "unapplied_amount": "unapplied_amt"},
    "account_data": {"balance": "current_balance", "balance_with_sub_accounts": "current_balance_with_sub_accounts"},
    "item_data": {"unit_price": "unit_price", "purchase_cost": "purchase_cost"},
    "customer_data": {"balance": "balance", "balance_with_jobs": "balance_with_jobs"},
}  # fmt: skip

# Money-like names that hold no money of ours: what a card terminal recorded beside the payment's own total.
NOT_OURS = {"credit_card_amount"}
MONEY_WORDS = ("amount", "total", "balance", "price", "cost", "credit", "tax")
NOT_MONEY = ("_id", "_code", "calculation", "included", "after_discount", "date", "online", "reason", "allow")


@pytest.mark.parametrize(("file", "resource"), [
    ("invoice_data", "invoices"), ("credit_memo_data", "credit_memos"), ("payment_data", "payments"),
    ("account_data", "accounts"), ("item_data", "items"), ("customer_data", "customers"),
])  # fmt: skip
def test_every_money_column_of_the_recorded_tables_has_a_column_of_ours(file: str, resource: str) -> None:
    path = SHARED / f"payloads/quickbooks/connector_seed/{file}.csv"
    if not path.is_file():
        pytest.skip(f"the recorded tables are not at {path}")
    columns = path.read_text().splitlines()[0].split(",")
    money = {
        column for column in columns
        if any(word in column for word in MONEY_WORDS) and not any(word in column for word in NOT_MONEY)
        and not column.startswith("credit_card") and column != "taxable"
    }  # fmt: skip
    assert money - NOT_OURS == set(RECORDED_MONEY[file])
    assert set(RECORDED_MONEY[file].values()) <= set(CONNECTOR.resource(resource).columns)
