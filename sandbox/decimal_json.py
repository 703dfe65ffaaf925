"""JSON whose amounts are numbers with two decimals (`10.50`), as vendors write them; a float would lose the digits."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from starlette.responses import Response

_MARK = re.compile(r'"\\u0000(-?[0-9.]+)"')


def amount(minor: int) -> Decimal:
    """Minor units of a two-decimal currency as a Decimal."""
    return Decimal(minor) / 100


def dumps(value: Any) -> bytes:
    """JSON text; every Decimal becomes a number with at least two decimals."""
    return _MARK.sub(r"\1", json.dumps(value, default=_number)).encode()


def loads(text: bytes | str) -> Any:
    """JSON value with exact decimals."""
    return json.loads(text, parse_float=Decimal)


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response with exact decimals."""
    return Response(dumps(value), status, headers, media_type="application/json")


def _number(value: Any) -> str:
    if not isinstance(value, Decimal):
        raise TypeError(f"not JSON: {type(value).__name__}")
    two = value.quantize(Decimal("0.01"))
    return f"\x00{two if two == value else value.normalize():f}"
