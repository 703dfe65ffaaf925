"""What a destination holds, turned into what it means for a delivery in doubt: settled, free to be sent, or overtaken.

Every upsert gets its look-up from its read-back by this one rule, so that a lost reply never leads to a second effect.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from reverse_etl.answers import accepted, rejected
from reverse_etl.destination import Answer, Batch, LookUp, LookUpMany, Outcome, ReadBack, ReadMany
from reverse_etl.errors import Kind
from reverse_etl.plan import Action, Delivery


def settled_by(read_back: ReadBack) -> LookUp:
    """A look-up that reads the record back and compares."""

    def found(delivery: Delivery, answer: Answer) -> Outcome | None:
        return settled(delivery, read_back.read(delivery, answer))

    return LookUp(read_back.encode, found, _settled_by_many(read_back.many) if read_back.many is not None else None)


def _settled_by_many(many: ReadMany) -> LookUpMany:
    def found(batch: Batch, answer: Answer) -> dict[str, Outcome | None]:
        held = many.read(batch, answer)
        return {each.record_key: settled(each, held[each.record_key]) for each in batch if each.record_key in held}

    return LookUpMany(many.encode, found, many.most)


def settled(delivery: Delivery, held: Mapping[str, Any] | None) -> Outcome | None:
    """Accepted when the destination already holds all we want, None when it still holds what we meant to replace.

    A third state was made by someone else after our first try, which may well have arrived: to send again would undo
    their work on a guess, so the record is refused and the next plan decides on what is there now. A deletion is
    settled when nothing of ours is left.
    """
    if delivery.action is Action.DELETE:
        return None if held and any(value is not None for value in held.values()) else accepted()
    if held is None:
        return None
    if held and all(delivery.payload.get(name) == value for name, value in held.items()):
        return accepted()
    moved = [
        name
        for name, value in delivery.before.items()
        if name in held and held[name] not in (value, delivery.payload.get(name))
    ]
    if not moved:
        return None
    return rejected(f"someone else changed {', '.join(moved)} meanwhile: plan again", Kind.CONFLICT, "moved_meanwhile")


def whole(value: Any) -> Any:
    """A number that may be written as text, as int; what is no whole number stays as it is, to be seen as different."""
    if value is None or value == "" or isinstance(value, bool):
        return None if value == "" else value
    try:
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else value
    except (InvalidOperation, OverflowError, ValueError):
        return value


def text(value: Any) -> Any:
    """Text, where an empty one means that there is none."""
    return None if value == "" else value
