"""Xero Accounting API 2.0: one organisation's books, with its token service.

Bearer token of half an hour and `xero-tenant-id`; lists with `page`/`pageSize`, `where`, `order` and If-Modified-Since;
PUT creates, POST creates or updates by id or number; with `summarizeErrors=false` each record of a request is told
alone. `Idempotency-Key` repeats the first answer for a day, and only under the access token it was first sent with.
Limits as the vendor has them: 60 calls a minute, 5,000 a day, 5 at once; a 429 names the one that was met. The day is
the world's clock, the minute the machine's.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.decimal_json import answer, loads
from sandbox.kept_answers import KeptAnswers
from sandbox.pacing import window
from sandbox.platforms import xero_chart as chart
from sandbox.platforms import xero_people as people
from sandbox.platforms import xero_reading as reading
from sandbox.platforms import xero_settlements as settlements
from sandbox.platforms import xero_writes as writes
from sandbox.platforms.xero_books import KINDS, Books, Record, Refused, typed_documents
from sandbox.platforms.xero_limits import Limits, Throttled
from sandbox.platforms.xero_reports import trial_balance
from sandbox.platforms.xero_tokens import Tokens

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 60
KEYS_KEPT_FOR = timedelta(hours=24)
LONGEST_KEY = 128
API = "/api.xro/2.0"

Handler = Callable[[Request], Awaitable[Response]]


class Missing(Exception):
    """There is no such record."""


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://api.xero.com, and the token's as under https://identity.xero.com."""
    from sandbox.server import EUROPE_CREDENTIALS

    names = EUROPE_CREDENTIALS["xero"]
    state = world.state("xero")
    books = state["books"] = Books(world)
    people.type_all(books, typed_documents(world))
    tokens = state["tokens"] = Tokens(world, names["client_id"], names["client_secret"], "sandbox-xero-refresh-0")
    state["limits"] = Limits(world.clock, window("xero", PER_MINUTE))
    state["requests"] = KeptAnswers(world.clock, KEYS_KEPT_FOR)

    async def connections(request: Request) -> Response:
        if tokens.state_of(request.headers.get("authorization")) != "valid":
            return unauthorized(world)
        tenant = {"id": chart.identity("connection", 1), "tenantId": names["tenant_id"], "tenantType": "ORGANISATION"}
        times = {"createdDateUtc": "2026-01-05T09:00:00.0000000", "updatedDateUtc": "2026-01-05T09:00:00.0000000"}
        return JSONResponse([{**tenant, "tenantName": "Sandbox Europe", **times}])

    def guarded(handler: Callable[[Books, Request], Awaitable[Response]]) -> Handler:
        return _guarded(world, names["tenant_id"], books, handler)

    return [
        Route("/connect/token", tokens.grant, methods=["POST"]),
        Route("/connections", connections),
        Route(f"{API}/Organisation", guarded(_organisation)),
        Route(f"{API}/Journals", guarded(_journals)),
        Route(f"{API}/Reports/TrialBalance", guarded(_trial_balance)),
        Route(f"{API}/CreditNotes/{{id}}/Allocations", guarded(_allocations), methods=["PUT"]),
        Route(f"{API}/CreditNotes/{{id}}/Allocations/{{allocation}}", guarded(_take_off), methods=["DELETE"]),
        Route(f"{API}/{{name}}", guarded(_list)),
        Route(f"{API}/{{name}}", guarded(_write), methods=["PUT", "POST"]),
        Route(f"{API}/{{name}}/{{id}}", guarded(_one)),
        Route(f"{API}/{{name}}/{{id}}", guarded(_change), methods=["POST"]),
    ]


def unauthorized(world: World, detail: str = "TokenExpired: token expired") -> Response:
    body: Record = {
        "Type": None,
        "Title": "Unauthorized",
        "Status": 401,
        "Detail": detail,
        "Instance": None,
        "Extensions": {},
    }
    return JSONResponse(body, 401)


def too_many_requests(world: World) -> Response:
    return _throttled(Throttled("minute", 1))


def server_error(world: World) -> Response:
    return JSONResponse({"Type": None, "Title": "An error occurred", "Status": 500, "Detail": "An error occurred"}, 500)


async def _organisation(books: Books, request: Request) -> Response:
    return _enveloped(books, {"Organisations": [chart.organisation(books.currency, books.period_lock_date)]})


async def _journals(books: Books, request: Request) -> Response:
    return _enveloped(books, {"Journals": reading.journals(books, request.query_params, request.headers)})


async def _trial_balance(books: Books, request: Request) -> Response:
    said = request.query_params.get("date")
    on = date.fromisoformat(said) if said else books.world.clock.now().date()
    return _enveloped(books, {"Reports": [trial_balance(books, on)]})


async def _list(books: Books, request: Request) -> Response:
    name = _collection(request)
    rows, pagination = reading.listed(books, name, request.query_params, request.headers)
    return _enveloped(books, {**({"pagination": pagination} if pagination else {}), name: rows})


async def _one(books: Books, request: Request) -> Response:
    name = _collection(request)
    found = books.get(name, request.path_params["id"])
    if found is None:
        raise Missing
    return _enveloped(books, {name: [found]})


async def _allocations(books: Books, request: Request) -> Response:
    note = books.get("CreditNotes", request.path_params["id"])
    if note is None:
        raise Missing

    def allocate(body: Any) -> Record:
        return settlements.allocate(books, books.records["CreditNotes"][note["CreditNoteID"]], body)

    return await _applied(books, request, "Allocations", allocate)


async def _take_off(books: Books, request: Request) -> Response:
    note = books.get("CreditNotes", request.path_params["id"])
    if note is None:
        raise Missing
    return answer(chart.wire(settlements.take_off(books, note, request.path_params["allocation"])))


async def _write(books: Books, request: Request) -> Response:
    name, is_create = _collection(request), request.method == "PUT"

    def write(body: Any) -> Record:
        if name == "Payments":
            return settlements.pay(books, body)
        return writes.write(books, name, body, is_create=is_create)

    return await _applied(books, request, name, write)


async def _change(books: Books, request: Request) -> Response:
    name, key = _collection(request), request.path_params["id"]
    found = books.get(name, key)
    if found is None:
        raise Missing

    def change(body: Any) -> Record:
        if name == "Payments":
            return settlements.take_back(books, found, body)
        return writes.write(books, name, {**body, KINDS[name].id_field: found[KINDS[name].id_field]})

    return await _applied(books, request, name, change)


async def _applied(books: Books, request: Request, name: str, write: Callable[[Any], Record]) -> Response:
    """One write per element of the body, unless this token has sent this key before."""
    raw = await request.body()
    key = request.headers.get("idempotency-key")
    if key and len(key) > LONGEST_KEY:
        raise Refused("The Idempotency-Key is longer than 128 characters")
    kept: KeptAnswers = books.world.state("xero")["requests"]
    bound = f"{request.headers['authorization']} {key}" if key else None
    asked = (request.method, request.url.path, sha256(raw).hexdigest())
    known = kept.get(bound)
    if known is not None:
        if known[0] != asked:
            raise Refused("The Idempotency-Key was used with another request")
        return _enveloped(books, known[1][0], known[1][1])
    try:
        body = loads(raw)
    except ValueError:
        raise Refused("The request is not JSON") from None
    elements = body[name] if isinstance(body, dict) and isinstance(body.get(name), list) else [body]
    done = [_element(write, element) for element in elements]
    failed = [element for element in done if element.get("ValidationErrors")]
    is_summary = request.query_params.get("summarizeErrors", "true") != "false"
    content, status = ({name: done}, 200) if not (is_summary and failed) else (_validation_error(failed), 400)
    if bound:
        kept.keep(bound, asked, (content, status))
    return _enveloped(books, content, status)


def _element(write: Callable[[Any], Record], element: Any) -> Record:
    try:
        return {**write(element), "StatusAttributeString": "OK"}
    except Refused as refusal:
        errors = [{"Message": message} for message in refusal.messages]
        given = element if isinstance(element, dict) else {}
        return {**given, "HasErrors": True, "StatusAttributeString": "ERROR", "ValidationErrors": errors}


def _validation_error(elements: list[Record]) -> Record:
    message = "A validation exception occurred"
    return {"ErrorNumber": 10, "Type": "ValidationException", "Message": message, "Elements": elements}


def _collection(request: Request) -> str:
    name: str = request.path_params["name"]
    if name not in KINDS:
        raise Missing
    return name


def _guarded(
    world: World, tenant: str, books: Books, handler: Callable[[Books, Request], Awaitable[Response]]
) -> Handler:
    state = world.state("xero")

    async def endpoint(request: Request) -> Response:
        limits: Limits = state["limits"]
        state["calls"] = state.get("calls", 0) + 1
        correlation = chart.identity("call", state["calls"])
        response: Response
        standing = state["tokens"].state_of(request.headers.get("authorization"))
        if standing != "valid":
            response = unauthorized(world, *(() if standing == "expired" else ("AuthenticationUnsuccessful",)))
        elif request.headers.get("xero-tenant-id") != tenant:
            title = {"Type": None, "Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}
            response = JSONResponse(title, 403)
        else:
            try:
                with limits.call():
                    response = await _answer(request)
            except Throttled as throttled:
                response = _throttled(throttled)
            response.headers.update(limits.headers())
        response.headers["xero-correlation-id"] = correlation
        return response

    async def _answer(request: Request) -> Response:
        try:
            return await handler(books, request)
        except Missing:
            return JSONResponse({"Title": "Not Found", "Status": 404, "Detail": "The resource can not be found"}, 404)
        except Refused as refusal:
            errors = [{"Message": message} for message in refusal.messages]
            return _enveloped(books, _validation_error([{"ValidationErrors": errors}]), 400)

    return endpoint


def _throttled(throttled: Throttled) -> Response:
    headers = {"Retry-After": str(throttled.seconds), "X-Rate-Limit-Problem": throttled.problem}
    body = {"Title": "Too Many Requests", "Status": 429, "Detail": f"The {throttled.problem} limit is reached"}
    return JSONResponse(body, 429, headers=headers)


def _enveloped(books: Books, content: Record, status: int = 200) -> Response:
    now = books.world.clock.now()
    head = {"Id": chart.identity("answer", books.world.state("xero").get("calls", 0)), "Status": "OK"}
    if status != 200:
        return answer(chart.wire(content), status)
    return answer(chart.wire({**head, "ProviderName": "Sandbox", "DateTimeUTC": now, **content}))
