"""JSON whose bytes depend on the content alone: sorted keys, no spaces, Decimals written digit for digit."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

_NUMBER = re.compile(r'"\\u0001(-?[0-9]+(?:\.[0-9]+)?)\\u0001"')

_MARK = "\\u0001"


def dumps(value: Any) -> str:
    """The one text of a value; equal values give equal text."""
    text = _ENCODER.encode(value)
    return _NUMBER.sub(r"\1", text) if _MARK in text else text


def digest(value: Any) -> str:
    """128 bits of the canonical text, as 32 hex digits: a fingerprint and key, not a protection against forgery."""
    return hashlib.md5(dumps(value).encode(), usedforsecurity=False).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        # Marked and unquoted afterwards: json would only take a number by way of float.
        return f"\x01{value:f}\x01"
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a payload")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=_plain)
