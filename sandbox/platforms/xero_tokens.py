"""Who may call: access tokens of half an hour, refresh tokens that work once, and the client's own credentials.

A refresh gives a new pair and burns the old one; a burnt token is refused, so a client that loses the new pair is out.
`client_credentials` (the vendor's custom connection) gives an access token alone, as often as asked.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from sandbox.world import World

LIVES = timedelta(minutes=30)


class Tokens:
    """Tokens given out so far, by the world's clock."""

    def __init__(self, world: World, client_id: str, client_secret: str, first_refresh_token: str) -> None:
        self._world, self._client = world, (client_id, client_secret)
        self._refreshable, self._given = {first_refresh_token}, 0
        self._ends: dict[str, datetime] = {}

    def state_of(self, authorization: str | None) -> str:
        """`valid`, `expired` or `unknown`, for an Authorization header."""
        scheme, _, token = (authorization or "").partition(" ")
        ends = self._ends.get(token) if scheme.lower() == "bearer" else None
        if ends is None:
            return "unknown"
        return "valid" if self._world.clock.now() < ends else "expired"

    def expire(self) -> None:
        """End every access token now, as a revocation would."""
        self._ends = dict.fromkeys(self._ends, self._world.clock.now())

    async def grant(self, request: Request) -> Response:
        """POST /connect/token."""
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if self._caller(request, form) != self._client:
            return JSONResponse({"error": "invalid_client"}, 401)
        kind = form.get("grant_type")
        if kind == "client_credentials":
            return JSONResponse(self._answer())
        if kind != "refresh_token":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        spent = form.get("refresh_token", "")
        if spent not in self._refreshable:
            return JSONResponse({"error": "invalid_grant"}, 400)
        self._refreshable.remove(spent)
        answer = self._answer()
        fresh = f"sandbox-xero-refresh-{self._given}"
        self._refreshable.add(fresh)
        return JSONResponse({**answer, "refresh_token": fresh})

    def _answer(self) -> dict[str, str | int]:
        self._given += 1
        token = f"sandbox-xero-access-{self._given}"
        self._ends[token] = self._world.clock.now() + LIVES
        scope = "accounting.invoices accounting.contacts accounting.journals.read accounting.settings"
        return {"access_token": token, "expires_in": int(LIVES.total_seconds()), "token_type": "Bearer", "scope": scope}

    def _caller(self, request: Request, form: dict[str, str]) -> tuple[str, str]:
        scheme, _, code = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(code).decode().partition(":")
            except ValueError:
                return "", ""
            return name, secret
        return form.get("client_id", ""), form.get("client_secret", "")
