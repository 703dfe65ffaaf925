"""QuickBooks's query language, as much of it as integrations use, parsed for real.

select * | count(*) | Field, Field.Sub from Entity
    [where Field op 'value' [and …]] [orderby Field [asc|desc]] [startposition N] [maxresults M]
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

_TOKEN = re.compile(r"\s*(?:('(?:\\.|[^'\\])*')|(<=|>=|!=|[=<>(),*])|([A-Za-z_][\w.]*)|(-?\d+(?:\.\d+)?))")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda have, want: bool(have == want),
    "!=": lambda have, want: bool(have != want),
    "<": lambda have, want: bool(have < want),
    ">": lambda have, want: bool(have > want),
    "<=": lambda have, want: bool(have <= want),
    ">=": lambda have, want: bool(have >= want),
}


class QueryError(Exception):
    """The query can't be read or asks for what is not there; the text says where."""


@dataclass(frozen=True)
class Condition:
    field: str
    operator: str
    values: tuple[str, ...]

    def holds(self, record: dict[str, Any]) -> bool:
        have = field_of(record, self.field)
        if have is None:
            return False
        if self.operator == "like":
            pattern = "".join(".*" if part == "%" else re.escape(part) for part in re.split("(%)", self.values[0]))
            return re.fullmatch(pattern, str(have), re.IGNORECASE) is not None
        if self.operator == "in":
            return any(left == right for left, right in (_alike(have, value) for value in self.values))
        left, right = _alike(have, self.values[0])
        return _COMPARE[self.operator](left, right)


@dataclass(frozen=True)
class Query:
    entity: str
    fields: tuple[str, ...] = ()
    is_count: bool = False
    conditions: tuple[Condition, ...] = ()
    order_by: tuple[tuple[str, bool], ...] = ()
    start: int = 1
    size: int = 100

    def without_paging(self) -> Query:
        return replace(self, start=1, size=1)


def parse(text: str) -> Query:
    """The query, or QueryError."""
    return _Reader(_tokens(text)).query()


def field_of(record: dict[str, Any], path: str) -> Any:
    """`MetaData.LastUpdatedTime` of a record; None when any part is missing. Names are case-insensitive as there."""
    value: Any = record
    for part in path.split("."):
        if not isinstance(value, dict):
            return None
        value = next((inner for name, inner in value.items() if name.lower() == part.lower()), None)
    return value


def _alike(have: Any, want: str) -> tuple[Any, Any]:
    if isinstance(have, bool):
        return have, want.lower() == "true"
    if isinstance(have, int | Decimal):
        try:
            return have, Decimal(want)
        except InvalidOperation:
            raise QueryError(f"'{want}' is not a number") from None
    if "T" in str(have) and re.match(r"\d{4}-\d\d-\d\dT", str(have)):
        return moment(str(have)), moment(want)
    return str(have), want


def moment(text: str) -> datetime:
    """A time of a query; one without an offset is US Pacific, the vendor's own zone."""
    from sandbox.platforms.quickbooks_chart import PACIFIC

    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(f"'{text}' is not a date time") from None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=PACIFIC)


def _tokens(text: str) -> list[str]:
    found, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise QueryError(f"Encountered {text[place:].strip()[:20]!r} at position {place}")
        found.append(match.group().strip())
        place = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens

    def query(self) -> Query:
        self._expect("select")
        fields, is_count = self._fields()
        self._expect("from")
        query = Query(self._take(), fields, is_count)
        if self._accept("where"):
            conditions = [self._condition()]
            while self._accept("and"):
                conditions.append(self._condition())
            query = replace(query, conditions=tuple(conditions))
        if self._accept("orderby") or (self._accept("order") and self._accept("by")):
            query = replace(query, order_by=self._order())
        if self._accept("startposition"):
            query = replace(query, start=self._number("startposition"))
        if self._accept("maxresults"):
            query = replace(query, size=self._number("maxresults"))
        if self._tokens:
            raise QueryError(f"Encountered {self._tokens[0]!r} after the end of the query")
        if query.size > 1000:
            raise QueryError("maxresults must be at most 1000")
        return query

    def _fields(self) -> tuple[tuple[str, ...], bool]:
        if self._accept("*"):
            return (), False
        if self._accept("count"):
            for sign in ("(", "*", ")"):
                self._expect(sign)
            return (), True
        fields = [self._take()]
        while self._accept(","):
            fields.append(self._take())
        return tuple(fields), False

    def _condition(self) -> Condition:
        field, operator = self._take(), self._take().lower()
        if operator == "in":
            self._expect("(")
            values = [self._value()]
            while self._accept(","):
                values.append(self._value())
            self._expect(")")
            return Condition(field, operator, tuple(values))
        if operator != "like" and operator not in _COMPARE:
            raise QueryError(f"Encountered {operator!r} where an operator should be")
        return Condition(field, operator, (self._value(),))

    def _order(self) -> tuple[tuple[str, bool], ...]:
        order = []
        while True:
            field = self._take()
            is_descending = self._accept("desc")
            if not is_descending:
                self._accept("asc")
            order.append((field, is_descending))
            if not self._accept(","):
                return tuple(order)

    def _value(self) -> str:
        token = self._take()
        return re.sub(r"\\(.)", r"\1", token[1:-1]) if token.startswith("'") else token

    def _number(self, name: str) -> int:
        token = self._take()
        if not token.isdigit() or int(token) < 1:
            raise QueryError(f"{name} must be a positive number")
        return int(token)

    def _take(self) -> str:
        if not self._tokens:
            raise QueryError("The query ends too early")
        return self._tokens.pop(0)

    def _accept(self, word: str) -> bool:
        if self._tokens and self._tokens[0].lower() == word:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._accept(word):
            raise QueryError(f"Expected {word!r}, found {self._tokens[0] if self._tokens else 'the end'!r}")
