"""Machines whose records are kept in a state: what is wanted changes, people overwrite it there, and the last wish stands.

Each value wanted is wanted once, so a value committed twice is an effect done twice, unless somebody overwrote it at the
destination in between.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from reverse_etl import drift_store
from reverse_etl.drift import CHOICES, Choice
from tests.proof import shop_rows
from tests.proof.engine_machine import RECORDS, EngineMachine, standing


class ValueMachine(EngineMachine):
    def __init__(self) -> None:
        super().__init__()
        self.wanted: dict[str, Any] = {}
        self.history: dict[str, list[Any]] = {}
        self.observed: dict[str, Any] = {}
        # How often a human overwrote the record since the value was wanted: so often may it be written again.
        self.overwritten: Counter[tuple[str, Any]] = Counter()

    def wish_first(self) -> None:
        for record in RECORDS:
            self.want(record)

    @rule(record=st.sampled_from(RECORDS))
    def want(self, record: str) -> None:
        self.number += 1
        self.wanted[record] = self.value(self.number)
        self.history.setdefault(record, []).append(self.wanted[record])

    @rule(record=st.sampled_from(RECORDS))
    def a_human_edits_it_there(self, record: str) -> None:
        self.number += 1
        if self.edit(record, self.number):
            for value in self.history[record]:
                self.overwritten[record, value] += 1

    def observe(self) -> None:
        self.observed = {record: self.held(record) for record in RECORDS}

    def rows(self) -> list[dict[str, Any]]:
        return [self.row(record) for record in self.wanted]

    def refuse(self, record: str, *, is_refused: bool) -> None:
        change = self.shop.bad_records.add if is_refused else self.shop.bad_records.discard
        change(self.key(record))

    def judge(self) -> None:
        found = standing(self.ledger)
        assert None not in found, f"a push got through since: {found[None]}"
        for record in RECORDS:
            is_as_wanted = self.held(record) == self.wanted[record]
            is_excused = record in self.refused or self.is_left_to_people(record)
            assert is_as_wanted or is_excused, f"{record} is {self.held(record)}, wanted {self.wanted[record]}"
            self.judge_queue(record, found.get(self.key(record), []), is_as_wanted)
            values = [value for value in self.shop.values(self.key(record)) if value in self.history[record]]
            places = [self.history[record].index(value) for value in values]
            assert places == sorted(places), f"an older wish was written over a newer one: {values}"
            for value, count in Counter(values).items():
                assert count <= 1 + self.overwritten[record, value], f"{value} was written {count} times"

    def judge_queue(self, record: str, codes: list[str], is_as_wanted: bool) -> None:
        """What stands has its cause, and a cause has what stands."""
        if is_as_wanted:
            assert codes == [], f"{record} is as wanted"
        elif record in self.refused:
            assert codes, f"{record} is refused, and nobody is told"

    def is_left_to_people(self, record: str) -> bool:
        return False

    def value(self, number: int) -> Any:
        return number

    def key(self, record: str) -> str:
        raise NotImplementedError

    def held(self, record: str) -> Any:
        return self.shop.stock.get(self.key(record), 0)

    def edit(self, record: str, number: int) -> bool:
        self.shop.stock[self.key(record)] = -number
        return True

    def row(self, record: str) -> dict[str, Any]:
        raise NotImplementedError


class ShopifyStock(ValueMachine):
    """Compare-and-set under an idempotency key."""

    sync = "shopify__stock_levels"

    def key(self, record: str) -> str:
        return shop_rows.level_key(record)

    def row(self, record: str) -> dict[str, Any]:
        return shop_rows.level(record, self.wanted[record], self.observed.get(record))


class WooStock(ValueMachine):
    """A number that is set, with neither key nor comparison: only looking first keeps it from being set twice."""

    sync = "woocommerce__stock_levels"

    def key(self, record: str) -> str:
        return record

    def row(self, record: str) -> dict[str, Any]:
        return shop_rows.product(record, self.wanted[record], self.observed.get(record))


class PeopleMachine(ValueMachine):
    """An upsert by e-mail, where an edit there is asked about: people choose, now or at the end."""

    def key(self, record: str) -> str:
        return f"person-{record}@example.com"

    def value(self, number: int) -> Any:
        return f"segment-{number}"

    def held(self, record: str) -> Any:
        return self.shop.people.get(self.key(record), {}).get("cartwheel_segment")

    def edit(self, record: str, number: int) -> bool:
        person = self.shop.people.get(self.key(record))
        if person is not None:
            person["cartwheel_segment"] = f"by-hand-{number}"
        return person is not None

    def row(self, record: str) -> dict[str, Any]:
        return shop_rows.person(self.key(record), self.wanted[record], self.observed.get(record))

    @rule(choice=st.sampled_from(CHOICES))
    def a_person_chooses(self, choice: str) -> None:
        self.choose(choice, (Choice.OPEN,))

    def mend(self) -> None:
        self.choose(Choice.REASSERT, (Choice.OPEN, Choice.ACCEPT, Choice.IGNORE))

    def choose(self, choice: str, among: tuple[str, ...]) -> None:
        with self.ledger.engine.begin() as connection:
            for key in {row["record_key"] for row in drift_store.listed(connection, self.sync, among)}:
                told = {"by": "Ann", "because": "as agreed", "now": self.at}
                drift_store.choose(connection, choice, sync=self.sync, record_key=key, **told)

    def is_left_to_people(self, record: str) -> bool:
        return bool(self.choices(record))

    def judge_queue(self, record: str, codes: list[str], is_as_wanted: bool) -> None:
        super().judge_queue(record, codes, is_as_wanted)
        assert ("drift" in codes) is (Choice.OPEN in self.choices(record)), codes
        if not is_as_wanted and record not in self.refused:
            assert set(codes) <= {"drift"} or Choice.OPEN in self.choices(record), codes

    def choices(self, record: str) -> set[str]:
        with self.ledger.reader() as connection:
            rows = drift_store.listed(connection, self.sync, (Choice.OPEN, Choice.ACCEPT, Choice.IGNORE))
        return {row["choice"] for row in rows if row["record_key"] == self.key(record)}


class HubspotContacts(PeopleMachine):
    """In batches, read back a hundred at a time."""

    sync = "hubspot__contacts"


class KlaviyoProfiles(PeopleMachine):
    """One by one."""

    sync = "klaviyo__profiles"
