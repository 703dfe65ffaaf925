"""QuickBooks's way of asking and refusing: paths, the query language, error codes, and names read as ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.answers import at, items, raise_for_error, unreadable
from reverse_etl.destination import Answer, ReferenceReads, References, Request
from reverse_etl.errors import ConfigurationError, InDoubt, Kind, RejectedRecord, RetryLater, StopSync
from reverse_etl.meanings import Meanings

# The company stands in the path; the client fills it in from the connection.
COMPANY = "/v3/company/{realm_id}"
MINOR_VERSION = "75"
PAGE = 1000

MEANINGS = Meanings(
    codes={
        "3200": (StopSync, Kind.AUTH),
        "003200": (StopSync, Kind.AUTH),
        "3100": (StopSync, Kind.AUTH),
        "003100": (StopSync, Kind.AUTH),
        "120": (StopSync, Kind.AUTH),
        "5020": (StopSync, Kind.AUTH),
        # The company's subscription has lapsed.
        "6190": (StopSync, Kind.AUTH),
        "3001": (RetryLater, Kind.THROTTLED),
        "003001": (RetryLater, Kind.THROTTLED),
        "10000": (InDoubt, Kind.TRANSIENT),
        # The query or the operation itself is wrong: no record would fare better.
        "4000": (ConfigurationError, Kind.VALIDATION),
        "4040": (ConfigurationError, Kind.VALIDATION),
        # Something the document names was made inactive, or is not there.
        "610": (RejectedRecord, Kind.GONE),
        "2500": (RejectedRecord, Kind.GONE),
        "5010": (RejectedRecord, Kind.CONFLICT),
        "6240": (RejectedRecord, Kind.CONFLICT),
        # Perhaps our own document of an attempt whose answer was lost: the look-up tells.
        "6140": (InDoubt, Kind.CONFLICT),
        "2090": (InDoubt, Kind.CONFLICT),
        "6210": (RejectedRecord, Kind.VALIDATION),
        "6000": (RejectedRecord, Kind.VALIDATION),
        "6070": (RejectedRecord, Kind.VALIDATION),
        "2010": (RejectedRecord, Kind.VALIDATION),
        "2020": (RejectedRecord, Kind.VALIDATION),
        "2050": (RejectedRecord, Kind.VALIDATION),
    },
    waits={"429": 60.0, "3001": 60.0, "003001": 60.0},
    words={
        "610": "inactive",
        "2500": "invalid_reference",
        "5010": "stale_object",
        "6140": "duplicate_number",
        "6210": "books_closed",
        "6240": "duplicate_name",
    },
)
# Troubles of the company, not of one document.
_CAUSES = {"6210": "the closing date of the books"}


def post(entity: str, body: Mapping[str, Any], request_key: str = "") -> Request:
    """A create or an update; a requestid repeats the first answer to the same body."""
    params = (
        {"requestid": request_key, "minorversion": MINOR_VERSION} if request_key else {"minorversion": MINOR_VERSION}
    )
    return Request("POST", f"{COMPANY}/{entity.lower()}", params, body)


def query(statement: str) -> Request:
    return Request("GET", f"{COMPANY}/query", {"query": statement, "minorversion": MINOR_VERSION})


def quoted(value: str) -> str:
    """A value as the query language writes it."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def rows(entity: str, answer: Answer) -> list[Any]:
    """The rows of a query's answer; raises when it is a fault or no answer to a query."""
    refuse(answer)
    response = at(answer.body, "QueryResponse")
    if not isinstance(response, Mapping):
        raise unreadable()
    return items(response, entity)


def refuse(answer: Answer) -> None:
    """Raise for a fault, which the gateway writes in lower case; its first error is the reason."""
    error = at(items(answer.body, "Fault", "Error"), 0) or at(items(answer.body, "fault", "error"), 0)
    said = [at(error, name) for name in ("code", "Detail", "detail", "Message", "message")]
    message = next((words for words in said[1:] if words), None)
    raise_for_error(answer, MEANINGS, said[0], message, _CAUSES.get(str(said[0])))


def name_of(table: str) -> str:
    """One of a table, in a sentence: accounts → account."""
    return table.rstrip("s")


def id_of(references: References, table: str, name: Any) -> str:
    """The books' id of what a document names; raises RejectedRecord where they have none."""
    found = references.get(table, {}).get(str(name))
    if found is None:
        raise RejectedRecord(
            f"QuickBooks has no {name_of(table)} '{name}': create or map it there",
            code=f"missing_{name_of(table)}",
            cause=f"{name_of(table)} {name}",
        )
    return found


# What a document names on one side, and the field of the entity that holds the name.
_TABLES = {
    "items": ("Item", "Name"),
    "accounts": ("Account", "AcctNum"),
    "customers": ("Customer", "DisplayName"),
    "terms": ("Term", "Name"),
}


def tables(*names: str) -> ReferenceReads:
    """Reads of these tables, name → id, page by page."""
    return ReferenceReads(requests={name: _page(name, 1) for name in names}, read=_read, next=_next_page)


def _read(table: str, answer: Answer) -> dict[str, str]:
    entity, name = _TABLES[table]
    return {str(at(row, name)): str(at(row, "Id")) for row in rows(entity, answer) if at(row, name) is not None}


def _next_page(table: str, answer: Answer) -> Request | None:
    start = next_start(_TABLES[table][0], answer)
    return _page(table, start) if start is not None else None


def next_start(entity: str, answer: Answer) -> int | None:
    """Pages are told by their first row, counted from 1; a full one may have another behind it."""
    found = rows(entity, answer)
    if len(found) < PAGE:
        return None
    start = at(answer.body, "QueryResponse", "startPosition")
    if not isinstance(start, int):
        raise unreadable()
    return start + len(found)


def _page(table: str, start: int) -> Request:
    entity, name = _TABLES[table]
    return query(f"select Id, {name} from {entity} orderby Id startposition {start} maxresults {PAGE}")
