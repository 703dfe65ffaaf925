"""The file a person works from while a destination is down: one row per delivery, in words and major units.

Values are packed into cells as text ("total: 96.80 USD"), because a spreadsheet rewrites bare numbers and dates when it
saves. Pure but for the two functions that read and write the file.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverse_etl.errors import ConfigurationError
from reverse_etl.money import major
from reverse_etl.plan import Delivery

# What must come back unchanged: it says what was to be done.
CHECKED = ("destination", "object", "action", "record_key", "put_in", "write", "lines", "replaces")
COLUMNS = (
    "delivery_id",
    *CHECKED,
    "money",
    "look_first",
    "after",
    "approved",
    "reason",
    "planned_at",
    "done",
    "destination_id",
)
_YES = {"yes", "y", "true", "x", "1", "done"}
_NO = {"", "no", "n", "false", "0", "not done"}
# A spreadsheet runs a cell that begins with one of these as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """A delivery and what a person must know beside its values."""

    delivery: Delivery
    # What to put where, so that a look-up finds it.
    marks: Mapping[str, str]
    # Records that must be there before.
    after: tuple[str, ...] = ()
    approved_by: tuple[str, ...] = ()
    # We sent it and do not know whether it arrived.
    look_first: bool = False
    # The order in which the sync declares its fields; the ledger keeps none.
    order: tuple[str, ...] = ()


def cells(row: Row) -> dict[str, str]:
    """The row as the file shows it; `done` and `destination_id` are the person's to fill."""
    delivery = row.delivery
    currency = delivery.currency_code
    found = {
        "delivery_id": delivery.delivery_id,
        "destination": delivery.destination,
        "object": delivery.object,
        "action": delivery.action,
        "record_key": delivery.record_key,
        # The destination's own names of fields, as they are.
        "put_in": _plain("\n".join(f"{name}: {value}" for name, value in row.marks.items())),
        "write": _packed(delivery.payload, row),
        "lines": "\n".join(f"{at}. {_packed(line, row, '; ')}" for at, line in enumerate(delivery.lines, start=1)),
        "replaces": _packed({change.field: change.before for change in delivery.changes}, row),
        "money": _money(delivery.money_minor, currency),
        "look_first": "yes: it was sent without an answer and may be there already" if row.look_first else "",
        "after": "\n".join(row.after),
        "approved": ", ".join(row.approved_by) or "NOT APPROVED",
        "reason": delivery.reason,
        "planned_at": f"{delivery.planned_at:%Y-%m-%d %H:%M} UTC" if delivery.planned_at else "",
        "done": "",
        "destination_id": "",
    }
    return {name: _harmless(value) for name, value in found.items()}


def was_done(said: str) -> bool | None:
    """What the `done` cell says; None when it says neither."""
    word = said.strip().lower()
    return True if word in _YES else False if word in _NO else None


def write_rows(file: Path, rows: Sequence[Mapping[str, str]]) -> None:
    """The file, on disk when this returns and readable by its owner alone: it holds customers' data."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    # The mark at the start tells spreadsheets that the text is UTF-8.
    with open(handle, "w", newline="", encoding="utf-8-sig") as out:
        writer = csv.DictWriter(out, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
        out.flush()
        os.fsync(out.fileno())


def read_rows(file: Path) -> list[dict[str, str]]:
    """The rows of a file that a person filled in, as a spreadsheet saved it: comma, semicolon or tab."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigurationError(f"{file} is not there", code="missing_file") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file} is not UTF-8: save it as CSV in UTF-8", code="bad_file") from None
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(text.splitlines(keepends=True), delimiter=max(",;\t", key=head.count))
    lacking = [name for name in ("delivery_id", "done") if name not in (reader.fieldnames or ())]
    if lacking:
        raise ConfigurationError(f"{file} lacks the column {' and '.join(lacking)}", code="bad_file")
    rows = ({name: _plain(value) for name, value in row.items() if name} for row in reader)
    return [row for row in rows if any(row.values())]


def _plain(value: Any) -> str:
    return str(value or "").replace("\r\n", "\n").replace("\r", "\n").strip()


def _packed(values: Mapping[str, Any], row: Row, seam: str = "\n") -> str:
    """Names and values as text; amounts in major units with their currency, what is empty left out."""
    said = []
    for name in sorted(values, key=lambda name: (row.order.index(name) if name in row.order else len(row.order), name)):
        value = values[name]
        if value is None or name == "line_number":
            continue
        if name.endswith("_minor") and isinstance(value, int):
            amount = _money(value, row.delivery.currency_code)
            said.append(f"{name.removesuffix('_minor').replace('_', ' ')}: {amount}")
        else:
            said.append(f"{name.replace('_', ' ')}: {value}")
    return _plain(seam.join(said))


def _money(minor: int | None, currency: str | None) -> str:
    if minor is None:
        return ""
    return f"{major(minor, currency)} {currency}" if currency else f"{minor} minor units"


def _harmless(value: str) -> str:
    return _plain(f"'{value}" if value.startswith(_FORMULA) else value)
