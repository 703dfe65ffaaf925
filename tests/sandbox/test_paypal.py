"""The PayPal twin: tokens, windows, pages, lateness, disputes, faults."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from sandbox.server import EUROPE_CREDENTIALS, Sandbox

SEARCH = "/v1/reporting/transactions"
OCTOBER = {"start_date": "2026-10-01T00:00:00Z", "end_date": "2026-10-31T23:59:59Z"}
SEPTEMBER = {"start_date": "2026-09-01T00:00:00Z", "end_date": "2026-09-30T23:59:59Z"}


def opened(sandbox: Sandbox) -> httpx.Client:
    keys = EUROPE_CREDENTIALS["paypal"]
    client = httpx.Client(base_url=f"{sandbox.url}/paypal")
    answer = client.post(
        "/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=(keys["client_id"], keys["client_secret"])
    )
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    return client


@pytest.fixture
def paypal(sandbox: Sandbox) -> httpx.Client:
    return opened(sandbox)


def test_a_token_needs_the_right_secret_and_ends(sandbox: Sandbox, paypal: httpx.Client) -> None:
    wrong = httpx.post(
        f"{sandbox.url}/paypal/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=("who", "what")
    )
    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert paypal.get("/v1/reporting/balances").status_code == 200
    sandbox.world.clock.advance(31_669)
    assert paypal.get("/v1/reporting/balances").json()["name"] == "AUTHENTICATION_FAILURE"


def test_a_window_is_31_days_at_most(paypal: httpx.Client) -> None:
    answer = paypal.get(SEARCH, params={**OCTOBER, "start_date": "2026-09-30T00:00:00Z"})
    assert (answer.status_code, answer.json()["name"]) == (400, "INVALID_REQUEST")


def test_pages_make_the_whole_and_come_oldest_first(paypal: httpx.Client) -> None:
    whole = paypal.get(SEARCH, params={**OCTOBER, "page_size": 500}).json()
    pages = [
        paypal.get(SEARCH, params={**OCTOBER, "page_size": 7, "page": page}).json()
        for page in range(1, -(-whole["total_items"] // 7) + 1)
    ]
    paged = [row for page in pages for row in page["transaction_details"]]
    assert {page["total_pages"] for page in pages} == {len(pages)}
    assert paged == whole["transaction_details"]
    dates = [datetime.fromisoformat(row["transaction_info"]["transaction_initiation_date"]) for row in paged]
    assert dates == sorted(dates)


def test_more_rows_than_the_vendor_shows_are_refused(sandbox: Sandbox, paypal: httpx.Client) -> None:
    sandbox.world.state("paypal")["most_rows"] = 10
    assert paypal.get(SEARCH, params=OCTOBER).json()["name"] == "RESULTSET_TOO_LARGE"


def test_the_ledger_and_the_balance_are_three_hours_late(sandbox: Sandbox, paypal: httpx.Client) -> None:
    late = sandbox.world.clock.now() - timedelta(hours=3)
    window = {"start_date": "2026-10-30T00:00:00Z", "end_date": "2026-11-05T00:00:00Z"}
    ledger, balances = paypal.get(SEARCH, params=window).json(), paypal.get("/v1/reporting/balances").json()
    said = (
        ledger["end_date"],
        ledger["last_refreshed_datetime"],
        balances["as_of_time"],
        balances["last_refresh_time"],
    )
    assert {datetime.fromisoformat(moment) for moment in said} == {late}


def test_rows_make_the_balance(paypal: httpx.Client) -> None:
    cents: dict[str, int] = {}
    for window in (SEPTEMBER, OCTOBER):
        for row in paypal.get(SEARCH, params={**window, "page_size": 500}).json()["transaction_details"]:
            for name in ("transaction_amount", "fee_amount"):
                if money := row["transaction_info"].get(name):
                    code = money["currency_code"]
                    cents[code] = cents.get(code, 0) + int(money["value"].replace(".", ""))
    reported = {
        row["currency"]: int(row["available_balance"]["value"].replace(".", ""))
        for row in paypal.get("/v1/reporting/balances").json()["balances"]
    }
    assert cents == reported


def test_a_conversion_is_two_rows_about_one_payment(paypal: httpx.Client) -> None:
    rows = [
        row["transaction_info"]
        for row in paypal.get(SEARCH, params={**OCTOBER, "transaction_type": "T0200"}).json()["transaction_details"]
    ]
    assert len(rows) == 2
    assert len({row["paypal_reference_id"] for row in rows}) == 1
    assert {row["transaction_amount"]["currency_code"] for row in rows} == {"EUR", "GBP"}


def test_disputes_are_paged_by_token_and_say_alone_what_they_are_about(paypal: httpx.Client) -> None:
    first = paypal.get("/v1/customer/disputes", params={"page_size": 2}).json()
    [link] = [link for link in first["links"] if link["rel"] == "next"]
    second = paypal.get(link["href"]).json()
    found = [row["dispute_id"] for row in first["items"] + second["items"]]
    assert len(set(found)) == 3
    alone = paypal.get(f"/v1/customer/disputes/{found[0]}").json()
    assert alone["disputed_transactions"][0]["seller_transaction_id"]
    assert paypal.get("/v1/customer/disputes/PP-R-NOT-1").status_code == 404


def test_faults_have_the_vendors_bodies(sandbox: Sandbox, paypal: httpx.Client) -> None:
    names = {"429": "RATE_LIMIT_REACHED", "500": "INTERNAL_SERVER_ERROR", "token_expired": "AUTHENTICATION_FAILURE"}
    for kind, name in names.items():
        sandbox.world.faults.arm(kind, "paypal", count=1)
        assert paypal.get("/v1/reporting/balances").json()["name"] == name


def test_the_first_company_never_sees_the_second(untouched: Sandbox) -> None:
    assert "paypal" not in untouched.base_urls
    assert all("eu" not in name.split("_") for name in untouched.base_urls)
