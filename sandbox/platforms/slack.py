"""Slack incoming webhooks: `POST /services/T…/B…/…` with a JSON body that has a `text`; the answer is a bare word.

The address is the only credential. One message a second with a small burst, then 429 with `Retry-After`. Each message
is an effect of its own, under its text: the vendor has no key and knows no repeats. An unknown address is 404
`no_service`, a body that is no JSON object 400 `invalid_payload`, one without text 400 `no_text`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.decimal_json import loads
from sandbox.pacing import bucket

if TYPE_CHECKING:
    from sandbox.world import World

PER_MINUTE = 60
BURST = 10


def routes(world: World) -> list[BaseRoute]:
    """Paths as under https://hooks.slack.com."""
    state = world.state("slack")
    state["bucket"] = bucket("slack", PER_MINUTE, BURST)
    state["messages"] = []

    async def post(request: Request) -> Response:
        from sandbox.server import CREDENTIALS

        if request.path_params["address"] != CREDENTIALS["slack"]["webhook_token"]:
            return PlainTextResponse("no_service", 404)
        if not state["bucket"].take():
            return too_many_requests(world)
        try:
            asked = loads(await request.body())
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return PlainTextResponse("invalid_payload", 400)
        text = asked.get("text")
        if not isinstance(text, str) or not text.strip():
            return PlainTextResponse("no_text", 400)
        state["messages"].append({"text": text, "posted_at": world.clock.now()})
        world.effects.record("slack", "message_posted", text)
        return PlainTextResponse("ok")

    return [Route("/services/{address:path}", post, methods=["POST"])]


def unauthorized(_: World) -> Response:
    """A webhook that was switched off."""
    return PlainTextResponse("action_prohibited", 403)


def too_many_requests(_: World) -> Response:
    return PlainTextResponse("rate_limited", 429, {"Retry-After": "1"})


def server_error(_: World) -> Response:
    return PlainTextResponse("rollup_error", 500)
