"""Segment and RFM scores as properties of a contact: our fields under the names we gave them there, and back.

The properties are ours and called alike at each destination of contacts; how an empty one is written is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverse_etl.money import major, minor
from reverse_etl.plan import Action, Delivery
from reverse_etl.reading import text, whole

# Our field → the property, without the e-mail that finds the contact.
PROPERTIES = {
    "segment": "cartwheel_segment",
    "r_score": "cartwheel_r_score",
    "f_score": "cartwheel_f_score",
    "m_score": "cartwheel_m_score",
    "as_of_date": "cartwheel_as_of",
    "net_revenue_minor": "cartwheel_net_revenue",
    "orders_count": "cartwheel_orders",
    "rule_version": "cartwheel_rule_version",
}
_MONEY = "net_revenue_minor"
_NUMBERS = {"r_score", "f_score", "m_score", "orders_count"}


def touched(delivery: Delivery) -> dict[str, str]:
    """Our field → the property, of those a delivery may touch: a field that is left alone there is in no payload."""
    return {ours: theirs for ours, theirs in PROPERTIES.items() if ours in delivery.payload}


def written(delivery: Delivery) -> dict[str, Any]:
    """What a delivery writes, by property; money as text in major units, None where there is no value."""
    amount = delivery.payload.get(_MONEY)
    money = None if amount is None else str(major(amount, delivery.currency_code or ""))
    values = {**delivery.payload, _MONEY: money}
    return {theirs: values[ours] for ours, theirs in touched(delivery).items()}


def shown(delivery: Delivery) -> dict[str, str]:
    """What must stand in each property, as a person types it; empty where it is to be cleared."""
    if delivery.action is Action.DELETE:
        return dict.fromkeys(touched(delivery).values(), "")
    return {name: "" if value is None else str(value) for name, value in written(delivery).items()}


def held(properties: Mapping[str, Any], currency_code: str) -> dict[str, Any]:
    """Property values under our names and in our types; one that does not fit its type stays as it is."""
    found: dict[str, Any] = {}
    for ours, theirs in PROPERTIES.items():
        value = text(properties.get(theirs))
        if ours == _MONEY and value is not None:
            exact = minor(value, currency_code)
            value = value if exact is None else exact
        found[ours] = whole(value) if ours in _NUMBERS else value
    return found
