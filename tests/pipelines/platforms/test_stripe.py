"""Stripe's connector: what it asks, against the vendor's own operation table, and what it makes of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from pipelines.connector import Notices, shape
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.platforms.stripe import API_VERSION, CONNECTOR, connect
from pipelines.settings import Connection
from tests.pipelines import connector_contract as contract

SHARED = Path(__file__).parents[4] / "shared"
SINCE = datetime(2026, 10, 1, tzinfo=UTC)

Answer = Callable[[httpx.Request], Any]


def reading(name: str, answer: Answer, since: datetime | None = None) -> tuple[list[list[dict]], list[httpx.Request]]:
    """Pages a resource yields from a faked Stripe, and the requests it made."""
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        found = answer(request)
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    real = connect(Connection("stripe", "main", "https://stripe.example/twin", {"api_key": "sk_test_1"}))
    with httpx.Client(base_url=real.base_url, headers=real.headers, transport=httpx.MockTransport(handle)) as client:
        return list(CONNECTOR.resource(name).fetch(client, since)), asked


def page(*ids: str, has_more: bool = False) -> dict:
    return {"object": "list", "data": [{"id": i, "created": 1, "automatic": True} for i in ids], "has_more": has_more}


@pytest.mark.parametrize("name", ["charges", "refunds", "disputes", "balance_transactions", "payouts"])
def test_lists_are_read_page_by_page_from_created_on(name: str) -> None:
    pages, asked = reading(
        name, lambda r: page("c") if "starting_after" in r.url.params else page("a", "b", has_more=True), SINCE
    )
    assert [[row["id"] for row in rows] for rows in pages] == [["a", "b"], ["c"]]
    assert [request.url.path for request in asked] == [f"/twin/v1/{name}"] * 2
    assert [dict(request.url.params) for request in asked] == [
        {"limit": "100", "created[gte]": "1790812800"},
        {"limit": "100", "created[gte]": "1790812800", "starting_after": "b"},
    ]
    assert asked[0].headers["Authorization"] == "Bearer sk_test_1"
    assert asked[0].headers["Stripe-Version"] == API_VERSION


def test_an_empty_list_ends_at_once_and_the_first_run_asks_for_everything() -> None:
    pages, asked = reading("charges", lambda _: page(has_more=True))
    assert pages == []
    assert [dict(request.url.params) for request in asked] == [{"limit": "100"}]


def test_a_list_that_repeats_its_page_stops_instead_of_turning_for_ever() -> None:
    with pytest.raises(PlatformUnavailable, match="same page"):
        reading("charges", lambda _: page("a", has_more=True))


def test_a_wrong_key_stops_and_names_no_secret() -> None:
    with pytest.raises(PlatformRefused, match="401") as refusal:
        reading("charges", lambda _: httpx.Response(401, json={"error": {"message": "Invalid API Key"}}))
    assert "sk_test_1" not in str(refusal.value)


def test_each_automatic_payout_is_asked_for_its_content_and_a_manual_one_is_not() -> None:
    payouts = page("po_1", "po_manual")
    payouts["data"][1]["automatic"] = False
    content = {"data": [{"id": "txn_1", "net": 97}], "has_more": False}
    pages, asked = reading("payout_balance_transactions", lambda r: payouts if "payouts" in r.url.path else content)
    assert pages == [[{"id": "txn_1", "net": 97, "payout_id": "po_1", "payout_created": 1}]]
    assert [request.url.params.get("payout") for request in asked] == [None, "po_1"]


def test_the_balance_is_dated_by_stripes_clock() -> None:
    answer = httpx.Response(
        200, json={"object": "balance", "available": []}, headers={"Date": "Sun, 01 Nov 2026 12:00:00 GMT"}
    )
    (((row,),), _) = reading("balance", lambda _: answer)
    assert row["read_at"] == datetime(2026, 11, 1, 12, tzinfo=UTC)


def test_objects_that_change_after_their_creation_are_read_again_long_enough() -> None:
    lags = {resource.name: resource.lag for resource in CONNECTOR.resources if resource.cursor}
    assert lags.pop("disputes") >= timedelta(days=120), "a dispute may take four months to be decided"
    assert all(lag >= timedelta(days=30) for lag in lags.values()), lags


RECORDS = {
    "charges": {
        "id": "ch_1",
        "amount": 10,
        "currency": "usd",
        "created": 1790812800,
        "metadata": {"order_number": "#1"},
    },
    "payout_balance_transactions": {"id": "txn_1", "payout_id": "po_1", "payout_created": 1790812800, "net": 97},
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_connector_contract_holds(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    contract.keeps_the_contract(monkeypatch, tmp_path, CONNECTOR, RECORDS, name)


def test_a_busy_stripe_is_waited_for_and_a_refused_key_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    charges = CONNECTOR.resource("charges")
    contract.a_busy_platform_is_waited_for(
        monkeypatch, charges, httpx.Response(200, json=page()), "https://stripe.example"
    )
    contract.a_refused_key_stops_at_once(charges, "https://stripe.example")


# --- against the vendor's files ---------------------------------------------------------------------------------------


def operations() -> dict[str, set[str]]:
    """Path → query parameters of each GET in the vendor's operation table."""
    file = SHARED / "contracts/stripe/operations_2026-08-21.json"
    if not file.is_file():
        pytest.skip(f"the vendor's operation table is not at {file}")
    found = json.loads(file.read_text())
    return {row["path"]: set(row.get("params", {})) for row in found if row["method"] == "GET"}


@pytest.mark.parametrize("name", [resource.name for resource in CONNECTOR.resources])
def test_every_request_is_an_operation_of_the_vendor(name: str) -> None:
    vendor = operations()
    last = {"balance": {"object": "balance"}}.get(name)
    _, asked = reading(name, lambda r: last or (page("c") if "starting_after" in r.url.params else page("b")), SINCE)
    for request in asked:
        path = request.url.path.removeprefix("/twin")
        assert request.method == "GET"
        assert path in vendor
        assert {key.partition("[")[0] for key in request.url.params} <= vendor[path]


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("charge", "charges"),
        ("refund", "refunds"),
        ("payout", "payouts"),
        ("balance_transaction", "balance_transactions"),
        ("balance", "balance"),
    ],
)
def test_no_field_of_the_vendors_sample_objects_is_undeclared(sample: str, name: str) -> None:
    file = SHARED / f"payloads/stripe/api_fixtures/{sample}.json"
    if not file.is_file():
        pytest.skip(f"the vendor's sample is not at {file}")
    notices = Notices()
    shape(json.loads(file.read_text()), CONNECTOR.resource(name), "main", notices, name)
    assert notices.undeclared == {}


def test_no_field_of_the_vendors_sample_dispute_is_undeclared() -> None:
    file = SHARED / "contracts/stripe/fixtures3.json"
    if not file.is_file():
        pytest.skip(f"the vendor's samples are not at {file}")
    notices = Notices()
    dispute = json.loads(file.read_text())["resources"]["dispute"]
    shape(dispute, CONNECTOR.resource("disputes"), "main", notices, "disputes")
    assert notices.undeclared == {}
