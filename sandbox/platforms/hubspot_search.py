"""HubSpot's search: filter groups (or) of filters (and), one sort, offset paging up to 10,000 rows."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.platforms.hubspot_contacts import Portal, Record, Refusal

OPERATORS = {"EQ", "NEQ", "LT", "LTE", "GT", "GTE", "BETWEEN", "IN", "NOT_IN", "HAS_PROPERTY", "NOT_HAS_PROPERTY"}
TIMES = {"createdate", "lastmodifieddate"}
MOST_ROWS = 10_000


def search(portal: Portal, body: dict[str, Any]) -> dict[str, Any]:
    """The answer of POST …/search."""
    limit, after = int(body.get("limit") or 10), int(body.get("after") or 0)
    if not 1 <= limit <= 200:
        raise Refusal(400, "The requested limit must be between 1 and 200", "VALIDATION_ERROR")
    if after + limit > MOST_ROWS:
        raise Refusal(400, "Paging is limited to 10,000 rows per query", "VALIDATION_ERROR")
    groups = [group.get("filters") or [] for group in body.get("filterGroups") or []]
    for item in (item for group in groups for item in group):
        _check(portal, item)
    found = [
        record
        for record in portal.records.values()
        if not record.is_archived
        and (not groups or any(all(_holds(record, item) for item in group) for group in groups))
    ]
    _sort(found, body.get("sorts") or [])
    shown = found[after : after + limit]
    answer: dict[str, Any] = {
        "total": len(found),
        "results": [portal.show(record, tuple(body.get("properties") or ())) for record in shown],
    }
    if after + limit < len(found):
        answer["paging"] = {"next": {"after": str(after + limit)}}
    return answer


def _check(portal: Portal, item: dict[str, Any]) -> None:
    if item.get("operator") not in OPERATORS:
        raise Refusal(400, f"Invalid operator {item.get('operator')}", "VALIDATION_ERROR")
    if item.get("propertyName") not in portal.definitions:
        raise Refusal(
            400,
            f"There was a problem with the request: unknown property {item.get('propertyName')}",
            "VALIDATION_ERROR",
        )
    if item["operator"] in {"LT", "LTE", "GT", "GTE", "EQ"} and item["propertyName"] in TIMES:
        _number(item.get("value"), item["propertyName"])


def _holds(record: Record, item: dict[str, Any]) -> bool:
    name, operator = item["propertyName"], item["operator"]
    have = _value(record, name)
    if operator in {"HAS_PROPERTY", "NOT_HAS_PROPERTY"}:
        return bool(have) is (operator == "HAS_PROPERTY")
    if operator in {"IN", "NOT_IN"}:
        return bool(have in item.get("values", [])) is (operator == "IN")
    if not have:
        return bool(operator == "NEQ")
    if operator == "BETWEEN":
        low, high = (_number(item.get(part), name) for part in ("value", "highValue"))
        return low <= _number(have, name) <= high
    if operator in {"EQ", "NEQ"}:
        return (have.lower() == str(item.get("value", "")).lower()) is (operator == "EQ")
    left, right = _number(have, name), _number(item.get("value"), name)
    return {"LT": left < right, "LTE": left <= right, "GT": left > right, "GTE": left >= right}[operator]


def _value(record: Record, name: str) -> str:
    if name == "createdate":
        return str(milliseconds(record.created_at))
    if name == "lastmodifieddate":
        return str(milliseconds(record.updated_at))
    return record.key if name == "hs_object_id" else record.values.get(name, "")


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _number(value: Any, name: str) -> Decimal:
    """A number, or for times also ISO 8601."""
    try:
        return Decimal(str(value))
    except InvalidOperation:
        pass
    try:
        parsed = datetime.fromisoformat(str(value))
    except ValueError:
        raise Refusal(400, f"{value} is not valid for {name}", "VALIDATION_ERROR") from None
    return Decimal(milliseconds(parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)))


def _sort(found: list[Record], sorts: list[Any]) -> None:
    if len(sorts) > 1:
        raise Refusal(400, "Only one sort is allowed", "VALIDATION_ERROR")
    found.sort(key=lambda record: int(record.key))
    for item in sorts:
        name = item.get("propertyName") if isinstance(item, dict) else str(item)
        is_descending = isinstance(item, dict) and item.get("direction") == "DESCENDING"
        is_number = name in TIMES or name == "hs_object_id"
        found.sort(key=lambda record: _key(_value(record, str(name)), is_number), reverse=is_descending)


def _key(value: str, is_number: bool) -> tuple[int, str]:
    return (int(value or 0), "") if is_number else (0, value)
