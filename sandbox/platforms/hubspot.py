"""HubSpot CRM v3: contacts (list, read, create, update, search, batch upsert and update) and the definitions of their properties.

Bearer token of a private app. Lists page with `limit` (at most 100) and `after`; search takes filter groups, sorts, at
most 200 rows a page and 10,000 a query. The vendor allows 190 calls in 10 seconds, which is the default here, and says
so in X-HubSpot-RateLimit-* headers (search answers carry none). Property values are strings, times ISO 8601 UTC; search
filters take milliseconds. Batch upsert is by email or an own unique property, 100 records, 207 when some fail and every
input has an `objectWriteTraceId`, otherwise all or nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.decimal_json import loads
from sandbox.pacing import Bucket, bucket
from sandbox.platforms.hubspot_contacts import Portal, Record, Refusal
from sandbox.platforms.hubspot_search import search

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE, BURST = 1140, 190
CONTACTS = "/crm/v3/objects/contacts"
PROPERTIES = "/crm/v3/properties/{kind}"

Handler = Callable[[Request], Awaitable[Response]]


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://api.hubapi.com."""
    state = world.state("hubspot")
    state["bucket"] = bucket("hubspot", PER_MINUTE, BURST)
    portal = state["portal"] = Portal(world)
    return [*_properties(world, portal), *_batches(world, portal), *_contacts(world, portal)]


def _contacts(world: World, portal: Portal) -> list[BaseRoute]:
    async def several(request: Request) -> Response:
        if request.method == "POST":
            values = (await _body(request)).get("properties", {})
            return JSONResponse(portal.show(portal.create(values)), 201)
        return JSONResponse(_page(portal, request))

    async def one(request: Request) -> Response:
        key, id_property = request.path_params["id"], request.query_params.get("idProperty", "hs_object_id")
        record = portal.find(id_property, key)
        if record is None or (record.is_archived and request.query_params.get("archived") != "true"):
            raise Refusal(404, "resource not found", "OBJECT_NOT_FOUND")
        if request.method == "DELETE":
            portal.archive(record)
            return Response(status_code=204)
        if request.method == "PATCH":
            portal.update(record, (await _body(request)).get("properties", {}))
        return JSONResponse(portal.show(record, _names(request)))

    return [
        Route(CONTACTS, _guarded(world, several), methods=["GET", "POST"]),
        Route(f"{CONTACTS}/{{id}}", _guarded(world, one), methods=["GET", "PATCH", "DELETE"]),
    ]


def _batches(world: World, portal: Portal) -> list[BaseRoute]:
    async def find(request: Request) -> Response:
        return JSONResponse(search(portal, await _body(request)))

    async def upsert(request: Request) -> Response:
        return _upsert(world, portal, await _body(request))

    async def update(request: Request) -> Response:
        return _upsert(world, portal, await _body(request), may_create=False)

    async def read(request: Request) -> Response:
        body = await _body(request)
        by = body.get("idProperty") or "hs_object_id"
        asked = [str(item["id"]) for item in body.get("inputs", [])]
        if not 1 <= len(asked) <= 100:
            raise Refusal(400, "The number of inputs must be between 1 and 100", "VALIDATION_ERROR")
        found = {key: portal.find(by, key) for key in asked}
        names = tuple(body.get("properties") or ())
        there = {key: record for key, record in found.items() if record is not None and not record.is_archived}
        answer = _batch(world, [portal.show(record, names) for record in there.values()])
        absent = [key for key in asked if key not in there]
        if not absent:
            return JSONResponse(answer)
        message = "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."
        error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": message, "context": {"ids": absent}}
        return JSONResponse({**answer, "numErrors": 1, "errors": [{**error, "errors": [], "links": {}}]}, 207)

    return [
        Route(f"{CONTACTS}/search", _guarded(world, find, has_rates=False), methods=["POST"]),
        Route(f"{CONTACTS}/batch/upsert", _guarded(world, upsert), methods=["POST"]),
        Route(f"{CONTACTS}/batch/update", _guarded(world, update), methods=["POST"]),
        Route(f"{CONTACTS}/batch/read", _guarded(world, read), methods=["POST"]),
    ]


def _properties(world: World, portal: Portal) -> list[BaseRoute]:
    async def several(request: Request) -> Response:
        _only_contacts(request)
        if request.method == "POST":
            return JSONResponse(portal.define(await _body(request)), 201)
        return JSONResponse({"results": list(portal.definitions.values())})

    async def one(request: Request) -> Response:
        _only_contacts(request)
        found = portal.definitions.get(request.path_params["name"])
        if found is None:
            raise Refusal(404, f"Property {request.path_params['name']} does not exist", "OBJECT_NOT_FOUND")
        return JSONResponse(found)

    return [
        Route(PROPERTIES, _guarded(world, several), methods=["GET", "POST"]),
        Route(f"{PROPERTIES}/{{name}}", _guarded(world, one)),
    ]


def unauthorized(world: World) -> Response:
    """A token that is missing, wrong or expired."""
    message = "Authentication credentials not found. This API supports OAuth 2.0 authentication."
    return _error(world, 401, message, "INVALID_AUTHENTICATION")


def too_many_requests(world: World) -> Response:
    """The ten-second policy was exceeded."""
    correlation = _correlation(world)
    body = {
        "status": "error",
        "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT",
        "correlationId": correlation,
        "policyName": "TEN_SECONDLY_ROLLING",
        "groupName": f"publicapi:private-apps-api-calls-ten-secondly:{correlation[:8]}",
        "category": "RATE_LIMITS",
    }
    return JSONResponse(body, 429)


def server_error(world: World) -> Response:
    """Their internal error."""
    return _error(world, 500, "internal error", "INTERNAL_ERROR")


def _guarded(world: World, handler: Handler, has_rates: bool = True) -> Handler:
    from sandbox.server import CREDENTIALS

    expected = f"Bearer {CREDENTIALS['hubspot']['access_token']}"

    async def endpoint(request: Request) -> Response:
        if request.headers.get("authorization") != expected:
            return unauthorized(world)
        pace: Bucket = world.state("hubspot")["bucket"]
        if not pace.take():
            return too_many_requests(world)
        try:
            response = await handler(request)
        except Refusal as refusal:
            response = _error(world, refusal.status, str(refusal), refusal.category, refusal.errors)
        return _with_rates(response, pace) if has_rates else response

    return endpoint


def _with_rates(response: Response, pace: Bucket) -> Response:
    second = int(pace.per_minute / 60)
    rates = {
        "Daily": 650_000,
        "Daily-Remaining": 640_000,
        "Interval-Milliseconds": 10_000,
        "Max": int(pace.capacity),
        "Remaining": pace.remaining,
        "Secondly": second,
        "Secondly-Remaining": min(second, pace.remaining),
    }
    for name, value in rates.items():
        response.headers[f"X-HubSpot-RateLimit-{name}"] = str(value)
    return response


def _error(
    world: World, status: int, message: str, category: str, errors: list[dict[str, Any]] | None = None
) -> Response:
    body = {"status": "error", "message": message, "correlationId": _correlation(world), "category": category}
    return JSONResponse({**body, "errors": errors} if errors else body, status)


def _correlation(world: World) -> str:
    state = world.state("hubspot")
    state["errors"] = state.get("errors", 0) + 1
    return str(uuid5(NAMESPACE_URL, f"hubspot error {state['errors']}"))


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise Refusal(400, "Invalid input JSON", "VALIDATION_ERROR")
    return body


def _names(request: Request) -> tuple[str, ...]:
    return tuple(name for text in request.query_params.getlist("properties") for name in text.split(",") if name)


def _only_contacts(request: Request) -> None:
    if request.path_params["kind"] not in {"contacts", "contact", "0-1"}:
        raise Refusal(400, f"Unable to infer object type from: {request.path_params['kind']}", "VALIDATION_ERROR")


def _page(portal: Portal, request: Request) -> dict[str, Any]:
    """A page of the list, by id; `after` is the id the next page starts after."""
    query = request.query_params
    limit, after = int(query.get("limit", 10)), int(query.get("after", 0))
    if not 1 <= limit <= 100:
        raise Refusal(400, "The requested limit must be between 1 and 100", "VALIDATION_ERROR")
    is_archived = query.get("archived", "false") == "true"
    rest = [
        record for record in portal.records.values() if record.is_archived is is_archived and int(record.key) > after
    ]
    shown = sorted(rest, key=lambda record: int(record.key))[:limit]
    body: dict[str, Any] = {"results": [portal.show(record, _names(request)) for record in shown]}
    if len(rest) > limit:
        last = shown[-1].key
        link = f"https://api.hubapi.com{CONTACTS}?after={last}&limit={limit}"
        body["paging"] = {"next": {"after": last, "link": link}}
    return body


def _batch(world: World, results: list[dict[str, Any]]) -> dict[str, Any]:
    now = Portal.text(world.clock.now())
    return {"status": "COMPLETE", "results": results, "startedAt": now, "completedAt": now}


def _upsert(world: World, portal: Portal, body: dict[str, Any], may_create: bool = True) -> Response:
    """Create (unless only updates are wanted) or update each input; which one failed is told by its trace id."""
    inputs = body.get("inputs") or []
    if not 1 <= len(inputs) <= 100:
        raise Refusal(400, "The number of inputs must be between 1 and 100", "VALIDATION_ERROR")
    keys = [(item.get("idProperty"), str(item.get("id", "")).lower()) for item in inputs]
    if len(set(keys)) < len(keys):
        raise Refusal(400, "Duplicate IDs found in batch input", "VALIDATION_ERROR")
    problems = [portal.problem(item, may_create) for item in inputs]
    if any(problems):
        traced = {item.get("objectWriteTraceId") for item in inputs}
        if None in traced or len(traced) < len(inputs):
            raise next(problem for problem in problems if problem)
    results, errors = [], []
    for item, problem in zip(inputs, problems, strict=True):
        if problem:
            errors.append(_batch_error(item, problem))
            continue
        record, is_new = _upsert_one(portal, item)
        traced_by = {"objectWriteTraceId": item["objectWriteTraceId"]} if item.get("objectWriteTraceId") else {}
        new = {"new": is_new} if may_create else {}
        results.append({**portal.show(record, tuple(item["properties"])), **new, **traced_by})
    answered = _batch(world, results)
    if not errors:
        return JSONResponse(answered)
    return JSONResponse({**answered, "numErrors": len(errors), "errors": errors}, 207)


def _upsert_one(portal: Portal, item: dict[str, Any]) -> tuple[Record, bool]:
    found = portal.find(item["idProperty"], str(item["id"]))
    if found is None or found.is_archived:
        return portal.create({**item["properties"], item["idProperty"]: item["id"]}), True
    portal.update(found, item["properties"])
    return found, False


def _batch_error(item: dict[str, Any], problem: Refusal) -> dict[str, Any]:
    context = {"objectWriteTraceId": [item["objectWriteTraceId"]], "ids": [str(item.get("id", ""))]}
    return {
        "status": "error",
        "category": problem.category,
        "message": str(problem),
        "context": context,
        "errors": problem.errors or [],
        "links": {},
    }
