"""Stripe v1: charges, refunds, disputes, balance transactions, payouts and the balance, over one automatic payout account.

Lists are newest first with `limit` (1-100), `starting_after`, `ending_before` and `created[gte|gt|lte|lt]`; bodies are
form-encoded; a POST with an `Idempotency-Key` is executed once and its answer replayed. Bearer auth. The vendor allows
100 requests a second live, which is the default here. Amounts are minor units, currencies lower case, times Unix seconds.
Documented at docs.stripe.com/api. How facts look in Stripe's words is in `stripe_objects.py`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.kept_answers import KeptAnswers
from sandbox.pacing import bucket
from sandbox.platforms import stripe_objects as objects
from sandbox.platforms.stripe_refunds import create_refund
from sandbox.timeline import Timeline

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 6000
# The vendor promises at least a day.
KEYS_KEPT_FOR = timedelta(hours=24)
CREATED = ("created", "created[gte]", "created[gt]", "created[lte]", "created[lt]")
PAGING = ("limit", "starting_after", "ending_before", "expand[]")

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Listing:
    """One list endpoint: where facts come from, how they are shown and what may be filtered by equality."""

    noun: str
    url: str
    facts: Callable[[], Sequence[Any]]
    show: Callable[[Any], dict[str, Any]]
    created: Callable[[Any], datetime]
    filters: tuple[str, ...] = ()


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://api.stripe.com."""
    state = world.state("stripe")
    state["bucket"] = bucket("stripe", PER_MINUTE, 100)
    found: list[BaseRoute] = []
    for listing in _listings(world):
        found.append(Route(listing.url, _guarded(world, _list(world, listing))))
        found.append(Route(f"{listing.url}/{{id}}", _guarded(world, _one(listing))))

    async def balance(_: Request) -> Response:
        # The object has no time of its own: a reader dates it by this header, which is the sandbox's clock.
        return JSONResponse(objects.balance(world), headers={"Date": format_datetime(world.clock.now(), usegmt=True)})

    async def refund(request: Request) -> Response:
        return await _once_per_key(world, request, create_refund)

    return [
        Route("/v1/balance", _guarded(world, balance)),
        Route("/v1/refunds", _guarded(world, refund), methods=["POST"]),
        *found,
    ]


def unauthorized(world: World) -> Response:
    """The body for a key that is wrong or expired."""
    return refusal("Invalid API Key provided: sk_****", 401)


def too_many_requests(world: World) -> Response:
    """No Retry-After: the vendor documents none."""
    message = "Too many requests hit the API too quickly. We recommend an exponential backoff of your requests."
    return refusal(message, 429, code="rate_limit", headers={"Stripe-Rate-Limited-Reason": "global-rate"})


def server_error(world: World) -> Response:
    """Something went wrong on their end."""
    return refusal("An unknown error occurred", 500, kind="api_error")


def refusal(
    message: str,
    status: int = 400,
    kind: str = "invalid_request_error",
    code: str | None = None,
    param: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Stripe's error envelope."""
    error = {"message": message, "type": kind, "code": code, "param": param}
    body = {"error": {key: value for key, value in error.items() if value is not None}}
    return JSONResponse(body, status, headers)


def _listings(world: World) -> tuple[Listing, ...]:
    return (
        Listing(
            "charge", "/v1/charges", lambda: world.charges, lambda fact: objects.charge(world, fact),
            lambda fact: fact.created_at, ("payment_intent", "customer", "transfer_group"),
        ),
        Listing(
            "refund", "/v1/refunds", lambda: world.refunds, lambda fact: objects.refund(world, fact),
            lambda fact: fact.created_at, ("charge", "payment_intent"),
        ),
        Listing(
            "dispute", "/v1/disputes", lambda: world.disputes, lambda fact: objects.dispute(world, fact),
            lambda fact: fact.opened_at, ("charge", "payment_intent"),
        ),
        Listing(
            "balance_transaction", "/v1/balance_transactions", lambda: world.movements,
            lambda fact: objects.balance_transaction(world, fact), lambda fact: fact.occurred_at,
            ("type", "source", "payout", "currency"),
        ),
        Listing(
            "payout", "/v1/payouts", lambda: world.payouts, lambda fact: objects.payout(world, fact),
            lambda fact: fact.created_at, ("status",),
        ),
    )  # fmt: skip


def _guarded(world: World, handler: Handler) -> Handler:
    """Authentication and pace, then the handler; every answer carries a Request-Id."""
    from sandbox.server import CREDENTIALS

    expected = f"Bearer {CREDENTIALS['stripe']['api_key']}"
    state = world.state("stripe")

    async def endpoint(request: Request) -> Response:
        given = request.headers.get("authorization")
        if given is None:
            response = refusal("You did not provide an API key.", 401)
        elif given != expected:
            response = unauthorized(world)
        elif not state["bucket"].take():
            response = too_many_requests(world)
        else:
            response = await handler(request)
        state["requests"] = state.get("requests", 0) + 1
        response.headers["Request-Id"] = f"req_{state['requests']:014d}"
        response.headers["Stripe-Version"] = request.headers.get("stripe-version", "2023-08-16")
        return response

    return endpoint


def _list(world: World, listing: Listing) -> Handler:
    async def endpoint(request: Request) -> Response:
        query = dict(request.query_params)
        unknown = sorted(set(query) - {*CREATED, *PAGING, *listing.filters})
        if unknown:
            return refusal(f"Received unknown parameter: {unknown[0]}", code="parameter_unknown", param=unknown[0])
        try:
            limit = int(query.get("limit", 10))
            low, high = _window(query, listing)
        except _NoSuch as missing:
            return _missing(listing.noun, str(missing), missing.param)
        except ValueError:
            return refusal("Invalid integer", code="parameter_invalid_integer", param="limit")
        if not 1 <= limit <= 100:
            return refusal("This value must be between 1 and 100.", code="parameter_invalid_integer", param="limit")
        page = _take(_matching(world, listing, query, low, high), limit + 1, "ending_before" in query)
        shown = page[-limit:] if "ending_before" in query else page[:limit]
        body = {"object": "list", "url": listing.url, "has_more": len(page) > limit, "data": shown}
        return JSONResponse(body)

    return endpoint


class _NoSuch(Exception):
    def __init__(self, key: str, param: str) -> None:
        super().__init__(key)
        self.param = param


def _window(query: dict[str, str], listing: Listing) -> tuple[int, int]:
    """Half-open range of positions (oldest first) that time filters and cursors leave."""
    facts = listing.facts()
    low, high = 0, len(facts)
    for name, moment in ((key, int(query[key])) for key in CREATED if key in query):
        # Seconds are whole here as at the vendor: "after second N" starts at N + 1.
        at = datetime.fromtimestamp(moment, UTC)
        here, after = _since(facts, at, listing), _since(facts, at + timedelta(seconds=1), listing)
        if name in {"created", "created[gte]"}:
            low = max(low, here)
        if name == "created[gt]":
            low = max(low, after)
        if name in {"created", "created[lte]"}:
            high = min(high, after)
        if name == "created[lt]":
            high = min(high, here)
    if "starting_after" in query:
        high = min(high, _position(facts, query["starting_after"], "starting_after"))
    if "ending_before" in query:
        low = max(low, _position(facts, query["ending_before"], "ending_before") + 1)
    return low, high


def _since(facts: Sequence[Any], moment: datetime, listing: Listing) -> int:
    if isinstance(facts, Timeline):
        return facts.since(moment)
    return sum(1 for fact in facts if listing.created(fact) < moment)


def _position(facts: Sequence[Any], key: str, param: str) -> int:
    found = facts.position(key) if isinstance(facts, Timeline) else _index(facts, key)
    if found is None:
        raise _NoSuch(key, param)
    return found


def _index(facts: Sequence[Any], key: str) -> int | None:
    return next((place for place, fact in enumerate(facts) if fact.dispute_id == key), None)


def _matching(world: World, listing: Listing, query: dict[str, str], low: int, high: int) -> Iterator[dict[str, Any]]:
    """Newest first, or oldest first when paging backwards; filters are equalities on what is shown."""
    facts = listing.facts()
    places: Iterable[int] = range(low, high) if "ending_before" in query else range(high - 1, low - 1, -1)
    if "payout" in query:  # the composition of an automatic payout is asked for by id, not searched
        wanted = {movement.movement_id for movement in world.movements_of_payout(query["payout"])}
        positions = (world.movements.position(key) for key in wanted)
        inside = [place for place in positions if place is not None and low <= place < high]
        places = sorted(inside, reverse="ending_before" not in query)
    equal = {name: query[name] for name in listing.filters if name in query and name != "payout"}
    for place in places:
        shown = listing.show(facts[place])
        if all(shown.get(name) == value for name, value in equal.items()):
            yield shown


def _take(rows: Iterator[dict[str, Any]], count: int, is_backwards: bool) -> list[dict[str, Any]]:
    taken = [row for row, _ in zip(rows, range(count), strict=False)]
    return taken[::-1] if is_backwards else taken


def _one(listing: Listing) -> Handler:
    async def endpoint(request: Request) -> Response:
        key = request.path_params["id"]
        facts = listing.facts()
        place = facts.position(key) if isinstance(facts, Timeline) else _index(facts, key)
        if place is None:
            return _missing(listing.noun, key, "id")
        return JSONResponse(listing.show(facts[place]))

    return endpoint


def _missing(noun: str, key: str, param: str) -> Response:
    status = 404 if param == "id" else 400
    return refusal(f"No such {noun}: '{key}'", status, code="resource_missing", param=param)


async def _once_per_key(
    world: World, request: Request, act: Callable[[World, dict[str, str]], dict[str, Any] | Response]
) -> Response:
    """Execute, or replay what the same key was answered; a refused request stores nothing."""
    text = (await request.body()).decode()
    form = dict(parse_qsl(text, keep_blank_values=True))
    key = request.headers.get("idempotency-key")
    if key is not None and len(key) > 255:
        return refusal("Idempotency keys must be at most 255 characters.", kind="idempotency_error")
    kept: KeptAnswers = world.state("stripe").setdefault("idempotency", KeptAnswers(world.clock, KEYS_KEPT_FOR))
    print_of = sha256(json.dumps([request.url.path, sorted(form.items())]).encode()).hexdigest()
    known = kept.get(key)
    if known is not None:
        fingerprint, answer = known
        if fingerprint != print_of:
            message = (
                f"Keys for idempotent requests can only be used with the same parameters first used with: '{key}'."
            )
            return refusal(message, kind="idempotency_error", headers={"Idempotency-Key": key or ""})
        return JSONResponse(answer, headers={"Idempotency-Key": key or "", "Idempotent-Replayed": "true"})
    answer = act(world, form)
    if isinstance(answer, Response):
        return answer
    if key is not None:
        kept.keep(key, print_of, answer)
    return JSONResponse(answer, headers={"Idempotency-Key": key} if key else None)
