"""The outermost layer of the sandbox: decides whether a request meets an armed fault, and what becomes of it then."""

from __future__ import annotations

import asyncio
import json
from types import ModuleType
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.world import World

# Where batch answers keep their records, by any vendor.
_LISTS = ("results", "update")


class FaultGate:
    """Passes requests on to the twins, unless something is armed for them."""

    def __init__(self, app: ASGIApp, world: World, modules: dict[str, ModuleType]) -> None:
        self._app, self._world, self._modules = app, world, modules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_control"):
            await self._app(scope, receive, send)
            return
        platform = scope["path"].lstrip("/").split("/", 1)[0]
        path = scope["path"].removeprefix(f"/{platform}")
        fault = self._world.faults.take(platform, scope["method"], path)
        kind = fault.kind if fault is not None else ""
        if kind == "request_lost":
            _drop(send)
            return
        if kind == "slow" and fault is not None:
            await asyncio.sleep(fault.seconds)
        if kind in {"", "slow"}:
            await self._app(scope, receive, send)
            return
        if kind in {"reply_lost", "500_after", "garbage", "omit_record"}:
            said = _Said()
            await self._app(scope, receive, said.hear)
            if kind == "reply_lost":
                _drop(send)
                return
            answer = self._refusal(platform, "500") if kind == "500_after" else _spoiled(kind, said)
        else:
            answer = self._refusal(platform, kind)
        await answer(scope, receive, send)

    def _refusal(self, platform: str, kind: str) -> Response:
        """The vendor's own body for the status where the twin has one, else a plain one."""
        name, status = {
            "409": ("conflict", 409),
            "429": ("too_many_requests", 429),
            "500": ("server_error", 500),
            "503": ("service_unavailable", 503),
            "token_expired": ("unauthorized", 401),
        }[kind]
        make = getattr(self._modules.get(platform), name, None)
        if make is not None:
            answer: Response = make(self._world)
            return answer
        return JSONResponse({"errors": name.replace("_", " ")}, status_code=status)


class _Said:
    """An answer that was given and not sent."""

    def __init__(self) -> None:
        self.status, self.body = 200, b""

    async def hear(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")


def _spoiled(kind: str, said: _Said) -> Response:
    """The answer as a careless proxy would pass it on; a refusal stays what it is."""
    if said.status >= 300:
        return Response(said.body, said.status, media_type="application/json")
    if kind == "garbage":
        return Response("<html><body>OK", said.status, media_type="text/html")
    body: Any = json.loads(said.body) if said.body else {}
    records = next((body[name] for name in _LISTS if isinstance(body, dict) and body.get(name)), None)
    if records is None:
        # The answer was about one record.
        return JSONResponse({}, said.status)
    del records[-1:]
    return JSONResponse(body, said.status)


def _drop(send: Send) -> None:
    """Close the connection without a byte, as a cut wire would; needs uvicorn's own `send`."""
    cycle = getattr(send, "__self__", None)
    if cycle is None or not hasattr(cycle, "transport"):
        raise RuntimeError("connection faults need to be the outermost layer under uvicorn")
    cycle.disconnected = True  # uvicorn then neither answers for us nor logs an application's error
    cycle.transport.abort()
