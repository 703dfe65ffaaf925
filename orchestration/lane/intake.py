"""Events and what was read after them, into the kept rows: newest version of each resource, mapped by the compiled SQL."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.lane import changes, reach
from orchestration.lane.changes import Replaced
from orchestration.lane.clock import Clock
from orchestration.lane.proofs import proves, shows
from orchestration.lane.snapshot import PATCHED
from orchestration.lane.workshop import Workshop
from pipelines.intake.rows import Event, Pointer, Row, Told, rows

Key = tuple[str, str, str]
Said = tuple[Event, Told]
# Where kept versions stand: mapping, key column, version column.
Place = tuple[str, str, str]
# A resource's version: the platform's time of it, then when that was told, for two changes within one tick of its clock.
Version = tuple[datetime, datetime]
# More rows than this go in as lists: planned in the same time however many there are, but longer than for a few.
FEW = 3
# What a list does not change: its text is the same beside others.
_SAFE = frozenset({str, int, bool, datetime})


@dataclass(frozen=True)
class Heard:
    """What one event says of one resource: whether it may stand behind an increase, and whether it is what a channel shows."""

    told: Told
    is_proof: bool
    is_reading: bool = False


@dataclass(frozen=True)
class Read:
    """What some events say that is news, what they only point at (`proving`: those of a proof), and those nobody could read."""

    heard: list[Heard]
    pointers: tuple[Pointer, ...]
    proving: frozenset[Pointer]
    unreadable: tuple[tuple[int, str], ...]


class Intake:
    """Takes events into the kept rows of one workshop."""

    def __init__(self, shop: Workshop, read_at: Mapping[str, datetime]) -> None:
        self._shop = shop
        self._read_at = read_at
        self._versions: dict[Key, Version] = {}
        self._raw = {node.name: shop.snapshot.columns[node.name] for node in shop.models.of("raw")}
        self.told_of: Collection[str] = changes.TOLD_OF & self._raw.keys()

    def read(self, events: Iterable[Event]) -> Read:
        """What the events say, in the order of their sequence."""
        said: list[Said] = []
        parts: list[Said] = []
        pointers: dict[Pointer, bool] = {}
        unreadable = []
        for event in sorted(events, key=lambda one: one.sequence):
            try:
                some = rows(event, self._known)
            except ValueError as error:
                unreadable.append((event.sequence, str(error)))
                continue
            for one in some:
                if isinstance(one, Pointer):
                    pointers[one] = pointers.get(one, False) or proves(event.platform, event.topic)
                elif one.table not in self.told_of:
                    continue
                elif one.table not in PATCHED:
                    said.append((event, one))
                elif self._is_news(one, event.occurred_at):
                    # Known at once: the next event may say another part of the same row.
                    parts.append((event, one))
        kept = self._kept_versions(one for _, one in said)
        news = [*parts, *((event, one) for event, one in said if self._is_news(one, event.occurred_at, kept))]
        proving = frozenset(one for one, is_proof in pointers.items() if is_proof)
        return Read(_last_of_each_row(news), tuple(pointers), proving, tuple(unreadable))

    def newest(self, told: Iterable[Told]) -> list[Told]:
        """Of what was read just now, what is news."""
        some = [one for one in told if one.table in self.told_of]
        kept = self._kept_versions(some)
        return [one for one in some if self._is_news(one, None, kept, was_read=True)]

    def _is_news(
        self,
        told: Told,
        occurred_at: datetime | None,
        kept: Mapping[Key, Version] | None = None,
        was_read: bool = False,
    ) -> bool:
        """True where nothing newer is known of the resource; then this is what is known."""
        if told.version is not None:
            key = _key(told)
            known = self._versions.get(key) or (
                self._item_version(told) if told.table in PATCHED else (kept or {}).get(key)
            )
            version = told.version, occurred_at or told.version
            if was_read:
                # Of two with one time, what was read just now is the newer.
                version = told.version, max(version[1], known[1] if known else version[1])
            if known is not None and version < known:
                return False
            self._versions[key] = version
        if told.table in PATCHED:
            for row in told.rows:
                self._shop.patched_rows.put(told.table, row)
        return True

    def _kept_versions(self, told: Iterable[Told]) -> dict[Key, Version]:
        """The versions in the snapshot, which holds everything its platform told before it was read."""
        asked: dict[Place, dict[str, Told]] = {}
        for one in told:
            place = changes.version_key(one) if one.version is not None and _key(one) not in self._versions else None
            if place is not None:
                mapping, column, key, version = place
                asked.setdefault((mapping, column, version), {})[key] = one
        found = {}
        for (mapping, column, version), by_key in asked.items():
            newest = self._shop.kept_rows.newest(mapping.partition("__")[0], column, version, by_key)
            for key, at in newest.items():
                found[_key(by_key[key])] = self._as_read(by_key[key], _moment(at))
        return found

    def _as_read(self, told: Told, at: datetime) -> Version:
        return at, max(at, self._read_at.get(told.platform, at))

    def _item_version(self, told: Told) -> Version | None:
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
        found = max((_moment(time) for time in times if time is not None), default=None)
        return None if found is None else self._as_read(told, found)

    def _known(self, table: str, account_id: str, key: str) -> Row | None:
        """The newest raw row of a resource that events say parts of; of a refund, whether it is known."""
        if table not in PATCHED:
            refund = f"{table.partition('.')[0].removeprefix('raw_')}:{account_id}:{key}"
            return {} if self._shop.kept_rows.find("can_refunds", "refund_id", "refund_id", [refund]) else None
        return self._shop.patched_rows.find(table, account_id, key)

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
        came = {
            node.table: self._shop.map(node)
            for node in self._shop.kept
            if node.schema == "canonical" and node.table in gone
        }
        clock.doubt(gone, came)
        touched |= self._swap(gone, came)
        touched |= reach.reached(self._shop, orders, parcels)
        self._shop.forget({one.table for one in told})
        return touched

    def _swap(self, gone: Mapping[str, tuple[str, list[str]]], came: Mapping[str, Sequence[Sequence[Any]]]) -> set[str]:
        """Puts what was mapped in the place of what goes; the SKUs of what came."""
        skus = set[str]()
        for mapping, mapped in came.items():
            name, (column, keys) = mapping.partition("__")[0], gone[mapping]
            if "sku" in self._shop.nouns[name]:
                at = self._shop.nouns[name].index("sku")
                skus |= {row[at] for row in mapped if row[at] is not None}
            self._shop.kept_rows.replace(name, column, keys, mapped)
            if self._shop.is_whole(name):
                self._shop.renew(name)
        return skus

    def _skus(self, gone: Mapping[str, tuple[str, list[str]]]) -> set[str]:
        found: set[str] = set()
        for mapping, (column, keys) in gone.items():
            name = mapping.partition("__")[0]
            # Lines of orders and parcels are reached by these already.
            if name not in ("can_order_lines", "can_parcel_lines") and "sku" in self._shop.nouns.get(name, ()):
                found |= self._shop.kept_rows.find(name, "sku", column, keys)
        return found

    def _load(self, told: Iterable[Told]) -> None:
        """The raw rows of the events in hand, as a load would leave them."""
        by_table: dict[str, list[Row]] = {}
        for one in told:
            by_table.setdefault(one.table, []).extend(one.rows)
        for table, found in by_table.items():
            # A row that is known from the snapshot has fewer columns than one that was told whole.
            said = set[str]().union(*found)
            columns = {name: kind for name, kind in self._raw[table].items() if name in said}
            listed = ", ".join(f'"{name}"' for name in columns)
            values = [[_stored(row.get(name), kind) for row in found] for name, kind in columns.items()]
            if len(found) > FEW and all(map(_is_of_one_type, values)):
                rows = "select " + ", ".join(f"unnest(${at}::{kind}[])" for at, kind in enumerate(columns.values(), 1))
                self._shop.connection.execute(f"insert into {table} ({listed}) {rows}", values)
                continue
            marks = ", ".join(["(" + ", ".join("?" * len(columns)) + ")"] * len(found))
            by_row = [value for row in zip(*values, strict=True) for value in row]
            self._shop.connection.execute(f"insert into {table} ({listed}) values {marks}", by_row)


def _key(told: Told) -> Key:
    return told.table, str(told.rows[0]["account_id"]), told.key


def _kind(told: Told) -> tuple[str, bool, bool]:
    """Its raw table, and what of an order is said."""
    row = told.rows[0]
    return told.table, row.get("line_items") is not None, row.get("fulfillment_orders") is not None


def _last_of_each_row(news: Iterable[Said]) -> list[Heard]:
    """Of what was said of one resource the last; of the parts of one raw row the last, which holds those before it."""
    resources: dict[Key, Heard] = {}
    for event, told in news:
        _put(
            resources, _key(told), Heard(told, proves(event.platform, event.topic), shows(event.platform, event.topic))
        )
    found: dict[Key, Heard] = {}
    for heard in resources.values():
        told = heard.told
        _put(found, (told.table, str(told.rows[0]["account_id"]), told.row_key or told.key), heard)
    return list(found.values())


def _put(found: dict[Key, Heard], key: Key, heard: Heard) -> None:
    """In the place of what was heard before, as a proof and a reading where that was one."""
    before = found.pop(key, None)
    if before is not None:
        heard = Heard(heard.told, heard.is_proof or before.is_proof, heard.is_reading or before.is_reading)
    found[key] = heard


def _by_mapping(told: Iterable[Told]) -> dict[str, tuple[str, list[str]]]:
    """Mapping → the column its rows go by, and the keys that go."""
    parts: list[Replaced] = [part for one in told for part in changes.replaced(one)]
    return {
        mapping: (column, sorted({key for part in parts if part.mapping == mapping for key in part.keys}))
        for mapping, column in {part.mapping: part.column for part in parts}.items()
    }


def _ids(gone: Mapping[str, tuple[str, list[str]]], column: str) -> set[str]:
    return {key for by, keys in gone.values() if by == column for key in keys}


def _is_of_one_type(values: Iterable[Any]) -> bool:
    """True where the engine takes a list of these as it takes each by itself: it widens numbers of different kinds."""
    kinds = {type(value) for value in values if value is not None}
    return len(kinds) <= 1 and kinds <= _SAFE


def _stored(value: Any, kind: str) -> Any:
    return json.dumps(value, default=str) if kind == "JSON" and value is not None else value


def _moment(value: Any) -> datetime:
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
