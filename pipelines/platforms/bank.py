"""A bank's statement export (CSV) → `raw_bank`: statement lines, and the lines refused with the reason.

* Version and sunset: a file; columns Date, Value date, Description, Reference, Amount, Currency, Id, in any order.
* Auth: none; give a folder of your own or an address only you can read.
* Rate limit: none.
* Paging: none, the file is read whole.
* Cursor and its lag: an export can't be asked for a part, so every run reads the file whole and merges by Id; the
  newest value date is remembered only to show how far the bank has been read. Lines of earlier files stay.
* Deletes: a bank does not delete; it books a reversal.
* Unit of money: major units as text with a point, like `-1234.50`; read as Decimal, never through a float.

The base URL is an address (`https://…`, with `/statements/statement.csv` added unless it ends in `.csv`) or a file
(`/data/statement.csv`, `file:///data/statement.csv`). A line that is not understood is refused alone: good lines load,
the refused one is a row of `rejected_lines` naming file, row, column and reason, with a digest instead of its text.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import httpx

from pipelines.connector import Connector, Record, Resource, snake
from pipelines.errors import ExtractionError, PlatformRefused
from pipelines.http import TIMEOUT, request
from pipelines.settings import Connection

API_VERSION = "csv-1"

COLUMNS = {
    "id": "text",
    "date": "date",
    "value_date": "date",
    "description": "text",
    "reference": "text",
    "amount": "decimal",
    "currency": "text",
}

REJECTED = {
    "file": "text",
    "row_number": "bigint",
    "column": "text",
    "reason": "text",
    "line_digest": "text",
}

# Fifteen whole digits: what is left below fits BIGINT minor units in every currency. No thousands separators, because
# `1,234` and `1.234` mean different amounts in different countries.
AMOUNT = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,6})?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CURRENCY = re.compile(r"[A-Z]{3}")


class RejectedLine(ExtractionError):
    """One line of a statement that is not understood; the others are."""

    def __init__(self, file: str, row_number: int, column: str | None, reason: str, line: str) -> None:
        super().__init__(f"{file} row {row_number}{f', column {column}' if column else ''}: {reason}")
        digest = hashlib.sha256(line.encode("utf-8", "surrogatepass")).hexdigest()
        self.row: Record = {
            "file": file,
            "row_number": row_number,
            "column": column,
            "reason": reason,
            "line_digest": digest,
        }


class LocalFile(httpx.BaseTransport):
    """Answers each request with one file, so that a path is read like an address."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if not self.path.is_file():
            return httpx.Response(404, text="no such file", request=request)
        return httpx.Response(200, content=self.path.read_bytes(), request=request)


def connect(connection: Connection) -> httpx.Client:
    """A client whose GET of its base URL answers the statement."""
    address = connection.base_url
    if address.startswith(("http://", "https://")):
        if not address.endswith(".csv"):
            address += "/statements/statement.csv"
        return httpx.Client(base_url=address, timeout=TIMEOUT)
    path = Path(address.removeprefix("file://")).expanduser().resolve()
    return httpx.Client(base_url=path.as_uri().replace("file://", "http://file"), transport=LocalFile(path))


def parse(content: bytes, file: str) -> Iterator[Record | RejectedLine]:
    """Rows and refusals of a statement, in the file's order. Raises PlatformRefused when the header is not ours."""
    # One line is one row: a stray quotation mark then costs its own line, not all that follow. Bytes that are not
    # UTF-8 become U+FFFD, which no bank writes.
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    header = _header(lines[0] if lines else "", file)
    seen: dict[str, Record] = {}
    for row_number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            row = _row(header, line, file, row_number)
            if seen.setdefault(row["id"], row) != row:
                raise RejectedLine(file, row_number, "id", "an earlier row has this Id and other values", line)
        except RejectedLine as refusal:
            yield refusal
        else:
            yield row


def _header(line: str, file: str) -> list[str]:
    header = [snake(name) for name in next(csv.reader([line]), [])]
    missing = sorted(set(COLUMNS) - set(header))
    doubled = sorted({name for name in header if header.count(name) > 1})
    if missing or doubled:
        raise PlatformRefused(f"{file} row 1: columns missing {missing}, columns twice {doubled}")
    return header


def _row(header: list[str], line: str, file: str, row_number: int) -> Record:
    def refuse(column: str | None, reason: str) -> RejectedLine:
        return RejectedLine(file, row_number, column, reason, line)

    if "\ufffd" in line or "\x00" in line:
        raise refuse(None, "is not UTF-8 text")
    try:
        cells = next(csv.reader([line], strict=True))
    except (csv.Error, StopIteration) as error:
        raise refuse(None, f"is not CSV on one line: {error}") from error
    if len(cells) != len(header):
        raise refuse(None, f"has {len(cells)} cells, the header has {len(header)}")
    row: Record = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    if not row["id"]:
        raise refuse("id", "is empty")
    for column in ("date", "value_date"):
        if not _is_day(row[column]):
            raise refuse(column, "is not a day written YYYY-MM-DD")
    if not AMOUNT.fullmatch(row["amount"]):
        raise refuse("amount", "is not a decimal number with a point and no thousands separators")
    if not CURRENCY.fullmatch(row["currency"].upper()):
        raise refuse("currency", "is not a three-letter code")
    return {**row, "amount": Decimal(row["amount"])}


def _is_day(text: str) -> bool:
    if not DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _read(client: httpx.Client) -> Iterator[Record | RejectedLine]:
    # The base URL is the file itself; joined with "" it would get a slash after its name.
    response = request(client, "GET", str(client.base_url).rstrip("/"))
    yield from parse(response.content, response.url.path.rstrip("/").rsplit("/", 1)[-1])


def _statement_lines(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    rows = [row for row in _read(client) if not isinstance(row, RejectedLine)]
    if rows:
        yield rows


def _rejected_lines(client: httpx.Client, _since: datetime | None) -> Iterator[list[Record]]:
    refused = [row.row for row in _read(client) if isinstance(row, RejectedLine)]
    if refused:
        yield refused


RESOURCES = (
    Resource(
        "statement_lines", COLUMNS, _statement_lines, cursor="value_date", required=("value_date", "amount", "currency")
    ),
    # The refusals of the file as it is now: a line put right disappears from here.
    Resource("rejected_lines", REJECTED, _rejected_lines, key=("file", "row_number"), snapshot=True),
)

CONNECTOR = Connector("bank", API_VERSION, (), connect, RESOURCES)
