"""Cost of a query and the leaky bucket it is paid from.

The vendor's exact formula for connections is not public; ours grows with the page size, gently. The bucket refills in
real time, but a bucket that is more than half full says it is full, so that answers stay byte-for-byte repeatable.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    VariableNode,
)
from graphql.language.ast import OperationDefinitionNode, SelectionSetNode

MUTATION_COST = 10
QUERY_LIMIT = 1000


class Bucket:
    """Points of one app at one shop."""

    def __init__(
        self, maximum: float = 20_000, restore_rate: float = 1_000, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.maximum, self.restore_rate, self.level = maximum, restore_rate, maximum
        self._now, self._seen = now, now()

    def take(self, cost: int) -> bool:
        """Pay, or refuse and pay nothing."""
        now = self._now()
        self.level = min(self.maximum, self.level + (now - self._seen) * self.restore_rate)
        self._seen = now
        if cost > self.level:
            return False
        self.level -= cost
        return True

    def refund(self, points: int) -> None:
        """Give back what was reserved and not used."""
        self.level = min(self.maximum, self.level + points)

    def report(self, requested: int, actual: int | None) -> dict[str, Any]:
        """`extensions.cost` as the vendor writes it."""
        available = self.maximum - (actual or 0) if self.level > self.maximum / 2 else math.floor(self.level)
        return {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": {
                "maximumAvailable": float(self.maximum),
                "currentlyAvailable": int(available),
                "restoreRate": float(self.restore_rate),
            },
        }


def query_cost(document: DocumentNode, variables: dict[str, Any]) -> int:
    """What the operation costs, never more than a single query may."""
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    total = 0.0
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            total += _selection(node.selection_set, fragments, variables)
            if node.operation.value == "mutation":
                total += MUTATION_COST
    return max(1, min(QUERY_LIMIT, math.ceil(total)))


def actual_cost(answered: Any) -> int:
    """Points an answer was worth: its objects and list members, money being a value and not an object."""
    if isinstance(answered, list):
        return sum(actual_cost(member) for member in answered)
    if not isinstance(answered, dict) or {"amount", "shopMoney"} & answered.keys():
        return 0
    return 1 + sum(actual_cost(value) for value in answered.values())


def _selection(
    selected: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], variables: dict[str, Any]
) -> float:
    cost = 0.0
    for node in selected.selections:
        if isinstance(node, FragmentSpreadNode):
            cost += _selection(fragments[node.name.value].selection_set, fragments, variables)
        elif isinstance(node, InlineFragmentNode):
            cost += _selection(node.selection_set, fragments, variables)
        elif isinstance(node, FieldNode) and node.selection_set is not None:
            inside = _selection(node.selection_set, fragments, variables)
            cost += 1 + inside * math.log2(1 + _first(node, variables))
    return cost


def _first(node: FieldNode, variables: dict[str, Any]) -> int:
    """The page size asked for, one where the field has none."""
    for argument in node.arguments:
        if argument.name.value == "first":
            if isinstance(argument.value, IntValueNode):
                return int(argument.value.value)
            if isinstance(argument.value, VariableNode):
                value = variables.get(argument.value.name.value)
                return value if isinstance(value, int) and value > 0 else 1
    return 1
