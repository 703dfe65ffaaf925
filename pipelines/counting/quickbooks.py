"""Documents by their own date, which has no time zone. What was deleted in the books stays in the raw tables, and is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import httpx

from pipelines.counting import Countable, PlatformCount
from pipelines.http import body, request
from pipelines.platforms.quickbooks import DOCUMENTS


def _counted(entity: str) -> Callable[[httpx.Client, date], PlatformCount]:
    def counted(client: httpx.Client, day: date) -> PlatformCount:
        query = f"select count(*) from {entity} where TxnDate = '{day}'"
        answer = body(request(client, "GET", "/query", params={"query": query}))
        return PlatformCount(answer["QueryResponse"]["totalCount"])

    return counted


def _kept(entity: str) -> str:
    return f"(account_id, id) not in (select (account_id, id) from raw_quickbooks.deletions where entity = '{entity}')"


COUNTABLE = {
    name: Countable(_counted(entity), "cast(txn_date as date)", kept=_kept(entity))
    for name, entity in DOCUMENTS.items()
}
