"""PayPal: client-credentials tokens, Transaction Search, balances and disputes over the second company's account, read only.

* `/v1/oauth2/token` takes Basic auth and `grant_type=client_credentials`; a token lives 31,668 seconds of the world's clock.
* `/v1/reporting/transactions`: at most 31 days between `start_date` and `end_date`, `page_size` up to 500, three years
  back, three hours late, and `RESULTSET_TOO_LARGE` above 10,000 rows (`SANDBOX_PAYPAL_MOST_ROWS` lowers it). A window
  without rows has no `transaction_details`, because the vendor's contract wants at least one there.
* `/v1/reporting/balances`, `/v1/customer/disputes` and `/v1/customer/disputes/{id}`.

The vendor publishes no rate limit; 600 requests a minute are allowed here. Not here: how facts look (`paypal_objects`).
"""

from __future__ import annotations

import base64
import os
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.numbering import token as text_of
from sandbox.pacing import bucket
from sandbox.paypal_facts import Paypal
from sandbox.platforms import paypal_objects as objects
from sandbox.webhooks import paypal_key

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 600
LIFE = timedelta(seconds=31_668)
LATE_BY = timedelta(hours=3)
WINDOW = timedelta(days=31)
HISTORY = timedelta(days=3 * 366)
MOST_ROWS = 10_000
FILTERS = {
    "transaction_id": "transaction_id",
    "transaction_type": "transaction_event_code",
    "transaction_status": "transaction_status",
}
KNOWN = {
    *FILTERS, "start_date", "end_date", "fields", "balance_affecting_records_only", "page_size", "page",
    "transaction_amount", "transaction_currency", "payment_instrument_type", "store_id", "terminal_id",
}  # fmt: skip

Answer = Callable[["World", Paypal, Request], Response]


class Refused(Exception):
    """A request the vendor refuses; carries the answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://api-m.paypal.com."""
    europe = world.europe
    if europe is None or europe.paypal is None:
        return []
    state = world.state("paypal")
    state["bucket"] = bucket("paypal", PER_MINUTE)
    state["most_rows"] = int(os.environ.get("SANDBOX_PAYPAL_MOST_ROWS") or MOST_ROWS)
    account = europe.paypal

    async def issue(request: Request) -> Response:
        return _issue(world, request, (await request.body()).decode())

    def guarded(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def handle(request: Request) -> Response:
            if not _is_known_token(world, request):
                return unauthorized(world)
            if not state["bucket"].take():
                return too_many_requests(world)
            try:
                return answer(world, account, request)
            except Refused as refused:
                return refused.response

        return handle

    async def signing_certificate(_: Request) -> Response:
        # Public, as the vendor's is: whoever receives a webhook fetches it.
        return Response(paypal_key.certificate(), media_type="application/x-pem-file")

    return [
        Route(paypal_key.PATH, signing_certificate),
        Route("/v1/oauth2/token", issue, methods=["POST"]),
        Route("/v1/reporting/transactions", guarded(_transactions)),
        Route("/v1/reporting/balances", guarded(_balances)),
        Route("/v1/customer/disputes", guarded(_disputes)),
        Route("/v1/customer/disputes/{id}", guarded(_dispute)),
    ]


def refusal(name: str, message: str, status: int, issue: str | None = None, field: str | None = None) -> Response:
    """PayPal's error envelope."""
    body: dict[str, Any] = {"name": name, "message": message, "debug_id": text_of(0, name, message, length=13).lower()}
    if issue:
        body["details"] = [{"issue": issue, "location": "query", **({"field": field} if field else {})}]
    return JSONResponse(body, status)


def unauthorized(_: World) -> Response:
    message = "Authentication failed due to missing authorization header, or invalid authentication credentials."
    return refusal("AUTHENTICATION_FAILURE", message, 401)


def too_many_requests(_: World) -> Response:
    """No Retry-After: the vendor documents none."""
    return refusal("RATE_LIMIT_REACHED", "Too many requests. Blocked due to rate limiting.", 429)


def server_error(_: World) -> Response:
    return refusal("INTERNAL_SERVER_ERROR", "An internal server error occurred.", 500)


def service_unavailable(_: World) -> Response:
    return refusal("SERVICE_UNAVAILABLE", "Service Unavailable.", 503)


def _bad(issue: str, field: str) -> Refused:
    message = "Request is not well-formed, syntactically incorrect, or violates schema."
    return Refused(refusal("INVALID_REQUEST", message, 400, issue, field))


def _issue(world: World, request: Request, body: str) -> Response:
    from sandbox.server import EUROPE_CREDENTIALS

    keys = EUROPE_CREDENTIALS["paypal"]
    wanted = base64.b64encode(f"{keys['client_id']}:{keys['client_secret']}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {wanted}":
        said = {"error": "invalid_client", "error_description": "Client Authentication failed"}
        return JSONResponse(said, 401)
    if dict(parse_qsl(body)).get("grant_type") != "client_credentials":
        return JSONResponse({"error": "unsupported_grant_type", "error_description": "Grant Type is NULL"}, 400)
    state = world.state("paypal")
    issued: dict[str, datetime] = state.setdefault("tokens", {})
    access = f"A21AA{text_of(world.seed, 'paypal token', len(issued), length=40)}"
    issued[access] = world.clock.now() + LIFE
    return JSONResponse(
        {
            "scope": "https://uri.paypal.com/services/reporting/search/read",
            "access_token": access,
            "token_type": "Bearer",
            "app_id": "APP-SANDBOX",
            "expires_in": int(LIFE.total_seconds()),
            "nonce": "sandbox",
        }
    )


def _is_known_token(world: World, request: Request) -> bool:
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    until: datetime | None = world.state("paypal").get("tokens", {}).get(given)
    return until is not None and until > world.clock.now()


def _moment(request: Request, name: str) -> datetime | None:
    """A date parameter; seconds and an offset are required by the vendor."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _bad("Invalid date passed", name) from None
    if found.tzinfo is None or len(text) < 20:
        raise _bad("Invalid date passed", name)
    return found


def _whole(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise _bad(f"{name} must be between 1 and {most}", name)
    return int(text)


def _transactions(world: World, account: Paypal, request: Request) -> Response:
    """One page of a window, oldest first."""
    query = request.query_params
    unknown = sorted(set(query) - KNOWN)
    if unknown:
        raise _bad("Unknown parameter", unknown[0])
    first, last = _moment(request, "start_date"), _moment(request, "end_date")
    if first is None or last is None:
        raise _bad("Required parameter is missing", "start_date" if first is None else "end_date")
    now = world.clock.now()
    if last < first or last - first > WINDOW:
        raise _bad("Date range is greater than 31 days", "end_date")
    if first < now - HISTORY:
        raise _bad("Data for the given start date is not available.", "start_date")
    size, page = _whole(request, "page_size", 100, 500), _whole(request, "page", 1, 2_147_483_647)
    known_until = now - LATE_BY
    shown = [
        objects.transaction(account, entry, query.get("fields", "transaction_info"))
        for entry in account.entries
        if first <= entry.initiated_at <= min(last, known_until)
    ]
    for name, key in FILTERS.items():
        if name in query:
            shown = [row for row in shown if row["transaction_info"].get(key) == query[name]]
    if len(shown) > world.state("paypal")["most_rows"]:
        message = "Result set size is greater than the maximum limit. Change the filter criteria and try again."
        raise Refused(refusal("RESULTSET_TOO_LARGE", message, 400))
    body = {
        **({"transaction_details": rows} if (rows := shown[(page - 1) * size : page * size]) else {}),
        "account_number": account.account_id,
        "start_date": objects.when(account, first),
        "end_date": objects.when(account, min(last, known_until)),
        "last_refreshed_datetime": objects.when(account, known_until),
        "page": page,
        "total_items": len(shown),
        "total_pages": -(-len(shown) // size),
        "links": [{"href": str(request.url), "rel": "self", "method": "GET"}],
    }
    return JSONResponse(body)


def _balances(world: World, account: Paypal, request: Request) -> Response:
    """The balances of each currency at a moment, three hours late."""
    known_until = world.clock.now() - LATE_BY
    at = min(_moment(request, "as_of_time") or known_until, known_until)
    return JSONResponse(objects.balances(account, at, known_until, request.query_params.get("currency_code")))


def _disputes(world: World, account: Paypal, request: Request) -> Response:
    """Cases, newest change first; `update_time_after` and `update_time_before` are open ends."""
    size = _whole(request, "page_size", 10, 50)
    after, before = _moment(request, "update_time_after"), _moment(request, "update_time_before")
    found = [
        dispute
        for dispute in sorted(account.disputes, key=lambda item: (item.updated_at, item.dispute_id), reverse=True)
        if (after is None or dispute.updated_at > after) and (before is None or dispute.updated_at < before)
    ]
    try:
        start = int(base64.b64decode(request.query_params.get("next_page_token", "") or b"MA==").decode())
    except ValueError:
        raise _bad("Invalid token", "next_page_token") from None
    links = [{"href": str(request.url), "rel": "self", "method": "GET"}]
    if start + size < len(found):
        following = request.url.include_query_params(
            next_page_token=base64.b64encode(str(start + size).encode()).decode()
        )
        links.append({"href": str(following), "rel": "next", "method": "GET"})
    rows = [objects.dispute_summary(account, dispute) for dispute in found[start : start + size]]
    return JSONResponse({**({"items": rows} if rows else {}), "links": links})


def _dispute(_: World, account: Paypal, request: Request) -> Response:
    wanted = request.path_params["id"]
    found = next((dispute for dispute in account.disputes if dispute.dispute_id == wanted), None)
    if found is None:
        return refusal("RESOURCE_NOT_FOUND", "The specified resource does not exist.", 404)
    return JSONResponse(objects.dispute(account, found))
