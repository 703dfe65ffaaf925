"""Shopify's Admin GraphQL, version 2026-10: one endpoint, its token, its cost accounting, its errors.

Not here: what the fields say (`shopify_orders`, `shopify_catalogue`, …) and the writes (`shopify_mutations`).
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING, Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from sandbox.platforms.shopify_cost import Bucket, actual_cost, query_cost
from sandbox.platforms.shopify_roots import root_fields
from sandbox.platforms.shopify_schema import SDL
from sandbox.platforms.shopify_webhooks import WEBHOOK_SDL

if TYPE_CHECKING:
    from sandbox.world import World

API_VERSION = "2026-10"


@cache
def schema() -> GraphQLSchema:
    """Our part of the Admin schema, executable."""
    built = build_schema(SDL + WEBHOOK_SDL)
    for name in ("Node", "PricingValue", "DiscountApplication"):
        built.type_map[name].resolve_type = lambda value, *_: value["__typename"]  # type: ignore[attr-defined]
    return built


def routes(world: World) -> list[BaseRoute]:
    """The one endpoint; another version in the path is answered by this one, as the vendor does with expired ones."""

    async def graphql(request: Request) -> Response:
        if request.headers.get("x-shopify-access-token") != _token():
            return unauthorized(world)
        body = await request.body()
        try:
            asked = json.loads(body)
            document, variables = asked["query"], asked.get("variables") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return _answer(world, body, {"errors": {"query": "Required parameter missing or invalid"}}, 400)
        return _answer(world, body, _execute(world, document, variables, asked.get("operationName")), 200)

    return [Route("/admin/api/{version}/graphql.json", graphql, methods=["POST"])]


def _token() -> str:
    from sandbox.server import CREDENTIALS

    return CREDENTIALS["shopify"]["access_token"]


def _execute(world: World, document: str, variables: dict[str, Any], operation: str | None) -> dict[str, Any]:
    try:
        parsed = parse(document)
    except GraphQLError as error:
        return {"errors": [error.formatted]}
    mistakes = validate(schema(), parsed)
    if mistakes:
        return {"errors": [error.formatted | {"extensions": {"code": "undefinedField"}} for error in mistakes]}
    bucket = world.state("shopify").setdefault("bucket", Bucket())
    cost = query_cost(parsed, variables)
    if not bucket.take(cost):
        return _throttled(bucket, cost)
    result: ExecutionResult = execute_sync(
        schema(), parsed, root_value=root_fields(world), variable_values=variables, operation_name=operation
    )
    answer: dict[str, Any] = {}
    if result.errors:
        answer["errors"] = [error.formatted for error in result.errors]
    if result.data is not None or not result.errors:
        answer["data"] = result.data
    actual = min(cost, actual_cost(result.data))
    bucket.refund(cost - actual)
    return answer | {"extensions": {"cost": bucket.report(cost, actual)}}


def _throttled(bucket: Bucket, cost: int) -> dict[str, Any]:
    error = {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
    }
    return {"errors": [error], "extensions": {"cost": bucket.report(cost, None)}}


def _answer(world: World, asked: bytes, body: dict[str, Any], status: int) -> Response:
    """JSON with the vendor's headers; the request id depends on what was asked and how often, not on chance."""
    state = world.state("shopify")
    state["requests"] = state.get("requests", 0) + 1
    digest = hashlib.sha256(asked + str((world.seed, state["requests"])).encode()).hexdigest()
    headers = {
        "X-Request-Id": f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}",
        "X-Shopify-API-Version": API_VERSION,
    }
    return Response(json.dumps(body, separators=(",", ":")), status, headers, "application/json; charset=utf-8")


def unauthorized(world: World) -> Response:
    """The vendor's answer to a wrong or expired token."""
    return _answer(
        world, b"", {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}, 401
    )


def too_many_requests(world: World) -> Response:
    """An empty bucket: HTTP 200 with an error in the body, which is the trap."""
    bucket = world.state("shopify").setdefault("bucket", Bucket())
    return _answer(world, b"", _throttled(bucket, 100), 200)


def server_error(world: World) -> Response:
    return _answer(world, b"", {"errors": "Internal Server Error"}, 500)
