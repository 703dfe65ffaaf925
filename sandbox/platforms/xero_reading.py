"""What a GET asks for: the `where` filter, `order`, pages, and the header that says since when."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from starlette.datastructures import Headers, QueryParams

from sandbox.platforms.xero_books import KINDS, Books, Record, Refused

PAGE = 100
LARGEST_PAGE = 1000
# Lists that come without pages, whatever is asked.
UNPAGED = {"Accounts", "TaxRates", "BankTransfers"}
_CONDITION = re.compile(
    r'\s*([A-Za-z.]+)\s*(==|!=|>=|<=|>|<)\s*("(?:[^"]*)"|DateTime\(\s*\d+\s*,\s*\d+\s*,\s*\d+[^)]*\)|guid\("[^"]*"\)|[\w.-]+)\s*'
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda have, want: have == want,
    "!=": lambda have, want: have != want,
    ">=": lambda have, want: have >= want,
    "<=": lambda have, want: have <= want,
    ">": lambda have, want: have > want,
    "<": lambda have, want: have < want,
}


def listed(books: Books, name: str, query: QueryParams, headers: Headers) -> tuple[list[Record], Record | None]:
    """Records a list request selects, and its `pagination` where the list has pages."""
    rows = [row for row in books.all(name) if _is_wanted(name, row, query)]
    since = modified_since(headers)
    if since is not None and name != "TaxRates":
        field = "CreatedDateUTC" if name == "BankTransfers" else "UpdatedDateUTC"
        rows = [row for row in rows if row[field].replace(microsecond=0) >= since]
    for condition in _conditions(query.get("where", "")):
        rows = [row for row in rows if condition(name, row)]
    field, _, direction = (query.get("order") or KINDS[name].id_field).partition(" ")
    rows.sort(key=lambda row: str(_field(row, field)), reverse=direction.upper() == "DESC")
    if name in UNPAGED or "page" not in query:
        return rows[: None if name in UNPAGED else PAGE], None
    page, size = _whole(query, "page", 1), min(_whole(query, "pageSize", PAGE), LARGEST_PAGE)
    pages = max(1, -(-len(rows) // size))
    pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(rows)}
    return rows[(page - 1) * size : page * size], pagination


def modified_since(headers: Headers) -> datetime | None:
    """`If-Modified-Since`, as an HTTP date or ISO; to the second."""
    said = headers.get("if-modified-since")
    if not said:
        return None
    try:
        moment = parsedate_to_datetime(said) if said[:1].isalpha() else datetime.fromisoformat(said)
    except ValueError:
        raise Refused("If-Modified-Since is not a date") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)


def _is_wanted(name: str, row: Record, query: QueryParams) -> bool:
    if name == "Contacts" and query.get("includeArchived") != "true" and row["ContactStatus"] != "ACTIVE":
        return False
    if name == "BankTransfers" and query.get("includeDeleted") != "true" and row["Status"] == "DELETED":
        return False
    wanted = (("InvoiceNumbers", "InvoiceNumber"), ("IDs", KINDS[name].id_field), ("Statuses", "Status"))
    return all(str(row.get(field)) in query[asked].split(",") for asked, field in wanted if query.get(asked))


def _conditions(where: str) -> Iterable[Callable[[str, Record], bool]]:
    if not where:
        return
    for part in re.split(r"\s+AND\s+|&&", where):
        found = _CONDITION.fullmatch(part)
        if found is None:
            raise Refused(f"QueryParseException: {part}")
        field, sign, text = found.groups()
        yield _condition(field, sign, _value(text))


def _condition(field: str, sign: str, wanted: Any) -> Callable[[str, Record], bool]:
    def holds(name: str, row: Record) -> bool:
        if name in {"BankTransactions", "Payments", "BankTransfers"} and field == "Reference":
            return False  # the vendor takes the filter and silently finds nothing
        have = _field(row, field)
        if isinstance(have, datetime):
            have = have.date()
        return have is not None and type(have) is type(wanted) and _COMPARE[sign](have, wanted)

    return holds


def _field(row: Record, path: str) -> Any:
    value: Any = row
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _value(text: str) -> Any:
    if text.startswith('"'):
        return text[1:-1]
    if text.startswith("guid"):
        return text[6:-2]
    if text.startswith("DateTime"):
        year, month, day = (int(part) for part in re.findall(r"\d+", text)[:3])
        return date(year, month, day)
    if text in {"true", "false"}:
        return text == "true"
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def _whole(query: QueryParams, name: str, default: int) -> int:
    said = query.get(name, str(default))
    if not said.isdigit() or int(said) < 1:
        raise Refused(f"{name} must be a positive number")
    return int(said)


def journals(books: Books, query: QueryParams, headers: Headers) -> list[Record]:
    """At most 100 journals with a number above `offset`."""
    offset, since = int(query.get("offset") or 0), modified_since(headers)
    rows = (row for row in books.journals if row["JournalNumber"] > offset)
    fresh = [row for row in rows if since is None or row["CreatedDateUTC"].replace(microsecond=0) >= since]
    return fresh[:PAGE]
