"""The Xero twin's books in raw tables, read by the connector, and orders beside them to compare with."""

from __future__ import annotations

from typing import Any

from pipelines.connector import Record
from pipelines.extract import connector
from pipelines.settings import Connection
from sandbox.platforms.xero_books import Books
from sandbox.server import EUROPE_CREDENTIALS, Sandbox
from tests.transform.finance_rows import Story
from tests.transform.raw_rows import RawRows

ACCOUNT, ENTITY = "eu", "europe"


def held(sandbox: Sandbox) -> Books:
    found: Books = sandbox.world.state("xero")["books"]
    return found


def emptied(sandbox: Sandbox) -> Books:
    """The books with nothing in them."""
    found = held(sandbox)
    found.__init__(sandbox.world)  # type: ignore[misc]
    return found


def records(sandbox: Sandbox) -> dict[str, list[Record]]:
    """What the connector fetches, by resource."""
    sandbox.world.state("xero")["limits"].minute.refill()
    declared = connector("xero")
    names = {name: EUROPE_CREDENTIALS["xero"][name] for name in declared.credentials}
    with declared.connect(Connection("xero", ACCOUNT, f"{sandbox.url}/xero", names)) as client:
        return {one.name: [row for page in one.fetch(client, None) for row in page] for one in declared.resources}


def read(sandbox: Sandbox, **variables: Any) -> RawRows:
    """Everything the connector fetches, in raw tables, and its mapping as the union of all books."""
    rows = RawRows(**variables)
    rows.seed("accounts", {"platform": "xero", "account_id": ACCOUNT, "entity_id": ENTITY})
    rows.seed("entities", {"entity_id": ENTITY, "name": "E", "time_zone": "Europe/Berlin", "base_currency_code": "EUR"})
    for name, found in records(sandbox).items():
        rows.raw("xero", name, found, account_id=ACCOUNT)
    return rows.mapped("book_documents", "xero").mapped("book_lines", "xero")


def beside(rows: RawRows, story: Story) -> RawRows:
    """The story's orders, payments and refunds in canonical tables, as those of the entity the books belong to."""
    for noun, told in story.rows.items():
        rows.rows(f"can_{noun}", *[row | {"entity_id": ENTITY} for row in told])
    return rows
