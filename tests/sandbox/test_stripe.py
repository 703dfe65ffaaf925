"""The Stripe twin over real HTTP: lists, cursors, the balance, refunds and their idempotency."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import CREDENTIALS, Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture(scope="module")
def stripe(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {CREDENTIALS['stripe']['api_key']}"}
    with httpx.Client(base_url=sandbox.base_urls["stripe"], headers=headers) as client:
        yield client


def every(client: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """All pages of a list."""
    found: list[dict[str, Any]] = []
    while True:
        after = {"starting_after": found[-1]["id"]} if found else {}
        page = client.get(path, params={"limit": 100, **query, **after}).json()
        found += page["data"]
        if not page["has_more"]:
            return found


def test_paging_gives_every_charge_once_newest_first(stripe: httpx.Client, sandbox: Sandbox) -> None:
    charges = every(stripe, "/v1/charges")
    assert len({charge["id"] for charge in charges}) == len(charges) == len(sandbox.world.charges)
    assert [charge["created"] for charge in charges] == sorted((c["created"] for c in charges), reverse=True)


def test_created_filters_cut_at_whole_seconds(stripe: httpx.Client) -> None:
    charges = every(stripe, "/v1/charges")
    middle = charges[len(charges) // 2]["created"]
    for name, keeps in {
        "gte": lambda at: at >= middle, "gt": lambda at: at > middle,
        "lte": lambda at: at <= middle, "lt": lambda at: at < middle,
    }.items():  # fmt: skip
        found = every(stripe, "/v1/charges", **{f"created[{name}]": middle})
        assert [item["id"] for item in found] == [item["id"] for item in charges if keeps(item["created"])]


def test_ending_before_pages_backwards(stripe: httpx.Client) -> None:
    first = stripe.get("/v1/charges", params={"limit": 5}).json()["data"]
    back = stripe.get("/v1/charges", params={"limit": 2, "ending_before": first[4]["id"]}).json()
    assert [item["id"] for item in back["data"]] == [item["id"] for item in first[2:4]]
    assert back["has_more"] is True


def test_the_movements_of_a_payout_sum_to_zero_with_the_payout(stripe: httpx.Client) -> None:
    for payout in every(stripe, "/v1/payouts")[:4]:
        movements = every(stripe, "/v1/balance_transactions", payout=payout["id"])
        assert sum(item["net"] for item in movements) == 0
        assert [-item["net"] for item in movements if item["type"] == "payout"] == [payout["amount"]]


def test_the_balance_is_the_sum_of_all_movements(stripe: httpx.Client) -> None:
    balance = stripe.get("/v1/balance").json()
    held = sum(part["amount"] for part in (*balance["available"], *balance["pending"]))
    assert held == sum(item["net"] for item in every(stripe, "/v1/balance_transactions"))


def test_fees_are_itemised_and_net_is_amount_less_fee(stripe: httpx.Client) -> None:
    for item in every(stripe, "/v1/balance_transactions"):
        assert item["net"] == item["amount"] - item["fee"]
        assert sum(part["amount"] for part in item["fee_details"]) == item["fee"]


def test_a_charge_names_its_order_and_its_movement(stripe: httpx.Client) -> None:
    charge = stripe.get("/v1/charges", params={"limit": 1}).json()["data"][0]
    assert charge["metadata"]["order_number"]
    movement = stripe.get(f"/v1/balance_transactions/{charge['balance_transaction']}").json()
    assert movement["source"] == charge["id"]


def test_a_wrong_key_is_refused_in_the_vendor_s_words(sandbox: Sandbox) -> None:
    answer = httpx.get(f"{sandbox.base_urls['stripe']}/v1/charges", headers={"Authorization": "Bearer wrong"})
    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"starting_after": "ch_nothing"}, "resource_missing"),
        ({"limit": "101"}, "parameter_invalid_integer"),
        ({"limit": "many"}, "parameter_invalid_integer"),
        ({"color": "red"}, "parameter_unknown"),
    ],
)
def test_bad_list_parameters_are_refused(stripe: httpx.Client, query: dict[str, str], code: str) -> None:
    answer = stripe.get("/v1/charges", params=query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def refundable(client: httpx.Client) -> dict[str, Any]:
    return next(item for item in every(client, "/v1/charges") if item["captured"] and not item["amount_refunded"])


def test_a_refund_moves_the_balance_once_however_often_the_key_is_sent(stripe: httpx.Client, sandbox: Sandbox) -> None:
    charge = refundable(stripe)
    form = {"charge": charge["id"], "amount": "100", "metadata[record_key]": "refund:once"}
    key = {"Idempotency-Key": "refund-once"}
    first, again = (stripe.post("/v1/refunds", data=form, headers=key) for _ in range(2))
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert sandbox.world.effects.count("stripe", "refund_created", "refund:once") == 1
    movement = stripe.get(f"/v1/balance_transactions/{first.json()['balance_transaction']}").json()
    assert (movement["amount"], movement["fee"], movement["type"]) == (-100, 0, "refund")
    assert stripe.get(f"/v1/charges/{charge['id']}").json()["amount_refunded"] == 100


def test_the_same_key_with_other_parameters_is_an_idempotency_error(stripe: httpx.Client) -> None:
    charge = refundable(stripe)
    key = {"Idempotency-Key": "refund-changed"}
    stripe.post("/v1/refunds", data={"charge": charge["id"], "amount": "100"}, headers=key)
    answer = stripe.post("/v1/refunds", data={"charge": charge["id"], "amount": "101"}, headers=key)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")


def test_a_refused_refund_stores_nothing_under_its_key(stripe: httpx.Client) -> None:
    charge = refundable(stripe)
    key = {"Idempotency-Key": "refund-after-refusal"}
    too_much = {"charge": charge["id"], "amount": str(charge["amount"] + 1)}
    assert stripe.post("/v1/refunds", data=too_much, headers=key).status_code == 400
    assert stripe.post("/v1/refunds", data={"charge": charge["id"], "amount": "1"}, headers=key).status_code == 200


def test_no_more_than_the_charge_can_be_refunded(stripe: httpx.Client) -> None:
    charge = refundable(stripe)
    assert stripe.post("/v1/refunds", data={"charge": charge["id"]}).json()["amount"] == charge["amount"]
    assert (
        stripe.post("/v1/refunds", data={"charge": charge["id"]}).json()["error"]["code"] == "charge_already_refunded"
    )


def test_an_uncaptured_charge_has_no_movement_and_no_refund(stripe: httpx.Client) -> None:
    charge = next(item for item in every(stripe, "/v1/charges") if not item["captured"])
    assert charge["balance_transaction"] is None
    assert stripe.post("/v1/refunds", data={"charge": charge["id"]}).status_code == 400


def test_too_many_calls_are_told_why(stripe: httpx.Client, sandbox: Sandbox) -> None:
    bucket = sandbox.world.state("stripe")["bucket"]
    bucket.per_minute, kept = 1, bucket.per_minute
    bucket.drain()
    answer = stripe.get("/v1/balance")
    bucket.per_minute = kept
    assert answer.status_code == 429
    assert answer.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    assert answer.json()["error"]["code"] == "rate_limit"
    bucket._tokens = bucket.capacity
