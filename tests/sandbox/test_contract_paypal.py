"""The PayPal twin's answers, judged by the vendor's own contracts."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.server import EUROPE_CREDENTIALS, Sandbox
from tests.sandbox.openapi_contract import Contract, contract

OCTOBER = {"start_date": "2026-10-01T00:00:00+00:00", "end_date": "2026-10-31T23:59:59+00:00"}


@pytest.fixture(scope="module")
def reporting() -> Contract:
    return contract("paypal/reporting_transactions_v1.json")


@pytest.fixture(scope="module")
def disputes() -> Contract:
    return contract("paypal/customer_disputes_v1.json")


@pytest.fixture(scope="module")
def paypal() -> Iterator[httpx.Client]:
    keys = EUROPE_CREDENTIALS["paypal"]
    with Sandbox() as sandbox, httpx.Client(base_url=f"{sandbox.url}/paypal") as client:
        answer = client.post(
            "/v1/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(keys["client_id"], keys["client_secret"]),
        )
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        yield client


def problems(judge: Contract, answer: httpx.Response) -> list[str]:
    path = answer.request.url.path.removeprefix("/paypal")
    query = dict(answer.request.url.params)
    return judge.problems_of_answer("GET", path, answer.status_code, answer.json()) + judge.problems_of_query(
        "GET", path, query
    )


@pytest.mark.parametrize("fields", ["all", "transaction_info"])
def test_a_month_of_the_ledger_conforms(reporting: Contract, paypal: httpx.Client, fields: str) -> None:
    answer = paypal.get("/v1/reporting/transactions", params={**OCTOBER, "fields": fields, "page_size": "500"})
    assert answer.json()["transaction_details"]
    assert problems(reporting, answer) == []


def test_an_empty_window_conforms(reporting: Contract, paypal: httpx.Client) -> None:
    window = {"start_date": "2026-07-01T00:00:00Z", "end_date": "2026-07-02T00:00:00Z"}
    answer = paypal.get("/v1/reporting/transactions", params=window)
    assert answer.json()["total_items"] == 0
    assert problems(reporting, answer) == []


def test_balances_conform(reporting: Contract, paypal: httpx.Client) -> None:
    assert problems(reporting, paypal.get("/v1/reporting/balances")) == []


def test_disputes_conform_in_the_list_and_alone(disputes: Contract, paypal: httpx.Client) -> None:
    answer = paypal.get("/v1/customer/disputes", params={"page_size": "50"})
    assert problems(disputes, answer) == []
    for row in answer.json()["items"]:
        assert problems(disputes, paypal.get(f"/v1/customer/disputes/{row['dispute_id']}")) == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({}, 400),
        ({"start_date": "2026-08-01T00:00:00Z", "end_date": "2026-10-01T00:00:00Z"}, 400),
    ],
)
def test_refusals_are_the_vendors_error_body(
    reporting: Contract, paypal: httpx.Client, query: dict[str, str], status: int
) -> None:
    answer = paypal.get("/v1/reporting/transactions", params=query)
    assert answer.status_code == status
    assert reporting.problems(answer.json(), "error_400") == []


def test_a_wrong_token_is_the_vendors_401(reporting: Contract, paypal: httpx.Client) -> None:
    answer = paypal.get("/v1/reporting/balances", headers={"Authorization": "Bearer nothing"})
    assert answer.status_code == 401
    assert reporting.problems(answer.json(), "error_401") == []


def test_the_judge_sees_a_wrong_status_code_and_a_wrong_type(reporting: Contract) -> None:
    assert reporting.problems({"transaction_status": "done"}, "transaction_info")
    assert reporting.problems({"currency_code": "EUR", "value": 1}, "money")
