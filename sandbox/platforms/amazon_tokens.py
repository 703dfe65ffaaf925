"""Login with Amazon: a refresh token that lasts brings access tokens of an hour; the client names itself in the form."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from sandbox.world import World

LIVES = timedelta(hours=1)


class Tokens:
    """Access tokens given out so far, by the world's clock."""

    def __init__(self, world: World, client_id: str, client_secret: str, refresh_token: str) -> None:
        self._world, self._client, self._refresh_token = world, (client_id, client_secret), refresh_token
        self._ends: dict[str, datetime] = {}

    def is_valid(self, token: str) -> bool:
        ends = self._ends.get(token)
        return ends is not None and self._world.clock.now() < ends

    def expire(self) -> None:
        """End every access token now, as a seller who takes the authorisation back would."""
        self._ends = dict.fromkeys(self._ends, self._world.clock.now())

    async def grant(self, request: Request) -> Response:
        """POST /auth/o2/token."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != self._client:
            return _refused(401, "invalid_client", "Client authentication failed")
        if form.get("grant_type") != "refresh_token":
            return _refused(400, "unsupported_grant_type", "The grant type is not supported")
        if form.get("refresh_token") != self._refresh_token:
            return _refused(400, "invalid_grant", "The request has an invalid grant parameter : refresh_token")
        token = f"sandbox-amazon-access-{len(self._ends) + 1}"
        self._ends[token] = self._world.clock.now() + LIVES
        return JSONResponse(
            {
                "access_token": token,
                "refresh_token": self._refresh_token,
                "token_type": "bearer",
                "expires_in": int(LIVES.total_seconds()),
            }
        )


def _refused(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
