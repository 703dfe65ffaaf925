"""Money in recorded payloads: every field that holds some is found by walking the files, and claimed by name.

A claim is either the staging column where the value must arrive to the last minor unit, or a reason why no model reads
it. What nobody claims is a finding that names file and field. The files lie outside the checkout; without them tests skip.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from tests.transform.raw_rows import RawRows

PAYLOADS = Path(__file__).resolve().parents[3] / "shared" / "payloads"

MONEY = re.compile(
    r"amount|price|total|tax|fee|discount|cost|balance|tip|shipping|refund|value|spent|revenue|dut(y|ies)|paid|payment"
    r"|credit|debit|charge|due|remaining|collected|reserve|deposit|profit|sales|net$|gross|source_types|per_email|arr$|mrr$",
    re.IGNORECASE,
)
# Words for numbers that are no money although they stand beside a money word, or look like it.
OTHER_NUMBER = re.compile(
    r"(^|_)(ids?|uuid|count|quantity|index|limit|limit_\w+|items|rate|percent|percentage|weight|latitude|longitude|zip|phone"
    r"|postcode|days|version|bin|year|month|start|end|on|at|by|date|weight_low|weight_high|grams|number|num|attempt"
    r"|number_\w+|last4|hash|ordinal|size|average_rating|downloads_remaining|line_items_quantity)$"
    r"|[a-z](Id|Ids|Date|Count|Quantity|Zip|Phone)$|(^|[_.])weight_value$|weight\.value$|^webhook|pending_webhooks",
)
# Where the word of money stands above the leaf.
SPREAD = re.compile(r"source_types\.|_range\.")
NUMBER = re.compile(r"\s*-?\d+(\.\d+)?\s*")
DECIMALS = re.compile(r"-?\d+\.\d{2}")
# Currencies of the payloads that have not a hundred minor units.
WHOLE_UNITS = {"JPY": 1, "KRW": 1}


def holds_money(path: str, value: Any) -> bool:
    """Whether a leaf of a payload is an amount: a number under a word of money, or a text with two decimals."""
    if isinstance(value, bool) or not (isinstance(value, int | Decimal) or NUMBER.fullmatch(str(value or ""))):
        return False
    leaf = path.rsplit(".", 1)[-1].removesuffix("[]")
    if OTHER_NUMBER.search(leaf) or OTHER_NUMBER.search(path):
        return False
    is_named = bool(MONEY.search(path if SPREAD.search(path) else leaf))
    return is_named or bool(DECIMALS.fullmatch(str(value)))


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every scalar of a payload with the path to it; a list's place is written []."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, value


class Recorded:
    """One platform's recorded files, as records by kind; `kinds` names the files of each kind by pattern.

    A file of no kind is its own kind. `split` gives a record of a mixed file another kind.
    """

    def __init__(
        self,
        platform: str,
        kinds: Mapping[str, str],
        split: Callable[[str, dict[str, Any]], str] = lambda kind, _: kind,
    ) -> None:
        """Read every file; skip the test where the payloads are not beside the checkout."""
        folder = PAYLOADS / platform
        if not folder.is_dir():
            pytest.skip(f"the recorded payloads are not here: {folder}")
        self.records: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.fields: dict[str, set[str]] = defaultdict(set)  # kind.path → the files that hold it
        for path in sorted(folder.rglob("*")):
            if path.suffix not in (".json", ".csv"):
                continue
            name = path.relative_to(folder).as_posix()
            of_file = next((kind for kind, patterns in kinds.items() if _named(name, patterns)), name)
            for record in _read(path):
                kind = split(of_file, record)
                self.records[kind].append(record)
                for where, value in leaves(record):
                    if holds_money(where, value):
                        self.fields[f"{kind}.{where}"].add(name)

    def assert_claimed(self, mapped: Mapping[str, str], not_used: Mapping[str, str]) -> None:
        """Fail by file and field where money is neither mapped nor listed, where a claim is stale or made twice."""
        unclaimed = [
            f"{file}: {field} holds money, is mapped by no model and listed nowhere"
            for field in sorted(set(self.fields) - set(mapped) - set(not_used))
            for file in sorted(self.fields[field])
        ]
        assert not unclaimed, "\n".join(unclaimed)
        claims = Counter([*mapped, *not_used])
        stale = sorted(set(claims) - set(self.fields))
        assert not stale, f"claimed, but in no recorded file: {stale}"
        assert [field for field, times in claims.items() if times > 1] == [], "mapped and listed"

    def said(self, field: str, minor_per_unit: int = 100) -> Decimal:
        """What all records of a kind say in a field, summed, in minor units of the currency beside it.

        Recorded tables are partly made up: 9.99 yen do not exist, staging has no amount for them (SRC-06), nor have we.
        """
        kind, path = field.split(".", 1)
        total = Decimal(0)
        for record in self.records[kind]:
            units = WHOLE_UNITS.get(record.get(f"{path.removesuffix('amount')}currency_code"), minor_per_unit)
            found = [str(value) for where, value in leaves(record) if where == path and NUMBER.fullmatch(str(value))]
            exact = [Decimal(text) * units for text in found]
            total += sum(amount for amount in exact if units > 1 or amount == int(amount) or minor_per_unit == 1)
        return total

    def fill_zeros(self, fields: Iterable[str]) -> Recorded:
        """Write an amount where a field is nought in all records: nought arrives from everywhere and proves nothing."""
        for field in fields:
            kind, path = field.split(".", 1)
            if self.said(field) == 0:
                for record in self.records[kind]:
                    _fill(record, path.replace("[]", ".[]").split("."))
        return self

    def assert_arrives(self, rows: RawRows, mapped: Mapping[str, str], minor_per_unit: int = 100) -> None:
        """Fail where a staging column's sum is not, to the last minor unit, what its fields say.

        A column that staging keeps in major units (`_text`, `_major`) is compared as such. A leading minus says that
        staging turns the sign.
        """
        expected: dict[str, Decimal] = defaultdict(Decimal)
        for field, target in mapped.items():
            sign = -1 if target.startswith("-") else 1
            expected[target.removeprefix("-")] += sign * self.said(field, minor_per_unit)
        for target, total in expected.items():
            model, column = target.split(".")
            is_major = column.endswith(("_text", "_major"))
            amount = f"cast({column} as decimal(28, 6)) * {minor_per_unit}" if is_major else column
            [(found,)] = rows.query(f"select coalesce(sum({amount}), 0) from {{{{ ref('{model}') }}}}")
            assert Decimal(found) == total, target


def list_as(reason: str, kind: str, paths: str) -> dict[str, str]:
    """The fields of one kind that are not used for the same reason."""
    return {f"{kind}.{path}": reason for path in paths.split()}


def _fill(value: Any, steps: list[str]) -> None:
    """Put seven of the smallest units a value is written in wherever the path leads to one."""
    step, *rest = steps
    places = range(len(value)) if step == "[]" else [step] if step in value else []
    for place in places:
        found = value[place]
        if isinstance(found, dict | list):
            _fill(found, rest)
        elif found is not None:
            is_fine = isinstance(found, Decimal) or "." in str(found)
            value[place] = type(found)("0.07" if is_fine else 7)


def _named(name: str, patterns: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns.split())


def _read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open() as file:
            return [
                {name: _opened(text) for name, text in row.items() if text and name} for row in csv.DictReader(file)
            ]
    said = json.loads(path.read_text(), parse_float=Decimal)
    if isinstance(said, dict) and said and all(isinstance(inner, dict | list) for inner in said.values()):
        # An envelope: {"order": {…}}, {"orders": […]}, {"create": […], "update": […]}.
        said = [one for inner in said.values() for one in (inner if isinstance(inner, list) else [inner])]
    found = said if isinstance(said, list) else [said]
    return [one for one in found if isinstance(one, dict)]


def _opened(text: str) -> Any:
    """A cell of a table; a cell that holds JSON is opened, so that no amount hides in it."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text, parse_float=Decimal)
        except json.JSONDecodeError:
            return text
    return text.strip()
