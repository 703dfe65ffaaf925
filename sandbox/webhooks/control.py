"""The operator's side door to webhooks: who subscribes, what goes wrong on the way, what happens in the shop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from sandbox.webhooks.vendors import VENDORS

if TYPE_CHECKING:
    from sandbox.world import World


def routes(world: World) -> list[BaseRoute]:
    """Paths under /_control."""

    async def webhooks(request: Request) -> Response:
        if request.method == "DELETE":
            world.webhooks.unsubscribe()
        if request.method == "POST":
            try:
                subscribe(world, **await request.json())
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse(world.webhooks.rows(), 201 if request.method == "POST" else 200)

    async def webhook_faults(request: Request) -> Response:
        if request.method == "DELETE":
            world.webhooks.clear_faults()
        if request.method == "POST":
            try:
                world.webhooks.arm(**await request.json())
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"faults": world.webhooks.rows()["faults"]})

    async def happenings(request: Request) -> Response:
        from sandbox.happenings import HAPPENINGS

        asked = await request.json()
        happen = HAPPENINGS.get(str(asked.get("kind")))
        try:
            if happen is None:
                raise ValueError(f"nothing of that kind happens here; there are {', '.join(HAPPENINGS)}")
            happen(world, asked)
        except KeyError as error:
            return JSONResponse({"error": f"missing {error}"}, 400)
        except (TypeError, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"kind": asked["kind"], "now": world.clock.now().isoformat()}, 201)

    return [
        Route("/webhooks", webhooks, methods=["GET", "POST", "DELETE"]),
        Route("/webhook_faults", webhook_faults, methods=["POST", "DELETE"]),
        Route("/happenings", happenings, methods=["POST"]),
    ]


def subscribe(
    world: World,
    url: str,
    platforms: list[str] | None = None,
    topics: list[str] | None = None,
    pace: float = 1.0,
) -> None:
    """Every platform (or those named) tells `<url>/<platform>`, signed with the secret the sandbox hands out."""
    for platform in platforms or sorted(VENDORS):
        secret = secret_of(platform)
        world.webhooks.subscribe(platform, f"{url.rstrip('/')}/{platform}", secret, topics or (), pace)


def secret_of(platform: str) -> str:
    """What this sandbox signs a platform's webhooks with; PayPal signs with a key, for a webhook of this id."""
    from sandbox.server import CREDENTIALS, EUROPE_CREDENTIALS

    names: dict[str, Any] = {**EUROPE_CREDENTIALS, **CREDENTIALS}.get(platform, {})
    secret = names.get("webhook_secret") or names.get("webhook_id")
    if not secret:
        raise ValueError(f"{platform!r} sends no webhooks; those that do: {', '.join(sorted(VENDORS))}")
    return str(secret)
