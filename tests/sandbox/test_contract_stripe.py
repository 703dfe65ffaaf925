"""The Stripe twin's answers and the forms it takes, judged by the vendor's own files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox
from tests.sandbox.openapi_contract import CONTRACTS, Contract, contract

LISTS = ("charges", "refunds", "disputes", "balance_transactions", "payouts")


@pytest.fixture(scope="module")
def judge() -> Contract:
    return contract("stripe/spec3_2023-09-12.yaml.gz")


@pytest.fixture(scope="module")
def stripe() -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {CREDENTIALS['stripe']['api_key']}"}
    with Sandbox() as sandbox, httpx.Client(base_url=sandbox.base_urls["stripe"], headers=headers) as client:
        yield client


@pytest.mark.parametrize("noun", LISTS)
def test_lists_conform(judge: Contract, stripe: httpx.Client, noun: str) -> None:
    answer = stripe.get(f"/v1/{noun}", params={"limit": 40})
    assert answer.json()["data"]
    assert judge.problems_of_answer("GET", f"/v1/{noun}", 200, answer.json()) == []


@pytest.mark.parametrize("noun", LISTS)
def test_single_objects_conform(judge: Contract, stripe: httpx.Client, noun: str) -> None:
    key = stripe.get(f"/v1/{noun}", params={"limit": 1}).json()["data"][0]["id"]
    answer = stripe.get(f"/v1/{noun}/{key}")
    assert judge.problems_of_answer("GET", f"/v1/{noun}/{key}", 200, answer.json()) == []


def test_the_balance_conforms(judge: Contract, stripe: httpx.Client) -> None:
    assert judge.problems_of_answer("GET", "/v1/balance", 200, stripe.get("/v1/balance").json()) == []


def test_refunds_and_errors_conform(judge: Contract, stripe: httpx.Client) -> None:
    charges = stripe.get("/v1/charges", params={"limit": 100}).json()["data"]
    charge = next(item for item in charges if item["captured"] and not item["amount_refunded"])
    form = urlencode({"charge": charge["id"], "amount": 100, "metadata[order]": "1"})
    assert judge.problems_of_form("POST", "/v1/refunds", form) == []
    made = stripe.post("/v1/refunds", content=form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert judge.problems_of_answer("POST", "/v1/refunds", 200, made.json()) == []
    refused = stripe.post("/v1/refunds", data={"charge": "ch_nothing"})
    assert judge.problems_of_answer("POST", "/v1/refunds", 400, refused.json()) == []


def test_the_judge_sees_unknown_and_mistyped_form_fields(judge: Contract) -> None:
    assert judge.problems_of_form("POST", "/v1/refunds", "charge=ch_1&amount=lots")
    assert judge.problems_of_form("POST", "/v1/refunds", "charge=ch_1&color=red")


@pytest.mark.parametrize("noun", LISTS)
def test_every_filter_the_twin_knows_is_a_parameter_of_today_s_operation(noun: str) -> None:
    path = CONTRACTS / "stripe" / "operations_2026-08-21.json"
    if not path.exists():
        pytest.skip("the vendor's operation table is not on this machine")
    from sandbox.platforms.stripe import _listings
    from sandbox.world import build_world

    operations = {(item["method"], item["path"]): item for item in json.loads(path.read_text())}
    known = set(operations["GET", f"/v1/{noun}"]["params"])
    listing = next(item for item in _listings(build_world()) if item.url == f"/v1/{noun}")
    assert {*listing.filters, "created", "limit", "starting_after", "ending_before"} <= known


def test_the_judge_sees_a_missing_field_and_a_wrong_type(judge: Contract, stripe: httpx.Client) -> None:
    charge = stripe.get("/v1/charges", params={"limit": 1}).json()["data"][0]
    without = {key: value for key, value in charge.items() if key != "amount"}
    assert judge.problems(charge, "charge") == []
    assert judge.problems(without, "charge") == ["(root): 'amount' is a required property"]
    assert judge.problems({**charge, "amount": "12"}, "charge") == ["amount: '12' is not of type 'integer'"]
    assert judge.problems({**charge, "currency": None}, "charge")
