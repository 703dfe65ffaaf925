"""What of a stored plan no longer holds: a plan is sent as it was read, or not at all. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from reverse_etl.delivery import Action, Delivery
from reverse_etl.delivery_states import UNSENT
from reverse_etl.plan import Plan


def changed_since(
    stored: Plan, fresh: Plan, quiet_fields: Collection[str] = (), personal_fields: Collection[str] = ()
) -> list[str]:
    """Sentences, one per record and field of the stored plan's unsent deliveries that a plan made now would not have.

    Quiet fields move without being news, and values of personal fields are not repeated. Records that only the fresh
    plan has are no reason to refuse the stored one: the next plan takes them up.
    """
    now = {delivery.record_key: delivery for delivery in fresh.deliveries}
    skipped = {item.record_key: item for item in fresh.skipped}
    found: list[str] = []
    for delivery in stored.deliveries:
        if delivery.state not in UNSENT:
            continue
        key, after = delivery.record_key, now.get(delivery.record_key)
        if after is not None:
            found += (f"{key}: {said}" for said in _differences(delivery, after, quiet_fields, personal_fields))
        elif key in skipped:
            found.append(f"{key}: {skipped[key].action} now: {skipped[key].reason}")
        else:
            found.append(f"{key}: nothing is to be done any more (the plan would {delivery.action} it)")
    return found


def _differences(
    planned: Delivery, now: Delivery, quiet_fields: Collection[str], personal_fields: Collection[str]
) -> Iterator[str]:
    if planned.action != now.action:
        yield f"would be a {now.action} now, the plan says {planned.action}"
    if now.action is Action.DELETE and planned.action is Action.DELETE:
        return
    for name in sorted({*planned.payload, *now.payload} - set(quiet_fields)):
        in_plan, today = planned.payload.get(name), now.payload.get(name)
        if in_plan != today:
            yield f"{name} should become {_shown(today, name, personal_fields)} now, the plan says " + (
                _shown(in_plan, name, personal_fields)
            )
    for name in sorted({*planned.before, *now.before} - set(quiet_fields)):
        was, found = planned.before.get(name), now.before.get(name)
        # A field that one of the two does not change was told of above.
        if name in planned.before and name in now.before and was != found:
            yield f"{name} is {_shown(found, name, personal_fields)} at the destination now, the plan was made for " + (
                _shown(was, name, personal_fields)
            )
    if list(planned.lines) != list(now.lines):
        yield f"its lines are others now ({len(now.lines)}, the plan has {len(planned.lines)})"


def _shown(value: Any, name: str, personal_fields: Collection[str]) -> str:
    if name in personal_fields:
        return "another value" if value is not None else "nothing"
    return "nothing" if value is None else repr(value)
