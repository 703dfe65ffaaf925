"""PayPal's connector: windows, tokens, disputes, what the vendor's contract calls them, and the twin read through it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.connector import Notices, shape, snake
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms import paypal
from pipelines.platforms.paypal import CONNECTOR, connect
from pipelines.settings import Connection
from sandbox.server import EUROPE_CREDENTIALS, Sandbox
from tests.pipelines import connector_contract as contract

SHARED = Path(__file__).parents[4] / "shared"
BASE = "https://paypal.example/twin"
NOW = "2026-11-01T10:00:00+01:00"
SINCE = datetime(2026, 8, 1, tzinfo=UTC)

Answer = Callable[[httpx.Request], Any]


def connection(base_url: str = BASE, **credentials: str) -> Connection:
    keys = {"client_id": "client", "client_secret": "not-a-secret", **credentials}
    return Connection("paypal", "eu", base_url, keys)


def reading(name: str, answer: Answer, since: datetime | None = None) -> tuple[list[list[dict]], list[httpx.Request]]:
    """Pages a resource yields from a faked PayPal, and the requests it made after the one for a token."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            return httpx.Response(200, json={"access_token": "A21", "expires_in": 31_668})
        asked.append(request)
        if request.url.path.endswith("/balances"):
            return httpx.Response(
                200, json={"last_refresh_time": NOW, "as_of_time": NOW, "account_id": "M", "balances": []}
            )
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    auth = paypal.TokenAuth(connection())
    with httpx.Client(base_url=BASE, auth=auth, transport=httpx.MockTransport(handle)) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def row(key: str) -> dict:
    info = {
        "transaction_id": key,
        "transaction_event_code": "T0006",
        "transaction_initiation_date": "2026-10-02T10:00:00+02:00",
        "transaction_amount": {"currency_code": "EUR", "value": "1.00"},
    }
    return {"transaction_info": info}


def windows(asked: list[httpx.Request]) -> list[tuple[datetime, datetime]]:
    """First and last moment of each window that was asked for, in order."""
    found = [
        (datetime.fromisoformat(r.url.params["start_date"]), datetime.fromisoformat(r.url.params["end_date"]))
        for r in asked
        if r.url.path.endswith("/transactions")
    ]
    return list(dict.fromkeys(found))


def test_the_ledger_is_read_in_windows_that_meet_and_reach_paypals_own_now() -> None:
    _, asked = reading("transactions", lambda _: {"total_items": 0, "total_pages": 0}, SINCE)
    found = windows(asked)
    assert found[0][0] == SINCE
    assert found[-1][1] == datetime.fromisoformat(NOW)
    assert all(end - start <= timedelta(days=31) for start, end in found)
    assert all(later[0] - end == timedelta(seconds=1) for (_, end), later in pairwise(found))


def test_the_first_run_goes_back_three_years_and_not_further() -> None:
    _, asked = reading("transactions", lambda _: {"total_items": 0, "total_pages": 0})
    [first, *_] = windows(asked)
    assert timedelta(days=1090) < datetime.fromisoformat(NOW) - first[0] < timedelta(days=3 * 366)


def test_a_window_that_is_too_large_is_read_in_halves_without_a_gap() -> None:
    def answer(request: httpx.Request) -> Any:
        start, end = (datetime.fromisoformat(request.url.params[name]) for name in ("start_date", "end_date"))
        if end - start > timedelta(days=9):
            return httpx.Response(400, json={"name": "RESULTSET_TOO_LARGE"})
        return {"transaction_details": [row(f"{start:%d%H}")], "total_pages": 1}

    pages, asked = reading("transactions", answer, datetime.fromisoformat(NOW) - timedelta(days=31))
    answered = sorted(window for window in windows(asked) if window[1] - window[0] <= timedelta(days=9))
    assert len(pages) == len(answered) == 4
    assert all(later[0] - end == timedelta(seconds=1) for (_, end), later in pairwise(answered))


def test_a_refusal_for_another_reason_is_not_taken_for_a_large_window() -> None:
    with pytest.raises(PlatformRefused, match="400"):
        reading("transactions", lambda _: httpx.Response(400, json={"name": "INVALID_REQUEST"}), SINCE)


def test_pages_are_turned_to_the_last_and_rows_carry_their_key() -> None:
    def answer(request: httpx.Request) -> Any:
        return {"transaction_details": [row(request.url.params["page"])], "total_pages": 2}

    since = datetime.fromisoformat(NOW) - timedelta(days=2)
    pages, _ = reading("transactions", answer, since)
    assert [[found["transaction_id"] for found in page] for page in pages] == [["1"], ["2"]]
    assert pages[0][0]["transaction_currency_code"] == "EUR"


def test_each_dispute_is_read_alone_and_the_list_by_its_next_link() -> None:
    def answer(request: httpx.Request) -> Any:
        if request.url.path.endswith("/disputes"):
            token = request.url.params.get("next_page_token")
            link = [] if token else [{"rel": "next", "href": f"{BASE}/v1/customer/disputes?next_page_token=t2"}]
            return {"items": [{"dispute_id": "D2" if token else "D1"}], "links": link}
        return {"disputed_transactions": [{"seller_transaction_id": "X"}]}

    pages, asked = reading("disputes", answer, SINCE)
    assert [[case["dispute_id"] for case in page] for page in pages] == [["D1"], ["D2"]]
    assert pages[0][0]["disputed_transactions"] == [{"seller_transaction_id": "X"}]
    assert asked[0].url.params["update_time_after"] == "2026-08-01T00:00:00.000Z"


def test_a_list_of_disputes_that_repeats_its_page_stops() -> None:
    link = [{"rel": "next", "href": f"{BASE}/v1/customer/disputes?next_page_token=t"}]
    with pytest.raises(PlatformUnavailable, match="same page"):
        reading("disputes", lambda _: {"items": [], "links": link})


def test_one_token_serves_until_it_is_refused_and_a_refused_secret_stops_at_once() -> None:
    sold: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/oauth2/token"):
            assert request.headers["Authorization"].startswith("Basic ")
            sold.append(f"token-{len(sold)}")
            return httpx.Response(200, json={"access_token": sold[-1]})
        is_old = request.headers["Authorization"] == "Bearer token-0" and len(seen) >= 2
        seen.append(request)
        return httpx.Response(401 if is_old else 200, json={})

    seen: list[httpx.Request] = []
    auth = paypal.TokenAuth(connection())
    with httpx.Client(base_url=BASE, auth=auth, transport=httpx.MockTransport(handle)) as client:
        assert [client.get("/v1/reporting/balances").status_code for _ in range(3)] == [200, 200, 200]
    assert sold == ["token-0", "token-1"]

    refuse = httpx.MockTransport(lambda _: httpx.Response(401, json={"error": "invalid_client"}))
    with (
        httpx.Client(base_url=BASE, auth=paypal.TokenAuth(connection()), transport=refuse) as client,
        pytest.raises(PlatformRefused, match="401") as refusal,
    ):
        list(CONNECTOR.resource("balances").fetch(client, None))
    assert "not-a-secret" not in str(refusal.value)


def test_rows_are_read_again_long_enough_for_a_withdrawal_to_come_back() -> None:
    assert CONNECTOR.resource("transactions").lag >= timedelta(days=31)


RECORDS = {
    "transactions": {
        "transaction_id": "1AB",
        "transaction_event_code": "T0006",
        "transaction_initiation_date": "2026-10-02T10:00:00+02:00",
        "transaction_currency_code": "EUR",
        "transaction_info": {"transaction_amount": {"currency_code": "EUR", "value": "1.00"}},
    },
    "disputes": {"dispute_id": "PP-R-1", "create_time": NOW, "update_time": NOW},
    "balances": {"merchant_id": "M", "as_of_time": NOW, "last_refresh_time": NOW, "balances": []},
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_connector_contract_holds(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    contract.keeps_the_contract(monkeypatch, tmp_path, CONNECTOR, RECORDS, name)


def test_a_busy_paypal_is_waited_for_and_a_refused_token_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.Response(200, json={"last_refresh_time": NOW, "total_pages": 0})
    transactions = CONNECTOR.resource("transactions")
    contract.a_busy_platform_is_waited_for(monkeypatch, transactions, answer, BASE)
    contract.a_refused_key_stops_at_once(transactions, BASE)


# --- the twin ----------------------------------------------------------------------------------------------------------


def test_the_twins_whole_ledger_is_read_once_whatever_the_size_of_its_windows(sandbox: Sandbox) -> None:
    keys = connection(f"{sandbox.url}/paypal", **EUROPE_CREDENTIALS["paypal"])
    with connect(keys) as client:
        fetch = CONNECTOR.resource("transactions").fetch
        whole = [found for page in fetch(client, SINCE) for found in page]
        sandbox.world.state("paypal")["most_rows"] = 5
        halved = [found for page in fetch(client, SINCE) for found in page]
    assert sandbox.world.europe is not None
    assert sandbox.world.europe.paypal is not None
    assert whole == halved
    assert len(whole) == len(sandbox.world.europe.paypal.entries)


@pytest.fixture
def sandbox() -> Any:
    with Sandbox() as running:
        yield running


# --- against the vendor's files ----------------------------------------------------------------------------------------


def properties(file: str, schema: str) -> set[str]:
    path = SHARED / "contracts/paypal" / file
    if not path.is_file():
        pytest.skip(f"the vendor's contract is not at {path}")
    return set(json.loads(path.read_text())["components"]["schemas"][schema]["properties"])


@pytest.mark.parametrize(
    ("file", "schema", "name"),
    [
        ("reporting_transactions_v1.json", "transaction_detail", "transactions"),
        ("customer_disputes_v1.json", "dispute", "disputes"),
        ("customer_disputes_v1.json", "dispute_info", "disputes"),
    ],
)
def test_every_field_of_the_vendors_objects_is_declared(file: str, schema: str, name: str) -> None:
    declared = set(CONNECTOR.resource(name).columns)
    assert {snake(field) for field in properties(file, schema)} <= declared


def test_every_field_of_the_vendors_balances_is_declared_under_our_name_or_its_own() -> None:
    fields = properties("reporting_transactions_v1.json", "balances_response")
    assert fields - {"account_id"} <= set(CONNECTOR.resource("balances").columns)


@pytest.mark.parametrize("name", ["transactions", "disputes", "balances"])
def test_every_request_is_an_operation_of_the_vendor(name: str) -> None:
    file = "customer_disputes_v1.json" if name == "disputes" else "reporting_transactions_v1.json"
    path = SHARED / "contracts/paypal" / file
    if not path.is_file():
        pytest.skip(f"the vendor's contract is not at {path}")
    document = json.loads(path.read_text())
    parameters = {
        template: {document["components"]["parameters"][p["$ref"].rsplit("/", 1)[-1]]["name"] for p in get["parameters"] if "$ref" in p}
        for template, item in document["paths"].items()
        if (get := item.get("get"))
    }  # fmt: skip
    case = {"items": [{"dispute_id": "PP-1"}], "links": [], "total_pages": 0}
    _, asked = reading(name, lambda _: case, datetime.fromisoformat(NOW) - timedelta(days=1))
    for request in asked:
        template = request.url.path.removeprefix("/twin").replace("PP-1", "{id}")
        assert set(request.url.params) <= parameters[template]


def test_unknown_fields_of_a_row_are_set_aside_and_named() -> None:
    notices = Notices()
    shape({**RECORDS["transactions"], "brand_new": 1}, CONNECTOR.resource("transactions"), "eu", notices, "t")
    assert notices.undeclared == {("t", "brand_new"): 1}
