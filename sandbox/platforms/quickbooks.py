"""QuickBooks Online v3: one company's books, minor version 75.

Bearer token; `query` with 1-based paging (at most 1,000 rows), reads by id, creates and updates by POST, deletes by
`?operation=delete`, changes by `cdc`. A create with `requestid=` is done once and answered the same again; updates need
the current SyncToken. Amounts are JSON numbers with two decimals, MetaData times US Pacific with their offset, TxnDate a
bare date. The vendor allows 500 calls a minute per company (the default here) and 10 a second per app, which is not
enforced: a demo's client and tests share one machine, and the minute's limit already shows a client that does not pace.
How long a requestid is remembered is not published; a day here, so that a client which trusts it for ever is found out.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.decimal_json import answer, loads
from sandbox.kept_answers import KeptAnswers
from sandbox.pacing import bucket
from sandbox.platforms import quickbooks_chart as chart
from sandbox.platforms import quickbooks_writes as writes
from sandbox.platforms.quickbooks_books import Books, Record
from sandbox.platforms.quickbooks_faults import Fault
from sandbox.platforms.quickbooks_query import Query, QueryError, field_of, moment, parse

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 500
KEYS_KEPT_FOR = timedelta(hours=24)
READABLE = {
    name.lower(): name
    for name in ("SalesReceipt", "Invoice", "RefundReceipt", "CreditMemo", "Deposit", "JournalEntry", "Account", "Item",
                 "Customer", "Payment", "Term")
}  # fmt: skip
# Names that may be hidden: a query that does not ask for hidden ones gets none.
NAMES = {"Account", "Item", "Customer", "Term"}

Handler = Callable[[Request], Awaitable[Response]]


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://quickbooks.api.intuit.com."""
    state = world.state("quickbooks")
    state["bucket"] = bucket("quickbooks", PER_MINUTE)
    books = state["books"] = Books(world)
    company = "/v3/company/{realm}"

    async def query(request: Request) -> Response:
        text = request.query_params.get("query", "")
        if request.method == "POST":
            text = (await request.body()).decode()
        return _enveloped(world, {"QueryResponse": run(books, parse(text))})

    async def one(request: Request) -> Response:
        entity = READABLE.get(request.path_params["entity"])
        found = books.get(entity, request.path_params["id"]) if entity else None
        if entity is None or found is None:
            raise Fault(
                "610", "Object Not Found", "Object Not Found : Something you're trying to use has been made inactive."
            )
        return _enveloped(world, {entity: found})

    async def post(request: Request) -> Response:
        return await _post(books, request)

    async def changes(request: Request) -> Response:
        return _enveloped(world, {"CDCResponse": [{"QueryResponse": _changes(books, request)}]})

    return [
        Route(f"{company}/query", _guarded(world, query), methods=["GET", "POST"]),
        Route(f"{company}/cdc", _guarded(world, changes)),
        Route(f"{company}/{{entity}}", _guarded(world, post), methods=["POST"]),
        Route(f"{company}/{{entity}}/{{id}}", _guarded(world, one)),
    ]


def unauthorized(world: World) -> Response:
    """A token that is wrong or older than an hour; lower-case fault, as the gateway says it."""
    error = {
        "message": "message=AuthenticationFailed; errorCode=003200; statusCode=401",
        "detail": "Token expired: AB01",
        "code": "3200",
        "element": None,
    }
    return JSONResponse(
        {"warnings": None, "fault": {"error": [error], "type": "AUTHENTICATION"}, "requestId": None}, 401
    )


def too_many_requests(world: World) -> Response:
    """No Retry-After: the vendor says to wait a minute."""
    error = {"Message": "message=ThrottleExceeded; errorCode=003001; statusCode=429", "Detail": "", "code": "3001"}
    return JSONResponse({"Fault": {"Error": [error], "type": "THROTTLE"}, "time": _time(world)}, 429)


def server_error(world: World) -> Response:
    """The vendor's own failure."""
    fault = Fault(
        "10000", "An application error has occurred while processing your request", "System Failure Error", status=500
    )
    return _refusal(world, fault, "SystemFault")


def run(books: Books, query: Query) -> dict[str, Any]:
    """The QueryResponse of a parsed query."""
    entity = READABLE.get(query.entity.lower())
    if entity is None:
        raise QueryError(f"Metadata not found for entity '{query.entity}'")
    for condition in query.conditions:
        if entity == "Deposit" and condition.field.lower() == "docnumber":
            raise QueryError("Property DocNumber not found for Entity Deposit")
    rows = _matching(books, entity, query)
    if query.is_count:
        return {"totalCount": len(rows)}
    shown = [_pick(row, query.fields) for row in rows[query.start - 1 : query.start - 1 + query.size]]
    if not shown:
        return {}
    return {entity: shown, "startPosition": query.start, "maxResults": len(shown)}


def _matching(books: Books, entity: str, query: Query) -> list[Record]:
    """All rows of the query, kept until the books change, because clients page through them."""
    state = books.world.state("quickbooks")
    key = (entity, query.without_paging(), books.version, len(books.world.documents))
    if state.get("answered", (None, None))[0] == key:
        kept: list[Record] = state["answered"][1]
        return kept
    since, numbers = None, None
    for condition in query.conditions:
        if condition.field.lower() == "docnumber" and condition.operator == "=":
            numbers = condition.values
        # Typed documents lie in order of time, so the usual filter needs no scan.
        if condition.field.lower() == "metadata.lastupdatedtime" and condition.operator in {">", ">="}:
            since = moment(condition.values[0])
    asked = books.numbered(entity, numbers[0]) if numbers else books.records(entity, since)
    rows = [row for row in asked if all(item.holds(row) for item in query.conditions)]
    if entity in NAMES and not any(item.field.lower() == "active" for item in query.conditions):
        rows = [row for row in rows if row.get("Active", True)]
    for field, is_descending in reversed(query.order_by):
        rows.sort(key=lambda row: _sortable(field_of(row, field)), reverse=is_descending)
    state["answered"] = key, rows
    return rows


def _sortable(value: Any) -> tuple[int, Any]:
    if isinstance(value, int | Decimal):
        return 1, Decimal(value)
    text = str(value or "")
    if text[4:5] == "-" and "T" in text:
        return 1, datetime.fromisoformat(text).timestamp()
    return (1, int(text)) if text.isdigit() else (2, text)


def _pick(row: Record, fields: tuple[str, ...]) -> Record:
    if not fields:
        return row
    wanted = {field.split(".")[0].lower() for field in fields} | {"id"}
    return {name: value for name, value in row.items() if name.lower() in wanted}


def _changes(books: Books, request: Request) -> list[dict[str, Any]]:
    since = moment(request.query_params.get("changedSince", ""))
    found = []
    for name in request.query_params.get("entities", "").split(","):
        entity = READABLE.get(name.strip().lower())
        if entity is None:
            raise QueryError(f"'{name}' is not an entity")
        rows = [row for row in books.records(entity, since) if moment(row["MetaData"]["LastUpdatedTime"]) >= since]
        rows += [
            {
                "Id": row["Id"],
                "domain": "QBO",
                "status": "Deleted",
                "MetaData": {"LastUpdatedTime": row["MetaData"]["LastUpdatedTime"]},
            }
            for row in books.gone.get(entity, {}).values()
            if moment(row["MetaData"]["LastUpdatedTime"]) >= since
        ]
        shown = rows[:1000]
        found.append({entity: shown, "startPosition": 1, "maxResults": len(shown)} if shown else {})
    return found


async def _post(books: Books, request: Request) -> Response:
    world = books.world
    entity = READABLE.get(request.path_params["entity"])
    if entity not in writes.WRITABLE:
        raise Fault("4040", "Unsupported Operation", f"Operation on {request.path_params['entity']} is not supported")
    raw = await request.body()
    try:
        body = loads(raw)
    except ValueError:
        raise Fault("2010", "Request has invalid or unsupported property", "The request is not JSON") from None
    asked = request.query_params.get("requestid")
    operation = request.query_params.get("operation")
    kept: KeptAnswers = world.state("quickbooks").setdefault("requests", KeptAnswers(world.clock, KEYS_KEPT_FOR))
    name = (entity, operation, sha256(raw).hexdigest())
    known = kept.get(asked)
    if known is not None:
        first, result = known
        if first != name:
            raise Fault("2090", "Duplicate requestid", f"requestid {asked} was used with another request", "requestid")
        return _enveloped(world, result)
    change = writes.delete if operation == "delete" else writes.write
    result = {entity: change(books, entity, body)}
    if asked:
        kept.keep(asked, name, result)
    return _enveloped(world, result)


def _guarded(world: World, handler: Handler) -> Handler:
    from sandbox.server import CREDENTIALS

    names = CREDENTIALS["quickbooks"]
    state = world.state("quickbooks")

    async def endpoint(request: Request) -> Response:
        state["calls"] = state.get("calls", 0) + 1
        response = await _answer(request)
        response.headers["intuit_tid"] = f"1-sandbox-{state['calls']:08d}"
        return response

    async def _answer(request: Request) -> Response:
        if request.headers.get("authorization") != f"Bearer {names['access_token']}":
            return unauthorized(world)
        if request.path_params["realm"] != names["realm_id"]:
            fault = Fault(
                "3100", "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403", "", status=403
            )
            return _refusal(world, fault, "AuthorizationFault")
        if not state["bucket"].take():
            return too_many_requests(world)
        try:
            return await handler(request)
        except QueryError as error:
            return _refusal(world, Fault("4000", "Error parsing query", f"QueryParserError: {error}"))
        except Fault as fault:
            return _refusal(world, fault)

    return endpoint


def _refusal(world: World, fault: Fault, kind: str = "ValidationFault") -> Response:
    error = {"Message": fault.message, "Detail": fault.detail, "code": fault.code, "element": fault.element}
    return JSONResponse({"Fault": {"Error": [error], "type": kind}, "time": _time(world)}, fault.status)


def _enveloped(world: World, content: dict[str, Any]) -> Response:
    return answer({**content, "time": _time(world)})


def _time(world: World) -> str:
    return chart.pacific(world.clock.now())
