"""PayPal → `raw_paypal`: the rows of the account's ledger, disputes, balances.

* Version and sunset: Transaction Search v1 and Disputes v1; no sunset is announced.
* Auth: client id and secret buy a bearer token at `/v1/oauth2/token` that lives about nine hours; one is kept until
  PayPal refuses it. The app needs the feature Transaction Search; a token bought before it was switched on lacks it.
* Rate limit: not published; a 429 (`RATE_LIMIT_REACHED`) has no Retry-After, so back-off decides.
* Paging: the ledger in windows of at most 31 days, pages of 500; a window that PayPal calls too large (10,000 rows) is
  halved. Disputes 50 a page, by the link to the next one; what a case is about is told by the case alone.
* Cursor and its lag: `transaction_initiation_date`. A row appears up to three hours late and goes on changing: a payment
  under way is done or denied, a withdrawal arrives. So each run re-reads 35 days. Disputes by `update_time`, one day back.
  "Until now" is PayPal's own clock, which the balances tell; the ledger goes back three years.
* Deletes: none; PayPal corrects by new rows.
* Unit of money: decimal text in major units beside its currency; HUF, JPY and TWD without decimals.

Ids are not unique in the ledger, so a row's key is id, code, day and currency, which the connector sets beside the
nested object that holds them, with nothing else changed.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from pipelines.connector import Connector, Record, Resource
from pipelines.errors import PlatformRefused, PlatformUnavailable
from pipelines.http import TIMEOUT, body, request
from pipelines.settings import Connection

API_VERSION = "v1"
SEARCH, BALANCES, DISPUTES = "/v1/reporting/transactions", "/v1/reporting/balances", "/v1/customer/disputes"
PAGE, DISPUTE_PAGE = 500, 50
WINDOW = timedelta(days=31)
HISTORY = timedelta(days=3 * 365)
# A window this short that is still too large can't be halved into anything PayPal would answer differently.
SHORTEST = timedelta(seconds=2)

# Long enough for an eCheck to clear and a withdrawal to come back.
CHANGES_FOR = timedelta(days=35)

TRANSACTION = {
    "transaction_id": "text",
    "transaction_event_code": "text",
    "transaction_initiation_date": "timestamp",
    "transaction_currency_code": "text",
    "transaction_info": "json",
    "payer_info": "json",
    "shipping_info": "json",
    "cart_info": "json",
    "store_info": "json",
    "auction_info": "json",
    "incentive_info": "json",
}

DISPUTE = {
    "dispute_id": "text",
    "create_time": "timestamp",
    "update_time": "timestamp",
    "disputed_transactions": "json",
    "reason": "text",
    "status": "text",
    "dispute_state": "text",
    "dispute_amount": "json",
    "dispute_asset": "json",
    "fee_policy": "json",
    "external_reason_code": "text",
    "dispute_outcome": "json",
    "adjudications": "json",
    "money_movements": "json",
    "dispute_life_cycle_stage": "text",
    "dispute_channel": "text",
    "messages": "json",
    "extensions": "json",
    "evidences": "json",
    "buyer_response_due_date": "timestamp",
    "seller_response_due_date": "timestamp",
    "offer": "json",
    "refund_details": "json",
    "communication_details": "json",
    "supporting_info": "json",
    "allowed_response_options": "json",
    "links": "json",
}

BALANCE = {
    "merchant_id": "text",
    "as_of_time": "timestamp",
    "last_refresh_time": "timestamp",
    "balances": "json",
}


class TokenAuth(httpx.Auth):
    """Buys a token when there is none, and once more when PayPal refuses the one at hand."""

    requires_response_body = True

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._token: str | None = None

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        is_bought_now = self._token is None
        if is_bought_now and not (yield from self._buy()):
            return
        request.headers["Authorization"] = f"Bearer {self._token}"
        response = yield request
        if response.status_code == 401 and not is_bought_now and (yield from self._buy()):
            request.headers["Authorization"] = f"Bearer {self._token}"
            yield request

    def _buy(self) -> Generator[httpx.Request, httpx.Response, bool]:
        """Whether a token was sold; a refusal of the token is the answer to the request itself."""
        credentials = self._connection.credentials
        asked = httpx.Request(
            "POST", f"{self._connection.base_url}/v1/oauth2/token", data={"grant_type": "client_credentials"}
        )
        basic = httpx.BasicAuth(credentials["client_id"], credentials["client_secret"])
        asked = next(basic.sync_auth_flow(asked))
        response = yield asked
        self._token = response.json()["access_token"] if response.status_code == 200 else None
        return self._token is not None


def connect(connection: Connection) -> httpx.Client:
    """A client of one PayPal account."""
    return httpx.Client(base_url=connection.base_url, auth=TokenAuth(connection), timeout=TIMEOUT)


def _transactions(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """The ledger from a moment, or from the oldest that PayPal keeps, window by window."""
    until = datetime.fromisoformat(body(request(client, "GET", BALANCES))["last_refresh_time"]).astimezone(UTC)
    start = max(since.astimezone(UTC), until - HISTORY) if since is not None else until - HISTORY
    while start <= until:
        end = min(start + WINDOW, until)
        yield from _window(client, start, end)
        # Both ends of a window belong to it, and PayPal's times are whole seconds.
        start = end + timedelta(seconds=1)


def _window(client: httpx.Client, start: datetime, end: datetime) -> Iterator[list[Record]]:
    """The pages of a window, or of its halves where PayPal says that it is too large."""
    try:
        answer = _page(client, start, end, 1)
    except PlatformRefused as refusal:
        if "RESULTSET_TOO_LARGE" not in str(refusal) or end - start < SHORTEST:
            raise
        middle = (start + (end - start) / 2).replace(microsecond=0)
        yield from _window(client, start, middle)
        yield from _window(client, middle + timedelta(seconds=1), end)
        return
    number = 1
    while rows := answer.get("transaction_details"):
        yield [_keyed(row) for row in rows]
        if number >= answer["total_pages"]:
            return
        number += 1
        answer = _page(client, start, end, number)


def _page(client: httpx.Client, start: datetime, end: datetime, number: int) -> Record:
    asked = {
        "start_date": start.isoformat(timespec="seconds"),
        "end_date": end.isoformat(timespec="seconds"),
        "fields": "all",
        "page_size": PAGE,
        "page": number,
    }
    found: Record = body(request(client, "GET", SEARCH, params=asked))
    return found


def _keyed(row: Record) -> Record:
    info = row["transaction_info"]
    names = ("transaction_id", "transaction_event_code", "transaction_initiation_date")
    currency = (info.get("transaction_amount") or {}).get("currency_code")
    return {**row, **{name: info[name] for name in names}, "transaction_currency_code": currency}


def _disputes(client: httpx.Client, since: datetime | None) -> Iterator[list[Record]]:
    """Cases changed since, each read alone too. Raises PlatformUnavailable when the list does not move on."""
    params: dict[str, Any] = {"page_size": DISPUTE_PAGE}
    if since is not None:
        params["update_time_after"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    while True:
        answer = body(request(client, "GET", DISPUTES, params=params))
        found = answer.get("items") or []
        if found:
            yield [{**case, **body(request(client, "GET", f"{DISPUTES}/{case['dispute_id']}"))} for case in found]
        following = next((link["href"] for link in answer.get("links") or [] if link["rel"] == "next"), None)
        if following is None:
            return
        token = httpx.URL(following).params.get("next_page_token")
        if token is None or token == params.get("next_page_token"):
            raise PlatformUnavailable(f"GET {DISPUTES}: the page after {token} is the same page again")
        params["next_page_token"] = token


def _balances(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    """The balances now, as late as the ledger. PayPal's `account_id` would hide ours, hence `merchant_id`."""
    answer = body(request(client, "GET", BALANCES))
    yield [{**{name: answer.get(name) for name in BALANCE}, "merchant_id": answer.get("account_id")}]


RESOURCES = (
    Resource(
        "transactions",
        TRANSACTION,
        _transactions,
        key=("transaction_id", "transaction_event_code", "transaction_initiation_date", "transaction_currency_code"),
        cursor="transaction_initiation_date",
        lag=CHANGES_FOR,
        required=("transaction_info",),
    ),
    Resource(
        "disputes", DISPUTE, _disputes, key=("dispute_id",), cursor="update_time", lag=timedelta(days=1),
    ),
    # One answer per account; replaced by each reading.
    Resource("balances", BALANCE, _balances, key=("last_refresh_time",), snapshot=True),
)  # fmt: skip

CONNECTOR = Connector("paypal", API_VERSION, ("client_id", "client_secret"), connect, RESOURCES)
