"""Everything a plan is derived from, as bytes: the same inputs give the same bytes, and the bytes give the inputs back.

Dataclasses are written by their fields and read by their types, strictly: a field this program does not know is an
error and never dropped, for a plan derived again from less than it was made from would prove nothing. A field that is
newer than the bytes takes its default. A field that was taken out because nothing ever asked it is passed over.
"""

from __future__ import annotations

import json
import types
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from reverse_etl import canonical_json
from reverse_etl.errors import ConfigurationError
from reverse_etl.plan import PLANNER, Memory
from reverse_etl.sync import Sync

# Fixed, so that the bytes depend on the content alone; higher levels cost more time than they save space.
_LEVEL = 6
# Fields of older declarations that never decided anything: a doubt was looked up, whatever `in_doubt` said.
_RETIRED: Mapping[type, frozenset[str]] = {Sync: frozenset({"in_doubt"})}


@dataclass(frozen=True)
class PlanInputs:
    """What `plan.make` was given, and the version of the planner that was given it."""

    planner: int
    sync: Sync
    records: int
    rows: tuple[Mapping[str, Any], ...]
    memory: Memory
    observed_at: datetime | None
    at: datetime | None
    gone: tuple[str, ...]


def pack(
    sync: Sync,
    records: int,
    rows: Sequence[Mapping[str, Any]],
    memory: Memory,
    observed_at: datetime | None = None,
    at: datetime | None = None,
    gone: Collection[str] = (),
) -> bytes:
    """The inputs of `plan.make` as bytes for the ledger."""
    inputs = PlanInputs(PLANNER, sync, records, tuple(rows), memory, observed_at, at, tuple(sorted(gone)))
    return zlib.compress(canonical_json.dumps(plain(inputs)).encode(), _LEVEL)


def unpack(packed: bytes) -> PlanInputs:
    """The inputs that were packed; raises ConfigurationError when the bytes are damaged or hold an unknown field."""
    try:
        content = json.loads(zlib.decompress(packed), parse_float=_number)
    except (zlib.error, ValueError) as error:
        raise ConfigurationError(f"the stored inputs of the plan are damaged: {error}", code="bad_inputs") from None
    inputs: PlanInputs = _read(PlanInputs, content, "inputs")
    return inputs


@lru_cache(maxsize=64)
def declaration_text(sync: Sync) -> str:
    """A sync's whole declaration as canonical text: what the ledger numbers versions of."""
    return canonical_json.dumps(plain(sync))


def read_declaration(text: str) -> Sync:
    """The declaration that was written; raises ConfigurationError when it holds what no sync may declare."""
    sync: Sync = _read(Sync, json.loads(text, parse_float=_number), "declaration")
    return sync


def plain(value: Any) -> Any:
    """A value of ours as what canonical JSON takes; sets are sorted, and a mapping by other keys than text becomes pairs."""
    kind = type(value)
    if value is None or kind in (str, int, bool):
        return value
    if kind is Sync:
        return _plain_sync(value)
    if is_dataclass(kind):
        return _plain_fields(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        if all(type(key) is str for key in value):
            return {key: plain(item) for key, item in value.items()}
        return sorted(([plain(key), plain(item)] for key, item in value.items()), key=lambda pair: _order(pair[0]))
    if isinstance(value, set | frozenset):
        return sorted((plain(item) for item in value), key=_order)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def _plain_fields(value: Any) -> dict[str, Any]:
    return {item.name: plain(getattr(value, item.name)) for item in fields(value)}


@lru_cache(maxsize=64)
def _plain_sync(sync: Sync) -> dict[str, Any]:
    """Kept, for every plan of a sync says the same; whoever gets it changes nothing in it."""
    return _plain_fields(sync)


def _order(value: Any) -> str:
    return canonical_json.dumps(value)


def _number(text: str) -> Decimal | float:
    """Decimals are written digit for digit, so only a float has an exponent."""
    return float(text) if "e" in text.lower() else Decimal(text)


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """Type of each field and whether it may be missing."""
    hints = get_type_hints(kind)
    return {
        item.name: (hints[item.name], item.default is not MISSING or item.default_factory is not MISSING)
        for item in fields(kind)
    }


def _read_dataclass(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _damaged(where, f"{kind.__name__} is not written as an object")
    known = _fields(kind)
    value = {name: item for name, item in value.items() if name not in _RETIRED.get(kind, ())}
    unknown = sorted(value.keys() - known.keys())
    missing = sorted(name for name, (_, optional) in known.items() if not optional and name not in value)
    if unknown or missing:
        said = [f"has unknown fields {', '.join(unknown)}"] if unknown else []
        said += [f"lacks {', '.join(missing)}"] if missing else []
        raise _damaged(where, f"{kind.__name__} {' and '.join(said)}")
    return kind(**{name: _read(known[name][0], item, f"{where}.{name}") for name, item in value.items()})


def _read(kind: Any, value: Any, where: str) -> Any:
    """A value of the declared type out of plain JSON."""
    if kind is Any:
        return value
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _read_union(arguments, value, where)
    if origin is not None and origin is not tuple and issubclass(origin, Mapping):
        return _read_mapping(arguments, value, where)
    if origin is tuple:
        _expect(value, list, where)
        if arguments[-1] is Ellipsis:
            return tuple(_read(arguments[0], item, where) for item in value)
        if len(arguments) != len(value):
            raise _damaged(where, f"{len(arguments)} values are needed, {len(value)} are there")
        return tuple(_read(argument, item, where) for argument, item in zip(arguments, value, strict=True))
    if origin is not None and issubclass(origin, Collection):
        _expect(value, list, where)
        items = tuple(_read(arguments[0], item, where) for item in value)
        return items if issubclass(origin, Sequence) else frozenset(items)
    if is_dataclass(kind):
        return _read_dataclass(kind, value, where)
    return _read_scalar(kind, value, where)


def _read_union(arguments: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in arguments:
        return None
    kinds = [argument for argument in arguments if argument is not type(None)]
    if len(kinds) != 1:
        raise TypeError(f"{where}: a union of {kinds} can not be read back without guessing")
    return _read(kinds[0], value, where)


def _read_mapping(arguments: tuple[Any, ...], value: Any, where: str) -> dict[Any, Any]:
    key_kind, item_kind = arguments
    if isinstance(value, list):
        return {_read(key_kind, key, where): _read(item_kind, item, where) for key, item in value}
    _expect(value, dict, where)
    if item_kind is Any and key_kind is str:
        return dict(value)
    return {_read(key_kind, key, where): _read(item_kind, item, f"{where}[{key}]") for key, item in value.items()}


def _read_scalar(kind: type[Any], value: Any, where: str) -> Any:
    try:
        if issubclass(kind, Enum):
            return kind(value)
        if issubclass(kind, datetime | date):
            return kind.fromisoformat(value)
        if kind in (float, Decimal) and not isinstance(value, bool):
            return kind(value)
    except (TypeError, ValueError, ArithmeticError):
        raise _damaged(where, f"{value!r} is no {kind.__name__}") from None
    _expect(value, kind, where)
    return value


def _expect(value: Any, kind: type[Any], where: str) -> None:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _damaged(where, f"a {kind.__name__} is expected, not {type(value).__name__}")


def _damaged(where: str, what: str) -> ConfigurationError:
    return ConfigurationError(f"the stored inputs of the plan can not be read: {where}: {what}", code="bad_inputs")
