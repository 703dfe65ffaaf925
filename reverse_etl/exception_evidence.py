"""What of a request and its answer may be kept beside an exception, and how trouble of one cause is recognised.

Callers mask personal values by field name; here sizes are bounded, and headers and whatever is named like a credential
are left out at any depth, so that no caller can store them by mistake. Nothing here raises: it runs inside the
transaction that records an outcome, and odd evidence must not lose that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from reverse_etl import canonical_json
from reverse_etl.audit import storable

# Enough to act on. The whole of a row stays below a page of the store, also with ten thousand of them.
MESSAGE_CHARACTERS = 500
EVIDENCE_CHARACTERS = 4_000
_TEXT = 600
_ITEMS = 20
_DEPTH = 6
_SHORTEST_KEY = 4

LEFT_OUT = "[left out]"
_SECRET = re.compile(
    r"headers?$|authori[sz]ation|cookie|passw|secret|credential|api.?key|private.?key|bearer|signature"
    r"|(^|[_-])(access|refresh|auth|session|id)?[_-]?token$",
    re.IGNORECASE,
)
# Some destinations quote the request they refuse.
_QUOTED_SECRET = re.compile(r"\b(bearer|basic|token)\s+(?=\S*\d)[\w.~+/=-]{8,}", re.IGNORECASE)

_VARYING = (
    (re.compile(r"\(request [^)]*\)"), ""),
    (re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"), "…"),
    (re.compile(r"""(['"“‘`])[^'"”’`]*['"”’`]"""), "…"),
    # Ids and amounts; a plain word keeps the trouble apart from another.
    (re.compile(r"\b(?=\w*\d)[\w./:-]+"), "…"),
)


def evidence_text(evidence: Mapping[str, Any]) -> str:
    """Evidence as JSON text of bounded size, without headers and credentials."""
    kept = _kept(evidence, 0)
    text = canonical_json.dumps(kept)
    if len(text) <= EVIDENCE_CHARACTERS:
        return text
    # Each part gets its share as text; the short ones, such as the provider's request id, stay whole.
    share = EVIDENCE_CHARACTERS // (2 * max(len(kept), 1))
    return canonical_json.dumps({name: _cut(value, share) for name, value in kept.items()})


def message_text(message: str) -> str:
    """A message as it is stored: clean and cut."""
    return _discreet(message)[:MESSAGE_CHARACTERS]


def shape(message: str, record_key: str | None = None) -> str:
    """A message without what differs from record to record: equal shapes are one trouble."""
    text = message
    # A short key without a digit would be found in other words; one with a digit varies by the rule for ids.
    if record_key and len(record_key) >= _SHORTEST_KEY:
        text = re.sub(rf"(?<!\w){re.escape(record_key)}(?!\w)", "…", text)
    for pattern, replacement in _VARYING:
        text = pattern.sub(replacement, text)
    return re.sub(r"(…\W*)+", "…", " ".join(text.lower().split()))


def _kept(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        if depth >= _DEPTH:
            return "{…}"
        named = [(str(name)[:80], item) for name, item in list(value.items())[:_ITEMS]]
        return {name: LEFT_OUT if _SECRET.search(name) else _kept(item, depth + 1) for name, item in named}
    if isinstance(value, list | tuple):
        return "[…]" if depth >= _DEPTH else [_kept(item, depth + 1) for item in value[:_ITEMS]]
    if isinstance(value, str):
        return _discreet(value)[:_TEXT]
    if value is None or isinstance(value, bool | int | Decimal | date | datetime):
        return value
    # A float would be noise and an object may print a secret; what it was is enough.
    return str(value) if isinstance(value, float) else f"[{type(value).__name__}]"


def _discreet(text: str) -> str:
    return _QUOTED_SECRET.sub(rf"\1 {LEFT_OUT}", storable(text))


def _cut(value: Any, characters: int) -> Any:
    text = canonical_json.dumps(value)
    return value if len(text) <= characters else f"{text[:characters]}…"
