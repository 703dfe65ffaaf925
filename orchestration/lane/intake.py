"""Events and what was read after them, into the kept rows: newest version of each resource, mapped by the compiled SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from orchestration.lane import changes, reach
from orchestration.lane.changes import Replaced
from orchestration.lane.clock import Clock
from orchestration.lane.snapshot import PATCHED
from orchestration.lane.workshop import KEYED, ORDER_KEY, Workshop, literal, noun
from pipelines.intake.rows import Event, Pointer, Row, Told, rows

Key = tuple[str, str, str]
# A resource's version: the platform's time of it, then when that was told, for two changes within one tick of its clock.
Version = tuple[datetime, datetime]


class Intake:
    """Takes events into the kept rows of one workshop."""

    def __init__(self, shop: Workshop, read_at: Mapping[str, datetime]) -> None:
        self._shop = shop
        self._read_at = read_at
        self._versions: dict[Key, Version] = {}
        self._patched: dict[Key, Row] = {}
        self._raw = {node.name: shop.snapshot.columns[node.name] for node in shop.models.of("raw")}
        self.told_of: Collection[str] = changes.TOLD_OF & self._raw.keys()

    def read(self, events: Iterable[Event]) -> tuple[list[Told], list[Pointer], list[tuple[int, str]]]:
        """What the events say that is news, what they only point at, and those whose body is none of their topic."""
        news: dict[Key, Told] = {}
        pointers: dict[Pointer, None] = {}
        unreadable = []
        for event in sorted(events, key=lambda one: one.sequence):
            try:
                said = rows(event, self._known)
            except ValueError as error:
                unreadable.append((event.sequence, str(error)))
                continue
            for one in said:
                if isinstance(one, Pointer):
                    pointers[one] = None
                elif one.table in self.told_of and self._is_news(one, event.occurred_at):
                    news[_key(one)] = one
        return _last_of_each_row(news.values()), list(pointers), unreadable

    def newest(self, told: Iterable[Told]) -> list[Told]:
        """Of what was read just now, what is news."""
        return [one for one in told if one.table in self.told_of and self._is_news(one, None, was_read=True)]

    def _is_news(self, told: Told, occurred_at: datetime | None, was_read: bool = False) -> bool:
        """True where nothing newer is known of the resource; then this is what is known."""
        if told.version is not None:
            key = _key(told)
            known = self._versions.get(key) or self._kept_version(told)
            version = told.version, occurred_at or told.version
            if was_read:
                # Of two with one time, what was read just now is the newer.
                version = told.version, max(version[1], known[1] if known else version[1])
            if known is not None and version < known:
                return False
            self._versions[key] = version
        if told.table in PATCHED:
            for row in told.rows:
                self._patched[told.table, row["account_id"], str(row["id"])] = row
        return True

    def _kept_version(self, told: Told) -> Version | None:
        """The version in the snapshot, which holds everything its platform told before it was read."""
        if told.table in PATCHED:
            found = self._item_version(told)
        else:
            place = changes.version_key(told)
            if place is None:
                return None
            mapping, column, key, version = place
            row = self._shop.connection.execute(
                f"select max({version}) from kept.{mapping.partition('__')[0]} where {column} in {literal([key])}"
            ).fetchone()
            found = row[0].replace(tzinfo=UTC) if row and row[0] is not None else None
        platform = told.table.partition(".")[0].removeprefix("raw_")
        return None if found is None else (found, max(found, self._read_at.get(platform, found)))

    def _item_version(self, told: Told) -> datetime | None:
        """An item's own time, or that of its one place the event is about."""
        account, item = told.rows[0]["account_id"], told.row_key or told.key
        known = self._known(told.table, account, item)
        if known is None:
            return None
        place = told.key.partition("|")[2]
        times = (
            [level["updatedAt"] for level in known["inventory_levels"] or () if level["location"]["id"] == place]
            if place
            else [known["updated_at"]]
        )
        return max((_moment(time) for time in times if time is not None), default=None)

    def _known(self, table: str, account_id: str, key: str) -> Row | None:
        """The newest raw row of a resource that events say parts of; of a refund, whether it is known."""
        if table not in PATCHED:
            refund = f"{table.partition('.')[0].removeprefix('raw_')}:{account_id}:{key}"
            sql = f"select refund_id from kept.can_refunds where refund_id in {literal([refund])}"
            return {} if self._shop.connection.execute(sql).fetchone() else None
        found = self._patched.get((table, account_id, key))
        if found is None:
            cursor = self._shop.connection.execute(
                f"select * from snapshot.{table} where account_id = $1 and id = $2", [account_id, key]
            )
            names = [column[0] for column in cursor.description or ()]
            row = cursor.fetchone()
            if row is None:
                return None
            found = dict(zip(names, row, strict=True))
            found["inventory_levels"] = json.loads(found["inventory_levels"] or "[]")
            self._patched[table, account_id, key] = found
        return found

    def replace(self, told: Sequence[Told], clock: Clock) -> set[str]:
        """Maps what was told and puts it in the place of what was kept; the SKUs of both."""
        touched: set[str] = set()
        # A row that says a part of an order must not be mapped as a whole one, so each kind goes by itself.
        for kind in dict.fromkeys(map(_kind, told)):
            touched |= self._replace([one for one in told if _kind(one) == kind], clock)
        return touched

    def _replace(self, told: Sequence[Told], clock: Clock) -> set[str]:
        self._load(told)
        gone = _by_mapping(told)
        orders, parcels = _ids(gone, "order_id"), _ids(gone, "parcel_id")
        touched = reach.reached(self._shop, orders, parcels) | self._skus(gone)
        for node in self._shop.kept:
            if node.schema == "canonical" and node.table in gone:
                self._shop.map(node)
        clock.doubt(gone)
        self._swap(gone)
        touched |= reach.reached(self._shop, orders, parcels) | self._skus(gone)
        for table in {one.table for one in told}:
            self._shop.connection.execute(f"delete from {table}")
        return touched

    def _swap(self, gone: Mapping[str, tuple[str, list[str]]]) -> None:
        run = self._shop.connection.execute
        for node in self._shop.kept:
            if node.table in gone:
                column, keys = gone[node.table]
                name = noun(node)
                key = f", {ORDER_KEY}" if name in KEYED else ""
                run(f"delete from kept.{name} where {column} in {literal(keys)}")
                run(f"insert into kept.{name} select *{key} from fresh.{node.table}")
                run(f"delete from fresh.{node.table}")

    def _skus(self, gone: Mapping[str, tuple[str, list[str]]]) -> set[str]:
        found: set[str] = set()
        for mapping, (column, keys) in gone.items():
            name = mapping.partition("__")[0]
            # Lines of orders and parcels are reached by these already.
            if name not in ("can_order_lines", "can_parcel_lines") and "sku" in self._shop.nouns.get(name, ()):
                sql = f"select distinct sku from kept.{name} where {column} in {literal(keys)} and sku is not null"
                found |= {sku for (sku,) in self._shop.connection.execute(sql).fetchall()}
        return found

    def _load(self, told: Iterable[Told]) -> None:
        """The raw rows of the events in hand, as a load would leave them."""
        by_table: dict[str, list[Row]] = {}
        for one in told:
            by_table.setdefault(one.table, []).extend(one.rows)
        for table, found in by_table.items():
            columns = {name: kind for name, kind in self._raw[table].items() if name in found[0]}
            marks = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * len(found))
            values = [_stored(row[name], kind) for row in found for name, kind in columns.items()]
            listed = ", ".join(f'"{name}"' for name in columns)
            self._shop.connection.execute(f"insert into {table} ({listed}) values {marks}", values)


def _key(told: Told) -> Key:
    return told.table, str(told.rows[0]["account_id"]), told.key


def _kind(told: Told) -> tuple[str, bool, bool]:
    """Its raw table, and what of an order is said."""
    row = told.rows[0]
    return told.table, row.get("line_items") is not None, row.get("fulfillment_orders") is not None


def _last_of_each_row(told: Iterable[Told]) -> list[Told]:
    """Of the parts of one raw row the last, which holds those before it."""
    found: dict[Key, Told] = {}
    for one in told:
        key = one.table, str(one.rows[0]["account_id"]), one.row_key or one.key
        found.pop(key, None)
        found[key] = one
    return list(found.values())


def _by_mapping(told: Iterable[Told]) -> dict[str, tuple[str, list[str]]]:
    """Mapping → the column its rows go by, and the keys that go."""
    parts: list[Replaced] = [part for one in told for part in changes.replaced(one)]
    return {
        mapping: (column, sorted({key for part in parts if part.mapping == mapping for key in part.keys}))
        for mapping, column in {part.mapping: part.column for part in parts}.items()
    }


def _ids(gone: Mapping[str, tuple[str, list[str]]], column: str) -> set[str]:
    return {key for by, keys in gone.values() if by == column for key in keys}


def _stored(value: Any, kind: str) -> Any:
    return json.dumps(value, default=str) if kind == "JSON" and value is not None else value


def _moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
