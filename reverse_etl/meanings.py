"""What a destination's statuses and codes mean: one table per destination, and the error that follows from a row of it.

A code is more exact than a status, so its row is read first. What neither names falls to the general table in errors.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reverse_etl.destination import Answer
from reverse_etl.errors import CodeTable, DeliveryError, ErrorTable, Kind, Meaning, RejectedRecord, for_status

# Enough of the destination's words to act on; an answer may quote the whole payload back.
_WORDS = 300
# A person's address, and anything that looks like a key, stays out of messages whoever says it.
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
_SECRET = re.compile(r"(?i)\b(?:bearer|basic)\s+\S+|\b(?:pk|sk|ck|cs|rk|pat|shp\w{2})[_-][\w-]{6,}")
_CODE = re.compile(r"[\w.-]{1,80}")


@dataclass(frozen=True)
class Meanings:
    errors: ErrorTable = field(default_factory=dict)
    codes: CodeTable = field(default_factory=dict)
    # Seconds to wait, by code or status, where the vendor documents a wait that its answers do not carry.
    waits: Mapping[str, float] = field(default_factory=dict)
    # House words for codes that are bare numbers there.
    words: Mapping[str, str] = field(default_factory=dict)

    def of(self, status: int, code: str | None = None) -> Meaning:
        """The row of the code, else of the status; an unlisted code in a success refuses the record that it names."""
        row = self.codes.get(code) if code else None
        if row is not None:
            return row
        return (RejectedRecord, Kind.VALIDATION) if 200 <= status < 300 else for_status(status, self.errors)

    def error(self, answer: Answer, code: Any = None, message: Any = None, cause: str | None = None) -> DeliveryError:
        """The error an answer, or one entry of its errors, stands for."""
        said = str(code) if code is not None and _CODE.fullmatch(str(code)) else None
        error, kind = self.of(answer.status, said)
        known = self.words.get(said or "") or said or f"http_{answer.status}"
        wait = retry_after(answer)
        if wait is None:
            wait = self.waits.get(said or "", self.waits.get(str(answer.status)))
        return error(
            f"{short(message) if message else known}{_reference(answer)}", kind=kind, code=known, wait=wait, cause=cause
        )


def retry_after(answer: Answer) -> float | None:
    """Seconds the destination asked to wait, when it said so in seconds."""
    said = answer.headers.get("retry-after", "").strip()
    return float(said) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", said, re.ASCII) else None


def short(message: Any) -> str:
    """The destination's words, cut, without addresses and keys."""
    return _SECRET.sub("…", _ADDRESS.sub("…", str(message)[: 2 * _WORDS]))[:_WORDS]


def _reference(answer: Answer) -> str:
    return f" (request {answer.request_id})" if answer.request_id else ""
